/* Names, in a network and with a resolv.conf of the test's own; skipped where that is not allowed.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/dialer_inside.h"
#include "unit/dns_server.h"
#include "unit/no_memory.h"
#include "unit/own_network.h"

/* A name server on the loopback that says nothing; its socket. */
static int be_silent_server(void)
{
	char conf[] = "/tmp/resolv.XXXXXX", why[FAILURE_MAX] = "";
	static const char text[] = "nameserver 127.0.0.1\n";
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int file = mkstemp(conf), fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(file >= 0 && write(file, text, sizeof(text) - 1) == sizeof(text) - 1 &&
	      close(file) == 0);
	bool bound = mount(conf, "/etc/resolv.conf", "none", MS_BIND, NULL) == 0;
	unlink(conf);
	if (!bound)
		own_network_skip("no resolv.conf of its own");
	struct netlink *nl = own_network_netlink();
	CHECK_WHY(netlink_link_up(nl, 1, 1280, why), why);
	netlink_close(nl);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	return fd;
}

static void leave_network_and_files(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL))
		own_network_skip("no user, network or mount namespaces");
}

static void on_found(void *self, const struct ip *v, size_t n, const char *what)
{
	++*(int *)self;
}

/* evdns answers for what it gave up later, and looked at what was freed: meson.build has it spoilt.
 */
static void a_dialer_goes_while_a_name_is_asked(void)
{
	int fd = be_silent_server(), called = 0;
	struct loop *l = loop_new();
	for (int turns = 0; turns < 5; turns++) {
		struct dialer *d = dialer_new(l);
		CHECK(d);
		struct lookup *k = lookup_start(d, "relay.example.org",
						(struct lookup_call){on_found, &called});
		CHECK(k);
		loop_turn(l, 10 * MSEC);
		lookup_stop(k);
		dialer_free(d);
		for (int i = 0; i < turns; i++)
			loop_turn(l, MSEC);
	}
	loop_free(l);
	CHECK(called == 0);
	close(fd);
}

static void test_a_dialer_goes_while_a_name_is_asked(void **state)
{
	in_own_child(leave_network_and_files, a_dialer_goes_while_a_name_is_asked);
}

/* --- with a DNS server in the test's loop --- */

struct seen {
	struct loop *l;
	struct dialer *d;
	struct ip v[LOOKUP_MAX];
	size_t n;
	char why[FAILURE_MAX];
	unsigned calls;
	bool free_dialer; /* in the call */
};

static void on_seen(void *self, const struct ip *v, size_t n, const char *what)
{
	struct seen *s = self;
	s->calls++;
	s->n = n;
	for (size_t i = 0; i < n; i++)
		s->v[i] = v[i];
	snprintf(s->why, sizeof(s->why), "%s", what);
	if (s->free_dialer)
		dialer_free(s->d);
}

static void on_seen64(void *self, const struct lookup64_answer *a)
{
	((struct seen *)self)->calls++;
}

static struct seen begin(struct dns_server *dns)
{
	struct seen s = {.l = loop_new()};
	s.d = dialer_new(s.l);
	dns_start(dns, s.d);
	return s;
}

static void end(struct seen *s, struct dns_server *dns)
{
	dns_stop(dns);
	if (!s->free_dialer)
		dialer_free(s->d);
	for (int i = 0; i < 3; i++)
		loop_turn(s->l, 0);
	loop_free(s->l);
}

static void ask(struct seen *s, const char *host)
{
	struct lookup *k = lookup_start(s->d, host, (struct lookup_call){on_seen, s});
	mono_ns until = clock_now() + 5 * SECOND;
	assert_int_equal(k == NULL, s->calls);
	while (s->calls == 0 && clock_now() < until)
		loop_turn(s->l, 20 * MSEC);
	for (int i = 0; i < 3; i++) /* nothing comes twice */
		loop_turn(s->l, MSEC);
	assert_int_equal(s->calls, 1);
}

static void an_address_needs_no_server(void **state)
{
	static const char *const hosts[] = {"192.0.2.1", "2001:db8::1"};
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct dns_server dns = {.a = "192.0.2.99"};
		struct seen s = begin(&dns);
		struct ip want;
		ask(&s, hosts[i]);
		assert_int_equal(s.n, 1);
		assert_true(ip_parse(&want, hosts[i]) && ip_equal(&s.v[0], &want));
		assert_int_equal(dns.asked, 0);
		end(&s, &dns);
	}
}

/* A network may have only one of the families, and the name many addresses of the other. */
static void many_addresses_of_one_family_leave_the_other_its_place(void **state)
{
	struct dns_server dns = {.a = "192.0.2.10", .more_a = 15, .aaaa = {"2001:db8::10"}};
	struct seen s = begin(&dns);
	size_t of[7] = {0};
	ask(&s, "relay.example.net");
	for (size_t i = 0; i < s.n; i++)
		of[s.v[i].family]++;
	assert_int_equal(of[6], 1);
	assert_int_equal(of[4], LOOKUP_MAX / 2);
	end(&s, &dns);
}

/* What DNS says for sure is no reason to read its servers anew. */
static void after_a_failure_the_servers_are_read_again(void **state)
{
	static const struct {
		struct dns_server dns;
		bool stale;
	} table[] = {
		{{.code = DNS_SERVFAIL}, true},
		{{.silent = true}, true},
		{{.code = DNS_NXDOMAIN}, false},
		{{.a = "192.0.2.1"}, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct dns_server dns = table[i].dns;
		struct seen s = begin(&dns);
		ask(&s, "relay.example.net");
		assert_int_equal(s.n, dns.a != NULL);
		assert_int_equal(strlen(s.why) > 0, dns.a == NULL);
		assert_int_equal(s.d->dns_stale, table[i].stale);
		end(&s, &dns);
	}
}

static void a_dialer_may_go_in_the_call_of_its_last_look_up(void **state)
{
	struct dns_server dns = {.a = "192.0.2.1"};
	struct seen s = begin(&dns);
	s.free_dialer = true;
	ask(&s, "relay.example.net");
	assert_int_equal(s.n, 1);
	end(&s, &dns);
}

static void without_memory_a_look_up_fails_at_once(void **state)
{
	struct dns_server dns = {.a = "192.0.2.1"};
	struct seen s = begin(&dns);
	memory_left = 0;
	struct dialer *none = dialer_new(s.l);
	struct lookup *k =
		lookup_start(s.d, "relay.example.net", (struct lookup_call){on_seen, &s});
	struct lookup64 *k64 =
		lookup64_start(s.d, "relay.example.net", (struct lookup64_call){on_seen64, &s});
	memory_left = -1;
	assert_true(!none && !k && !k64);
	assert_int_equal(s.calls, 1);
	assert_string_equal(s.why, "out of memory");
	assert_int_equal(s.d->lookups, 0); /* or the dialer would never be freed */
	end(&s, &dns);
}

/* The system's roots are read once. A context outlives the dialer that made it. */
static void contexts_are_shared_but_those_of_a_ca_file(void **state)
{
	struct loop *l = loop_new();
	struct dialer *d = dialer_new(l);
	char text[FAILURE_MAX];
	SSL_CTX *roots = dialer_context(d, STREAM_ROOTS, NULL, text);
	SSL_CTX *again = dialer_context(d, STREAM_ROOTS, NULL, text);
	SSL_CTX *pin = dialer_context(d, STREAM_PIN, NULL, text);
	SSL_CTX *untested = dialer_context(d, STREAM_UNTESTED, NULL, text);
	assert_true(roots && roots == again);
	assert_true(pin && pin == untested && pin != roots);
	assert_int_equal(SSL_CTX_get_verify_mode(roots), SSL_VERIFY_PEER);
	assert_int_equal(SSL_CTX_get_verify_mode(pin), SSL_VERIFY_NONE);
	assert_null(dialer_context(d, STREAM_CA, "/dev/null", text));
	assert_non_null(strstr(text, "CA file /dev/null"));
	dialer_free(d);
	loop_turn(l, 0);
	assert_int_equal(SSL_CTX_get_verify_mode(again), SSL_VERIFY_PEER);
	SSL_CTX_free(roots);
	SSL_CTX_free(again);
	SSL_CTX_free(pin);
	SSL_CTX_free(untested);
	loop_free(l);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_a_dialer_goes_while_a_name_is_asked),
	cmocka_unit_test(an_address_needs_no_server),
	cmocka_unit_test(many_addresses_of_one_family_leave_the_other_its_place),
	cmocka_unit_test(after_a_failure_the_servers_are_read_again),
	cmocka_unit_test(a_dialer_may_go_in_the_call_of_its_last_look_up),
	cmocka_unit_test(without_memory_a_look_up_fails_at_once),
	cmocka_unit_test(contexts_are_shared_but_those_of_a_ca_file),
};
RUN_TESTS(tests)
