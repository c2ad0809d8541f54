/* serve/relay_pages.h - what a relay answers over HTTP: the upgrade, and its small pages
 *
 * Source: docs/protocol/derp.md 2 and 7.
 */
#ifndef SERVE_RELAY_PAGES_H
#define SERVE_RELAY_PAGES_H

#include "crypto/keys.h"
#include "serve/http.h"

/* /derp/probe, /derp/latency-check, /generate_204, / and /robots.txt. False: no room. */
bool relay_pages_add(struct http_routes *routes) MUST_USE;

/* Answers GET and HEAD of /derp: the upgrade (with a fast start no head goes out), or 426. */
void relay_pages_derp(const struct node_key *server_key, const struct http_request *q,
		      struct http_answer *a);

#endif
