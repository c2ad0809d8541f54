/* path/portmap/epoch.h - has the gateway lost its state?
 *
 * The gateway tells for how many seconds it has had its state.  That is compared with our clock.
 *
 * Source: RFC 6887 s. 8.5, RFC 6886 s. 3.6; portmap.md 6.3 and 7.3.
 */
#ifndef PATH_PORTMAP_EPOCH_H
#define PATH_PORTMAP_EPOCH_H

#include "base/time.h"

struct epoch {
	bool known;
	uint32_t server_s; /* what the gateway said last */
	mono_ns at;        /* when */
};

/* Both take what the gateway says now.  True: it lost its state since the last answer. */
bool epoch_restarted_pcp(struct epoch *e, uint32_t server_s, mono_ns now);
bool epoch_restarted_natpmp(struct epoch *e, uint32_t server_s, mono_ns now);

#endif
