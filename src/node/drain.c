/* Effects and events.  Packets of a batch lie in the owner's memory, our own in slots; both stay
 * as they are until the owner, having acted on what node_drain gave, calls again. */
#include "node/inside.h"

void node_begin(struct node *n)
{
	if (!n->handed)
		return;
	n->handed = false;
	n->out.n_udp = n->out.n_tun = 0;
	n->slots_used = 0;
}

bool node_slot(struct node *n, struct packet *out)
{
	if (n->slots_used == NODE_SLOTS) {
		n->stats.no_room++;
		return false;
	}
	*out = packet_in(n->slots[n->slots_used++], PACKET_SIZE, PACKET_HEADROOM);
	return true;
}

bool node_send_udp(struct node *n, const struct packet *p, const struct via *to)
{
	return node_send_udp_from(n, p, to, &(struct ip){0});
}

bool node_send_udp_from(struct node *n, const struct packet *p, const struct via *to, const struct ip *from)
{
	if (n->out.n_udp == NODE_OUT_MAX) {
		n->stats.no_room++;
		return false;
	}
	n->out.udp[n->out.n_udp++] = (struct datagram){
		.packet = *p, .at = nat64_out(&n->nat64, &to->ep), .from = *from, .socket = to->socket};
	return true;
}

void node_tell(struct node *n, const struct node_event *ev)
{
	if (n->n_events == NODE_EVENTS_MAX) {
		n->event_first = (n->event_first + 1) % NODE_EVENTS_MAX;
		n->n_events--;
	}
	n->events[(n->event_first + n->n_events++) % NODE_EVENTS_MAX] = *ev;
}

bool node_event(struct node *n, struct node_event *ev)
{
	if (relays_event(n, ev))
		return true;
	if (n->n_events == 0)
		return false;
	*ev = n->events[n->event_first];
	n->event_first = (n->event_first + 1) % NODE_EVENTS_MAX;
	n->n_events--;
	return true;
}

static bool room_for_one(const struct node *n)
{
	return n->slots_used < NODE_SLOTS && n->out.n_udp + 2 <= NODE_OUT_MAX;
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
	}
}

/* It goes that one way, and is no traffic: it wakes nothing. */
static void give_sign(struct node *n, const struct paths_event *ev, mono_ns now)
{
	struct packet p;
	if (node_slot(n, &p) && tunnel_seal(n->tunnel, ev->peer, &p, now) == TUNNEL_SEALED)
		(void)node_send_udp(n, &p, &ev->via);
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
		if (send.via.kind == VIA_UDP)
			(void)node_send_udp_from(n, &p, &send.via, &send.from);
		else if (send.via.kind == VIA_RELAY)
			relays_send(n, send.via.region, &send.to, packet_bytes(&p), now);
	}
	struct paths_event ev;
	while (paths_event(n->paths, &ev)) {
		if (ev.kind == PATHS_SIGN) {
			give_sign(n, &ev, now);
			continue;
		}
		struct node_event tell = {.kind = NODE_PATH, .peer = ev.peer, .path = ev};
		if (ev.kind == PATHS_SELF)
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
		relays_pump(n, now);
		pump_tunnel(n, now);
		pump_paths(n, now);
	} while (n->slots_used > before && room_for_one(n));
	*out = &n->out;
	n->handed = true;
	return n->out.n_udp > 0 || n->out.n_tun > 0 || n->slots_used > 0;
}
