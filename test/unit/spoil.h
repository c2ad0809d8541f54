/* spoil.h - damages a message in every small way, for tests of decoders
 *
 * Each damaged message is in memory of exactly its length, so that the address sanitizer sees
 * reads beyond it.
 */
#ifndef SPOIL_H
#define SPOIL_H

#include <stdlib.h>

#include "unit/unit.h"

/* Reads a message, borrowed.  False: the decoder refused it. */
struct spoil {
	bool (*read)(struct bytes message, void *arg);
	void *arg;
};

static inline bool spoil_read(const struct spoil *s, const uint8_t *p, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);
	assert_non_null(exact);
	if (n > 0)
		memcpy(exact, p, n);
	bool ok = s->read((struct bytes){exact, n}, s->arg);
	free(exact);
	return ok;
}

/* Cuts the message at every length.  Returns how many of the cut messages were read. */
static inline size_t spoil_cut(const struct spoil *s, struct bytes whole)
{
	size_t read = 0;
	assert_true(spoil_read(s, whole.p, whole.n));
	for (size_t n = 0; n < whole.n; n++)
		read += spoil_read(s, whole.p, n);
	return read;
}

/* Flips each bit by itself.  Returns how many of the changed messages were read. */
static inline size_t spoil_flip(const struct spoil *s, struct bytes whole)
{
	size_t read = 0;
	uint8_t *copy = malloc(whole.n);
	assert_non_null(copy);
	memcpy(copy, whole.p, whole.n);
	for (size_t bit = 0; bit < 8 * whole.n; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		read += spoil_read(s, copy, whole.n);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(copy);
	return read;
}

#endif
