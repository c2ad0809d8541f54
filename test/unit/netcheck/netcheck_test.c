/* The report in plain numbers: relays that answer after so many ms, behind a NAT that is a
 * function.  The simulator has NATs of every kind (sim/scenario_netcheck.c). */
#include "netcheck/netcheck.h"

#include "base/socket_wish.h"
#include "crypto/seeded.h"
#include "netcheck/nat_probe.h"
#include "relay/stun_server.h"
#include "unit/unit.h"
#include "unit/wire/plain_stun.h"

enum { RELAYS_HERE = 6, WAITING_MAX = 256, OWN_PORT = 41641, PROBE_PORT = 50000 };

struct toy {
	struct seeded seeded;
	struct rng rng;
	struct netcheck *n;
	mono_ns now;
	size_t n_relays;
	struct relay_place relays[RELAYS_HERE];
	unsigned rtt_ms[RELAYS_HERE]; /* 0: silent */
	bool hard;                    /* each destination sees another port */
	bool filter;                  /* only endpoints that were sent to may send in */
	bool hairpin;
	bool stock;          /* relays know no CHANGE-REQUEST */
	bool pool;           /* each relay sees another outside address */
	struct endpoint lie; /* what relays say that they saw; unset: the truth */
	uint16_t counter;    /* of the hard NAT */
	struct {
		struct endpoint to;
		uint16_t socket, port;
	} maps[64];
	size_t n_maps;
	struct waiting {
		mono_ns at;
		struct endpoint from;
		uint8_t b[STUN_ANSWER_MAX];
		size_t n;
	} waiting[WAITING_MAX];
	size_t n_waiting;
	size_t taken, sent, sent6, sent_by_probe, captives, https, done;
	mono_ns done_at, https_at, captive_at;
};

static const struct ip outside = {.family = 4, .b = {198, 51, 100, 7}};

static struct toy *toy_new(size_t n_relays, unsigned rtt_ms)
{
	static struct toy t;
	t = (struct toy){
		.now = 1000 * SECOND, .n_relays = n_relays, .filter = true, .counter = 20000};
	seeded_init(&t.seeded, 5);
	t.rng = seeded_rng(&t.seeded);
	t.n = netcheck_new(&t.rng, OWN_PORT);
	assert_non_null(t.n);
	for (size_t i = 0; i < n_relays; i++) {
		t.relays[i] =
			(struct relay_place){.region = (uint16_t)(i + 1),
					     .stun4 = {ip_v4(203, 0, 113, (uint8_t)(i + 1)), 3478}};
		t.rtt_ms[i] = rtt_ms ? rtt_ms + (unsigned)i : 0;
	}
	netcheck_set_relays(t.n, t.relays, n_relays);
	struct own_address own[] = {{.ip = ip_v4(192, 168, 1, 2), .bits = 24},
				    {.ip = ip_v4(127, 0, 0, 1), .bits = 8, .loopback = true}};
	netcheck_set_interfaces(t.n, own, 2, t.now);
	return &t;
}

static uint16_t outside_port(struct toy *t, uint16_t socket, const struct endpoint *to)
{
	if (!t->hard)
		return socket ? PROBE_PORT : OWN_PORT;
	for (size_t i = 0; i < t->n_maps; i++)
		if (t->maps[i].socket == socket && endpoint_equal(&t->maps[i].to, to))
			return t->maps[i].port;
	t->maps[t->n_maps].to = *to;
	t->maps[t->n_maps].socket = socket;
	t->counter = (uint16_t)(t->counter + 2);
	return t->maps[t->n_maps++].port = t->counter;
}

static struct waiting *wait_for(struct toy *t, mono_ns after)
{
	assert_true(t->n_waiting < WAITING_MAX);
	struct waiting *w = &t->waiting[t->n_waiting++];
	*w = (struct waiting){.at = t->now + after};
	return w;
}

/* Carries one datagram of the node. */
static void carry(struct toy *t, const struct endpoint *to, uint16_t socket, struct bytes b)
{
	struct stun_places places = {.port = {3478, 3479}};
	struct stun_question q;
	struct endpoint src = {outside, outside_port(t, socket, to)};
	struct stun_way way;
	if (ip_equal(&to->ip, &outside) && t->hairpin) {
		struct waiting *w = wait_for(t, MSEC);
		w->from = src;
		memcpy(w->b, b.p, b.n);
		w->n = b.n;
	}
	for (size_t i = 0; i < t->n_relays; i++) {
		if (!ip_equal(&t->relays[i].stun4.ip, &to->ip) || t->rtt_ms[i] == 0)
			continue;
		uint8_t answer[STUN_ANSWER_MAX];
		struct wr w = wr_of(answer, sizeof(answer));
		assert_true(stun_read_question(b, &q));
		if (t->pool)
			src.ip.b[3] = (uint8_t)(100 + i);
		if ((t->stock && q.wants_origin) ||
		    !stun_server_answer(&places, to, &src, b, &way, &w))
			continue;
		if (t->filter && !endpoint_equal(&way.leave, to))
			continue;
		if (endpoint_is_set(&t->lie)) {
			w = wr_of(answer, sizeof(answer));
			stun_write_response(&w, &q.txid, &t->lie);
		}
		struct waiting *in = wait_for(t, t->rtt_ms[i] * MSEC);
		in->from = way.leave;
		memcpy(in->b, answer, w.n);
		in->n = w.n;
	}
}

static void drain(struct toy *t)
{
	uint8_t memory[STUN_CHANGE_LEN];
	struct endpoint to;
	uint16_t socket;
	enum netcheck_event ev;
	for (;;) {
		struct wr w = wr_of(memory, sizeof(memory));
		if (!netcheck_output(t->n, &to, &socket, &w, t->now))
			break;
		assert_false(w.bad);
		assert_true(socket == 0 || socket == netcheck_socket(t->n));
		t->sent++;
		t->sent6 += to.ip.family == 6;
		t->sent_by_probe += socket != 0;
		carry(t, &to, socket, wr_done(&w));
	}
	while ((ev = netcheck_event(t->n)) != NETCHECK_NOTHING) {
		t->captives += ev == NETCHECK_CAPTIVE;
		t->https += ev == NETCHECK_HTTPS;
		t->done += ev == NETCHECK_DONE;
		*(ev == NETCHECK_CAPTIVE ? &t->captive_at
		  : ev == NETCHECK_HTTPS ? &t->https_at
					 : &t->done_at) = t->now;
	}
}

/* Plays the next event before that time; false: there is none. */
static bool step(struct toy *t, mono_ns until)
{
	size_t first = t->n_waiting;
	mono_ns at = mono_min(netcheck_deadline(t->n), until);
	for (size_t i = 0; i < t->n_waiting; i++)
		if (t->waiting[i].at <= at) {
			at = t->waiting[i].at;
			first = i;
		}
	t->now = mono_max(at, t->now);
	if (first < t->n_waiting) {
		struct waiting w = t->waiting[first];
		t->waiting[first] = t->waiting[--t->n_waiting];
		t->taken += netcheck_input(t->n, &w.from, (struct bytes){w.b, w.n}, t->now);
	} else {
		netcheck_tick(t->n, t->now);
	}
	drain(t);
	return t->now < until;
}

static void run(struct toy *t, mono_ns time)
{
	mono_ns until = t->now + time;
	for (int i = 0; step(t, until); i++)
		assert_true(i < 10000);
}

static const struct netcheck_report *report(struct toy *t, bool full)
{
	size_t before = t->done;
	t->sent = t->sent_by_probe = 0;
	netcheck_begin(t->n, full, t->now);
	drain(t);
	run(t, 10 * SECOND);
	assert_int_equal(t->done, before + 1);
	assert_int_equal(netcheck_deadline(t->n), MONO_NEVER);
	return netcheck_last(t->n);
}

static void an_easy_nat_is_seen_as_it_is(void **state)
{
	struct toy *t = toy_new(2, 30);
	assert_null(netcheck_last(t->n));
	const struct netcheck_report *r = report(t, true);
	assert_true(r->full && r->udp && r->ipv4 && !r->ipv6);
	assert_true(ip_equal(&r->global4.ip, &outside) && r->global4.port == OWN_PORT);
	assert_int_equal(r->nat4.present, TRISTATE_YES);
	assert_int_equal(r->nat4.varies, MAPPING_SAME);
	assert_int_equal(r->nat4.mapping, BEHAVIOUR_ENDPOINT_INDEPENDENT);
	assert_int_equal(r->nat4.filtering, BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT);
	assert_int_equal(r->nat4.port_preserved, TRISTATE_YES);
	assert_int_equal(r->nat4.hairpin, TRISTATE_NO);
	assert_int_equal(r->nat4.step, 0);
	assert_int_equal(r->nat4.n_outside, 1);
	assert_int_equal(r->preferred, 1);
	assert_int_equal(netcheck_latency(&r->relays[0]), 30 * MSEC);
	assert_int_equal(netcheck_latency(&r->relays[1]), 31 * MSEC);
	netcheck_free(t->n);
}

static void a_hard_nat_that_counts_is_seen_as_it_is(void **state)
{
	struct toy *t = toy_new(2, 30);
	t->hard = true;
	t->filter = false;
	t->hairpin = true;
	const struct netcheck_report *r = report(t, true);
	assert_int_equal(r->nat4.varies, MAPPING_VARIES);
	assert_int_equal(r->nat4.mapping, BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT);
	assert_int_equal(r->nat4.filtering,
			 BEHAVIOUR_NOT_ON_PORT); /* there is no second address to try */
	assert_int_equal(r->nat4.step, 2);
	assert_int_equal(r->nat4.port_preserved, TRISTATE_NO);
	assert_int_equal(r->nat4.hairpin, TRISTATE_YES);
	netcheck_free(t->n);
}

static void without_a_nat_there_is_no_hairpin_to_look_for(void **state)
{
	struct toy *t = toy_new(2, 30);
	struct own_address own = {.ip = outside, .bits = 24};
	netcheck_set_interfaces(t->n, &own, 1, t->now);
	const struct netcheck_report *r = report(t, true);
	assert_int_equal(r->nat4.present, TRISTATE_NO);
	assert_int_equal(r->nat4.hairpin, TRISTATE_UNKNOWN);
	netcheck_free(t->n);
}

static void stock_relays_tell_the_mapping_and_no_more(void **state)
{
	struct toy *t = toy_new(2, 30);
	t->stock = true;
	const struct netcheck_report *r = report(t, true);
	assert_int_equal(r->nat4.mapping, BEHAVIOUR_ENDPOINT_INDEPENDENT);
	assert_int_equal(r->nat4.filtering, BEHAVIOUR_UNKNOWN);
	assert_true(r->ended - r->began < 3 * SECOND);
	netcheck_free(t->n);
}

static void with_udp_blocked_the_owner_is_asked_for_help(void **state)
{
	struct toy *t = toy_new(2, 0);
	mono_ns start = t->now;
	netcheck_begin(t->n, true, t->now);
	drain(t);
	run(t, 4 * SECOND);
	assert_int_equal(t->captives, 1);
	assert_int_equal(t->captive_at - start, 200 * MSEC);
	assert_int_equal(t->https, 1);
	assert_int_equal(t->https_at - start, 3 * SECOND);
	assert_int_equal(t->done, 0);
	assert_true(t->sent < 20);
	netcheck_captive(t->n, false);
	netcheck_captive(t->n, true);
	netcheck_captive(t->n, false); /* too late: a yes stays */
	netcheck_https(t->n, 2, 80 * MSEC);
	netcheck_https(t->n, 99, MSEC); /* no such relay */
	netcheck_https_done(t->n, t->now);
	drain(t);
	const struct netcheck_report *r = netcheck_last(t->n);
	assert_int_equal(t->done, 1);
	assert_false(r->udp);
	assert_int_equal(r->captive_portal, TRISTATE_YES);
	assert_int_equal(netcheck_latency(&r->relays[1]), 80 * MSEC);
	assert_int_equal(r->preferred, 2);
	assert_int_equal(r->nat4.mapping, BEHAVIOUR_UNKNOWN);
	assert_int_equal(r->nat4.present, TRISTATE_UNKNOWN);
	/* Behind a portal the next report is full again, without being asked for. */
	netcheck_begin(t->n, false, t->now);
	run(t, 10 * SECOND);
	assert_true(netcheck_last(t->n)->full);
	netcheck_free(t->n);
}

static void an_owner_who_does_not_help_is_waited_for_until_five_seconds(void **state)
{
	struct toy *t = toy_new(1, 0);
	mono_ns start = t->now;
	(void)report(t, true);
	assert_int_equal(t->done_at - start, 5 * SECOND);
	netcheck_https_done(t->n, t->now); /* late, and harmless */
	netcheck_free(t->n);
}

static void after_three_answers_the_others_are_waited_for_twice_the_slowest(void **state)
{
	struct toy *t = toy_new(5, 20);
	t->stock = true;
	t->rtt_ms[3] = 50;
	t->rtt_ms[4] = 0;
	const struct netcheck_report *r = report(t, true);
	assert_int_equal(netcheck_latency(&r->relays[3]), 50 * MSEC);
	assert_int_equal(netcheck_latency(&r->relays[4]), 0);
	r = report(t, false);
	assert_true(r->ended - r->began < 150 * MSEC);
	netcheck_free(t->n);
}

static void an_incremental_report_is_cheap_and_remembers_the_nat(void **state)
{
	struct toy *t = toy_new(6, 30);
	(void)report(t, true);
	size_t full = t->sent;
	const struct netcheck_report *r = report(t, false);
	assert_false(r->full);
	assert_true(t->sent <= 3);
	assert_true(full > 5 * t->sent);
	assert_int_equal(t->sent_by_probe, 0);
	assert_int_equal(r->nat4.mapping, BEHAVIOUR_ENDPOINT_INDEPENDENT);
	assert_int_equal(r->nat4.filtering, BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT);
	assert_int_equal(r->nat4.present, TRISTATE_YES);
	netcheck_free(t->n);
}

static void a_report_is_full_when_the_last_full_one_is_old_or_the_network_another(void **state)
{
	struct toy *t = toy_new(2, 30);
	assert_true(report(t, false)->full); /* the first */
	assert_false(report(t, false)->full);
	run(t, 300 * SECOND);
	assert_true(report(t, false)->full);
	assert_false(report(t, false)->full);
	netcheck_link_changed(t->n, t->now);
	assert_true(report(t, false)->full);
	struct own_address own = {.ip = ip_v4(10, 0, 0, 2), .bits = 8};
	netcheck_set_interfaces(t->n, &own, 1, t->now);
	assert_true(report(t, false)->full);
	netcheck_set_interfaces(t->n, &own, 1, t->now); /* the same */
	assert_false(report(t, false)->full);
	netcheck_set_port(t->n, 7, t->now);
	assert_true(report(t, false)->full);
	netcheck_set_port(t->n, 7, t->now);
	assert_false(report(t, false)->full);
	netcheck_free(t->n);
}

static void a_change_of_network_begins_the_report_anew(void **state)
{
	struct toy *t = toy_new(2, 30);
	netcheck_begin(t->n, true, t->now);
	drain(t);
	run(t, 100 * MSEC);
	mono_ns changed = t->now;
	netcheck_link_changed(t->n, t->now);
	run(t, 5 * SECOND);
	assert_int_equal(t->done, 1);
	assert_int_equal(netcheck_last(t->n)->began, changed);
	netcheck_free(t->n);
}

static void one_report_at_a_time(void **state)
{
	struct toy *t = toy_new(2, 30);
	netcheck_begin(t->n, false, t->now);
	drain(t);
	size_t sent = t->sent;
	netcheck_begin(t->n, true, t->now);
	drain(t);
	assert_int_equal(t->sent, sent);
	netcheck_free(t->n);
}

static void the_probe_is_a_fresh_socket_for_each_full_report_and_open_no_longer(void **state)
{
	struct toy *t = toy_new(2, 30);
	uint16_t before = 0;
	for (int i = 0; i < 300; i++) {
		netcheck_begin(t->n, true, t->now);
		uint16_t socket = netcheck_socket(t->n);
		assert_true(socket >= SOCKETS_NETCHECK_FIRST);
		assert_int_not_equal(socket, before);
		before = socket;
		run(t, 6 * SECOND);
		assert_int_equal(netcheck_socket(t->n), 0);
	}
	netcheck_free(t->n);
}

static void without_relays_the_report_is_empty_at_once(void **state)
{
	struct toy *t = toy_new(0, 0);
	netcheck_begin(t->n, true, t->now);
	drain(t);
	assert_int_equal(t->done, 1);
	assert_int_equal(netcheck_last(t->n)->n_relays, 0);
	assert_int_equal(t->sent, 0);
	netcheck_free(t->n);
}

static void ipv6_is_asked_where_both_sides_have_it(void **state)
{
	struct toy *t = toy_new(1, 30);
	struct own_address own[] = {{.ip = ip_v4(192, 168, 1, 2), .bits = 24}, {.bits = 64}};
	assert_true(ip_parse(&own[1].ip, "2001:db8::2"));
	assert_true(endpoint_parse(&t->relays[0].stun6, "[2001:db8:1::1]:3478"));
	netcheck_set_relays(t->n, t->relays, 1);
	netcheck_set_interfaces(t->n, own, 2, t->now);
	const struct netcheck_report *r = report(t, true);
	assert_true(r->has6 && !r->ipv6); /* asked three times by each socket, and silent */
	assert_int_equal(t->sent6, 6);
	assert_true(r->nat6.present == TRISTATE_UNKNOWN && r->nat6.filtering == BEHAVIOUR_UNKNOWN);
	netcheck_free(t->n);
}

static void through_a_nat64_ipv4_is_asked_without_an_address_of_it(void **state)
{
	struct toy *t = toy_new(2, 30);
	struct own_address own = {.bits = 64};
	struct prefix p;
	assert_true(ip_parse(&own.ip, "2001:db8::2") && prefix_parse(&p, "64:ff9b::/96"));
	netcheck_set_interfaces(t->n, &own, 1, t->now);
	assert_false(report(t, true)->ipv4);
	netcheck_set_nat64(t->n, &p);
	const struct netcheck_report *r = report(t, true);
	assert_true(r->ipv4 && r->has4);
	assert_true(prefix_equal(&r->nat64, &p));
	netcheck_free(t->n);
}

static void what_was_not_asked_for_is_not_taken(void **state)
{
	struct toy *t = toy_new(1, 30);
	uint8_t memory[STUN_ANSWER_MAX];
	struct wr w = wr_of(memory, sizeof(memory));
	struct stun_txid txid = {{1}};
	stun_write_response(&w, &txid, &(struct endpoint){outside, 1});
	assert_false(netcheck_input(t->n, &t->relays[0].stun4, wr_done(&w), t->now));
	netcheck_begin(t->n, true, t->now);
	assert_false(netcheck_input(t->n, &t->relays[0].stun4, wr_done(&w), t->now));
	w.n = 0;
	stun_write_request(&w, &txid);
	assert_false(netcheck_input(t->n, &t->relays[0].stun4, wr_done(&w), t->now));
	assert_false(netcheck_input(t->n, &t->relays[0].stun4, (struct bytes){memory, 3}, t->now));
	netcheck_free(t->n);
}

static void a_relay_that_is_heard_over_its_stream_stays_preferred(void **state)
{
	struct toy *t = toy_new(2, 30);
	assert_int_equal(report(t, true)->preferred, 1);
	t->rtt_ms[0] = 0;
	netcheck_begin(t->n, true, t->now);
	drain(t);
	netcheck_heard(t->n, 2, t->now); /* not the preferred relay */
	netcheck_heard(t->n, 1, t->now);
	run(t, 6 * SECOND);
	assert_int_equal(netcheck_last(t->n)->preferred, 1);
	run(t, 60 * SECOND);
	assert_int_equal(report(t, true)->preferred, 2);
	netcheck_free(t->n);
}

static void the_latency_of_a_relay_is_the_shortest_of_three(void **state)
{
	static const struct {
		mono_ns v4, v6, https, latency;
	} rows[] = {{0, 0, 0, 0}, {5, 0, 0, 5}, {0, 6, 0, 6}, {0, 0, 7, 7},
		    {5, 6, 7, 5}, {6, 5, 7, 5}, {7, 6, 5, 5}, {7, 0, 5, 5}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct netcheck_relay r = {
			.v4 = rows[i].v4, .v6 = rows[i].v6, .https = rows[i].https};
		assert_int_equal(netcheck_latency(&r), rows[i].latency);
	}
}

static void the_servers_are_named_nearest_first_and_silent_ones_last(void **state)
{
	static const unsigned rtt_ms[] = {40, 0, 10, 30, 0, 20};
	static const size_t before[] = {0, 1, 2, 3, 4, 5}, after[] = {2, 5, 3, 0, 1, 4};
	struct toy *t = toy_new(6, 30);
	struct endpoint v[RELAYS_HERE];
	memcpy(t->rtt_ms, rtt_ms, sizeof(rtt_ms));
	for (size_t max = 0; max <= RELAYS_HERE; max++) {
		assert_int_equal(netcheck_servers(t->n, 4, v, max), max);
		for (size_t i = 0; i < max; i++)
			assert_true(endpoint_equal(&v[i], &t->relays[before[i]].stun4));
	}
	(void)report(t, true);
	for (size_t max = 0; max <= RELAYS_HERE; max++) {
		assert_int_equal(netcheck_servers(t->n, 4, v, max), max);
		for (size_t i = 0; i < max; i++)
			assert_true(endpoint_equal(&v[i], &t->relays[after[i]].stun4));
	}
	assert_int_equal(netcheck_servers(t->n, 6, v, RELAYS_HERE), 0);
	netcheck_free(t->n);
}

static void no_more_relays_are_kept_than_there_is_room_for(void **state)
{
	struct toy *t = toy_new(0, 0);
	struct relay_place many[RELAYS_MAX + 1];
	struct endpoint v[RELAYS_MAX + 1];
	for (size_t i = 0; i <= RELAYS_MAX; i++)
		many[i] =
			(struct relay_place){.region = (uint16_t)(i + 1),
					     .stun4 = {ip_v4(203, 0, 113, (uint8_t)(i + 1)), 3478}};
	netcheck_set_relays(t->n, many, RELAYS_MAX + 1);
	assert_int_equal(netcheck_servers(t->n, 4, v, RELAYS_MAX + 1), RELAYS_MAX);
	netcheck_free(t->n);
}

/* The list may change while a report is made: the report is about the old one. */
static void other_relays_are_for_the_next_report(void **state)
{
	struct toy *t = toy_new(2, 30);
	netcheck_begin(t->n, true, t->now);
	drain(t);
	netcheck_set_relays(t->n, &t->relays[1], 1);
	run(t, 10 * SECOND);
	const struct netcheck_report *r = netcheck_last(t->n);
	assert_int_equal(r->n_relays, 2);
	assert_int_equal(r->relays[0].region, 1);
	assert_int_equal(netcheck_latency(&r->relays[0]), 30 * MSEC);
	r = report(t, true);
	assert_int_equal(r->n_relays, 1);
	assert_int_equal(r->relays[0].region, 2);
	assert_int_equal(netcheck_latency(&r->relays[0]), 31 * MSEC);
	netcheck_free(t->n);
}

static void outside_addresses_of_a_pool_are_counted(void **state)
{
	struct toy *t = toy_new(3, 30);
	t->pool = t->stock = true;
	const struct netcheck_report *r = report(t, true);
	assert_int_equal(r->nat4.n_outside, 3);
	assert_int_equal(r->nat4.varies, MAPPING_VARIES);
	assert_int_equal(r->nat4.mapping, BEHAVIOUR_DEPENDENT);
	assert_int_equal(r->nat4.port_preserved, TRISTATE_YES);
	for (uint8_t i = 0; i < 3; i++)
		assert_int_equal(r->relays[i].seen4.ip.b[3], 100 + i);
	netcheck_free(t->n);
}

/* One relay shows the outside endpoint and a latency, but not whether the mapping varies. */
static void a_single_stock_relay_leaves_the_mapping_unknown(void **state)
{
	struct toy *t = toy_new(1, 30);
	t->stock = true;
	const struct netcheck_report *r = report(t, true);
	assert_true(r->udp && r->ipv4);
	assert_int_equal(r->nat4.present, TRISTATE_YES);
	assert_int_equal(r->nat4.varies, MAPPING_UNKNOWN);
	assert_int_equal(r->nat4.mapping, BEHAVIOUR_UNKNOWN);
	netcheck_free(t->n);
}

/* An IPv6 address cannot be ours towards an IPv4 server: the answer is none. */
static void relays_that_lie_about_the_family_are_as_good_as_silent(void **state)
{
	struct toy *t = toy_new(2, 30);
	assert_true(endpoint_parse(&t->lie, "[2001:db8::7]:41641"));
	const struct netcheck_report *r = report(t, true);
	assert_false(r->udp || r->ipv4 || r->ipv6);
	assert_true(t->taken > 0); /* by us, and no other part looks at it */
	assert_false(endpoint_is_set(&r->global4) || endpoint_is_set(&r->global6));
	assert_int_equal(netcheck_latency(&r->relays[0]), 0);
	assert_int_equal(r->preferred, 0);
	assert_int_equal(t->https, 1);
	netcheck_free(t->n);
}

static void addresses_of_the_link_alone_are_no_ipv6(void **state)
{
	struct toy *t = toy_new(1, 30);
	struct own_address own[] = {{.ip = ip_v4(192, 168, 1, 2), .bits = 24},
				    {.ip = ip_v4(127, 0, 0, 9), .bits = 8, .loopback = true},
				    {.bits = 64}};
	assert_false(netcheck_set_interfaces(t->n, own, 2, t->now)); /* but for loopback the same */
	assert_true(ip_parse(&own[2].ip, "fe80::2"));
	assert_true(endpoint_parse(&t->relays[0].stun6, "[2001:db8:1::1]:3478"));
	netcheck_set_relays(t->n, t->relays, 1);
	assert_true(netcheck_set_interfaces(t->n, own, 3, t->now));
	assert_false(report(t, true)->has6);
	assert_int_equal(t->sent6, 0);
	netcheck_free(t->n);
}

static void an_answer_after_the_end_is_nobodys(void **state)
{
	struct toy *t = toy_new(1, 30);
	netcheck_begin(t->n, true, t->now);
	drain(t);
	struct waiting w = t->waiting[0];
	run(t, 6 * SECOND);
	assert_int_equal(t->done, 1);
	assert_false(netcheck_input(t->n, &w.from, (struct bytes){w.b, w.n}, t->now));
	netcheck_free(t->n);
}

/* UDP is given up by then: what comes later ends nothing and changes nothing. */
static void while_https_is_measured_udp_says_no_more(void **state)
{
	struct toy *t = toy_new(2, 3500);
	struct endpoint to;
	uint16_t socket;
	uint8_t b[STUN_CHANGE_LEN];
	struct wr w = wr_of(b, sizeof(b));
	netcheck_https(t->n, 1, 5 * MSEC); /* nobody asked */
	netcheck_begin(t->n, true, t->now);
	netcheck_https(t->n, 1, 5 * MSEC);
	netcheck_https_done(t->n, t->now);
	drain(t);
	run(t, 3100 * MSEC);
	assert_int_equal(t->https, 1);
	assert_int_equal(netcheck_socket(t->n), 0);
	assert_false(netcheck_output(t->n, &to, &socket, &w, t->now));
	run(t, SECOND);
	assert_int_equal(t->done, 0);
	netcheck_https(t->n, 1, 0); /* as near as can be, and not silent */
	netcheck_https_done(t->n, t->now);
	const struct netcheck_report *r = netcheck_last(t->n);
	assert_false(r->udp);
	assert_int_equal(netcheck_latency(&r->relays[0]), 1);
	assert_int_equal(netcheck_latency(&r->relays[1]), 0);
	netcheck_free(t->n);
}

static void another_network_while_https_is_measured_is_asked_by_udp_again(void **state)
{
	struct toy *t = toy_new(2, 0);
	netcheck_begin(t->n, true, t->now);
	drain(t);
	run(t, 3500 * MSEC);
	assert_int_equal(t->https, 1);
	t->rtt_ms[0] = t->rtt_ms[1] = 20;
	netcheck_link_changed(t->n, t->now);
	netcheck_https(t->n, 1, MSEC); /* of the old network */
	netcheck_https_done(t->n, t->now);
	drain(t);
	run(t, 10 * SECOND);
	assert_int_equal(t->done, 1);
	assert_true(netcheck_last(t->n)->udp);
	assert_int_equal(netcheck_last(t->n)->relays[0].https, 0);
	assert_int_equal(netcheck_latency(&netcheck_last(t->n)->relays[0]), 20 * MSEC);
	netcheck_free(t->n);
}

static void a_captive_portal_is_looked_for_where_the_first_answer_is_late_or_none(void **state)
{
	for (int late = 0; late < 2; late++) {
		struct toy *t = toy_new(2, late ? 250 : 150);
		assert_int_equal(report(t, true)->captive_portal, TRISTATE_UNKNOWN);
		assert_int_equal(t->captives, late);
		netcheck_captive(t->n, false); /* after the report, and kept with it */
		assert_int_equal(netcheck_last(t->n)->captive_portal, TRISTATE_NO);
		assert_int_equal(report(t, false)->captive_portal, TRISTATE_NO);
		assert_int_equal(t->captives, late); /* an incremental report does not ask */
		assert_int_equal(report(t, true)->captive_portal, TRISTATE_UNKNOWN);
		netcheck_free(t->n);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(an_easy_nat_is_seen_as_it_is),
	cmocka_unit_test(a_hard_nat_that_counts_is_seen_as_it_is),
	cmocka_unit_test(without_a_nat_there_is_no_hairpin_to_look_for),
	cmocka_unit_test(stock_relays_tell_the_mapping_and_no_more),
	cmocka_unit_test(with_udp_blocked_the_owner_is_asked_for_help),
	cmocka_unit_test(an_owner_who_does_not_help_is_waited_for_until_five_seconds),
	cmocka_unit_test(after_three_answers_the_others_are_waited_for_twice_the_slowest),
	cmocka_unit_test(an_incremental_report_is_cheap_and_remembers_the_nat),
	cmocka_unit_test(a_report_is_full_when_the_last_full_one_is_old_or_the_network_another),
	cmocka_unit_test(a_change_of_network_begins_the_report_anew),
	cmocka_unit_test(one_report_at_a_time),
	cmocka_unit_test(the_probe_is_a_fresh_socket_for_each_full_report_and_open_no_longer),
	cmocka_unit_test(without_relays_the_report_is_empty_at_once),
	cmocka_unit_test(ipv6_is_asked_where_both_sides_have_it),
	cmocka_unit_test(through_a_nat64_ipv4_is_asked_without_an_address_of_it),
	cmocka_unit_test(what_was_not_asked_for_is_not_taken),
	cmocka_unit_test(a_relay_that_is_heard_over_its_stream_stays_preferred),
	cmocka_unit_test(the_latency_of_a_relay_is_the_shortest_of_three),
	cmocka_unit_test(the_servers_are_named_nearest_first_and_silent_ones_last),
	cmocka_unit_test(no_more_relays_are_kept_than_there_is_room_for),
	cmocka_unit_test(other_relays_are_for_the_next_report),
	cmocka_unit_test(outside_addresses_of_a_pool_are_counted),
	cmocka_unit_test(a_single_stock_relay_leaves_the_mapping_unknown),
	cmocka_unit_test(relays_that_lie_about_the_family_are_as_good_as_silent),
	cmocka_unit_test(addresses_of_the_link_alone_are_no_ipv6),
	cmocka_unit_test(an_answer_after_the_end_is_nobodys),
	cmocka_unit_test(while_https_is_measured_udp_says_no_more),
	cmocka_unit_test(another_network_while_https_is_measured_is_asked_by_udp_again),
	cmocka_unit_test(a_captive_portal_is_looked_for_where_the_first_answer_is_late_or_none),
};
RUN_TESTS(tests)
