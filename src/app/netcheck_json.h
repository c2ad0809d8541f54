/* app/netcheck_json.h - a report of netcheck as JSON, and as lines for people in Tailscale's wording
 *
 *   {"udp", "ipv4": "192.0.2.1:41641" or null, "ipv6", "has_ipv6",
 *    "mapping_varies_by_dest_ip", "hair_pinning", "captive_portal", "double_nat",
 *    "port_mapping": ["UPnP", "NAT-PMP", "PCP"], "mapped": [{"protocol", "outside", "double_nat"}],
 *    "nat": {"present", "mapping", "filtering", "port_preserved", "port_step", "outside_addresses"},
 *    "nat64": "64:ff9b::/96" or null, "preferred_relay", "home_relay",
 *    "relays": [{"name", "region", "latency_ms", "ipv4_ms", "ipv6_ms", "https_ms", "ipv4", "ipv6"}],
 *    "full", "took_ms"}
 *
 * What may be true, false or null is null while it is unknown.
 */
#ifndef APP_NETCHECK_JSON_H
#define APP_NETCHECK_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "app/config.h"

struct netcheck_source {
	const struct config *cfg;
	const struct netcheck_report *report;
	const struct paths_portmap *portmap;
};

/* NULL: out of memory. */
json_t *netcheck_json(const struct netcheck_source *s) MUST_USE;
void netcheck_print(FILE *out, const json_t *report);

#endif
