/* few_files.h - a process that may open few files more */
#ifndef FEW_FILES_H
#define FEW_FILES_H

#include <sys/resource.h>
#include <unistd.h>

#include "unit/unit.h"

/* So many files may be opened besides those that are. Gives the limit that was. */
static inline struct rlimit leave_files(rlim_t n)
{
	struct rlimit was, now;
	int next = dup(0); /* the lowest number that is free */
	assert_true(next >= 0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	now = (struct rlimit){.rlim_cur = (rlim_t)next + n, .rlim_max = was.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
	return was;
}

#endif
