#include "explain/portmap.h"

#include <stdio.h>

static const char *const protocols[PORTMAP_PROTOCOLS] = {
	[PORTMAP_PCP] = "PCP", [PORTMAP_NATPMP] = "NAT-PMP", [PORTMAP_UPNP] = "UPnP"};

enum { ASKED_TEXT_MAX = 3 * PORTMAP_STATE_MAX };

/* --- words --- */

const char *explain_portmap_refusal(enum mapper_refusal r)
{
	switch (r) {
	case MAPPER_FORBIDDEN:
		return "it is not allowed to this machine";
	case MAPPER_NO_OUTSIDE:
		return "the router has no address on the internet itself";
	case MAPPER_NO_ROOM:
		return "its table, or our share of it, is full";
	case MAPPER_NAT_BETWEEN:
		return "there is another NAT between it and this machine";
	case MAPPER_REFUSED_SOMEHOW:
	case MAPPER_UNSPOKEN:
		break;
	}
	return "it does not say why";
}

const char *explain_portmap_state(const struct portmap_asked *a, char out[static PORTMAP_STATE_MAX])
{
	static const char *const words[] = {
		[ASKED_NOT] = "not asked",       [ASKED_NOW] = "no answer yet",
		[ASKED_UNSPOKEN] = "not spoken", [ASKED_STANDBY] = "spoken",
		[ASKED_REFUSED] = "refused",     [ASKED_MAPPED] = "mapped"};
	if (a->state == ASKED_REFUSED)
		snprintf(out, PORTMAP_STATE_MAX, "refused: %s",
			 explain_portmap_refusal(a->refusal));
	else
		snprintf(out, PORTMAP_STATE_MAX, "%s", words[a->state]);
	return out;
}

const char *explain_portmap_reach(enum portmap_reach r)
{
	switch (r) {
	case PORTMAP_NEAR_PRIVATE:
		return "that address is private, so another NAT is before the router";
	case PORTMAP_NEAR_SHARED:
		return "that address is the provider's own (100.64.0.0/10), so a carrier NAT is "
		       "before the router";
	case PORTMAP_NEAR_DIFFERENT:
		return "STUN servers see another address, so another NAT is before the router";
	case PORTMAP_FAR:
		break;
	}
	return "to everybody";
}

/* --- what came of it --- */

const struct portmap_asked *explain_portmap_refused(const struct gateway_facts *g)
{
	for (size_t i = 0; i < PORTMAP_PROTOCOLS; i++)
		if (g->asked[i].state == ASKED_REFUSED)
			return &g->asked[i];
	return NULL;
}

/* An answer, or a try with a protocol that the gateway speaks, is still to come. */
static bool is_waited_for(const struct gateway_facts *g)
{
	for (size_t i = 0; i < PORTMAP_PROTOCOLS; i++)
		if (g->asked[i].state == ASKED_NOW || g->asked[i].state == ASKED_STANDBY)
			return true;
	return false;
}

const struct gateway_facts *explain_portmap_gateway(const struct portmap_facts *portmap)
{
	for (size_t i = 0; i < portmap->n; i++)
		if (portmap->v[i].at.family == 4)
			return &portmap->v[i];
	return NULL;
}

enum explain_map explain_portmap_map(const struct gateway_facts *g, bool enabled)
{
	if (!enabled)
		return EXPLAIN_MAP_OFF;
	if (!g)
		return EXPLAIN_MAP_NO_GATEWAY;
	if (endpoint_is_set(&g->outside)) {
		static const enum explain_map by_reach[] = {
			[PORTMAP_FAR] = EXPLAIN_MAP_FAR,
			[PORTMAP_NEAR_PRIVATE] = EXPLAIN_MAP_NEAR,
			[PORTMAP_NEAR_SHARED] = EXPLAIN_MAP_CARRIER,
			[PORTMAP_NEAR_DIFFERENT] = EXPLAIN_MAP_NEAR};
		return by_reach[g->reach];
	}
	const struct portmap_asked *no = explain_portmap_refused(g);
	if (is_waited_for(g))
		return EXPLAIN_MAP_ASKING;
	if (!no)
		return EXPLAIN_MAP_UNSPOKEN;
	return no->refusal == MAPPER_NO_OUTSIDE ? EXPLAIN_MAP_NO_OUTSIDE : EXPLAIN_MAP_REFUSED;
}

/* --- sentences --- */

static void asked_text(const struct gateway_facts *g, char out[static ASKED_TEXT_MAX])
{
	char state[PORTMAP_STATE_MAX];
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < PORTMAP_PROTOCOLS; i++)
		if (g->asked[i].state != ASKED_NOT && n < ASKED_TEXT_MAX)
			n += (size_t)snprintf(out + n, ASKED_TEXT_MAX - n, "%s%s %s", n ? "; " : "",
					      protocols[i],
					      explain_portmap_state(&g->asked[i], state));
}

static void tell(struct sentences *list, const struct gateway_facts *g, uint16_t port)
{
	char at[IP_TEXT_MAX], outside[ENDPOINT_TEXT_MAX], asked[ASKED_TEXT_MAX],
		left[WORDS_SPAN_MAX];
	asked_text(g, asked);
	const char *what = g->at.family == 6 ? "let in what comes to" : "map";
	if (asked[0])
		sentences_add(list, "The router %s was asked to %s our UDP port %u: %s.",
			      ip_format(&g->at, at), what, port, asked);
	if (!endpoint_is_set(&g->outside))
		return;
	sentences_add(list, "It mapped %s by %s, for %s more%s%s.",
		      endpoint_format(&g->outside, outside), protocols[g->protocol],
		      words_span(g->left, left), g->reach == PORTMAP_FAR ? "" : "; but ",
		      g->reach == PORTMAP_FAR ? "" : explain_portmap_reach(g->reach));
}

void explain_portmap_tried(struct sentences *list, const struct portmap_facts *portmap,
			   bool enabled)
{
	if (!enabled)
		sentences_add(list, "No router was asked to map our port (PortMapping = no).");
	else if (portmap->n == 0)
		sentences_add(list, "There is no router that could be asked to map our port.");
	for (size_t i = 0; i < portmap->n; i++)
		tell(list, &portmap->v[i], portmap->port);
}
