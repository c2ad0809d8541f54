/* First a server is looked for, then two rounds of subjects follow.  A subject's states:
 *
 *   OPENING -> USED -> RESTING -> ASKED -> ALIVE, DEAD or UNKNOWN
 *
 * The rounds:
 *
 *   LOOK    one subject without a rest: does this server answer to another port?  If not, the next
 *           server
 *   COARSE  a subject for each rest that is tried
 *   FINE    four subjects divide the interval before the shortest dead rest.  The coarse subjects
 *           go on beside them, and a longer rest that is survived refutes the dead one
 *
 * Silences are counted on the safe side:
 *
 *   survived      from the last packet that the subject sent or had, to the first question for it
 *   not survived  from the last packet that the subject sent, to when the last answer was due
 *
 * Bounded: subjects, tries, and the time: at most twice the longest rest and some seconds.
 */
#include "netcheck/binding_life.h"

#define USED_FOR     (2500 * MSEC) /* longer than the two seconds of Linux */
#define STAGGER      (30 * MSEC)
#define PATIENCE_MIN (200 * MSEC)
#define PATIENCE_MAX (1 * SECOND)
#define SLACK        (8 * SECOND) /* of a round: opening, using and asking, to the last try */

enum { TRIES = 3, FINE_PARTS = 5 };

static const unsigned coarse_s[] = {5, 10, 15, 20, 30, 45, 60, 90, 120, 150, 180, 240, 300, 450};

void binding_life_init(struct binding_life *t, const struct rng *rng, uint16_t first_socket,
		       uint16_t n_sockets)
{
	*t = (struct binding_life){
		.rng = *rng, .first_socket = first_socket, .n_sockets = n_sockets};
}

static bool runs(const struct binding_life *t)
{
	return t->step != BINDING_LIFE_OFF;
}

const struct lifetime_report *binding_life_report(const struct binding_life *t)
{
	return &t->report;
}

/* --- sockets --- */

static uint16_t new_socket(struct binding_life *t)
{
	uint16_t number = (uint16_t)(t->first_socket + t->next_socket);
	t->next_socket = (uint16_t)((t->next_socket + 1) % t->n_sockets);
	t->version++;
	return number;
}

static bool is_over(const struct lifetime_subject *s)
{
	return s->state >= SUBJECT_ALIVE;
}

size_t binding_life_sockets(const struct binding_life *t,
			    uint16_t out[static BINDING_LIFE_SOCKETS_MAX])
{
	size_t n = 0;
	if (t->asker.socket)
		out[n++] = t->asker.socket;
	for (size_t i = 0; i < t->n_subjects; i++)
		if (!is_over(&t->subjects[i]))
			out[n++] = t->subjects[i].socket;
	return n;
}

/* --- subjects --- */

static void add_subject(struct binding_life *t, mono_ns rest, mono_ns now)
{
	if (t->n_subjects == BINDING_LIFE_SUBJECTS_MAX)
		return;
	struct lifetime_subject *s = &t->subjects[t->n_subjects];
	*s = (struct lifetime_subject){
		.socket = new_socket(t), .rest = rest, .due = now + t->n_subjects * STAGGER};
	t->n_subjects++;
}

static void settle(struct binding_life *t, struct lifetime_subject *s,
		   enum lifetime_subject_state verdict)
{
	s->state = verdict;
	s->due = MONO_NEVER;
	stun_ask_end(&s->ask);
	t->version++;
}

/* The wait for an answer. */
static mono_ns patience(const struct binding_life *t)
{
	return t->rtt ? mono_min(PATIENCE_MAX, mono_max(PATIENCE_MIN, 2 * t->rtt))
		      : PATIENCE_MAX / 2;
}

static void ask_by_asker(struct binding_life *t)
{
	stun_ask_begin(&t->asker.ask, &t->servers[t->server], 1, &t->rng, MONO_NEVER);
}

static void begin_question(struct binding_life *t, struct lifetime_subject *s, mono_ns now)
{
	s->due = MONO_NEVER;
	stun_ask_begin(&s->ask, &t->servers[t->server], TRIES, &t->rng, now + patience(t));
}

/* Silence proves a death only if the server still answers us, and the asker has the outside address
 * of the subject. */
static enum lifetime_subject_state verdict_of_silence(struct binding_life *t,
						      const struct lifetime_subject *s)
{
	if (t->asker.answered_at == MONO_NEVER || t->asker.answered_at < s->asked)
		return SUBJECT_UNKNOWN;
	if (ip_equal(&t->asker.seen.ip, &s->seen.ip))
		return SUBJECT_DEAD;
	t->any_addresses = true;
	return SUBJECT_UNKNOWN;
}

static void tick_subject(struct binding_life *t, struct lifetime_subject *s, mono_ns now)
{
	switch (s->state) {
	case SUBJECT_OPENING:
	case SUBJECT_USED:
		if (!s->ask.waits)
			begin_question(t, s, now);
		else if (!stun_ask_again(&s->ask, now + patience(t)))
			settle(t, s, SUBJECT_UNKNOWN);
		break;
	case SUBJECT_RESTING:
		s->state = SUBJECT_ASKED;
		s->asked = now;
		begin_question(t, s, now);
		break;
	case SUBJECT_ASKED:
		if (stun_ask_again(&s->ask, now + patience(t))) {
			ask_by_asker(t);
			break;
		}
		s->silence = s->last_asked + mono_min(t->rtt, PATIENCE_MAX) - s->sent;
		settle(t, s, verdict_of_silence(t, s));
		break;
	case SUBJECT_ALIVE:
	case SUBJECT_DEAD:
	case SUBJECT_UNKNOWN:
		break;
	}
}

/* An answer to what the subject itself asked. */
static void on_answer(struct binding_life *t, struct lifetime_subject *s,
		      const struct endpoint *seen, mono_ns now)
{
	t->any_answer = true;
	t->rtt = mono_max(t->rtt, mono_since(s->sent, now));
	s->seen = *seen;
	s->heard = now;
	if (s->state == SUBJECT_OPENING && s->rest > 0) {
		s->state = SUBJECT_USED;
		s->due = now + USED_FOR;
	} else {
		s->state = SUBJECT_RESTING;
		s->due = now + s->rest;
	}
}

/* --- rounds --- */

/* If nothing was measured: why. */
static enum lifetime_state outcome(const struct binding_life *t)
{
	if (t->report.alive || t->report.dead)
		return LIFETIME_MEASURED;
	if (t->any_addresses)
		return LIFETIME_ADDRESSES;
	return t->any_answer && t->step == BINDING_LIFE_LOOK ? LIFETIME_NO_SERVER : LIFETIME_SILENT;
}

static void note_outcome(struct binding_life *t)
{
	struct lifetime_report *r = &t->report;
	r->alive = r->dead = 0;
	for (size_t i = 0; i < t->n_subjects; i++)
		if (t->subjects[i].state == SUBJECT_ALIVE)
			r->alive = mono_max(r->alive, t->subjects[i].silence);
	for (size_t i = 0; i < t->n_subjects; i++) {
		const struct lifetime_subject *s = &t->subjects[i];
		if (s->state == SUBJECT_DEAD && s->silence > r->alive &&
		    (r->dead == 0 || s->silence < r->dead))
			r->dead = s->silence;
	}
}

static void end(struct binding_life *t, enum lifetime_state state, mono_ns now)
{
	t->report.state = state;
	t->report.ended = now;
	t->step = BINDING_LIFE_OFF;
	t->n_subjects = 0;
	t->asker.socket = 0;
	stun_ask_end(&t->asker.ask);
	t->version++;
}

/* Asks the present server whether it answers to another port. */
static void look(struct binding_life *t, mono_ns now)
{
	t->step = BINDING_LIFE_LOOK;
	t->n_subjects = 0;
	t->rtt = 0;
	t->asker.answered_at = MONO_NEVER;
	t->asker.seen = (struct endpoint){0};
	ask_by_asker(t);
	add_subject(t, 0, now);
}

static void begin_coarse(struct binding_life *t, mono_ns now)
{
	t->step = BINDING_LIFE_COARSE;
	t->n_subjects = 0;
	t->coarse_end = t->report.ended = now + 2 * (t->report.longest + SLACK);
	for (size_t i = 0; i < ARRAY_LEN(coarse_s) && coarse_s[i] * SECOND < t->report.longest; i++)
		add_subject(t, coarse_s[i] * SECOND, now);
	add_subject(t, t->report.longest, now);
	t->first_fine = t->n_subjects;
}

/* The longest rest that was survived; 0: none. */
static mono_ns longest_alive(const struct binding_life *t)
{
	mono_ns alive = 0;
	for (size_t i = 0; i < t->n_subjects; i++)
		if (t->subjects[i].state == SUBJECT_ALIVE)
			alive = mono_max(alive, t->subjects[i].rest);
	return alive;
}

/* The shortest rest that was not survived, and that no longer rest refutes; MONO_NEVER: none. */
static mono_ns shortest_dead(const struct binding_life *t)
{
	mono_ns alive = longest_alive(t), dead = MONO_NEVER;
	for (size_t i = 0; i < t->n_subjects; i++)
		if (t->subjects[i].state == SUBJECT_DEAD && t->subjects[i].rest > alive)
			dead = mono_min(dead, t->subjects[i].rest);
	return dead;
}

static void begin_fine(struct binding_life *t, mono_ns dead, mono_ns now)
{
	mono_ns alive = longest_alive(t);
	t->step = BINDING_LIFE_FINE;
	t->report.ended = now + dead + SLACK;
	t->first_fine = t->n_subjects;
	t->divided = dead;
	for (unsigned k = 1; k < FINE_PARTS; k++)
		add_subject(t, alive + (dead - alive) * k / FINE_PARTS, now);
}

/* The dead rest was refuted: the coarse subjects are waited for again. */
static void back_to_coarse(struct binding_life *t)
{
	t->step = BINDING_LIFE_COARSE;
	t->report.ended = t->coarse_end;
}

/* A dead rest that is longer than the divided one has another interval before it. */
static bool is_to_divide(const struct binding_life *t, mono_ns dead, bool fine, mono_ns now)
{
	bool other = t->step == BINDING_LIFE_COARSE || (fine && dead > t->divided);
	return other && dead != MONO_NEVER && t->n_subjects < BINDING_LIFE_SUBJECTS_MAX &&
	       now + dead + SLACK <= t->coarse_end;
}

static void after_look(struct binding_life *t, mono_ns now)
{
	const struct lifetime_subject *s = &t->subjects[0];
	if (!is_over(s))
		return;
	if (s->state == SUBJECT_ALIVE)
		begin_coarse(t, now);
	else if (++t->server < t->n_servers)
		look(t, now);
	else
		end(t, outcome(t), now);
}

static void go_on(struct binding_life *t, mono_ns now)
{
	bool all = true, fine = true;
	if (t->step == BINDING_LIFE_LOOK) {
		after_look(t, now);
		return;
	}
	note_outcome(t);
	for (size_t i = 0; i < t->n_subjects; i++) {
		all &= is_over(&t->subjects[i]);
		fine &= i < t->first_fine || is_over(&t->subjects[i]);
	}
	mono_ns dead = shortest_dead(t);
	if (is_to_divide(t, dead, fine, now))
		begin_fine(t, dead, now);
	else if (all || (t->step == BINDING_LIFE_FINE && fine && dead <= t->divided))
		end(t, outcome(t), now);
	else if (fine && t->step == BINDING_LIFE_FINE)
		back_to_coarse(t);
}

void binding_life_begin(struct binding_life *t, const struct endpoint *servers, size_t n,
			mono_ns longest, mono_ns now)
{
	if (runs(t))
		return;
	*t = (struct binding_life){.rng = t->rng,
				   .first_socket = t->first_socket,
				   .n_sockets = t->n_sockets,
				   .next_socket = t->next_socket,
				   .version = t->version};
	for (size_t i = 0; i < n && t->n_servers < BINDING_LIFE_SERVERS_MAX; i++)
		if (endpoint_is_set(&servers[i]))
			t->servers[t->n_servers++] = servers[i];
	t->report = (struct lifetime_report){
		.state = LIFETIME_RUNS,
		.began = now,
		.longest = mono_max(SECOND, mono_min(longest, BINDING_LIFE_LONGEST))};
	t->report.ended = now + 2 * (t->report.longest + SLACK);
	if (t->n_servers == 0) {
		end(t, LIFETIME_SILENT, now);
		return;
	}
	t->asker.socket = new_socket(t);
	look(t, now);
	binding_life_tick(t, now);
}

void binding_life_link_changed(struct binding_life *t, mono_ns now)
{
	if (runs(t))
		end(t, LIFETIME_DISTURBED, now);
	else if (t->report.state != LIFETIME_DISTURBED)
		t->report = (struct lifetime_report){.state = LIFETIME_NONE};
}

/* --- datagrams --- */

/* The answer that the asker asked for.  It is a proof only at the subject's socket: a server that
 * does not know RESPONSE-PORT answers the asker. */
static void on_proof(struct binding_life *t, struct lifetime_subject *s, uint16_t socket,
		     mono_ns now)
{
	if (socket == s->socket) {
		s->silence = mono_since(mono_max(s->sent, s->heard), s->asked);
		settle(t, s, SUBJECT_ALIVE);
	} else {
		settle(t, s, SUBJECT_UNKNOWN);
	}
	go_on(t, now);
}

/* An answer with the transaction of this subject's question. */
static void take(struct binding_life *t, struct lifetime_subject *s, uint16_t socket,
		 const struct stun_answer *a, mono_ns now)
{
	if (stun_ask_input(&s->ask, a) != STUN_ASK_ANSWERED)
		return;
	if (s->state == SUBJECT_ASKED)
		on_proof(t, s, socket, now);
	else
		on_answer(t, s, &a->reflexive, now);
}

bool binding_life_input(struct binding_life *t, uint16_t socket, struct bytes datagram, mono_ns now)
{
	struct stun_answer a;
	if (!runs(t) || !stun_is(datagram) || !stun_read_answer(datagram, &a))
		return false;
	enum stun_ask_verdict verdict = stun_ask_input(&t->asker.ask, &a);
	if (verdict == STUN_ASK_ANSWERED) {
		t->any_answer = true;
		t->asker.seen = a.reflexive;
		t->asker.answered_at = now;
	}
	if (verdict != STUN_ASK_OTHER)
		return true;
	for (size_t i = 0; i < t->n_subjects; i++) {
		if (!stun_ask_is(&t->subjects[i].ask, &a.txid))
			continue;
		take(t, &t->subjects[i], socket, &a, now);
		return true;
	}
	return false;
}

static void write_for(struct binding_life *t, struct lifetime_subject *s, uint16_t *socket,
		      struct wr *out, mono_ns now)
{
	if (s->state == SUBJECT_ASKED) {
		s->last_asked = now;
		*socket = t->asker.socket;
		stun_write_elsewhere_request(out, &s->ask.txid, s->seen.port);
	} else {
		s->sent = now;
		*socket = s->socket;
		stun_write_request(out, &s->ask.txid);
	}
}

bool binding_life_output(struct binding_life *t, struct endpoint *to, uint16_t *socket,
			 struct wr *out, mono_ns now)
{
	if (!runs(t))
		return false;
	if (stun_ask_output(&t->asker.ask, to, out)) {
		*socket = t->asker.socket;
		t->report.sent++;
		return true;
	}
	for (size_t i = 0; i < t->n_subjects; i++) {
		if (!stun_ask_send(&t->subjects[i].ask, to))
			continue;
		write_for(t, &t->subjects[i], socket, out, now);
		t->report.sent++;
		return true;
	}
	return false;
}

/* The next step of a subject by time: its next question, or the next try of the one it asks. */
static mono_ns subject_due(const struct lifetime_subject *s)
{
	return mono_min(s->due, stun_ask_deadline(&s->ask));
}

/* --- time --- */

mono_ns binding_life_deadline(const struct binding_life *t)
{
	mono_ns first = MONO_NEVER;
	for (size_t i = 0; i < t->n_subjects; i++)
		first = mono_min(first, subject_due(&t->subjects[i]));
	return runs(t) ? first : MONO_NEVER;
}

void binding_life_tick(struct binding_life *t, mono_ns now)
{
	if (!runs(t))
		return;
	do { /* a step that ends begins the next one, whose first questions are due */
		for (size_t i = 0; i < t->n_subjects; i++)
			if (subject_due(&t->subjects[i]) <= now)
				tick_subject(t, &t->subjects[i], now);
		go_on(t, now);
	} while (binding_life_deadline(t) <= now);
}
