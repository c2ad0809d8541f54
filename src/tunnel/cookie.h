/* tunnel/cookie.h - the two MACs at the end of a handshake message, and cookie replies
 *
 * mac1 proves that the sender knows our public key.  mac2, which is asked for under load, proves
 * that the sender can receive at its source address.  Each is a keyed BLAKE2s over all of the
 * message before it.
 *
 * Source: tunnel.md 3.6 and 6.2; WireGuard paper 5.4.4 and 5.4.7.
 */
#ifndef TUNNEL_COOKIE_H
#define TUNNEL_COOKIE_H

#include "base/time.h"
#include "crypto/blake2s.h"
#include "crypto/keys.h"
#include "wire/wireguard.h"

#define COOKIE_SECRET_TIME (120 * SECOND)
#define COOKIE_USE_TIME    (115 * SECOND) /* the secret's time less a round trip */

/* Our side as responder. */
struct cookie_checker {
	uint8_t mac1_key[BLAKE2S_LEN], seal_key[BLAKE2S_LEN];
	uint8_t secret[BLAKE2S_LEN];
	mono_ns secret_at; /* MONO_NEVER: none yet */
};

void cookie_checker_init(struct cookie_checker *c, const struct node_key *self);
/* `message` is a whole initiation or response. */
bool cookie_mac1_right(const struct cookie_checker *c, struct bytes message) MUST_USE;
bool cookie_mac2_right(const struct cookie_checker *c, struct bytes message, struct bytes source,
		       mono_ns now) MUST_USE;
/* Makes the reply to a message with this `sender` index: a cookie for mac2 from this source. */
void cookie_reply(struct cookie_checker *c, struct bytes message, uint32_t sender,
		  struct bytes source, const struct rng *rng, mono_ns now, struct wg_cookie *out);

/* Our side as sender, for one peer. */
struct cookie_maker {
	uint8_t mac1_key[BLAKE2S_LEN], seal_key[BLAKE2S_LEN];
	uint8_t cookie[WG_MAC_LEN];
	mono_ns cookie_at;        /* MONO_NEVER: none */
	uint8_t mac1[WG_MAC_LEN]; /* of the last message sent */
	bool awaits;              /* no cookie reply to that message has come yet */
};

void cookie_maker_init(struct cookie_maker *m, const struct node_key *peer);
/* Fills in the last 32 bytes of a whole initiation or response. */
void cookie_sign(struct cookie_maker *m, uint8_t *message, size_t n, mono_ns now);
/* False: not a reply to the last message. A right cookie is used from the next message on. */
bool cookie_take(struct cookie_maker *m, const struct wg_cookie *reply, mono_ns now) MUST_USE;

#endif
