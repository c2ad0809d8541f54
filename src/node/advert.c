/* Telling peers our disco key.  It changes with every start of the program, and without a
 * coordination server nobody tells it to our peers.  So this node does, inside the tunnel, right
 * after each new session (tunnel.md 8.3, disco.md 4.1).  The one packet may be lost: it is repeated
 * while the peer is still relayed. */
#include "node/inside.h"
#include "wire/tsmp.h"

static const mono_ns repeat_after[NODE_ADVERT_REPEATS] = {4 * SECOND,
							  1 * SECOND}; /* by adverts_left - 1 */

static void advert_write(struct node *n, peer_id id, const struct ip *from, const struct ip *to,
			 mono_ns now)
{
	struct packet p;
	if (!reach_slot(n->reach, &p))
		return;
	struct wr w = wr_of(p.data, p.tail);
	tsmp_write_advert(&w, from, to, reach_disco_key(n->reach));
	if (!w.bad && packet_append(&p, w.n))
		node_send_own(n, id, &p, now);
}

/* From each of our addresses: the peer takes what its prefixes allow, and drops the others. */
static void advert_send(struct node *n, peer_id id, mono_ns now)
{
	for (size_t i = 0; i < n->n_addresses; i++) {
		const struct ip *from = &n->addresses[i];
		const struct ip *to = &n->peers[id].address[from->family == 4 ? 0 : 1];
		if (to->family != 0)
			advert_write(n, id, from, to, now);
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
