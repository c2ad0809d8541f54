/* path/hard/plan.h - which port to probe from which socket next, for two sides that showed their
 * NATs
 *
 * Of each side it is known whether its NAT varies its mappings (often unknown), and how the NAT
 * gives ports to fresh sockets (from samples).  Labels are not trusted: each side plays both parts
 * as far as that is cheap.
 *
 *   cross  where the ports of both can be guessed: fresh sockets of ours send to one port that the
 *          other side's NAT is about to give.  The other side does the same.  Where both guesses
 *          hold, the two mappings fit each other
 *   open   our sockets send to the other side's main port: each makes a mapping that lets it in
 *   probe  from our main port to ports where the other side's sockets may be open
 *   slow   from our main port to random ports, while the other side does the same: only if both
 *          agreed
 *
 * The chances.  D open sockets in P ports are met by n random probes with 1 - (1 - D/P)^n:
 *
 *   2048 probes, 256 sockets                         99.97 %
 *   the NAT spreads the sockets over four addresses  87 %
 *   the same, after a second attempt                 98 %
 *
 * Cross succeeds if each side makes the mapping that the other one aims at.  A NAT that counts
 * makes it.  Of a block of which a fraction f is taken it is made with chance f:
 *
 *   counts against block   f         1/2 at f = 1/2
 *   block against block    f * f     1/4 at f = 1/2; 97 % after 12 attempts in an hour
 *
 * That holds wherever both aim.  All sockets aim at one port, because two hits in one attempt would
 * waste one.  For more, another attempt comes when our ports are free again (HARD_COOL_BLOCK).
 *
 * A pure chooser: it names the socket and the port, and the caller paces and sends.
 *
 * Source: disco.md 8.4 and 8.5.
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
	/* Fresh sockets to one guessed port; half of them are room for what others take. */
	HARD_PLAN_CROSS_RUN = 32,
	HARD_PLAN_CHEAP = 16 /* packets of a stream that is unlikely to help */
};
#define HARD_PLAN_LASTS   (25 * SECOND) /* 256 openings, 2048 probes, and a round trip */
#define HARD_PLAN_REFRESH (9 * SECOND)  /* of openings: the shortest mappings last 10 s */

enum guess_kind { GUESS_RANDOM, GUESS_COUNTS, GUESS_BLOCK };

struct hard_guess {
	enum guess_kind kind;
	struct prediction prediction; /* COUNTS */
	struct port_block block;      /* BLOCK */
};
struct hard_guess hard_guess_of(const struct disco_extension *e);
const char *hard_guess_text(enum guess_kind k); /* "random ports", "counts", "a block of ports" */

struct hard_plan_count {
	uint32_t done, limit;
};

struct hard_plan {
	struct hard_guess ours, theirs;
	enum dest_mapping our_mapping, their_mapping;
	uint16_t their_main;                       /* port; 0: unknown */
	struct ip their_pool[DISCO_ADDRESSES_MAX]; /* random probes go to each in turn */
	uint32_t n_pool;
	uint32_t their_sockets; /* that they are going to open */
	bool slow;              /* both agreed to it */
	mono_ns began, refreshed;
	uint32_t sockets; /* that we use */
	struct hard_plan_count cross, open, probe, slowly;
	uint32_t opened;                   /* this time round, 0..open.limit */
	uint16_t aim;                      /* of cross */
	uint16_t taken[DISCO_SAMPLES_MAX]; /* ports that their samples hold, so no other socket */
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
/* If this plan fails, another attempt has the same chance, and a fair one. */
bool hard_plan_is_draw(const struct hard_plan *p);
/* The pause before that attempt. */
mono_ns hard_plan_pause(const struct hard_plan *p);

/* The streams. */
enum hard_plan_stream {
	HARD_PLAN_CROSS,
	HARD_PLAN_OPEN,
	HARD_PLAN_PROBE,
	HARD_PLAN_SLOW,
	HARD_PLAN_STREAMS
};

struct hard_plan_step {
	uint32_t socket; /* 0: the main port; n: the nth extra socket */
	struct ip ip;
	uint16_t port;
	bool new_flow;
	bool takes_port; /* of our block */
	enum hard_plan_stream stream;
};
/* What to send next. False: nothing now. */
bool hard_plan_next(struct hard_plan *p, struct hard_plan_step *out, mono_ns now) MUST_USE;
bool hard_plan_over(const struct hard_plan *p, mono_ns now);

#endif
