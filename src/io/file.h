/* io/file.h - small files: read up to a limit, written whole or not at all; and a lock */
#ifndef IO_FILE_H
#define IO_FILE_H

#include "base/bytes.h"
#include "io/failure.h"

/* Reads the whole file into out and sets *n. False: why; also when the file is longer than cap, and
 * then out holds a part of it. The caller wipes secrets from out in any case. */
bool file_read(const char *path, uint8_t *out, size_t cap, size_t *n,
	       char why[static FAILURE_MAX]) MUST_USE;
/* Does a file of this name exist? */
bool file_exists(const char *path);
/* True: the group or others may use the file (mode & 077), and *mode is set. For files that hold
 * secrets. */
bool file_is_open_to_others(const char *path, unsigned *mode);
/* Replaces the file by these bytes. After a crash the old file is there or the new one, whole. The
 * folder must exist. False: why. */
bool file_write(const char *path, struct bytes b, unsigned mode,
		char why[static FAILURE_MAX]) MUST_USE;
/* Makes the folder, and those above it, if they are not there. False: why. */
bool file_make_folder(const char *path, unsigned mode, char why[static FAILURE_MAX]) MUST_USE;

/**
 * file_lock() - takes a lock
 * @path:	the file of the lock, made if need be
 * @whose:	what the lock guards, for the sentence
 *
 * Return: an fd that is the caller's; the lock is held until it is closed or the program ends. -1:
 * another program holds the lock, or it cannot be taken: why.
 */
int file_lock(const char *path, const char *whose, char why[static FAILURE_MAX]) MUST_USE;

#endif
