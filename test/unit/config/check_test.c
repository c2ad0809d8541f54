#include "unit/config/parsed.h"

#include <stdio.h>

#define NODE "[Node]\nPrivateKeyFile = /k\nAddress = 100.64.0.1, fd7a::1\n" /* lines 1 to 3 */

static void the_first_relay_is_our_home_if_the_file_names_none(void **state)
{
	struct config *c = good(NODE "[Relay]\nName=a\nHost=a\nRegion=9\n"
				     "[Relay]\nName=b\nHost=b\n");
	assert_int_equal(c->map.self.home, 9);
	assert_string_equal(c->map.relays[0].name, "a");
	assert_int_equal(c->map.relays[1].region, 2); /* its place in the file */
	config_free(c);
	c = good(NODE);
	assert_int_equal(c->map.self.home, 0);
	config_free(c);
}

static void our_home_comes_first_and_the_others_keep_their_order(void **state)
{
	struct config *c = good(NODE "Home = C\n"
				     "[Relay]\nName=a\nHost=a\n[Relay]\nName=b\nHost=b\n"
				     "[Relay]\nName=c\nHost=c\n[Relay]\nName=d\nHost=d\n");
	static const char *const want[] = {"c", "a", "b", "d"};
	static const unsigned line[] = {11, 5, 8, 14};
	static const uint16_t region[] = {3, 1, 2, 4};
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(c->map.relays[i].name, want[i]);
		assert_int_equal(c->relay_line[i], line[i]);
		assert_int_equal(c->map.relays[i].region, region[i]);
	}
	assert_int_equal(c->map.self.home, 3);
	config_free(c);
}

static void a_region_that_was_given_must_not_be_the_place_of_another(void **state)
{
	refused(NODE "[Relay]\nName=a\nHost=a\nRegion=2\n[Relay]\nName=b\nHost=b\n",
		"w.conf:8: found Region 2 at relay b and at a (line 4), expected each region once");
}

static void relays_differ_by_more_than_case(void **state)
{
	refused(NODE "[Relay]\nName=Lab\nHost=a\n[Relay]\nName=x\nHost=a\n"
		     "[Relay]\nName=lAB\nHost=b\n",
		"w.conf:10: found a second [Relay] with Name = lAB, expected each name once (first "
		"at line 4)");
}

static void an_unknown_relay_is_answered_with_the_known_ones(void **state)
{
	char text[8192], why[CONFIG_WHY_MAX];
	refused(NODE "[Relay]\nName=a\nHost=a\n[Relay]\nName=b\nHost=b\n"
		     "[Peer]\nPublicKey=" KEY1 "\nRelay=c\n",
		"w.conf:12: Relay: found \"c\", expected the Name of a [Relay] (known: a, b)");
	int n = snprintf(text, sizeof(text), NODE "Home = none\n");
	for (int i = 0; i < 20; i++) /* more than a sentence holds, of the longest names */
		n += snprintf(text + n, sizeof(text) - (size_t)n, "[Relay]\nName=%063d\nHost=a\n",
			      i);
	assert_null(parse(text, why));
	assert_non_null(strstr(why, "w.conf:4: Home: found \"none\", expected the Name of a"));
	assert_int_equal(why[strlen(why) - 1], ')');
	assert_true(strlen(why) < 300);
}

static void a_peer_without_relay_is_plain_and_one_with_a_relay_is_not(void **state)
{
	struct config *c = good(NODE "[Relay]\nName=a\nHost=a\nRegion=9\n"
				     "[Peer]\nPublicKey=" KEY1 "\nRelay=A\n"
				     "[Peer]\nPublicKey=" KEY2 "\n");
	assert_false(c->map.peers[0].plain);
	assert_int_equal(c->map.peers[0].home, 9);
	assert_true(c->map.peers[1].plain);
	assert_int_equal(c->map.peers[1].home, 0);
	config_free(c);
}

static void peers_without_names_are_not_namesakes(void **state)
{
	struct config *c = good(NODE "[Peer]\nPublicKey=" KEY1 "\n[Peer]\nPublicKey=" KEY2 "\n");
	assert_int_equal(c->map.n_peers, 2);
	config_free(c);
}

/* In whatever order they stand: the later line is the wrong one. */
static void of_two_peers_with_one_key_the_later_is_named(void **state)
{
	refused(NODE "[Peer]\nPublicKey=" KEY2 "\n[Peer]\nPublicKey=" KEY1
		     "\n[Peer]\nPublicKey=" KEY2 "\n",
		"w.conf:8: found a second [Peer] with PublicKey [3p7bf], expected each peer once "
		"(first at line 4)");
}

static void a_prefix_belongs_to_one_peer_and_once(void **state)
{
	refused(NODE "[Peer]\nName=bob\nPublicKey=" KEY1
		     "\nAllowedIPs=10.0.0.0/8,fd00::/8,10.1.1.1/8\n",
		"w.conf:7: AllowedIPs: found 10.0.0.0/8, which is bob's already (line 7), expected "
		"each prefix once");
	refused(NODE "[Peer]\nPublicKey=" KEY1 "\nAllowedIPs=fd00::/8\n[Peer]\nPublicKey=" KEY2
		     "\nAllowedIPs=fd00::1/8\n",
		"w.conf:9: AllowedIPs: found fd00::/8, which is [hSDwC]'s already (line 6), "
		"expected each prefix once");
}

static void a_prefix_is_found_again_behind_longer_ones(void **state)
{
	refused(NODE "[Peer]\nPublicKey=" KEY1 "\nAllowedIPs=10.0.0.0/8\n[Peer]\nPublicKey=" KEY2
		     "\nAllowedIPs=10.0.0.0/16\nAllowedIPs=10.0.0.0/8\n",
		"w.conf:10: AllowedIPs: found 10.0.0.0/8, which is [hSDwC]'s already (line 6), "
		"expected each prefix once");
}

/* The longest prefix wins, so one inside another is no contradiction. */
static void a_prefix_inside_anothers_is_fine(void **state)
{
	struct config *c =
		good(NODE "[Peer]\nPublicKey=" KEY1 "\nAllowedIPs=10.0.0.0/8,0.0.0.0/0\n"
			  "[Peer]\nPublicKey=" KEY2 "\nAllowedIPs=10.0.0.0/16,::/0,10.0.0.0/9\n");
	assert_int_equal(c->map.peers[0].n_allowed, 2);
	assert_int_equal(c->map.peers[1].n_allowed, 3);
	config_free(c);
}

static void a_peer_may_stand_for_a_network_around_us_but_not_for_us(void **state)
{
	struct config *c = good(NODE "[Peer]\nPublicKey=" KEY1
				     "\nAllowedIPs=100.64.0.1/31,fd7a::1/127,::/0\n");
	config_free(c);
	refused(NODE "[Peer]\nPublicKey=" KEY1 "\nAllowedIPs=10.0.0.1,fd7a::1\n",
		"w.conf:6: AllowedIPs: found fd7a::1, which is our own Address, expected the "
		"addresses of the peer");
}

static void ipv6_in_the_tunnel_needs_1280_bytes(void **state)
{
	refused(NODE "MTU = 1279\n", "w.conf: [Node] has an IPv6 Address and MTU = 1279, expected "
				     "at least 1280, as IPv6 needs");
	struct config *c = good("[Node]\nPrivateKeyFile=/k\nAddress=1.1.1.1\nMTU=1279\n");
	config_free(c);
}

static int start(void **state)
{
	return crypto_init() ? 0 : -1;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_relay_is_our_home_if_the_file_names_none),
		cmocka_unit_test(our_home_comes_first_and_the_others_keep_their_order),
		cmocka_unit_test(a_region_that_was_given_must_not_be_the_place_of_another),
		cmocka_unit_test(relays_differ_by_more_than_case),
		cmocka_unit_test(an_unknown_relay_is_answered_with_the_known_ones),
		cmocka_unit_test(a_peer_without_relay_is_plain_and_one_with_a_relay_is_not),
		cmocka_unit_test(peers_without_names_are_not_namesakes),
		cmocka_unit_test(of_two_peers_with_one_key_the_later_is_named),
		cmocka_unit_test(a_prefix_belongs_to_one_peer_and_once),
		cmocka_unit_test(a_prefix_is_found_again_behind_longer_ones),
		cmocka_unit_test(a_prefix_inside_anothers_is_fine),
		cmocka_unit_test(a_peer_may_stand_for_a_network_around_us_but_not_for_us),
		cmocka_unit_test(ipv6_in_the_tunnel_needs_1280_bytes),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
