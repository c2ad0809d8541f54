/* config/reader.h - what the files that read a node's file share: config.c (lines),
 * section.c (sections), keys.c (keys and values)
 */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include "config/check.h"

enum { CONFIG_KEYS_MAX = 16, CONFIG_QUOTE_MAX = 64 };

enum section { SECTION_NONE, SECTION_NODE, SECTION_RELAY, SECTION_PEER };
enum { SECTIONS = SECTION_PEER + 1 };

struct reader {
	struct config *c;
	struct config_notes notes;
	unsigned line;
	bool no_node; /* a file without [Node] will do */

	enum section section;
	unsigned section_line;
	unsigned node_line;             /* 0: no [Node] so far */
	unsigned seen[CONFIG_KEYS_MAX]; /* line of each key of this section; 0: not there */

	size_t relays_cap, peers_cap, peer_notes_cap, refs_cap, claims_cap;

	const char *found;    /* what in the value is wrong; NULL: all of it */
	const char *expected; /* instead of the table's; NULL: the table's */
};

struct config_key {
	const char *name;
	/* Takes the value, which it may cut up. False: it does not fit, or notes.why is set
	 * already. */
	bool (*set)(struct reader *r, char *value);
	const char *expected;
	bool many;   /* may stand more than once */
	bool secret; /* never shown */
};

struct config_section {
	const char *name;
	const struct config_key *keys;
	size_t n;
};
extern const struct config_section config_sections[SECTIONS];

const struct config_key *config_key(enum section s, const char *name); /* NULL: there is none */

/* "[Node]" and so on begins; the one before ends. False: why is set. */
bool config_section_begin(struct reader *r, const char *text) MUST_USE;
bool config_section_end(struct reader *r) MUST_USE;

#define WRONG(r, line, ...) config_wrong((r)->notes.file, line, (r)->notes.why, __VA_ARGS__)
bool config_no_memory(struct reader *r); /* always false */
/* Cut to its first 60 characters, and nothing in it that a terminal would obey.  Of what looks like
 * a key without its kind, nothing: it can be a private one. */
const char *config_quote(char out[static CONFIG_QUOTE_MAX], const char *text);
/* The array with room for one more, moved if need be; new elements are zero. NULL: out of memory,
 * and the old one stays. */
void *config_room(void *v, size_t *cap, size_t n, size_t size) MUST_USE;

#endif
