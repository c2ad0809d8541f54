#include "report/status.h"

#include "node/node.h"
#include "report/netcheck.h"

#include <string.h>

static json_t *text_or_null(const char *text)
{
	return text && text[0] ? json_string(text) : json_null();
}

static json_t *key_json(const struct node_key *key)
{
	char text[KEY_TEXT_MAX];
	return json_string(key_format(text, KEY_NODE, key->b));
}

static json_t *relay_name(const struct netmap *map, uint16_t region)
{
	const struct netmap_relay *r = region ? netmap_relay(map, region) : NULL;
	return r ? json_string(r->name) : json_null();
}

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* With one decimal. */
static json_t *milliseconds(mono_ns t)
{
	mono_ns tenths = (t + 50 * USEC) / (100 * USEC);
	return json_real((double)tenths / 10);
}

/* --- self --- */

static json_t *endpoints_json(const struct node *n)
{
	char text[ENDPOINT_TEXT_MAX];
	json_t *list = json_array();
	const struct candidates *c = reach_candidates(node_reach_of(n));
	for (size_t i = 0; i < c->n; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "endpoint",
						      endpoint_format(&c->v[i].ep, text), "kind",
						      candidate_kind_name(c->v[i].kind)));
	return list;
}

/* The prefix through which this node reaches IPv4; null: it reaches IPv4 without. */
static json_t *nat64_json(const struct node *n)
{
	char text[PREFIX_TEXT_MAX];
	const struct prefix *p = reach_nat64(node_reach_of(n));
	return p ? json_string(prefix_format(p, text)) : json_null();
}

static json_t *mappings_json(const struct portmap_status *p)
{
	static const char *const protocols[] = {
		[PORTMAP_PCP] = "pcp", [PORTMAP_NATPMP] = "nat-pmp", [PORTMAP_UPNP] = "upnp"};
	char outside[ENDPOINT_TEXT_MAX], gateway[IP_TEXT_MAX];
	json_t *list = json_array();
	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:b, s:o}", "protocol",
						protocols[p->v[i].protocol], "gateway",
						ip_format(&p->v[i].gateway, gateway), "endpoint",
						endpoint_format(&p->v[i].outside, outside),
						"double_nat", (int)p->v[i].double_nat, "expires_s",
						count(p->v[i].left / SECOND)));
	return list;
}

static json_t *port_mapping_json(const struct status_source *s)
{
	struct portmap_status p;
	reach_portmap(node_reach_of(s->node), s->now, &p);
	return json_pack("{s:b, s:b, s:b, s:b, s:o}", "enabled", (int)s->settings->port_mapping,
			 "pcp", (int)p.pcp, "nat_pmp", (int)p.natpmp, "upnp", (int)p.upnp,
			 "mappings", mappings_json(&p));
}

static json_t *self_json(const struct status_source *s)
{
	const struct netmap_self *own = &s->map->self;
	const struct settings *set = s->settings;
	char text[IP_TEXT_MAX];
	struct node_key key;
	json_t *addresses = json_array();
	for (size_t i = 0; i < own->n_addresses; i++)
		json_array_append_new(addresses, json_string(ip_format(&own->address[i], text)));
	key_public(key.b, set->key.b);
	json_t *self = json_pack("{s:o, s:o, s:o, s:s, s:i, s:o}", "name", text_or_null(own->name),
				 "public_key", key_json(&key), "addresses", addresses, "interface",
				 s->interface ? s->interface : set->interface, "port",
				 (int)(s->port ? s->port : set->port), "relay",
				 relay_name(s->map, s->map->self.home));
	if (self && s->node) {
		char disco[KEY_TEXT_MAX];
		json_object_set_new(
			self, "disco_key",
			json_string(key_format(disco, KEY_DISCO,
					       reach_disco_key(node_reach_of(s->node))->b)));
		json_object_set_new(self, "endpoints", endpoints_json(s->node));
		json_object_set_new(self, "nat64", nat64_json(s->node));
		json_object_set_new(
			self, "binding_lifetime",
			netcheck_lifetime_json(reach_lifetime(node_reach_of(s->node), 4),
					       reach_lifetime(node_reach_of(s->node), 6), s->now));
		json_object_set_new(self, "port_mapping", port_mapping_json(s));
	}
	return self;
}

/* --- relays --- */

static json_t *relay_json(const struct status_source *s, size_t i)
{
	const struct netmap_relay *r = &s->map->relays[i];
	struct relay_client_status st;
	json_t *relay = json_pack("{s:s, s:i, s:b}", "name", r->name, "region", (int)r->region,
				  "home", r->region == s->map->self.home);
	if (!relay || !s->node || !reach_relay_status(node_reach_of(s->node), r->region, &st))
		return relay;
	json_object_set_new(relay, "connected", json_boolean(st.ready));
	json_object_set_new(relay, "why", text_or_null(st.ready ? NULL : st.why));
	json_object_set_new(relay, "health", text_or_null(st.health));
	json_object_set_new(relay, "proxy",
			    text_or_null(s->proxies && st.ready ? s->proxies[i] : NULL));
	json_object_set_new(relay, "rx_packets", count(st.rx_packets));
	json_object_set_new(relay, "tx_packets", count(st.tx_packets));
	return relay;
}

/* --- peers --- */

static void set_route(json_t *peer, const struct netmap *map, const struct route *route)
{
	char text[ENDPOINT_TEXT_MAX];
	json_t *endpoint = NULL, *relay = NULL;
	for (uint8_t i = 0; i < route->n; i++) {
		const struct way *way = &route->via[i];
		if (way->kind == WAY_UDP && !endpoint)
			endpoint = json_string(endpoint_format(&way->ep, text));
		else if (way->kind == WAY_RELAY && !relay)
			relay = relay_name(map, way->region);
	}
	json_object_set_new(peer, "endpoint", endpoint ? endpoint : json_null());
	json_object_set_new(peer, "relay", relay ? relay : json_null());
}

/* The peer's traffic goes directly, and through the NAT64 of this network. */
static bool is_by_nat64(const struct node *n, const struct route *route)
{
	const struct prefix *p = reach_nat64(node_reach_of(n));
	for (uint8_t i = 0; p && i < route->n; i++)
		if (route->via[i].kind == WAY_UDP)
			return nat64_translates(p, &route->via[i].ep.ip);
	return false;
}

static void set_live(json_t *peer, const struct status_source *s, const struct node_peer_status *st)
{
	char second[ENDPOINT_TEXT_MAX];
	mono_ns rest_tenths = st->path.rest / (100 * MSEC);
	const struct tunnel_peer_status *t = &st->tunnel;
	mono_ns age = mono_since(t->handshake_at, s->now);
	json_object_set_new(peer, "session", json_boolean(t->session));
	json_object_set_new(peer, "active", json_boolean(st->path.active));
	json_object_set_new(peer, "direct", json_boolean(st->path.direct));
	json_object_set_new(peer, "in_doubt", json_boolean(st->path.doubted));
	set_route(peer, s->map, &st->path.route);
	json_object_set_new(peer, "nat64", json_boolean(is_by_nat64(s->node, &st->path.route)));
	json_object_set_new(peer, "rtt_ms",
			    st->path.rtt ? milliseconds(st->path.rtt) : json_null());
	json_object_set_new(peer, "second_endpoint",
			    endpoint_is_set(&st->path.second)
				    ? json_string(endpoint_format(&st->path.second, second))
				    : json_null());
	json_object_set_new(peer, "relay_faster", json_boolean(st->path.aside));
	json_object_set_new(peer, "keepalive_s", json_real((double)rest_tenths / 10));
	json_object_set_new(peer, "lifetime_below_s",
			    st->path.lifetime_below ? count(st->path.lifetime_below / SECOND)
						    : json_null());
	json_object_set_new(peer, "mtu", st->path.mtu ? count(st->path.mtu) : json_null());
	json_object_set_new(peer, "tx_bytes", count(t->tx_bytes));
	json_object_set_new(peer, "rx_bytes", count(t->rx_bytes));
	json_object_set_new(peer, "handshake_age_s",
			    age == MONO_NEVER ? json_null() : count(age / SECOND));
	json_object_set_new(peer, "candidates", count(st->path.n_candidates));
	json_object_set_new(peer, "lost_no_way", count(st->lost_no_way));
}

json_t *status_peer_json(const struct status_source *s, const struct netmap_peer *p)
{
	char label[NETMAP_NAME_MAX], text[PREFIX_TEXT_MAX];
	struct node_peer_status st;
	json_t *addresses = json_array(), *allowed = json_array();
	for (size_t i = 0; i < p->n_allowed; i++) {
		const struct prefix *a = &p->allowed[i];
		json_array_append_new(allowed, json_string(prefix_format(a, text)));
		if (a->bits == ip_len(&a->ip) * 8)
			json_array_append_new(addresses, json_string(ip_format(&a->ip, text)));
	}
	json_t *peer = json_pack("{s:s, s:o, s:o, s:o, s:o, s:b}", "name",
				 netmap_peer_label(p, label), "public_key", key_json(&p->key),
				 "addresses", addresses, "allowed_ips", allowed, "home_relay",
				 relay_name(s->map, p->home), "wireguard_only", p->plain);
	if (!peer || !s->node)
		return peer;
	peer_id id = reach_peer_find(node_reach_of(s->node), &p->key);
	if (id != PEER_NONE && node_peer_status(s->node, id, s->now, &st))
		set_live(peer, s, &st);
	return peer;
}

/* --- counters --- */

static json_t *counters(const struct status_counter *v, size_t n)
{
	json_t *all = json_object();
	for (size_t i = 0; i < n; i++)
		json_object_set_new(all, v[i].name, count(v[i].n));
	return all;
}

static json_t *tunnel_dropped(const struct tunnel_stats *t)
{
	const struct status_counter v[] = {
		{"malformed", t->malformed},
		{"bad_mac", t->bad_mac},
		{"under_load", t->under_load},
		{"unknown_peer", t->unknown_peer},
		{"no_session", t->no_session},
		{"replayed", t->replayed},
		{"stale", t->stale},
		{"not_allowed", t->not_allowed},
		{"flood", t->flood},
		{"stage_drops", t->stage_drops},
		{"no_room", t->no_room},
		{"unauthentic", t->unauthentic},
		{"relayed_stranger", t->relayed_stranger},
	};
	return counters(v, ARRAY_LEN(v));
}

static json_t *dropped_json(const struct node *n)
{
	const struct paths_stats *p = reach_paths_stats(node_reach_of(n));
	const struct node_stats *s = node_stats(n);
	const struct status_counter path[] = {{"malformed", p->malformed},
					      {"unauthentic", p->unauthentic},
					      {"stranger", p->stranger},
					      {"unexpected", p->unexpected},
					      {"replayed", p->replayed}};
	const struct status_counter node[] = {
		{"no_peer", s->no_peer},
		{"not_ip", s->not_ip},
		{"no_way", reach_stats(node_reach_of(n))->no_way},
		{"own_datagram", s->own_datagram},
		{"tsmp", s->tsmp},
		{"link_local", s->link_local},
		{"too_big", s->too_big},
		{"no_room", s->no_room},
		{"too_long", reach_stats(node_reach_of(n))->too_long}};
	return json_pack("{s:o, s:o, s:o}", "tunnel", tunnel_dropped(node_tunnel_stats(n)), "path",
			 counters(path, ARRAY_LEN(path)), "node", counters(node, ARRAY_LEN(node)));
}

json_t *status_json(const struct status_source *s)
{
	json_t *relays = json_array(), *peers = json_array();
	for (size_t i = 0; i < s->map->n_relays; i++)
		json_array_append_new(relays, relay_json(s, i));
	for (size_t i = 0; !s->no_peers && i < s->map->n_peers; i++)
		json_array_append_new(peers, status_peer_json(s, &s->map->peers[i]));
	json_t *all =
		json_pack("{s:b, s:s, s:o, s:o, s:o}", "up", s->node != NULL, "version",
			  WARREN_VERSION, "self", self_json(s), "relays", relays, "peers", peers);
	if (all && s->no_peers)
		json_object_del(all, "peers");
	if (all && s->node)
		json_object_set_new(all, "dropped", dropped_json(s->node));
	if (all && s->udp)
		json_object_set_new(all, "udp", counters(s->udp, s->n_udp));
	if (all && s->tun)
		json_object_set_new(all, "tun", counters(s->tun, s->n_tun));
	return all;
}
