#include "crypto/seeded.h"
#include "path/find/reflexive.h"
#include "unit/path/find/found.h"
#include "unit/wire/plain_stun.h"

struct stun_fixture {
	struct seeded seeded;
	struct reflexive_finder f;
	struct endpoint asked[16]; /* of the last drain */
	struct stun_txid txid[16];
	size_t n;
};

static void drain(struct stun_fixture *s)
{
	uint8_t memory[STUN_REQUEST_LEN];
	struct wr out = wr_of(memory, sizeof(memory));
	for (s->n = 0; reflexive_finder.output(&s->f, &s->asked[s->n], &out); s->n++) {
		assert_int_equal(out.n, STUN_REQUEST_LEN);
		assert_true(stun_read_request(wr_done(&out), &s->txid[s->n]));
		out = wr_of(memory, sizeof(memory));
	}
}

static bool answer(struct stun_fixture *s, const struct stun_txid *txid, const char *seen,
		   mono_ns now)
{
	uint8_t memory[STUN_RESPONSE_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	struct endpoint ep = ep_of(seen);
	stun_write_response(&out, txid, &ep);
	return reflexive_finder.input(&s->f, &s->asked[0], wr_done(&out), now);
}

/* The first relay's answers, over IPv4 and IPv6. */
static void answer_both(struct stun_fixture *s, mono_ns now)
{
	assert_true(answer(s, &s->txid[0], "198.51.100.1:5", now));
	assert_true(answer(s, &s->txid[1], "[2001:db8:5::1]:5", now));
}

/* Relays 1, 2, 3; each answers at 203.0.113.<region>:3478 and [2001:db8::<region>]:3478. */
static void set_relays(struct stun_fixture *s, uint8_t n, mono_ns now)
{
	struct relay_place v[16] = {0};
	struct ip six = ip_of("2001:db8::");
	for (uint8_t i = 0; i < n; i++) {
		six.b[15] = (uint8_t)(i + 1);
		v[i] = (struct relay_place){.region = (uint16_t)(i + 1),
					    .stun4 = {ip_v4(203, 0, 113, (uint8_t)(i + 1)), 3478},
					    .stun6 = {six, 3478}};
	}
	reflexive_set(&s->f, v, n, now);
}

static void stun_setup(struct stun_fixture *s, uint8_t relays)
{
	seeded_init(&s->seeded, 1);
	struct rng rng = seeded_rng(&s->seeded);
	reflexive_init(&s->f, &rng, 41641);
	set_relays(s, relays, 1000 * SECOND);
	drain(s);
}

static void every_server_is_asked_at_once_over_both_families(void **state)
{
	struct stun_fixture s;
	stun_setup(&s, 2);
	assert_int_equal(s.n, 4);
	assert_int_equal(s.asked[0].ip.family, 4);
	assert_int_equal(s.asked[1].ip.family, 6);
	set_relays(&s, 2, 1001 * SECOND); /* the same: no new round */
	drain(&s);
	assert_int_equal(s.n, 0);
	set_relays(&s, 12, 1002 * SECOND);
	drain(&s);
	assert_int_equal(s.n, STUN_SERVERS_MAX);
}

static void a_request_is_repeated_twice_and_then_given_up(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	struct stun_txid first = s.txid[0];
	assert_true(reflexive_finder.deadline(&s.f) == t + 200 * MSEC);
	reflexive_finder.tick(&s.f, t + 200 * MSEC);
	drain(&s);
	assert_int_equal(s.n, 2);
	assert_memory_equal(&s.txid[0], &first, sizeof(first));
	assert_true(answer(&s, &first, "198.51.100.1:5", t + 250 * MSEC));
	assert_true(reflexive_finder.deadline(&s.f) == t + 600 * MSEC);
	reflexive_finder.tick(&s.f, t + 600 * MSEC);
	drain(&s);
	assert_int_equal(s.n, 1);
	reflexive_finder.tick(&s.f, t + 2600 * MSEC);
	drain(&s);
	assert_int_equal(s.n, 0);
	assert_true(reflexive_finder.deadline(&s.f) == MONO_NEVER);
	reflexive_finder.candidates(&s.f, &c);
	expect_found(&c, "198.51.100.1:5");
	assert_false(answer(&s, &first, "198.51.100.1:6", t + 3 * SECOND)); /* answered already */
}

static void an_answer_that_nobody_asked_for_is_not_taken(void **state)
{
	struct stun_fixture s;
	stun_setup(&s, 1);
	struct stun_txid wrong = s.txid[0];
	wrong.b[0] ^= 1;
	assert_false(answer(&s, &wrong, "198.51.100.1:5", 1000 * SECOND));
	assert_false(reflexive_finder.input(
		&s.f, &s.asked[0], (struct bytes){(const uint8_t *)"x", 1}, 1000 * SECOND));
	assert_false(reflexive_finder.fresh(&s.f, 0));
}

/* The address of a translator between us and the server is none at which a peer reaches us. */
static void an_answer_of_another_family_than_the_servers_is_not_taken(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	assert_false(answer(&s, &s.txid[0], "[2001:db8:5::1]:5", t));
	assert_false(answer(&s, &s.txid[1], "198.51.100.1:5", t));
	assert_false(reflexive_finder.fresh(&s.f, t));
	reflexive_finder.candidates(&s.f, &c);
	assert_int_equal(c.n, 0);
	answer_both(&s, t); /* the question goes on */
	assert_true(reflexive_finder.fresh(&s.f, t));
}

static void the_first_answer_and_those_of_several_servers_are_candidates(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 4);
	assert_int_equal(reflexive_mapping(&s.f), MAPPING_UNKNOWN);
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", t));
	assert_int_equal(reflexive_mapping(&s.f), MAPPING_UNKNOWN);
	assert_true(answer(&s, &s.txid[2], "198.51.100.1:5", t));
	assert_int_equal(reflexive_mapping(&s.f), MAPPING_SAME);
	assert_true(answer(&s, &s.txid[3], "[2001:db8:5::1]:41641", t));
	reflexive_finder.candidates(&s.f, &c);
	expect_found(&c, "198.51.100.1:5 [2001:db8:5::1]:41641");
	/* Two more servers, and each sees another port: one of these is confirmed. */
	assert_true(answer(&s, &s.txid[4], "198.51.100.1:6", t));
	assert_true(answer(&s, &s.txid[6], "198.51.100.1:6", t));
	assert_int_equal(reflexive_mapping(&s.f), MAPPING_VARIES);
	c.n = 0;
	reflexive_finder.candidates(&s.f, &c);
	expect_found(&c, "198.51.100.1:5 198.51.100.1:6 [2001:db8:5::1]:41641 198.51.100.1:41641");
	assert_int_equal(c.v[3].kind, CANDIDATE_STUN_LOCAL_PORT);
}

static void rounds_repeat_each_20_to_26_s_while_wanted(void **state)
{
	struct stun_fixture s;
	mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	answer_both(&s, t);
	assert_true(reflexive_finder.deadline(&s.f) == MONO_NEVER);
	reflexive_finder.want(&s.f, true, t + SECOND);
	for (int round = 0; round < 50; round++) {
		mono_ns next = reflexive_finder.deadline(&s.f);
		assert_in_range(next - t, 20 * SECOND, 26 * SECOND);
		t = next;
		reflexive_finder.tick(&s.f, t);
		drain(&s);
		assert_int_equal(s.n, 2);
		answer_both(&s, t);
	}
	reflexive_finder.want(&s.f, false, t);
	assert_true(reflexive_finder.deadline(&s.f) == MONO_NEVER);
	reflexive_finder.want(&s.f, true, t + 60 * SECOND); /* at once, if the last was long ago */
	drain(&s);
	assert_int_equal(s.n, 2);
}

static void a_refresh_asks_again_and_forgets_when_the_network_changed(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", t + 100 * MSEC));
	assert_true(reflexive_finder.fresh(&s.f, t));
	assert_false(reflexive_finder.fresh(&s.f, t + SECOND));
	reflexive_finder.refresh(&s.f, false, t + 500 * MSEC); /* too soon */
	drain(&s);
	assert_int_equal(s.n, 0);
	reflexive_finder.refresh(&s.f, false, t + 2 * SECOND);
	drain(&s);
	assert_int_equal(s.n, 2);
	assert_true(reflexive_finder.fresh(&s.f, t));
	reflexive_finder.refresh(&s.f, true, t + 2 * SECOND + 1);
	drain(&s);
	assert_int_equal(s.n, 2);
	assert_false(reflexive_finder.fresh(&s.f, 0));
	reflexive_finder.candidates(&s.f, &c);
	assert_int_equal(c.n, 0);
}

static void without_servers_there_is_nothing_to_wait_for(void **state)
{
	struct stun_fixture s;
	stun_setup(&s, 0);
	assert_int_equal(s.n, 0);
	assert_true(reflexive_finder.fresh(&s.f, 5 * SECOND));
	reflexive_finder.refresh(&s.f, false, 1000 * SECOND + 1);
	assert_true(reflexive_finder.deadline(&s.f) == MONO_NEVER);
	reflexive_finder.want(&s.f, true, 2000 * SECOND);
	assert_true(reflexive_finder.deadline(&s.f) == MONO_NEVER);
}

/* At most four of a family, the first ones. */
static void a_server_that_stands_twice_or_nowhere_is_not_asked_again(void **state)
{
	struct stun_fixture s;
	stun_setup(&s, 0);
	struct endpoint one = ep_of("203.0.113.1:3478"), two = ep_of("203.0.113.1:3479");
	struct relay_place v[] = {{.stun4 = one},
				  {.stun4 = one, .stun6 = {.port = 3478}},
				  {.region = 3},
				  {.stun4 = two}};
	reflexive_set(&s.f, v, 4, 1001 * SECOND);
	drain(&s);
	assert_int_equal(s.n, 2);
	assert_true(endpoint_equal(&s.asked[0], &one));
	assert_true(endpoint_equal(&s.asked[1], &two));
}

static void the_first_four_servers_of_each_family_are_asked(void **state)
{
	struct stun_fixture s;
	stun_setup(&s, 12);
	assert_int_equal(s.n, 8);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(s.asked[i].ip.b[i % 2 ? 15 : 3], i / 2 + 1);
}

static void each_server_and_each_round_has_a_transaction_of_its_own(void **state)
{
	struct stun_fixture s;
	stun_setup(&s, 2);
	struct stun_txid old = s.txid[0];
	assert_memory_not_equal(&s.txid[0], &s.txid[1], sizeof(old));
	assert_memory_not_equal(&s.txid[0], &s.txid[2], sizeof(old));
	reflexive_finder.refresh(&s.f, true, 1001 * SECOND);
	drain(&s);
	assert_memory_not_equal(&s.txid[0], &old, sizeof(old));
	assert_false(answer(&s, &old, "198.51.100.1:5", 1001 * SECOND)); /* to the round before */
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", 1001 * SECOND));
}

/* Seen once each: more of them could be as many mappings as there are servers. */
static void where_each_server_sees_another_mapping_only_the_first_is_a_candidate(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 3);
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", t));
	assert_true(answer(&s, &s.txid[2], "198.51.100.1:6", t));
	assert_true(answer(&s, &s.txid[4], "198.51.100.1:7", t));
	assert_true(answer(&s, &s.txid[1], "[2001:db8:5::1]:5", t));
	assert_true(answer(&s, &s.txid[3], "[2001:db8:5::1]:6", t));
	reflexive_finder.candidates(&s.f, &c);
	expect_found(&c, "198.51.100.1:5 [2001:db8:5::1]:5 198.51.100.1:41641");
}

/* The order of the answers is chance, that of the configuration is not. */
static void the_first_server_counts_even_if_its_answer_comes_last(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 2);
	assert_true(answer(&s, &s.txid[2], "198.51.100.1:6", t));
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", t));
	reflexive_finder.candidates(&s.f, &c);
	expect_found(&c, "198.51.100.1:5 198.51.100.1:41641");
}

static void the_own_port_is_a_candidate_only_where_mappings_vary(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 2);
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", t));
	assert_true(answer(&s, &s.txid[2], "198.51.100.1:5", t));
	reflexive_finder.candidates(&s.f, &c);
	expect_found(&c, "198.51.100.1:5");
	stun_setup(&s, 2);
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", t));
	assert_true(answer(&s, &s.txid[2], "198.51.100.2:5", t)); /* by the address as well */
	s.f.port = 0;
	c.n = 0;
	reflexive_finder.candidates(&s.f, &c);
	expect_found(&c, "198.51.100.1:5");
	s.f.port = 7;
	c.n = 0;
	reflexive_finder.candidates(&s.f, &c);
	expect_found(&c, "198.51.100.1:5 198.51.100.1:7");
}

/* What other finders found stands before, and is not taken for an answer. */
static void the_own_port_goes_with_the_address_that_a_server_saw(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	struct endpoint mapped = ep_of("192.0.2.77:7");
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 2);
	candidates_add(&c, &mapped, CANDIDATE_PORTMAP);
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", t));
	assert_true(answer(&s, &s.txid[2], "198.51.100.1:6", t));
	reflexive_finder.candidates(&s.f, &c);
	expect_found(&c, "192.0.2.77:7 198.51.100.1:5 198.51.100.1:41641");
}

/* A gateway may map the very endpoint that a server saw: it is in the list already. */
static void the_own_port_is_a_candidate_also_where_another_finder_found_the_rest(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	struct endpoint mapped = ep_of("198.51.100.1:5");
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 2);
	candidates_add(&c, &mapped, CANDIDATE_PORTMAP);
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", t));
	assert_true(answer(&s, &s.txid[2], "198.51.100.1:6", t));
	reflexive_finder.candidates(&s.f, &c);
	expect_found(&c, "198.51.100.1:5 198.51.100.1:41641");
}

/* IPv6 says nothing about the NAT of IPv4. */
static void the_mapping_is_that_of_ipv4(void **state)
{
	struct stun_fixture s;
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 2);
	assert_true(answer(&s, &s.txid[1], "[2001:db8:5::1]:5", t));
	assert_true(answer(&s, &s.txid[3], "[2001:db8:5::1]:6", t));
	assert_int_equal(reflexive_mapping(&s.f), MAPPING_UNKNOWN);
}

static void a_server_that_sees_us_over_ipv4_is_named_with_what_it_saw(void **state)
{
	struct stun_fixture s;
	struct endpoint server = {.port = 1}, seen = {.port = 2};
	struct endpoint second = ep_of("203.0.113.2:3478"), there = ep_of("198.51.100.1:6");
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 2);
	assert_true(answer(&s, &s.txid[1], "[2001:db8:5::1]:5", t));
	assert_false(reflexive_here(&s.f, &server, &seen));
	assert_int_equal(server.port, 1); /* set only on success */
	assert_int_equal(seen.port, 2);
	assert_true(answer(&s, &s.txid[2], "198.51.100.1:6", t));
	assert_true(reflexive_here(&s.f, &server, &seen));
	assert_true(endpoint_equal(&server, &second));
	assert_true(endpoint_equal(&seen, &there));
}

/* So candidates do not come and go while a round is under way. */
static void what_was_seen_stays_until_a_whole_round_brings_no_answer(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	answer_both(&s, t);
	t += 30 * SECOND;
	reflexive_finder.refresh(&s.f, false, t);
	reflexive_finder.tick(&s.f, t + 200 * MSEC);
	reflexive_finder.tick(&s.f, t + 600 * MSEC);
	reflexive_finder.tick(&s.f, t + 2600 * MSEC - 1);
	reflexive_finder.candidates(&s.f, &c);
	expect_found(&c, "198.51.100.1:5 [2001:db8:5::1]:5");
	reflexive_finder.tick(&s.f, t + 2600 * MSEC);
	c.n = 0;
	reflexive_finder.candidates(&s.f, &c);
	assert_int_equal(c.n, 0);
}

static void an_answer_after_the_last_wait_is_not_taken(void **state)
{
	struct stun_fixture s;
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	reflexive_finder.tick(&s.f, t + 200 * MSEC);
	reflexive_finder.tick(&s.f, t + 600 * MSEC);
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", t + 2600 * MSEC - 1));
	reflexive_finder.tick(&s.f, t + 2600 * MSEC);
	assert_false(answer(&s, &s.txid[1], "[2001:db8:5::1]:5", t + 2600 * MSEC));
}

static void a_new_answer_takes_the_place_of_the_old_one(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	answer_both(&s, t);
	reflexive_finder.refresh(&s.f, false, t + 30 * SECOND);
	drain(&s);
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:9", t + 30 * SECOND));
	reflexive_finder.candidates(&s.f, &c);
	expect_found(&c, "198.51.100.1:9 [2001:db8:5::1]:5");
}

/* Many peers may ask at once.  An answer from just before the NAT forgot us is of no use, so one
 * more round follows, and only one. */
static void refreshes_within_a_second_are_one_more_round_after_it(void **state)
{
	struct stun_fixture s;
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	answer_both(&s, t);
	reflexive_finder.refresh(&s.f, false, t + SECOND); /* a whole second is enough */
	drain(&s);
	assert_int_equal(s.n, 2);
	stun_setup(&s, 1);
	answer_both(&s, t);
	for (int i = 0; i < 10; i++)
		reflexive_finder.refresh(&s.f, false, t + 50 * MSEC * (mono_ns)i);
	assert_true(reflexive_finder.deadline(&s.f) == t + SECOND);
	reflexive_finder.tick(&s.f, t + SECOND - 1);
	drain(&s);
	assert_int_equal(s.n, 0);
	reflexive_finder.tick(&s.f, t + SECOND);
	drain(&s);
	assert_int_equal(s.n, 2);
	answer_both(&s, t + SECOND);
	assert_true(reflexive_finder.deadline(&s.f) == MONO_NEVER);
}

static void a_changed_network_is_looked_at_at_once_however_often(void **state)
{
	struct stun_fixture s;
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	for (mono_ns i = 1; i < 4; i++) {
		reflexive_finder.refresh(&s.f, true, t + i * MSEC);
		drain(&s);
		assert_int_equal(s.n, 2);
	}
}

/* A machine that slept: the time jumped past many rounds. */
static void after_a_long_sleep_there_is_one_round_not_many(void **state)
{
	struct stun_fixture s;
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	answer_both(&s, t);
	reflexive_finder.want(&s.f, true, t);
	reflexive_finder.tick(&s.f, t + 8 * 3600 * SECOND);
	drain(&s);
	assert_int_equal(s.n, 2);
	answer_both(&s, t + 8 * 3600 * SECOND);
	assert_true(reflexive_finder.deadline(&s.f) >= t + 8 * 3600 * SECOND + 20 * SECOND);
}

static void want_soon_after_a_round_waits_for_the_next_one(void **state)
{
	struct stun_fixture s;
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	answer_both(&s, t);
	reflexive_finder.want(&s.f, true, t + 20 * SECOND - 1);
	drain(&s);
	assert_int_equal(s.n, 0);
	assert_in_range(reflexive_finder.deadline(&s.f) - t, 20 * SECOND, 26 * SECOND);
	reflexive_finder.want(&s.f, true, t + 20 * SECOND);
	drain(&s);
	assert_int_equal(s.n, 2);
}

static void other_servers_are_asked_at_once_and_the_old_ones_forgotten(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 2);
	answer_both(&s, t);
	set_relays(&s, 1, t + MSEC);
	drain(&s);
	assert_int_equal(s.n, 2);
	reflexive_finder.candidates(&s.f, &c);
	assert_int_equal(c.n, 0);
	set_relays(&s, 0, t + 2 * MSEC);
	drain(&s);
	assert_int_equal(s.n, 0);
	assert_true(reflexive_finder.deadline(&s.f) == MONO_NEVER);
}

/* NAT64 and anycast change the source of an answer: the transaction is what counts. */
static void an_answer_counts_wherever_it_comes_from(void **state)
{
	struct stun_fixture s;
	stun_setup(&s, 1);
	s.asked[0] = ep_of("192.0.2.99:9");
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", 1000 * SECOND));
}

static void a_finder_that_was_never_asked_has_nothing_to_do(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	seeded_init(&s.seeded, 1);
	struct rng rng = seeded_rng(&s.seeded);
	reflexive_init(&s.f, &rng, 41641);
	assert_true(reflexive_finder.deadline(&s.f) == MONO_NEVER);
	reflexive_finder.tick(&s.f, SECOND);
	drain(&s);
	assert_int_equal(s.n, 0);
	reflexive_finder.candidates(&s.f, &c);
	assert_int_equal(c.n, 0);
	assert_true(reflexive_finder.fresh(&s.f, 0));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_server_is_asked_at_once_over_both_families),
	cmocka_unit_test(a_request_is_repeated_twice_and_then_given_up),
	cmocka_unit_test(an_answer_that_nobody_asked_for_is_not_taken),
	cmocka_unit_test(an_answer_of_another_family_than_the_servers_is_not_taken),
	cmocka_unit_test(the_first_answer_and_those_of_several_servers_are_candidates),
	cmocka_unit_test(rounds_repeat_each_20_to_26_s_while_wanted),
	cmocka_unit_test(a_refresh_asks_again_and_forgets_when_the_network_changed),
	cmocka_unit_test(without_servers_there_is_nothing_to_wait_for),
	cmocka_unit_test(a_server_that_stands_twice_or_nowhere_is_not_asked_again),
	cmocka_unit_test(the_first_four_servers_of_each_family_are_asked),
	cmocka_unit_test(each_server_and_each_round_has_a_transaction_of_its_own),
	cmocka_unit_test(where_each_server_sees_another_mapping_only_the_first_is_a_candidate),
	cmocka_unit_test(the_first_server_counts_even_if_its_answer_comes_last),
	cmocka_unit_test(the_own_port_is_a_candidate_only_where_mappings_vary),
	cmocka_unit_test(the_own_port_goes_with_the_address_that_a_server_saw),
	cmocka_unit_test(the_own_port_is_a_candidate_also_where_another_finder_found_the_rest),
	cmocka_unit_test(the_mapping_is_that_of_ipv4),
	cmocka_unit_test(a_server_that_sees_us_over_ipv4_is_named_with_what_it_saw),
	cmocka_unit_test(what_was_seen_stays_until_a_whole_round_brings_no_answer),
	cmocka_unit_test(an_answer_after_the_last_wait_is_not_taken),
	cmocka_unit_test(a_new_answer_takes_the_place_of_the_old_one),
	cmocka_unit_test(refreshes_within_a_second_are_one_more_round_after_it),
	cmocka_unit_test(a_changed_network_is_looked_at_at_once_however_often),
	cmocka_unit_test(after_a_long_sleep_there_is_one_round_not_many),
	cmocka_unit_test(want_soon_after_a_round_waits_for_the_next_one),
	cmocka_unit_test(other_servers_are_asked_at_once_and_the_old_ones_forgotten),
	cmocka_unit_test(an_answer_counts_wherever_it_comes_from),
	cmocka_unit_test(a_finder_that_was_never_asked_has_nothing_to_do),
};
RUN_TESTS(tests)
