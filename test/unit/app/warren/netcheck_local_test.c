/* A netcheck without a daemon, as it is run on an unknown machine: against a STUN server on this
 * one. */
#include "app/warren/netcheck_local.h"

#include <stdlib.h>

#include "unit/app/warren/stun_here.h"

static void words_name_relays(void **state)
{
	static const struct {
		const char *word, *host;
		uint16_t port;
		uint8_t family; /* of the address that it is */
	} rows[] = {
		{"relay.example.net", "relay.example.net", 3478, 0},
		{"relay.example.net:19302", "relay.example.net", 19302, 0},
		{"relay.example.net.:19302", "relay.example.net", 19302, 0},
		{"192.0.2.7", "192.0.2.7", 3478, 4},
		{"192.0.2.7:1", "192.0.2.7", 1, 4},
		{"2001:db8::7", "2001:db8::7", 3478, 6},
		{"[2001:db8::7]", "2001:db8::7", 3478, 6},
		{"[2001:db8::7]:65535", "2001:db8::7", 65535, 6},
	};
	char why[CONFIG_WHY_MAX], *words[ARRAY_LEN(rows)];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		words[i] = strdup(rows[i].word);
	struct config *c = netcheck_local_config(words, ARRAY_LEN(rows), why);
	assert_non_null(c);
	assert_int_equal(c->map.n_relays, ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct netmap_relay *r = &c->map.relays[i];
		assert_string_equal(r->host, rows[i].host);
		assert_string_equal(r->name, rows[i].word);
		assert_int_equal(r->stun_port, rows[i].port);
		assert_int_equal(r->region, i + 1);
		assert_int_equal(r->ip4.family, rows[i].family == 4 ? 4 : 0);
		assert_int_equal(r->ip6.family, rows[i].family == 6 ? 6 : 0);
		free(words[i]);
	}
	config_free(c);
}

static void words_that_are_no_relay_are_said(void **state)
{
	static const char *const bad[] = {"",      ":",    "a:",   "a:0", "a:65536", "a:x",
					  "1.2.3", "a..b", "[::1", "a b", "-a",      "::1:x"};
	char why[CONFIG_WHY_MAX], word[32], *words[65];
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		snprintf(word, sizeof(word), "%s", bad[i]);
		words[0] = word;
		if (netcheck_local_config(words, 1, why))
			fail_msg("%s", bad[i]);
		assert_non_null(strstr(why, "expected a relay: its host name or address"));
	}
	snprintf(word, sizeof(word), "a");
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		words[i] = word;
	assert_null(netcheck_local_config(words, ARRAY_LEN(words), why));
	assert_non_null(strstr(why, "no more than 64 relays"));
}

/* As many as there may be; a long one keeps its host, and has a name that is cut. */
static void many_and_long_words_have_their_limits(void **state)
{
	char why[CONFIG_WHY_MAX], *words[RELAYS_MAX], word[NETMAP_HOST_MAX + 32];
	const size_t longest = NETMAP_HOST_MAX - 1;
	for (size_t i = 0; i < sizeof(word); i++)
		word[i] = i % 50 == 49 ? '.' : 'a';
	word[longest - 1] = 'b';
	word[longest] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		words[i] = word;
	struct config *c = netcheck_local_config(words, ARRAY_LEN(words), why);
	if (!c)
		fail_msg("%s", why);
	assert_int_equal(c->map.n_relays, RELAYS_MAX);
	assert_string_equal(c->map.relays[RELAYS_MAX - 1].host, word);
	assert_int_equal(c->map.relays[RELAYS_MAX - 1].region, RELAYS_MAX);
	assert_int_equal(strlen(c->map.relays[0].name), NETMAP_NAME_MAX - 1);
	config_free(c);
	word[longest] = 'c';
	word[longest + 1] = '\0';
	assert_null(netcheck_local_config(words, 1, why));
	assert_non_null(strstr(why, "expected a relay: its host name or address"));
	assert_true(strlen(why) < 200); /* it does not repeat all of it */
}

static void no_words_are_no_relays(void **state)
{
	char why[CONFIG_WHY_MAX];
	struct config *c = netcheck_local_config(NULL, 0, why);
	assert_non_null(c);
	assert_int_equal(c->map.n_relays, 0);
	config_free(c);
}

/* --- with a server --- */

static struct netcheck_local *look(const char *relay)
{
	char why[CONFIG_WHY_MAX], word[64], *words[] = {word};
	snprintf(word, sizeof(word), "%s", relay);
	struct config *c = netcheck_local_config(words, 1, why);
	assert_non_null(c);
	c->settings.port_mapping = false; /* this machine's gateway is not to be asked by a test */
	struct netcheck_local *o = netcheck_local_open(c, why);
	if (!o)
		fail_msg("%s", why);
	return o;
}

static void it_reports_without_a_daemon_and_without_privileges(void **state)
{
	struct netcheck_local *o = look(stun_name);
	json_t *r = netcheck_local_netcheck(o, true);
	assert_non_null(r);
	assert_true(json_is_true(json_object_get(r, "udp")) &&
		    json_is_true(json_object_get(r, "full")));
	assert_memory_equal(json_string_value(json_object_get(r, "ipv4")), "127.0.0.1:", 10);
	assert_string_equal(json_string_value(json_object_get(r, "preferred_relay")), stun_name);
	assert_true(json_is_null(json_object_get(r, "home_relay")));
	assert_true(json_is_false(json_object_get(json_object_get(r, "nat"), "present")));
	json_decref(r);
	r = netcheck_local_netcheck(o, false);
	assert_true(json_is_false(json_object_get(r, "full")));
	json_decref(r);
	netcheck_local_close(o);
}

static void lifetimes_are_measured_and_told(void **state)
{
	struct netcheck_local *o = look(stun_name);
	json_t *l = netcheck_local_lifetime(o, 0), *v4 = json_object_get(l, "ipv4");
	assert_true(json_is_null(v4));
	json_decref(l);
	l = netcheck_local_lifetime(o, 1);
	for (int i = 0; i < 80; i++) {
		v4 = json_object_get(l, "ipv4");
		if (strcmp(json_string_value(json_object_get(v4, "state")), "running") != 0)
			break;
		json_decref(l);
		assert_true(netcheck_local_wait(o, 100 * MSEC));
		l = netcheck_local_lifetime(o, 0);
	}
	assert_string_equal(json_string_value(json_object_get(v4, "state")), "measured");
	assert_true(json_real_value(json_object_get(v4, "at_least_s")) >= 0.9);
	assert_true(json_is_null(json_object_get(v4, "less_than_s")));
	json_decref(l);
	netcheck_local_close(o);
}

static void a_signal_ends_what_waits(void **state)
{
	struct netcheck_local *o = look(stun_name);
	kill(getpid(), SIGINT);
	assert_false(netcheck_local_wait(o, 5 * SECOND));
	assert_null(netcheck_local_netcheck(o, true));
	netcheck_local_close(o);
	netcheck_local_close(NULL);
}

static void an_address_needs_no_dns_and_a_stop_is_for_good(void **state)
{
	struct netcheck_local *o = look(stun_name);
	const char *why;
	size_t i = 0;
	assert_null(netcheck_local_unresolved(o, &i, &why)); /* it is an address */
	assert_int_equal(i, 1);
	assert_true(netcheck_local_wait(o, 0));
	kill(getpid(), SIGTERM);
	assert_false(netcheck_local_wait(o, 5 * SECOND));
	assert_false(netcheck_local_wait(o, 0)); /* and it stays so */
	netcheck_local_close(o);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_name_relays),
		cmocka_unit_test(words_that_are_no_relay_are_said),
		cmocka_unit_test(many_and_long_words_have_their_limits),
		cmocka_unit_test(no_words_are_no_relays),
		cmocka_unit_test(it_reports_without_a_daemon_and_without_privileges),
		cmocka_unit_test(lifetimes_are_measured_and_told),
		cmocka_unit_test(a_signal_ends_what_waits),
		cmocka_unit_test(an_address_needs_no_dns_and_a_stop_is_for_good),
	};
	return cmocka_run_group_tests(tests, stun_begin, stun_end);
}
