#include "driver/resolver.h"

#include "io/clock.h"
#include "unit/dns_server.h"

struct seen {
	struct loop *l;
	struct dialer *d;
	struct resolver *k;
	struct netmap_relay relays[3];
	struct netmap map;
	struct lookup64_answer answer;
	unsigned changed, answered;
};

static void on_relays(void *self)
{
	((struct seen *)self)->changed++;
}

static void on_nat64(void *self, const struct lookup64_answer *a)
{
	struct seen *s = self;
	s->answer = *a;
	s->answered++;
}

/* Three relays: by name, by address, by name without STUN. */
static void begin(struct seen *s, struct dns_server *dns)
{
	*s = (struct seen){.l = loop_new()};
	s->relays[0] =
		(struct netmap_relay){.host = "relay.example.net", .region = 1, .stun_port = 3478};
	s->relays[1] = (struct netmap_relay){
		.host = "192.0.2.7", .region = 2, .stun_port = 3479, .ip4 = ip_v4(192, 0, 2, 7)};
	s->relays[2] = (struct netmap_relay){.host = "silent.example.net", .region = 3};
	s->map = (struct netmap){.relays = s->relays, .n_relays = 3};
	s->d = dialer_new(s->l);
	dns_start(dns, s->d);
	s->k = resolver_new(s->d, &(struct resolver_calls){on_relays, on_nat64, s});
	assert_non_null(s->k);
}

static void turn(struct seen *s, const unsigned *what, unsigned until, mono_ns most)
{
	mono_ns limit = clock_now() + most;
	while (*what < until && clock_now() < limit)
		loop_turn(s->l, 20 * MSEC);
}

/* begin, and DNS has told of the relay that is known by name. */
static void begin_looked_up(struct seen *s, struct dns_server *dns)
{
	begin(s, dns);
	resolver_set(s->k, &s->map);
	turn(s, &s->changed, 1, 5 * SECOND);
}

static void end(struct seen *s, struct dns_server *dns)
{
	resolver_free(s->k);
	resolver_free(NULL);
	for (int i = 0; i < 3; i++)
		loop_turn(s->l, 0);
	dns_stop(dns);
	dialer_free(s->d);
	loop_free(s->l);
}

static bool is_at(const struct endpoint *e, const char *text)
{
	struct endpoint want;
	if (!text)
		return !endpoint_is_set(e);
	return endpoint_parse(&want, text) && endpoint_equal(e, &want);
}

/* Of the relay that is known by name; NULL: it has none. */
static void expect_stun4(const struct seen *s, const char *text)
{
	struct relay_place v[3];
	resolver_relays(s->k, &s->map, NULL, v, 3);
	assert_true(is_at(&v[0].stun4, text));
}

static void a_relay_known_by_name_gets_stun_servers_of_both_families(void **state)
{
	struct dns_server dns = {.a = "192.0.2.10", .aaaa = {"2001:db8::10"}};
	struct relay_place v[3];
	struct seen s;
	begin(&s, &dns);
	resolver_set(s.k, &s.map);
	assert_int_equal(resolver_relays(s.k, &s.map, NULL, v, 3), 3);
	assert_true(is_at(&v[0].stun4, NULL) && is_at(&v[0].stun6, NULL));
	assert_true(is_at(&v[1].stun4, "192.0.2.7:3479") && is_at(&v[1].stun6, NULL));
	turn(&s, &s.changed, 1, 5 * SECOND);
	assert_int_equal(s.changed, 1);
	assert_int_equal(dns.asked, 2); /* for one relay, in two families */
	assert_int_equal(resolver_relays(s.k, &s.map, NULL, v, 3), 3);
	assert_true(is_at(&v[0].stun4, "192.0.2.10:3478") &&
		    is_at(&v[0].stun6, "[2001:db8::10]:3478"));
	assert_true(is_at(&v[2].stun4, NULL) && is_at(&v[2].stun6, NULL));
	assert_true(v[0].region == 1 && v[1].region == 2 && v[2].region == 3);
	assert_int_equal(resolver_relays(s.k, &s.map, NULL, v, 1), 1);
	end(&s, &dns);
}

static void what_a_dns64_made_of_the_same_server_is_left_out(void **state)
{
	struct dns_server dns = {.a = "192.0.2.10", .aaaa = {"64:ff9b::192.0.2.10"}};
	struct relay_place v[3];
	struct prefix p;
	struct seen s;
	assert_true(prefix_parse(&p, "64:ff9b::/96"));
	begin_looked_up(&s, &dns);
	resolver_relays(s.k, &s.map, &p, v, 3);
	assert_true(is_at(&v[0].stun4, "192.0.2.10:3478") && is_at(&v[0].stun6, NULL));
	resolver_relays(s.k, &s.map, NULL, v, 3);
	assert_true(is_at(&v[0].stun6, "[64:ff9b::c000:20a]:3478"));
	end(&s, &dns);
}

static void a_change_of_the_network_asks_again(void **state)
{
	struct dns_server dns = {.a = "192.0.2.10"};
	struct seen s;
	begin_looked_up(&s, &dns);
	resolver_network_changed(s.k); /* the same answer: nothing to tell */
	turn(&s, &dns.asked, 4, 5 * SECOND);
	turn(&s, &s.changed, 2, 100 * MSEC);
	assert_int_equal(s.changed, 1);
	dns.a = "192.0.2.11";
	resolver_network_changed(s.k);
	turn(&s, &s.changed, 2, 5 * SECOND);
	assert_int_equal(s.changed, 2);
	expect_stun4(&s, "192.0.2.11:3478");
	end(&s, &dns);
}

static void a_failure_takes_no_address_away(void **state)
{
	struct dns_server dns = {.a = "192.0.2.10"};
	struct seen s;
	begin_looked_up(&s, &dns);
	dns.code = DNS_NXDOMAIN;
	resolver_network_changed(s.k);
	turn(&s, &dns.asked, 4, 5 * SECOND);
	turn(&s, &s.changed, 2, 100 * MSEC);
	expect_stun4(&s, "192.0.2.10:3478");
	end(&s, &dns);
}

static void another_configuration_is_looked_up(void **state)
{
	struct dns_server dns = {.a = "192.0.2.10"};
	struct relay_place v[3];
	struct seen s;
	begin_looked_up(&s, &dns);
	resolver_set(s.k, &s.map); /* the same: what is known stays */
	expect_stun4(&s, "192.0.2.10:3478");
	snprintf(s.relays[0].host, sizeof(s.relays[0].host), "other.example.net");
	resolver_set(s.k, &s.map);
	expect_stun4(&s, NULL);
	turn(&s, &s.changed, 2, 5 * SECOND);
	expect_stun4(&s, "192.0.2.10:3478");
	s.map.n_relays = 0;
	resolver_set(s.k, &s.map);
	assert_int_equal(resolver_relays(s.k, &s.map, NULL, v, 3), 0);
	end(&s, &dns);
}

static void it_is_settled_when_all_was_answered_or_failed_once(void **state)
{
	struct dns_server dns = {.a = "192.0.2.10", .aaaa = {"64:ff9b::192.0.0.170"}, .ttl_s = 60};
	struct seen s;
	begin(&s, &dns);
	assert_true(resolver_settled(s.k)); /* nothing is wanted yet */
	resolver_set(s.k, &s.map);
	assert_false(resolver_settled(s.k));
	turn(&s, &s.changed, 1, 5 * SECOND);
	assert_true(resolver_settled(s.k));
	assert_string_equal(resolver_failure(s.k, 1), "");
	resolver_ask_nat64(s.k);
	assert_false(resolver_settled(s.k));
	turn(&s, &s.answered, 1, 5 * SECOND);
	assert_true(resolver_settled(s.k));
	end(&s, &dns);
}

static void why_a_name_was_not_found_can_be_asked(void **state)
{
	struct dns_server dns = {.code = DNS_NXDOMAIN};
	struct seen s;
	begin(&s, &dns);
	resolver_set(s.k, &s.map);
	assert_string_equal(resolver_failure(s.k, 1), "DNS has not answered yet");
	for (int i = 0; i < 200 && !resolver_settled(s.k); i++)
		loop_turn(s.l, 20 * MSEC);
	assert_true(resolver_settled(s.k));
	assert_true(strlen(resolver_failure(s.k, 1)) > 5);
	assert_string_equal(resolver_failure(s.k, 2), ""); /* it is known by its address */
	assert_string_equal(resolver_failure(s.k, 9), "");
	end(&s, &dns);
}

static void the_prefix_is_asked_for_and_only_the_last_answer_counts(void **state)
{
	struct dns_server dns = {.aaaa = {"64:ff9b::192.0.0.170"}, .ttl_s = 60};
	struct seen s;
	begin(&s, &dns);
	resolver_ask_nat64(s.k);
	resolver_ask_nat64(s.k);
	turn(&s, &s.answered, 1, 5 * SECOND);
	turn(&s, &s.answered, 2, 100 * MSEC);
	assert_int_equal(s.answered, 1);
	assert_true(!s.answer.failed && s.answer.n == 1 && s.answer.ttl_s == 60);
	resolver_ask_nat64(s.k); /* it is under way when all ends */
	end(&s, &dns);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_relay_known_by_name_gets_stun_servers_of_both_families),
	cmocka_unit_test(what_a_dns64_made_of_the_same_server_is_left_out),
	cmocka_unit_test(a_change_of_the_network_asks_again),
	cmocka_unit_test(a_failure_takes_no_address_away),
	cmocka_unit_test(another_configuration_is_looked_up),
	cmocka_unit_test(it_is_settled_when_all_was_answered_or_failed_once),
	cmocka_unit_test(why_a_name_was_not_found_can_be_asked),
	cmocka_unit_test(the_prefix_is_asked_for_and_only_the_last_answer_counts),
};
RUN_TESTS(tests)
