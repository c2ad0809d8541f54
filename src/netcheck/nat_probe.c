/* All questions stand in one table, in the order in which they are first sent.  A step is over when
 * each of its questions is answered or given up.  Then the next step adds its own.
 *
 * Bounded: NAT_PROBE_ASKS_MAX questions of NAT_PROBE_TRIES requests. */
#include "netcheck/nat_probe.h"

#define TRY_AGAIN_AFTER (200 * MSEC)
#define PATIENCE_MIN    (400 * MSEC)
#define PATIENCE_FIRST  (600 * MSEC) /* while no round trip is known */
#define PATIENCE_MAX    (1000 * MSEC)

void nat_probe_init(struct nat_probe *t, const struct rng *rng)
{
	*t = (struct nat_probe){.rng = *rng};
}

void nat_probe_stop(struct nat_probe *t)
{
	t->step = NAT_PROBE_REST;
	t->n_asks = 0;
}

void nat_probe_note(struct nat_probe *t, const struct sample *s, bool behind_nat)
{
	t->behind_nat |= behind_nat;
	if (t->n_own < NAT_PROBE_SAMPLES_MAX)
		t->own[t->n_own++] = *s;
}

/* --- what each step asks --- */

static void ask(struct nat_probe *t, enum nat_probe_socket socket, size_t server,
		const struct endpoint *to, int change, mono_ns now)
{
	if (t->n_asks == NAT_PROBE_ASKS_MAX || !endpoint_is_set(to))
		return;
	struct nat_probe_ask *a = &t->asks[t->n_asks++];
	*a = (struct nat_probe_ask){.step = t->step,
				    .socket = socket,
				    .server = server,
				    .change = change,
				    .asked_at = now};
	stun_ask_begin(&a->ask, to, NAT_PROBE_TRIES, &t->rng, now + TRY_AGAIN_AFTER);
}

static void ask_for_descriptions(struct nat_probe *t, mono_ns now)
{
	for (size_t i = 0; i < t->n_servers; i++)
		ask(t, NAT_PROBE_FRESH, i, &t->servers[i].at, 0, now);
}

/* The server that can show most: one with a second address, else one with a second port only. */
static const struct nat_probe_server *best_server(const struct nat_probe *t, size_t *at)
{
	const struct nat_probe_server *best = NULL;
	for (size_t i = 0; i < t->n_servers; i++) {
		const struct nat_probe_server *s = &t->servers[i];
		bool better = !best || (endpoint_is_set(&s->second_address) &&
					!endpoint_is_set(&best->second_address));
		if (endpoint_is_set(&s->second_port) && better) {
			best = s;
			*at = i;
		}
	}
	return best;
}

static void ask_past_the_filter(struct nat_probe *t, mono_ns now)
{
	size_t at = 0;
	const struct nat_probe_server *s = best_server(t, &at);
	if (!s)
		return;
	ask(t, NAT_PROBE_FRESH, at, &s->at, STUN_CHANGE_PORT, now);
	t->other_port = ARRIVAL_NO;
	if (endpoint_is_set(&s->second_address)) {
		ask(t, NAT_PROBE_FRESH, at, &s->at, STUN_CHANGE_ADDRESS | STUN_CHANGE_PORT, now);
		t->other_address = ARRIVAL_NO;
	}
}

static void ask_everywhere_else(struct nat_probe *t, enum nat_probe_socket socket, mono_ns now)
{
	for (size_t i = 0; i < t->n_servers; i++) {
		ask(t, socket, i, &t->servers[i].second_port, -1, now);
		ask(t, socket, i, &t->servers[i].second_address, -1, now);
	}
}

static bool mapping_varies(const struct nat_probe *t)
{
	for (size_t i = 1; i < t->n_own; i++)
		if (!endpoint_equal(&t->own[0].seen, &t->own[i].seen))
			return true;
	return false;
}

size_t nat_probe_fresh_samples(const struct nat_probe *t,
			       struct sample out[static NAT_PROBE_SAMPLES_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < t->n_asks; i++) {
		const struct nat_probe_ask *a = &t->asks[i];
		bool fresh = a->step == NAT_PROBE_DESCRIBE || a->step == NAT_PROBE_STEP;
		if (fresh && a->answered && n < NAT_PROBE_SAMPLES_MAX)
			out[n++] = (struct sample){a->ask.to, a->seen};
	}
	return n;
}

/* Each socket's request opens the filter for the other, so a second try passes strict filters. */
static void ask_ourselves(struct nat_probe *t, mono_ns now)
{
	struct sample fresh[NAT_PROBE_SAMPLES_MAX];
	if (!t->behind_nat || t->n_own == 0 || nat_probe_fresh_samples(t, fresh) == 0)
		return;
	t->hairpin = ARRIVAL_NO;
	ask(t, NAT_PROBE_OWN, 0, &fresh[0].seen, -1, now);
	ask(t, NAT_PROBE_FRESH, 0, &t->own[0].seen, -1, now);
}

/* --- from step to step --- */

static void enter(struct nat_probe *t, enum nat_probe_step step, mono_ns now)
{
	t->step = step;
	switch (step) {
	case NAT_PROBE_REST:
	case NAT_PROBE_OVER:
		break;
	case NAT_PROBE_DESCRIBE:
		ask_for_descriptions(t, now);
		break;
	case NAT_PROBE_FILTER:
		ask_past_the_filter(t, now);
		ask_everywhere_else(t, NAT_PROBE_OWN, now);
		break;
	case NAT_PROBE_STEP:
		if (mapping_varies(t))
			ask_everywhere_else(t, NAT_PROBE_FRESH, now);
		break;
	case NAT_PROBE_HAIRPIN:
		ask_ourselves(t, now);
		break;
	}
}

static bool step_waits(const struct nat_probe *t)
{
	for (size_t i = 0; i < t->n_asks; i++)
		if (t->asks[i].step == t->step && stun_ask_deadline(&t->asks[i].ask) != MONO_NEVER)
			return true;
	return false;
}

static void go_on(struct nat_probe *t, mono_ns now)
{
	while (nat_probe_runs(t) && !step_waits(t))
		enter(t, (enum nat_probe_step)(t->step + 1), now);
}

void nat_probe_begin(struct nat_probe *t, uint8_t family, const struct endpoint *servers, size_t n,
		     mono_ns now)
{
	*t = (struct nat_probe){
		.rng = t->rng,
		.family = family,
	};
	for (size_t i = 0; i < n && t->n_servers < NAT_PROBE_SERVERS_MAX; i++)
		if (servers[i].ip.family == family && endpoint_is_set(&servers[i]))
			t->servers[t->n_servers++].at = servers[i];
	enter(t, NAT_PROBE_DESCRIBE, now);
	go_on(t, now);
}

/* --- answers --- */

/* The server may be behind a forwarded port, and name an inside address as its origin.  So its
 * place is where we reach it.  Its other port or address counts if that differs from both. */
static void learn_places(struct nat_probe_server *s, const struct stun_answer *a)
{
	if (!endpoint_is_set(&a->origin) || !endpoint_is_set(&a->other) ||
	    a->other.ip.family != s->at.ip.family)
		return;
	if (a->other.port != a->origin.port && a->other.port != s->at.port)
		s->second_port = (struct endpoint){s->at.ip, a->other.port};
	bool elsewhere =
		!ip_equal(&a->other.ip, &a->origin.ip) && !ip_equal(&a->other.ip, &s->at.ip);
	if (elsewhere && !ip_is_loopback(&a->other.ip) && !ip_is_multicast(&a->other.ip))
		s->second_address = (struct endpoint){a->other.ip, s->at.port};
}

/* The wait after a last try. */
static mono_ns patience(const struct nat_probe *t)
{
	if (t->rtt == 0)
		return PATIENCE_FIRST;
	return mono_min(PATIENCE_MAX, mono_max(PATIENCE_MIN, 2 * t->rtt));
}

static void take(struct nat_probe *t, struct nat_probe_ask *a, const struct endpoint *from,
		 const struct stun_answer *answer, mono_ns now)
{
	t->answered = a->answered = true;
	a->seen = answer->reflexive;
	switch (a->step) {
	case NAT_PROBE_DESCRIBE:
		learn_places(&t->servers[a->server], answer);
		t->rtt = mono_max(t->rtt, mono_since(a->asked_at, now));
		break;
	case NAT_PROBE_FILTER:
		if (a->socket == NAT_PROBE_OWN)
			nat_probe_note(t, &(struct sample){a->ask.to, a->seen}, false);
		else if ((a->change & STUN_CHANGE_ADDRESS) && !ip_equal(&from->ip, &a->ask.to.ip))
			t->other_address = ARRIVAL_YES;
		else if (!(a->change & STUN_CHANGE_ADDRESS) && from->port != a->ask.to.port)
			t->other_port = ARRIVAL_YES;
		break;
	case NAT_PROBE_STEP:
	case NAT_PROBE_REST:
	case NAT_PROBE_HAIRPIN: /* no server is asked there */
	case NAT_PROBE_OVER:
		break;
	}
}

static struct nat_probe_ask *find(struct nat_probe *t, const struct stun_txid *txid)
{
	for (size_t i = 0; i < t->n_asks; i++)
		if (stun_ask_is(&t->asks[i].ask, txid))
			return &t->asks[i];
	return NULL;
}

/* One of our own requests came back to us. */
static void take_hairpin(struct nat_probe *t)
{
	t->hairpin = ARRIVAL_YES;
	for (size_t i = 0; i < t->n_asks; i++)
		if (t->asks[i].step == NAT_PROBE_HAIRPIN)
			stun_ask_end(&t->asks[i].ask);
}

bool nat_probe_input(struct nat_probe *t, const struct endpoint *from, struct bytes datagram,
		     mono_ns now)
{
	struct stun_answer answer;
	struct stun_question question;
	struct nat_probe_ask *a;
	if (t->n_asks == 0)
		return false;
	if (stun_read_question(datagram, &question)) {
		a = find(t, &question.txid);
		if (a && a->step == NAT_PROBE_HAIRPIN)
			take_hairpin(t);
	} else {
		a = stun_read_answer(datagram, &answer) ? find(t, &answer.txid) : NULL;
		if (a && a->step != NAT_PROBE_HAIRPIN &&
		    stun_ask_input(&a->ask, &answer) == STUN_ASK_ANSWERED)
			take(t, a, from, &answer, now);
	}
	if (a)
		go_on(t, now);
	return a != NULL;
}

/* --- time --- */

bool nat_probe_output(struct nat_probe *t, struct endpoint *to, enum nat_probe_socket *socket,
		      struct wr *out, mono_ns now)
{
	for (size_t i = 0; i < t->n_asks; i++) {
		struct nat_probe_ask *a = &t->asks[i];
		if (!stun_ask_send(&a->ask, to))
			continue;
		*socket = a->socket;
		if (a->change >= 0)
			stun_write_change_request(out, &a->ask.txid, (uint8_t)a->change);
		else
			stun_write_request(out, &a->ask.txid);
		return true;
	}
	return false;
}

mono_ns nat_probe_deadline(const struct nat_probe *t)
{
	mono_ns first = MONO_NEVER;
	for (size_t i = 0; i < t->n_asks; i++)
		first = mono_min(first, stun_ask_deadline(&t->asks[i].ask));
	return first;
}

void nat_probe_tick(struct nat_probe *t, mono_ns now)
{
	for (size_t i = 0; i < t->n_asks; i++) {
		struct stun_ask *a = &t->asks[i].ask;
		mono_ns wait = a->tries_left > 1 ? TRY_AGAIN_AFTER : patience(t);
		/* A late answer is taken all the same, so no question is ended here. */
		if (stun_ask_is_due(a, now))
			(void)!stun_ask_again(a, now + wait);
	}
	go_on(t, now);
}
