/* path/hard/plan.h - which port to probe from which socket next, for two sides that showed their
 * NATs
 *
 * What is known of a side: does its NAT vary its mappings (often unknown), and how it gives ports
 * to fresh sockets (seen, from samples).  Labels are not trusted: each side plays both parts as far
 * as that is cheap.
 *
 *   cross  both give ports that can be guessed: fresh sockets of ours to one port that the other
 *          side's NAT is about to give; it does the same, and where both guesses hold, the two
 *          mappings fit each other
 *   open   our sockets to the other side's main port: each makes a mapping that lets that port in
 *   probe  from our main port to ports where the other side's sockets may be open
 *   slow   from our main port to random ports, while the other side does the same: only when both
 *          agreed
 *
 * What may be hoped for.  With D doors (sockets) in P ports and n probes a random NAT is met with 1
 * - (1 - D/P)^n: 99.97 % of 2048 probes to 256 doors of one address, 87 % where four addresses
 * share them, 98 % after a second attempt.  In cross the mapping that the other side aims at must
 * be among those that we make: of a NAT that counts it is, of a block of S ports of which we take f
 * S it is with f.  So one that counts meets a block in f, two blocks meet in f squared of all
 * attempts, whatever both aim at; aiming all at one port is best, for that never wastes two hits on
 * one attempt.  At f = 1/2 that is a half and a quarter, and the only way to more is another
 * attempt when our ports have come back (HARD_COOL_BLOCK): 12 of them in an hour make 97 % of a
 * quarter.
 *
 * A pure chooser: it says socket and port, the caller paces and sends.
 */
#ifndef PATH_HARD_PLAN_H
#define PATH_HARD_PLAN_H

#include "path/find/candidate.h"
#include "path/hard/birthday.h"
#include "path/hard/blocks.h"
#include "path/hard/budget.h"
#include "path/hard/prediction.h"
#include "wire/disco_extension.h"

enum {
	HARD_PLAN_SAMPLES = 8, /* sockets that were used for samples: the first ones */
	HARD_PLAN_CROSS_RUN =
		32, /* fresh sockets to one guessed port; half of it is room for what others take */
	HARD_PLAN_CHEAP = 16
};
#define HARD_PLAN_LASTS \
	(25 * SECOND) /* 256 openings and 2048 probes at the rate, and a round trip */
#define HARD_PLAN_REFRESH (9 * SECOND) /* openings are repeated: the shortest mappings last ten */

enum guess_kind { GUESS_RANDOM, GUESS_COUNTS, GUESS_BLOCK };

struct hard_guess {
	enum guess_kind kind;
	struct prediction prediction; /* COUNTS */
	struct port_block block;      /* BLOCK */
};
struct hard_guess hard_guess_of(const struct disco_extension *e);
const char *hard_guess_text(enum guess_kind k); /* "random ports", "counts", "a block of ports" */

struct plan_stream {
	uint32_t done, limit;
};

struct hard_plan {
	struct hard_guess ours, theirs;
	enum dest_mapping our_mapping, their_mapping;
	uint16_t their_main;                       /* port; 0: unknown */
	struct ip their_pool[DISCO_ADDRESSES_MAX]; /* probes at random go to all of them in turn */
	uint32_t n_pool;
	uint32_t their_sockets; /* that they are going to open */
	bool slow;              /* both agreed to it */
	mono_ns began, refreshed;
	uint32_t sockets; /* that we use */
	struct plan_stream cross, open, probe, slowly;
	uint32_t opened;                   /* this time round, 0..open.limit */
	uint16_t aim;                      /* of cross */
	uint16_t taken[DISCO_SAMPLES_MAX]; /* ports of theirs that their samples have: nothing else
					      gets them */
	size_t n_taken;
	bool thrifty;
	struct birthday aims, ports;
	bool turn;
};

/* How many sockets a side with this NAT opens. */
uint32_t hard_plan_sockets(enum dest_mapping mapping, enum guess_kind kind);

/* What else we know of our own side. */
struct hard_plan_limits {
	bool thrifty;         /* as samples_thrifty */
	uint32_t block_ports; /* that may be taken of our block of ports, if we have one */
};
void hard_plan_init(struct hard_plan *p, const struct disco_extension *ours,
		    const struct disco_extension *theirs, const struct hard_plan_limits *limits,
		    const struct rng *rng, mono_ns now);
/* When it fails, the next one is as likely to succeed, and this one was not unlikely. */
bool hard_plan_is_draw(const struct hard_plan *p);
/* Then it may come after this. */
mono_ns hard_plan_pause(const struct hard_plan *p);

/* By which of the streams. */
enum hard_plan_way {
	HARD_PLAN_CROSS,
	HARD_PLAN_OPEN,
	HARD_PLAN_PROBE,
	HARD_PLAN_SLOW,
	HARD_PLAN_WAYS
};

struct hard_plan_step {
	uint32_t socket; /* 0: the main port; n: the nth extra socket */
	struct ip ip;
	uint16_t port;
	bool new_flow;
	bool takes_port; /* of our block */
	enum hard_plan_way way;
};
/* What to send next. False: nothing now. */
bool hard_plan_next(struct hard_plan *p, struct hard_plan_step *out, mono_ns now) MUST_USE;
bool hard_plan_over(const struct hard_plan *p, mono_ns now);

#endif
