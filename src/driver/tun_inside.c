#include "driver/tun_inside.h"

#include <stdlib.h>
#include <string.h>

#include "io/netlink.h"
#include "netmap/diff.h"

struct inside {
	struct netlink *nl;
	struct tun *tun;
};

/* A default route through the tunnel would catch the tunnel's own datagrams too. */
static bool wants_route(const struct prefix *p)
{
	return p->bits > 0;
}

/* --- routes --- */

/* Prefixes of changed peers. */
struct prefix_list {
	struct prefix *v;
	size_t n, cap;
};

static bool list_add(struct prefix_list *l, const struct prefix *p)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		struct prefix *v = realloc(l->v, cap * sizeof(*v));
		if (!v)
			return false;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = *p;
	return true;
}

static int by_prefix(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int order = memcmp(&x->ip, &y->ip, sizeof(x->ip));
	return order ? order : x->bits - y->bits;
}

static void list_sort(struct prefix_list *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_prefix);
}

static bool list_has(const struct prefix_list *l, const struct prefix *p)
{
	return l->n && bsearch(p, l->v, l->n, sizeof(*l->v), by_prefix);
}

static bool list_all(struct prefix_list *l, struct netmap_prefixes walk)
{
	const struct prefix *p;
	while ((p = netmap_prefixes_next(&walk)))
		if (wants_route(p) && !list_add(l, p))
			return false;
	return true;
}

/* A prefix that moved from one peer to another is in both lists, so its route stays. False: out of
 * memory. */
static bool changed_routes(const struct netmap *was, const struct netmap *now,
			   struct prefix_list *gone, struct prefix_list *come)
{
	struct netmap_diff diff = netmap_diff(was, now);
	struct netmap_change c;
	while (netmap_diff_next(&diff, &c))
		if (!list_all(gone, netmap_prefixes(c.was, c.now)) ||
		    !list_all(come, netmap_prefixes(c.now, c.was)))
			return false;
	list_sort(gone);
	list_sort(come);
	return true;
}

static bool move_routes(struct inside *t, const struct prefix_list *gone,
			const struct prefix_list *come, char why[static FAILURE_MAX])
{
	int ifindex = tun_index(t->tun);
	bool ok = true;
	for (size_t i = 0; i < gone->n; i++)
		if (!list_has(come, &gone->v[i]))
			ok &= netlink_route_remove(t->nl, ifindex, &gone->v[i], why);
	for (size_t i = 0; i < come->n; i++)
		if (!list_has(gone, &come->v[i]))
			ok &= netlink_route_add(t->nl, ifindex, &come->v[i], why);
	return ok;
}

static bool change(void *self, const struct netmap *was, const struct netmap *now,
		   char why[static FAILURE_MAX])
{
	struct prefix_list gone = {0}, come = {0};
	bool ok = changed_routes(was, now, &gone, &come)
			  ? move_routes(self, &gone, &come, why)
			  : failure_say(why, "there is no memory to change the routes");
	free(gone.v);
	free(come.v);
	return ok;
}

/* --- its life --- */

static void close_all(void *self)
{
	struct inside *t = self;
	netlink_close(t->nl);
	tun_close(t->tun);
	free(t);
}

static bool add_routes(struct inside *t, const struct netmap *m, char warning[static FAILURE_MAX],
		       char why[static FAILURE_MAX])
{
	int ifindex = tun_index(t->tun);
	for (size_t i = 0; i < m->n_peers; i++)
		for (size_t k = 0; k < m->peers[i].n_allowed; k++) {
			const struct prefix *p = &m->peers[i].allowed[k];
			if (!wants_route(p) || netlink_route_add(t->nl, ifindex, p, why))
				continue;
			if (!netlink_route_is_foreign(t->nl, ifindex, p))
				return false;
			memcpy(warning, why, FAILURE_MAX);
		}
	return true;
}

static bool set_up(struct inside *t, const struct settings *s, const struct netmap *m,
		   char warning[static FAILURE_MAX], char why[static FAILURE_MAX])
{
	t->tun = tun_open(s->interface, why);
	if (!t->tun)
		return false;
	t->nl = netlink_open(why);
	if (!t->nl)
		return false;
	int ifindex = tun_index(t->tun);
	for (size_t i = 0; i < m->self.n_addresses; i++)
		if (!netlink_address_add(t->nl, ifindex, &m->self.address[i],
					 m->self.address_bits[i], why))
			return false;
	return netlink_link_up(t->nl, ifindex, s->mtu, why) && add_routes(t, m, warning, why);
}

static void *open_all(const struct settings *s, const struct netmap *m,
		      char warning[static FAILURE_MAX], char why[static FAILURE_MAX])
{
	struct inside *t = calloc(1, sizeof(*t));
	warning[0] = '\0';
	if (!t)
		failure_say(why, "there is no memory for the interface");
	if (!t || set_up(t, s, m, warning, why))
		return t;
	close_all(t);
	return NULL;
}

/* --- packets --- */

static int fd(const void *self)
{
	const struct inside *t = self;
	return tun_fd(t->tun);
}

static size_t read_packets(void *self, struct packet *v, size_t max)
{
	struct inside *t = self;
	return tun_read(t->tun, v, max);
}

static void write_packets(void *self, struct packet *v, size_t n)
{
	struct inside *t = self;
	tun_write(t->tun, v, n);
}

static bool is_gone(const void *self)
{
	const struct inside *t = self;
	return tun_is_gone(t->tun);
}

static const char *name(const void *self)
{
	const struct inside *t = self;
	return tun_name(t->tun);
}

static int ifindex(const void *self)
{
	const struct inside *t = self;
	return tun_index(t->tun);
}

static const struct tun_stats *stats(const void *self)
{
	const struct inside *t = self;
	return tun_stats(t->tun);
}

const struct inside_ops tun_inside = {.open = open_all,
				      .close = close_all,
				      .change = change,
				      .fd = fd,
				      .read = read_packets,
				      .write = write_packets,
				      .is_gone = is_gone,
				      .name = name,
				      .ifindex = ifindex,
				      .stats = stats};
