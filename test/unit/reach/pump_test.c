/* The loop around a machine: the order of its effects, and when it ends.
 *
 * The machine is a toy that gives what the test puts into it; behind it stands a real reach, for
 * its events and its sockets.  Each effect adds a letter to a text:
 *
 *   d drain   f follow   s send   v deliver   b fill   e event   a arm */
#include "reach/pump.h"

#include "unit/reach/alone.h"

enum { DRAINS_MAX = 16 };

static bool drain_reach(void *self, const struct reach_out **out, mono_ns now)
{
	return reach_drain(self, out, now);
}

static mono_ns reach_when(const void *self)
{
	return reach_deadline(self);
}

static const struct pump_machine reach_machine = {.drain = drain_reach, .deadline = reach_when};

struct toy {
	struct alone *a;
	struct pump pump;
	char log[128];
	/* the machine: datagrams of each drain; below 0: there is nothing to do */
	int drains[DRAINS_MAX];
	size_t n_drains, at;
	bool spins;
	struct reach_out out;
	mono_ns deadline;
	/* the effects */
	bool fills[DRAINS_MAX]; /* by call */
	size_t n_filled;
	struct pump_refused refuse; /* what the next send refuses */
	bool in_doubt_at_delivery;
	size_t n_sent;
	uint32_t followed;
	uint16_t regions[8]; /* of the events */
	size_t n_events;
	bool give_up; /* each dial fails at once */
	mono_ns armed;
};

static void note(struct toy *t, char what)
{
	size_t n = strlen(t->log);
	assert_true(n + 1 < sizeof(t->log));
	t->log[n] = what;
}

static bool in_doubt(const struct toy *t)
{
	struct paths_peer_status st;
	reach_peer_status(t->a->reach, t->a->id, t->a->ends.now, &st);
	return st.doubted;
}

static bool drain(void *self, const struct reach_out **out, mono_ns now)
{
	struct toy *t = self;
	note(t, 'd');
	t->out.n_udp = 0;
	*out = &t->out;
	if (t->spins)
		return true;
	if (t->at == t->n_drains || t->drains[t->at] < 0) {
		t->at += t->at < t->n_drains;
		return false;
	}
	t->out.n_udp = (size_t)t->drains[t->at++];
	return true;
}

static void deliver(void *self, mono_ns now)
{
	struct toy *t = self;
	note(t, 'v');
	t->in_doubt_at_delivery = in_doubt(t);
}

static mono_ns deadline(const void *self)
{
	const struct toy *t = self;
	return t->deadline;
}

static void follow(void *self, const struct socket_wish *w)
{
	struct toy *t = self;
	note(t, 'f');
	t->followed = w->version;
}

static void send(void *self, const struct datagram *v, size_t n, struct pump_refused *refused,
		 mono_ns now)
{
	struct toy *t = self;
	note(t, 's');
	t->n_sent += n;
	assert_int_equal(refused->n, 0);
	*refused = t->refuse;
}

static bool fill(void *self, mono_ns now)
{
	struct toy *t = self;
	note(t, 'b');
	return t->n_filled < DRAINS_MAX && t->fills[t->n_filled++];
}

static void event(void *self, const struct reach_event *ev, mono_ns now)
{
	struct toy *t = self;
	note(t, 'e');
	if (t->n_events < ARRAY_LEN(t->regions))
		t->regions[t->n_events++] = ev->region;
	if (ev->kind == REACH_DIAL && t->give_up)
		reach_stream_down(t->a->reach, ev->region, "no route to it", now);
}

static void arm(void *self, mono_ns at)
{
	struct toy *t = self;
	note(t, 'a');
	t->armed = at;
}

static const struct pump_machine machine = {
	.drain = drain, .deliver = deliver, .deadline = deadline};
static const struct pump_machine machine_without_inside = {.drain = drain, .deadline = deadline};
static const struct pump_effects effects = {
	.follow = follow, .send = send, .fill = fill, .event = event, .arm = arm};

static struct toy *begin(void)
{
	struct toy *t = calloc(1, sizeof(*t));
	assert_non_null(t);
	t->a = alone_new(false);
	t->deadline = 77 * SECOND;
	t->pump = (struct pump){.reach = t->a->reach,
				.machine = &machine,
				.machine_self = t,
				.effects = &effects,
				.effects_self = t,
				.sockets_version = reach_sockets(t->a->reach)->version};
	return t;
}

static void end(struct toy *t)
{
	alone_free(t->a);
	free(t);
}

/* What the next drains give. */
static void plan(struct toy *t, const int *v, size_t n)
{
	memcpy(t->drains, v, n * sizeof(*v));
	t->n_drains = n;
}

static bool turn(struct toy *t)
{
	return pump_turn(&t->pump, t->a->ends.now);
}

/* --- pump_turn --- */

static void what_is_for_the_inside_follows_the_datagrams_and_the_streams_come_last(void **state)
{
	struct toy *t = begin();
	plan(t, (const int[]){3, 1}, 2);
	assert_false(turn(t));
	assert_string_equal(t->log, "dsvb"
				    "dsvb"
				    "db");
	assert_int_equal(t->n_sent, 4);
	end(t);
}

static void a_drain_without_datagrams_sends_none_and_still_delivers(void **state)
{
	struct toy *t = begin();
	plan(t, (const int[]){0}, 1);
	assert_false(turn(t));
	assert_string_equal(t->log, "dvbdb");
	end(t);
}

static void a_machine_without_an_inside_gets_nothing_delivered(void **state)
{
	struct toy *t = begin();
	t->pump.machine = &machine_without_inside;
	plan(t, (const int[]){2}, 1);
	assert_false(turn(t));
	assert_string_equal(t->log, "dsbdb");
	end(t);
}

/* A relay's stream may hold a packet whose drain gave nothing else. */
static void a_turn_with_nothing_to_do_still_fills_the_streams(void **state)
{
	struct toy *t = begin();
	assert_false(turn(t));
	assert_string_equal(t->log, "db");
	end(t);
}

static void a_turn_says_whether_any_stream_got_bytes(void **state)
{
	for (size_t filled = 0; filled < 3; filled++) {
		struct toy *t = begin();
		plan(t, (const int[]){1, 1}, 2);
		t->fills[filled] = true;
		assert_true(turn(t));
		end(t);
	}
}

static void refusals_are_told_after_the_delivery(void **state)
{
	struct toy *t = begin();
	alone_introduce(t->a);
	alone_go_direct(t->a);
	assert_false(in_doubt(t));
	t->refuse = (struct pump_refused){.v = {t->a->at}, .n = 1};
	plan(t, (const int[]){1}, 1);
	(void)turn(t);
	assert_false(t->in_doubt_at_delivery);
	assert_true(in_doubt(t));
	end(t);
}

static void every_refusal_is_told_and_no_more_than_there_are(void **state)
{
	static const size_t counts[] = {PUMP_REFUSED_MAX, PUMP_REFUSED_MAX - 1};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct toy *t = begin();
		alone_introduce(t->a);
		alone_go_direct(t->a);
		t->refuse.v[PUMP_REFUSED_MAX - 1] = t->a->at;
		t->refuse.n = counts[i];
		plan(t, (const int[]){1}, 1);
		(void)turn(t);
		assert_int_equal(in_doubt(t), counts[i] == PUMP_REFUSED_MAX);
		end(t);
	}
}

/* --- extra sockets --- */

static void
sockets_are_opened_before_datagrams_leave_by_them_and_only_when_they_change(void **state)
{
	struct toy *t = begin();
	t->a->reach->sockets.version++;
	plan(t, (const int[]){1, 1}, 2);
	(void)turn(t);
	assert_string_equal(t->log, "dfsvbdsvbdb");
	assert_int_equal(t->followed, t->a->reach->sockets.version);
	end(t);
}

/* The last of them are closed when there is nothing more to send. */
static void sockets_are_followed_though_there_is_nothing_to_send(void **state)
{
	struct toy *t = begin();
	t->a->reach->sockets.version++;
	(void)turn(t);
	assert_string_equal(t->log, "dfb");
	end(t);
}

static void sockets_of_a_check_are_open_before_its_first_question_leaves(void **state)
{
	struct toy *t = begin();
	const struct relay_place relay = {.region = ALONE_REGION,
					  .stun4 = {ip_v4(203, 0, 113, 9), 3478}};
	reach_set_relays(t->a->reach, &relay, 1, ALONE_REGION, t->a->ends.now);
	alone_turn(t->a);
	t->pump.machine = &reach_machine;
	t->pump.machine_self = t->a->reach;
	(void)turn(t);
	memset(t->log, 0, sizeof(t->log));
	reach_lifetime_begin(t->a->reach, 60 * SECOND, t->a->ends.now);
	(void)turn(t);
	assert_memory_equal(t->log, "fsb", 3);
	end(t);
}

/* --- pump_settle --- */

static void events_come_after_the_datagrams_and_the_deadline_at_last(void **state)
{
	struct toy *t = begin();
	reach_emit(t->a->reach, &(struct reach_event){.kind = REACH_SELF, .region = 5});
	reach_emit(t->a->reach, &(struct reach_event){.kind = REACH_SELF, .region = 6});
	plan(t, (const int[]){2}, 1);
	assert_true(pump_settle(&t->pump, 10, t->a->ends.now));
	assert_string_equal(t->log, "dsveeb"
				    "db"
				    "a");
	assert_int_equal(t->regions[0], 5);
	assert_int_equal(t->regions[1], 6);
	assert_int_equal(t->armed, 77 * SECOND);
	end(t);
}

/* The drain gave nothing, but the event did something that wants another drain. */
static void what_comes_of_an_event_is_done_in_the_same_settling(void **state)
{
	struct toy *t = begin();
	reach_emit(t->a->reach, &(struct reach_event){.kind = REACH_SELF});
	plan(t, (const int[]){-1, 4}, 2);
	assert_true(pump_settle(&t->pump, 10, t->a->ends.now));
	assert_string_equal(t->log, "deb"
				    "dsvb"
				    "db"
				    "a");
	end(t);
}

static void a_machine_with_nothing_to_do_is_settled_in_one_round(void **state)
{
	struct toy *t = begin();
	assert_true(pump_settle(&t->pump, 1, t->a->ends.now));
	assert_string_equal(t->log, "dba");
	end(t);
}

static void
a_machine_that_spins_is_left_after_so_many_rounds_and_its_deadline_is_armed(void **state)
{
	struct toy *t = begin();
	t->spins = true;
	assert_false(pump_settle(&t->pump, 5, t->a->ends.now));
	assert_string_equal(t->log, "dvbdvbdvbdvbdvba");
	assert_int_equal(t->armed, 77 * SECOND);
	end(t);
}

static void the_last_round_must_bring_nothing(void **state)
{
	struct toy *t = begin();
	plan(t, (const int[]){1, 1, 1}, 3);
	assert_false(pump_settle(&t->pump, 3, t->a->ends.now));
	assert_true(pump_settle(&t->pump, 1, t->a->ends.now));
	end(t);
}

/* --- a reach alone --- */

static void a_dial_that_fails_within_its_event_is_told_and_the_next_try_is_armed(void **state)
{
	struct toy *t = begin();
	const struct relay_place relays[] = {{.region = ALONE_REGION}, {.region = 2}};
	struct relay_client_status st;
	t->pump.machine = &reach_machine;
	t->pump.machine_self = t->a->reach;
	t->give_up = true;
	reach_set_relays(t->a->reach, relays, 2, 2, t->a->ends.now);
	reach_tick(t->a->reach, t->a->ends.now);
	assert_true(pump_settle(&t->pump, 20, t->a->ends.now));
	assert_true(t->n_events >= 2);
	assert_int_equal(t->regions[0], 2); /* the dial */
	assert_int_equal(t->regions[1], 2); /* lost */
	assert_int_equal(t->armed, reach_deadline(t->a->reach));
	assert_true(reach_relay_status(t->a->reach, 2, &st));
	assert_string_equal(st.why, "no route to it");
	assert_true(t->armed <= st.next_dial);
	end(t);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_for_the_inside_follows_the_datagrams_and_the_streams_come_last),
	cmocka_unit_test(a_drain_without_datagrams_sends_none_and_still_delivers),
	cmocka_unit_test(a_machine_without_an_inside_gets_nothing_delivered),
	cmocka_unit_test(a_turn_with_nothing_to_do_still_fills_the_streams),
	cmocka_unit_test(a_turn_says_whether_any_stream_got_bytes),
	cmocka_unit_test(refusals_are_told_after_the_delivery),
	cmocka_unit_test(every_refusal_is_told_and_no_more_than_there_are),
	cmocka_unit_test(
		sockets_are_opened_before_datagrams_leave_by_them_and_only_when_they_change),
	cmocka_unit_test(sockets_are_followed_though_there_is_nothing_to_send),
	cmocka_unit_test(sockets_of_a_check_are_open_before_its_first_question_leaves),
	cmocka_unit_test(events_come_after_the_datagrams_and_the_deadline_at_last),
	cmocka_unit_test(what_comes_of_an_event_is_done_in_the_same_settling),
	cmocka_unit_test(a_machine_with_nothing_to_do_is_settled_in_one_round),
	cmocka_unit_test(
		a_machine_that_spins_is_left_after_so_many_rounds_and_its_deadline_is_armed),
	cmocka_unit_test(the_last_round_must_bring_nothing),
	cmocka_unit_test(a_dial_that_fails_within_its_event_is_told_and_the_next_try_is_armed),
};
RUN_TESTS(tests)
