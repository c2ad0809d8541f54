/* report/netcheck.h - a report of netcheck as JSON
 *
 *   {"udp", "ipv4": "192.0.2.1:41641" or null, "ipv6", "has_ipv6",
 *    "mapping_varies_by_dest_ip", "hair_pinning", "captive_portal", "double_nat",
 *    "port_mapping": ["UPnP", "NAT-PMP", "PCP"],
 *    "mapped": [{"protocol", "outside", "double_nat"}],
 *    "nat": {"present", "mapping", "filtering", "port_preserved", "port_step",
 *            "outside_addresses"},
 *    "nat_ipv6": the same of IPv6, or null without it,
 *    "binding_lifetime": {"ipv4": {"state", "at_least_s", "less_than_s", "longest_s", "left_s",
 *                                  "sent"},
 *                         "ipv6"},
 *    "nat64": "64:ff9b::/96" or null, "preferred_relay", "home_relay",
 *    "relays": [{"name", "region", "latency_ms", "ipv4_ms", "ipv6_ms", "https_ms", "ipv4",
 *                "ipv6"}],
 *    "full", "took_ms"}
 *
 * What is true or false is null while it is unknown.  The lifetime of a family of addresses is null
 * if it was not measured in this network; its "state" is "measured", "running", or says why it
 * could not be measured: "no-answer", "no-server", "several-addresses", "network-changed".
 */
#ifndef REPORT_NETCHECK_H
#define REPORT_NETCHECK_H

#include <jansson.h>

#include "netcheck/binding_life.h"
#include "netcheck/netcheck.h"
#include "netmap/netmap.h"
#include "path/portmap/portmap.h"

/* All of it is borrowed. */
struct netcheck_source {
	const struct netmap *map;
	const struct netcheck_report *report;
	const struct portmap_status *portmap;
	const struct lifetime_report *lifetime4, *lifetime6; /* NULL: not measured */
	mono_ns now;
};

/* NULL: out of memory. */
json_t *netcheck_json(const struct netcheck_source *s) MUST_USE;

/* The value of "binding_lifetime". v4, v6: NULL: not measured. Returns NULL: out of memory. */
json_t *netcheck_lifetime_json(const struct lifetime_report *v4, const struct lifetime_report *v6,
			       mono_ns now) MUST_USE;

#endif
