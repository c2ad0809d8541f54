/* path/hard/budget.h - when to go beyond simple punching, and how much that may send
 *
 * Probing many ports looks like an attack and fills the tables of small routers, so all of it is
 * rationed:
 *
 *   begins        only when simple punching has failed for HARD_AFTER while there was traffic;
 *                 HARD_AGAIN with a peer that was reached this way and fell silent
 *   at once       one attempt with one peer at a time on this host
 *   rate          HARD_PER_SECOND with jitter, after HARD_BURST at once
 *   sessions      at most HARD_FLOWS_MAX flows, all attempts together; a flow counts for as long as
 *                 a NAT may remember it, so the next attempt waits until there is room for a whole
 *                 one
 *   our block     of a NAT that gives us a block of ports at most half is taken, all attempts
 *                 together; they come back in HARD_COOL_BLOCK
 *   for a peer    HARD_PEER_MAX packets, refilled in an hour
 *   for the host  HARD_HOST_MAX packets, refilled in an hour
 *   cool-down     a minute after an attempt that failed, then two, four ... eight hours.  Where an
 *                 attempt is a draw of a known chance, and the next one as good, the first
 *                 HARD_DRAWS have equal pauses
 *
 * The slow way of random against random has a budget of its own (HARD_SLOW_MAX an attempt), at the
 * same rate, and an hour's pause.
 */
#ifndef PATH_HARD_BUDGET_H
#define PATH_HARD_BUDGET_H

#include "base/rng.h"
#include "base/time.h"

enum {
	HARD_PER_SECOND = 100,
	HARD_BURST = 32,
	HARD_SOCKETS = 256,
	HARD_PROBES = 2048,
	HARD_FLOWS_MAX = 4 * HARD_SOCKETS + HARD_PROBES,
	HARD_FLOWS_ATTEMPT = HARD_SOCKETS + HARD_PROBES, /* what one needs at most, about */
	HARD_PEER_MAX = 8000,
	HARD_HOST_MAX = 16000,
	HARD_SLOW_MAX = 170000,
	HARD_DRAWS = 12
};
#define HARD_AFTER      (2 * SECOND)
#define HARD_AGAIN      (300 * MSEC)
#define HARD_FLOW_LASTS (120 * SECOND) /* RFC 4787 REQ-5; few NATs remember for longer */
#define HARD_COOL_MIN   (60 * SECOND)
#define HARD_COOL_BLOCK \
	(240 * SECOND) /* the ports of our block come back when their mappings die */
#define HARD_COOL_SLOW (3600 * SECOND)
#define HARD_COOL_MAX  (8 * 3600 * SECOND)

/* So much of something in a time: what is spent comes back evenly. */
struct hard_purse {
	uint32_t cap;
	mono_ns time;
	uint32_t spent;
	mono_ns at; /* when it was last refilled */
};

/* Of each peer. */
struct hard_budget_peer {
	mono_ns failing_since; /* MONO_NEVER: simple punching is not failing */
	mono_ns cool_until;
	mono_ns pause;  /* the last cool-down; 0: none */
	uint32_t draws; /* that were lost in a row */
	bool crossed;   /* its last path was found this way */
	struct hard_purse purse;
};

/* Of the host. */
struct hard_budget {
	struct hard_purse purse, flows, block; /* block: its cap is 0 while none is known of */
	mono_ns next;                          /* packet */
	uint32_t burst;                        /* that may still go at once */
	mono_ns burst_at;                      /* when that was last refilled */
};

void hard_budget_init(struct hard_budget *e, mono_ns now);
void hard_budget_peer_init(struct hard_budget_peer *p, mono_ns now);
/* failing: there is traffic, and it has no direct path. True: this is new. */
bool hard_budget_watch(struct hard_budget_peer *p, bool failing, mono_ns now);
/* When an attempt with this peer may begin; MONO_NEVER: not wanted. */
mono_ns hard_budget_due(const struct hard_budget_peer *p);
/* May the budgets bear an attempt with it now, whoever asks? */
bool hard_budget_affordable(struct hard_budget *e, struct hard_budget_peer *p,
			    mono_ns now) MUST_USE;
/* Packets that are left at present, of the host's budget and of the peer's. */
uint32_t hard_budget_host_left(const struct hard_budget *e, mono_ns now);
uint32_t hard_budget_peer_left(const struct hard_budget_peer *p, mono_ns now);
void hard_budget_begin(struct hard_budget *e, mono_ns now);
void hard_budget_failed(struct hard_budget_peer *p, mono_ns now);
/* The same after a draw, of which another is as good. */
void hard_budget_lost(struct hard_budget_peer *p, mono_ns pause, mono_ns now);
/* Our NAT gives us a block of so many ports (0: it does not): how many of them may be taken now? */
uint32_t hard_budget_block(struct hard_budget *e, uint32_t size, mono_ns now);
void hard_budget_take_ports(struct hard_budget *e, uint32_t n);
/* It worked, this way. */
void hard_budget_won(struct hard_budget_peer *p);
/* It worked, or the network is another one: what was learned of failing is void. */
void hard_budget_forgive(struct hard_budget_peer *p);

/* When the next packet may go. */
static inline mono_ns hard_budget_next(const struct hard_budget *e)
{
	return e->next;
}
/* Takes one packet that goes now from all budgets; false: there is none left for this attempt.
 * slow: it is of the slow way, and counts against the rate only. */
bool hard_budget_spend(struct hard_budget *e, struct hard_budget_peer *p, bool new_flow, bool slow,
		       const struct rng *rng, mono_ns now) MUST_USE;

#endif
