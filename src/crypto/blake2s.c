#include "crypto/blake2s.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void must(bool ok)
{
	if (!ok)
		abort();
}

void blake2s(uint8_t out[static BLAKE2S_LEN], struct bytes a, struct bytes b)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	must(ctx && EVP_DigestInit_ex(ctx, EVP_blake2s256(), NULL) == 1);
	must(EVP_DigestUpdate(ctx, a.p, a.n) == 1);
	must(EVP_DigestUpdate(ctx, b.p, b.n) == 1);
	must(EVP_DigestFinal_ex(ctx, out, NULL) == 1);
	EVP_MD_CTX_free(ctx);
}

void blake2s_mac16(uint8_t out[static BLAKE2S_MAC_LEN], struct bytes key, struct bytes data)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "BLAKE2SMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	size_t n = BLAKE2S_MAC_LEN, written = 0;
	const OSSL_PARAM size[] = {
		OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &n),
		OSSL_PARAM_construct_end(),
	};
	must(ctx && EVP_MAC_init(ctx, key.p, key.n, size) == 1);
	must(EVP_MAC_update(ctx, data.p, data.n) == 1);
	must(EVP_MAC_final(ctx, out, &written, n) == 1 && written == n);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

static void xor_block(uint8_t block[static BLAKE2S_BLOCK_LEN], uint8_t with)
{
	for (size_t i = 0; i < BLAKE2S_BLOCK_LEN; i++)
		block[i] ^= with;
}

void hmac_blake2s(uint8_t out[static BLAKE2S_LEN], struct bytes key, struct bytes data)
{
	uint8_t block[BLAKE2S_BLOCK_LEN] = {0};
	uint8_t inner[BLAKE2S_LEN];
	must(key.n <= sizeof(block));
	if (key.n > 0)
		memcpy(block, key.p, key.n);
	xor_block(block, 0x36);
	blake2s(inner, BYTES_OF(block), data);
	xor_block(block, 0x36 ^ 0x5c);
	blake2s(out, BYTES_OF(block), BYTES_OF(inner));
	sodium_memzero(block, sizeof(block));
	sodium_memzero(inner, sizeof(inner));
}

/* HKDF-Expand: each output is the HMAC of the output before it and its own number. */
static void expand(uint8_t *out, const uint8_t *before, uint8_t number, struct bytes key)
{
	uint8_t message[BLAKE2S_LEN + 1];
	struct wr w = wr_of(message, sizeof(message));
	if (before)
		wr_put(&w, before, BLAKE2S_LEN);
	wr_u8(&w, number);
	hmac_blake2s(out, key, wr_done(&w));
	sodium_memzero(message, sizeof(message));
}

void blake2s_kdf(const uint8_t chain[static BLAKE2S_LEN], struct bytes input,
		 uint8_t out1[static BLAKE2S_LEN], uint8_t *out2, uint8_t *out3)
{
	uint8_t secret[BLAKE2S_LEN];
	struct bytes key = BYTES_OF(secret);
	hmac_blake2s(secret, (struct bytes){chain, BLAKE2S_LEN}, input);
	expand(out1, NULL, 1, key);
	if (out2)
		expand(out2, out1, 2, key);
	if (out2 && out3)
		expand(out3, out2, 3, key);
	sodium_memzero(secret, sizeof(secret));
}
