#include "path/find/candidate.h"

static bool have(const struct candidates *c, const struct endpoint *ep)
{
	for (size_t i = 0; i < c->n; i++)
		if (endpoint_equal(&c->v[i].ep, ep))
			return true;
	return false;
}

static void add(struct candidates *c, const struct candidate *v)
{
	if (c->n < CANDIDATES_MAX && !have(c, &v->ep))
		c->v[c->n++] = *v;
}

void candidates_add(struct candidates *c, const struct endpoint *ep, enum candidate_kind kind)
{
	add(c, &(struct candidate){.ep = *ep, .kind = kind});
}

void candidates_add_near(struct candidates *c, const struct endpoint *ep, enum candidate_kind kind)
{
	add(c, &(struct candidate){.ep = *ep, .kind = kind, .near = true});
}

static bool have_as_told(const struct candidates *c, const struct candidate *v)
{
	for (size_t i = 0; i < c->n; i++)
		if (endpoint_equal(&c->v[i].ep, &v->ep))
			return c->v[i].near == v->near;
	return false;
}

bool candidates_same_set(const struct candidates *a, const struct candidates *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!have_as_told(b, &a->v[i]))
			return false;
	return true;
}

const char *candidate_kind_name(enum candidate_kind kind)
{
	switch (kind) {
	case CANDIDATE_LOCAL:
		return "local";
	case CANDIDATE_STUN:
		return "stun";
	case CANDIDATE_PORTMAP:
		return "portmap";
	case CANDIDATE_STUN_LOCAL_PORT:
		return "stun+localport";
	case CANDIDATE_FIXED:
		return "fixed";
	case CANDIDATE_UNKNOWN:
		break;
	}
	return "unknown";
}

bool candidate_is_plausible(const struct endpoint *ep, bool loopback_too)
{
	static const uint8_t zero[16], ones[4] = {255, 255, 255, 255};
	const struct ip *ip = &ep->ip;
	if (!endpoint_is_set(ep) || ip_is_multicast(ip))
		return false;
	if (bytes_equal(BYTES_OF(ip->b), BYTES_OF(zero)))
		return false;
	if (ip->family == 4 && bytes_start(BYTES_OF(ip->b), BYTES_OF(ones)))
		return false;
	if (ip->family == 6 && ip_is_link_local(ip))
		return false; /* means nothing without the name of the link */
	return loopback_too || !ip_is_loopback(ip);
}
