/* crypto/blake2s.h - BLAKE2s (RFC 7693), its keyed form, HMAC (RFC 2104) and the KDF of Noise
 *
 * The KDF is HKDF (RFC 5869) with HMAC-BLAKE2s and no info (tunnel.md 1.1).  None of these can fail
 * on any input.  When the library cannot do its work (no memory), the program ends: to go on would
 * mean keys that anybody can guess.
 */
#ifndef CRYPTO_BLAKE2S_H
#define CRYPTO_BLAKE2S_H

#include "base/bytes.h"

enum { BLAKE2S_LEN = 32, BLAKE2S_MAC_LEN = 16, BLAKE2S_BLOCK_LEN = 64 };

/* The hash of a followed by b; either may be empty. */
void blake2s(uint8_t out[static BLAKE2S_LEN], struct bytes a, struct bytes b);
/* Keyed BLAKE2s with 16 bytes of output: the output length is part of the hash. key.n is 1..32. */
void blake2s_mac16(uint8_t out[static BLAKE2S_MAC_LEN], struct bytes key, struct bytes data);
/* key.n is at most BLAKE2S_BLOCK_LEN. */
void hmac_blake2s(uint8_t out[static BLAKE2S_LEN], struct bytes key, struct bytes data);

/* Derives one to three keys from a chaining key and new secret input. out2 and out3 may be NULL;
 * out1 may be `chain` itself. */
void blake2s_kdf(const uint8_t chain[static BLAKE2S_LEN], struct bytes input,
		 uint8_t out1[static BLAKE2S_LEN], uint8_t *out2, uint8_t *out3);

#endif
