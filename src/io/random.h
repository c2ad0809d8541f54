/* io/random.h - the kernel's randomness */
#ifndef IO_RANDOM_H
#define IO_RANDOM_H

#include "base/rng.h"

/* Over getrandom(2). At early boot a read waits until the kernel has collected enough; after that
 * reads do not fail. If one fails all the same, the program aborts: its keys would not be safe. */
struct rng random_source(void);

#endif
