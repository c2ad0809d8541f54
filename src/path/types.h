/* path/types.h - what the owner of `paths` gets to see: routes, events, and what became of a peer's
 * way */
#ifndef PATH_TYPES_H
#define PATH_TYPES_H

#include "base/peer.h"
#include "base/time.h"
#include "path/way.h"

enum { PATH_HISTORY_MAX = 32 /* changes of one peer's way that are remembered */ };

/* How a peer is reached; peer_path.c has the table of states. */
enum peer_state {
	PEER_PLAIN,   /* it speaks WireGuard only */
	PEER_RELAYED, /* no direct path is proven */
	PEER_DIRECT,
	PEER_DOUBTED, /* the direct path fell silent; the relay is used beside it */
	PEER_ASIDE    /* the direct path works, but the relay is clearly faster */
};

/* Where this peer's traffic goes now: one way, or two while a path is doubted (send to both). */
struct route {
	struct way via[2];
	uint8_t n; /* 0: there is no way at present */
};

/* Why a peer's route changed. */
enum path_reason {
	PATH_FIRST,  /* a direct path was proven, where there was none */
	PATH_BETTER, /* clearly shorter round trip */
	PATH_SILENT, /* nothing came back over the direct path while we were sending */
	PATH_STALE,  /* the direct path was not in use for so long that it must be proven anew */
	PATH_UNREACHABLE,  /* the system refused to send there */
	PATH_LINK_CHANGE,  /* our own addresses changed, or the machine slept */
	PATH_RESTARTED,    /* the peer has a new disco key */
	PATH_WAS_BAD,      /* the direct path before it was slow, or lost packets */
	PATH_RELAY_FASTER, /* the direct path works, but is clearly worse than the relay */
	PATH_RELAY_SILENT, /* the relay that was better does not answer any more */
	PATH_RELAY_LOST,   /* the connection to the relay that was better is lost */
	PATH_AS_GOOD,      /* a direct path is as good as the relay that was better */
	PATH_INSTEAD,      /* it answered, and the doubted path has not */
	PATH_PROVEN        /* a doubted path answered again */
};
const char *path_reason_text(enum path_reason r); /* a short clause for people */

/* Crossing hard NATs (hard_nats.h), with peers that agree to it. */
struct hard_config {
	bool enabled; /* false, as at first: nothing of it is ever sent */
	bool slow;    /* also random against random: up to 170,000 probes in half an hour */
};

struct path_event {
	enum {
		PATH_MOVED,   /* the main way of this peer's traffic is now `via` (was `was`) */
		PATH_DOUBT,   /* silence: traffic goes to the old way `was` and `via` (the relay)
				 together */
		PATH_PONG,    /* answer to paths_ping, `via` and rtt */
		PATH_RECEIPT, /* an empty WireGuard message is to go to this peer by `via`, which is
				 no route */
		PATH_SELF     /* our own candidates changed: paths_candidates */
	} kind;
	peer_id peer;
	struct way via, was;
	enum path_reason reason;
	mono_ns rtt;
};

/* What became of a peer's way. */
struct path_past {
	mono_ns at;
	struct way was, via; /* where the traffic went before, and from then on */
	mono_ns rtt;         /* 0: unknown */
	enum path_reason reason;
	bool doubt; /* it goes to both */
};
struct paths_stats {
	uint64_t malformed, unauthentic, stranger, unexpected; /* dropped datagrams, by reason */
	uint64_t pings_sent, pongs_sent, pongs_taken, calls_sent, calls_taken, stun_sent,
		stun_taken;
	uint64_t extensions_sent, extensions_taken; /* Warren's own disco messages */
	uint64_t receipts_sent, receipts_taken;     /* by disco, where the owner sends none */
	uint64_t hard_attempts, hard_won, hard_failed;
	uint64_t hard_sent; /* samples and probes of these attempts: their pings are in pings_sent,
			       too */
};

#endif
