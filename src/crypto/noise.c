/* `hash` is the transcript of all messages; `chain` holds the secrets, mixed with each
 * Diffie-Hellman result.  The letters in the comments are those of the Noise patterns: e and s for
 * keys that are sent, es, ss, ee, se for results that are mixed in (the initiator's key first), psk
 * for the preshared key.
 */
#include "crypto/noise.h"

#include <sodium.h>
#include <string.h>

#include "crypto/blake2s.h"

static const char construction[] = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
static const char identifier[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static struct bytes key32(const uint8_t k[static KEY_LEN])
{
	return (struct bytes){k, KEY_LEN};
}

static void mix_hash(struct noise *n, struct bytes b)
{
	blake2s(n->hash, BYTES_OF(n->hash), b);
}

static bool mix_dh(struct noise *n, const uint8_t priv[static KEY_LEN],
		   const uint8_t pub[static KEY_LEN], uint8_t *key)
{
	uint8_t shared[KEY_LEN];
	bool ok = crypto_scalarmult_curve25519(shared, priv, pub) == 0;
	if (ok)
		blake2s_kdf(n->chain, BYTES_OF(shared), n->chain, key, NULL);
	key_wipe(shared, sizeof(shared));
	return ok;
}

static void mix_psk(struct noise *n, const struct noise_remote *r, uint8_t key[static AEAD_KEY_LEN])
{
	uint8_t tau[NOISE_HASH_LEN];
	blake2s_kdf(n->chain, BYTES_OF(r->psk), n->chain, tau, key);
	mix_hash(n, BYTES_OF(tau));
	key_wipe(tau, sizeof(tau));
}

/* Each key seals one text only, so its counter is 0. */
static void seal(struct noise *n, uint8_t *out, const uint8_t key[static AEAD_KEY_LEN],
		 struct bytes plain)
{
	aead_seal(out, key, 0, plain, BYTES_OF(n->hash));
	mix_hash(n, (struct bytes){out, plain.n + AEAD_TAG_LEN});
}

static bool open_sealed(struct noise *n, uint8_t *out, const uint8_t key[static AEAD_KEY_LEN],
			struct bytes sealed)
{
	if (!aead_open(out, key, 0, sealed, BYTES_OF(n->hash)))
		return false;
	mix_hash(n, sealed);
	return true;
}

static void begin(struct noise *n, const struct node_key *responder)
{
	*n = (struct noise){0};
	blake2s(n->chain, text(construction), (struct bytes){0});
	blake2s(n->hash, BYTES_OF(n->chain), text(identifier));
	mix_hash(n, key32(responder->b));
}

static void mix_ephemeral(struct noise *n, const uint8_t public[static KEY_LEN])
{
	mix_hash(n, key32(public));
	blake2s_kdf(n->chain, key32(public), n->chain, NULL, NULL);
}

/* The keys of both directions come from the last chaining key; the rest is wiped. */
static void split(struct noise *n, uint8_t first[static AEAD_KEY_LEN],
		  uint8_t second[static AEAD_KEY_LEN])
{
	blake2s_kdf(n->chain, (struct bytes){0}, first, second, NULL);
	key_wipe(n, sizeof(*n));
}

void noise_self_init(struct noise_self *self, const struct node_private *key)
{
	self->key = *key;
	key_public(self->public.b, key->b);
}

bool noise_remote_init(struct noise_remote *r, const struct noise_self *self,
		       const struct node_key *key, const uint8_t psk[static NOISE_PSK_LEN])
{
	r->key = *key;
	memcpy(r->psk, psk, NOISE_PSK_LEN);
	return crypto_scalarmult_curve25519(r->shared, self->key.b, key->b) == 0;
}

void noise_initiate(struct noise *n, const struct noise_self *self, const struct noise_remote *r,
		    const uint8_t stamp[static NOISE_STAMP_LEN], const struct rng *rng,
		    struct noise_initiation *out)
{
	uint8_t key[AEAD_KEY_LEN];
	begin(n, &r->key);
	/* e */
	key_generate(n->ephemeral, rng);
	key_public(out->ephemeral, n->ephemeral);
	mix_ephemeral(n, out->ephemeral);
	/* es; it cannot fail: noise_remote_init refused keys of low order */
	(void)mix_dh(n, n->ephemeral, r->key.b, key);
	/* s */
	seal(n, out->sealed_static, key, key32(self->public.b));
	/* ss */
	blake2s_kdf(n->chain, BYTES_OF(r->shared), n->chain, key, NULL);
	seal(n, out->sealed_stamp, key, (struct bytes){stamp, NOISE_STAMP_LEN});
	key_wipe(key, sizeof(key));
}

bool noise_finish(struct noise *n, const struct noise_self *self, const struct noise_remote *r,
		  const struct noise_response *m, struct noise_keys *keys)
{
	struct noise try = *n;
	uint8_t key[AEAD_KEY_LEN], nothing[1];
	/* e */
	mix_ephemeral(&try, m->ephemeral);
	/* ee, se */
	bool ok = mix_dh(&try, try.ephemeral, m->ephemeral, NULL) &&
		  mix_dh(&try, self->key.b, m->ephemeral, NULL);
	/* psk */
	if (ok) {
		mix_psk(&try, r, key);
		ok = open_sealed(&try, nothing, key, BYTES_OF(m->sealed_nothing));
	}
	if (ok) {
		split(&try, keys->send, keys->receive);
		key_wipe(n, sizeof(*n));
	}
	key_wipe(key, sizeof(key));
	key_wipe(&try, sizeof(try));
	return ok;
}

bool noise_read_static(struct noise *n, const struct noise_self *self,
		       const struct noise_initiation *m, struct node_key *claimed)
{
	uint8_t key[AEAD_KEY_LEN];
	begin(n, &self->public);
	/* e */
	memcpy(n->remote_ephemeral, m->ephemeral, KEY_LEN);
	mix_ephemeral(n, m->ephemeral);
	/* es, s */
	bool ok = mix_dh(n, self->key.b, m->ephemeral, key) &&
		  open_sealed(n, claimed->b, key, BYTES_OF(m->sealed_static));
	key_wipe(key, sizeof(key));
	return ok;
}

bool noise_read_stamp(struct noise *n, const struct noise_remote *r,
		      const struct noise_initiation *m, uint8_t stamp[static NOISE_STAMP_LEN])
{
	uint8_t key[AEAD_KEY_LEN];
	/* ss */
	blake2s_kdf(n->chain, BYTES_OF(r->shared), n->chain, key, NULL);
	bool ok = open_sealed(n, stamp, key, BYTES_OF(m->sealed_stamp));
	key_wipe(key, sizeof(key));
	return ok;
}

bool noise_respond(struct noise *n, const struct noise_remote *r, const struct rng *rng,
		   struct noise_response *out, struct noise_keys *keys)
{
	uint8_t key[AEAD_KEY_LEN], ephemeral[KEY_LEN];
	/* e */
	key_generate(ephemeral, rng);
	key_public(out->ephemeral, ephemeral);
	mix_ephemeral(n, out->ephemeral);
	/* ee, se */
	bool ok = mix_dh(n, ephemeral, n->remote_ephemeral, NULL) &&
		  mix_dh(n, ephemeral, r->key.b, NULL);
	key_wipe(ephemeral, sizeof(ephemeral));
	if (!ok)
		return false;
	/* psk */
	mix_psk(n, r, key);
	seal(n, out->sealed_nothing, key, (struct bytes){0});
	key_wipe(key, sizeof(key));
	split(n, keys->receive, keys->send);
	return true;
}
