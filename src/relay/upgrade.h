/* relay/upgrade.h - from HTTP/1.1 to DERP: the request, the answer, and the relay's small pages
 *
 * Pure text in, text out, over http-parser.  Source: reference, data plane 3.1 and 3.12.
 */
#ifndef RELAY_UPGRADE_H
#define RELAY_UPGRADE_H

#include "base/bytes.h"
#include "crypto/keys.h"

enum {
	UPGRADE_HEADER_MAX = 8192, /* a longer request or answer head is refused */
	UPGRADE_WHY_MAX = 160
};

/* Client: appends the request. `host` as it goes into the Host header, with port if not 443. */
void upgrade_request(struct wr *out, const char *host, bool fast_start);

/* Client: reads the answer's head. Feed it the stream until it is not UPGRADE_MORE. */
struct upgrade_answer;
enum upgrade_progress {
	UPGRADE_MORE,   /* wants more bytes */
	UPGRADE_DONE,   /* upgraded: the rest of the bytes are DERP */
	UPGRADE_REFUSED /* not a relay, or it said no: why */
};
struct upgrade_answer *upgrade_answer_new(void) MUST_USE;
void upgrade_answer_free(struct upgrade_answer *a);
/* *used: how many bytes belong to the head. */
enum upgrade_progress upgrade_answer_input(struct upgrade_answer *a, struct bytes b, size_t *used,
					   char why[static UPGRADE_WHY_MAX]) MUST_USE;

/* Server: reads one request head, and says what is wanted. */
struct upgrade_asked;
enum upgrade_want {
	WANT_MORE, /* head not complete */
	WANT_DERP, /* upgraded: write the answer (none with fast start), the rest is DERP */
	WANT_PAGE, /* write the answer; then another request may follow, or close */
	WANT_BAD   /* write the answer and close */
};
struct upgrade_asked *upgrade_asked_new(void) MUST_USE;
void upgrade_asked_free(struct upgrade_asked *a);
/* Appends to `answer` what is to be written (needs UPGRADE_HEADER_MAX). *close: after that, close.
 */
enum upgrade_want upgrade_asked_input(struct upgrade_asked *a, struct bytes b, size_t *used,
				      const struct node_key *server_key, struct wr *answer,
				      bool *close) MUST_USE;

/* The common name of the meta certificate: "derpkey" and 64 hex digits. */
enum { UPGRADE_META_CN_MAX = 80 };
void upgrade_meta_cn(char out[static UPGRADE_META_CN_MAX], const struct node_key *server_key);
bool upgrade_meta_parse(struct node_key *server_key, const char *cn) MUST_USE;

#endif
