/* path/types.h - what the owner of `paths` sees: routes, events, and the changes of a peer's way
 */
#ifndef PATH_TYPES_H
#define PATH_TYPES_H

#include "base/peer.h"
#include "base/time.h"
#include "path/way.h"

enum { PATH_HISTORY_MAX = 32 /* remembered changes of one peer's way */ };

/* How a peer is reached; peer_path.c has the table of states. */
enum peer_state {
	PEER_PLAIN,   /* the peer speaks WireGuard only */
	PEER_RELAYED, /* no direct path is proven */
	PEER_DIRECT,  /* a direct path has the traffic */
	PEER_DOUBTED, /* the direct path fell silent; it and the relay have the traffic */
	PEER_ASIDE    /* a direct path works, but the relay is clearly better and has the traffic */
};

/* Where this peer's traffic goes now: by one way, or by both while a path is doubted. */
struct route {
	struct way via[2];
	uint8_t n; /* 0: there is no way now */
};

/* Why a peer's route changed. */
enum path_reason {
	PATH_FIRST,        /* a direct path was proven, where there was none */
	PATH_BETTER,       /* clearly shorter round trip */
	PATH_SILENT,       /* nothing came back over the direct path while we were sending */
	PATH_STALE,        /* the direct path was not used for so long that it needs a new proof */
	PATH_UNREACHABLE,  /* the system refused to send there */
	PATH_LINK_CHANGE,  /* our own addresses changed, or the machine slept */
	PATH_RESTARTED,    /* the peer has a new disco key */
	PATH_WAS_BAD,      /* the direct path before was slow or lost packets */
	PATH_RELAY_FASTER, /* the direct path works, but is clearly worse than the relay */
	PATH_RELAY_SILENT, /* the relay that was better does not answer any more */
	PATH_RELAY_LOST,   /* the connection to the relay that was better is lost */
	PATH_AS_GOOD,      /* a direct path is as good as the relay that was better */
	PATH_INSTEAD,      /* another path answered, and the doubted path has not */
	PATH_PROVEN        /* a doubted path answered again */
};
const char *path_reason_text(enum path_reason r); /* a short clause for people */

/* Crossing hard NATs (hard_nats.h), with peers that agree to it.  All false at first. */
struct hard_config {
	bool enabled; /* false: no message and no probe for it is ever sent */
	bool slow;    /* also between two random NATs: up to 170,000 probes in half an hour */
};

struct path_event {
	enum {
		PATH_MOVED,   /* this peer's traffic went by `was` and goes by `via` now */
		PATH_DOUBT,   /* silence: the traffic goes by the old way `was` and by `via` */
		PATH_PONG,    /* the answer to paths_ping: `via` and rtt */
		PATH_RECEIPT, /* send this peer an empty WireGuard message by `via`, whatever its
				 route is */
		PATH_SELF     /* our own candidates changed: paths_candidates */
	} kind;
	peer_id peer;
	struct way via, was;
	enum path_reason reason;
	mono_ns rtt; /* of `via`; 0: unknown */
};

/* One change of a peer's way. */
struct path_past {
	mono_ns at;
	struct way was, via; /* where the traffic went before, and from then on */
	mono_ns rtt;         /* 0: unknown */
	enum path_reason reason;
	bool doubt; /* the traffic goes by both */
};

struct paths_stats {
	uint64_t malformed, unauthentic, stranger, unexpected, replayed; /* dropped datagrams, by
									    reason */
	uint64_t pings_sent, pongs_sent, pongs_taken, calls_sent, calls_taken, stun_sent,
		stun_taken;
	uint64_t extensions_sent, extensions_taken; /* Warren's own disco messages */
	uint64_t receipts_sent, receipts_taken;     /* by disco, where the owner sends none */
	uint64_t hard_attempts, hard_won, hard_failed;
	uint64_t hard_sent; /* samples and probes of these attempts; pings_sent counts the probes,
			       too */
};

#endif
