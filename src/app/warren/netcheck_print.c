#include "app/warren/fields.h"
#include "app/warren/print.h"
#include "base/place.h"

/* What is unknown prints as nothing, as in Tailscale's report. */
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
	{
		const char *name = json_string_value(protocol);
		fprintf(out, "%s%s", i ? ", " : "", name ? name : "");
	}
	fprintf(out, "\n");
	json_array_foreach(json_object_get(report, "mapped"), i, mapping)
		fprintf(out, "\t* Mapped: %s by %s\n", field_text(mapping, "outside"),
			field_text(mapping, "protocol"));
}

static const char *or_unknown(const char *s)
{
	return s[0] ? s : "unknown";
}

/* IPv6 rarely meets a NAT, so its filter comes first in importance. */
static void print_nat6(FILE *out, const json_t *nat)
{
	if (!json_is_object(nat))
		return;
	fprintf(out, "\t* IPv6 NAT: %s\n", or_unknown(truth(nat, "present")));
	if (json_is_true(json_object_get(nat, "present")))
		fprintf(out, "\t* IPv6 Mapping: %s\n", or_unknown(field_text(nat, "mapping")));
	fprintf(out, "\t* IPv6 Filtering: %s\n", or_unknown(field_text(nat, "filtering")));
}

static void print_nat(FILE *out, const json_t *report)
{
	const json_t *nat = json_object_get(report, "nat");
	json_int_t step = json_integer_value(json_object_get(nat, "port_step"));
	json_int_t outside = json_integer_value(json_object_get(nat, "outside_addresses"));
	fprintf(out, "\t* NAT: %s\n", or_unknown(truth(nat, "present")));
	fprintf(out, "\t* Mapping: %s\n", or_unknown(field_text(nat, "mapping")));
	fprintf(out, "\t* Filtering: %s\n", or_unknown(field_text(nat, "filtering")));
	fprintf(out, "\t* PortPreservation: %s\n", truth(nat, "port_preserved"));
	if (step)
		fprintf(out, "\t* PortStep: %lld\n", (long long)step);
	if (outside > 1)
		fprintf(out, "\t* OutsideAddresses: %lld\n", (long long)outside);
	print_nat6(out, json_object_get(report, "nat_ipv6"));
	lifetime_print(out, json_object_get(report, "binding_lifetime"));
	fprintf(out, "\t* DoubleNAT: %s\n", truth(report, "double_nat"));
	if (field_text(report, "nat64")[0])
		fprintf(out, "\t* NAT64: %s\n", field_text(report, "nat64"));
}

static double latency(const json_t *relay)
{
	const json_t *ms = json_object_get(relay, "latency_ms");
	return json_is_number(ms) ? json_number_value(ms) : -1;
}

/* The nearest first; relays without an answer last. */
static bool comes_before(const json_t *a, const json_t *b)
{
	return latency(a) >= 0 && (latency(b) < 0 || latency(a) < latency(b));
}

static void print_relay(FILE *out, const json_t *relay)
{
	if (latency(relay) < 0)
		fprintf(out, "\t\t- %s: no answer\n", field_text(relay, "name"));
	else
		fprintf(out, "\t\t- %s: %.4gms%s\n", field_text(relay, "name"), latency(relay),
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
	const char *nearest = field_text(report, "preferred_relay"),
		   *home = field_text(report, "home_relay");
	bool has6 = json_is_true(json_object_get(report, "has_ipv6"));
	fprintf(out, "\nReport:\n\t* UDP: %s\n", truth(report, "udp"));
	print_family(out, "IPv4", field_text(report, "ipv4"), "(no addr found)");
	print_family(out, "IPv6", field_text(report, "ipv6"),
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
