/* A place is a chain of boxes: internet, carrier, router, host.  What differs between seeds (first
 * ports, refreshing) comes from the world's randomness. */
#include "sim/places.h"

#include <stdio.h>
#include <string.h>

#define EIM  "mapping=endpoint-independent "
#define APDM "mapping=address-and-port-dependent "
#define EIF  "filtering=endpoint-independent "
#define ADF  "filtering=address-dependent "
#define APDF "filtering=address-and-port-dependent "
#define HOME EIM APDF "ports=preserve"
#define HARD APDM APDF "ports=random"
#define CGN  EIM APDF "ports=block port-block=512 pooling=paired "
#define WALL "translate=no " APDF

const struct place places[] = {
	{"public", "a public address, nothing before it", NULL},
	{"firewall", "a public address behind a stateful firewall", WALL},
	{"full-cone", "an easy NAT that lets in everybody", EIM EIF "ports=preserve"},
	{"address-restricted", "an easy NAT that lets in the addresses it has sent to",
	 EIM ADF "ports=preserve"},
	{"port-restricted", "an easy NAT that lets in only answers: most homes", HOME},
	{"overloading",
	 "a hard NAT that keeps the port: Linux, with room for 16,384 mappings as in small routers",
	 APDM APDF "ports=overload mappings-max=16384"},
	{"hard-sequential", "a hard NAT that counts", APDM APDF "ports=sequential port-step=1"},
	{"hard-random", "a hard NAT with random ports", HARD},
	{"hard-blocks", "a hard NAT with a block of ports for each host",
	 APDM APDF "ports=block port-block=512"},
	{"hard-pool", "a hard NAT with random ports on four addresses", HARD " pooling=arbitrary",
	 .addresses = 4},
	{"carrier", "a home NAT below a carrier NAT", HOME, .carrier = CGN "hairpin=none",
	 .addresses = 2},
	{"same-carrier-hairpin", "two homes below one carrier NAT that hairpins", HOME,
	 .carrier = CGN "hairpin=external-source", .shares_carrier = true},
	{"same-carrier", "two homes below one carrier NAT that does not hairpin", HOME,
	 .carrier = CGN "hairpin=none", .shares_carrier = true},
	{"gateway-pcp", "a hard NAT that speaks PCP", HARD, .portmap = GATEWAY_PCP},
	{"gateway-natpmp", "a hard NAT that speaks NAT-PMP", HARD, .portmap = GATEWAY_NATPMP},
	{"gateway-upnp", "a hard NAT that speaks UPnP", HARD, .portmap = GATEWAY_UPNP},
	{"ipv6-firewall", "IPv6 behind a firewall, and IPv4 behind a hard NAT", HARD,
	 .wall6 = WALL},
	{"ipv6-nat64", "IPv6 only, and NAT64", NULL, .wall6 = WALL,
	 .nat64 = EIM APDF "ports=random"},
	{"udp-blocked", "no UDP at all", HOME " udp=blocked"},
	{"two-uplinks", "two interfaces: one behind a hard NAT, the other with IPv6", HARD,
	 .second = HOME, .second_wall6 = WALL},
	{"short-timeouts", "an easy NAT that forgets after 10 s",
	 HOME " timeout=10s refresh=outbound"},
};

size_t places_count(void)
{
	return ARRAY_LEN(places);
}

const struct place *place_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (strcmp(places[i].name, name) == 0)
			return &places[i];
	return NULL;
}

const char *place_portmap_word(const struct place *p)
{
	static const char *const words[] = {"", "pcp", "nat-pmp", "upnp"};
	return words[p->portmap];
}

/* --- what is possible --- */

/* What the IPv4 internet sees of a place. */
struct seen {
	bool none; /* no UDP */
	enum nat_scope mapping, filtering;
	enum nat_ports ports;
	bool pool; /* any one of several addresses */
};

static struct seen seen_of(const struct place *p)
{
	struct nat_config c = {0}, outer = {0};
	const char *nat = p->nat64 ? p->nat64 : p->nat;
	if (nat && !nat_set_all(&c, nat))
		return (struct seen){.none = true};
	if (p->carrier && nat_set_all(&outer, p->carrier)) {
		c.mapping = outer.mapping > c.mapping ? outer.mapping : c.mapping;
		c.filtering = outer.filtering > c.filtering ? outer.filtering : c.filtering;
	}
	if (c.firewall || c.ports == NAT_PORT_OVERLOAD)
		c.mapping = NAT_ENDPOINT_INDEPENDENT; /* as far as anybody can see */
	return (struct seen){.none = c.blocks_udp,
			     .mapping = c.mapping,
			     .filtering = c.filtering,
			     .ports = c.ports,
			     .pool = p->addresses > 1 && !c.paired && !p->carrier};
}

/* A hard side's datagrams come from an endpoint that the easy side cannot know. */
static bool lets_in(const struct seen *easy, const struct seen *hard)
{
	return easy->filtering == NAT_ENDPOINT_INDEPENDENT ||
	       (easy->filtering == NAT_ADDRESS_DEPENDENT && !hard->pool);
}

static enum place_way way_to_hard(const struct seen *hard)
{
	if (hard->pool)
		return TECHNIQUE_GUESS;
	if (hard->ports == NAT_PORT_SEQUENTIAL)
		return TECHNIQUE_PREDICT;
	return hard->ports == NAT_PORT_BLOCK ? TECHNIQUE_BLOCK : TECHNIQUE_BIRTHDAY;
}

static enum place_way way_4(const struct place *a, const struct place *b)
{
	struct seen x = seen_of(a), y = seen_of(b);
	bool x_hard = x.mapping != NAT_ENDPOINT_INDEPENDENT,
	     y_hard = y.mapping != NAT_ENDPOINT_INDEPENDENT;
	if (x.none || y.none)
		return TECHNIQUE_NONE;
	if ((!x_hard && !y_hard) || (!x_hard && lets_in(&x, &y)) || (!y_hard && lets_in(&y, &x)))
		return TECHNIQUE_PLAIN;
	if (a->portmap || b->portmap)
		return TECHNIQUE_PORTMAP;
	if (!x_hard)
		return way_to_hard(&y);
	if (!y_hard)
		return way_to_hard(&x);
	enum place_way one = way_to_hard(&x), two = way_to_hard(&y);
	enum place_way worse = one > two ? one : two;
	return worse >= TECHNIQUE_BIRTHDAY ? TECHNIQUE_SLOW
	       : worse == TECHNIQUE_BLOCK  ? TECHNIQUE_GUESS
					   : worse;
}

static bool has_ipv6(const struct place *p)
{
	return p->wall6 || p->second_wall6;
}

enum place_way place_way(const struct place *a, const struct place *b)
{
	if (a == b && a->shares_carrier) {
		struct nat_config c = {0};
		return nat_set_all(&c, a->carrier) && c.hairpin != NAT_HAIRPIN_NONE
			       ? TECHNIQUE_PLAIN
			       : TECHNIQUE_NONE;
	}
	enum place_way four = way_4(a, b);
	return has_ipv6(a) && has_ipv6(b) && four > TECHNIQUE_IPV6 ? TECHNIQUE_IPV6 : four;
}

const char *place_way_word(enum place_way way)
{
	static const char *const words[] = {"plain",    "ipv6",  "portmap", "prediction", "block",
					    "birthday", "guess", "slow",    "none"};
	return words[way];
}

/* --- building --- */

static const struct link_config lan = {.delay = 200 * USEC};

/* Each side has its own addresses: i is 1 or 2. */
struct site {
	struct world *w;
	const struct place *place;
	const struct link_config *line;
	uint8_t i;
	struct box *carrier, *router, *host;
	struct ip external;
};

static struct ip ipv6_of(uint8_t net, uint8_t sub, uint8_t host)
{
	const uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8, 0, net, 0, sub, [15] = host};
	return ip_v6_from(b);
}

/* Outside addresses: the first, and more of them for a pool. */
static struct ip outside(const struct site *s, unsigned k)
{
	return ip_v4(192, 0, 2, (uint8_t)(16 * s->i + k));
}

static struct nat_config nat_of(const struct site *s, const char *text, const struct ip *external)
{
	struct nat_config c = {.external = *external,
			       .inbound_refreshes = rng_below(&s->w->rng, 2),
			       .port_first = (uint16_t)(1024 + rng_below(&s->w->rng, 50000))};
	world_expect(s->w, nat_set_all(&c, text), "%s: wrong parameters: %s", s->place->name, text);
	return c;
}

/* The outermost NAT: it has the line to the internet. */
static void put_outermost(struct site *s, struct box *b, const char *text)
{
	struct nat_config c = nat_of(s, text, &s->external);
	box_add_address(b, &s->external);
	for (unsigned k = 1; k < s->place->addresses; k++) {
		c.pool[c.n_pool] = outside(s, k);
		box_add_address(b, &c.pool[c.n_pool++]);
	}
	box_set_nat(b, &c, 4);
}

static void put_ipv6(struct site *s, struct box *router, struct box *host, const char *wall,
		     uint8_t net)
{
	struct ip ip = ipv6_of(net, 0, 2), base = ipv6_of(net, 0, 0);
	struct prefix p = prefix_of(&base, 48);
	struct nat_config c = nat_of(s, wall, &(struct ip){0});
	box_route(router, &p);
	box_add_address(host, &ip);
	box_set_nat(router, &c, 6);
}

static struct prefix prefix64_of(const struct site *s)
{
	struct ip base = ipv6_of(s->i, 0x64, 0);
	return prefix_of(&base, 96);
}

static void put_nat64(struct site *s)
{
	struct prefix p = prefix64_of(s);
	struct nat_config c = nat_of(s, s->place->nat64, &s->external);
	box_add_address(s->router, &s->external);
	box_set_nat64(s->router, &c, &p);
}

static void put_carrier(struct site *s, struct box *shared)
{
	struct ip wan = ip_v4(100, 100, 0, (uint8_t)(s->i + 1));
	struct nat_config c = nat_of(s, s->place->nat, &wan);
	const struct link_config access = {.delay = 2 * MSEC};
	s->carrier = shared;
	if (!shared) {
		s->carrier = net_box(&s->w->net, s->w->net.root, "carrier", s->line, s->line);
		put_outermost(s, s->carrier, s->place->carrier);
	}
	s->router = net_box(&s->w->net, s->carrier, "router", &access, &access);
	box_add_address(s->router, &wan);
	box_set_nat(s->router, &c, 4);
}

static void put_host(struct site *s)
{
	struct ip ip = ip_v4(192, 168, s->i, 20);
	bool firewall = s->router->nat4 && nat_config(s->router->nat4)->firewall;
	s->host = net_box(&s->w->net, s->router, "host", &lan, &lan);
	if (s->place->nat64)
		return;
	if (!firewall) {
		box_add_address(s->host, &ip);
		return;
	}
	/* The host has the address, and the router is only a firewall. */
	struct prefix p = prefix_of(&s->external, 32);
	box_remove_address(s->router, &s->external);
	box_route(s->router, &p);
	box_add_address(s->host, &s->external);
}

static void put_second(struct site *s)
{
	struct ip wan = ip_v4(198, 51, 100, s->i), ip = ip_v4(172, 16, s->i, 20);
	struct box *router = net_box(&s->w->net, s->w->net.root, "second", s->line, s->line);
	struct nat_config c = nat_of(s, s->place->second, &wan);
	box_add_address(router, &wan);
	box_set_nat(router, &c, 4);
	struct box *leg = net_box(&s->w->net, router, "leg", &lan, &lan);
	box_add_address(leg, &ip);
	if (s->place->second_wall6)
		put_ipv6(s, router, leg, s->place->second_wall6, (uint8_t)(s->i + 16));
	box_add_leg(s->host, leg);
}

static void put_chain(struct site *s, struct box *shared)
{
	const struct place *p = s->place;
	if (p->carrier) {
		put_carrier(s, shared);
	} else {
		s->router = net_box(&s->w->net, s->w->net.root, "router", s->line, s->line);
		if (p->nat)
			put_outermost(s, s->router, p->nat);
	}
	if (p->nat64)
		put_nat64(s);
	if (p->nat || p->nat64) {
		put_host(s);
	} else {
		box_add_address(s->router, &s->external);
		s->host = s->router;
	}
	if (p->wall6)
		put_ipv6(s, s->router, s->host, p->wall6, s->i);
	if (p->second)
		put_second(s);
}

/* What DHCP and router advertisements tell a host.  The node reads it when it starts again. */
static void tell_network(struct site *s, struct household *h)
{
	if (s->place->nat64)
		h->node.net.nat64 = prefix64_of(s);
	if (!s->router->nat4 || nat_config(s->router->nat4)->firewall)
		return;
	struct ip inside = ip_v4(192, 168, s->i, 1);
	gateway_init(&h->gateway, s->place->portmap, s->router, &inside, world_now(s->w));
	h->node.net.gateway = &h->gateway;
	h->node.net.inside = s->host->addresses[0];
	if (!s->place->wall6 || s->place->portmap == GATEWAY_SILENT)
		return;
	struct ip inside6 = ipv6_of(s->i, 0, 1);
	gateway_add_ipv6(&h->gateway, &inside6);
	h->node.net.inside6 = ipv6_of(s->i, 0, 2);
}

void places_build(struct world *w, const struct place *a, const struct place *b,
		  const struct link_config *line, struct household *out[static 2])
{
	static const char *const names[] = {"alice", "bob"};
	const struct place *both[] = {a, b};
	struct box *shared = NULL;
	for (uint8_t i = 0; i < 2; i++) {
		struct site s = {.w = w, .place = both[i], .line = line, .i = (uint8_t)(i + 1)};
		s.external = outside(&s, 0);
		put_chain(&s, i == 1 && a == b && a->shares_carrier ? shared : NULL);
		shared = s.carrier;
		out[i] = world_node(w, names[i], s.router, s.host, &s.external);
		tell_network(&s, out[i]);
	}
}
