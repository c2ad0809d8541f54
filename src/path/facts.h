/* path/facts.h - why a peer is reached as it is: facts, in one struct, for whoever makes sentences
 * of them */
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

	/* what was seen of ourselves */
	struct candidates own;
	struct server_facts {
		struct endpoint at, seen; /* seen unset: it did not answer */
	} servers[FACTS_SERVERS_MAX];     /* STUN */
	size_t n_servers;
	enum dest_mapping mapping;
	struct portmap_facts portmap;

	/* what is known of the peer, and was tried */
	struct remote_facts {
		struct endpoint ep;
		bool by_hand, told, seen; /* who named it: a person, the peer, its pings */
		uint16_t socket;          /* of ours; 0: the main port */
		uint32_t pings, pongs;
		uint32_t padded_pings,
			padded_pongs;   /* beside those: to find out what passes whole */
		mono_ns rtt, ponged_at; /* 0; MONO_NEVER */
		unsigned loss_percent;  /* of its last 32 pings, those of a suspicion left out */
	} remotes[FACTS_REMOTES_MAX];
	size_t n_remotes;
	uint32_t calls_sent, calls_taken; /* call-me-maybes, over the relay */
	uint32_t pings_heard;             /* by UDP */
	struct hard_facts hard;

	struct path_past past[PATH_HISTORY_MAX]; /* oldest first */
	size_t n_past;
	uint32_t forgotten; /* older ones */
};

void paths_facts(const struct paths *p, peer_id id, mono_ns now, struct path_facts *out);

#endif
