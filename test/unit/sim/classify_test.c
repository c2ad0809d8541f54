/* The questions of lab/classify.py, asked of the simulated box: each setting does what its name
 * says. */
#include <stdio.h>

#include "crypto/seeded.h"
#include "sim/nat_words.h"
#include "sim/net.h"
#include "unit/unit.h"

enum { HOSTS = 2, FARS = 3, PORTS = 2, MANY = 24 };

static struct seeded seeded;
static struct events events;
static struct net net;
static struct box *router, *hosts[HOSTS], *fars[FARS];
static struct endpoint got_from, got_to; /* of the last datagram that arrived anywhere */
static struct box *got_at;
static uint16_t next_port;

static void receive(void *self, const struct net_datagram *d, mono_ns now)
{
	got_at = self;
	got_from = d->src;
	got_to = d->dst;
}

static struct box *put(struct box *parent, const char *name, struct ip ip)
{
	const struct link_config line = {.delay = MSEC};
	struct box *b = net_box(&net, parent, name, &line, &line);
	box_add_address(b, &ip);
	box_attach(b, &(struct box_owner){.receive = receive, .self = b});
	return b;
}

/* A box with these parameters and four outside addresses if it is to have a pool. */
static void build(const char *nat, bool pool)
{
	struct nat_config cfg = {0};
	assert_true(nat_set_all(&cfg, pool ? "external=192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4"
					   : "external=192.0.2.1"));
	assert_true(nat_set_all(&cfg, nat));
	seeded_init(&seeded, 3);
	struct rng rng = seeded_rng(&seeded);
	events_init(&events, SECOND);
	net_init(&net, &events, &rng);
	next_port = 20000;
	router = put(net.root, "router", cfg.external);
	for (size_t i = 0; i < cfg.n_pool; i++)
		box_add_address(router, &cfg.pool[i]);
	struct prefix inside = prefix_of(&(struct ip){.family = 4, .b = {192, 168, 1, 0}}, 24);
	box_route(router, &inside); /* for a firewall, which translates nothing */
	box_set_nat(router, &cfg, 4);
	for (uint8_t i = 0; i < HOSTS; i++)
		hosts[i] = put(router, "host", ip_v4(192, 168, 1, (uint8_t)(20 + i)));
	for (uint8_t i = 0; i < FARS; i++)
		fars[i] = put(net.root, "far", ip_v4(203, 0, 113, (uint8_t)(1 + i)));
}

static void tear_down(void)
{
	events_fini(&events);
	net_fini(&net);
}

/* Sends, waits, and tells where it arrived. */
static struct box *send_from(struct box *from, uint16_t port, struct endpoint to)
{
	const uint8_t b[1] = {0};
	got_at = NULL;
	if (!net_send(from, port, &to, BYTES_OF(b), events.now))
		return NULL;
	mono_ns until = events.now + 10 * MSEC;
	while (events_step(&events, until))
		;
	return got_at;
}

static struct endpoint far_at(size_t i, uint16_t port)
{
	return (struct endpoint){fars[i]->addresses[0], port};
}

/* What far i sees of this socket; port 0: nothing. */
static struct endpoint seen(size_t host, uint16_t port, size_t i, uint16_t far_port)
{
	return send_from(hosts[host], port, far_at(i, far_port)) == fars[i] ? got_from
									    : (struct endpoint){0};
}

/* Whether far i gets through to the owner of that external endpoint. */
static bool knock(size_t i, uint16_t far_port, struct endpoint external)
{
	struct box *at = send_from(fars[i], far_port, external);
	return at == hosts[0] || at == hosts[1];
}

static bool same(struct endpoint a, struct endpoint b)
{
	return endpoint_equal(&a, &b);
}

/* --- the questions --- */

static enum nat_scope mapping(void)
{
	uint16_t port = next_port++;
	struct endpoint first = seen(0, port, 0, 80), other_port = seen(0, port, 0, 81),
			other = seen(0, port, 1, 80);
	if (same(first, other_port) && same(first, other))
		return NAT_ENDPOINT_INDEPENDENT;
	return same(first, other_port) ? NAT_ADDRESS_DEPENDENT : NAT_ADDRESS_AND_PORT_DEPENDENT;
}

static enum nat_scope filtering(void)
{
	struct endpoint e = seen(0, next_port++, 0, 80);
	assert_true(knock(0, 80, e));
	if (knock(1, 80, e))
		return NAT_ENDPOINT_INDEPENDENT;
	return knock(0, 81, e) ? NAT_ADDRESS_DEPENDENT : NAT_ADDRESS_AND_PORT_DEPENDENT;
}

static enum nat_ports ports(int *detail)
{
	uint16_t inside[MANY], outside[MANY], least = UINT16_MAX, most = 0;
	bool kept = true, counts = true;
	for (size_t i = 0; i < MANY; i++) {
		inside[i] = next_port++;
		outside[i] = seen(0, inside[i], 0, 80).port;
		assert_int_not_equal(outside[i], 0);
		kept &= inside[i] == outside[i];
		counts &= i < 2 || outside[i] - outside[i - 1] == outside[1] - outside[0];
		least = outside[i] < least ? outside[i] : least;
		most = outside[i] > most ? outside[i] : most;
	}
	*detail = kept ? 0 : counts ? outside[1] - outside[0] : most - least;
	if (kept)
		return seen(1, inside[0], 0, 80).port == inside[0] ? NAT_PORT_OVERLOAD
								   : NAT_PORT_PRESERVE;
	if (counts)
		return NAT_PORT_SEQUENTIAL;
	return *detail < 4096 ? NAT_PORT_BLOCK : NAT_PORT_RANDOM;
}

static bool is_paired(void)
{
	for (size_t h = 0; h < HOSTS; h++) {
		struct endpoint first = seen(h, next_port++, 0, 80);
		for (size_t i = 0; i < MANY; i++) {
			struct endpoint e = seen(h, next_port++, 0, 80);
			if (!ip_equal(&e.ip, &first.ip))
				return false;
		}
	}
	return true;
}

static enum nat_hairpin hairpin(void)
{
	uint16_t a = next_port++, b = next_port++;
	struct endpoint of_a = seen(0, a, 0, 80), of_b = seen(1, b, 0, 80);
	(void)send_from(hosts[0], a, of_b); /* opens a's filter for b; may be dropped */
	if (send_from(hosts[1], b, of_a) != hosts[0])
		return NAT_HAIRPIN_NONE;
	assert_int_equal(got_to.port, a);
	return same(got_from, of_b) ? NAT_HAIRPIN_EXTERNAL_SOURCE : NAT_HAIRPIN_INTERNAL_SOURCE;
}

static void wait_for(mono_ns time)
{
	mono_ns until = events.now + time;
	while (events_step(&events, until))
		;
}

static bool inbound_keeps_alive(mono_ns timeout)
{
	struct endpoint e = seen(0, next_port++, 0, 80), still = seen(0, next_port++, 0, 80);
	wait_for(timeout * 6 / 10);
	assert_true(knock(0, 80, e));
	wait_for(timeout * 6 / 10);
	assert_false(knock(0, 80, still));
	return knock(0, 80, e);
}

static size_t room(size_t host, size_t of)
{
	size_t n = 0;
	for (size_t i = 0; i < of; i++)
		n += seen(host, next_port++, 0, 80).port != 0;
	return n;
}

/* --- every setting --- */

static void every_mapping_filtering_and_port_allocation(void **state)
{
	static const char *const port_words[] = {"preserve", "sequential", "random", "block",
						 "overload"};
	char text[NAT_WORDS_MAX];
	for (unsigned i = 0; i < 3 * 3 * 5; i++) {
		enum nat_scope m = i % 3, f = i / 3 % 3;
		enum nat_ports p = i / 9;
		int detail;
		snprintf(text, sizeof(text),
			 "mapping=%s filtering=%s ports=%s port-step=3 port-block=256",
			 nat_scope_word(m), nat_scope_word(f), port_words[p]);
		build(text, false);
		/* A box that overloads ports keeps them towards everybody: from outside no
		 * mapping can be told. */
		assert_int_equal(mapping(), p == NAT_PORT_OVERLOAD ? NAT_ENDPOINT_INDEPENDENT : m);
		assert_int_equal(filtering(), f);
		assert_int_equal(ports(&detail), p);
		if (p == NAT_PORT_SEQUENTIAL)
			assert_int_equal(detail, 3);
		if (p == NAT_PORT_BLOCK)
			assert_in_range(detail, 1, 255);
		tear_down();
	}
}

static void pools_with_and_without_pairing(void **state)
{
	build("pooling=paired", true);
	assert_true(is_paired());
	tear_down();
	build("pooling=arbitrary", true);
	assert_false(is_paired());
	tear_down();
}

static void every_hairpin(void **state)
{
	static const char *const words[] = {"none", "internal-source", "external-source"};
	char text[NAT_WORDS_MAX];
	for (unsigned i = 0; i < 3 * 3; i++) {
		snprintf(text, sizeof(text), "hairpin=%s filtering=%s", words[i % 3],
			 nat_scope_word((enum nat_scope)(i / 3)));
		build(text, false);
		assert_int_equal(hairpin(), i % 3);
		tear_down();
	}
}

static void lifetimes(void **state)
{
	build("timeout=10s refresh=outbound", false);
	assert_false(inbound_keeps_alive(10 * SECOND));
	tear_down();
	build("timeout=10s refresh=both", false);
	assert_true(inbound_keeps_alive(10 * SECOND));
	tear_down();
}

static void limits(void **state)
{
	build("mappings-max=5", false);
	assert_int_equal(room(0, 8), 5);
	tear_down();
	build("host-mappings-max=3", false);
	assert_int_equal(room(0, 5), 3);
	assert_int_equal(room(1, 5), 3);
	tear_down();
	build("sessions-max=4 filtering=address-and-port-dependent", false);
	size_t n = 0;
	for (uint16_t i = 0; i < 6; i++)
		n += seen(0, 5000, i % FARS, (uint16_t)(80 + i)).port != 0;
	assert_int_equal(n, 4);
	tear_down();
}

static void a_reboot_forgets(void **state)
{
	build("", false);
	struct endpoint e = seen(0, 5000, 0, 80);
	assert_true(knock(0, 80, e));
	nat_reboot(router->nat4);
	assert_false(knock(0, 80, e));
	tear_down();
}

static void a_firewall_translates_nothing_and_filters(void **state)
{
	char text[NAT_WORDS_MAX];
	for (unsigned f = 0; f < 3; f++) {
		snprintf(text, sizeof(text), "translate=no filtering=%s",
			 nat_scope_word((enum nat_scope)f));
		build(text, false);
		struct endpoint e = seen(0, 5000, 0, 80);
		assert_true(ip_equal(&e.ip, &hosts[0]->addresses[0]));
		assert_int_equal(filtering(), f);
		tear_down();
	}
}

static void udp_blocked(void **state)
{
	build("udp=blocked", false);
	assert_int_equal(seen(0, 5000, 0, 80).port, 0);
	tear_down();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_mapping_filtering_and_port_allocation),
	cmocka_unit_test(pools_with_and_without_pairing),
	cmocka_unit_test(every_hairpin),
	cmocka_unit_test(lifetimes),
	cmocka_unit_test(limits),
	cmocka_unit_test(a_reboot_forgets),
	cmocka_unit_test(a_firewall_translates_nothing_and_filters),
	cmocka_unit_test(udp_blocked),
};
RUN_TESTS(tests)
