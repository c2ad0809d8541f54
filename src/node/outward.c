/* The way out: allowed IPs choose the peer, the session seals in place, the route says where to. */
#include "node/inside.h"
#include "wire/ip.h"

void node_emit(struct node *n, peer_id id, const struct packet *p, mono_ns now)
{
	struct route route;
	paths_route(n->paths, id, now, &route);
	for (uint8_t i = 0; i < route.n; i++) {
		if (route.via[i].kind == VIA_UDP)
			(void)node_send_udp(n, p, &route.via[i]);
		else if (route.via[i].kind == VIA_RELAY)
			relays_send(n, route.via[i].region, &n->peers[id].key, packet_bytes(p), now);
	}
	if (route.n == 0) {
		n->stats.no_way++;
		n->peers[id].lost_no_way++;
	}
}

void node_say(struct node *n, peer_id id, struct packet *p, mono_ns now)
{
	switch (tunnel_seal(n->tunnel, id, p, now)) {
	case TUNNEL_SEALED:
		node_emit(n, id, p, now);
		break;
	case TUNNEL_STAGED:  /* drain.c sends the handshake, and the packet after it */
	case TUNNEL_REFUSED: /* counted by the tunnel */
		break;
	}
}

static void from_tun(struct node *n, struct packet *p, mono_ns now)
{
	struct ip dst;
	if (!ip_read_dst(packet_bytes(p), &dst)) {
		n->stats.not_ip++;
		return;
	}
	peer_id id = tunnel_peer_for(n->tunnel, &dst);
	if (id == PEER_NONE) {
		n->stats.no_peer++;
		return;
	}
	if (!too_big(n, id, p))
		node_say(n, id, p, now);
}

void node_from_tun(struct node *n, struct packet *v, size_t count, mono_ns now)
{
	node_begin(n);
	for (size_t i = 0; i < count; i++)
		from_tun(n, &v[i], now);
}
