#include "sim/budget.h"

#include "path/hard_escalation.h"

/* The gaps between packets are random, and only their mean is the rate. */
static const double rate = HARD_PER_SECOND * 1.05, burst = HARD_BURST + 16;

static const char *check_off(const struct sim_node *n, const struct paths_stats *s)
{
	if (s->hard_sent > 0 || n->n_sockets > 0)
		return "probed a hard NAT though that is switched off";
	if (s->extensions_sent > 0)
		return "spoke of hard NATs though that is switched off";
	return NULL;
}

const char *budget_check(struct budget *b, const struct sim_node *n, mono_ns now)
{
	if (!n->node)
		return NULL;
	const struct paths_stats *s = node_paths_stats(n->node);
	if (!n->hard.enabled)
		return check_off(n, s);
	uint64_t sent = s->hard_sent >= b->sent ? s->hard_sent - b->sent : s->hard_sent;
	double ebbed = (double)(now - b->at) / (double)SECOND * rate;
	b->level = (b->level > ebbed ? b->level - ebbed : 0) + (double)sent;
	b->sent = s->hard_sent;
	b->at = now;
	if (now - b->hour >= 3600 * SECOND) {
		b->hour = now;
		b->in_hour = 0;
	}
	b->in_hour += sent;
	if (b->level > burst)
		return "probes hard NATs faster than its rate";
	if (!n->hard.slow && b->in_hour > 2 * HARD_HOST_MAX)
		return "probes hard NATs more than its budget of an hour";
	return n->n_sockets > HARD_SOCKETS ? "has too many sockets" : NULL;
}
