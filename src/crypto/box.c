#include "crypto/box.h"

#include <sodium.h>

bool box_shared_of(struct box_shared *s, const uint8_t priv[static KEY_LEN],
		   const uint8_t pub[static KEY_LEN])
{
	return crypto_box_beforenm(s->k, pub, priv) == 0;
}

void box_seal(const struct box_shared *s, struct wr *out, struct bytes plain, const struct rng *rng)
{
	uint8_t *room = wr_room(out, plain.n + BOX_OVERHEAD);
	if (!room)
		return;
	rng_fill(rng, room, BOX_NONCE_LEN);
	crypto_box_easy_afternm(room + BOX_NONCE_LEN, plain.p, plain.n, room, s->k);
}

bool box_open(const struct box_shared *s, struct wr *out, struct bytes sealed)
{
	if (sealed.n < BOX_OVERHEAD || sealed.n - BOX_OVERHEAD > out->cap - out->n || out->bad)
		return false;
	if (crypto_box_open_easy_afternm(out->p + out->n, sealed.p + BOX_NONCE_LEN,
					 sealed.n - BOX_NONCE_LEN, sealed.p, s->k) != 0)
		return false;
	out->n += sealed.n - BOX_OVERHEAD;
	return true;
}
