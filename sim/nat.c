/* A table of mappings (inside endpoint, and as much of the outside as the mapping depends on, to an
 * external port), each with the outside endpoints it has sent to: the permissions that filtering
 * asks for.  Both die after `timeout` without being refreshed, and are cleaned away when the table
 * is next searched for room.  Bounded: mappings_max, and PERMISSIONS_MAX a mapping, of which the
 * oldest goes first.
 */
#include "sim/nat.h"

#include <stdlib.h>

#include "sim/events.h"

enum { PERMISSIONS_MAX = 64, PORT_LOW = 1024, PORT_TRIES = 200000 };

struct permission {
	struct endpoint to;
	mono_ns used;
};

struct mapping {
	struct endpoint inside, outside; /* outside: as far as the mapping depends on it */
	struct endpoint external;
	mono_ns used;
	struct permission permissions[PERMISSIONS_MAX];
	size_t n_permissions;
};

struct nat {
	struct nat_config cfg;
	struct rng rng;
	uint16_t next_port;
	uint32_t boots;
	struct nat_stats stats;
	struct mapping v[]; /* mappings_max */
};

struct nat *nat_new(const struct nat_config *cfg, const struct rng *rng)
{
	uint32_t most = cfg->mappings_max ? cfg->mappings_max : 1024;
	struct nat *n = sim_alloc(sizeof(*n) + most * sizeof(n->v[0]));
	n->cfg = *cfg;
	n->rng = *rng;
	n->cfg.mappings_max = most;
	if (!n->cfg.timeout)
		n->cfg.timeout = 120 * SECOND;
	if (!n->cfg.port_step)
		n->cfg.port_step = 1;
	n->next_port = n->cfg.port_first ? n->cfg.port_first : PORT_LOW;
	return n;
}

void nat_free(struct nat *n)
{
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

void nat_flush(struct nat *n)
{
	n->stats.mappings = 0;
}

void nat_reboot(struct nat *n)
{
	nat_flush(n);
	n->boots++;
}

static bool alive(const struct nat *n, mono_ns used, mono_ns now)
{
	return mono_since(used, now) < n->cfg.timeout;
}

static struct endpoint seen_by(enum nat_scope scope, const struct endpoint *outside)
{
	if (scope == NAT_ENDPOINT_INDEPENDENT)
		return (struct endpoint){0};
	if (scope == NAT_ADDRESS_DEPENDENT)
		return (struct endpoint){.ip = outside->ip};
	return *outside;
}

static void clean(struct nat *n, mono_ns now)
{
	for (uint32_t i = n->stats.mappings; i-- > 0;)
		if (!alive(n, n->v[i].used, now))
			n->v[i] = n->v[--n->stats.mappings];
}

static struct mapping *find_inside(struct nat *n, const struct endpoint *inside, const struct endpoint *dst)
{
	struct endpoint outside = seen_by(n->cfg.firewall ? NAT_ENDPOINT_INDEPENDENT : n->cfg.mapping, dst);
	for (uint32_t i = 0; i < n->stats.mappings; i++)
		if (endpoint_equal(&n->v[i].inside, inside) && endpoint_equal(&n->v[i].outside, &outside))
			return &n->v[i];
	return NULL;
}

static struct mapping *find_external(struct nat *n, const struct endpoint *external)
{
	for (uint32_t i = 0; i < n->stats.mappings; i++)
		if (endpoint_equal(&n->v[i].external, external))
			return &n->v[i];
	return NULL;
}

static bool port_free(struct nat *n, uint16_t port)
{
	struct endpoint ep = {n->cfg.external, port};
	return port >= PORT_LOW && !find_external(n, &ep);
}

static uint16_t random_port(struct nat *n)
{
	return (uint16_t)(PORT_LOW + rng_below(&n->rng, 65536 - PORT_LOW));
}

static uint16_t sequential_port(struct nat *n)
{
	uint16_t port = n->next_port;
	uint32_t next = (uint32_t)port + n->cfg.port_step;
	n->next_port = (uint16_t)(next > 65535 ? PORT_LOW + (next - 65536) % (65536 - PORT_LOW) : next);
	return port;
}

/* 0: there is none left, or none was found in a reasonable time. */
static uint16_t choose_port(struct nat *n, uint16_t inside)
{
	if (n->cfg.ports == NAT_PORT_PRESERVE && port_free(n, inside))
		return inside;
	for (int i = 0; i < PORT_TRIES; i++) {
		uint16_t port = n->cfg.ports == NAT_PORT_SEQUENTIAL ? sequential_port(n) : random_port(n);
		if (port_free(n, port))
			return port;
	}
	return 0;
}

static struct mapping *make(struct nat *n, const struct endpoint *src, const struct endpoint *dst,
			    mono_ns now)
{
	clean(n, now);
	struct endpoint external = *src;
	if (!n->cfg.firewall)
		external = (struct endpoint){n->cfg.external, choose_port(n, src->port)};
	if (n->stats.mappings == n->cfg.mappings_max || external.port == 0) {
		n->stats.refused_full++;
		return NULL;
	}
	n->stats.made++;
	struct mapping *m = &n->v[n->stats.mappings++];
	enum nat_scope scope = n->cfg.firewall ? NAT_ENDPOINT_INDEPENDENT : n->cfg.mapping;
	*m = (struct mapping){.inside = *src, .outside = seen_by(scope, dst), .external = external};
	return m;
}

static struct permission *find_permission(const struct nat *n, struct mapping *m,
					  const struct endpoint *outside)
{
	struct endpoint seen = seen_by(n->cfg.filtering, outside);
	for (size_t i = 0; i < m->n_permissions; i++)
		if (endpoint_equal(&m->permissions[i].to, &seen))
			return &m->permissions[i];
	return NULL;
}

static struct permission *oldest_permission(struct mapping *m)
{
	struct permission *oldest = &m->permissions[0];
	for (size_t i = 1; i < m->n_permissions; i++)
		if (m->permissions[i].used < oldest->used)
			oldest = &m->permissions[i];
	return oldest;
}

static void permit(struct nat *n, struct mapping *m, const struct endpoint *dst, mono_ns now)
{
	struct permission *p = find_permission(n, m, dst);
	if (!p && m->n_permissions < PERMISSIONS_MAX)
		p = &m->permissions[m->n_permissions++];
	else if (!p)
		p = oldest_permission(m);
	*p = (struct permission){seen_by(n->cfg.filtering, dst), now};
}

bool nat_out(struct nat *n, struct endpoint *src, const struct endpoint *dst, mono_ns now)
{
	struct mapping *m = find_inside(n, src, dst);
	if (!m || !alive(n, m->used, now))
		m = make(n, src, dst, now);
	if (!m)
		return false;
	m->used = now;
	permit(n, m, dst, now);
	*src = m->external;
	return true;
}

bool nat_in(struct nat *n, const struct endpoint *src, struct endpoint *dst, mono_ns now)
{
	struct mapping *m = find_external(n, dst);
	if (!m || !alive(n, m->used, now)) {
		n->stats.no_mapping++;
		return false;
	}
	struct permission *p = find_permission(n, m, src);
	if (!p || !alive(n, p->used, now)) {
		n->stats.filtered++;
		return false;
	}
	if (n->cfg.inbound_refreshes)
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
