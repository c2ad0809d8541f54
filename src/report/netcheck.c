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

/* With a hundredth behind the point. */
static json_t *milliseconds(mono_ns t)
{
	mono_ns hundredths = (t + 5 * USEC) / (10 * USEC);
	return t ? json_real((double)hundredths / 100) : json_null();
}

static json_t *behaviour(enum behaviour b)
{
	return b == BEHAVIOUR_UNKNOWN ? json_null() : json_string(behaviour_name(b));
}

static json_t *relay_name(const struct config *cfg, uint16_t region)
{
	const struct config_relay *r = region ? config_relay(cfg, region) : NULL;
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
					relay_name(s->cfg, r->region), "region", (int)r->region,
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

/* The gateway's outside address against the one that relays see. */
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
	json_object_set_new(j, "preferred_relay", relay_name(s->cfg, r->preferred));
	json_object_set_new(
		j, "home_relay",
		relay_name(s->cfg, s->cfg->n_relays && !s->no_home ? s->cfg->relays[0].region : 0));
	json_object_set_new(j, "relays", relays_json(s));
	json_object_set_new(j, "binding_lifetime",
			    netcheck_lifetime_json(s->lifetime4, s->lifetime6, s->now));
	json_object_set_new(j, "full", json_boolean(r->full));
	json_object_set_new(j, "took_ms", milliseconds(r->ended - r->began));
	return j;
}

/* --- for people --- */

static const char *text(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));
	return s ? s : "";
}

/* Unknown is nothing, as people know it from elsewhere. */
static const char *truth(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);
	return json_is_boolean(v) ? json_is_true(v) ? "true" : "false" : "";
}

static void print_family(FILE *out, const char *label, const char *at, const char *without)
{
	if (at[0])
		fprintf(out, "\t* %s: yes, %s\n", label, at);
	else
		fprintf(out, "\t* %s: %s\n", label, without);
}

static void print_port_mapping(FILE *out, const json_t *report)
{
	const json_t *protocol, *mapping;
	size_t i;
	fprintf(out, "\t* PortMapping: ");
	json_array_foreach(json_object_get(report, "port_mapping"), i, protocol)
		fprintf(out, "%s%s", i ? ", " : "", json_string_value(protocol));
	fprintf(out, "\n");
	json_array_foreach(json_object_get(report, "mapped"), i, mapping) fprintf(
		out, "\t* Mapped: %s by %s\n", text(mapping, "outside"), text(mapping, "protocol"));
}

static const char *or_unknown(const char *s)
{
	return s[0] ? s : "unknown";
}

/* Of IPv6 the filter is what matters; a NAT is rare. */
static void print_nat6(FILE *out, const json_t *nat)
{
	if (!json_is_object(nat))
		return;
	fprintf(out, "\t* IPv6 NAT: %s\n", or_unknown(truth(nat, "present")));
	if (json_is_true(json_object_get(nat, "present")))
		fprintf(out, "\t* IPv6 Mapping: %s\n", or_unknown(text(nat, "mapping")));
	fprintf(out, "\t* IPv6 Filtering: %s\n", or_unknown(text(nat, "filtering")));
}

static void print_nat(FILE *out, const json_t *report)
{
	const json_t *nat = json_object_get(report, "nat");
	json_int_t step = json_integer_value(json_object_get(nat, "port_step"));
	json_int_t outside = json_integer_value(json_object_get(nat, "outside_addresses"));
	fprintf(out, "\t* NAT: %s\n", or_unknown(truth(nat, "present")));
	fprintf(out, "\t* Mapping: %s\n", or_unknown(text(nat, "mapping")));
	fprintf(out, "\t* Filtering: %s\n", or_unknown(text(nat, "filtering")));
	fprintf(out, "\t* PortPreservation: %s\n", truth(nat, "port_preserved"));
	if (step)
		fprintf(out, "\t* PortStep: %lld\n", (long long)step);
	if (outside > 1)
		fprintf(out, "\t* OutsideAddresses: %lld\n", (long long)outside);
	print_nat6(out, json_object_get(report, "nat_ipv6"));
	netcheck_print_lifetime(out, json_object_get(report, "binding_lifetime"));
	fprintf(out, "\t* DoubleNAT: %s\n", truth(report, "double_nat"));
	if (text(report, "nat64")[0])
		fprintf(out, "\t* NAT64: %s\n", text(report, "nat64"));
}

static double latency(const json_t *relay)
{
	const json_t *ms = json_object_get(relay, "latency_ms");
	return json_is_number(ms) ? json_number_value(ms) : -1;
}

/* Nearest first, those without an answer last. */
static bool comes_before(const json_t *a, const json_t *b)
{
	return latency(a) >= 0 && (latency(b) < 0 || latency(a) < latency(b));
}

static void print_relay(FILE *out, const json_t *relay)
{
	if (latency(relay) < 0)
		fprintf(out, "\t\t- %s: no answer\n", text(relay, "name"));
	else
		fprintf(out, "\t\t- %s: %.4gms%s\n", text(relay, "name"), latency(relay),
			json_is_number(json_object_get(relay, "https_ms")) ? " (HTTPS)" : "");
}

static void print_relays(FILE *out, const json_t *relays)
{
	const json_t *sorted[RELAYS_MAX];
	size_t n = 0, i;
	const json_t *relay;
	json_array_foreach(relays, i, relay)
	{
		if (n == RELAYS_MAX)
			break;
		size_t at = n++;
		for (; at > 0 && comes_before(relay, sorted[at - 1]); at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = relay;
	}
	fprintf(out, "\t* Relay latency:\n");
	for (i = 0; i < n; i++)
		print_relay(out, sorted[i]);
}

void netcheck_print(FILE *out, const json_t *report)
{
	const char *nearest = text(report, "preferred_relay"), *home = text(report, "home_relay");
	bool has6 = json_is_true(json_object_get(report, "has_ipv6"));
	fprintf(out, "\nReport:\n\t* UDP: %s\n", truth(report, "udp"));
	print_family(out, "IPv4", text(report, "ipv4"), "(no addr found)");
	print_family(out, "IPv6", text(report, "ipv6"),
		     has6 ? "no, but this machine has an address"
			  : "no, and this machine has no address");
	fprintf(out, "\t* MappingVariesByDestIP: %s\n", truth(report, "mapping_varies_by_dest_ip"));
	fprintf(out, "\t* HairPinning: %s\n", truth(report, "hair_pinning"));
	print_port_mapping(out, report);
	fprintf(out, "\t* CaptivePortal: %s\n", truth(report, "captive_portal"));
	print_nat(out, report);
	fprintf(out, "\t* Nearest relay: %s\n",
		nearest[0] ? nearest : "unknown (no response to latency probes)");
	if (home[0])
		fprintf(out, "\t* Home relay: %s\n", home);
	print_relays(out, json_object_get(report, "relays"));
}
