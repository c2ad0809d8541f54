/* path/fixed.h - candidates that somebody wrote into the configuration */
#ifndef PATH_FIXED_H
#define PATH_FIXED_H

#include "path/finder.h"

struct fixed_finder {
	struct candidates found;
};

extern const struct finder fixed_finder;

void fixed_set(struct fixed_finder *f, const struct endpoint *v, size_t n);

#endif
