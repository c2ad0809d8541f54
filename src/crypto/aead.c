#include "crypto/aead.h"

#include <limits.h>
#include <openssl/evp.h>
#include <sodium.h>

enum { NONCE_LEN = 12 };

static void nonce_of(uint8_t nonce[static NONCE_LEN], uint64_t counter)
{
	struct wr w = wr_of(nonce, NONCE_LEN);
	wr_zero(&w, 4);
	wr_le64(&w, counter);
}

bool aead_key_init(struct aead_key *k, const uint8_t key[static AEAD_KEY_LEN],
		   enum aead_direction direction)
{
	k->schedule = EVP_CIPHER_CTX_new();
	if (k->schedule && EVP_CipherInit_ex(k->schedule, EVP_chacha20_poly1305(), NULL, key, NULL,
					     direction == AEAD_SEAL) == 1)
		return true;
	aead_key_fini(k);
	return false;
}

void aead_key_fini(struct aead_key *k)
{
	EVP_CIPHER_CTX_free(k->schedule);
	k->schedule = NULL;
}

bool aead_key_seal(const struct aead_key *k, uint64_t counter, uint8_t *data, size_t n)
{
	uint8_t nonce[NONCE_LEN];
	int done = 0, rest = 0;
	nonce_of(nonce, counter);
	return n <= INT_MAX && EVP_CipherInit_ex(k->schedule, NULL, NULL, NULL, nonce, -1) == 1 &&
	       (n == 0 || EVP_CipherUpdate(k->schedule, data, &done, data, (int)n) == 1) &&
	       EVP_CipherFinal_ex(k->schedule, data + n, &rest) == 1 &&
	       EVP_CIPHER_CTX_ctrl(k->schedule, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN, data + n) == 1;
}

bool aead_key_open(const struct aead_key *k, uint64_t counter, uint8_t *data, size_t n)
{
	uint8_t nonce[NONCE_LEN];
	int done = 0, rest = 0;
	if (n < AEAD_TAG_LEN || n > INT_MAX)
		return false;
	n -= AEAD_TAG_LEN;
	nonce_of(nonce, counter);
	return EVP_CipherInit_ex(k->schedule, NULL, NULL, NULL, nonce, -1) == 1 &&
	       EVP_CIPHER_CTX_ctrl(k->schedule, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_LEN, data + n) ==
		       1 &&
	       (n == 0 || EVP_CipherUpdate(k->schedule, data, &done, data, (int)n) == 1) &&
	       EVP_CipherFinal_ex(k->schedule, data + n, &rest) == 1;
}

void aead_seal(uint8_t *out, const uint8_t key[static AEAD_KEY_LEN], uint64_t counter,
	       struct bytes plain, struct bytes ad)
{
	uint8_t nonce[NONCE_LEN];
	nonce_of(nonce, counter);
	crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.p, plain.n, ad.p, ad.n, NULL,
						  nonce, key);
}

bool aead_open(uint8_t *out, const uint8_t key[static AEAD_KEY_LEN], uint64_t counter,
	       struct bytes sealed, struct bytes ad)
{
	uint8_t nonce[NONCE_LEN];
	nonce_of(nonce, counter);
	return crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.p, sealed.n, ad.p,
							 ad.n, nonce, key) == 0;
}

void aead_long_seal(uint8_t *out, const uint8_t key[static AEAD_KEY_LEN],
		    const uint8_t nonce[static AEAD_LONG_NONCE_LEN], struct bytes plain,
		    struct bytes ad)
{
	crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, plain.p, plain.n, ad.p, ad.n, NULL,
						   nonce, key);
}

bool aead_long_open(uint8_t *out, const uint8_t key[static AEAD_KEY_LEN],
		    const uint8_t nonce[static AEAD_LONG_NONCE_LEN], struct bytes sealed,
		    struct bytes ad)
{
	return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.p, sealed.n, ad.p,
							  ad.n, nonce, key) == 0;
}
