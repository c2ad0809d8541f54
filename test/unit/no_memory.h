/* no_memory.h - memory that runs out, for tests that link with `scarce` (test/meson.build)
 *
 * The linker turns each malloc and calloc of the code under test into the functions below.
 */
#ifndef UNIT_NO_MEMORY_H
#define UNIT_NO_MEMORY_H

#include <stddef.h>

static int memory_left = -1;  /* so many allocations go well, and then none; -1: all do */
static int memory_comes_back; /* then only one fails */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);

static inline int memory_runs_out(void)
{
	if (memory_left > 0)
		memory_left--;
	else if (memory_left == 0) {
		memory_left = memory_comes_back ? -1 : 0;
		return 1;
	}
	return 0;
}

void *__wrap_malloc(size_t n)
{
	return memory_runs_out() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return memory_runs_out() ? NULL : __real_calloc(n, size);
}

#endif
