#include "sim/nat_words.h"

#include "crypto/seeded.h"
#include "unit/unit.h"

static struct seeded seeded;

static struct nat *nat_with(struct nat_config cfg, uint64_t seed)
{
	seeded_init(&seeded, seed);
	struct rng rng = seeded_rng(&seeded);
	cfg.external = ip_v4(192, 0, 2, 1);
	return nat_new(&cfg, &rng);
}

static struct endpoint inside(uint8_t host, uint16_t port)
{
	return (struct endpoint){ip_v4(10, 0, 0, host), port};
}

static struct endpoint outside(uint8_t host, uint16_t port)
{
	return (struct endpoint){ip_v4(198, 51, 100, host), port};
}

/* The external endpoint of a datagram from src to dst; port 0: dropped. */
static struct endpoint out(struct nat *n, struct endpoint src, struct endpoint dst, mono_ns now)
{
	return nat_out(n, &src, &dst, now) ? src : (struct endpoint){0};
}

static bool in(struct nat *n, struct endpoint src, struct endpoint dst, mono_ns now)
{
	return nat_in(n, &src, &dst, now);
}

/* --- against the definitions, over every combination --- */

enum { STEPS = 3000, TIMEOUT = 50 };

/* Everything that ever went out. */
struct sent {
	struct endpoint src, dst, external;
	mono_ns at;
};

struct history {
	struct sent v[STEPS];
	size_t n;
	enum nat_scope mapping, filtering;
};

static bool same_outside(enum nat_scope scope, const struct endpoint *a, const struct endpoint *b)
{
	switch (scope) {
	case NAT_ENDPOINT_INDEPENDENT:
		return true;
	case NAT_ADDRESS_DEPENDENT:
		return ip_equal(&a->ip, &b->ip);
	case NAT_ADDRESS_AND_PORT_DEPENDENT:
		return endpoint_equal(a, b);
	}
	return false;
}

/* RFC 4787 s. 4.1: the mapping is reused for the same inside and as much of the outside as it
 * depends on. */
static const struct sent *last_of_mapping(const struct history *h, struct endpoint src,
					  struct endpoint dst, mono_ns now)
{
	for (size_t i = h->n; i-- > 0 && now - h->v[i].at < TIMEOUT;)
		if (endpoint_equal(&h->v[i].src, &src) &&
		    same_outside(h->mapping, &h->v[i].dst, &dst))
			return &h->v[i];
	return NULL;
}

/* s. 5: a datagram from src to external gets in once the inside has sent to as much of src as the
 * filter looks at. */
static const struct sent *permitted(const struct history *h, struct endpoint src,
				    struct endpoint external, mono_ns now)
{
	for (size_t i = h->n; i-- > 0 && now - h->v[i].at < TIMEOUT;)
		if (endpoint_equal(&h->v[i].external, &external) &&
		    same_outside(h->filtering, &h->v[i].dst, &src))
			return &h->v[i];
	return NULL;
}

static void step_out(struct history *h, struct nat *n, const struct rng *rng, mono_ns now)
{
	struct sent s = {
		.src = inside((uint8_t)rng_below(rng, 3), (uint16_t)(5000 + rng_below(rng, 2))),
		.dst = outside((uint8_t)rng_below(rng, 3), (uint16_t)(80 + rng_below(rng, 2))),
		.at = now};
	const struct sent *before = last_of_mapping(h, s.src, s.dst, now);
	s.external = out(n, s.src, s.dst, now);
	assert_true(endpoint_is_set(&s.external));
	if (before)
		assert_true(endpoint_equal(&before->external, &s.external));
	for (size_t i = h->n; i-- > 0 && now - h->v[i].at < TIMEOUT;)
		if (endpoint_equal(&h->v[i].external, &s.external)) /* no port is shared */
			assert_true(endpoint_equal(&h->v[i].src, &s.src) &&
				    same_outside(h->mapping, &h->v[i].dst, &s.dst));
	h->v[h->n++] = s;
}

static void step_in(struct history *h, struct nat *n, const struct rng *rng, mono_ns now)
{
	struct endpoint src =
		outside((uint8_t)rng_below(rng, 3), (uint16_t)(80 + rng_below(rng, 2)));
	struct endpoint dst = {ip_v4(192, 0, 2, 1), (uint16_t)rng_below(rng, 65536)};
	if (h->n && rng_below(rng, 8))
		dst = h->v[h->n - 1 - rng_below(rng, h->n < 20 ? h->n : 20)].external;
	const struct sent *p = permitted(h, src, dst, now);
	struct endpoint to = dst;
	assert_int_equal(nat_in(n, &src, &to, now), p != NULL);
	if (p)
		assert_true(endpoint_equal(&to, &p->src));
}

static void behaves_as_each_combination_is_defined(void **state)
{
	static struct history h;
	for (unsigned combination = 0; combination < 27; combination++) {
		h = (struct history){.mapping = combination % 3, .filtering = combination / 3 % 3};
		struct nat *n = nat_with((struct nat_config){.mapping = h.mapping,
							     .filtering = h.filtering,
							     .ports = combination / 9,
							     .timeout = TIMEOUT},
					 combination);
		struct rng rng = seeded_rng(&seeded);
		mono_ns now = 0;
		for (size_t i = 0; i < STEPS; i++) {
			now += rng_below(&rng, 8);
			if (rng_below(&rng, 2))
				step_out(&h, n, &rng, now);
			else
				step_in(&h, n, &rng, now);
		}
		nat_free(n);
	}
}

/* --- one by one --- */

static void ports_are_preserved_counted_or_random(void **state)
{
	struct nat *n = nat_with((struct nat_config){.ports = NAT_PORT_PRESERVE}, 1);
	assert_int_equal(out(n, inside(1, 5000), outside(1, 80), 0).port, 5000);
	assert_int_not_equal(out(n, inside(2, 5000), outside(1, 80), 0).port, 5000); /* taken */
	nat_free(n);

	n = nat_with((struct nat_config){.ports = NAT_PORT_SEQUENTIAL,
					 .port_first = 65534,
					 .port_step = 2,
					 .mapping = NAT_ADDRESS_AND_PORT_DEPENDENT},
		     1);
	assert_int_equal(out(n, inside(1, 5000), outside(1, 80), 0).port, 65534);
	assert_int_equal(out(n, inside(1, 5000), outside(1, 81), 0).port, 1024); /* wraps */
	assert_int_equal(out(n, inside(1, 5000), outside(2, 80), 0).port, 1026);
	nat_free(n);

	n = nat_with((struct nat_config){.ports = NAT_PORT_RANDOM}, 1);
	uint16_t a = out(n, inside(1, 5000), outside(1, 80), 0).port;
	uint16_t b = out(n, inside(2, 5000), outside(1, 80), 0).port;
	assert_true(a != 5000 && b != 5000 && a != b && a >= 1024);
	nat_free(n);
}

static void only_outbound_refreshes_unless_both_do(void **state)
{
	for (int both = 0; both < 2; both++) {
		struct nat *n =
			nat_with((struct nat_config){.timeout = 100, .inbound_refreshes = both}, 1);
		struct endpoint external = out(n, inside(1, 5000), outside(1, 80), 0);
		assert_true(in(n, outside(1, 80), external, 60));
		assert_int_equal(in(n, outside(1, 80), external, 120), both);
		assert_int_equal(nat_stats(n)->no_mapping, !both);
		nat_free(n);
	}
}

static void flushed_it_forgets_and_gives_new_ports(void **state)
{
	struct nat *n = nat_with((struct nat_config){.ports = NAT_PORT_RANDOM}, 1);
	struct endpoint before = out(n, inside(1, 5000), outside(1, 80), 0);
	nat_flush(n);
	assert_false(in(n, outside(1, 80), before, 1));
	struct endpoint after = out(n, inside(1, 5000), outside(1, 80), 2);
	assert_false(endpoint_equal(&before, &after));
	assert_int_equal(nat_boots(n), 0);
	nat_reboot(n);
	assert_false(in(n, outside(1, 80), after, 3));
	assert_int_equal(nat_boots(n), 1);
	nat_free(n);
}

static void a_full_table_refuses_until_something_dies(void **state)
{
	struct nat *n = nat_with((struct nat_config){.mappings_max = 2, .timeout = 100}, 1);
	assert_true(out(n, inside(1, 5000), outside(1, 80), 0).port);
	assert_true(out(n, inside(2, 5000), outside(1, 80), 50).port);
	assert_false(out(n, inside(3, 5000), outside(1, 80), 60).port);
	assert_int_equal(nat_stats(n)->refused_full, 1);
	assert_true(out(n, inside(1, 5000), outside(1, 80), 60).port); /* the old ones go on */
	assert_true(out(n, inside(3, 5000), outside(1, 80), 155).port);
	nat_free(n);
}

static void the_oldest_permission_goes_first(void **state)
{
	struct nat *n =
		nat_with((struct nat_config){.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT}, 1);
	struct endpoint external = {0};
	for (uint16_t i = 0; i < 65; i++)
		external = out(n, inside(1, 5000), outside(1, (uint16_t)(100 + i)), i);
	assert_false(in(n, outside(1, 100), external, 70));
	assert_true(in(n, outside(1, 101), external, 70));
	assert_true(in(n, outside(1, 164), external, 70));
	nat_free(n);
}

static void hairpins_with_the_source_asked_for(void **state)
{
	for (int kind = NAT_HAIRPIN_NONE; kind <= NAT_HAIRPIN_EXTERNAL_SOURCE; kind++) {
		struct nat *n = nat_with((struct nat_config){.hairpin = (enum nat_hairpin)kind}, 1);
		struct endpoint dst = out(n, inside(2, 6000), outside(1, 80), 0);
		struct endpoint src = inside(1, 5000);
		assert_int_equal(nat_hairpin(n, &src, &dst, 0), kind != NAT_HAIRPIN_NONE);
		if (kind != NAT_HAIRPIN_NONE)
			assert_int_equal(dst.port, 6000);
		struct ip want = kind == NAT_HAIRPIN_EXTERNAL_SOURCE ? ip_v4(192, 0, 2, 1)
								     : ip_v4(10, 0, 0, 1);
		assert_true(ip_equal(&src.ip, &want));
		nat_free(n);
	}
}

static void a_firewall_filters_and_translates_nothing(void **state)
{
	struct nat *n = nat_with(
		(struct nat_config){.firewall = true, .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT},
		1);
	struct endpoint me = inside(1, 5000);
	assert_false(in(n, outside(1, 80), me, 0));
	struct endpoint seen = out(n, me, outside(1, 80), 0);
	assert_true(endpoint_equal(&seen, &me));
	assert_true(in(n, outside(1, 80), me, 1));
	assert_false(in(n, outside(1, 81), me, 1));
	struct endpoint dst = me;
	assert_false(nat_hairpin(n, &seen, &dst, 1));
	nat_free(n);
}

static void a_port_block_belongs_to_one_host(void **state)
{
	struct nat *n = nat_with((struct nat_config){.ports = NAT_PORT_BLOCK,
						     .port_block = 64,
						     .mapping = NAT_ADDRESS_AND_PORT_DEPENDENT},
				 1);
	int block[2] = {0};
	for (uint16_t i = 0; i < 64; i++)
		for (uint8_t h = 0; h < 2; h++) {
			int port = out(n, inside(h, 5000), outside(1, (uint16_t)(80 + i)), 0).port;
			assert_true(port >= 1024);
			if (i == 0)
				block[h] = (port - 1024) / 64;
			assert_int_equal((port - 1024) / 64, block[h]);
		}
	assert_int_not_equal(block[0], block[1]);
	assert_false(out(n, inside(0, 5000), outside(1, 999), 0).port); /* the block is full */
	assert_true(out(n, inside(2, 5000), outside(1, 999), 0).port);
	nat_free(n);
}

static void overloaded_ports_are_shared_and_answers_find_who_asked(void **state)
{
	struct nat *n = nat_with((struct nat_config){.ports = NAT_PORT_OVERLOAD,
						     .mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,
						     .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT},
				 1);
	struct endpoint a = out(n, inside(1, 5000), outside(1, 80), 0);
	struct endpoint b = out(n, inside(2, 5000), outside(2, 80), 1);
	assert_int_equal(a.port, 5000);
	assert_true(endpoint_equal(&a, &b));
	struct endpoint to = a, from = outside(1, 80);
	assert_true(nat_in(n, &from, &to, 2));
	assert_int_equal(to.ip.b[3], 1);
	to = a;
	from = outside(2, 80);
	assert_true(nat_inside(n, &a, &from, 2, &to));
	assert_int_equal(to.ip.b[3], 2);
	assert_true(endpoint_equal(&b, &(struct endpoint){ip_v4(192, 0, 2, 1), 5000}));
	out(n, inside(2, 5000), outside(1, 80), 3); /* by now both have sent to the same one */
	to = a;
	from = outside(1, 80);
	assert_true(nat_in(n, &from, &to, 4));
	assert_int_equal(to.ip.b[3], 2);
	nat_free(n);
}

/* Ten ports (of a block) for thirty mappings, and each answer finds its own. */
static void shared_ports_are_given_again_towards_others(void **state)
{
	for (int shares = 0; shares < 2; shares++) {
		struct nat *n =
			nat_with((struct nat_config){.ports = NAT_PORT_BLOCK,
						     .port_block = 10,
						     .shares_ports = shares,
						     .mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,
						     .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT},
				 1);
		unsigned made = 0;
		for (uint8_t i = 0; i < 30; i++) {
			struct endpoint to = out(n, inside(0, 5000), outside(i, 80), 0);
			struct endpoint from = outside(i, 80);
			made += to.port != 0;
			if (!to.port)
				continue;
			assert_true(nat_in(n, &from, &to, 1));
			assert_int_equal(to.port, 5000);
		}
		assert_int_equal(made, shares ? 30 : 10);
		/* but not twice towards the same one */
		unsigned same = 0;
		for (uint16_t i = 0; i < 30; i++)
			same += out(n, inside(0, (uint16_t)(6000 + i)), outside(99, 80), 2).port !=
				0;
		assert_int_equal(same, shares ? 10 : 0);
		nat_free(n);
	}
}

static void a_pool_gives_any_address_or_always_the_same(void **state)
{
	for (int paired = 0; paired < 2; paired++) {
		struct nat *n = nat_with(
			(struct nat_config){.pool = {ip_v4(192, 0, 2, 2), ip_v4(192, 0, 2, 3)},
					    .n_pool = 2,
					    .paired = paired},
			1);
		size_t changed = 0;
		struct endpoint first = out(n, inside(1, 5000), outside(1, 80), 0);
		for (uint16_t i = 1; i < 50; i++) {
			struct endpoint e =
				out(n, inside(1, (uint16_t)(5000 + i)), outside(1, 80), 0);
			assert_true(nat_owns(n, &e.ip));
			changed += !ip_equal(&e.ip, &first.ip);
		}
		assert_int_equal(changed > 0, !paired);
		struct ip other = ip_v4(198, 51, 100, 1);
		assert_false(nat_owns(n, &other));
		nat_free(n);
	}
}

static void a_host_or_a_session_too_many_is_refused_and_the_others_go_on(void **state)
{
	struct nat *n = nat_with((struct nat_config){.host_mappings_max = 2, .timeout = 100}, 1);
	assert_true(out(n, inside(1, 5000), outside(1, 80), 0).port);
	assert_true(out(n, inside(1, 5001), outside(1, 80), 0).port);
	assert_false(out(n, inside(1, 5002), outside(1, 80), 0).port);
	assert_true(out(n, inside(2, 5000), outside(1, 80), 0).port);
	assert_true(out(n, inside(1, 5002), outside(1, 80), 100).port);
	nat_free(n);

	n = nat_with((struct nat_config){.sessions_max = 3,
					 .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
					 .timeout = 100},
		     1);
	for (uint16_t i = 0; i < 3; i++)
		assert_true(out(n, inside(1, 5000), outside(1, (uint16_t)(80 + i)), 10).port);
	assert_false(out(n, inside(1, 5000), outside(1, 90), 20).port);
	assert_false(out(n, inside(2, 5000), outside(1, 90), 20).port);
	assert_true(out(n, inside(1, 5000), outside(1, 82), 50).port);
	assert_int_equal(nat_stats(n)->sessions, 3);
	assert_true(out(n, inside(1, 5000), outside(1, 90), 115).port);
	assert_int_equal(nat_stats(n)->sessions, 2);
	nat_free(n);
}

static void blocked_it_lets_nothing_through(void **state)
{
	struct nat *n = nat_with((struct nat_config){.blocks_udp = true}, 1);
	assert_false(out(n, inside(1, 5000), outside(1, 80), 0).port);
	assert_false(in(n, outside(1, 80), outside(1, 80), 0));
	assert_int_equal(nat_stats(n)->blocked, 2);
	nat_free(n);
}

static void thousands_of_mappings_come_and_go(void **state)
{
	struct nat *n = nat_with((struct nat_config){.ports = NAT_PORT_RANDOM,
						     .mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,
						     .mappings_max = 3000,
						     .timeout = 1000},
				 1);
	for (uint32_t i = 0; i < 20000; i++) {
		struct endpoint to = outside((uint8_t)(i >> 14), (uint16_t)(i % 16384 + 1));
		struct endpoint e = out(n, inside(1, 5000), to, i / 2);
		assert_true(endpoint_is_set(&e));
		assert_true(in(n, to, e, i / 2));
	}
	assert_true(nat_stats(n)->mappings <= 3000);
	assert_int_equal(nat_stats(n)->made, 20000);
	nat_flush(n);
	assert_int_equal(nat_stats(n)->mappings, 0);
	assert_int_equal(nat_stats(n)->sessions, 0);
	nat_free(n);
}

static void a_mapping_that_was_asked_for_is_open_to_all_until_its_end(void **state)
{
	struct nat *n = nat_with((struct nat_config){.ports = NAT_PORT_RANDOM,
						     .mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,
						     .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
						     .timeout = 10},
				 1);
	struct endpoint me = inside(1, 5000), other = inside(2, 5000), e, f;
	struct endpoint before = out(n, me, outside(1, 80), 0);
	assert_true(nat_map(n, &me, 5000, 100, 0, &e));
	assert_int_equal(e.port, 5000);
	assert_true(nat_map(n, &other, 5000, 100, 0, &f)); /* another port: this one is taken */
	assert_int_not_equal(f.port, 5000);
	assert_true(in(n, outside(9, 9), e, 50));
	assert_true(in(n, outside(1, 80), before, 5)); /* what exists goes on */
	assert_int_equal(out(n, me, outside(3, 80), 60).port, 5000);
	assert_true(nat_map(n, &me, 1, 200, 90, &e));
	assert_int_equal(e.port, 5000);
	assert_true(in(n, outside(9, 9), e, 150));
	assert_false(in(n, outside(9, 9), e, 200));
	assert_true(nat_map(n, &me, 5000, 300, 210, &e));
	assert_true(nat_map(n, &me, 5000, 0, 220, &e));
	assert_false(in(n, outside(9, 9), e, 221));
	assert_false(nat_map(n, &me, 5000, 0, 222, &e));
	nat_free(n);
}

/* --- by name --- */

static void every_parameter_is_set_by_its_name(void **state)
{
	struct nat_config c = {0};
	assert_true(nat_set_all(
		&c, "mapping=address-dependent filtering=address-and-port-dependent ports=block "
		    "port-first=5000 port-step=3 port-block=128 port-sharing=yes "
		    "external=192.0.2.1,192.0.2.2 "
		    "pooling=paired hairpin=internal-source timeout=10s refresh=both "
		    "mappings-max=7 host-mappings-max=8 sessions-max=9 permissions-max=10 "
		    "translate=no udp=blocked"));
	assert_int_equal(c.mapping, NAT_ADDRESS_DEPENDENT);
	assert_int_equal(c.filtering, NAT_ADDRESS_AND_PORT_DEPENDENT);
	assert_int_equal(c.ports, NAT_PORT_BLOCK);
	assert_int_equal(c.port_first, 5000);
	assert_int_equal(c.port_step, 3);
	assert_int_equal(c.port_block, 128);
	assert_true(c.shares_ports);
	assert_int_equal(c.n_pool, 1);
	assert_int_equal(c.external.b[3], 1);
	assert_int_equal(c.pool[0].b[3], 2);
	assert_true(c.paired && c.inbound_refreshes && c.firewall && c.blocks_udp);
	assert_int_equal(c.hairpin, NAT_HAIRPIN_INTERNAL_SOURCE);
	assert_true(c.timeout == 10 * SECOND);
	assert_int_equal(c.mappings_max, 7);
	assert_int_equal(c.host_mappings_max, 8);
	assert_int_equal(c.sessions_max, 9);
	assert_int_equal(c.permissions_max, 10);
	assert_true(nat_set_all(&c, " translate=yes  timeout=250ms"));
	assert_false(c.firewall);
	assert_true(c.timeout == 250 * MSEC);
	size_t n = 0;
	while (nat_parameter(n))
		n++;
	assert_int_equal(n, 18);
	assert_string_equal(nat_scope_word(NAT_ADDRESS_DEPENDENT), "address-dependent");
}

static void a_wrong_name_or_value_is_refused(void **state)
{
	static const char *const wrong[] = {"mapping=hard",     "colour=red",     "ports",
					    "port-first=65536", "port-first=x",   "timeout=10",
					    "timeout=-1s",      "timeout=s",      "external=1.2.3",
					    "external=",        "udp=no",         "mappings-max=-1",
					    "sessions-max=1s",  "refresh=inbound"};
	struct nat_config c = {0};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(nat_set_all(&c, wrong[i]));
	assert_false(nat_set(&c, "external",
			     "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,"
			     "1.1.1.9"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_port_block_belongs_to_one_host),
	cmocka_unit_test(overloaded_ports_are_shared_and_answers_find_who_asked),
	cmocka_unit_test(shared_ports_are_given_again_towards_others),
	cmocka_unit_test(a_pool_gives_any_address_or_always_the_same),
	cmocka_unit_test(a_host_or_a_session_too_many_is_refused_and_the_others_go_on),
	cmocka_unit_test(blocked_it_lets_nothing_through),
	cmocka_unit_test(thousands_of_mappings_come_and_go),
	cmocka_unit_test(a_mapping_that_was_asked_for_is_open_to_all_until_its_end),
	cmocka_unit_test(every_parameter_is_set_by_its_name),
	cmocka_unit_test(a_wrong_name_or_value_is_refused),
	cmocka_unit_test(behaves_as_each_combination_is_defined),
	cmocka_unit_test(ports_are_preserved_counted_or_random),
	cmocka_unit_test(only_outbound_refreshes_unless_both_do),
	cmocka_unit_test(flushed_it_forgets_and_gives_new_ports),
	cmocka_unit_test(a_full_table_refuses_until_something_dies),
	cmocka_unit_test(the_oldest_permission_goes_first),
	cmocka_unit_test(hairpins_with_the_source_asked_for),
	cmocka_unit_test(a_firewall_filters_and_translates_nothing),
};
RUN_TESTS(tests)
