#include "tunnel/cookie.h"

#include <string.h>

#include "crypto/aead.h"

static void label_key(uint8_t out[static BLAKE2S_LEN], const char label[static 8],
		      const struct node_key *key)
{
	blake2s(out, (struct bytes){(const uint8_t *)label, 8}, BYTES_OF(key->b));
}

/* In constant time, so that a MAC cannot be guessed byte by byte. */
static bool mac_equal(const uint8_t *a, const uint8_t *b)
{
	uint8_t differ = 0;
	for (size_t i = 0; i < WG_MAC_LEN; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

static struct bytes before_mac1(struct bytes message)
{
	return (struct bytes){message.p, message.n - 2 * WG_MAC_LEN};
}

static struct bytes before_mac2(struct bytes message)
{
	return (struct bytes){message.p, message.n - WG_MAC_LEN};
}

static struct bytes mac1_of(struct bytes message)
{
	return (struct bytes){message.p + message.n - 2 * WG_MAC_LEN, WG_MAC_LEN};
}

void cookie_checker_init(struct cookie_checker *c, const struct node_key *self)
{
	*c = (struct cookie_checker){.secret_at = MONO_NEVER};
	label_key(c->mac1_key, "mac1----", self);
	label_key(c->seal_key, "cookie--", self);
}

bool cookie_mac1_right(const struct cookie_checker *c, struct bytes message)
{
	uint8_t mac[WG_MAC_LEN];
	blake2s_mac16(mac, BYTES_OF(c->mac1_key), before_mac1(message));
	return mac_equal(mac, mac1_of(message).p);
}

bool cookie_mac2_right(const struct cookie_checker *c, struct bytes message, struct bytes source,
		       mono_ns now)
{
	uint8_t cookie[WG_MAC_LEN], mac[WG_MAC_LEN];
	if (mono_since(c->secret_at, now) >= COOKIE_SECRET_TIME)
		return false;
	blake2s_mac16(cookie, BYTES_OF(c->secret), source);
	blake2s_mac16(mac, BYTES_OF(cookie), before_mac2(message));
	return mac_equal(mac, message.p + message.n - WG_MAC_LEN);
}

void cookie_reply(struct cookie_checker *c, struct bytes message, uint32_t sender,
		  struct bytes source, const struct rng *rng, mono_ns now, struct wg_cookie *out)
{
	uint8_t cookie[WG_MAC_LEN];
	if (mono_since(c->secret_at, now) >= COOKIE_SECRET_TIME) {
		rng_fill(rng, c->secret, sizeof(c->secret));
		c->secret_at = now;
	}
	blake2s_mac16(cookie, BYTES_OF(c->secret), source);
	out->receiver = sender;
	rng_fill(rng, out->nonce, sizeof(out->nonce));
	aead_long_seal(out->sealed_cookie, c->seal_key, out->nonce, BYTES_OF(cookie),
		       mac1_of(message));
}

void cookie_maker_init(struct cookie_maker *m, const struct node_key *peer)
{
	*m = (struct cookie_maker){.cookie_at = MONO_NEVER};
	label_key(m->mac1_key, "mac1----", peer);
	label_key(m->seal_key, "cookie--", peer);
}

void cookie_sign(struct cookie_maker *m, uint8_t *message, size_t n, mono_ns now)
{
	struct bytes b = {message, n};
	uint8_t *mac1 = message + n - 2 * WG_MAC_LEN, *mac2 = message + n - WG_MAC_LEN;
	blake2s_mac16(mac1, BYTES_OF(m->mac1_key), before_mac1(b));
	if (mono_since(m->cookie_at, now) < COOKIE_USE_TIME)
		blake2s_mac16(mac2, BYTES_OF(m->cookie), before_mac2(b));
	else
		memset(mac2, 0, WG_MAC_LEN);
	memcpy(m->mac1, mac1, WG_MAC_LEN);
	m->awaits = true;
}

bool cookie_take(struct cookie_maker *m, const struct wg_cookie *reply, mono_ns now)
{
	uint8_t cookie[WG_MAC_LEN];
	if (!m->awaits || !aead_long_open(cookie, m->seal_key, reply->nonce,
					  BYTES_OF(reply->sealed_cookie), BYTES_OF(m->mac1)))
		return false;
	memcpy(m->cookie, cookie, sizeof(cookie));
	m->cookie_at = now;
	m->awaits = false;
	return true;
}
