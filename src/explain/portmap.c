#include "explain/portmap.h"

#include <stdio.h>
#include <string.h>

#include "explain/words.h"

static const char *const protocols[PORTMAP_PROTOCOLS] = {
	[PORTMAP_PCP] = "PCP", [PORTMAP_NATPMP] = "NAT-PMP", [PORTMAP_UPNP] = "UPnP"};
static const char *const members[PORTMAP_PROTOCOLS] = {
	[PORTMAP_PCP] = "pcp", [PORTMAP_NATPMP] = "nat_pmp", [PORTMAP_UPNP] = "upnp"};

enum { STATE_TEXT_MAX = 96, ASKED_TEXT_MAX = 3 * STATE_TEXT_MAX };

static const char *refusal_words(enum mapper_refusal r)
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

static const char *state_words(const struct portmap_asked *a, char out[static STATE_TEXT_MAX])
{
	static const char *const words[] = {
		[ASKED_NOT] = "not asked",       [ASKED_NOW] = "no answer yet",
		[ASKED_UNSPOKEN] = "not spoken", [ASKED_STANDBY] = "spoken",
		[ASKED_REFUSED] = "refused",     [ASKED_MAPPED] = "mapped"};
	if (a->state == ASKED_REFUSED)
		snprintf(out, STATE_TEXT_MAX, "refused: %s", refusal_words(a->refusal));
	else
		snprintf(out, STATE_TEXT_MAX, "%s", words[a->state]);
	return out;
}

static const char *reach_words(enum portmap_reach r)
{
	switch (r) {
	case PORTMAP_NEAR_PRIVATE:
		return "that address is private, so another NAT is before the router";
	case PORTMAP_NEAR_SHARED:
		return "that address is the provider's own (100.64.0.0/10), so a carrier NAT is "
		       "before the "
		       "router";
	case PORTMAP_NEAR_DIFFERENT:
		return "STUN servers see another address, so another NAT is before the router";
	case PORTMAP_FAR:
		break;
	}
	return "to everybody";
}

/* --- facts --- */

static const struct portmap_asked *refused(const struct gateway_facts *g)
{
	for (size_t i = 0; i < PORTMAP_PROTOCOLS; i++)
		if (g->asked[i].state == ASKED_REFUSED)
			return &g->asked[i];
	return NULL;
}

static bool is_waited_for(const struct gateway_facts *g)
{
	for (size_t i = 0; i < PORTMAP_PROTOCOLS; i++)
		if (g->asked[i].state == ASKED_NOW || g->asked[i].state == ASKED_STANDBY)
			return true;
	return false;
}

/* The IPv4 gateway, which maps; one of IPv6 only opens its firewall. */
static const struct gateway_facts *of_ipv4(const struct portmap_facts *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].at.family == 4)
			return &w->v[i];
	return NULL;
}

static enum why_map map_of(const struct gateway_facts *g, bool enabled)
{
	if (!enabled)
		return WHY_MAP_OFF;
	if (!g)
		return WHY_MAP_NO_GATEWAY;
	if (endpoint_is_set(&g->outside)) {
		static const enum why_map by_reach[] = {[PORTMAP_FAR] = WHY_MAP_FAR,
							[PORTMAP_NEAR_PRIVATE] = WHY_MAP_NEAR,
							[PORTMAP_NEAR_SHARED] = WHY_MAP_CARRIER,
							[PORTMAP_NEAR_DIFFERENT] = WHY_MAP_NEAR};
		return by_reach[g->reach];
	}
	const struct portmap_asked *no = refused(g);
	if (is_waited_for(g))
		return WHY_MAP_ASKING;
	if (!no)
		return WHY_MAP_UNSPOKEN;
	return no->refusal == MAPPER_NO_OUTSIDE ? WHY_MAP_NO_OUTSIDE : WHY_MAP_REFUSED;
}

void why_portmap_gather(struct why_facts *f, const struct portmap_facts *w, bool enabled,
			struct why_portmap_texts *texts)
{
	const struct gateway_facts *g = of_ipv4(w);
	f->map = map_of(g, enabled);
	if (!g)
		return;
	f->gateway = ip_format(&g->at, texts->gateway);
	if (refused(g))
		f->refusal = refusal_words(refused(g)->refusal);
	if (!endpoint_is_set(&g->outside))
		return;
	f->outside = endpoint_format(&g->outside, texts->outside);
	f->outside_ip = ip_format(&g->outside.ip, texts->outside_ip);
	f->outside_port = g->outside.port;
	f->reach = reach_words(g->reach);
}

/* --- sentences --- */

static void asked_text(const struct gateway_facts *g, char out[static ASKED_TEXT_MAX])
{
	char state[STATE_TEXT_MAX];
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < PORTMAP_PROTOCOLS; i++)
		if (g->asked[i].state != ASKED_NOT && n < ASKED_TEXT_MAX)
			n += (size_t)snprintf(out + n, ASKED_TEXT_MAX - n, "%s%s %s", n ? "; " : "",
					      protocols[i], state_words(&g->asked[i], state));
}

static void tell(json_t *list, const struct gateway_facts *g, uint16_t port)
{
	char at[IP_TEXT_MAX], outside[ENDPOINT_TEXT_MAX], asked[ASKED_TEXT_MAX],
		left[WHY_SPAN_TEXT_MAX];
	asked_text(g, asked);
	const char *what = g->at.family == 6 ? "let in what comes to" : "map";
	if (asked[0])
		why_line(list, "The router %s was asked to %s our UDP port %u: %s.",
			 ip_format(&g->at, at), what, port, asked);
	if (!endpoint_is_set(&g->outside))
		return;
	why_line(list, "It mapped %s by %s, for %s more%s%s.",
		 endpoint_format(&g->outside, outside), protocols[g->protocol],
		 why_span(g->left, left), g->reach == PORTMAP_FAR ? "" : "; but ",
		 g->reach == PORTMAP_FAR ? "" : reach_words(g->reach));
}

void why_portmap_tried(json_t *list, const struct portmap_facts *w, bool enabled)
{
	if (!enabled)
		why_line(list, "No router was asked to map our port (PortMapping = no).");
	else if (w->n == 0)
		why_line(list, "There is no router that could be asked to map our port.");
	for (size_t i = 0; i < w->n; i++)
		tell(list, &w->v[i], w->port);
}

/* --- JSON --- */

static json_t *gateway_json(const struct gateway_facts *g)
{
	char text[ENDPOINT_TEXT_MAX], state[STATE_TEXT_MAX];
	bool held = endpoint_is_set(&g->outside);
	json_t *out = json_pack("{s:s, s:s?}", "gateway", ip_format(&g->at, text), "protocol",
				held ? members[g->protocol] : NULL);
	for (size_t i = 0; i < PORTMAP_PROTOCOLS; i++)
		json_object_set_new(out, members[i], json_string(state_words(&g->asked[i], state)));
	json_object_set_new(out, "endpoint",
			    held ? json_string(endpoint_format(&g->outside, text)) : json_null());
	json_object_set_new(out, "leads", held ? json_string(reach_words(g->reach)) : json_null());
	json_object_set_new(out, "expires_s",
			    held ? json_integer((json_int_t)(g->left / SECOND)) : json_null());
	return out;
}

json_t *why_portmap_json(const struct portmap_facts *w, bool enabled)
{
	json_t *gateways = json_array();
	for (size_t i = 0; i < w->n; i++)
		json_array_append_new(gateways, gateway_json(&w->v[i]));
	return json_pack("{s:b, s:i, s:o}", "enabled", (int)enabled, "port", (int)w->port,
			 "gateways", gateways);
}
