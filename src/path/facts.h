/* path/facts.h - why a peer is reached as it is: the facts, in one struct; explain/ makes sentences
 * of them
 */
#ifndef PATH_FACTS_H
#define PATH_FACTS_H

#include "path/facts_hard.h"
#include "path/find/candidate.h"
#include "path/paths.h"
#include "path/portmap/facts.h"

enum { FACTS_REMOTES_MAX = 64, FACTS_SERVERS_MAX = 8 };

struct path_facts {
	/* the way now */
	enum peer_state state;
	struct way relay; /* WAY_NONE: none is known */
	struct way best;  /* WAY_NONE: no direct path */
	bool active, knows_disco;
	mono_ns rtt, relay_rtt; /* 0: unknown */
	unsigned loss_percent, relay_loss_percent;

	/* this node */
	struct candidates own;
	struct server_facts {
		struct endpoint at, seen; /* seen: our endpoint as it answered; unset: no answer */
	} servers[FACTS_SERVERS_MAX];     /* STUN */
	size_t n_servers;
	enum dest_mapping mapping;
	struct portmap_facts portmap;

	/* what is known of the peer, and what was tried */
	struct remote_facts {
		struct endpoint ep;
		/* from where we know the endpoint */
		bool by_hand;    /* a person named it */
		bool told;       /* a call-me-maybe of the peer named it */
		bool seen;       /* a ping of the peer came from it */
		uint16_t socket; /* of ours; 0: the main port */
		uint32_t pings, pongs;
		uint32_t padded_pings, padded_pongs; /* not counted above: they test the MTU */
		mono_ns rtt;                         /* 0: unknown */
		mono_ns ponged_at;                   /* the last pong; MONO_NEVER: none */
		unsigned loss_percent; /* of its last 32 pings, without those of a suspicion */
	} remotes[FACTS_REMOTES_MAX];
	size_t n_remotes;
	uint32_t calls_sent, calls_taken; /* call-me-maybes */
	uint32_t pings_heard;             /* by UDP */
	struct hard_facts hard;

	struct path_past past[PATH_HISTORY_MAX]; /* changes of the way, oldest first */
	size_t n_past;
	uint32_t forgotten; /* older changes */
};

/* All zero if there is no such peer. */
void paths_facts(const struct paths *p, peer_id id, mono_ns now, struct path_facts *out);

#endif
