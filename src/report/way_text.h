/* report/way_text.h - a way to a peer, in words: "relay(lab)", "192.0.2.1:41641" or "none" */
#ifndef REPORT_WAY_TEXT_H
#define REPORT_WAY_TEXT_H

#include "netmap/netmap.h"
#include "path/way.h"

enum { WAY_TEXT_MAX = NETMAP_NAME_MAX + ENDPOINT_TEXT_MAX };

/* Names a relay as cfg names it. Returns `out`. */
const char *way_text(const struct netmap *map, const struct way *way,
		     char out[static WAY_TEXT_MAX]);

#endif
