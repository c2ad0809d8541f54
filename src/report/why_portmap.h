/* report/why_portmap.h - "port_mapping" among the facts of `warren why`: what gateways answered
 *
 *   {"enabled", "port",
 *    "gateways": [{"gateway", "pcp", "nat_pmp", "upnp", "protocol", "endpoint", "leads",
 *                  "expires_s"}]}
 *
 * pcp, nat_pmp, upnp  "not asked", "no answer yet", "not spoken", "spoken", "mapped", or
 *                     "refused: " and why
 * leads               "to everybody", or why the mapping leads no farther than the next NAT
 *
 * protocol, endpoint, leads and expires_s are null while nothing is mapped.
 */
#ifndef REPORT_WHY_PORTMAP_H
#define REPORT_WHY_PORTMAP_H

#include <jansson.h>

#include "path/portmap/facts.h"

/* enabled: by the configuration. NULL: out of memory. */
json_t *why_portmap_json(const struct portmap_facts *portmap, bool enabled) MUST_USE;

#endif
