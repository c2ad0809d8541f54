/* A datagram is one event at a time: its arrival at the next box.  That box swallows it, translates
 * it, delivers it, or hands it to a line.  The line says when it arrives at the next box (link.h).
 */
#include "sim/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/pipe.h"

static const char *const fate_names[NET_FATES] = {
	[NET_DELIVERED] = "delivered",
	[NET_LOST] = "lost",
	[NET_NO_ROUTE] = "no route",
	[NET_NAT] = "NAT",
	[NET_BLOCKED] = "blocked",
	[NET_CUT] = "cut",
	[NET_OFF] = "off",
	[NET_TTL_OUT] = "TTL",
};

const char *net_fate_name(enum net_fate f)
{
	return f < NET_FATES ? fate_names[f] : "?";
}

void net_init(struct net *n, struct events *events, const struct rng *rng)
{
	*n = (struct net){.events = events, .rng = *rng};
	n->root = net_box(n, NULL, "internet", &(struct link_config){0}, &(struct link_config){0});
}

static void box_free(struct box *b)
{
	while (b->children) {
		struct box *child = b->children;
		b->children = child->sibling;
		box_free(child);
	}
	nat_free(b->nat4);
	nat_free(b->nat6);
	nat_free(b->nat64);
	free(b);
}

void net_fini(struct net *n)
{
	pipes_free(n);
	box_free(n->root);
	*n = (struct net){0};
}

static void hang(struct box *b, struct box *parent)
{
	b->parent = parent;
	if (!parent)
		return;
	b->sibling = parent->children;
	parent->children = b;
}

struct box *net_box(struct net *n, struct box *parent, const char *name,
		    const struct link_config *up, const struct link_config *down)
{
	struct box *b = sim_alloc(sizeof(*b));
	b->net = n;
	snprintf(b->name, sizeof(b->name), "%s", name);
	link_init(&b->up, up, &n->rng);
	link_init(&b->down, down, &n->rng);
	hang(b, parent);
	return b;
}

void box_move(struct box *b, struct box *parent)
{
	struct box **at = &b->parent->children;
	while (*at != b)
		at = &(*at)->sibling;
	*at = b->sibling;
	hang(b, parent);
}

void box_add_address(struct box *b, const struct ip *ip)
{
	if (b->n_addresses < BOX_ADDRESSES_MAX && !box_owns(b, ip))
		b->addresses[b->n_addresses++] = *ip;
}

void box_remove_address(struct box *b, const struct ip *ip)
{
	size_t kept = 0;
	for (size_t i = 0; i < b->n_addresses; i++)
		if (!ip_equal(&b->addresses[i], ip))
			b->addresses[kept++] = b->addresses[i];
	b->n_addresses = kept;
}

void box_route(struct box *b, const struct prefix *p)
{
	if (b->n_prefixes < BOX_PREFIXES_MAX)
		b->prefixes[b->n_prefixes++] = *p;
}

void box_set_nat(struct box *b, const struct nat_config *cfg, uint8_t family)
{
	struct nat **slot = family == 4 ? &b->nat4 : &b->nat6;
	nat_free(*slot);
	*slot = cfg ? nat_new(cfg, &b->net->rng) : NULL;
}

void box_set_nat64(struct box *b, const struct nat_config *cfg, const struct prefix *prefix)
{
	nat_free(b->nat64);
	b->nat64 = nat_new(cfg, &b->net->rng);
	b->nat64_prefix = *prefix;
}

void box_attach(struct box *b, const struct box_owner *owner)
{
	b->owner = *owner;
}

void box_cut(struct box *b, const struct prefix *src, const struct prefix *dst)
{
	if (b->n_cuts == BOX_CUTS_MAX)
		return;
	b->cuts[b->n_cuts].src = *src;
	b->cuts[b->n_cuts++].dst = *dst;
}

void box_heal(struct box *b)
{
	b->n_cuts = 0;
}

bool box_owns(const struct box *b, const struct ip *ip)
{
	for (size_t i = 0; i < b->n_addresses; i++)
		if (ip_equal(&b->addresses[i], ip))
			return true;
	return false;
}

const struct ip *box_source(const struct box *b, const struct ip *dst)
{
	for (size_t i = 0; i < b->n_addresses; i++)
		if (b->addresses[i].family == dst->family)
			return &b->addresses[i];
	return NULL;
}

void box_add_leg(struct box *host, struct box *leg)
{
	host->leg = leg;
	leg->body = host;
}

size_t box_addresses(const struct box *host, struct ip out[static 2 * BOX_ADDRESSES_MAX])
{
	size_t n = 0;
	for (const struct box *b = host; b; b = b->leg)
		for (size_t i = 0; i < b->n_addresses; i++)
			out[n++] = b->addresses[i];
	return n;
}

static void end(struct box *at, const struct net_datagram *d, enum net_fate fate, mono_ns now)
{
	at->net->fates[fate]++;
	if (at->net->watch)
		at->net->watch(at->net->watch_self, at, d, fate, now);
}

/* How well a box matches: the bits of its longest prefix and one.  0: it does not match. */
static unsigned match(const struct box *b, const struct ip *dst)
{
	unsigned best = box_owns(b, dst) ? 129 : 0;
	for (size_t i = 0; i < b->n_prefixes; i++)
		if (prefix_contains(&b->prefixes[i], dst) && b->prefixes[i].bits + 1u > best)
			best = b->prefixes[i].bits + 1u;
	return best;
}

static struct box *way_down(const struct box *b, const struct ip *dst)
{
	struct box *best = NULL;
	unsigned best_match = 0;
	for (struct box *c = b->children; c; c = c->sibling) {
		unsigned m = match(c, dst);
		if (m > best_match) {
			best_match = m;
			best = c;
		}
	}
	return best;
}

static bool is_usable(const struct box *b, const struct ip *dst)
{
	return b && !b->off && !b->up.down && box_source(b, dst);
}

struct box *box_way_out(struct box *host, const struct ip *dst)
{
	struct box *leg = host->leg;
	if (!is_usable(leg, dst))
		return host;
	bool on_link = leg->parent->parent && way_down(leg->parent, dst);
	return on_link || !is_usable(host, dst) ? leg : host;
}

static void arrive_from_above(void *self, void *arg, mono_ns now);
static void arrive_from_below(void *self, void *arg, mono_ns now);

/* The headers of IP and UDP count too. */
static bool is_too_long(const struct link *line, const struct net_datagram *d)
{
	size_t headers = d->dst.ip.family == 4 ? 28 : 48;
	return d->dont_fragment && line->cfg.mtu != 0 && d->n + headers > line->cfg.mtu;
}

static void hop(struct box *at, struct link *line, struct box *next, const struct net_datagram *d,
		mono_ns now)
{
	mono_ns when[LINK_COPIES_MAX];
	size_t copies = is_too_long(line, d) ? 0 : link_pass(line, d->n, now, when);
	if (copies == 0)
		end(at, d, NET_LOST, now);
	for (size_t i = 0; i < copies; i++) {
		struct net_datagram *copy = sim_alloc(sizeof(*d) + d->n);
		memcpy(copy, d, sizeof(*d) + d->n);
		at->net->carried++;
		events_at(at->net->events, when[i],
			  next == at->parent ? arrive_from_below : arrive_from_above, next, copy);
	}
}

static void deliver(struct box *b, const struct net_datagram *d, mono_ns now)
{
	end(b, d, NET_DELIVERED, now);
	const struct box_owner *owner = b->body ? &b->body->owner : &b->owner;
	if (owner->receive)
		owner->receive(owner->self, d, now);
}

static bool is_cut(const struct box *b, const struct net_datagram *d)
{
	for (size_t i = 0; i < b->n_cuts; i++)
		if (prefix_contains(&b->cuts[i].src, &d->src.ip) &&
		    prefix_contains(&b->cuts[i].dst, &d->dst.ip))
			return true;
	return false;
}

/* What every box does with a datagram first. */
static bool passable(struct box *b, struct net_datagram *d, mono_ns now)
{
	enum net_fate fate = b->off          ? NET_OFF
			     : d->ttl-- == 0 ? NET_TTL_OUT
			     : is_cut(b, d)  ? NET_CUT
					     : NET_DELIVERED;
	if (fate != NET_DELIVERED)
		end(b, d, fate, now);
	return fate == NET_DELIVERED;
}

static struct nat *nat_for(const struct box *b, const struct net_datagram *d)
{
	return d->dst.ip.family == 4 ? b->nat4 : b->nat6;
}

static void go_down(struct box *b, struct net_datagram *d, mono_ns now)
{
	struct box *child = way_down(b, &d->dst.ip);
	if (box_owns(b, &d->dst.ip))
		deliver(b, d, now);
	else if (child)
		hop(b, &child->down, child, d, now);
	else
		end(b, d, NET_NO_ROUTE, now);
}

static void go_up(struct box *b, struct net_datagram *d, mono_ns now)
{
	struct nat *nat = nat_for(b, d);
	if (!b->parent)
		end(b, d, NET_NO_ROUTE, now);
	else if (b->blocks_udp)
		end(b, d, NET_BLOCKED, now);
	else if (nat && !nat_out(nat, &d->src, &d->dst, now))
		end(b, d, NET_NAT, now);
	else if (is_cut(b, d)) /* again, with the source that the outside sees */
		end(b, d, NET_CUT, now);
	else
		hop(b, &b->up, b->parent, d, now);
}

/* RFC 6052 with a /96: the IPv4 address is the last four bytes. */
static bool goes_to_ipv4(const struct box *b, const struct net_datagram *d)
{
	return b->nat64 && prefix_contains(&b->nat64_prefix, &d->dst.ip);
}

static void go_up_as_ipv4(struct box *b, struct net_datagram *d, mono_ns now)
{
	d->dst.ip = ip_v4_from(d->dst.ip.b + 12);
	if (!nat_out(b->nat64, &d->src, &d->dst, now))
		end(b, d, NET_NAT, now);
	else
		hop(b, &b->up, b->parent, d, now);
}

static void go_down_from_ipv4(struct box *b, struct net_datagram *d, mono_ns now)
{
	uint8_t src[16];
	if (!nat_in(b->nat64, &d->src, &d->dst, now)) {
		end(b, d, NET_NAT, now);
		return;
	}
	memcpy(src, b->nat64_prefix.ip.b, 12);
	memcpy(src + 12, d->src.ip.b, 4);
	d->src.ip = ip_v6_from(src);
	go_down(b, d, now);
}

static void arrive_from_above(void *self, void *arg, mono_ns now)
{
	struct box *b = self;
	struct net_datagram *d = arg;
	if (!passable(b, d, now))
		return;
	struct nat *nat = nat_for(b, d);
	if (b->blocks_udp)
		end(b, d, NET_BLOCKED, now);
	else if (b->nat64 && nat_owns(b->nat64, &d->dst.ip))
		go_down_from_ipv4(b, d, now);
	else if (nat && !nat_in(nat, &d->src, &d->dst, now))
		end(b, d, NET_NAT, now);
	else
		go_down(b, d, now);
}

static void arrive_from_below(void *self, void *arg, mono_ns now)
{
	struct box *b = self;
	struct net_datagram *d = arg;
	if (!passable(b, d, now))
		return;
	struct nat *nat = nat_for(b, d);
	if (nat && nat_owns(nat, &d->dst.ip)) {
		if (nat_hairpin(nat, &d->src, &d->dst, now))
			go_down(b, d, now);
		else
			end(b, d, NET_NAT, now);
	} else if (goes_to_ipv4(b, d)) {
		go_up_as_ipv4(b, d, now);
	} else if (box_owns(b, &d->dst.ip) || way_down(b, &d->dst.ip)) {
		go_down(b, d, now);
	} else {
		go_up(b, d, now);
	}
}

static bool send_it(struct box *from, const struct endpoint *src, const struct endpoint *dst,
		    struct bytes payload, bool whole, mono_ns now)
{
	if (from->off || payload.n > NET_DATAGRAM_MAX || !box_owns(from, &src->ip))
		return false;
	struct net_datagram *d = sim_alloc(sizeof(*d) + payload.n);
	*d = (struct net_datagram){
		.src = *src, .dst = *dst, .ttl = NET_TTL, .dont_fragment = whole, .n = payload.n};
	if (payload.n)
		memcpy(d->b, payload.p, payload.n);
	/* In an event of its own, so that no owner is called back during its own call. */
	events_at(from->net->events, now, arrive_from_below, from, d);
	return true;
}

bool net_send_from(struct box *from, const struct endpoint *src, const struct endpoint *dst,
		   struct bytes payload, mono_ns now)
{
	return send_it(from, src, dst, payload, false, now);
}

bool net_send_whole(struct box *from, uint16_t sport, const struct endpoint *dst,
		    struct bytes payload, mono_ns now)
{
	from = box_way_out(from, &dst->ip);
	const struct ip *src = box_source(from, &dst->ip);
	return src && send_it(from, &(struct endpoint){*src, sport}, dst, payload, true, now);
}

bool net_send(struct box *from, uint16_t sport, const struct endpoint *dst, struct bytes payload,
	      mono_ns now)
{
	from = box_way_out(from, &dst->ip);
	const struct ip *src = box_source(from, &dst->ip);
	return src && net_send_from(from, &(struct endpoint){*src, sport}, dst, payload, now);
}
