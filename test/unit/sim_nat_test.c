#include "sim/nat.h"

#include "crypto/seeded.h"
#include "unit.h"

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

/* RFC 4787 s. 4.1: the mapping is reused for the same inside and as much of the outside as it depends on. */
static const struct sent *last_of_mapping(const struct history *h, struct endpoint src, struct endpoint dst,
					  mono_ns now)
{
	for (size_t i = h->n; i-- > 0 && now - h->v[i].at < TIMEOUT;)
		if (endpoint_equal(&h->v[i].src, &src) && same_outside(h->mapping, &h->v[i].dst, &dst))
			return &h->v[i];
	return NULL;
}

/* s. 5: what comes from src to external is let in when something went from there to as much of src. */
static const struct sent *permitted(const struct history *h, struct endpoint src, struct endpoint external,
				    mono_ns now)
{
	for (size_t i = h->n; i-- > 0 && now - h->v[i].at < TIMEOUT;)
		if (endpoint_equal(&h->v[i].external, &external) &&
		    same_outside(h->filtering, &h->v[i].dst, &src))
			return &h->v[i];
	return NULL;
}

static void step_out(struct history *h, struct nat *n, const struct rng *rng, mono_ns now)
{
	struct sent s = {.src = inside((uint8_t)rng_below(rng, 3), (uint16_t)(5000 + rng_below(rng, 2))),
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
	struct endpoint src = outside((uint8_t)rng_below(rng, 3), (uint16_t)(80 + rng_below(rng, 2)));
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
		struct nat *n = nat_with((struct nat_config){.timeout = 100, .inbound_refreshes = both}, 1);
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
	struct nat *n = nat_with((struct nat_config){.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT}, 1);
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
		struct ip want =
			kind == NAT_HAIRPIN_EXTERNAL_SOURCE ? ip_v4(192, 0, 2, 1) : ip_v4(10, 0, 0, 1);
		assert_true(ip_equal(&src.ip, &want));
		nat_free(n);
	}
}

static void a_firewall_filters_and_translates_nothing(void **state)
{
	struct nat *n = nat_with(
		(struct nat_config){.firewall = true, .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT}, 1);
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

static const struct CMUnitTest tests[] = {
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
