#include "config/load.h"
#include "base/text.h"
#include "config/check.h"
#include "config/value.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FILE_MAX = 256 };

/* Reads at most cap bytes; -1: errno says why. */
static ssize_t read_all(int fd, uint8_t *out, size_t cap)
{
	size_t n = 0;
	while (n < cap) {
		ssize_t got = read(fd, out + n, cap - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

/* Reads a file of at most cap bytes. False: why says what to do. */
static bool read_file(const char *path, uint8_t *out, size_t cap, size_t *n, struct stat *st,
		      char why[static CONFIG_WHY_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t got = -1;
	if (fd >= 0 && fstat(fd, st) == 0)
		got = read_all(fd, out, cap);
	int error = errno;
	if (fd >= 0)
		close(fd);
	if (got < 0) {
		config_wrong(path, 0, why, "cannot be read: %s", strerror(error));
		return false;
	}
	*n = (size_t)got;
	return true;
}

static bool is_private(const char *path, const struct stat *st, char why[static CONFIG_WHY_MAX])
{
	if (!S_ISREG(st->st_mode) || !(st->st_mode & S_IRWXO))
		return true;
	return config_wrong(
		path, 0, why,
		"holds a secret and has mode %03o, expected one that others cannot read; run: "
		"chmod 600 %.200s",
		(unsigned)(st->st_mode & 0777), path);
}

static bool read_key(const char *path, uint8_t k[static KEY_LEN], char why[static CONFIG_WHY_MAX])
{
	char text[KEY_FILE_MAX + 1];
	struct stat st;
	size_t n;
	if (!read_file(path, (uint8_t *)text, KEY_FILE_MAX, &n, &st, why))
		return false;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	bool closed = is_private(path, &st, why);
	bool ok = closed && key_parse_any(k, KEY_PRIVATE, text_trim(text_begin(text))) &&
		  !key_is_zero(k);
	key_wipe(text, sizeof(text));
	if (!closed)
		return false;
	return ok ||
	       config_wrong(
		       path, 0, why,
		       "found something else, expected one line with privkey: and 64 hexadecimal "
		       "digits, or 44 characters of base64 (`warren genkey` makes one)");
}

/* A relative path starts at the folder of the file that names it. */
static bool beside(const char *file, const char *path, char out[static NETMAP_PATH_MAX],
		   char why[static CONFIG_WHY_MAX])
{
	const char *slash = strrchr(file, '/');
	int folder = path[0] != '/' && slash ? (int)(slash + 1 - file) : 0;
	if ((size_t)folder + strlen(path) >= NETMAP_PATH_MAX)
		return config_wrong(file, 0, why, "found a path longer than %d bytes",
				    NETMAP_PATH_MAX - 1);
	char whole[NETMAP_PATH_MAX];
	int n = snprintf(whole, sizeof(whole), "%.*s%s", folder, file, path);
	memcpy(out, whole, (size_t)n + 1);
	return true;
}

static bool read_node_key(struct config *c, const char *file, const struct stat *st,
			  char why[static CONFIG_WHY_MAX])
{
	char *path = c->key_file;
	if (!path[0])
		return is_private(file, st, why);
	return beside(file, path, path, why) && read_key(path, c->settings.key.b, why);
}

static bool read_peer_secret(struct config *c, size_t i, const char *file, const struct stat *st,
			     char why[static CONFIG_WHY_MAX])
{
	char path[NETMAP_PATH_MAX];
	struct netmap_peer *p = &c->map.peers[i];
	const char *psk_file = c->peer_notes[i].psk_file;
	if (psk_file)
		return beside(file, psk_file, path, why) && read_key(path, p->psk, why);
	return key_is_zero(p->psk) || is_private(file, st, why);
}

static bool find_roots(struct config *c, const char *file, char why[static CONFIG_WHY_MAX])
{
	for (size_t i = 0; i < c->map.n_relays; i++) {
		char *ca = c->map.relays[i].ca_file;
		if (ca[0] && !beside(file, ca, ca, why))
			return false;
	}
	return true;
}

static bool read_secrets(struct config *c, const char *file, const struct stat *st,
			 char why[static CONFIG_WHY_MAX])
{
	if (!read_node_key(c, file, st, why))
		return false;
	for (size_t i = 0; i < c->map.n_peers; i++) {
		if (!read_peer_secret(c, i, file, st, why))
			return false;
	}
	return find_roots(c, file, why) && config_check_key(c, file, why);
}

typedef struct config *config_parser(const char *file, struct bytes text,
				     char why[static CONFIG_WHY_MAX]);

static struct config *read_and_parse(const char *path, config_parser *parse, struct stat *st,
				     char why[static CONFIG_WHY_MAX])
{
	enum { CAP = CONFIG_TEXT_MAX + 1 }; /* one more: config_parse sees that it is too long */
	uint8_t *text = malloc(CAP);
	struct config *c = NULL;
	size_t n;
	if (!text) {
		config_wrong(path, 0, why, "out of memory");
		return NULL;
	}
	if (read_file(path, text, CAP, &n, st, why)) {
		c = parse(path, (struct bytes){text, n}, why);
		key_wipe(text, n);
	}
	free(text);
	return c;
}

struct config *config_load(const char *path, char why[static CONFIG_WHY_MAX])
{
	struct stat st;
	struct config *c = read_and_parse(path, config_parse, &st, why);
	if (c && read_secrets(c, path, &st, why))
		return c;
	config_free(c);
	return NULL;
}

struct config *config_load_relays(const char *path, char why[static CONFIG_WHY_MAX])
{
	struct stat st;
	struct config *c = read_and_parse(path, config_parse_relays, &st, why);
	if (c && find_roots(c, path, why))
		return c;
	config_free(c);
	return NULL;
}
