/* path/hard/blocks.h - the block of ports that a carrier's NAT gives to one subscriber
 *
 * The ports that a server sees of fresh sockets are random, but all within one block.  The size of
 * a block is a power of two, and the block begins at a multiple of its size.  The guess is the
 * smallest block that holds all samples.  With eight samples the guess is too small in one case of
 * 128.  Even then every second port that we open lies in it.
 *
 * Source: RFC 7422, RFC 6888; disco.md 8.4.
 */
#ifndef PATH_HARD_BLOCKS_H
#define PATH_HARD_BLOCKS_H

#include "base/def.h"

enum {
	BLOCK_SAMPLES_MIN = 6, /* fewer lie in one block by luck */
	BLOCK_MIN = 64,
	BLOCK_MAX = 4096 /* a larger block is no better than random ports */
};

struct port_block {
	uint16_t first;
	uint32_t size;
};

/* False: too few samples, or they lie far apart. */
bool block_of(const uint16_t *ports, size_t n, struct port_block *out) MUST_USE;

#endif
