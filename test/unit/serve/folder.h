/* folder.h - a folder for one test program, and names in it */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdio.h>
#include <stdlib.h>

#include "unit/unit.h"

struct folder {
	char path[64];
};

static inline void folder_make(struct folder *f)
{
	strcpy(f->path, "/tmp/warren-test-XXXXXX");
	assert_non_null(mkdtemp(f->path));
}

static inline void folder_remove(const struct folder *f)
{
	char line[128];
	snprintf(line, sizeof(line), "rm -rf '%s'", f->path);
	assert_int_equal(system(line), 0);
}

struct path_text {
	char s[128];
};

static inline struct path_text in_folder(const struct folder *f, const char *name)
{
	struct path_text t;
	snprintf(t.s, sizeof(t.s), "%s/%s", f->path, name);
	return t;
}

#endif
