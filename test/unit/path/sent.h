/* sent.h - what a packet path does with `paths` for each packet that it sends */
#ifndef SENT_H
#define SENT_H

#include "path/paths.h"

static inline void paths_sent_by(struct paths *p, peer_id id, mono_ns now, struct route *out)
{
	paths_on_send(p, id, now);
	paths_route(p, id, out);
}

#endif
