#include "path/sockets.h"

#include <string.h>

#define SWEEP_EACH (15 * SECOND)

void sockets_init(struct sockets *s)
{
	*s = (struct sockets){.first = 1, .sweep_at = MONO_NEVER};
}

static void wish_for_remotes(struct socket_wish *w, const struct peer_path *peer)
{
	if (peer->best.socket != 0)
		socket_wish_add(w, peer->best.socket);
	for (size_t i = 0; i < peer->remotes.n; i++)
		if (peer->remotes.v[i].socket != 0)
			socket_wish_add(w, peer->remotes.v[i].socket);
}

/* The sockets of remotes come first: where there is no room, an attempt has fewer. */
void sockets_resize(struct sockets *s, uint32_t n, const struct peer_path *peers, uint32_t n_peers,
		    mono_ns now)
{
	struct socket_wish w = {.version = s->wish.version};
	for (uint32_t id = 0; id < n_peers; id++)
		if (peers[id].used)
			wish_for_remotes(&w, &peers[id]);
	s->n = n;
	s->sweep_at = w.n > 0 ? now + SWEEP_EACH : MONO_NEVER;
	for (uint32_t i = 0; i < n; i++)
		socket_wish_add(&w, sockets_number(s, i));
	if (w.n == s->wish.n && memcmp(w.v, s->wish.v, w.n * sizeof(w.v[0])) == 0)
		return;
	w.version++;
	s->wish = w;
}

static bool overlaps(const struct socket_wish *w, uint32_t first, uint32_t n)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i] >= first && w->v[i] < first + n)
			return true;
	return false;
}

void sockets_take(struct sockets *s, uint32_t n, const struct peer_path *peers, uint32_t n_peers,
		  mono_ns now)
{
	uint32_t first = s->first;
	do
		first = first + 2 * SOCKETS_MAX > SOCKETS_HARD_LAST ? 1 : first + SOCKETS_MAX;
	while (overlaps(&s->wish, first, n));
	s->first = (uint16_t)first;
	sockets_resize(s, n, peers, n_peers, now);
}

void sockets_sweep(struct sockets *s, struct peer_path *peers, uint32_t n_peers, mono_ns now)
{
	for (uint32_t id = 0; id < n_peers; id++)
		if (peers[id].used)
			remotes_drop_sockets(&peers[id].remotes, peers[id].best.socket, now);
	sockets_resize(s, s->n, peers, n_peers, now);
}
