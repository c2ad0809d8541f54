#include "report/why_portmap.h"

#include "explain/portmap.h"

static const char *const members[PORTMAP_PROTOCOLS] = {
	[PORTMAP_PCP] = "pcp", [PORTMAP_NATPMP] = "nat_pmp", [PORTMAP_UPNP] = "upnp"};

static json_t *gateway_json(const struct gateway_facts *g)
{
	char text[ENDPOINT_TEXT_MAX], state[PORTMAP_STATE_MAX];
	bool held = endpoint_is_set(&g->outside);
	json_t *out = json_pack("{s:s, s:s?}", "gateway", ip_format(&g->at, text), "protocol",
				held ? members[g->protocol] : NULL);
	for (size_t i = 0; i < PORTMAP_PROTOCOLS; i++)
		json_object_set_new(out, members[i],
				    json_string(explain_portmap_state(&g->asked[i], state)));
	json_object_set_new(out, "endpoint",
			    held ? json_string(endpoint_format(&g->outside, text)) : json_null());
	json_object_set_new(out, "leads",
			    held ? json_string(explain_portmap_reach(g->reach)) : json_null());
	json_object_set_new(out, "expires_s",
			    held ? json_integer((json_int_t)(g->left / SECOND)) : json_null());
	return out;
}

json_t *why_portmap_json(const struct portmap_facts *portmap, bool enabled)
{
	json_t *gateways = json_array();
	for (size_t i = 0; i < portmap->n; i++)
		json_array_append_new(gateways, gateway_json(&portmap->v[i]));
	return json_pack("{s:b, s:i, s:o}", "enabled", (int)enabled, "port", (int)portmap->port,
			 "gateways", gateways);
}
