/* The questions are a row: the samples; then `describe`; then, if its answer told of another place,
 * `elsewhere`.  The last two go by the socket of the first sample.
 *
 * Bounded: SAMPLES_ASKS_MAX requests, none repeated. */
#include "path/hard/samples.h"

enum { DESCRIBE = HARD_PLAN_SAMPLES, ELSEWHERE };

void samples_begin(struct hard_samples *s, const struct endpoint *server, bool mapping_is_known)
{
	*s = (struct hard_samples){.n_wanted = HARD_PLAN_SAMPLES,
				   .asks_elsewhere = !mapping_is_known};
	s->n_wanted += s->asks_elsewhere;
	for (uint32_t i = 0; i < SAMPLES_ASKS_MAX; i++)
		s->v[i] = (struct hard_ask){.ask = {.to = *server},
					    .socket = i < HARD_PLAN_SAMPLES ? i : 0};
}

bool samples_send(struct hard_samples *s, const struct rng *rng, mono_ns now)
{
	struct hard_ask *a = &s->v[s->n_sent];
	const struct endpoint to = a->ask.to;
	stun_ask_begin(&a->ask, &to, 1, rng, MONO_NEVER);
	a->sent_at = now;
	return s->n_sent++ != DESCRIBE;
}

bool samples_output(struct hard_samples *s, uint32_t *socket, struct endpoint *to, struct wr *out)
{
	for (uint32_t i = 0; i < s->n_sent; i++) {
		struct hard_ask *a = &s->v[i];
		if (!stun_ask_send(&a->ask, to))
			continue;
		*socket = a->socket;
		if (i == DESCRIBE)
			stun_write_change_request(out, &a->ask.txid, 0);
		else
			stun_write_request(out, &a->ask.txid);
		return true;
	}
	return false;
}

void samples_stop(struct hard_samples *s)
{
	for (uint32_t i = 0; i < s->n_sent; i++)
		stun_ask_end(&s->v[i].ask);
}

static void take(struct hard_samples *s, struct hard_ask *a, const struct stun_answer *answer)
{
	a->seen = answer->reflexive;
	if (a != &s->v[DESCRIBE] || answer->other.ip.family != 4 || s->n_wanted != ELSEWHERE)
		return;
	s->v[ELSEWHERE].ask.to = answer->other;
	s->n_wanted++;
}

bool samples_input(struct hard_samples *s, uint32_t socket, struct bytes datagram)
{
	struct stun_answer answer;
	if (!stun_read_answer(datagram, &answer))
		return false;
	for (uint32_t i = 0; i < s->n_sent; i++) {
		struct hard_ask *a = &s->v[i];
		if (a->socket != socket || !stun_ask_is(&a->ask, &answer.txid))
			continue;
		if (stun_ask_input(&a->ask, &answer) == STUN_ASK_ANSWERED)
			take(s, a, &answer);
		return !a->ask.waits; /* the same answer once more is ours, too */
	}
	return false;
}

bool samples_complete(const struct hard_samples *s)
{
	for (uint32_t i = 0; i < s->n_wanted; i++)
		if (s->v[i].seen.port == 0)
			return false;
	return !samples_want(s);
}

static void add_address(struct disco_extension *e, const struct ip *ip)
{
	for (size_t i = 0; i < e->n_addresses; i++)
		if (ip_equal(&e->addresses[i], ip))
			return;
	if (e->n_addresses < DISCO_ADDRESSES_MAX)
		e->addresses[e->n_addresses++] = *ip;
}

/* Did both places see the same of the first socket?  1 yes, 0 no, -1: one of them is silent. */
static int same_elsewhere(const struct hard_samples *s)
{
	const struct endpoint *here = &s->v[0].seen, *there = &s->v[ELSEWHERE].seen;
	if (here->port == 0 || there->port == 0)
		return -1;
	return endpoint_equal(here, there);
}

void samples_tell(const struct hard_samples *s, struct disco_extension *out)
{
	out->n_samples = out->n_addresses = 0;
	for (uint32_t i = 0; i < HARD_PLAN_SAMPLES && i < s->n_sent; i++) {
		const struct hard_ask *a = &s->v[i];
		if (a->seen.port == 0)
			continue;
		out->samples[out->n_samples++] = (struct disco_sample){
			(uint16_t)((a->sent_at - s->v[0].sent_at) / MSEC), a->seen.port};
		add_address(out, &a->seen.ip);
	}
	if (out->mapping != MAPPING_UNKNOWN)
		return;
	int same = same_elsewhere(s);
	if (same == 0)
		out->mapping = MAPPING_VARIES;
	else if (same == 1 && !ip_equal(&s->v[0].ask.to.ip, &s->v[ELSEWHERE].ask.to.ip))
		out->mapping = MAPPING_SAME;
}

bool samples_thrifty(const struct hard_samples *s)
{
	return same_elsewhere(s) == 1;
}
