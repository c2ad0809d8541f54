/* Asks for a report, and what a report needs besides UDP: HTTP servers here are real ones. */
#include "driver/netchecks.h"

#include "report/netcheck.h"
#include "unit/driver/two_nodes.h"
#include "unit/io_server.h"
#include "unit/own_network.h"

enum { ASKS = NETCHECKS_MAX + 1, DISCARD_PORT = 9 };

struct scene {
	struct loop *loop;
	struct log log;
	struct local_relay relay;
	struct side side; /* only its text and its driver */
	struct netchecks *checks;
	json_t *answers[ASKS];
};

static void on_answer(void *asked, const struct netcheck_source *report, const char *why)
{
	json_t **to = asked;
	assert_null(*to); /* once */
	*to = report ? netcheck_json(report) : json_pack("{s:s}", "error", why);
}

/* --- the scene --- */

/* One node without an inside, of the relays in side.relays. */
static void set_up(struct scene *s)
{
	const struct driver_config cfg = {.loop = s->loop, .log = &s->log};
	char why[FAILURE_MAX];
	write_node(&s->side, 0, 1, "");
	s->side.cfg = side_parse(&s->side);
	s->side.driver = driver_new(&cfg, &s->side.cfg->settings, &s->side.cfg->map);
	assert_non_null(s->side.driver);
	if (!driver_set_up(s->side.driver, true, why))
		fail_msg("%s", why);
	s->checks = netchecks_new(s->loop, s->side.driver, on_answer);
	assert_non_null(s->checks);
}

static struct scene *begin_in(struct loop *l)
{
	struct scene *s = calloc(1, sizeof(*s));
	assert_true(s && l && crypto_init());
	s->loop = l;
	log_init(&s->log, STDERR_FILENO, LOG_AT_ERROR);
	return s;
}

static struct scene *begin(void)
{
	return begin_in(loop_new());
}

/* With a relay that has all that a netcheck asks. */
static struct scene *begin_whole(void)
{
	struct scene *s = begin();
	local_relay_open(&s->relay, s->loop, &s->log);
	write_relay(&s->side, "lab", 1, s->relay.port, s->relay.stun_port);
	set_up(s);
	return s;
}

/* All but its loop. */
static void end_in(struct scene *s)
{
	netchecks_free(s->checks);
	driver_free(s->side.driver);
	config_free(s->side.cfg);
	if (s->relay.web)
		local_relay_close(&s->relay);
	for (size_t i = 0; i < ASKS; i++)
		json_decref(s->answers[i]);
	free(s);
}

static void end(struct scene *s)
{
	struct loop *l = s->loop;
	end_in(s);
	for (int i = 0; i < 3; i++)
		loop_turn(l, 0);
	loop_free(l);
}

static void ask(struct scene *s, size_t i, bool full)
{
	netchecks_ask(s->checks, &s->answers[i], full);
}

static json_t *answer_of(struct scene *s, size_t i)
{
	mono_ns limit = clock_now() + TURN_LIMIT;
	while (!s->answers[i] && clock_now() < limit)
		loop_turn(s->loop, 20 * MSEC);
	assert_non_null(s->answers[i]);
	return s->answers[i];
}

static void expect_refused(struct scene *s, size_t i, const char *why)
{
	assert_string_equal(json_string_value(json_object_get(answer_of(s, i), "error")), why);
}

/* --- asks --- */

static void an_ask_is_answered_with_a_report(void **state)
{
	struct scene *s = begin_whole();
	ask(s, 0, true);
	json_t *a = answer_of(s, 0);
	assert_true(json_is_true(json_object_get(a, "udp")));
	assert_true(json_is_true(json_object_get(a, "full")));
	assert_string_equal(json_string_value(json_object_get(a, "preferred_relay")), "lab");
	end(s);
}

static void asks_that_come_meanwhile_get_a_report_too(void **state)
{
	struct scene *s = begin_whole();
	ask(s, 0, true);
	ask(s, 1, false);
	ask(s, 2, true);
	for (size_t i = 0; i < 3; i++)
		assert_true(json_is_true(json_object_get(answer_of(s, i), "udp")));
	assert_true(json_is_true(json_object_get(answer_of(s, 2), "full")));
	end(s);
}

static void too_many_asks_at_a_time_are_refused(void **state)
{
	struct scene *s = begin_whole();
	for (size_t i = 0; i < ASKS; i++)
		ask(s, i, true);
	expect_refused(s, NETCHECKS_MAX, "too many ask for a netcheck at a time; try again");
	for (size_t i = 0; i < NETCHECKS_MAX; i++)
		assert_true(json_is_true(json_object_get(answer_of(s, i), "udp")));
	end(s);
}

static void what_waits_is_answered_when_it_is_forgotten(void **state)
{
	struct scene *s = begin_whole();
	ask(s, 0, true);
	netchecks_forget(s->checks, "gone");
	expect_refused(s, 0, "gone");
	ask(s, 1, true);
	assert_true(json_is_true(json_object_get(answer_of(s, 1), "udp")));
	end(s);
}

static void what_is_down_checks_nothing(void **state)
{
	struct scene *s = begin_whole();
	side_down(&s->side);
	ask(s, 0, true);
	expect_refused(s, 0,
		       "the network is down, so there is nothing to check from; try: warren up");
	end(s);
}

/* --- without UDP --- */

static json_t *first_relay(json_t *a)
{
	return json_array_get(json_object_get(a, "relays"), 0);
}

/* A relay whose STUN is silent, and the answer of its HTTP server. */
static void where_no_udp_comes_back_relays_are_timed_over_http(void **state)
{
	struct scene *s = begin();
	const struct ip ip = ip_v4(127, 0, 0, 1);
	local_relay_open_at(&s->relay, s->loop, &s->log, &ip);
	write_relay(&s->side, "lab", 1, s->relay.port, DISCARD_PORT);
	set_up(s);
	ask(s, 0, true);
	json_t *a = answer_of(s, 0);
	assert_true(json_is_false(json_object_get(a, "udp")));
	assert_true(json_is_false(json_object_get(a, "captive_portal")));
	assert_true(json_real_value(json_object_get(first_relay(a), "https_ms")) > 0);
	end(s);
}

static void serve_login_page(struct server *s, int fd, SSL *ssl)
{
	static const char page[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	server_read_head(fd, ssl, s->heard, sizeof(s->heard));
	server_write(fd, ssl, page, sizeof(page) - 1);
}

/* The status is right, but a relay would have repeated the challenge. */
static void serve_empty_page(struct server *s, int fd, SSL *ssl)
{
	static const char page[] = "HTTP/1.1 204 No Content\r\n\r\n";
	server_read_head(fd, ssl, s->heard, sizeof(s->heard));
	server_write(fd, ssl, page, sizeof(page) - 1);
}

static void serve_nothing(struct server *s, int fd, SSL *ssl)
{
	server_read_head(fd, ssl, s->heard, sizeof(s->heard));
}

static void a_captive_portal_answers_in_the_place_of_a_relay(void **state)
{
	static const struct {
		serve_fn *serve;
		bool captive, unknown;
	} rows[] = {{serve_login_page, true, false},
		    {serve_empty_page, true, false},
		    {serve_nothing, false, true}};
	struct scene *v[ARRAY_LEN(rows)];
	struct server http[ARRAY_LEN(rows)];
	struct loop *l = loop_new();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		v[i] = begin_in(l);
		server_start(&http[i], rows[i].serve, NULL, NULL, 0);
		write_relay(&v[i]->side, "lab", 1, http[i].port, DISCARD_PORT);
		set_up(v[i]);
		ask(v[i], 0, true);
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *captive = json_object_get(answer_of(v[i], 0), "captive_portal");
		assert_int_equal(json_is_true(captive), rows[i].captive);
		assert_int_equal(json_is_null(captive), rows[i].unknown);
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		end_in(v[i]);
		server_stop(&http[i]);
	}
	for (int i = 0; i < 3; i++)
		loop_turn(l, 0);
	loop_free(l);
}

/* --- in a network that has only IPv6 --- */

/* An interface with a global IPv6 address, and a relay behind the NAT64, which is played by the
 * loopback interface. */
static void make_ipv6_network(struct tun **tun, const struct ip *behind)
{
	struct netlink *nl = own_network_netlink();
	struct ip own;
	char why[FAILURE_MAX] = "";
	*tun = own_network_tun("eth0");
	CHECK(ip_parse(&own, "2001:db8::1"));
	CHECK_WHY(netlink_link_up(nl, 1, 1280, why), why);
	CHECK_WHY(netlink_link_up(nl, tun_index(*tun), 1280, why), why);
	CHECK_WHY(netlink_address_add(nl, 1, behind, 128, why), why);
	CHECK_WHY(netlink_address_add(nl, tun_index(*tun), &own, 64, why), why);
	netlink_close(nl);
}

static void requests_go_through_the_nat64(void)
{
	struct ip behind;
	struct prefix nat64;
	struct tun *tun;
	struct scene *s = begin();
	loop_hush_library(); /* no name server is reached there */
	CHECK(ip_parse(&behind, "2001:db8:64::c633:640a") &&
	      prefix_parse(&nat64, "2001:db8:64::/96"));
	make_ipv6_network(&tun, &behind);
	local_relay_open_at(&s->relay, s->loop, &s->log, &behind);
	snprintf(s->side.relays, sizeof(s->side.relays),
		 "[Relay]\nName = lab\nHost = 198.51.100.10\nPlain = yes\nPort = %u\n"
		 "STUNPort = %d\n",
		 s->relay.port, DISCARD_PORT);
	set_up(s);
	struct reach *reach = node_reach(driver_node(s->side.driver));
	reach_nat64_advertised(reach, &nat64, 600, loop_now(s->loop));
	driver_settle(s->side.driver);
	CHECK(reach_nat64(reach) != NULL);
	ask(s, 0, true);
	json_t *a = answer_of(s, 0);
	CHECK(json_is_false(json_object_get(a, "udp")));
	CHECK(json_is_false(json_object_get(a, "captive_portal")));
	CHECK(json_real_value(json_object_get(first_relay(a), "https_ms")) > 0);
	end(s);
	tun_close(tun);
}
IN_OWN_NETWORK(requests_go_through_the_nat64)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(an_ask_is_answered_with_a_report),
	cmocka_unit_test(asks_that_come_meanwhile_get_a_report_too),
	cmocka_unit_test(too_many_asks_at_a_time_are_refused),
	cmocka_unit_test(what_waits_is_answered_when_it_is_forgotten),
	cmocka_unit_test(what_is_down_checks_nothing),
	cmocka_unit_test(where_no_udp_comes_back_relays_are_timed_over_http),
	cmocka_unit_test(a_captive_portal_answers_in_the_place_of_a_relay),
	cmocka_unit_test(test_requests_go_through_the_nat64),
};
RUN_TESTS(tests)
