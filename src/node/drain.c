/* The parts are asked for what they want sent and have to tell, and the owner gets it. */
#include "node/inside.h"
#include "wire/wireguard.h"

bool node_event(struct node *n, struct node_event *ev)
{
	if (relays_event(n, ev))
		return true;
	struct upnp_ask upnp;
	if (paths_upnp_ask(n->paths, &upnp)) {
		*ev = (struct node_event){.kind = NODE_UPNP, .upnp = upnp};
		return true;
	}
	if (n->n_events == 0)
		return false;
	*ev = n->events[n->event_first];
	n->event_first = (n->event_first + 1) % NODE_EVENTS_MAX;
	n->n_events--;
	return true;
}

static bool room_for_one(const struct node *n)
{
	return n->slots_used < NODE_SLOTS && n->out.n_udp + 3 <= NODE_OUT_MAX;
}

static void send_by(struct node *n, peer_id id, const struct packet *p, const struct way *by,
		    mono_ns now)
{
	if (by->kind == WAY_UDP)
		(void)node_send_udp(n, p, by);
	else if (by->kind == WAY_RELAY)
		relays_send(n, by->region, &n->peers[id].key, packet_bytes(p), now);
}

/* A response goes by the way of the initiation, too: the peer may not be at its relay any more, or
 * not yet again, and would wait 5 s for the next try. */
static void answer_where_asked(struct node *n, peer_id id, const struct packet *p, mono_ns now)
{
	const struct way *by = &n->peers[id].asked_by;
	struct paths_peer_status status;
	paths_peer_status(n->paths, id, now, &status);
	for (uint8_t i = 0; i < status.route.n; i++)
		if (way_equal(&status.route.via[i], by))
			return;
	send_by(n, id, p, by, now);
}

/* Stops when there is no room for a packet more: the rest stays in the clients until the next
 * drain. */
static void pump_relays(struct node *n, mono_ns now)
{
	struct relay_client_event ev;
	uint16_t region;
	while (n->slots_used < NODE_SLOTS && n->out.n_tun < BATCH_MAX &&
	       relays_packet(n, &region, &ev, now))
		node_take_relayed(n, region, &ev.peer, ev.packet, now);
}

static void pump_tunnel(struct node *n, mono_ns now)
{
	struct tunnel_event ev;
	while (room_for_one(n) && tunnel_event(n->tunnel, &ev)) {
		if (ev.kind != TUNNEL_SESSION)
			continue;
		advert_begin(n, ev.peer, now);
		node_tell(n, &(struct node_event){.kind = NODE_SESSION, .peer = ev.peer});
	}
	struct packet p;
	peer_id id;
	while (room_for_one(n) && node_slot(n, &p)) {
		if (!tunnel_output(n->tunnel, &id, &p, now)) {
			n->slots_used--;
			return;
		}
		node_emit(n, id, &p, now);
		if (wg_type_of(packet_bytes(&p)) == WG_RESPONSE)
			answer_where_asked(n, id, &p, now);
	}
}

/* It goes that one way, and is no traffic: it wakes nothing. */
static void send_receipt(struct node *n, const struct path_event *ev, mono_ns now)
{
	struct packet p;
	if (node_slot(n, &p) && tunnel_seal(n->tunnel, ev->peer, &p, now) == TUNNEL_SEALED)
		send_by(n, ev->peer, &p, &ev->via, now);
}

static void pump_paths(struct node *n, mono_ns now)
{
	struct packet p;
	struct paths_send send;
	while (room_for_one(n) && node_slot(n, &p)) {
		struct wr w = wr_of(p.data, p.tail);
		if (!paths_output(n->paths, &send, &w, now)) {
			n->slots_used--;
			break;
		}
		if (!packet_append(&p, w.n))
			continue;
		if (send.via.kind == WAY_UDP)
			(void)node_send_probe(n, &p, &send);
		else if (send.via.kind == WAY_RELAY)
			relays_send(n, send.via.region, &send.to, packet_bytes(&p), now);
	}
	struct path_event ev;
	while (paths_event(n->paths, &ev)) {
		if (ev.kind == PATH_RECEIPT) {
			send_receipt(n, &ev, now);
			continue;
		}
		struct node_event tell = {.kind = NODE_PATH, .peer = ev.peer, .path = ev};
		if (ev.kind == PATH_SELF)
			tell.kind = NODE_SELF;
		node_tell(n, &tell);
	}
}

/* What went to the relays only is not in `out`, but may have made room for more: so the pumps run
 * until a round brings nothing. */
bool node_drain(struct node *n, const struct node_out **out, mono_ns now)
{
	node_begin(n);
	size_t before;
	do {
		before = n->slots_used;
		pump_relays(n, now);
		pump_tunnel(n, now);
		pump_paths(n, now);
		checks_pump(n, now);
	} while (n->slots_used > before && room_for_one(n));
	*out = &n->out;
	n->handed = true;
	return n->out.n_udp > 0 || n->out.n_tun > 0 || n->slots_used > 0;
}
