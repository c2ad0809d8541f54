#include "crypto/seeded.h"
#include "node/node.h"
#include "report/why.h"
#include "unit/report/alice_and_bob.h"

/* --- of a node --- */

static const char *string(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));
	return s ? s : "";
}

static bool says(const json_t *list, const char *words)
{
	size_t i;
	const json_t *line;
	json_array_foreach(list, i, line)
	{
		if (strstr(json_string_value(line), words))
			return true;
	}
	return false;
}

static void a_node_says_why_in_json(void **state)
{
	struct config *cfg = config();
	struct seeded seed;
	seeded_init(&seed, 1);
	const struct node_config n = {
		.key = cfg->settings.key, .rng = seeded_rng(&seed), .peers_max = 4, .port = 7777};
	const struct relay_place relay = {.region = 1, .stun4 = {ip_v4(192, 0, 2, 10), 3478}};
	const struct netmap_peer *bob = &cfg->map.peers[0];
	const struct netmap_peer peer = bob_with_hint(cfg);
	const struct netmap_change change = {.now = &peer};
	peer_id id;
	struct node *node = node_new(&n, SECOND);
	struct why_source s = {.map = &cfg->map,
			       .settings = &cfg->settings,
			       .node = node,
			       .peer = bob,
			       .port = 7777,
			       .now = SECOND,
			       .wall_offset_ns = SECOND};
	assert_null(why_json(&s)); /* the node does not have this peer yet */
	reach_set_relays(node_reach(node), &relay, 1, 1, SECOND);
	assert_int_equal(node_peer_set(node, &change, SECOND, &id), TUNNEL_ADDED);
	json_t *all = why_json(&s), *facts = json_object_get(all, "facts");
	assert_string_equal(string(all, "name"), "bob");
	assert_true(json_is_false(json_object_get(all, "direct")));
	assert_string_equal(string(facts, "way"), "relayed");
	assert_string_equal(string(facts, "mapping"), "unknown");
	json_t *candidate = json_array_get(json_object_get(facts, "candidates"), 0);
	assert_string_equal(string(candidate, "endpoint"), "192.0.2.9:9");
	assert_string_equal(string(candidate, "by"), "configured");
	assert_true(json_array_size(json_object_get(all, "failed")) > 0);
	/* the one STUN server has not answered */
	assert_true(json_array_size(json_object_get(all, "seen")) >= 2);
	assert_true(json_array_size(json_object_get(all, "advice")) > 0);
	assert_int_equal(json_array_size(json_object_get(facts, "stun")), 1);
	assert_int_equal(json_integer_value(json_object_get(candidate, "padded_pings")), 0);
	assert_string_equal(string(json_object_get(facts, "hard"), "now"), "switched off");
	assert_true(
		json_is_true(json_object_get(json_object_get(facts, "port_mapping"), "enabled")));
	assert_int_equal(json_array_size(json_object_get(json_object_get(facts, "port_mapping"),
							 "gateways")),
			 0);
	assert_true(json_is_array(json_object_get(all, "history")));
	assert_true(json_is_null(json_object_get(facts, "proxy")));
	json_decref(all);
	const char *const proxies[] = {"192.0.2.8:3128"};
	s.proxies = proxies;
	all = why_json(&s);
	assert_string_equal(string(json_object_get(all, "facts"), "proxy"), "192.0.2.8:3128");
	assert_true(says(json_object_get(all, "seen"),
			 "\"lab\" is reached through the HTTP proxy 192.0.2.8:3128"));
	json_decref(all);
	node_free(node);
	config_free(cfg);
}

static void a_network_that_has_only_ipv6_is_told_of(void **state)
{
	struct config *cfg = config();
	struct seeded seed;
	seeded_init(&seed, 1);
	const struct node_config n = {
		.key = cfg->settings.key, .rng = seeded_rng(&seed), .peers_max = 4};
	const struct netmap_peer peer = {.key = cfg->map.peers[0].key};
	const struct netmap_change change = {.now = &peer};
	struct own_address global = {.bits = 64};
	struct prefix p64;
	peer_id id;
	struct node *node = node_new(&n, SECOND);
	assert_true(ip_parse(&global.ip, "2001:db8::5") && prefix_parse(&p64, "64:ff9b::/96"));
	assert_int_equal(node_peer_set(node, &change, SECOND, &id), TUNNEL_ADDED);
	struct why_source s = {.map = &cfg->map,
			       .settings = &cfg->settings,
			       .node = node,
			       .peer = &cfg->map.peers[0],
			       .now = SECOND};
	json_t *all = why_json(&s);
	assert_false(says(json_object_get(all, "seen"), "NAT64"));
	json_decref(all);
	reach_set_interfaces(node_reach(node), &global, 1, SECOND);
	reach_nat64_advertised(node_reach(node), &p64, 600, SECOND);
	all = why_json(&s);
	assert_true(says(json_object_get(all, "seen"),
			 "IPv4 is reached through its NAT64 (64:ff9b::/96)"));
	json_decref(all);
	node_free(node);
	config_free(cfg);
}

static int start(void **state)
{
	return crypto_init() ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_says_why_in_json),
		cmocka_unit_test(a_network_that_has_only_ipv6_is_told_of),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
