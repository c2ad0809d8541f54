/* hard_nat_report.h - a report of a place behind a hard NAT, with two relays */
#ifndef HARD_NAT_REPORT_H
#define HARD_NAT_REPORT_H

#include "report/netcheck.h"
#include "unit/addresses.h"

static struct netmap_relay relays[] = {{.name = "lab", .region = 1}, {.name = "far", .region = 7}};
static const struct netmap map = {.relays = relays, .n_relays = 2, .self.home = 1};

static inline struct netcheck_report behind_a_hard_nat(void)
{
	struct netcheck_report r = {.full = true,
				    .udp = true,
				    .ipv4 = true,
				    .has4 = true,
				    .n_relays = 2,
				    .preferred = 7,
				    .nat4 = {.present = TRISTATE_YES,
					     .varies = MAPPING_VARIES,
					     .mapping = BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT,
					     .filtering = BEHAVIOUR_NOT_ON_PORT,
					     .port_preserved = TRISTATE_NO,
					     .hairpin = TRISTATE_NO,
					     .step = 2,
					     .n_outside = 3}};
	r.began = 10 * SECOND;
	r.ended = 11 * SECOND;
	r.global4 = ep_of("192.0.2.1:41641");
	r.relays[0] = (struct netcheck_relay){.region = 1, .v4 = 30 * MSEC, .seen4 = r.global4};
	r.relays[1] = (struct netcheck_relay){.region = 7, .https = 12345 * USEC};
	return r;
}

#endif
