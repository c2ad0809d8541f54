/* relay/upgrade.h - from HTTP/1.1 to DERP, the client's half; and the name in a meta certificate
 *
 * Pure text in, text out, over http-parser.  The server's half is serve/relay_pages.h.
 *
 * Source: docs/protocol/derp.md 2.
 */
#ifndef RELAY_UPGRADE_H
#define RELAY_UPGRADE_H

#include "base/bytes.h"
#include "crypto/keys.h"

enum {
	UPGRADE_HEADER_MAX = 8192, /* bytes; a longer head of an answer is refused */
	UPGRADE_WHY_MAX = 160
};

/* Appends the request. `host` as it goes into the Host header, with port if not 443. */
void upgrade_request(struct wr *out, const char *host, bool fast_start);

/* Reads the answer's head. Feed it the stream until it is not UPGRADE_MORE. */
struct upgrade_answer;
enum upgrade_progress {
	UPGRADE_MORE,   /* the head is not complete */
	UPGRADE_DONE,   /* upgraded: the rest of the bytes are DERP */
	UPGRADE_REFUSED /* it is no relay, or it refused: why */
};
struct upgrade_answer *upgrade_answer_new(void) MUST_USE;
void upgrade_answer_free(struct upgrade_answer *a);
/* *used: how many bytes belong to the head. */
enum upgrade_progress upgrade_answer_input(struct upgrade_answer *a, struct bytes b, size_t *used,
					   char why[static UPGRADE_WHY_MAX]) MUST_USE;

/* The common name of the meta certificate: "derpkey" and 64 hex digits. */
enum { UPGRADE_META_CN_MAX = 80 };
void upgrade_meta_cn(char out[static UPGRADE_META_CN_MAX], const struct node_key *server_key);
bool upgrade_meta_parse(struct node_key *server_key, const char *cn) MUST_USE;

#endif
