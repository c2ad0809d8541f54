#include "sim/budget.h"

#include "path/hard/budget.h"

/* The gaps between packets are random: only their mean is the rate. */
static const double rate = HARD_PER_SECOND * 1.05, burst = HARD_BURST + 16;

/* A few flows more go to relays, STUN servers and the candidates of peers. */
static const double flows_max = HARD_FLOWS_MAX + 256;

static double ebb(double level, double ebbed, double more)
{
	return (level > ebbed ? level - ebbed : 0) + more;
}

static const char *check_off(const struct sim_node *n, const struct paths_stats *s)
{
	if (s->hard_sent > 0 || n->net.n_sockets > 0)
		return "probed a hard NAT though that is switched off";
	if (s->extensions_sent > 0)
		return "spoke of hard NATs though that is switched off";
	return NULL;
}

const char *budget_check(struct budget *b, const struct sim_node *n, mono_ns now)
{
	if (!n->node)
		return NULL;
	const struct paths_stats *s = reach_paths_stats(node_reach(n->node));
	if (!n->net.hard.enabled)
		return check_off(n, s);
	double seconds = (double)(now - b->at) / (double)SECOND;
	uint64_t sent = s->hard_sent >= b->sent ? s->hard_sent - b->sent : s->hard_sent;
	uint64_t flows =
		n->net.flows.begun >= b->flows ? n->net.flows.begun - b->flows : n->net.flows.begun;
	b->level = ebb(b->level, seconds * rate, (double)sent);
	b->flows_level =
		ebb(b->flows_level, seconds * flows_max / ((double)FLOW_LASTS / (double)SECOND),
		    (double)flows);
	b->sent = s->hard_sent;
	b->flows = n->net.flows.begun;
	b->at = now;
	if (now - b->hour >= 3600 * SECOND) {
		b->hour = now;
		b->in_hour = 0;
	}
	b->in_hour += sent;
	if (b->level > burst)
		return "probes hard NATs faster than its rate";
	if (!n->net.hard.slow && b->in_hour > 2 * HARD_HOST_MAX)
		return "probes hard NATs more than its budget of an hour";
	if (!n->net.hard.slow && b->flows_level > flows_max)
		return "begins more flows than a small router has room for";
	return n->net.n_sockets > HARD_SOCKETS ? "has too many sockets" : NULL;
}
