/* json_memory.h - memory of JSON values that runs out, and a count of what is not given back */
#ifndef UNIT_JSON_MEMORY_H
#define UNIT_JSON_MEMORY_H

#include <jansson.h>
#include <stdlib.h>

#include "unit/unit.h"

static int json_memory_left; /* so many allocations go well, and then none */
static int json_memory_live; /* allocations that were not given back */

static inline void *json_memory_take(size_t n)
{
	if (json_memory_left == 0)
		return NULL;
	json_memory_left--;
	json_memory_live++;
	return malloc(n);
}

static inline void json_memory_give(void *p)
{
	json_memory_live -= p != NULL;
	free(p);
}

/* Makes the value with ever more memory, from none, until nothing was lacking.  Whatever was
 * lacking: the function does not fail the program, and keeps nothing.  Gives how many allocations
 * the whole value takes. */
static inline int json_memory_runs_out(json_t *(*make)(void *arg), void *arg)
{
	int n = 0;
	json_set_alloc_funcs(json_memory_take, json_memory_give);
	for (; n < 5000; n++) {
		json_memory_left = n;
		json_decref(make(arg));
		if (json_memory_live != 0)
			fail_msg("with %d allocations, %d are lost", n, json_memory_live);
		if (json_memory_left > 0)
			break;
	}
	json_set_alloc_funcs(malloc, free);
	return n;
}

#endif
