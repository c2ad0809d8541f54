#include "path/choose.h"

static int bonus(const struct ip *ip)
{
	int points = ip->family == 6 ? 10 : 0;
	if (ip_is_loopback(ip))
		return points + 50;
	if (ip_is_link_local(ip))
		return points + 30;
	return ip_is_private(ip) ? points + 20 : points;
}

/* By how many percent `fast` is shorter than `slow`. */
static int gain(mono_ns fast, mono_ns slow)
{
	return slow == 0 ? 0 : 100 - (int)(fast * 100 / slow);
}

/* By how many points a is better than b.  A single point against none counts as no lead
 * (disco.md 6.4). */
static int lead(const struct direct_path *a, const struct direct_path *b)
{
	int pa = bonus(&a->ep.ip), pb = bonus(&b->ep.ip);
	if (a->rtt > b->rtt)
		pb += gain(b->rtt, a->rtt);
	else
		pa += gain(a->rtt, b->rtt);
	return pa <= 1 && pb == 0 ? 0 : pa - pb;
}

bool choose_better(const struct direct_path *a, const struct direct_path *b)
{
	if (endpoint_equal(&a->ep, &b->ep) || !endpoint_is_set(&a->ep))
		return false;
	return !endpoint_is_set(&b->ep) || lead(a, b) > 0;
}

bool choose_clearly_better(const struct direct_path *a, const struct direct_path *b)
{
	return choose_better(a, b) && (!endpoint_is_set(&b->ep) || lead(a, b) >= CHOOSE_LEAD);
}
