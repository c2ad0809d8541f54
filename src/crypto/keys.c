#include "crypto/keys.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const char *const prefix[] = {
	[KEY_PRIVATE] = "privkey:",
	[KEY_NODE] = "nodekey:",
	[KEY_DISCO] = "discokey:",
	[KEY_MACHINE] = "mkey:",
};

bool crypto_init(void)
{
	return sodium_init() >= 0;
}

void key_generate(uint8_t priv[static KEY_LEN], const struct rng *rng)
{
	rng_fill(rng, priv, KEY_LEN);
	priv[0] &= 248;
	priv[31] = (priv[31] & 127) | 64;
}

void key_public(uint8_t pub[static KEY_LEN], const uint8_t priv[static KEY_LEN])
{
	/* A clamped scalar cannot fail: the base point is not of low order. */
	if (crypto_scalarmult_curve25519_base(pub, priv) != 0)
		memset(pub, 0, KEY_LEN);
}

bool key_equal(const uint8_t a[static KEY_LEN], const uint8_t b[static KEY_LEN])
{
	return sodium_memcmp(a, b, KEY_LEN) == 0;
}

bool key_is_zero(const uint8_t k[static KEY_LEN])
{
	return sodium_is_zero(k, KEY_LEN) == 1;
}

int key_order(const uint8_t a[static KEY_LEN], const uint8_t b[static KEY_LEN])
{
	return memcmp(a, b, KEY_LEN);
}

void key_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

const char *key_format(char *out, enum key_kind kind, const uint8_t k[static KEY_LEN])
{
	int n = snprintf(out, KEY_TEXT_MAX, "%s", prefix[kind]);
	sodium_bin2hex(out + n, KEY_TEXT_MAX - (size_t)n, k, KEY_LEN);
	return out;
}

const char *key_format_base64(char *out, const uint8_t k[static KEY_LEN])
{
	return sodium_bin2base64(out, KEY_TEXT_MAX, k, KEY_LEN, sodium_base64_VARIANT_ORIGINAL);
}

bool key_parse(uint8_t k[static KEY_LEN], enum key_kind kind, const char *text)
{
	size_t n = strlen(prefix[kind]);
	if (strncmp(text, prefix[kind], n) != 0)
		return false;
	return hex_parse(k, KEY_LEN, text + n, strlen(text + n));
}

static bool parse_base64(uint8_t k[static KEY_LEN], const char *text)
{
	uint8_t out[KEY_LEN];
	size_t n = 0;
	bool ok = strlen(text) == 44 &&
		  sodium_base642bin(out, sizeof(out), text, 44, NULL, &n, NULL,
				    sodium_base64_VARIANT_ORIGINAL) == 0 &&
		  n == KEY_LEN;
	if (ok)
		memcpy(k, out, KEY_LEN);
	sodium_memzero(out, sizeof(out));
	return ok;
}

bool key_parse_any(uint8_t k[static KEY_LEN], enum key_kind kind, const char *text)
{
	return key_parse(k, kind, text) || parse_base64(k, text) ||
	       hex_parse(k, KEY_LEN, text, strlen(text));
}

void key_hide(char *text)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	while ((text = strcasestr(text, prefix[KEY_PRIVATE]))) {
		text += strlen(prefix[KEY_PRIVATE]);
		size_t n = strspn(text, digits);
		memset(text, '*', n);
		text += n;
	}
}

const char *key_short(char out[static KEY_SHORT_MAX], enum key_kind kind,
		      const uint8_t k[static KEY_LEN])
{
	if (kind == KEY_DISCO) {
		out[0] = 'd';
		out[1] = ':';
		hex_format(out + 2, (struct bytes){k, 8});
		return out;
	}
	if (kind == KEY_PRIVATE) { /* never shown, not even a part of it */
		snprintf(out, KEY_SHORT_MAX, "[secret]");
		return out;
	}
	char text[sodium_base64_ENCODED_LEN(KEY_LEN, sodium_base64_VARIANT_ORIGINAL)];
	sodium_bin2base64(text, sizeof(text), k, KEY_LEN, sodium_base64_VARIANT_ORIGINAL);
	snprintf(out, KEY_SHORT_MAX, "[%.5s]", text);
	return out;
}
