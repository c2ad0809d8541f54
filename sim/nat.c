/* A table of mappings, each with its permissions.  A mapping leads from an inside endpoint, and as
 * much of the outside endpoint as it depends on, to an external endpoint.  Mappings and permissions
 * die after `timeout` without being refreshed.  Look-ups skip the dead; now and then, and when room
 * is needed, they are removed.
 *
 * Two indexes find a mapping, by its inside and by its external endpoint.  With overloaded ports
 * several mappings may share an external endpoint.  Hosts are the inside addresses that have
 * mappings.  Bounded: by the limits of the configuration.
 */
#include "sim/nat.h"

#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "sim/events.h"

enum { PORT_LOW = 1024, PORTS = 65536 - PORT_LOW, PORT_TRIES = 4 * PORTS, BLOCK_TRIES = 1000 };

struct permission {
	struct endpoint to;
	mono_ns used;
};

struct mapping {
	bool taken;                      /* this slot is */
	struct endpoint inside, outside; /* outside: as far as the mapping depends on it */
	struct endpoint external;
	mono_ns used;
	mono_ns fixed_until;            /* by nat_map: open to all until then; 0: not mapped so */
	struct permission *permissions; /* grows up to permissions_max */
	uint32_t n_permissions, cap_permissions;
};

struct host {
	struct ip inside, external; /* external: where its block is */
	uint16_t block;             /* first port of it; 0: none */
	uint32_t n;                 /* mappings */
};

struct nat {
	struct nat_config cfg;
	struct rng rng;
	uint16_t next_port;
	uint32_t boots;
	mono_ns cleaned_at;
	struct nat_stats stats;
	struct index by_inside, by_external;
	struct host *hosts;
	size_t n_hosts, cap_hosts;
	uint32_t high;      /* slots from here on were never used */
	struct mapping v[]; /* mappings_max */
};

static void or_default(uint32_t *v, uint32_t value)
{
	if (!*v)
		*v = value;
}

static void fill_in(struct nat_config *cfg)
{
	or_default(&cfg->mappings_max, 1024);
	or_default(&cfg->host_mappings_max, UINT32_MAX);
	or_default(&cfg->sessions_max, UINT32_MAX);
	or_default(&cfg->permissions_max, 64);
	if (!cfg->timeout)
		cfg->timeout = 120 * SECOND;
	if (!cfg->port_first)
		cfg->port_first = PORT_LOW;
	if (!cfg->port_step)
		cfg->port_step = 1;
	if (!cfg->port_block)
		cfg->port_block = 512;
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

struct nat *nat_new(const struct nat_config *cfg, const struct rng *rng)
{
	struct nat_config full = *cfg;
	fill_in(&full);
	struct nat *n = sim_alloc(sizeof(*n) + full.mappings_max * sizeof(n->v[0]));
	n->cfg = full;
	n->rng = *rng;
	n->next_port = full.port_first;
	must(index_init(&n->by_inside, 16) && index_init(&n->by_external, 16));
	return n;
}

void nat_free(struct nat *n)
{
	if (!n)
		return;
	nat_flush(n);
	index_fini(&n->by_inside);
	index_fini(&n->by_external);
	free(n->hosts);
	free(n);
}

const struct nat_config *nat_config(const struct nat *n)
{
	return &n->cfg;
}

const struct nat_stats *nat_stats(const struct nat *n)
{
	return &n->stats;
}

uint32_t nat_boots(const struct nat *n)
{
	return n->boots;
}

bool nat_owns(const struct nat *n, const struct ip *ip)
{
	if (n->cfg.firewall)
		return false;
	for (size_t i = 0; i < n->cfg.n_pool; i++)
		if (ip_equal(&n->cfg.pool[i], ip))
			return true;
	return ip_equal(&n->cfg.external, ip);
}

static bool alive(const struct nat *n, mono_ns used, mono_ns now)
{
	return mono_since(used, now) < n->cfg.timeout;
}

static bool is_fixed(const struct mapping *m, mono_ns now)
{
	return m->fixed_until > now;
}

static bool lives(const struct nat *n, const struct mapping *m, mono_ns now)
{
	return m->fixed_until ? is_fixed(m, now) : alive(n, m->used, now);
}

static struct endpoint seen_by(enum nat_scope scope, const struct endpoint *outside)
{
	if (scope == NAT_ENDPOINT_INDEPENDENT)
		return (struct endpoint){0};
	if (scope == NAT_ADDRESS_DEPENDENT)
		return (struct endpoint){.ip = outside->ip};
	return *outside;
}

static enum nat_scope mapping_scope(const struct nat *n)
{
	return n->cfg.firewall ? NAT_ENDPOINT_INDEPENDENT : n->cfg.mapping;
}

/* FNV-1a: nobody attacks a simulated table. */
static uint64_t mix(uint64_t h, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	return h;
}

static uint64_t mix_endpoint(uint64_t h, const struct endpoint *ep)
{
	const uint8_t rest[3] = {ep->ip.family, (uint8_t)(ep->port >> 8), (uint8_t)ep->port};
	return mix(mix(h, ep->ip.b, sizeof(ep->ip.b)), rest, sizeof(rest));
}

static uint64_t hash_inside(const struct endpoint *inside, const struct endpoint *outside)
{
	return mix_endpoint(mix_endpoint(0xcbf29ce484222325u, inside), outside);
}

static uint64_t hash_external(const struct endpoint *external)
{
	return mix_endpoint(0xcbf29ce484222325u, external);
}

/* --- hosts --- */

static struct host *find_host(struct nat *n, const struct ip *inside)
{
	for (size_t i = 0; i < n->n_hosts; i++)
		if (ip_equal(&n->hosts[i].inside, inside))
			return &n->hosts[i];
	return NULL;
}

/* One of our addresses.  With pairing a host always gets the same. */
static struct ip choose_address(struct nat *n, const struct ip *inside)
{
	if (n->cfg.n_pool == 0)
		return n->cfg.external;
	uint64_t of = n->cfg.n_pool + 1;
	uint64_t i = n->cfg.paired ? mix(0xcbf29ce484222325u, inside->b, sizeof(inside->b)) % of
				   : rng_below(&n->rng, of);
	return i == 0 ? n->cfg.external : n->cfg.pool[i - 1];
}

static struct host *take_host(struct nat *n, const struct ip *inside)
{
	struct host *h = find_host(n, inside);
	if (h)
		return h;
	if (n->n_hosts == n->cap_hosts) {
		n->cap_hosts = n->cap_hosts ? 2 * n->cap_hosts : 4;
		n->hosts = realloc(n->hosts, n->cap_hosts * sizeof(*n->hosts));
		must(n->hosts != NULL);
	}
	n->hosts[n->n_hosts] =
		(struct host){.inside = *inside, .external = choose_address(n, inside)};
	return &n->hosts[n->n_hosts++];
}

static void leave_host(struct nat *n, const struct ip *inside)
{
	struct host *h = find_host(n, inside);
	if (--h->n == 0)
		*h = n->hosts[--n->n_hosts];
}

/* --- mappings come and go --- */

static void remove_mapping(struct nat *n, uint32_t id)
{
	struct mapping *m = &n->v[id];
	index_remove(&n->by_inside, hash_inside(&m->inside, &m->outside), id);
	index_remove(&n->by_external, hash_external(&m->external), id);
	leave_host(n, &m->inside.ip);
	n->stats.mappings--;
	n->stats.sessions -= m->n_permissions;
	free(m->permissions);
	*m = (struct mapping){0};
}

static void drop_dead_permissions(struct nat *n, struct mapping *m, mono_ns now)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < m->n_permissions; i++)
		if (alive(n, m->permissions[i].used, now))
			m->permissions[kept++] = m->permissions[i];
	n->stats.sessions -= m->n_permissions - kept;
	m->n_permissions = kept;
}

static void clean(struct nat *n, mono_ns now)
{
	n->cleaned_at = now;
	for (uint32_t i = 0; i < n->high; i++) {
		if (n->v[i].taken && !lives(n, &n->v[i], now))
			remove_mapping(n, i);
		else if (n->v[i].taken)
			drop_dead_permissions(n, &n->v[i], now);
	}
}

void nat_flush(struct nat *n)
{
	for (uint32_t i = 0; i < n->high; i++)
		if (n->v[i].taken)
			remove_mapping(n, i);
	n->high = 0;
}

void nat_reboot(struct nat *n)
{
	nat_flush(n);
	n->boots++;
}

static struct mapping *find_exactly(struct nat *n, const struct endpoint *inside,
				    const struct endpoint *outside, bool fixed, mono_ns now)
{
	struct index_walk w = index_walk(&n->by_inside, hash_inside(inside, outside));
	for (uint32_t id; index_next(&w, &id);) {
		struct mapping *m = &n->v[id];
		if (lives(n, m, now) && is_fixed(m, now) == fixed &&
		    endpoint_equal(&m->inside, inside) && endpoint_equal(&m->outside, outside))
			return m;
	}
	return NULL;
}

static struct mapping *find_inside(struct nat *n, const struct endpoint *inside,
				   const struct endpoint *dst, mono_ns now)
{
	const struct endpoint any = {0};
	struct endpoint outside = seen_by(mapping_scope(n), dst);
	struct mapping *fixed = find_exactly(n, inside, &any, true, now);
	return fixed ? fixed : find_exactly(n, inside, &outside, false, now);
}

/* Does another mapping have the port, one that may not share it?  outside: of the new mapping. */
static bool external_taken(const struct nat *n, const struct endpoint *external,
			   const struct endpoint *outside, mono_ns now)
{
	struct index_walk w = index_walk(&n->by_external, hash_external(external));
	for (uint32_t id; index_next(&w, &id);)
		if (lives(n, &n->v[id], now) && endpoint_equal(&n->v[id].external, external) &&
		    (!n->cfg.shares_ports || endpoint_equal(&n->v[id].outside, outside)))
			return true;
	return false;
}

/* --- ports --- */

static uint16_t random_port(struct nat *n, uint16_t first, uint32_t of)
{
	return (uint16_t)(first + rng_below(&n->rng, of));
}

static uint16_t sequential_port(struct nat *n)
{
	uint16_t port = n->next_port;
	uint32_t next = (uint32_t)port + n->cfg.port_step;
	n->next_port = (uint16_t)(next > 65535 ? PORT_LOW + (next - 65536) % PORTS : next);
	return port;
}

static bool block_taken(const struct nat *n, const struct host *mine, uint16_t block)
{
	for (size_t i = 0; i < n->n_hosts; i++)
		if (n->hosts[i].block == block && ip_equal(&n->hosts[i].external, &mine->external))
			return true;
	return false;
}

static bool take_block(struct nat *n, struct host *h)
{
	for (int i = 0; i < BLOCK_TRIES && !h->block; i++) {
		uint64_t block = rng_below(&n->rng, (uint64_t)PORTS / n->cfg.port_block);
		uint16_t port = (uint16_t)(PORT_LOW + block * n->cfg.port_block);
		if (!block_taken(n, h, port))
			h->block = port;
	}
	return h->block != 0;
}

static uint16_t next_try(struct nat *n, const struct host *h)
{
	switch (n->cfg.ports) {
	case NAT_PORT_SEQUENTIAL:
		return sequential_port(n);
	case NAT_PORT_BLOCK:
		return random_port(n, h->block, n->cfg.port_block);
	case NAT_PORT_PRESERVE:
	case NAT_PORT_RANDOM:
	case NAT_PORT_OVERLOAD:
		break;
	}
	return random_port(n, PORT_LOW, PORTS);
}

/* False: no port is left, or a bounded search found none. */
static bool choose_external(struct nat *n, struct host *h, uint16_t inside,
			    const struct endpoint *outside, mono_ns now, struct endpoint *ep)
{
	bool by_block = n->cfg.ports == NAT_PORT_BLOCK;
	*ep = (struct endpoint){by_block ? h->external : choose_address(n, &h->inside), inside};
	if (by_block && !take_block(n, h))
		return false;
	if (n->cfg.ports == NAT_PORT_OVERLOAD)
		return true;
	if (n->cfg.ports == NAT_PORT_PRESERVE && inside >= PORT_LOW &&
	    !external_taken(n, ep, outside, now))
		return true;
	for (int i = 0; i < PORT_TRIES; i++) {
		ep->port = next_try(n, h);
		if (!external_taken(n, ep, outside, now))
			return true;
	}
	return false;
}

/* --- making --- */

static bool has_room(const struct nat *n, const struct ip *inside)
{
	const struct host *h = find_host((struct nat *)n, inside);
	return n->stats.mappings < n->cfg.mappings_max && n->stats.sessions < n->cfg.sessions_max &&
	       (!h || h->n < n->cfg.host_mappings_max);
}

static uint32_t free_slot(struct nat *n)
{
	if (n->high < n->cfg.mappings_max)
		return n->high++;
	uint32_t id = 0;
	while (n->v[id].taken)
		id++;
	return id;
}

static struct mapping *refuse(struct nat *n, struct host *h)
{
	n->stats.refused_full++;
	if (h && h->n == 0)
		*h = n->hosts[--n->n_hosts];
	return NULL;
}

static struct mapping *make(struct nat *n, const struct endpoint *src, const struct endpoint *dst,
			    mono_ns now)
{
	struct endpoint external = *src;
	if (!has_room(n, &src->ip) || mono_since(n->cleaned_at, now) > n->cfg.timeout)
		clean(n, now);
	if (!has_room(n, &src->ip))
		return refuse(n, NULL);
	struct host *h = take_host(n, &src->ip);
	struct endpoint outside = seen_by(mapping_scope(n), dst);
	if (!n->cfg.firewall && !choose_external(n, h, src->port, &outside, now, &external))
		return refuse(n, h);
	uint32_t id = free_slot(n);
	struct mapping *m = &n->v[id];
	*m = (struct mapping){
		.taken = true, .inside = *src, .outside = outside, .external = external};
	must(index_add(&n->by_inside, hash_inside(&m->inside, &m->outside), id));
	must(index_add(&n->by_external, hash_external(&m->external), id));
	h->n++;
	n->stats.made++;
	n->stats.mappings++;
	return m;
}

/* The mapping of this inside endpoint towards everybody.  A new one gets the wanted port if that is
 * free. */
static struct mapping *make_fixed(struct nat *n, const struct endpoint *inside, uint16_t wanted,
				  mono_ns now)
{
	struct mapping *m = make(n, inside, &(struct endpoint){0}, now);
	if (!m)
		return NULL;
	uint32_t id = (uint32_t)(m - n->v);
	struct endpoint external = {m->external.ip, wanted};
	if (!n->cfg.firewall && wanted >= PORT_LOW &&
	    !external_taken(n, &external, &(struct endpoint){0}, now)) {
		index_remove(&n->by_external, hash_external(&m->external), id);
		m->external = external;
		must(index_add(&n->by_external, hash_external(&m->external), id));
	}
	return m;
}

bool nat_map(struct nat *n, const struct endpoint *inside, uint16_t wanted, mono_ns until,
	     mono_ns now, struct endpoint *external)
{
	const struct endpoint any = {0};
	struct mapping *m = find_exactly(n, inside, &any, true, now);
	if (!m && until > now)
		m = make_fixed(n, inside, wanted, now);
	if (!m)
		return false;
	m->fixed_until = until;
	*external = m->external;
	if (until <= now)
		remove_mapping(n, (uint32_t)(m - n->v));
	return true;
}

/* --- permissions --- */

static struct permission *find_permission(const struct nat *n, const struct mapping *m,
					  const struct endpoint *outside)
{
	struct endpoint seen = seen_by(n->cfg.filtering, outside);
	for (uint32_t i = 0; i < m->n_permissions; i++)
		if (endpoint_equal(&m->permissions[i].to, &seen))
			return &m->permissions[i];
	return NULL;
}

static struct permission *oldest_permission(struct mapping *m)
{
	struct permission *oldest = &m->permissions[0];
	for (uint32_t i = 1; i < m->n_permissions; i++)
		if (m->permissions[i].used < oldest->used)
			oldest = &m->permissions[i];
	return oldest;
}

static struct permission *add_permission(struct nat *n, struct mapping *m)
{
	if (m->n_permissions == m->cap_permissions) {
		m->cap_permissions = m->cap_permissions ? 2 * m->cap_permissions : 1;
		m->permissions =
			realloc(m->permissions, m->cap_permissions * sizeof(*m->permissions));
		must(m->permissions != NULL);
	}
	n->stats.sessions++;
	return &m->permissions[m->n_permissions++];
}

static bool permit(struct nat *n, struct mapping *m, const struct endpoint *dst, mono_ns now)
{
	struct permission *p = find_permission(n, m, dst);
	if (!p && n->stats.sessions >= n->cfg.sessions_max)
		clean(n, now);
	if (!p && n->stats.sessions >= n->cfg.sessions_max) {
		n->stats.refused_full++;
		return false;
	}
	if (!p)
		p = m->n_permissions < n->cfg.permissions_max ? add_permission(n, m)
							      : oldest_permission(m);
	*p = (struct permission){seen_by(n->cfg.filtering, dst), now};
	return true;
}

/* --- passing --- */

bool nat_out(struct nat *n, struct endpoint *src, const struct endpoint *dst, mono_ns now)
{
	if (n->cfg.blocks_udp) {
		n->stats.blocked++;
		return false;
	}
	struct mapping *m = find_inside(n, src, dst, now);
	if (!m)
		m = make(n, src, dst, now);
	if (!m)
		return false;
	m->used = now;
	if (!is_fixed(m, now) && !permit(n, m, dst, now))
		return false;
	*src = m->external;
	return true;
}

/* Of the mappings that have this external endpoint, the one whose permission is the youngest.
 * There is more than one only with overloaded ports.  `any`: set if there is a mapping at all. */
static struct mapping *find_permitted(const struct nat *n, const struct endpoint *src,
				      const struct endpoint *external, mono_ns now,
				      struct permission **permission, bool *any)
{
	const struct mapping *best = NULL;
	struct index_walk w = index_walk(&n->by_external, hash_external(external));
	*permission = NULL;
	*any = false;
	for (uint32_t id; index_next(&w, &id);) {
		const struct mapping *m = &n->v[id];
		if (!lives(n, m, now) || !endpoint_equal(&m->external, external))
			continue;
		*any = true;
		if (is_fixed(m, now))
			return (struct mapping *)m;
		struct permission *p = find_permission(n, m, src);
		if (!p || !alive(n, p->used, now) || (best && p->used < (*permission)->used))
			continue;
		best = m;
		*permission = p;
	}
	return (struct mapping *)best;
}

bool nat_in(struct nat *n, const struct endpoint *src, struct endpoint *dst, mono_ns now)
{
	struct permission *p;
	bool any;
	if (n->cfg.blocks_udp) {
		n->stats.blocked++;
		return false;
	}
	struct mapping *m = find_permitted(n, src, dst, now, &p, &any);
	if (!m) {
		++*(any ? &n->stats.filtered : &n->stats.no_mapping);
		return false;
	}
	if (n->cfg.inbound_refreshes && p)
		m->used = p->used = now;
	*dst = m->inside;
	return true;
}

bool nat_hairpin(struct nat *n, struct endpoint *src, struct endpoint *dst, mono_ns now)
{
	if (n->cfg.firewall || n->cfg.hairpin == NAT_HAIRPIN_NONE)
		return false;
	struct endpoint external = *src;
	if (!nat_out(n, &external, dst, now) || !nat_in(n, &external, dst, now))
		return false;
	n->stats.hairpinned++;
	if (n->cfg.hairpin == NAT_HAIRPIN_EXTERNAL_SOURCE)
		*src = external;
	return true;
}

bool nat_inside(const struct nat *n, const struct endpoint *external,
		const struct endpoint *outside, mono_ns now, struct endpoint *inside)
{
	struct permission *p;
	bool any;
	const struct mapping *m = find_permitted(n, outside, external, now, &p, &any);
	if (m)
		*inside = m->inside;
	return m != NULL;
}
