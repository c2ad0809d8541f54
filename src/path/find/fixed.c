#include "path/find/fixed.h"

void fixed_set(struct fixed_finder *f, const struct endpoint *v, size_t n)
{
	f->found.n = 0;
	for (size_t i = 0; i < n; i++)
		if (endpoint_is_set(&v[i]))
			candidates_add(&f->found, &v[i], CANDIDATE_FIXED);
}

static void fixed_candidates(const void *self, struct candidates *out)
{
	const struct fixed_finder *f = self;
	for (size_t i = 0; i < f->found.n; i++)
		candidates_add(out, &f->found.v[i].ep, CANDIDATE_FIXED);
}

const struct finder fixed_finder = {.candidates = fixed_candidates};
