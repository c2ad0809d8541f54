/* The streams and their order.
 *
 * The first run of `cross` goes before everything else, while the guess is young.  Then `cross`,
 * `open` and `probe` take turns.  Probing at random waits until both sides have opened their
 * sockets: earlier probes would find nothing open.
 *
 * Bounded: each stream has a limit, and the plan as a whole has a time. */
#include "path/hard/plan.h"

enum {
	OPEN_COUNTS = 32, /* one run in the window of guesses */
	OPEN_BLOCK = 128,
	CROSS_COUNTS = 2 * HARD_PLAN_CROSS_RUN, /* the same run twice: a datagram may be lost */
	CROSS_BLOCK = 1024,
	PROBE_PASSES = 3,
	BLOCK_CHEAP = 4 /* ports of our block, for streams that are unlikely to help */
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

uint32_t hard_plan_sockets(enum dest_mapping mapping, enum guess_kind kind)
{
	if (mapping == MAPPING_SAME)
		return HARD_PLAN_SAMPLES + 2 * HARD_PLAN_CHEAP;
	switch (kind) {
	case GUESS_COUNTS:
		return HARD_PLAN_SAMPLES + 2 * HARD_PLAN_CROSS_RUN;
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
	if (!both_can_be_guessed(p) || p->our_mapping == MAPPING_SAME ||
	    p->their_mapping == MAPPING_SAME)
		return 0;
	return p->ours.kind == GUESS_COUNTS ? CROSS_COUNTS : CROSS_BLOCK;
}

static uint32_t open_limit(const struct hard_plan *p)
{
	if (p->their_main == 0)
		return 0;
	if (p->our_mapping == MAPPING_SAME || p->their_mapping == MAPPING_VARIES)
		return HARD_PLAN_CHEAP;
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
	if (p->our_mapping == MAPPING_VARIES || p->their_mapping == MAPPING_SAME)
		return HARD_PLAN_CHEAP;
	switch (p->theirs.kind) {
	case GUESS_COUNTS:
		return PROBE_PASSES * PREDICTION_WINDOW;
	case GUESS_BLOCK:
		return p->theirs.block.size * PROBE_PASSES < HARD_PROBES
			       ? p->theirs.block.size * PROBE_PASSES
			       : HARD_PROBES;
	case GUESS_RANDOM:
		break;
	}
	return HARD_PROBES;
}

static bool has_a_block(const struct hard_plan *p)
{
	return p->ours.kind == GUESS_BLOCK && p->our_mapping != MAPPING_SAME;
}

/* Each flow may take a port of our block, and the rest of the house needs some, too.  Where probing
 * takes no port, it is as free as to any other NAT. */
static void share_block(struct hard_plan *p, uint32_t ports)
{
	uint32_t rest = ports > HARD_PLAN_SAMPLES ? ports - HARD_PLAN_SAMPLES : 0;
	bool crosses = p->cross.limit > 0;
	bool only =
		crosses && p->our_mapping == MAPPING_VARIES && p->their_mapping == MAPPING_VARIES;
	uint32_t share = least(rest, only ? BLOCK_CHEAP : ports / 4);
	if (!p->thrifty)
		rest -= p->probe.limit = least(p->probe.limit, share);
	rest -= p->open.limit = least(p->open.limit, crosses ? least(rest, share) : rest);
	p->cross.limit = least(p->cross.limit, rest);
}

/* Of the addresses that the peer named, those where a host can be. */
static void learn_pool(struct hard_plan *p, const struct disco_extension *theirs)
{
	p->their_pool[p->n_pool++] = theirs->reflexive.ip;
	for (size_t i = 0; i < theirs->n_addresses && p->n_pool < DISCO_ADDRESSES_MAX; i++) {
		const struct endpoint there = {theirs->addresses[i], theirs->reflexive.port};
		if (!ip_equal(&there.ip, &theirs->reflexive.ip) &&
		    candidate_is_plausible(&there, false))
			p->their_pool[p->n_pool++] = there.ip;
	}
}

static void learn_taken(struct hard_plan *p, const struct disco_extension *theirs)
{
	for (size_t i = 0; i < theirs->n_samples; i++)
		p->taken[p->n_taken++] = theirs->samples[i].port;
}

void hard_plan_init(struct hard_plan *p, const struct disco_extension *ours,
		    const struct disco_extension *theirs, const struct hard_plan_limits *limits,
		    const struct rng *rng, mono_ns now)
{
	*p = (struct hard_plan){.ours = hard_guess_of(ours),
				.theirs = hard_guess_of(theirs),
				.our_mapping = ours->mapping,
				.their_mapping = theirs->mapping,
				.their_main = theirs->reflexive.port,
				.their_sockets = theirs->sockets,
				.slow = ours->slow && theirs->slow,
				.thrifty = limits->thrifty,
				.began = now,
				.refreshed = now};
	p->sockets = hard_plan_sockets(p->our_mapping, p->ours.kind);
	p->open.limit = open_limit(p);
	p->cross.limit = cross_limit(p);
	p->probe.limit = probe_limit(p);
	if (has_a_block(p))
		share_block(p, limits->block_ports);
	learn_pool(p, theirs);
	learn_taken(p, theirs);
	/* Where one side may be easy, the other streams find the path sooner. */
	bool hopeless = p->our_mapping != MAPPING_SAME && p->their_mapping != MAPPING_SAME &&
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

static bool is_taken(const struct hard_plan *p, uint16_t port)
{
	bool taken = port == p->their_main;
	for (size_t i = 0; i < p->n_taken; i++)
		taken |= port == p->taken[i];
	return taken;
}

/* A port of their block that may still be given; or the middle of the first run that they make. */
static uint16_t cross_aim(struct hard_plan *p)
{
	uint16_t port = 0;
	if (p->theirs.kind == GUESS_COUNTS)
		return prediction_port(&p->theirs.prediction, HARD_PLAN_CROSS_RUN / 2);
	for (size_t i = 0; i <= p->n_taken + 1 && (i == 0 || is_taken(p, port)); i++)
		port = next_port(&p->aims);
	return port;
}

/* All sockets aim at one port until each has sent.  If our NAT counts, they make one short run of
 * mappings, where the other side looks for it, and the run is sent twice.  If our NAT gives us a
 * block, each takes one port of it. */
static bool cross(struct hard_plan *p, struct hard_plan_step *out)
{
	if (p->cross.done == p->cross.limit)
		return false;
	bool counts = p->ours.kind == GUESS_COUNTS;
	uint32_t at = p->cross.done++,
		 run = counts ? HARD_PLAN_CROSS_RUN : p->sockets - HARD_PLAN_SAMPLES;
	if (at == 0 || (at % run == 0 && !counts))
		p->aim = cross_aim(p);
	/* Endpoint-independent mapping gives a new port to a fresh socket only. */
	*out = (struct hard_plan_step){.stream = HARD_PLAN_CROSS,
				       .socket = 1 + HARD_PLAN_SAMPLES + at % run,
				       .ip = p->their_pool[0],
				       .port = p->aim,
				       .new_flow = !counts || at < run};
	return true;
}

static bool open_next(struct hard_plan *p, struct hard_plan_step *out, mono_ns now)
{
	if (p->opened >= p->open.limit && now >= p->refreshed + HARD_PLAN_REFRESH) {
		p->opened = 0;
		p->refreshed = now;
	}
	if (p->opened >= p->open.limit || now >= p->began + HARD_PLAN_LASTS)
		return false;
	bool first = p->open.done < p->open.limit;
	*out = (struct hard_plan_step){.stream = HARD_PLAN_OPEN,
				       .socket = 1 + p->opened++ % p->sockets,
				       .ip = p->their_pool[0],
				       .port = p->their_main,
				       .new_flow = first};
	p->open.done++;
	return true;
}

static mono_ns time_for(uint32_t packets)
{
	return packets > HARD_BURST ? (packets - HARD_BURST) * (SECOND / HARD_PER_SECOND) : 0;
}

static bool probe(struct hard_plan *p, struct hard_plan_step *out, mono_ns now)
{
	bool waits = p->theirs.kind == GUESS_RANDOM &&
		     (p->open.done < p->open.limit || now < p->began + time_for(p->their_sockets));
	if (p->probe.done == p->probe.limit || waits)
		return false;
	uint32_t at = p->probe.done++;
	*out = (struct hard_plan_step){
		.stream = HARD_PLAN_PROBE, .socket = 0, .ip = p->their_pool[0], .new_flow = true};
	if (p->theirs.kind == GUESS_COUNTS) {
		out->port = prediction_port(&p->theirs.prediction,
					    prediction_order(at % PREDICTION_WINDOW));
		out->new_flow = at < PREDICTION_WINDOW;
	} else {
		out->port = next_port(&p->ports);
	}
	if (p->theirs.kind == GUESS_RANDOM)
		out->ip = p->their_pool[at % p->n_pool];
	return true;
}

/* Each of our probes, and each of theirs, makes a mapping with a random outside port.  A pair fits
 * with a chance of one in 64512 squared.  A socket probes each of their ports once. */
static bool slowly(struct hard_plan *p, struct hard_plan_step *out)
{
	if (p->slowly.done == p->slowly.limit)
		return false;
	uint32_t socket = p->slowly.done++ / p->ports.size;
	*out = (struct hard_plan_step){
		.stream = HARD_PLAN_SLOW,
		.socket = socket,
		.ip = p->their_pool[0],
		.port = next_port(&p->ports),
		.new_flow = true,
	};
	return true;
}

static bool next_of_all(struct hard_plan *p, struct hard_plan_step *out, mono_ns now)
{
	if (p->cross.done < HARD_PLAN_CROSS_RUN && cross(p, out))
		return true;
	p->turn = !p->turn;
	if (p->turn && (probe(p, out, now) || cross(p, out)))
		return true;
	return open_next(p, out, now) || cross(p, out) || probe(p, out, now) || slowly(p, out);
}

bool hard_plan_next(struct hard_plan *p, struct hard_plan_step *out, mono_ns now)
{
	if (!next_of_all(p, out, now))
		return false;
	out->takes_port = out->new_flow && has_a_block(p) && (out->socket != 0 || !p->thrifty);
	return true;
}

/* The other side may still send when we have nothing left to send: our sockets must stay open. */
bool hard_plan_over(const struct hard_plan *p, mono_ns now)
{
	if (p->slowly.limit > 0)
		return p->slowly.done == p->slowly.limit;
	return now >= p->began + HARD_PLAN_LASTS;
}

bool hard_plan_is_draw(const struct hard_plan *p)
{
	bool of_a_block = p->ours.kind == GUESS_BLOCK || p->theirs.kind == GUESS_BLOCK;
	return (p->cross.limit > 0 && of_a_block) || p->slowly.limit > 0;
}

mono_ns hard_plan_pause(const struct hard_plan *p)
{
	return p->slowly.limit > 0 ? HARD_COOL_SLOW : HARD_COOL_BLOCK;
}
