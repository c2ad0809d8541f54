/* base/index.h - find an id by its key
 *
 * A hash table from 64-bit hashes to 32-bit ids, with open addressing.  The owner keeps the keys
 * and compares them, for several ids may share a hash.  Keys that strangers choose must be hashed
 * with a secret (crypto/hash.h), or they can be chosen to collide.  The table grows only in
 * index_add.
 */
#ifndef BASE_INDEX_H
#define BASE_INDEX_H

#include "base/def.h"

struct index {
	struct index_slot {
		uint64_t hash;
		uint32_t id; /* plus one; 0: empty */
	} * slots;
	uint32_t mask, n;
};

/* Walks over the ids with one hash:
 *   for (struct index_walk w = index_walk(ix, hash); index_next(&w, &id);) if (same key) ... */
struct index_walk {
	const struct index *ix;
	uint64_t hash;
	uint32_t at;
};

bool index_init(struct index *ix, uint32_t expected) MUST_USE; /* false: out of memory */
void index_fini(struct index *ix);
bool index_add(struct index *ix, uint64_t hash, uint32_t id) MUST_USE; /* false: out of memory */
void index_remove(struct index *ix, uint64_t hash, uint32_t id);
struct index_walk index_walk(const struct index *ix, uint64_t hash);
bool index_next(struct index_walk *w, uint32_t *id) MUST_USE;

#endif
