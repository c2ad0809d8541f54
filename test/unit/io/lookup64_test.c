#include "io/dialer_inside.h"

#include "io/clock.h"
#include "unit/dns_server.h"

struct seen {
	struct loop *l;
	struct dialer *d;
	struct lookup64_answer answer;
	struct ip v[LOOKUP_MAX];
	size_t n;
	unsigned calls;
};

static void on_answer64(void *self, const struct lookup64_answer *a)
{
	struct seen *s = self;
	s->answer = *a;
	s->calls++;
}

static void on_answer(void *self, const struct ip *v, size_t n, const char *why)
{
	struct seen *s = self;
	s->n = n;
	memcpy(s->v, v, n * sizeof(*v));
	s->calls++;
}

static struct seen begin(struct dns_server *dns)
{
	struct seen s = {.l = loop_new()};
	s.d = dialer_new(s.l);
	dns_start(dns, s.d);
	return s;
}

static void turn(struct seen *s, mono_ns most)
{
	mono_ns limit = clock_now() + most;
	while (s->calls == 0 && clock_now() < limit)
		loop_turn(s->l, 20 * MSEC);
}

static void end(struct seen *s, struct dns_server *dns)
{
	for (int i = 0; i < 3; i++)
		loop_turn(s->l, 0);
	dns_stop(dns);
	dialer_free(s->d);
	loop_free(s->l);
}

static void ask64(struct seen *s)
{
	struct lookup64 *k =
		lookup64_start(s->d, "ipv4only.arpa", (struct lookup64_call){on_answer64, s});
	assert_non_null(k);
	assert_int_equal(s->calls, 0);
	turn(s, 5 * SECOND);
	assert_int_equal(s->calls, 1);
}

static void ipv6_addresses_come_with_their_life(void **state)
{
	struct dns_server dns = {.aaaa = {"64:ff9b::192.0.0.170", "64:ff9b::192.0.0.171"},
				 .ttl_s = 1234};
	struct seen s = begin(&dns);
	struct ip want;
	ask64(&s);
	assert_false(s.answer.failed);
	assert_int_equal(s.answer.n, 2);
	assert_int_equal(s.answer.ttl_s, 1234);
	assert_true(ip_parse(&want, "64:ff9b::192.0.0.170") && ip_equal(&s.answer.v[0], &want));
	assert_true(ip_parse(&want, "64:ff9b::192.0.0.171") && ip_equal(&s.answer.v[1], &want));
	end(&s, &dns);
}

static void a_name_without_ipv6_is_an_answer(void **state)
{
	static const uint8_t codes[] = {0, DNS_NXDOMAIN};
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct dns_server dns = {.a = "192.0.0.170", .code = codes[i]};
		struct seen s = begin(&dns);
		ask64(&s);
		assert_false(s.answer.failed);
		assert_int_equal(s.answer.n, 0);
		end(&s, &dns);
	}
}

static void no_answer_is_a_failure(void **state)
{
	static const struct dns_server bad[] = {{.silent = true}, {.code = DNS_SERVFAIL}};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct dns_server dns = bad[i];
		struct seen s = begin(&dns);
		ask64(&s);
		assert_true(s.answer.failed);
		assert_int_equal(s.answer.n, 0);
		end(&s, &dns);
	}
}

static void a_look_up_that_was_given_up_does_not_call(void **state)
{
	struct dns_server dns = {.aaaa = {"64:ff9b::192.0.0.170"}};
	struct seen s = begin(&dns);
	lookup64_stop(
		lookup64_start(s.d, "ipv4only.arpa", (struct lookup64_call){on_answer64, &s}));
	lookup64_stop(NULL);
	turn(&s, 100 * MSEC);
	assert_int_equal(s.calls, 0);
	end(&s, &dns);
}

static void a_name_is_looked_up_in_both_families(void **state)
{
	struct dns_server dns = {.a = "192.0.2.10", .aaaa = {"2001:db8::10"}};
	struct seen s = begin(&dns);
	struct ip a, b;
	struct lookup *k =
		lookup_start(s.d, "relay.example.net", (struct lookup_call){on_answer, &s});
	assert_non_null(k);
	turn(&s, 5 * SECOND);
	assert_int_equal(s.n, 2);
	assert_true(ip_parse(&a, "192.0.2.10") && ip_parse(&b, "2001:db8::10"));
	assert_true(ip_equal(&s.v[0], &a) ? ip_equal(&s.v[1], &b)
					  : ip_equal(&s.v[0], &b) && ip_equal(&s.v[1], &a));
	end(&s, &dns);
}

/* What stands in /etc/hosts needs no server, and is there again after each change of the network.
 */
static void the_hosts_file_is_read_again(void **state)
{
	struct seen s = {.l = loop_new()};
	s.d = dialer_new(s.l);
	for (unsigned i = 0; i < 3; i++) {
		s.calls = 0;
		struct lookup *k =
			lookup_start(s.d, "localhost", (struct lookup_call){on_answer, &s});
		turn(&s, 5 * SECOND);
		assert_int_equal(s.calls, 1);
		assert_true(s.n >= 1 && s.n <= 2 && ip_is_loopback(&s.v[0]));
		(void)k;
		dialer_network_changed(s.d);
		evdns_base_clear_host_addresses(s.d->dns);
	}
	dialer_free(s.d);
	loop_free(s.l);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(ipv6_addresses_come_with_their_life),
	cmocka_unit_test(a_name_without_ipv6_is_an_answer),
	cmocka_unit_test(no_answer_is_a_failure),
	cmocka_unit_test(a_look_up_that_was_given_up_does_not_call),
	cmocka_unit_test(a_name_is_looked_up_in_both_families),
	cmocka_unit_test(the_hosts_file_is_read_again),
};
RUN_TESTS(tests)
