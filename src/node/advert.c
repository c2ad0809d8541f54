/* Our disco key changes with every start of the program, and without a coordination server nobody
 * tells it to our peers.  So we do, inside the tunnel, right after each new session (TSMP; reference,
 * data plane 2.7).  The one packet may be lost: while the peer is still relayed, it is said again. */
#include "node/inside.h"
#include "wire/tsmp.h"

static const mono_ns repeat_after[NODE_ADVERT_REPEATS] = {4 * SECOND, 1 * SECOND}; /* by adverts_left - 1 */

static const struct ip *own_address(const struct node *n, uint8_t family)
{
	for (size_t i = 0; i < n->n_addresses; i++)
		if (n->addresses[i].family == family)
			return &n->addresses[i];
	return NULL;
}

static void advert_send(struct node *n, peer_id id, mono_ns now)
{
	struct packet p;
	for (size_t i = 0; i < 2; i++) {
		const struct ip *to = &n->peers[id].address[i];
		const struct ip *from = own_address(n, i == 0 ? 4 : 6);
		if (to->family == 0 || !from || !node_slot(n, &p))
			continue;
		struct wr w = wr_of(p.data, p.tail);
		tsmp_write_advert(&w, from, to, paths_disco_key(n->paths));
		if (!w.bad && packet_append(&p, w.n))
			node_say(n, id, &p, now);
		return;
	}
}

static void plan(struct node_peer_slot *peer, mono_ns now)
{
	peer->advert_at = MONO_NEVER;
	if (peer->adverts_left > 0)
		peer->advert_at = now + repeat_after[--peer->adverts_left];
}

void advert_begin(struct node *n, peer_id id, mono_ns now)
{
	struct node_peer_slot *peer = &n->peers[id];
	if (peer->plain)
		return;
	advert_send(n, id, now);
	peer->adverts_left = NODE_ADVERT_REPEATS;
	plan(peer, now);
}

mono_ns advert_deadline(const struct node *n)
{
	mono_ns first = MONO_NEVER;
	for (peer_id id = 0; id < n->peers_top; id++)
		if (n->peers[id].used)
			first = mono_min(first, n->peers[id].advert_at);
	return first;
}

void advert_tick(struct node *n, mono_ns now)
{
	for (peer_id id = 0; id < n->peers_top; id++) {
		struct node_peer_slot *peer = &n->peers[id];
		if (!peer->used || peer->advert_at > now)
			continue;
		struct paths_peer_status status;
		paths_peer_status(n->paths, id, now, &status);
		if (status.direct) {
			peer->advert_at = MONO_NEVER;
			continue;
		}
		advert_send(n, id, now);
		plan(peer, now);
	}
}
