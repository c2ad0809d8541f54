/* spoil.h - every way to damage a message a little, for tests of decoders
 *
 * Each damaged message lies in memory of exactly its length, so that the address sanitizer sees
 * a read behind it.
 */
#ifndef SPOIL_H
#define SPOIL_H

#include <stdlib.h>

#include "unit/unit.h"

/* Takes a message, borrowed; gives whether it was read. */
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

/* Cuts the message short at every length; gives how many of the cut ones were still read. */
static inline size_t spoil_cut(const struct spoil *s, struct bytes whole)
{
	size_t read = 0;
	assert_true(spoil_read(s, whole.p, whole.n));
	for (size_t n = 0; n < whole.n; n++)
		read += spoil_read(s, whole.p, n);
	return read;
}

/* Flips every single bit; gives how many of the changed ones were still read. */
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
