/* The streams and their order.
 *
 * The first run of `cross` goes before everything else, while the guess is young.  Then `cross`, `open` and
 * `probe` take turns, but for probing at random: that waits until both sides have opened their sockets, or
 * its first hundreds of probes would knock at doors that are not there yet.
 *
 * Bounded: each stream has a limit, and the plan as a whole a time. */
#include "path/hard_plan.h"

enum {
	OPEN_COUNTS = 32, /* one run in the window of guesses */
	OPEN_BLOCK = 128,
	CROSS_COUNTS = 2 * PLAN_CROSS_RUN, /* the same run twice: a datagram may be lost */
	CROSS_BLOCK = 1024,
	PROBE_PASSES = 3
};

struct hard_guess hard_guess_of(const struct disco_extension *e)
{
	uint16_t ports[DISCO_SAMPLES_MAX];
	struct hard_guess g = {.kind = GUESS_RANDOM};
	for (size_t i = 0; i < e->n_samples; i++)
		ports[i] = e->samples[i].port;
	if (prediction_of(ports, e->n_samples, &g.prediction))
		g.kind = GUESS_COUNTS;
	else if (block_of(ports, e->n_samples, &g.block))
		g.kind = GUESS_BLOCK;
	return g;
}

const char *hard_guess_text(enum guess_kind k)
{
	switch (k) {
	case GUESS_RANDOM:
		return "random ports";
	case GUESS_COUNTS:
		return "counts";
	case GUESS_BLOCK:
		return "a block of ports";
	}
	return "unknown";
}

uint32_t plan_sockets(enum disco_mapping mapping, enum guess_kind kind)
{
	if (mapping == DISCO_MAPPING_SAME)
		return PLAN_SAMPLES + 2 * PLAN_CHEAP;
	switch (kind) {
	case GUESS_COUNTS:
		return PLAN_SAMPLES + 2 * PLAN_CROSS_RUN;
	case GUESS_BLOCK:
	case GUESS_RANDOM:
		break;
	}
	return HARD_SOCKETS;
}

/* --- limits --- */

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool both_can_be_guessed(const struct hard_plan *p)
{
	return p->ours.kind != GUESS_RANDOM && p->theirs.kind != GUESS_RANDOM;
}

static uint32_t cross_limit(const struct hard_plan *p)
{
	if (!both_can_be_guessed(p) || p->our_mapping == DISCO_MAPPING_SAME ||
	    p->their_mapping == DISCO_MAPPING_SAME)
		return 0;
	return p->ours.kind == GUESS_COUNTS && p->theirs.kind == GUESS_COUNTS ? CROSS_COUNTS : CROSS_BLOCK;
}

static uint32_t open_limit(const struct hard_plan *p)
{
	if (p->their_main == 0)
		return 0;
	if (p->our_mapping == DISCO_MAPPING_SAME || p->their_mapping == DISCO_MAPPING_VARIES)
		return PLAN_CHEAP;
	switch (p->ours.kind) {
	case GUESS_COUNTS:
		return OPEN_COUNTS;
	case GUESS_BLOCK:
		return OPEN_BLOCK;
	case GUESS_RANDOM:
		break;
	}
	return HARD_SOCKETS;
}

static uint32_t probe_limit(const struct hard_plan *p)
{
	if (p->our_mapping == DISCO_MAPPING_VARIES || p->their_mapping == DISCO_MAPPING_SAME)
		return PLAN_CHEAP;
	switch (p->theirs.kind) {
	case GUESS_COUNTS:
		return PROBE_PASSES * PREDICTION_WINDOW;
	case GUESS_BLOCK:
		return p->theirs.block.size * PROBE_PASSES < HARD_PROBES ? p->theirs.block.size * PROBE_PASSES
									 : HARD_PROBES;
	case GUESS_RANDOM:
		break;
	}
	return HARD_PROBES;
}

/* Each flow may take a port of our block, and the rest of the house needs some, too: half of it is enough. */
static void share_block(struct hard_plan *p)
{
	uint32_t half = p->ours.block.size / 2 - PLAN_SAMPLES, rest = half;
	p->probe.limit = least(p->probe.limit, half / 4);
	rest -= p->probe.limit;
	p->open.limit = least(p->open.limit, p->cross.limit > 0 ? half / 4 : rest);
	rest -= p->open.limit;
	p->cross.limit = least(p->cross.limit, rest);
}

void plan_init(struct hard_plan *p, const struct disco_extension *ours, const struct disco_extension *theirs,
	       const struct rng *rng, mono_ns now)
{
	*p = (struct hard_plan){.ours = hard_guess_of(ours),
				.theirs = hard_guess_of(theirs),
				.our_mapping = ours->mapping,
				.their_mapping = theirs->mapping,
				.their_main = theirs->reflexive.port,
				.their_sockets = theirs->sockets,
				.slow = ours->slow && theirs->slow,
				.began = now,
				.refreshed = now};
	p->sockets = plan_sockets(p->our_mapping, p->ours.kind);
	p->open.limit = open_limit(p);
	p->cross.limit = cross_limit(p);
	p->probe.limit = probe_limit(p);
	if (p->ours.kind == GUESS_BLOCK && p->our_mapping != DISCO_MAPPING_SAME)
		share_block(p);
	/* Where one side may be easy, the other ways find it sooner. */
	bool hopeless = p->our_mapping != DISCO_MAPPING_SAME && p->their_mapping != DISCO_MAPPING_SAME &&
			p->ours.kind == GUESS_RANDOM && p->theirs.kind == GUESS_RANDOM;
	p->slowly.limit = p->slow && hopeless ? HARD_SLOW_MAX : 0;
	birthday_init_all(&p->ports, rng);
	if (p->theirs.kind == GUESS_BLOCK) {
		birthday_init(&p->ports, p->theirs.block.first, p->theirs.block.size, rng);
		birthday_init(&p->aims, p->theirs.block.first, p->theirs.block.size, rng);
	}
}

/* --- the streams --- */

static uint16_t next_port(struct birthday *b)
{
	uint16_t port;
	while (!birthday_next(b, &port))
		;
	return port;
}

/* The middle of the run that they make in our round. */
static uint16_t cross_aim(struct hard_plan *p, uint32_t round)
{
	if (p->theirs.kind == GUESS_BLOCK)
		return next_port(&p->aims);
	uint32_t made = p->ours.kind == GUESS_COUNTS ? 0 : round * PLAN_CROSS_RUN;
	return prediction_port(&p->theirs.prediction, made + PLAN_CROSS_RUN / 2);
}

static bool cross(struct hard_plan *p, struct plan_step *out)
{
	if (p->cross.done == p->cross.limit)
		return false;
	uint32_t at = p->cross.done++, round = at / PLAN_CROSS_RUN;
	if (at % PLAN_CROSS_RUN == 0)
		p->aim = cross_aim(p, round);
	bool again = p->cross.limit == CROSS_COUNTS && round > 0;
	/* A NAT that maps independently of the endpoint gives a new port to a fresh socket only. */
	uint32_t fresh = p->sockets - PLAN_SAMPLES, place = again ? at % PLAN_CROSS_RUN : at % fresh;
	*out = (struct plan_step){.socket = 1 + PLAN_SAMPLES + place, .port = p->aim, .new_flow = !again};
	return true;
}

static bool open_next(struct hard_plan *p, struct plan_step *out, mono_ns now)
{
	if (p->opened >= p->open.limit && now >= p->refreshed + PLAN_REFRESH) {
		p->opened = 0;
		p->refreshed = now;
	}
	if (p->opened >= p->open.limit || now >= p->began + PLAN_LASTS)
		return false;
	bool first = p->open.done < p->open.limit;
	*out = (struct plan_step){
		.socket = 1 + p->opened++ % p->sockets, .port = p->their_main, .new_flow = first};
	p->open.done++;
	return true;
}

static mono_ns time_for(uint32_t packets)
{
	return packets > HARD_BURST ? (packets - HARD_BURST) * (SECOND / HARD_PER_SECOND) : 0;
}

static bool probe(struct hard_plan *p, struct plan_step *out, mono_ns now)
{
	bool waits = p->theirs.kind == GUESS_RANDOM &&
		     (p->open.done < p->open.limit || now < p->began + time_for(p->their_sockets));
	if (p->probe.done == p->probe.limit || waits)
		return false;
	uint32_t at = p->probe.done++;
	*out = (struct plan_step){.socket = 0, .new_flow = true};
	if (p->theirs.kind == GUESS_COUNTS) {
		out->port = prediction_port(&p->theirs.prediction, prediction_order(at % PREDICTION_WINDOW));
		out->new_flow = at < PREDICTION_WINDOW;
	} else {
		out->port = next_port(&p->ports);
	}
	return true;
}

/* Each of our probes, and each of theirs, is a mapping with a random port outside: a pair fits with a chance
 * of one in 64512 squared. A socket has each of their ports once. */
static bool slowly(struct hard_plan *p, struct plan_step *out)
{
	if (p->slowly.done == p->slowly.limit)
		return false;
	uint32_t socket = p->slowly.done++ / p->ports.size;
	*out = (struct plan_step){
		.socket = socket, .port = next_port(&p->ports), .new_flow = true, .slow = true};
	return true;
}

bool plan_next(struct hard_plan *p, struct plan_step *out, mono_ns now)
{
	if (p->cross.done < PLAN_CROSS_RUN && cross(p, out))
		return true;
	p->turn = !p->turn;
	if (p->turn && (probe(p, out, now) || cross(p, out)))
		return true;
	return open_next(p, out, now) || cross(p, out) || probe(p, out, now) || slowly(p, out);
}

/* The other side may go on for longer than we have anything to send: our sockets must stay. */
bool plan_over(const struct hard_plan *p, mono_ns now)
{
	if (p->slowly.limit > 0)
		return p->slowly.done == p->slowly.limit;
	return now >= p->began + PLAN_LASTS;
}
