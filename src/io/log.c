#include "io/log.h"
#include "base/text.h"
#include "crypto/keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *const level_names[] = {
	[LOG_AT_ERROR] = "error", [LOG_AT_WARNING] = "warning", [LOG_AT_NOTICE] = "notice",
	[LOG_AT_INFO] = "info",   [LOG_AT_DEBUG] = "debug",
};

/* JOURNAL_STREAM is "device:inode" of what systemd gave us; our output may be redirected since. */
static bool is_journal(int fd)
{
	const char *text = getenv("JOURNAL_STREAM");
	struct stat st;
	unsigned long long device, inode;
	if (!text || sscanf(text, "%llu:%llu", &device, &inode) != 2 || fstat(fd, &st))
		return false;
	return st.st_dev == device && st.st_ino == inode;
}

void log_init(struct log *l, int fd, enum log_level level)
{
	*l = (struct log){.fd = fd, .level = level, .journal = is_journal(fd)};
}

bool log_level_parse(enum log_level *level, const char *text)
{
	for (int i = LOG_AT_ERROR; i <= LOG_AT_DEBUG; i++)
		if (!strcmp(text, level_names[i])) {
			*level = (enum log_level)i;
			return true;
		}
	return false;
}

/* Text of strangers can be in the line, and must not make two of it. */
static size_t keep_to_one_line(char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	text_clean(line);
	key_hide(line);
	return n;
}

static void log_put(struct log *l, enum log_level level, uint32_t kept_back, const char *fmt,
		    va_list ap)
{
	char front[32] = "", line[LOG_LINE_MAX], end[48] = "\n";
	if (l->journal)
		snprintf(front, sizeof(front), "<%d>", level);
	else if (level <= LOG_AT_WARNING)
		snprintf(front, sizeof(front), "%s: ", level_names[level]);
	int n = vsnprintf(line, sizeof(line), fmt, ap);
	if (n < 0)
		return;
	size_t len = (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1;
	if (kept_back)
		snprintf(end, sizeof(end), " (and %u more like it)\n", kept_back);
	struct iovec v[] = {
		{front, strlen(front)}, {line, keep_to_one_line(line, len)}, {end, strlen(end)}};
	if (writev(l->fd, v, 3) < 0)
		return; /* there is nowhere to report that */
}

void log_say(struct log *l, enum log_level level, const char *fmt, ...)
{
	if (level > l->level)
		return;
	va_list ap;
	va_start(ap, fmt);
	log_put(l, level, 0, fmt, ap);
	va_end(ap);
}

/* FNV-1a: the keys are our own words, so nobody can make them collide. */
static uint64_t hash_of(const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (; *key; key++)
		h = (h ^ (uint8_t)*key) * UINT64_C(0x100000001b3);
	return h ? h : 1;
}

static struct log_site *site_of(struct log *l, uint64_t hash)
{
	struct log_site *oldest = &l->sites[0];
	for (size_t i = 0; i < LOG_SITES_MAX; i++) {
		struct log_site *s = &l->sites[i];
		if (s->hash == hash)
			return s;
		if (!s->hash || (oldest->hash && s->said < oldest->said))
			oldest = s;
	}
	*oldest = (struct log_site){.hash = hash, .said = MONO_NEVER};
	return oldest;
}

void log_seldom(struct log *l, enum log_level level, const char *key, mono_ns now, const char *fmt,
		...)
{
	if (level > l->level)
		return;
	struct log_site *s = site_of(l, hash_of(key));
	if (mono_since(s->said, now) < LOG_SELDOM) {
		s->kept_back++;
		return;
	}
	va_list ap;
	va_start(ap, fmt);
	log_put(l, level, s->kept_back, fmt, ap);
	va_end(ap);
	s->said = now;
	s->kept_back = 0;
}
