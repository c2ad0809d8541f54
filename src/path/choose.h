/* path/choose.h - which of two proven paths to a peer is the better one (reference, data plane 7.8)
 */
#ifndef PATH_CHOOSE_H
#define PATH_CHOOSE_H

#include "base/addr.h"
#include "base/time.h"

struct direct_path {
	struct endpoint ep; /* unset: no path */
	mono_ns rtt;
	uint16_t socket; /* of ours; 0: the main port */
};

/* By round trip in percent, with points for loopback, link-local and private addresses and for
 * IPv6. */
bool choose_better(const struct direct_path *a, const struct direct_path *b);

enum { CHOOSE_LEAD = 5 };
/* Better by CHOOSE_LEAD points at least: worth leaving a path that works. Round trips tremble,
 * traffic must not. */
bool choose_clearly_better(const struct direct_path *a, const struct direct_path *b);

#endif
