/* path/hard/blocks.h - the block of ports that a carrier's NAT gives to one subscriber (RFC 7422,
 * RFC 6888)
 *
 * The ports seen of fresh sockets are random, but all within one block.  Blocks have a size that is
 * a power of two and begin at a multiple of it; the smallest that holds all samples is the guess.
 * With eight samples it is too small in one case of 128, and even then every second port that we
 * open lies in it.
 */
#ifndef PATH_HARD_BLOCKS_H
#define PATH_HARD_BLOCKS_H

#include "base/def.h"

enum {
	BLOCK_SAMPLES_MIN = 6, /* with fewer a block is a matter of luck */
	BLOCK_MIN = 64,
	BLOCK_MAX = 4096 /* in a larger one, it is as if there was none */
};

struct port_block {
	uint16_t first;
	uint32_t size;
};

/* False: too few samples, or they lie far apart. */
bool block_of(const uint16_t *ports, size_t n, struct port_block *out) MUST_USE;

#endif
