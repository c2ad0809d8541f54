/* path/find/finder.h - what finds candidates of our own
 *
 * A finder is a small machine with the verbs of every machine.  gather.c drives all finders and
 * merges what they found.  A new finder is a new file that fills in this table, and a line in
 * gather.c.  A verb that a finder does not need is NULL.
 */
#ifndef PATH_FIND_FINDER_H
#define PATH_FIND_FINDER_H

#include "path/find/candidate.h"

struct finder {
	/* Takes a datagram that came by UDP; false: not for this finder. */
	bool (*input)(void *self, const struct endpoint *from, struct bytes datagram, mono_ns now);
	/* Writes the next datagram to send and where to; false: none. */
	bool (*output)(void *self, struct endpoint *to, struct wr *out);
	mono_ns (*deadline)(const void *self);
	void (*tick)(void *self, mono_ns now);
	/* Adds the candidates that are known now, most useful first. */
	void (*candidates)(const void *self, struct candidates *out);

	/* Looks again now.  forget: the network changed, so what was known is void. */
	void (*refresh)(void *self, bool forget, mono_ns now);
	/* wanted: peers are in use, so candidates are kept up to date from now on.  Not wanted:
	 * `now` does not matter. */
	void (*want)(void *self, bool wanted, mono_ns now);
	/* An answer since then is there, or none will come: there is nothing to wait for. */
	bool (*fresh)(const void *self, mono_ns since);
};

#endif
