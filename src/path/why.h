/* path/why.h - why a peer is reached as it is: facts, in one struct, for whoever makes sentences of them */
#ifndef PATH_WHY_H
#define PATH_WHY_H

#include "path/candidate.h"
#include "path/paths.h"

enum { WHY_TARGETS_MAX = 64, WHY_SERVERS_MAX = 8 };

struct paths_why {
	/* the way now */
	enum why_way {
		WHY_PLAIN,   /* the peer speaks WireGuard only */
		WHY_RELAYED, /* no direct path is proven */
		WHY_DIRECT,
		WHY_DOUBTED, /* the direct path fell silent; the relay is used beside it */
		WHY_ASIDE    /* the direct path works, but the relay is clearly faster */
	} way;
	struct via relay; /* VIA_NONE: none is known */
	struct via best;  /* VIA_NONE: no direct path */
	bool active, knows_disco;
	mono_ns rtt, relay_rtt; /* 0: unknown */
	unsigned loss_percent, relay_loss_percent;

	/* what was seen of ourselves */
	struct candidates own;
	struct why_server {
		struct endpoint at, seen; /* seen unset: it did not answer */
	} servers[WHY_SERVERS_MAX];       /* STUN */
	size_t n_servers;
	enum why_mapping { WHY_MAPPING_UNKNOWN, WHY_MAPPING_SAME, WHY_MAPPING_VARIES } mapping;

	/* what is known of the peer, and was tried */
	struct why_target {
		struct endpoint ep;
		bool by_hand, told, seen; /* who named it: a person, the peer, its pings */
		uint16_t socket;          /* of ours; 0: the main port */
		uint32_t pings, pongs;
		mono_ns rtt, ponged_at; /* 0; MONO_NEVER */
	} targets[WHY_TARGETS_MAX];
	size_t n_targets;
	uint32_t calls_sent, calls_taken; /* call-me-maybes, over the relay */
	uint32_t pings_heard;             /* by UDP */

	struct paths_past past[PATHS_HISTORY_MAX]; /* oldest first */
	size_t n_past;
	uint32_t forgotten; /* older ones */
};

void paths_why(const struct paths *p, peer_id id, mono_ns now, struct paths_why *out);

#endif
