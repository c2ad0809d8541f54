/* path/find/fixed.h - candidates from the configuration */
#ifndef PATH_FIND_FIXED_H
#define PATH_FIND_FIXED_H

#include "path/find/finder.h"

struct fixed_finder {
	struct candidates found;
};

extern const struct finder fixed_finder;

/* Copies those that have an address and a port. */
void fixed_set(struct fixed_finder *f, const struct endpoint *v, size_t n);

#endif
