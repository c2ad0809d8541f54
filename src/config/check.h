/* config/check.h - what must hold between the sections of a node's file; only config.c uses it */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/config.h"

/* Which peer claims which prefix, and on which line. */
struct config_claim {
	struct prefix prefix;
	uint32_t peer; /* index */
	unsigned line;
};

/* What the struct config does not keep, and the checks need. Pointers are borrowed. */
struct config_notes {
	const char *file;
	char *why; /* CONFIG_WHY_MAX */

	const char *home; /* [Node] Home; NULL: not given */
	unsigned home_line;

	struct config_ref {
		const char *relay; /* [Peer] Relay; NULL: not given */
		unsigned line;
		size_t allowed_cap; /* room in its list of allowed IPs */
	} * refs;                   /* one for each peer */

	struct config_claim *claims;
	size_t n_claims;
};

/* "FILE:LINE: ..." into why; line 0: without it. Always false. */
bool config_wrong(const char *file, unsigned line, char *why, const char *fmt, ...) PRINTF(4, 5);

/* Settles names of relays into regions, puts our home first, and checks all sections against each
 * other. False: why is set. Sorts the claims. */
bool config_check(struct config *c, struct config_notes *notes) MUST_USE;

#endif
