/* path/facts.h - why a peer is reached as it is: facts, in one struct, for whoever makes sentences
 * of them */
#ifndef PATH_FACTS_H
#define PATH_FACTS_H

#include "path/find/candidate.h"
#include "path/hard/attempts.h"
#include "path/paths.h"
#include "path/portmap/facts.h"

enum { WHY_TARGETS_MAX = 64, WHY_SERVERS_MAX = 8 };

/* Crossing hard NATs with this peer (hard_nats.h). */
struct why_hard {
	/* Why no attempt is made now: the first that holds. */
	enum why_hard_now {
		WHY_HARD_OFF,       /* by the configuration of this node */
		WHY_HARD_UNDER_WAY, /* one is made */
		WHY_HARD_NEEDLESS,  /* there is a path, or the peer speaks WireGuard only */
		WHY_HARD_ASLEEP,    /* there is no traffic */
		WHY_HARD_NO_KEY,    /* the peer's disco key is not known */
		WHY_HARD_NO_RELAY,  /* none is known over which to ask the peer */
		WHY_HARD_UNSEEN,    /* no STUN server has told us our address over IPv4 */
		WHY_HARD_COOLING,   /* after one that failed */
		WHY_HARD_BROKE, /* a budget is used up: of packets, of flows, of ports of our block
				 */
		WHY_HARD_BUSY,  /* with another peer */
		WHY_HARD_SOON   /* simple punching has its two seconds first */
	} now;
	mono_ns next;                  /* when one may begin: COOLING, SOON; else MONO_NEVER */
	uint32_t peer_left, host_left; /* packets of the two budgets */
	bool slow;                     /* this node would go the slow way */
	bool heard; /* the peer has said something about it: it is a Warren node */
	struct crossing past[CROSSINGS_KEPT]; /* oldest first; the last may be under way */
	size_t n_past;
	uint32_t forgotten; /* older ones */
};

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
	struct why_portmap portmap;

	/* what is known of the peer, and was tried */
	struct why_target {
		struct endpoint ep;
		bool by_hand, told, seen; /* who named it: a person, the peer, its pings */
		uint16_t socket;          /* of ours; 0: the main port */
		uint32_t pings, pongs;
		uint32_t padded_pings,
			padded_pongs;   /* beside those: to find out what passes whole */
		mono_ns rtt, ponged_at; /* 0; MONO_NEVER */
		unsigned loss_percent;  /* of its last 32 pings, those of a suspicion left out */
	} targets[WHY_TARGETS_MAX];
	size_t n_targets;
	uint32_t calls_sent, calls_taken; /* call-me-maybes, over the relay */
	uint32_t pings_heard;             /* by UDP */
	struct why_hard hard;

	struct path_past past[PATH_HISTORY_MAX]; /* oldest first */
	size_t n_past;
	uint32_t forgotten; /* older ones */
};

void paths_why(const struct paths *p, peer_id id, mono_ns now, struct paths_why *out);

#endif
