/* path/hard/birthday.h - ports in random order, none twice: how the easy side looks for the hard
 * side's
 *
 * The hard side opens 256 sockets towards the easy side's endpoint, so 256 of its NAT's ports let
 * the easy side in.  The easy side probes random ports: by the birthday paradox 174 probes find one
 * in half of all cases, 1024 in 98 %, 2048 in 99.9 %.  Against a second random NAT the source port
 * is random, too: 54,000 probes of each side then give one half, 170,000 give 99.9 %.
 *
 * The order is a keyed permutation (a Feistel network), so nothing is remembered but its key and
 * how far we are.
 */
#ifndef PATH_HARD_BIRTHDAY_H
#define PATH_HARD_BIRTHDAY_H

#include "base/rng.h"

enum { BIRTHDAY_ROUNDS = 6, BIRTHDAY_LOW = 1024 /* no NAT gives a port below it */ };

struct birthday {
	uint32_t first, size; /* ports first .. first + size - 1 */
	uint32_t at;          /* of the walk through the permutation */
	uint32_t given;
	uint8_t half; /* bits of half a number */
	uint32_t keys[BIRTHDAY_ROUNDS];
};

void birthday_init(struct birthday *b, uint32_t first, uint32_t size, const struct rng *rng);
/* All ports a NAT gives. */
void birthday_init_all(struct birthday *b, const struct rng *rng);
/* False: each was given once; the same order begins anew with the next call. */
bool birthday_next(struct birthday *b, uint16_t *port) MUST_USE;

#endif
