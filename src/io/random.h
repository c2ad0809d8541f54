/* io/random.h - the kernel's randomness */
#ifndef IO_RANDOM_H
#define IO_RANDOM_H

#include "base/rng.h"

/* Over getrandom(2). It waits at early boot until the kernel has collected enough; after that it
 * cannot fail (the program ends if it does: there is no safe way on). */
struct rng random_source(void);

#endif
