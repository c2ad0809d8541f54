#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *advice(int error)
{
	if (error == ENOSPC || error == EDQUOT)
		return ": the disk is full; make room";
	if (error == EROFS)
		return ": the file system is read-only";
	if (error == EACCES || error == EPERM)
		return ": not allowed; look at the owner and mode of the file and its folder";
	if (error == ENOENT)
		return ": there is no such file or folder";
	return "";
}

static bool failed(char *why, const char *what, const char *path, int error)
{
	const char *more = advice(error);
	return failure_say(why, "cannot %s %s%s%s", what, path, *more ? "" : ": ",
			   *more ? more : strerror(error));
}

bool file_read(const char *path, uint8_t *out, size_t cap, size_t *n, char why[static FAILURE_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t have = 0;
	uint8_t more;
	if (fd < 0)
		return failed(why, "read", path, errno);
	for (;;) {
		bool full = have == cap;
		ssize_t got = read(fd, full ? &more : out + have, full ? 1 : cap - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got > 0 && !full) {
			have += (size_t)got;
			continue;
		}
		int error = errno;
		close(fd);
		if (got < 0)
			return failed(why, "read", path, error);
		if (got > 0)
			return failure_say(why, "%s is too long: expected at most %zu bytes", path,
					   cap);
		*n = have;
		return true;
	}
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool file_is_open_to_others(const char *path, unsigned *mode)
{
	struct stat st;
	if (stat(path, &st) || !(st.st_mode & 077))
		return false;
	*mode = st.st_mode & 07777;
	return true;
}

static bool write_all(int fd, struct bytes b)
{
	while (b.n > 0) {
		ssize_t n = write(fd, b.p, b.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		b.p += n;
		b.n -= (size_t)n;
	}
	return true;
}

/* Writes the folder's entry for the file to the disk. */
static bool sync_folder(const char *path)
{
	char copy[PATH_MAX];
	snprintf(copy, sizeof(copy), "%s", path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool ok = fsync(fd) == 0 || errno == EINVAL; /* some file systems cannot sync folders */
	close(fd);
	return ok;
}

bool file_write(const char *path, struct bytes b, unsigned mode, char why[static FAILURE_MAX])
{
	char temp[PATH_MAX];
	if (snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >= (int)sizeof(temp))
		return failure_say(why, "cannot write a file: its name is too long");
	int fd = mkostemp(temp, O_CLOEXEC); /* its mode is 0600 until the file is whole */
	if (fd < 0)
		return failed(why, "write", path, errno);
	bool ok = write_all(fd, b) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
	int error = errno;
	if (close(fd) && ok) {
		ok = false;
		error = errno;
	}
	if (ok && rename(temp, path)) {
		ok = false;
		error = errno;
	}
	if (ok)
		return sync_folder(path) || failed(why, "write the folder of", path, errno);
	unlink(temp);
	return failed(why, "write", path, error);
}

bool file_make_folder(const char *path, unsigned mode, char why[static FAILURE_MAX])
{
	char part[PATH_MAX];
	struct stat st;
	size_t len = strlen(path);
	if (len == 0 || len >= sizeof(part))
		return failure_say(why, "cannot make a folder: its name is empty or too long");
	memcpy(part, path, len + 1);
	for (char *p = part + 1; p <= part + len; p++) {
		char was = *p;
		if (was != '/' && was != 0)
			continue;
		*p = 0;
		if (mkdir(part, mode) && errno != EEXIST)
			return failed(why, "make the folder", part, errno);
		*p = was;
	}
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return failure_say(why, "%s is there, but it is no folder", path);
	return true;
}

int file_lock(const char *path, const char *whose, char why[static FAILURE_MAX])
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		failed(why, "open the lock", path, errno);
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		failure_say(why,
			    "another program already uses %s (it holds the lock %s): stop it "
			    "first, or use another place",
			    whose, path);
	else
		failed(why, "lock", path, errno);
	close(fd);
	return -1;
}
