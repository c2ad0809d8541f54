/* crypto/keys.h - node, disco and machine keys, and their text forms
 *
 * All are raw 32-byte Curve25519 values (disco.md 1.1).  Each role is a type of its own, so that
 * one cannot be taken for another; the functions work on the 32 bytes of any role.  An all-zero key
 * means "absent".  The holder of a private key wipes it with key_wipe.
 */
#ifndef CRYPTO_KEYS_H
#define CRYPTO_KEYS_H

#include "base/bytes.h"
#include "base/rng.h"

enum { KEY_LEN = 32, KEY_TEXT_MAX = 80, KEY_SHORT_MAX = 20 };

/* WireGuard static key, and DERP client key and address. */
struct node_private {
	uint8_t b[KEY_LEN];
};
struct node_key {
	uint8_t b[KEY_LEN];
};
/* Disco: the private key lives in memory only. */
struct disco_private {
	uint8_t b[KEY_LEN];
};
struct disco_key {
	uint8_t b[KEY_LEN];
};
/* The control plane's. */
struct machine_private {
	uint8_t b[KEY_LEN];
};
struct machine_key {
	uint8_t b[KEY_LEN];
};

/* Which prefix the text form has. Node and machine private keys share one: "privkey:". */
enum key_kind { KEY_PRIVATE, KEY_NODE, KEY_DISCO, KEY_MACHINE };

/* Call it once before anything else in crypto/. False: the library cannot work on this machine. */
bool crypto_init(void) MUST_USE;

/* A private key, clamped (disco.md 1.2). */
void key_generate(uint8_t priv[static KEY_LEN], const struct rng *rng);
void key_public(uint8_t pub[static KEY_LEN], const uint8_t priv[static KEY_LEN]);
bool key_equal(const uint8_t a[static KEY_LEN],
	       const uint8_t b[static KEY_LEN]);   /* constant time */
bool key_is_zero(const uint8_t k[static KEY_LEN]); /* constant time */
int key_order(const uint8_t a[static KEY_LEN],
	      const uint8_t b[static KEY_LEN]); /* public keys only */
void key_wipe(void *p, size_t n);

/* "nodekey:<64 hex>" and so on. out must hold KEY_TEXT_MAX bytes; wipe it if the key is private. */
const char *key_format(char *out, enum key_kind kind, const uint8_t k[static KEY_LEN]);
/* WireGuard's own form: 44 characters of base64. */
const char *key_format_base64(char *out, const uint8_t k[static KEY_LEN]);
/* key_parse wants the exact prefix and 64 hex digits of either case. key_parse_any also takes the
 * 44 characters of base64 that WireGuard's own tools use, and 64 bare hex digits. False: k is as it
 * was. */
bool key_parse(uint8_t k[static KEY_LEN], enum key_kind kind, const char *text) MUST_USE;
bool key_parse_any(uint8_t k[static KEY_LEN], enum key_kind kind, const char *text) MUST_USE;
/* Replaces in place, behind each "privkey:" of a sentence, the digits by one '*' each. */
void key_hide(char *text);
/* For people to read: "[AbCdE]" for node and machine keys, "d:0123456789abcdef" for disco keys. */
const char *key_short(char out[static KEY_SHORT_MAX], enum key_kind kind,
		      const uint8_t k[static KEY_LEN]);

#endif
