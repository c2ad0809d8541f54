#include "crypto/seeded.h"

#include <sodium.h>
#include <string.h>

#include "base/bytes.h"

static void fill(void *self, uint8_t *out, size_t n)
{
	struct seeded *s = self;
	uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
	struct wr w = wr_of(nonce, sizeof(nonce));
	wr_le64(&w, s->n++);
	crypto_stream_chacha20(out, n, nonce, s->key);
}

void seeded_init(struct seeded *s, uint64_t seed)
{
	*s = (struct seeded){0};
	struct wr w = wr_of(s->key, sizeof(s->key));
	wr_le64(&w, seed);
}

struct rng seeded_rng(struct seeded *s)
{
	return (struct rng){.fill = fill, .self = s};
}
