/* A round asks every server one question.  What a server saw stays good until the server gives
 * another answer, or does not answer in a whole round.  So a round in progress does not make
 * candidates come and go.
 *
 * Bounded: STUN_SERVERS_MAX servers, STUN_TRIES requests to each in a round, and rounds are
 * ROUND_APART from each other. */
#include "path/find/reflexive.h"

#define ROUND_MIN   (20 * SECOND)
#define ROUND_MAX   (26 * SECOND)
#define ROUND_APART (1 * SECOND) /* between rounds on request: many peers may ask at once */

/* The wait after the first, second and last try. */
static const mono_ns patience[STUN_TRIES] = {200 * MSEC, 400 * MSEC, 2000 * MSEC};

void reflexive_init(struct reflexive_finder *f, const struct rng *rng, uint16_t port)
{
	*f = (struct reflexive_finder){.rng = *rng,
				       .port = port,
				       .round_at = MONO_NEVER,
				       .next_round = MONO_NEVER,
				       .answered_at = MONO_NEVER};
}

static void plan_next_round(struct reflexive_finder *f, mono_ns now)
{
	mono_ns after = ROUND_MIN + rng_below(&f->rng, ROUND_MAX - ROUND_MIN);
	f->next_round = f->wanted && f->n > 0 ? now + after : MONO_NEVER;
}

static void begin_round(struct reflexive_finder *f, mono_ns now)
{
	f->round_at = now;
	for (size_t i = 0; i < f->n; i++)
		stun_ask_begin(&f->v[i].ask, &f->v[i].at, STUN_TRIES, &f->rng, now + patience[0]);
	plan_next_round(f, now);
}

static void add_server(struct reflexive_finder *f, const struct endpoint *at)
{
	size_t same_family = 0;
	if (!endpoint_is_set(at))
		return;
	for (size_t i = 0; i < f->n; i++) {
		if (endpoint_equal(&f->v[i].at, at))
			return;
		same_family += f->v[i].at.ip.family == at->ip.family;
	}
	if (same_family < STUN_SERVERS_PER_FAMILY)
		f->v[f->n++] = (struct reflexive_server){.at = *at};
}

void reflexive_set(struct reflexive_finder *f, const struct relay_place *v, size_t n, mono_ns now)
{
	struct reflexive_finder old = *f;
	bool same = true;
	f->n = 0;
	for (size_t i = 0; i < n; i++) {
		add_server(f, &v[i].stun4);
		add_server(f, &v[i].stun6);
	}
	for (size_t i = 0; i < f->n; i++)
		same &= endpoint_equal(&f->v[i].at, &old.v[i].at);
	if (same && f->n == old.n)
		*f = old;
	else
		begin_round(f, now);
}

static bool reflexive_input(void *self, const struct endpoint *from, struct bytes datagram,
			    mono_ns now)
{
	struct reflexive_finder *f = self;
	struct stun_answer answer;
	if (!stun_read_answer(datagram, &answer))
		return false;
	for (size_t i = 0; i < f->n; i++) {
		if (stun_ask_input(&f->v[i].ask, &answer) != STUN_ASK_ANSWERED)
			continue;
		f->v[i].seen = answer.reflexive;
		f->answered_at = now;
		return true;
	}
	return false;
}

static bool reflexive_output(void *self, struct endpoint *to, struct wr *out)
{
	struct reflexive_finder *f = self;
	for (size_t i = 0; i < f->n; i++)
		if (stun_ask_output(&f->v[i].ask, to, out))
			return true;
	return false;
}

static mono_ns reflexive_deadline(const void *self)
{
	const struct reflexive_finder *f = self;
	mono_ns first = f->next_round;
	for (size_t i = 0; i < f->n; i++)
		first = mono_min(first, stun_ask_deadline(&f->v[i].ask));
	return first;
}

static void try_server(struct reflexive_server *s, mono_ns now)
{
	uint8_t tried = STUN_TRIES - s->ask.tries_left;
	mono_ns wait = tried < STUN_TRIES ? patience[tried] : 0;
	if (stun_ask_again(&s->ask, now + wait))
		return;
	stun_ask_end(&s->ask);
	s->seen = (struct endpoint){0};
}

static void reflexive_tick(void *self, mono_ns now)
{
	struct reflexive_finder *f = self;
	if (f->next_round <= now)
		begin_round(f, now);
	for (size_t i = 0; i < f->n; i++)
		if (stun_ask_is_due(&f->v[i].ask, now))
			try_server(&f->v[i], now);
}

/* The first answer over this family, then those that two or more servers gave.  A mapping that only
 * one server saw may be good towards that server only. */
static void add_family(const struct reflexive_finder *f, uint8_t family, struct candidates *out)
{
	bool first = true;
	for (size_t i = 0; i < f->n; i++) {
		const struct endpoint *seen = &f->v[i].seen;
		bool confirmed = false;
		if (seen->ip.family != family)
			continue;
		for (size_t k = 0; k < i; k++)
			confirmed |= endpoint_equal(&f->v[k].seen, seen);
		if (first || confirmed)
			candidates_add(out, seen, CANDIDATE_STUN);
		first = false;
	}
}

enum dest_mapping reflexive_mapping(const struct reflexive_finder *f)
{
	const struct endpoint *first = NULL;
	enum dest_mapping mapping = MAPPING_UNKNOWN;
	for (size_t i = 0; i < f->n; i++) {
		const struct endpoint *seen = &f->v[i].seen;
		if (seen->ip.family != 4)
			continue;
		if (first && !endpoint_equal(first, seen))
			return MAPPING_VARIES;
		if (first)
			mapping = MAPPING_SAME;
		first = seen;
	}
	return mapping;
}

bool reflexive_here(const struct reflexive_finder *f, struct endpoint *server,
		    struct endpoint *seen)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->v[i].seen.ip.family != 4)
			continue;
		*server = f->v[i].at;
		*seen = f->v[i].seen;
		return true;
	}
	return false;
}

static void reflexive_candidates(const void *self, struct candidates *out)
{
	const struct reflexive_finder *f = self;
	struct endpoint server, seen;
	add_family(f, 4, out);
	add_family(f, 6, out);
	/* Behind a NAT that varies its mappings, a port that a person forwarded is usually the same
	 * outside. */
	if (reflexive_mapping(f) == MAPPING_VARIES && f->port != 0 &&
	    reflexive_here(f, &server, &seen))
		candidates_add(out, &(struct endpoint){seen.ip, f->port},
			       CANDIDATE_STUN_LOCAL_PORT);
}

static void reflexive_refresh(void *self, bool forget, mono_ns now)
{
	struct reflexive_finder *f = self;
	if (!forget && mono_since(f->round_at, now) < ROUND_APART) {
		/* An answer from just before the NAT forgot us is of no use, so one more round
		 * follows. */
		if (f->n > 0)
			f->next_round = mono_min(f->next_round, f->round_at + ROUND_APART);
		return;
	}
	if (forget) {
		f->answered_at = MONO_NEVER;
		for (size_t i = 0; i < f->n; i++)
			f->v[i].seen = (struct endpoint){0};
	}
	begin_round(f, now);
}

static void reflexive_want(void *self, bool wanted, mono_ns now)
{
	struct reflexive_finder *f = self;
	f->wanted = wanted;
	if (!wanted)
		f->next_round = MONO_NEVER;
	else if (mono_since(f->round_at, now) >= ROUND_MIN)
		begin_round(f, now);
	else
		plan_next_round(f, f->round_at);
}

static bool reflexive_fresh(const void *self, mono_ns since)
{
	const struct reflexive_finder *f = self;
	return f->n == 0 || (f->answered_at != MONO_NEVER && f->answered_at >= since);
}

const struct finder reflexive_finder = {.input = reflexive_input,
					.output = reflexive_output,
					.deadline = reflexive_deadline,
					.tick = reflexive_tick,
					.candidates = reflexive_candidates,
					.refresh = reflexive_refresh,
					.want = reflexive_want,
					.fresh = reflexive_fresh};
