#include "crypto/seeded.h"
#include "io/unix_socket.h"
#include "report/status.h"
#include "unit/json_memory.h"
#include "unit/json_text.h"
#include "unit/report/alice_and_bob.h"
#include "wire/pcp.h"

static json_t *without_key(json_t *status)
{
	json_t *self = json_object_get(status, "self");
	assert_memory_equal(json_string_value(json_object_get(self, "public_key")), "nodekey:", 8);
	json_object_del(self, "public_key");
	json_object_del(self, "disco_key");
	json_object_del(status, "version");
	return status;
}

static void assert_json(json_t *consumed, const char *want)
{
	json_t *expected = json(want);
	if (!json_equal(consumed, expected)) {
		char *text = json_dumps(consumed, JSON_COMPACT);
		fail_msg("found %s", text);
	}
	json_decref(consumed);
	json_decref(expected);
}

static void down_it_knows_its_configuration_only(void **state)
{
	struct config *c = config();
	const struct status_source s = {.map = &c->map, .settings = &c->settings};
	assert_json(without_key(status_json(&s)),
		    "{\"up\": false,\"self\": {\"name\": \"alice\", \"addresses\": "
		    "[\"100.64.0.1\"], \"interface\": \"warren0\",  \"port\": 41641, \"relay\": "
		    "\"lab\"},\"relays\": [{\"name\": \"lab\", \"region\": 1, \"home\": "
		    "true}],\"peers\": [{\"name\": \"bob\", \"addresses\": [\"100.64.0.2\"], "
		    "\"home_relay\": \"lab\",  \"public_key\": "
		    "\"nodekey:8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a\", "
		    " \"allowed_ips\": [\"100.64.0.2/32\", \"10.9.0.0/16\"], \"wireguard_only\": "
		    "false}]}");
	config_free(c);
}

struct running {
	struct config *cfg;
	struct seeded seed;
	struct node *node;
};

static struct running start_node(void)
{
	static struct running r;
	r.cfg = config();
	seeded_init(&r.seed, 1);
	const struct node_config n = {.key = r.cfg->settings.key,
				      .rng = seeded_rng(&r.seed),
				      .peers_max = 4,
				      .port = 7777};
	const struct relay_place relay = {.region = 1};
	const struct own_address eth = {.ip = ip_v4(198, 51, 100, 7), .bits = 24};
	const struct netmap_peer peer = bob_with_hint(r.cfg);
	const struct netmap_change change = {.now = &peer};
	peer_id id;
	r.node = node_new(&n, SECOND);
	assert_non_null(r.node);
	reach_set_relays(node_reach(r.node), &relay, 1, 1, SECOND);
	reach_set_interfaces(node_reach(r.node), &eth, 1, SECOND);
	assert_int_equal(node_peer_set(r.node, &change, SECOND, &id), TUNNEL_ADDED);
	return r;
}

static void answer_pcp(struct node *n, const struct uplink *gw)
{
	const struct node_out *out;
	struct pcp_request q = {.op = PCP_ANNOUNCE};
	while (node_drain(n, &out, SECOND))
		for (size_t i = 0; i < out->net->n_udp; i++)
			if (ip_equal(&out->net->udp[i].at.ip, &gw->gateway) &&
			    ip_equal(&out->net->udp[i].from, &gw->self) &&
			    pcp_read_request(packet_bytes(&out->net->udp[i].packet), &q))
				break;
	assert_int_equal(q.op, PCP_MAP);
	struct pcp_response a = {.op = PCP_MAP, .lifetime_s = 60, .has_map = true, .map = q.map};
	a.map.external = (struct endpoint){ip_v4(203, 0, 113, 7), 4444};
	static uint8_t room[PACKET_SIZE];
	struct datagram d = {.packet = packet_in(room, sizeof(room), PACKET_HEADROOM),
			     .at = {gw->gateway, PCP_PORT}};
	struct wr w = wr_of(packet_append(&d.packet, PCP_MAP_LEN), PCP_MAP_LEN);
	pcp_write_response(&w, &a);
	node_from_udp(n, &d, 1, SECOND);
}

static void it_tells_what_a_gateway_maps(void **state)
{
	struct running r = start_node();
	const struct uplink gw = {ip_v4(198, 51, 100, 1), ip_v4(198, 51, 100, 7), 2};
	const struct status_source s = {.map = &r.cfg->map,
					.settings = &r.cfg->settings,
					.node = r.node,
					.now = 21 * SECOND};
	reach_set_uplinks(node_reach(r.node), &gw, 1, SECOND);
	answer_pcp(r.node, &gw);
	json_t *status = status_json(&s);
	json_t *all = json_object_get(json_object_get(status, "self"), "port_mapping");
	assert_true(json_is_true(json_object_get(all, "enabled")));
	assert_true(json_is_true(json_object_get(all, "pcp")));
	assert_true(json_is_false(json_object_get(all, "nat_pmp")));
	json_t *one = json_array_get(json_object_get(all, "mappings"), 0);
	assert_string_equal(json_string_value(json_object_get(one, "protocol")), "pcp");
	assert_string_equal(json_string_value(json_object_get(one, "gateway")), "198.51.100.1");
	assert_string_equal(json_string_value(json_object_get(one, "endpoint")),
			    "203.0.113.7:4444");
	assert_true(json_is_false(json_object_get(one, "double_nat")));
	assert_int_equal(json_integer_value(json_object_get(one, "expires_s")), 40);
	json_t *endpoint =
		json_array_get(json_object_get(json_object_get(status, "self"), "endpoints"), 0);
	assert_string_equal(json_string_value(json_object_get(endpoint, "kind")), "portmap");
	json_decref(status);
	node_free(r.node);
	config_free(r.cfg);
}

static void the_answer_about_as_many_peers_as_there_may_be_fits_the_socket(void **state)
{
	struct running r = start_node();
	const struct status_source s = {
		.map = &r.cfg->map, .settings = &r.cfg->settings, .node = r.node, .now = SECOND};
	json_t *peer = status_peer_json(&s, &r.cfg->map.peers[0]);
	size_t usual = json_dumpb(peer, NULL, 0, JSON_COMPACT);
	assert_true(usual > 300);
	/* each with the longest name, and with many more addresses than usual */
	assert_true((usual + NETMAP_NAME_MAX + 32 * PREFIX_TEXT_MAX) * CONFIG_PEERS_MAX <
		    UNIX_ANSWER_MAX);
	json_decref(peer);
	node_free(r.node);
	config_free(r.cfg);
}

static void the_peers_may_be_left_out(void **state)
{
	struct running r = start_node();
	const struct status_source s = {.map = &r.cfg->map,
					.settings = &r.cfg->settings,
					.node = r.node,
					.now = SECOND,
					.no_peers = true};
	json_t *status = status_json(&s);
	assert_null(json_object_get(status, "peers"));
	assert_non_null(json_object_get(status, "relays"));
	json_decref(status);
	node_free(r.node);
	config_free(r.cfg);
}

static void up_it_tells_what_the_node_knows(void **state)
{
	struct running r = start_node();
	const struct status_source s = {.map = &r.cfg->map,
					.settings = &r.cfg->settings,
					.node = r.node,
					.interface = "warren7",
					.port = 7777,
					.now = SECOND};
	json_t *status = status_json(&s), *self = json_object_get(status, "self"), *dropped;
	assert_true(json_is_true(json_object_get(status, "up")));
	assert_string_equal(json_string_value(json_object_get(self, "interface")), "warren7");
	assert_int_equal(json_integer_value(json_object_get(self, "port")), 7777);
	json_t *endpoint = json_array_get(json_object_get(self, "endpoints"), 0);
	assert_string_equal(json_string_value(json_object_get(endpoint, "endpoint")),
			    "198.51.100.7:7777");
	assert_string_equal(json_string_value(json_object_get(endpoint, "kind")), "local");
	json_t *relay = json_array_get(json_object_get(status, "relays"), 0);
	assert_true(json_is_false(json_object_get(relay, "connected")));
	assert_true(json_is_null(json_object_get(relay, "health")));
	json_t *peer = json_array_get(json_object_get(status, "peers"), 0);
	assert_true(json_is_false(json_object_get(peer, "session")));
	assert_true(json_is_null(json_object_get(peer, "handshake_age_s")));
	assert_float_equal(json_real_value(json_object_get(peer, "keepalive_s")), 18, 0.001);
	assert_true(json_is_null(json_object_get(peer, "lifetime_below_s")));
	assert_true(json_is_object(json_object_get(self, "binding_lifetime")));
	assert_int_equal(json_integer_value(json_object_get(peer, "tx_bytes")), 0);
	dropped = json_object_get(json_object_get(status, "dropped"), "tunnel");
	assert_true(json_is_integer(json_object_get(dropped, "replayed")));
	assert_null(json_object_get(status, "udp")); /* no socket is open */
	assert_null(json_object_get(status, "tun"));
	json_decref(status);
	node_free(r.node);
	config_free(r.cfg);
}

static void what_the_sockets_and_the_device_dropped_is_counted(void **state)
{
	struct running r = start_node();
	const struct status_counter udp[] = {{"tx", 9}, {"tx_full", 2}};
	const struct status_counter tun[] = {{"rx_too_long", 3}};
	const struct status_source s = {.map = &r.cfg->map,
					.settings = &r.cfg->settings,
					.node = r.node,
					.udp = udp,
					.tun = tun,
					.n_udp = 2,
					.n_tun = 1,
					.now = SECOND};
	json_t *status = status_json(&s);
	assert_json(json_incref(json_object_get(status, "udp")), "{\"tx\": 9, \"tx_full\": 2}");
	assert_json(json_incref(json_object_get(status, "tun")), "{\"rx_too_long\": 3}");
	json_decref(status);
	node_free(r.node);
	config_free(r.cfg);
}

static json_t *whole(void *arg)
{
	return status_json(arg);
}

static void without_memory_nothing_is_kept(void **state)
{
	struct running r = start_node();
	const struct status_counter udp[] = {{"tx", 9}};
	struct status_source s = {.map = &r.cfg->map,
				  .settings = &r.cfg->settings,
				  .node = r.node,
				  .udp = udp,
				  .n_udp = 1,
				  .now = SECOND};
	assert_in_range(json_memory_runs_out(whole, &s), 100, 4900);
	node_free(r.node);
	config_free(r.cfg);
}

static void a_peer_that_the_node_does_not_have_is_as_configured(void **state)
{
	struct running r = start_node();
	const struct status_source s = {
		.map = &r.cfg->map, .settings = &r.cfg->settings, .node = r.node, .now = SECOND};
	struct netmap_peer stranger = {.name = "carol", .key = {{9}}, .plain = true};
	json_t *peer = status_peer_json(&s, &stranger);
	assert_string_equal(json_string_value(json_object_get(peer, "name")), "carol");
	assert_true(json_is_true(json_object_get(peer, "wireguard_only")));
	assert_true(json_is_null(json_object_get(peer, "home_relay")));
	assert_int_equal(json_array_size(json_object_get(peer, "allowed_ips")), 0);
	assert_null(json_object_get(peer, "session")); /* only a running node knows it */
	assert_null(json_object_get(peer, "endpoint"));
	json_decref(peer);
	node_free(r.node);
	config_free(r.cfg);
}

/* Addresses are the host prefixes among the allowed IPs. */
static void a_host_prefix_is_an_address_and_a_network_is_none(void **state)
{
	struct config *c = config();
	const struct status_source s = {.map = &c->map, .settings = &c->settings};
	struct prefix allowed[4];
	assert_true(prefix_parse(&allowed[0], "10.0.0.0/31"));
	assert_true(prefix_parse(&allowed[1], "10.0.0.2/32"));
	assert_true(prefix_parse(&allowed[2], "fd00::/127"));
	assert_true(prefix_parse(&allowed[3], "fd00::2/128"));
	struct netmap_peer bob = {.key = {{9}}, .allowed = allowed, .n_allowed = 4};
	json_t *peer = status_peer_json(&s, &bob), *v = json_object_get(peer, "addresses");
	assert_int_equal(json_array_size(v), 2);
	assert_string_equal(json_string_value(json_array_get(v, 0)), "10.0.0.2");
	assert_string_equal(json_string_value(json_array_get(v, 1)), "fd00::2");
	v = json_object_get(peer, "allowed_ips");
	assert_int_equal(json_array_size(v), 4);
	assert_string_equal(json_string_value(json_array_get(v, 2)), "fd00::/127");
	/* without a name it is called by its first address */
	assert_string_equal(json_string_value(json_object_get(peer, "name")), "10.0.0.2");
	json_decref(peer);
	config_free(c);
}

static void every_reason_to_drop_a_packet_is_counted(void **state)
{
	static const char *const tunnel[] = {
		"malformed", "bad_mac",     "under_load",      "unknown_peer", "no_session",
		"replayed",  "stale",       "not_allowed",     "flood",        "stage_drops",
		"no_room",   "unauthentic", "relayed_stranger"};
	static const char *const path[] = {"malformed", "unauthentic", "stranger", "unexpected",
					   "replayed"};
	static const char *const node[] = {"no_peer",      "not_ip",  "no_way",
					   "own_datagram", "tsmp",    "link_local",
					   "too_big",      "no_room", "too_long"};
	const struct {
		const char *room;
		const char *const *names;
		size_t n;
	} rooms[] = {{"tunnel", tunnel, ARRAY_LEN(tunnel)},
		     {"path", path, ARRAY_LEN(path)},
		     {"node", node, ARRAY_LEN(node)}};
	struct running r = start_node();
	const struct status_source s = {
		.map = &r.cfg->map, .settings = &r.cfg->settings, .node = r.node, .now = SECOND};
	json_t *status = status_json(&s), *dropped = json_object_get(status, "dropped");
	for (size_t i = 0; i < ARRAY_LEN(rooms); i++) {
		const json_t *room = json_object_get(dropped, rooms[i].room);
		assert_int_equal(json_object_size(room), rooms[i].n);
		for (size_t k = 0; k < rooms[i].n; k++)
			assert_true(json_is_integer(json_object_get(room, rooms[i].names[k])));
	}
	json_decref(status);
	node_free(r.node);
	config_free(r.cfg);
}

static void the_secret_key_is_not_in_the_answer(void **state)
{
	struct running r = start_node();
	const struct status_source s = {
		.map = &r.cfg->map, .settings = &r.cfg->settings, .node = r.node, .now = SECOND};
	json_t *status = status_json(&s);
	char *text = json_dumps(status, JSON_COMPACT);
	assert_null(strstr(text, "privkey"));
	assert_null(
		strstr(text, "0100000000000000000000000000000000000000000000000000000000000041"));
	free(text);
	json_decref(status);
	node_free(r.node);
	config_free(r.cfg);
}

static int start(void **state)
{
	return crypto_init() ? 0 : -1;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(down_it_knows_its_configuration_only),
		cmocka_unit_test(the_answer_about_as_many_peers_as_there_may_be_fits_the_socket),
		cmocka_unit_test(the_peers_may_be_left_out),
		cmocka_unit_test(up_it_tells_what_the_node_knows),
		cmocka_unit_test(it_tells_what_a_gateway_maps),
		cmocka_unit_test(what_the_sockets_and_the_device_dropped_is_counted),
		cmocka_unit_test(without_memory_nothing_is_kept),
		cmocka_unit_test(a_peer_that_the_node_does_not_have_is_as_configured),
		cmocka_unit_test(a_host_prefix_is_an_address_and_a_network_is_none),
		cmocka_unit_test(every_reason_to_drop_a_packet_is_counted),
		cmocka_unit_test(the_secret_key_is_not_in_the_answer),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
