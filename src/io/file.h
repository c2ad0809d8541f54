/* io/file.h - small files: read bounded, written whole or not at all; and a lock */
#ifndef IO_FILE_H
#define IO_FILE_H

#include "base/bytes.h"
#include "io/failure.h"

/* Reads the whole file into memory of the caller's. False: why; also when it is longer than cap.
 * Secrets: the caller wipes `out`. */
bool file_read(const char *path, uint8_t *out, size_t cap, size_t *n,
	       char why[static FAILURE_MAX]) MUST_USE;
/* Does a file of this name exist? */
bool file_exists(const char *path);
/* Others can read it (mode & 077): then *mode. For files that hold secrets. */
bool file_is_open_to_others(const char *path, unsigned *mode);
/* Replaces the file by these bytes: after a crash there is the old file or the new one, whole. The
 * folder must exist. */
bool file_write(const char *path, struct bytes b, unsigned mode,
		char why[static FAILURE_MAX]) MUST_USE;
/* Makes the folder, and those above it, if it is not there. */
bool file_make_folder(const char *path, unsigned mode, char why[static FAILURE_MAX]) MUST_USE;

/* Takes the lock on `path` (made if need be; `whose` names what it guards, for the sentence). Held
 * until the fd is closed or the program ends. -1: another program holds it, or it cannot be had. */
int file_lock(const char *path, const char *whose, char why[static FAILURE_MAX]) MUST_USE;

#endif
