/* prefix_list.h - what allowed_ips holds, as a plain list to compare it with: for its test and its
 * fuzz target */
#ifndef TUNNEL_PREFIX_LIST_H
#define TUNNEL_PREFIX_LIST_H

#include "tunnel/allowed_ips.h"

#ifndef LIST_MAX
#define LIST_MAX 400
#endif

struct list {
	struct prefix p[LIST_MAX];
	peer_id peer[LIST_MAX];
	size_t n;
};

/* False: the list is full. */
static inline bool list_add(struct list *l, const struct prefix *p, peer_id id)
{
	size_t i = 0;
	while (i < l->n && !prefix_equal(&l->p[i], p))
		i++;
	if (i == LIST_MAX)
		return false;
	l->p[i] = *p;
	l->peer[i] = id;
	l->n += i == l->n;
	return true;
}

static inline void list_remove(struct list *l, peer_id id)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (l->peer[i] == id)
			continue;
		l->p[kept] = l->p[i];
		l->peer[kept++] = l->peer[i];
	}
	l->n = kept;
}

static inline bool list_remove_prefix(struct list *l, const struct prefix *p, peer_id id)
{
	for (size_t i = 0; i < l->n; i++)
		if (prefix_equal(&l->p[i], p) && l->peer[i] == id) {
			l->n--;
			l->p[i] = l->p[l->n];
			l->peer[i] = l->peer[l->n];
			return true;
		}
	return false;
}

static inline peer_id list_find(const struct list *l, const struct ip *ip)
{
	int longest = -1;
	peer_id found = PEER_NONE;
	for (size_t i = 0; i < l->n; i++)
		if (prefix_contains(&l->p[i], ip) && l->p[i].bits > longest) {
			longest = l->p[i].bits;
			found = l->peer[i];
		}
	return found;
}

#endif
