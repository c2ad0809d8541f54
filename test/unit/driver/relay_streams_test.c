/* Streams to relays that are real, on the loopback; what the streams carry is not looked into. */
#include "driver/relay_streams.h"

#include "io/clock.h"
#include "unit/driver/local_relay.h"
#include "unit/own_network.h"

enum { LAB = 1, OTHER = 2, REGIONS = 3 };

struct seen {
	struct loop *l;
	struct log log;
	struct relay_streams *k;
	unsigned ups[REGIONS], downs[REGIONS];
	uint64_t bytes[REGIONS];
	char why[FAILURE_MAX];
	bool hang_up_when_down;
	size_t to_send[REGIONS], sent[REGIONS];
};

static void on_up(void *self, uint16_t region, const struct node_key *server_key)
{
	((struct seen *)self)->ups[region]++;
}

static void on_bytes(void *self, uint16_t region, struct bytes b)
{
	((struct seen *)self)->bytes[region] += b.n;
}

static void on_writable(void *self, uint16_t region)
{
}

static void on_down(void *self, uint16_t region, const char *why)
{
	struct seen *s = self;
	s->downs[region]++;
	snprintf(s->why, sizeof(s->why), "%s", why);
	if (s->hang_up_when_down)
		relay_streams_hangup(s->k, region);
}

static void begin(struct seen *s)
{
	*s = (struct seen){.l = loop_new(), .hang_up_when_down = true};
	log_init(&s->log, STDERR_FILENO, LOG_AT_ERROR);
	s->k = relay_streams_new(
		s->l, &(struct relay_stream_calls){on_up, on_bytes, on_writable, on_down, s});
	assert_true(s->k && crypto_init());
}

static void end(struct seen *s)
{
	relay_streams_free(s->k);
	relay_streams_free(NULL);
	for (int i = 0; i < 3; i++)
		loop_turn(s->l, 0);
	loop_free(s->l);
}

static struct netmap_relay relay_at(const struct local_relay *r, uint16_t region)
{
	return (struct netmap_relay){.host = "127.0.0.1",
				     .ip4 = ip_v4(127, 0, 0, 1),
				     .plain = true,
				     .region = region,
				     .port = r->port};
}

static void dial(struct seen *s, const struct local_relay *r, uint16_t region)
{
	const struct netmap_relay relay = relay_at(r, region);
	assert_true(relay_streams_dial(s->k, &relay));
}

#define TURN_UNTIL(s, condition)                                         \
	do {                                                             \
		mono_ns limit_ = clock_now() + 5 * SECOND;               \
		while (!(condition) && clock_now() < limit_)             \
			loop_turn((s)->l, 20 * MSEC);                    \
		if (!(condition))                                        \
			fail_msg("not so: %s (%s)", #condition, s->why); \
	} while (0)

/* --- tests --- */

static void each_region_has_a_stream_of_its_own(void **state)
{
	struct seen seen, *s = &seen;
	struct local_relay lab, other;
	begin(s);
	local_relay_open(&lab, s->l, &s->log);
	local_relay_open(&other, s->l, &s->log);
	dial(s, &lab, LAB);
	dial(s, &other, OTHER);
	assert_int_equal(s->ups[LAB] + s->ups[OTHER], 0); /* not from inside */
	TURN_UNTIL(s, s->ups[LAB] == 1 && s->ups[OTHER] == 1);
	TURN_UNTIL(s, s->bytes[LAB] > 0 && s->bytes[OTHER] > 0); /* ServerKey */
	assert_null(relay_streams_proxy(s->k, LAB));
	local_relay_close(&lab);
	TURN_UNTIL(s, s->downs[LAB] == 1);
	assert_int_equal(s->downs[OTHER], 0);
	local_relay_close(&other);
	TURN_UNTIL(s, s->downs[OTHER] == 1);
	end(s);
}

static void what_is_hung_up_says_no_more(void **state)
{
	struct seen seen, *s = &seen;
	struct local_relay lab;
	begin(s);
	local_relay_open(&lab, s->l, &s->log);
	dial(s, &lab, LAB);
	TURN_UNTIL(s, s->ups[LAB] == 1);
	relay_streams_hangup(s->k, LAB);
	relay_streams_hangup(s->k, LAB);
	relay_streams_hangup(s->k, 0);
	TURN_UNTIL(s, listen_stats(lab.listen)->streams == 0);
	assert_int_equal(s->downs[LAB], 0);
	local_relay_close(&lab);
	end(s);
}

static void a_second_dial_takes_the_place_of_the_first(void **state)
{
	struct seen seen, *s = &seen;
	struct local_relay lab;
	begin(s);
	local_relay_open(&lab, s->l, &s->log);
	for (unsigned i = 1; i <= 3; i++) {
		dial(s, &lab, LAB);
		TURN_UNTIL(s, s->ups[LAB] == i && listen_stats(lab.listen)->streams == 1);
	}
	assert_int_equal(s->downs[LAB], 0);
	local_relay_close(&lab);
	end(s);
}

/* Whoever gets `down` may also leave the stream there, and dial anew later. */
static void what_is_down_can_be_dialled_again(void **state)
{
	struct seen seen, *s = &seen;
	struct local_relay lab;
	begin(s);
	s->hang_up_when_down = false;
	local_relay_open(&lab, s->l, &s->log);
	dial(s, &lab, LAB);
	TURN_UNTIL(s, s->ups[LAB] == 1);
	local_relay_close(&lab);
	TURN_UNTIL(s, s->downs[LAB] == 1);
	local_relay_open(&lab, s->l, &s->log);
	dial(s, &lab, LAB);
	TURN_UNTIL(s, s->ups[LAB] == 2);
	local_relay_close(&lab);
	end(s);
}

static void where_nobody_listens_it_is_down_and_says_why(void **state)
{
	struct seen seen, *s = &seen;
	const struct local_relay nobody = {.port = 9};
	begin(s);
	dial(s, &nobody, LAB);
	TURN_UNTIL(s, s->downs[LAB] == 1);
	assert_int_equal(s->ups[LAB], 0);
	assert_non_null(strstr(s->why, "127.0.0.1"));
	end(s);
}

static void no_more_relays_than_there_are_places(void **state)
{
	struct seen seen, *s = &seen;
	struct local_relay nobody = {.port = 9};
	begin(s);
	s->hang_up_when_down = false;
	for (uint16_t i = 0; i <= RELAYS_MAX; i++) {
		const struct netmap_relay relay = relay_at(&nobody, (uint16_t)(i + 1));
		assert_int_equal(relay_streams_dial(s->k, &relay), i < RELAYS_MAX);
	}
	end(s);
}

/* --- bytes to relays --- */

/* A frame that the relay does not know, so that it reads and forgets it. */
static size_t take(void *self, uint16_t region, uint8_t *out, size_t cap)
{
	struct seen *s = self;
	size_t left = s->to_send[region] - s->sent[region], n = left < cap ? left : cap;
	memset(out, 0, n);
	s->sent[region] += n;
	return n;
}

static void streams_are_filled_as_far_as_they_have_room(void **state)
{
	struct seen seen, *s = &seen;
	struct local_relay lab;
	begin(s);
	assert_false(relay_streams_fill(s->k, take, s));
	local_relay_open(&lab, s->l, &s->log);
	dial(s, &lab, LAB);
	s->to_send[LAB] = 2 * STREAM_WRITE_MAX;
	assert_false(relay_streams_fill(s->k, take, s)); /* it is not up */
	assert_int_equal(s->sent[LAB], 0);
	TURN_UNTIL(s, s->ups[LAB] == 1);
	assert_true(relay_streams_fill(s->k, take, s));
	assert_true(s->sent[LAB] > 0 && s->sent[LAB] <= STREAM_WRITE_MAX);
	relay_streams_hangup(s->k, LAB);
	assert_false(relay_streams_fill(s->k, take, s));
	local_relay_close(&lab);
	end(s);
}

/* --- how a relay is trusted --- */

static void the_netmap_says_how_a_relay_is_trusted(void **state)
{
	static const struct {
		bool plain, pinned;
		const char *ca_file;
		enum stream_trust trust;
	} rows[] = {{true, false, "", STREAM_PLAIN},      {true, true, "", STREAM_PLAIN},
		    {false, true, "", STREAM_PIN},        {false, true, "/ca.pem", STREAM_PIN},
		    {false, false, "/ca.pem", STREAM_CA}, {false, false, "", STREAM_ROOTS}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct netmap_relay r = {.host = "relay.example.net",
					 .port = 443,
					 .plain = rows[i].plain,
					 .pinned = rows[i].pinned,
					 .ip4 = ip_v4(192, 0, 2, 7)};
		struct stream_config cfg;
		snprintf(r.ca_file, sizeof(r.ca_file), "%s", rows[i].ca_file);
		memset(r.pin, 0x5a, sizeof(r.pin));
		relay_streams_stream_config(&r, &cfg);
		assert_int_equal(cfg.trust, rows[i].trust);
		assert_string_equal(cfg.host, "relay.example.net");
		assert_memory_equal(cfg.pin, r.pin, sizeof(r.pin));
		assert_true(ip_equal(&cfg.known4, &r.ip4) && cfg.known6.family == 0);
		assert_true(cfg.limit > 0 && cfg.limit < STREAM_CONNECT_LIMIT);
	}
}

/* --- an address that is gone --- */

static void a_stream_from_an_address_that_is_gone_is_down_at_once(void)
{
	struct seen seen, *s = &seen;
	struct local_relay lab;
	struct netlink *nl = own_network_netlink();
	struct ip here;
	char why[FAILURE_MAX] = "";
	CHECK(ip_parse(&here, "10.1.0.1"));
	CHECK_WHY(netlink_link_up(nl, 1, 1280, why), why);
	CHECK_WHY(netlink_address_add(nl, 1, &here, 32, why), why);
	begin(s);
	local_relay_open_at(&lab, s->l, &s->log, &here);
	struct netmap_relay relay = relay_at(&lab, LAB);
	snprintf(relay.host, sizeof(relay.host), "10.1.0.1");
	relay.ip4 = here;
	CHECK(relay_streams_dial(s->k, &relay));
	TURN_UNTIL(s, s->ups[LAB] == 1);
	relay_streams_network_changed(s->k);
	CHECK(s->downs[LAB] == 0);
	CHECK(address_remove(1, &here, 32) == 0);
	relay_streams_network_changed(s->k);
	CHECK(s->downs[LAB] == 1 && strstr(s->why, "is gone"));
	relay_streams_network_changed(s->k);
	CHECK(s->downs[LAB] == 1);
	local_relay_close(&lab);
	end(s);
	netlink_close(nl);
}
IN_OWN_NETWORK(a_stream_from_an_address_that_is_gone_is_down_at_once)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_region_has_a_stream_of_its_own),
	cmocka_unit_test(what_is_hung_up_says_no_more),
	cmocka_unit_test(a_second_dial_takes_the_place_of_the_first),
	cmocka_unit_test(what_is_down_can_be_dialled_again),
	cmocka_unit_test(where_nobody_listens_it_is_down_and_says_why),
	cmocka_unit_test(no_more_relays_than_there_are_places),
	cmocka_unit_test(streams_are_filled_as_far_as_they_have_room),
	cmocka_unit_test(the_netmap_says_how_a_relay_is_trusted),
	cmocka_unit_test(test_a_stream_from_an_address_that_is_gone_is_down_at_once),
};
RUN_TESTS(tests)
