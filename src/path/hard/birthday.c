#include "path/hard/birthday.h"

void birthday_init(struct birthday *b, uint32_t first, uint32_t size, const struct rng *rng)
{
	*b = (struct birthday){.first = first, .size = size, .half = 1};
	while ((uint32_t)1 << (2 * b->half) < size)
		b->half++;
	rng_fill(rng, b->keys, sizeof(b->keys));
}

void birthday_init_all(struct birthday *b, const struct rng *rng)
{
	birthday_init(b, BIRTHDAY_LOW, 65536 - BIRTHDAY_LOW, rng);
}

static uint32_t mix(uint32_t x, uint32_t key)
{
	x = (x + 1) * 0x9e3779b1 ^ key;
	x ^= x >> 15;
	x *= 0x85ebca6b;
	return x ^ x >> 13;
}

/* Maps numbers of twice `half` bits one to one. */
static uint32_t permute(const struct birthday *b, uint32_t v)
{
	uint32_t mask = ((uint32_t)1 << b->half) - 1, left = v >> b->half, right = v & mask;
	for (int i = 0; i < BIRTHDAY_ROUNDS; i++) {
		uint32_t next = left ^ (mix(right, b->keys[i]) & mask);
		left = right;
		right = next;
	}
	return left << b->half | right;
}

bool birthday_next(struct birthday *b, uint16_t *port)
{
	uint32_t v;
	if (b->given == b->size) {
		b->given = b->at = 0;
		return false;
	}
	do
		v = permute(b, b->at++);
	while (v >= b->size);
	b->given++;
	*port = (uint16_t)(b->first + v);
	return true;
}
