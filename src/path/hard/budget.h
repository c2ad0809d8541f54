/* path/hard/budget.h - when to go beyond simple punching, and how much that may send
 *
 * Probing many ports looks like an attack and fills the tables of small routers, so all of it is
 * rationed:
 *
 *   begins        only when simple punching has failed for HARD_AFTER while there was traffic;
 *                 for HARD_AGAIN with a peer whose last path was found this way
 *   at once       one attempt with one peer at a time on this host
 *   on request    a peer that asks gets HARD_ASKS attempts, and then one each HARD_ASK_EACH; none
 *                 right after its last one while another peer waits for its turn
 *   rate          HARD_PER_SECOND with jitter, after HARD_BURST at once
 *   flows         at most HARD_FLOWS_MAX, all attempts together.  A flow counts for as long as a
 *                 NAT may remember it, so the next attempt waits until there is room for a whole
 *                 one
 *   our block     of a NAT that gives us a block of ports at most half is taken, all attempts
 *                 together; the ports come back in HARD_COOL_BLOCK
 *   for a peer    HARD_PEER_MAX packets, refilled in an hour
 *   for the host  HARD_HOST_MAX packets, refilled in an hour
 *   cool-down     a minute after an attempt that failed, then two, four ... up to eight hours.
 *                 Where an attempt is a draw of a known chance, and the next one is as good, the
 *                 first HARD_DRAWS have equal pauses
 *
 * The slow way of random against random has a budget of its own (HARD_SLOW_MAX an attempt), at the
 * same rate, and an hour's pause.
 *
 * Source: disco.md 8.6.
 */
#ifndef PATH_HARD_BUDGET_H
#define PATH_HARD_BUDGET_H

#include "base/bucket.h"
#include "base/rng.h"

enum {
	HARD_PER_SECOND = 100,
	HARD_BURST = 32,
	HARD_SOCKETS = 256,
	HARD_PROBES = 2048,
	HARD_FLOWS_MAX = 4 * HARD_SOCKETS + HARD_PROBES,
	HARD_FLOWS_ATTEMPT = HARD_SOCKETS + HARD_PROBES, /* what one attempt needs at most, about */
	HARD_PEER_MAX = 8000,
	HARD_HOST_MAX = 16000,
	HARD_SLOW_MAX = 170000,
	HARD_DRAWS = 12,
	HARD_ASKS = 4
};
#define HARD_AFTER      (2 * SECOND)
#define HARD_AGAIN      (300 * MSEC)
#define HARD_ASK_EACH   (60 * SECOND)
#define HARD_FLOW_LASTS (120 * SECOND) /* RFC 4787 REQ-5; few NATs remember for longer */
#define HARD_COOL_MIN   (60 * SECOND)
#define HARD_COOL_BLOCK (240 * SECOND) /* our ports come back when their mappings die */
#define HARD_COOL_SLOW  (3600 * SECOND)
#define HARD_COOL_MAX   (8 * 3600 * SECOND)

/* Of each peer. */
struct hard_budget_peer {
	mono_ns failing_since; /* MONO_NEVER: simple punching is not failing */
	mono_ns cool_until;
	mono_ns pause;  /* the last cool-down; 0: none */
	uint32_t draws; /* that were lost in a row */
	bool won;       /* its last path was found by an attempt */
	struct bucket packets;
	struct bucket asks; /* attempts that it asked for */
};

/* The ports of our block.  This is no bucket: a later guess may find another size, and what was
 * taken stays taken. */
struct hard_block {
	uint32_t most; /* may be taken; 0: no block is known of */
	uint32_t taken;
	mono_ns at; /* when `taken` was right */
};

/* Of the host. */
struct hard_budget {
	struct bucket packets, flows;
	struct hard_block block;
	mono_ns next;     /* packet */
	uint32_t burst;   /* packets that may still go at once */
	mono_ns burst_at; /* when `burst` was right */
};

void hard_budget_init(struct hard_budget *b, mono_ns now);
void hard_budget_peer_init(struct hard_budget_peer *p);
/* failing: there is traffic to the peer, and no direct path.  True: this is new. */
bool hard_budget_watch(struct hard_budget_peer *p, bool failing, mono_ns now);
/* When an attempt with this peer may begin; MONO_NEVER: none is wanted. */
mono_ns hard_budget_due(const struct hard_budget_peer *p);
/* Can the budgets bear an attempt with this peer now, whichever side asks for it? */
bool hard_budget_affordable(const struct hard_budget *b, const struct hard_budget_peer *p,
			    mono_ns now) MUST_USE;
/* Packets that are left now, of the host's budget and of the peer's. */
uint32_t hard_budget_host_left(const struct hard_budget *b, mono_ns now);
uint32_t hard_budget_peer_left(const struct hard_budget_peer *p, mono_ns now);

/* The peer asks for an attempt that is affordable.  False: it has asked for too many. */
bool hard_budget_agree(struct hard_budget_peer *p, mono_ns now) MUST_USE;
/* An attempt begins. */
void hard_budget_begin(struct hard_budget *b, mono_ns now);
/* It failed. */
void hard_budget_failed(struct hard_budget_peer *p, mono_ns now);
/* It was a draw and failed; another draw is as good after this pause. */
void hard_budget_lost(struct hard_budget_peer *p, mono_ns pause, mono_ns now);
/* It found a path. */
void hard_budget_won(struct hard_budget_peer *p);
/* Simple punching found a path, or the network changed: past failures count no more. */
void hard_budget_forgive(struct hard_budget_peer *p);

/* How many ports of our block may be taken now.  size: of the block, as we guess; 0: our NAT gives
 * none. */
uint32_t hard_budget_block(struct hard_budget *b, uint32_t size, mono_ns now);
void hard_budget_take_ports(struct hard_budget *b, uint32_t n);

/* When the next packet may go. */
static inline mono_ns hard_budget_next(const struct hard_budget *b)
{
	return b->next;
}
/* Takes one packet, which goes now, out of all budgets; false: one of them is used up.  slow: the
 * packet is of the slow way, and counts against the rate only. */
bool hard_budget_spend(struct hard_budget *b, struct hard_budget_peer *p, bool new_flow, bool slow,
		       const struct rng *rng, mono_ns now) MUST_USE;

#endif
