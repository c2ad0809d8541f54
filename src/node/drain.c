/* Takes from all parts what they want sent, for the owner. */
#include "node/inside.h"
#include "wire/wireguard.h"

void node_begin(struct node *n)
{
	if (n->handed)
		n->out.n_tun = 0;
	n->handed = false;
	reach_begin(n->reach);
}

/* A response goes by the way of the initiation, too.  The peer may have left its relay, or not be
 * back there yet, and would wait 5 s for the next try. */
static void answer_where_asked(struct node *n, peer_id id, const struct packet *p, mono_ns now)
{
	const struct way *by = &n->peers[id].asked_by;
	struct paths_peer_status status;
	reach_peer_status(n->reach, id, now, &status);
	for (uint8_t i = 0; i < status.route.n; i++)
		if (way_equal(&status.route.via[i], by))
			return;
	reach_send_by(n->reach, id, p, by, now);
}

static void drain_relays(struct node *n, mono_ns now)
{
	struct packet p;
	struct way from;
	struct node_key source;
	while (n->out.n_tun < BATCH_MAX) {
		switch (reach_relayed(n->reach, &p, &from, &source, now)) {
		case REACH_RELAYED_NOTHING:
			return;
		case REACH_RELAYED_DATA:
			node_take_wireguard(n, &p, &from, &source, now);
			break;
		case REACH_RELAYED_UNREACHED:
			tunnel_unreached(n->tunnel, reach_peer_find(n->reach, &source), now);
			break;
		}
	}
}

static void drain_tunnel(struct node *n, mono_ns now)
{
	struct tunnel_event ev;
	while (reach_has_room(n->reach) && tunnel_event(n->tunnel, &ev))
		if (ev.kind == TUNNEL_SESSION)
			advert_begin(n, ev.peer, now);
	struct packet p;
	peer_id id;
	while (reach_has_room(n->reach) && reach_slot(n->reach, &p)) {
		if (!tunnel_output(n->tunnel, &id, &p, now)) {
			reach_slot_back(n->reach);
			return;
		}
		reach_send(n->reach, id, &p, now);
		if (wg_type_of(packet_bytes(&p)) == WG_RESPONSE)
			answer_where_asked(n, id, &p, now);
	}
}

/* A receipt is an empty WireGuard message. */
static void send_receipts(struct node *n, mono_ns now)
{
	struct packet p;
	struct way by;
	peer_id id;
	while (reach_receipt(n->reach, &id, &by))
		if (reach_slot(n->reach, &p) &&
		    tunnel_seal(n->tunnel, id, &p, now) == TUNNEL_SEALED)
			reach_send_by(n->reach, id, &p, &by, now);
}

/* A packet that goes to a relay is not in `out`, and may make room for more.  So the parts are
 * asked until a round brings nothing. */
bool node_drain(struct node *n, const struct node_out **out, mono_ns now)
{
	struct reach *r = n->reach;
	node_begin(n);
	size_t before;
	do {
		before = reach_used(r);
		drain_relays(n, now);
		drain_tunnel(n, now);
		reach_output(r, now);
		send_receipts(n, now);
		reach_output_checks(r, now);
	} while (reach_used(r) > before && reach_has_room(r));
	n->out.net = reach_hand_out(r);
	n->handed = true;
	*out = &n->out;
	return n->out.net->n_udp > 0 || n->out.n_tun > 0 || reach_used(r) > 0;
}
