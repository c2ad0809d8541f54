/* What begins and ends a section, and what a whole one must hold. */
#include "unit/config/parsed.h"

#include <stdio.h>

#define NODE "[Node]\nPrivateKeyFile = /k\nAddress = 100.64.0.1\n" /* lines 1 to 3 */

static void a_section_is_known_in_any_case_and_by_its_whole_name(void **state)
{
	static const char *const others[] = {"[Peers]", "[Pee]",   "[Peer",    "[ Peer]", "[Peer ]",
					     "[Peer]]", "[[Peer]", "[Peer] x", "["};
	char text[256], want[CONFIG_WHY_MAX];
	config_free(
		good("[NODE]\nPrivateKeyFile = /k\nAddress = 100.64.0.1\n[pEER]\nPublicKey = " KEY1
		     "\n[rElAy]\nName = a\nHost = a\n"));
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		snprintf(text, sizeof(text), NODE "%s\n", others[i]);
		snprintf(want, sizeof(want),
			 "w.conf:4: found \"%s\", expected [Node], [Relay] or [Peer]", others[i]);
		refused(text, want);
	}
}

/* What the one before had does not count for the next, nor against it. */
static void each_section_stands_for_itself(void **state)
{
	struct config *c = good(NODE "[Relay]\nName = a\nHost = a\nPort = 1\nPlain = yes\n"
				     "[Relay]\nName = b\nHost = b\nPort = 2\n");
	assert_true(c->map.relays[0].plain && !c->map.relays[1].plain);
	assert_int_equal(c->map.relays[1].port, 2);
	config_free(c);
	refused(NODE "[Relay]\nName = a\nHost = a\n[Relay]\nName = b\n[Peer]\nPublicKey = " KEY1,
		"w.conf:7: found a [Relay] without Host, expected: Host = its host name or "
		"address");
	refused(NODE "[Peer]\nPublicKey = " KEY1 "\n[Peer]\nName = bob\n[Relay]\n",
		"w.conf:6: found a [Peer] without PublicKey, expected: PublicKey = nodekey:... "
		"(`warren pubkey` prints it)");
}

/* The first fault is told: a section ends before the next one is looked at. */
static void a_section_that_lacks_something_is_told_before_the_next(void **state)
{
	refused("[Node]\nPrivateKeyFile = /k\n[Node]\n",
		"w.conf:1: found a [Node] without Address, expected: Address = 100.64.0.1/32 or "
		"another of your network");
	refused(NODE "[Relay]\n[Peer]\n",
		"w.conf:4: found a [Relay] without Name, expected: Name = "
		"a word by which peers refer to it");
}

static void of_two_keys_that_exclude_each_other_the_later_line_is_named(void **state)
{
	refused("[Node]\nPrivateKeyFile = /k\nAddress = 1.1.1.1\nPrivateKey = " KEY2
		"\nMTU = 1400\n",
		"w.conf:4: found PrivateKey and PrivateKeyFile in one [Node], expected only one of "
		"them");
	refused(NODE "[Relay]\nName = a\nHost = a\nCAFile = ca.pem\nPort = 1\n"
		     "Pin = sha256-raw:0f1e2d3c4b5a69788796a5b4c3d2e1f0"
		     "0f1e2d3c4b5a69788796a5b4c3d2e1f0\n",
		"w.conf:9: found Pin and CAFile in one [Relay], expected only one of them");
	refused(NODE "[Peer]\nPresharedKeyFile = /k\nPresharedKey = " KEY2 "\nPublicKey = " KEY1,
		"w.conf:6: found PresharedKey and PresharedKeyFile in one [Peer], expected only "
		"one of them");
}

static void the_port_of_a_relay_is_what_the_file_says_or_that_of_http_or_https(void **state)
{
	static const struct {
		const char *lines;
		uint16_t port;
	} rows[] = {{"", 443},
		    {"Plain = no\n", 443},
		    {"Plain = yes\n", 80},
		    {"Plain = yes\nPort = 443\n", 443},
		    {"Port = 8080\nPlain = yes\n", 8080},
		    {"Port = 80\n", 80}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[256];
		snprintf(text, sizeof(text), NODE "[Relay]\nName = a\n%sHost = a\n", rows[i].lines);
		struct config *c = good(text);
		assert_int_equal(c->map.relays[0].port, rows[i].port);
		config_free(c);
	}
}

/* The address in Host fills the family that it has, and only where the file left it open. */
static void an_address_as_host_is_the_relays_own(void **state)
{
	char text[IP_TEXT_MAX];
	struct config *c = good(NODE "[Relay]\nName = a\nIPv6 = 2001:db8::1\nHost = 192.0.2.1\n"
				     "[Relay]\nName = b\nIPv6 = 2001:db8::2\nHost = 2001:db8::3\n"
				     "[Relay]\nName = c\nHost = r.example\n");
	const struct netmap_relay *v = c->map.relays;
	assert_string_equal(ip_format(&v[0].ip4, text), "192.0.2.1");
	assert_string_equal(ip_format(&v[0].ip6, text), "2001:db8::1");
	assert_string_equal(ip_format(&v[1].ip6, text), "2001:db8::2");
	assert_string_equal(v[1].host, "2001:db8::3");
	assert_int_equal(v[1].ip4.family, 0);
	assert_int_equal(v[2].ip4.family + v[2].ip6.family, 0);
	config_free(c);
}

/* Room grows by moving everything: what stood there first is still there. */
static void relays_and_peers_survive_the_growth_of_their_lists(void **state)
{
	enum { MANY = 33 };
	char text[8192];
	size_t n = (size_t)snprintf(text, sizeof(text), NODE);
	for (unsigned i = 1; i <= MANY; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "[Relay]\nName = r%u\nHost = h%u\n"
				      "[Peer]\nPublicKey = nodekey:%064x\nRelay = r%u\n"
				      "PresharedKeyFile = p%u\nAllowedIPs = 10.0.0.%u\n",
				      i, i, i, i, i, i);
	assert_true(n < sizeof(text));
	struct config *c = good(text);
	assert_int_equal(c->map.n_relays, MANY);
	assert_int_equal(c->map.n_peers, MANY);
	for (unsigned i = 1; i <= MANY; i++) {
		const struct netmap_peer *p = &c->map.peers[i - 1];
		snprintf(text, sizeof(text), "h%u", i);
		assert_string_equal(c->map.relays[i - 1].host, text);
		assert_int_equal(c->relay_line[i - 1], 4 + 8 * (i - 1));
		snprintf(text, sizeof(text), "p%u", i);
		assert_string_equal(c->peer_notes[i - 1].psk_file, text);
		assert_int_equal(c->peer_notes[i - 1].line, 7 + 8 * (i - 1));
		assert_int_equal(p->key.b[31], i);
		assert_int_equal(p->allowed[0].ip.b[3], i);
		assert_int_equal(p->home, i);
	}
	config_free(c);
}

static int start(void **state)
{
	return crypto_init() ? 0 : -1;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_is_known_in_any_case_and_by_its_whole_name),
		cmocka_unit_test(each_section_stands_for_itself),
		cmocka_unit_test(a_section_that_lacks_something_is_told_before_the_next),
		cmocka_unit_test(of_two_keys_that_exclude_each_other_the_later_line_is_named),
		cmocka_unit_test(
			the_port_of_a_relay_is_what_the_file_says_or_that_of_http_or_https),
		cmocka_unit_test(an_address_as_host_is_the_relays_own),
		cmocka_unit_test(relays_and_peers_survive_the_growth_of_their_lists),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
