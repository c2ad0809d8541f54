/* path/choose.h - which of two proven direct paths to a peer is the better one
 *
 * Source: disco.md 6.4.
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

/* Compares the round trips in percent, and adds points for loopback, link-local and private
 * addresses and for IPv6.  A set path is better than an unset one. */
bool choose_better(const struct direct_path *a, const struct direct_path *b);

enum { CHOOSE_LEAD = 5 };
/* Better by CHOOSE_LEAD points or more, so that leaving a path that works is worth it: round trips
 * vary a little all the time, and traffic must not move each time. */
bool choose_clearly_better(const struct direct_path *a, const struct direct_path *b);

#endif
