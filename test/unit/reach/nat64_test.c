/* A machine in a network that has only IPv6: what it asks for, and where its datagrams go. */
#include "crypto/seeded.h"
#include "reach/reach.h"
#include "unit/addresses.h"
#include "unit/candidates.h"
#include "unit/unit.h"
#include "unit/wire/plain_stun.h"
#include "wire/stun.h"

static const mono_ns start = 1000 * SECOND;

struct alone {
	struct seeded seeded;
	struct reach *reach;
	unsigned lookups, changes;
	struct endpoint to[32]; /* of the datagrams that it sent */
	struct stun_txid txid[32];
	size_t n;
};

/* Does what the node wants; its STUN requests are noted. */
static void turn(struct alone *a, mono_ns now)
{
	const struct reach_out *out;
	struct reach_event ev;
	a->n = 0;
	reach_tick(a->reach, now);
	while (reach_drain(a->reach, &out, now))
		for (size_t i = 0; i < out->n_udp && a->n < ARRAY_LEN(a->to); i++)
			if (stun_read_request(packet_bytes(&out->udp[i].packet), &a->txid[a->n]))
				a->to[a->n++] = out->udp[i].at;
	while (reach_event(a->reach, &ev)) {
		a->lookups += ev.kind == REACH_LOOKUP64;
		a->changes += ev.kind == REACH_NAT64;
	}
}

static void begin(struct alone *a, const char *address)
{
	struct relay_place relay = {.region = 1, .stun4 = ep_of("203.0.113.1:3478")};
	struct own_address own = {.ip = ip_of(address), .bits = 64};
	*a = (struct alone){0};
	seeded_init(&a->seeded, 64);
	struct reach_config cfg = {.rng = seeded_rng(&a->seeded), .peers_max = 4, .port = 41641};
	key_generate(cfg.key.b, &cfg.rng);
	a->reach = reach_new(&cfg, start);
	reach_set_interfaces(a->reach, &own, 1, start);
	reach_set_relays(a->reach, &relay, 1, 1, start);
	turn(a, start);
}

static void answer(struct alone *a, const char *address, mono_ns now)
{
	struct ip v = ip_of(address);
	reach_nat64_answer(a->reach, &v, 1, 3600, false, now);
	turn(a, now);
}

static bool sent_to(const struct alone *a, const char *text, struct stun_txid *txid)
{
	struct endpoint want = ep_of(text);
	for (size_t i = 0; i < a->n; i++)
		if (endpoint_equal(&a->to[i], &want)) {
			*txid = a->txid[i];
			return true;
		}
	return false;
}

static void take(struct alone *a, const char *from, const struct stun_txid *txid, const char *seen,
		 mono_ns now)
{
	uint8_t memory[PACKET_SIZE];
	struct datagram d = {.packet = packet_in(memory, sizeof(memory), PACKET_HEADROOM),
			     .at = ep_of(from)};
	struct endpoint reflexive = ep_of(seen);
	struct wr w = wr_of(d.packet.data, d.packet.tail);
	stun_write_response(&w, txid, &reflexive);
	assert_non_null(packet_append(&d.packet, w.n));
	struct way from_way;
	assert_int_equal(reach_input(a->reach, &d, now, &from_way), REACH_TAKEN);
	turn(a, now);
}

static void it_looks_up_the_prefix_and_asks_stun_servers_through_it(void **state)
{
	struct alone a;
	struct stun_txid txid;
	begin(&a, "2001:db8::5");
	assert_int_equal(a.lookups, 1);
	assert_null(reach_nat64(a.reach));
	answer(&a, "2001:db8:64::192.0.0.170", start + 30 * MSEC);
	assert_int_equal(a.changes, 1);
	assert_int_equal(reach_nat64(a.reach)->bits, 96);
	assert_true(sent_to(&a, "[2001:db8:64::203.0.113.1]:3478", &txid));
	assert_false(sent_to(&a, "203.0.113.1:3478", &txid));

	/* The answer is the NAT64's outside: an IPv4 candidate of ours. */
	struct endpoint outside = ep_of("198.51.100.7:5555");
	assert_true(sent_to(&a, "[2001:db8:64::203.0.113.1]:3478", &txid));
	take(&a, "[2001:db8:64::203.0.113.1]:3478", &txid, "198.51.100.7:5555", start + 80 * MSEC);
	assert_true(candidates_have(reach_candidates(a.reach), &outside));
	reach_free(a.reach);
}

static void what_routers_say_is_heard_and_its_end_noticed(void **state)
{
	struct alone a;
	struct prefix p;
	struct stun_txid txid;
	begin(&a, "2001:db8::5");
	assert_true(prefix_parse(&p, "2001:db8:64::/96"));
	reach_nat64_advertised(a.reach, &p, 600, start + SECOND);
	turn(&a, start + SECOND);
	assert_true(sent_to(&a, "[2001:db8:64::203.0.113.1]:3478", &txid));
	assert_true(reach_deadline(a.reach) <= start + 601 * SECOND);
	turn(&a, start + 601 * SECOND);
	assert_null(reach_nat64(a.reach));
	assert_int_equal(a.changes, 2);
	assert_true(sent_to(&a, "203.0.113.1:3478", &txid)); /* in vain, but as it is */
	reach_free(a.reach);
}

static void with_ipv4_of_its_own_nothing_of_this_happens(void **state)
{
	struct alone a;
	struct stun_txid txid;
	begin(&a, "192.168.1.20");
	assert_int_equal(a.lookups, 0);
	assert_true(sent_to(&a, "203.0.113.1:3478", &txid));
	answer(&a, "2001:db8:64::192.0.0.170", start + SECOND);
	assert_null(reach_nat64(a.reach));
	assert_int_equal(a.changes, 0);
	reach_free(a.reach);
}

static void another_link_is_looked_up_anew(void **state)
{
	struct alone a;
	begin(&a, "2001:db8::5");
	answer(&a, "2001:db8:64::192.0.0.170", start + 30 * MSEC);
	assert_int_equal(a.lookups, 1);
	reach_link_changed(a.reach, start + SECOND);
	turn(&a, start + SECOND);
	assert_int_equal(a.lookups, 2);
	answer(&a, "2001:db8:64::192.0.0.171",
	       start + 2 * SECOND); /* the same prefix: no change of anything */
	assert_int_equal(a.changes, 1);
	reach_slept(a.reach, 3600 * SECOND, start + 3 * SECOND);
	turn(&a, start + 3 * SECOND);
	assert_int_equal(a.lookups, 3);
	reach_free(a.reach);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_looks_up_the_prefix_and_asks_stun_servers_through_it),
	cmocka_unit_test(what_routers_say_is_heard_and_its_end_noticed),
	cmocka_unit_test(with_ipv4_of_its_own_nothing_of_this_happens),
	cmocka_unit_test(another_link_is_looked_up_anew),
};
RUN_TESTS(tests)
