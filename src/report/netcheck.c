#include "report/netcheck.h"

#include <string.h>

static json_t *tristate(enum tristate t)
{
	return t == TRISTATE_UNKNOWN ? json_null() : json_boolean(t == TRISTATE_YES);
}

static json_t *varies(enum dest_mapping m)
{
	return m == MAPPING_UNKNOWN ? json_null() : json_boolean(m == MAPPING_VARIES);
}

static json_t *endpoint(const struct endpoint *e)
{
	char text[ENDPOINT_TEXT_MAX];
	return endpoint_is_set(e) ? json_string(endpoint_format(e, text)) : json_null();
}

/* With two decimals; 0: not known. */
static json_t *milliseconds(mono_ns t)
{
	mono_ns hundredths = (t + 5 * USEC) / (10 * USEC);
	return t ? json_real((double)hundredths / 100) : json_null();
}

static json_t *behaviour(enum behaviour b)
{
	return b == BEHAVIOUR_UNKNOWN ? json_null() : json_string(behaviour_name(b));
}

static json_t *relay_name(const struct netmap *map, uint16_t region)
{
	const struct netmap_relay *r = region ? netmap_relay(map, region) : NULL;
	return r ? json_string(r->name) : json_null();
}

static json_t *nat_json(const struct netcheck_nat *r)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:i, s:i}", "present", tristate(r->present),
			 "mapping", behaviour(r->mapping), "filtering", behaviour(r->filtering),
			 "port_preserved", tristate(r->port_preserved), "port_step", r->step,
			 "outside_addresses", (int)r->n_outside);
}

static json_t *relays_json(const struct netcheck_source *s)
{
	json_t *list = json_array();
	for (size_t i = 0; i < s->report->n_relays; i++) {
		const struct netcheck_relay *r = &s->report->relays[i];
		json_array_append_new(
			list, json_pack("{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
					relay_name(s->map, r->region), "region", (int)r->region,
					"latency_ms", milliseconds(netcheck_latency(r)), "ipv4_ms",
					milliseconds(r->v4), "ipv6_ms", milliseconds(r->v6),
					"https_ms", milliseconds(r->https), "ipv4",
					endpoint(&r->seen4), "ipv6", endpoint(&r->seen6)));
	}
	return list;
}

static json_t *protocols_json(const struct portmap_status *p)
{
	json_t *list = json_array();
	if (p->upnp)
		json_array_append_new(list, json_string("UPnP"));
	if (p->natpmp)
		json_array_append_new(list, json_string("NAT-PMP"));
	if (p->pcp)
		json_array_append_new(list, json_string("PCP"));
	return list;
}

static const char *protocol_name(enum portmap_protocol p)
{
	switch (p) {
	case PORTMAP_PCP:
		return "PCP";
	case PORTMAP_NATPMP:
		return "NAT-PMP";
	case PORTMAP_UPNP:
		return "UPnP";
	}
	return "";
}

static json_t *mapped_json(const struct portmap_status *p)
{
	json_t *list = json_array();
	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(list, json_pack("{s:s, s:o, s:b}", "protocol",
						      protocol_name(p->v[i].protocol), "outside",
						      endpoint(&p->v[i].outside), "double_nat",
						      p->v[i].double_nat));
	return list;
}

/* Another NAT stands before a gateway whose outside address is not the one that relays see. */
static enum tristate double_nat(const struct netcheck_source *s)
{
	enum tristate found = TRISTATE_UNKNOWN;
	for (size_t i = 0; i < s->portmap->n; i++) {
		const struct ip *outside = &s->portmap->v[i].outside.ip;
		bool far = s->portmap->v[i].double_nat ||
			   (s->report->ipv4 && !ip_equal(outside, &s->report->global4.ip));
		if (outside->family == 4 && found != TRISTATE_YES)
			found = far ? TRISTATE_YES : TRISTATE_NO;
	}
	return found;
}

json_t *netcheck_json(const struct netcheck_source *s)
{
	const struct netcheck_report *r = s->report;
	char text[PREFIX_TEXT_MAX];
	json_t *j = json_pack("{s:b, s:o, s:o, s:b}", "udp", r->udp, "ipv4", endpoint(&r->global4),
			      "ipv6", endpoint(&r->global6), "has_ipv6", r->has6);
	if (!j)
		return NULL;
	json_object_set_new(j, "mapping_varies_by_dest_ip", varies(r->nat4.varies));
	json_object_set_new(j, "hair_pinning", tristate(r->nat4.hairpin));
	json_object_set_new(j, "port_mapping", protocols_json(s->portmap));
	json_object_set_new(j, "mapped", mapped_json(s->portmap));
	json_object_set_new(j, "captive_portal", tristate(r->captive_portal));
	json_object_set_new(j, "double_nat", tristate(double_nat(s)));
	json_object_set_new(j, "nat", nat_json(&r->nat4));
	json_object_set_new(j, "nat_ipv6", r->ipv6 ? nat_json(&r->nat6) : json_null());
	json_object_set_new(j, "nat64",
			    r->nat64.ip.family ? json_string(prefix_format(&r->nat64, text))
					       : json_null());
	json_object_set_new(j, "preferred_relay", relay_name(s->map, r->preferred));
	json_object_set_new(j, "home_relay", relay_name(s->map, s->map->self.home));
	json_object_set_new(j, "relays", relays_json(s));
	json_object_set_new(j, "binding_lifetime",
			    netcheck_lifetime_json(s->lifetime4, s->lifetime6, s->now));
	json_object_set_new(j, "full", json_boolean(r->full));
	json_object_set_new(j, "took_ms", milliseconds(r->ended - r->began));
	return j;
}
