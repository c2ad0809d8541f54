/* crypto/aead.h - ChaCha20-Poly1305 (RFC 8439) and XChaCha20-Poly1305, as WireGuard uses them
 *
 * A nonce is four zero bytes and a 64-bit counter, little-endian (tunnel.md 1.1).  A struct
 * aead_key holds the key schedule of one direction of one session, so that a packet is sealed or
 * opened in place without any allocation.
 */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include "base/bytes.h"

enum { AEAD_KEY_LEN = 32, AEAD_TAG_LEN = 16, AEAD_LONG_NONCE_LEN = 24 };

enum aead_direction { AEAD_SEAL, AEAD_OPEN };

/* A secret. All zero: no key. It must be moved, never copied. */
struct aead_key {
	void *schedule;
};

bool aead_key_init(struct aead_key *k, const uint8_t key[static AEAD_KEY_LEN],
		   enum aead_direction direction) MUST_USE; /* false: out of memory */
void aead_key_fini(struct aead_key *k);                     /* wipes; a second call is fine */

/* In place: the n bytes of data become ciphertext, and AEAD_TAG_LEN bytes of tag follow them.
 * False: the library failed; data then means nothing. */
bool aead_key_seal(const struct aead_key *k, uint64_t counter, uint8_t *data, size_t n) MUST_USE;
/* In place: the n bytes of data are ciphertext and tag; the first n - AEAD_TAG_LEN of them become
 * plain text. False: not authentic; data then means nothing. */
bool aead_key_open(const struct aead_key *k, uint64_t counter, uint8_t *data, size_t n) MUST_USE;

/* For a key that is used once, with additional data. Sealing writes plain.n + AEAD_TAG_LEN bytes to
 * out, opening sealed.n - AEAD_TAG_LEN. False: not authentic. */
void aead_seal(uint8_t *out, const uint8_t key[static AEAD_KEY_LEN], uint64_t counter,
	       struct bytes plain, struct bytes ad);
bool aead_open(uint8_t *out, const uint8_t key[static AEAD_KEY_LEN], uint64_t counter,
	       struct bytes sealed, struct bytes ad) MUST_USE;

/* The same with the long nonce of XChaCha20-Poly1305, which may be random. */
void aead_long_seal(uint8_t *out, const uint8_t key[static AEAD_KEY_LEN],
		    const uint8_t nonce[static AEAD_LONG_NONCE_LEN], struct bytes plain,
		    struct bytes ad);
bool aead_long_open(uint8_t *out, const uint8_t key[static AEAD_KEY_LEN],
		    const uint8_t nonce[static AEAD_LONG_NONCE_LEN], struct bytes sealed,
		    struct bytes ad) MUST_USE;

#endif
