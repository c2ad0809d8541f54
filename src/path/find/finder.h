/* path/find/finder.h - one way of finding our own candidates
 *
 * A finder is a small machine with the verbs of every machine; gather.c drives all of them and
 * merges what they found.  A new way (a port mapping, a NAT64 prefix ...) is a new file that fills
 * in this table, and a line in gather.c.  A verb that a finder does not need is NULL.
 */
#ifndef PATH_FIND_FINDER_H
#define PATH_FIND_FINDER_H

#include "path/find/candidate.h"

struct finder {
	/* Takes a datagram that came by UDP from there; false: not for this finder. */
	bool (*input)(void *self, const struct endpoint *from, struct bytes datagram, mono_ns now);
	/* Writes the next datagram to send and where to; false: none. */
	bool (*output)(void *self, struct endpoint *to, struct wr *out);
	mono_ns (*deadline)(const void *self);
	void (*tick)(void *self, mono_ns now);
	/* Adds what it knows now, most useful first. */
	void (*candidates)(const void *self, struct candidates *out);

	/* Look again now. forget: what was known is void, the network has changed. */
	void (*refresh)(void *self, bool forget, mono_ns now);
	/* Somebody uses what is found: keep it up to date without being asked. Not wanted any more:
	 * `now` does not matter. */
	void (*want)(void *self, bool wanted, mono_ns now);
	/* Nothing newer than `since` can be had by waiting: it has answered, or never will. */
	bool (*fresh)(const void *self, mono_ns since);
};

#endif
