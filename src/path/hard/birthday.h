/* path/hard/birthday.h - ports in random order, none twice
 *
 * With this the easy side looks for the hard side.  The hard side opens 256 sockets towards the
 * easy side's endpoint, so 256 ports of its NAT let the easy side in.  The easy side probes random
 * ports, and the birthday paradox gives the chance to find one of them:
 *
 *   probes                          174   1024   2048
 *   chance                          1/2   98 %   99.9 %
 *
 * Against a second random NAT the source port is random, too, and both sides probe:
 *
 *   probes of each side             54,000   170,000
 *   chance                          1/2      99.9 %
 *
 * The order is a keyed permutation (a Feistel network), so only its key and the place in it are
 * kept.
 *
 * Source: disco.md 8.5.
 */
#ifndef PATH_HARD_BIRTHDAY_H
#define PATH_HARD_BIRTHDAY_H

#include "base/rng.h"

enum { BIRTHDAY_ROUNDS = 6, BIRTHDAY_LOW = 1024 /* no NAT gives a port below it */ };

struct birthday {
	uint32_t first, size; /* ports first .. first + size - 1 */
	uint32_t at;          /* place in the permutation */
	uint32_t given;       /* ports */
	uint8_t half;         /* bits of half a number */
	uint32_t keys[BIRTHDAY_ROUNDS];
};

void birthday_init(struct birthday *b, uint32_t first, uint32_t size, const struct rng *rng);
/* All ports that a NAT gives. */
void birthday_init_all(struct birthday *b, const struct rng *rng);
/* False: each port was given once.  The next call begins the same order anew. */
bool birthday_next(struct birthday *b, uint16_t *port) MUST_USE;

#endif
