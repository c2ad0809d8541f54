/* io/log.h - lines for people, to standard error
 *
 * Under systemd (JOURNAL_STREAM names our file) each line starts with its level, as "<6>".
 * Otherwise warnings and errors start with that word.  What strangers can cause is logged by
 * log_seldom only, so nothing is ever logged at full speed.
 *
 * Source: sd-daemon(3) (levels), systemd.exec(5) (JOURNAL_STREAM).
 */
#ifndef IO_LOG_H
#define IO_LOG_H

#include "base/time.h"

enum {
	LOG_LINE_MAX = 1024, /* a longer line is cut */
	LOG_SITES_MAX = 64   /* keys that log_seldom knows; it forgets the one longest unused */
};
#define LOG_SELDOM (10 * SECOND) /* one line for each key in this time */

/* As in syslog(3). */
enum log_level {
	LOG_AT_ERROR = 3,
	LOG_AT_WARNING = 4,
	LOG_AT_NOTICE = 5,
	LOG_AT_INFO = 6,
	LOG_AT_DEBUG = 7
};

struct log {
	int fd;
	enum log_level level; /* lines above it are left out; may be changed at any time */
	bool journal;
	struct log_site {
		uint64_t hash; /* of the key; 0: free */
		mono_ns said;
		uint32_t kept_back;
	} sites[LOG_SITES_MAX];
};

void log_init(struct log *l, int fd, enum log_level level);
bool log_level_parse(enum log_level *level, const char *text) MUST_USE; /* "error" … "debug" */
void log_say(struct log *l, enum log_level level, const char *fmt, ...) PRINTF(3, 4);
/* As log_say, but at most once in LOG_SELDOM for one key. The next line of the key says how many
 * were kept back. The key names the call site, and can name what caused the line ("relay 3"). */
void log_seldom(struct log *l, enum log_level level, const char *key, mono_ns now, const char *fmt,
		...) PRINTF(5, 6);

#endif
