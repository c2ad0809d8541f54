/* explain/portmap.h - `warren why`: what came of asking the gateways to map our port, in sentences
 * and in JSON
 *
 *   "port_mapping": {"enabled", "port", "gateways": [{"gateway", "pcp", "nat_pmp", "upnp",
 *   "protocol", "endpoint",
 *                    "leads", "expires_s"}]}
 *
 * pcp, nat_pmp, upnp: "not asked", "no answer yet", "not spoken", "spoken", "refused: (why)",
 * "mapped".  leads: "to everybody", or why it does not; null like endpoint: nothing is mapped.
 */
#ifndef EXPLAIN_PORTMAP_H
#define EXPLAIN_PORTMAP_H

#include <jansson.h>

#include "explain/sentences.h"
#include "path/facts.h"

/* Texts that the facts borrow. */
struct why_portmap_texts {
	char gateway[IP_TEXT_MAX], outside[ENDPOINT_TEXT_MAX], outside_ip[IP_TEXT_MAX];
};

/* enabled: by the configuration. */
void why_portmap_gather(struct why_facts *f, const struct portmap_facts *w, bool enabled,
			struct why_portmap_texts *texts);
/* Appends a sentence for each gateway. */
void why_portmap_tried(json_t *list, const struct portmap_facts *w, bool enabled);
json_t *why_portmap_json(const struct portmap_facts *w, bool enabled) MUST_USE;

#endif
