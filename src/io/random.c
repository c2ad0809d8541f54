#include "io/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static void random_fill(void *self, uint8_t *out, size_t n)
{
	while (n > 0) {
		ssize_t got = getrandom(out, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		out += got;
		n -= (size_t)got;
	}
}

struct rng random_source(void)
{
	return (struct rng){.fill = random_fill};
}
