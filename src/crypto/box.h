/* crypto/box.h - NaCl boxes as disco and DERP use them (disco.md 1.3)
 *
 *   sealed = nonce[24, fresh random] | tag[16] | ciphertext[len(plain)]
 */
#ifndef CRYPTO_BOX_H
#define CRYPTO_BOX_H

#include "crypto/keys.h"

enum { BOX_NONCE_LEN = 24, BOX_TAG_LEN = 16, BOX_OVERHEAD = BOX_NONCE_LEN + BOX_TAG_LEN };

/* The shared key of two key pairs, the same in both directions. A secret: the owner wipes it. */
struct box_shared {
	uint8_t k[KEY_LEN];
};

/* False: the public key is of low order and proves nothing. */
bool box_shared_of(struct box_shared *s, const uint8_t priv[static KEY_LEN],
		   const uint8_t pub[static KEY_LEN]) MUST_USE;
/* Appends nonce, tag and ciphertext: plain.n + BOX_OVERHEAD bytes, or the writer goes bad. */
void box_seal(const struct box_shared *s, struct wr *out, struct bytes plain,
	      const struct rng *rng);
/* Appends the plain text, sealed.n - BOX_OVERHEAD bytes. False, and nothing is written: not
 * authentic, or no room. */
bool box_open(const struct box_shared *s, struct wr *out, struct bytes sealed) MUST_USE;

#endif
