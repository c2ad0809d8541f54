/* crypto/noise.h - the handshake Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s as WireGuard uses it
 *
 * Only the arithmetic: no message framing, indices, MACs, times or tables of peers.  A struct noise
 * is one handshake under way on one side:
 *
 *   initiator: noise_initiate ............................. noise_finish -> keys
 *   responder: noise_read_static, noise_read_stamp, noise_respond ....... -> keys
 *
 * Source: tunnel.md 3; WireGuard paper 5.4.2 and 5.4.3; the Noise framework, patterns IK and psk2.
 */
#ifndef CRYPTO_NOISE_H
#define CRYPTO_NOISE_H

#include "crypto/aead.h"
#include "crypto/keys.h"

enum { NOISE_HASH_LEN = 32, NOISE_PSK_LEN = 32, NOISE_STAMP_LEN = 12 };

/* Our own identity. */
struct noise_self {
	struct node_private key;
	struct node_key public;
};

/* What stays the same between us and one peer. Secrets: the owner wipes them. */
struct noise_remote {
	struct node_key key;
	uint8_t shared[KEY_LEN]; /* DH(our static key, the peer's static key) */
	uint8_t psk[NOISE_PSK_LEN];
};

/* A handshake under way. A secret: the owner wipes it. */
struct noise {
	uint8_t hash[NOISE_HASH_LEN], chain[NOISE_HASH_LEN];
	uint8_t ephemeral[KEY_LEN];        /* initiator: our private key, until the response */
	uint8_t remote_ephemeral[KEY_LEN]; /* responder: the initiator's public key */
};

/* The fields of the two messages that Noise fills. */
struct noise_initiation {
	uint8_t ephemeral[KEY_LEN];
	uint8_t sealed_static[KEY_LEN + AEAD_TAG_LEN];
	uint8_t sealed_stamp[NOISE_STAMP_LEN + AEAD_TAG_LEN];
};
struct noise_response {
	uint8_t ephemeral[KEY_LEN];
	uint8_t sealed_nothing[AEAD_TAG_LEN];
};

struct noise_keys {
	uint8_t send[AEAD_KEY_LEN], receive[AEAD_KEY_LEN];
};

void noise_self_init(struct noise_self *self, const struct node_private *key);
/* False: the key is of low order, so no secret can be shared with it. psk: all zero for none. */
bool noise_remote_init(struct noise_remote *r, const struct noise_self *self,
		       const struct node_key *key,
		       const uint8_t psk[static NOISE_PSK_LEN]) MUST_USE;

/* False of any of these: not authentic. The handshake and the keys must not be used. */

void noise_initiate(struct noise *n, const struct noise_self *self, const struct noise_remote *r,
		    const uint8_t stamp[static NOISE_STAMP_LEN], const struct rng *rng,
		    struct noise_initiation *out);
/* False leaves n as it was: the true response may still come. */
bool noise_finish(struct noise *n, const struct noise_self *self, const struct noise_remote *r,
		  const struct noise_response *m, struct noise_keys *keys) MUST_USE;

/* The static key that the initiator claims. Anybody can claim it: noise_read_stamp proves it. */
bool noise_read_static(struct noise *n, const struct noise_self *self,
		       const struct noise_initiation *m, struct node_key *claimed) MUST_USE;
/* The stamp guards against replays: the caller must compare it with the last one. */
bool noise_read_stamp(struct noise *n, const struct noise_remote *r,
		      const struct noise_initiation *m,
		      uint8_t stamp[static NOISE_STAMP_LEN]) MUST_USE;
/* False: the initiator's ephemeral key is of low order. */
bool noise_respond(struct noise *n, const struct noise_remote *r, const struct rng *rng,
		   struct noise_response *out, struct noise_keys *keys) MUST_USE;

#endif
