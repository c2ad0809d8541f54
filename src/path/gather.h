/* path/gather.h - all finders (find/finder.h) together: our own candidates, most useful first
 *
 * Source: stun.md 5.5 (the order of the list).
 */
#ifndef PATH_GATHER_H
#define PATH_GATHER_H

#include "path/find/fixed.h"
#include "path/find/local.h"
#include "path/find/reflexive.h"
#include "path/portmap/portmap.h"

enum { FINDERS = 4 };

/* Must not be moved in memory: `all` points at the finders beside it. */
struct gather {
	struct portmap portmap;
	struct reflexive_finder stun;
	struct fixed_finder fixed;
	struct local_finder local;
	struct gather_entry {
		const struct finder *finder;
		void *self;
	} all[FINDERS];
	struct candidates found;
};

void gather_init(struct gather *g, const struct rng *rng, uint16_t port);
void gather_set_port(struct gather *g, uint16_t port);

/* A datagram that came by UDP and is no disco; borrowed.  False: no finder expects it. */
bool gather_input(struct gather *g, const struct endpoint *from, struct bytes datagram,
		  mono_ns now) MUST_USE;
bool gather_output(struct gather *g, struct endpoint *to, struct wr *out) MUST_USE;
mono_ns gather_deadline(const struct gather *g);
void gather_tick(struct gather *g, mono_ns now);

/* The verbs of a finder, for all finders. */
void gather_refresh(struct gather *g, bool forget, mono_ns now);
void gather_want(struct gather *g, bool wanted, mono_ns now);
bool gather_fresh(const struct gather *g, mono_ns since);

/* Merges what was found into `found`.  True: the set differs from that of the last merge. */
bool gather_merge(struct gather *g) MUST_USE;

#endif
