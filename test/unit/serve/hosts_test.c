#include "serve/hosts.h"

#include "crypto/seeded.h"
#include "unit/unit.h"

struct crowd {
	struct seeded seeded;
	struct hosts hosts;
};

static void begin(struct crowd *c, uint32_t max, uint32_t streams_max)
{
	seeded_init(&c->seeded, 3);
	struct rng rng = seeded_rng(&c->seeded);
	assert_true(hosts_init(&c->hosts, max, streams_max, &rng));
}

static bool enter(struct crowd *c, const char *text, uint32_t *host)
{
	struct ip ip;
	assert_true(ip_parse(&ip, text));
	return hosts_enter(&c->hosts, &ip, host);
}

/* How many of 1,000 streams get in that come from a, b, a, b and so on. */
static int taken_of_1000(const char *a, const char *b, uint32_t streams_max)
{
	struct crowd c;
	uint32_t host;
	int n = 0;
	begin(&c, 1000, streams_max);
	for (int i = 0; i < 1000; i++)
		n += enter(&c, i % 2 ? b : a, &host);
	hosts_fini(&c.hosts);
	return n;
}

static void a_host_is_an_ipv4_address_or_an_ipv6_64(void **state)
{
	assert_int_equal(taken_of_1000("192.0.2.1", "192.0.2.1", 64), 64);
	assert_int_equal(taken_of_1000("192.0.2.1", "192.0.2.2", 64), 128);
	assert_int_equal(taken_of_1000("192.0.2.1", "::ffff:192.0.2.1", 64), 64);
	assert_int_equal(taken_of_1000("2001:db8::1", "2001:db8::ffff:2", 64), 64);
	assert_int_equal(taken_of_1000("2001:db8::1", "2001:db8:0:1::1", 64), 128);
	assert_int_equal(taken_of_1000("192.0.2.1", "192.0.2.1", 0), 1000);
}

static void the_loopback_is_not_limited(void **state)
{
	assert_int_equal(taken_of_1000("127.0.0.1", "::1", 64), 1000);
}

static void who_leaves_makes_room(void **state)
{
	struct crowd c;
	uint32_t one, other, again;
	begin(&c, 3, 1);
	for (int i = 0; i < 100; i++) {
		assert_true(enter(&c, "192.0.2.1", &one));
		assert_true(enter(&c, "192.0.2.2", &other));
		assert_false(enter(&c, "192.0.2.1", &again));
		assert_int_equal(again, HOST_NONE);
		hosts_leave(&c.hosts, again);
		hosts_leave(&c.hosts, one);
		assert_true(enter(&c, "192.0.2.1", &again));
		hosts_leave(&c.hosts, other);
		hosts_leave(&c.hosts, again);
	}
	assert_int_equal(c.hosts.by_prefix.n, 0);
	assert_true(c.hosts.used <= 3);
	hosts_fini(&c.hosts);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_host_is_an_ipv4_address_or_an_ipv6_64),
	cmocka_unit_test(the_loopback_is_not_limited),
	cmocka_unit_test(who_leaves_makes_room),
};
RUN_TESTS(tests)
