/* path/portmap/epoch.h - has the gateway lost its state? Its seconds since then, held against our
 * own clock */
#ifndef PATH_PORTMAP_EPOCH_H
#define PATH_PORTMAP_EPOCH_H

#include "base/time.h"

struct epoch {
	bool known;
	uint32_t server_s; /* as it said last */
	mono_ns at;        /* when */
};

/* Takes what the gateway says now; true: between the last answer and this one it lost its state. */
bool epoch_restarted_pcp(struct epoch *e, uint32_t server_s, mono_ns now);    /* RFC 6887 s. 8.5 */
bool epoch_restarted_natpmp(struct epoch *e, uint32_t server_s, mono_ns now); /* RFC 6886 s. 3.6 */

#endif
