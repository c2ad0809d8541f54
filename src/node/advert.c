/* Telling peers our disco key.  It changes with every start of the program, and without a
 * coordination server nobody tells it to our peers.  So this node does, inside the tunnel, right
 * after each new session (tunnel.md 8.3, disco.md 4.1).  The one packet may be lost: it is repeated
 * while the peer is still relayed. */
#include "node/inside.h"
#include "wire/tsmp.h"

static const mono_ns repeat_after[NODE_ADVERT_REPEATS] = {4 * SECOND,
							  1 * SECOND}; /* by adverts_left - 1 */

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
		if (to->family == 0 || !from || !reach_slot(n->reach, &p))
			continue;
		struct wr w = wr_of(p.data, p.tail);
		tsmp_write_advert(&w, from, to, reach_disco_key(n->reach));
		if (!w.bad && packet_append(&p, w.n))
			node_send_own(n, id, &p, now);
		return;
	}
}

static void plan(struct node *n, peer_id id, mono_ns now)
{
	struct node_peer_slot *peer = &n->peers[id];
	if (peer->adverts_left > 0)
		heap_set(&n->adverts, id, now + repeat_after[--peer->adverts_left]);
}

void advert_begin(struct node *n, peer_id id, mono_ns now)
{
	struct node_peer_slot *peer = &n->peers[id];
	if (peer->plain)
		return;
	advert_send(n, id, now);
	peer->adverts_left = NODE_ADVERT_REPEATS;
	plan(n, id, now);
}

void advert_tick(struct node *n, mono_ns now)
{
	peer_id id;
	while (heap_due(&n->adverts, now, &id)) {
		struct paths_peer_status status;
		reach_peer_status(n->reach, id, now, &status);
		if (status.direct)
			continue;
		advert_send(n, id, now);
		plan(n, id, now);
	}
}
