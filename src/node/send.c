/* The way out: allowed IPs choose the peer, the session seals in place, the route says where to. */
#include "node/inside.h"
#include "wire/ip.h"

void node_send_own(struct node *n, peer_id id, struct packet *p, mono_ns now)
{
	switch (tunnel_seal(n->tunnel, id, p, now)) {
	case TUNNEL_SEALED:
		reach_send(n->reach, id, p, now);
		break;
	case TUNNEL_STAGED:  /* drain.c sends the handshake, and the packet after it */
	case TUNNEL_REFUSED: /* counted by the tunnel */
		break;
	}
}

/* Peers whose own network is routed through the tunnel have candidates there, so the system sends
 * our datagrams for these back to us.  Inside the tunnel they would arrive, be answered, and prove
 * a path that leads into itself.  No other program can have our port. */
static bool is_own_datagram(const struct node *n, struct bytes b)
{
	struct ip_packet ip;
	struct udp_header udp;
	struct bytes payload;
	if (!ip_read(b, &ip) || ip.proto != IP_UDP || ip.fragment ||
	    !udp_read(ip.payload, &udp, &payload) || udp.src != n->port)
		return false;
	for (size_t i = 0; i < n->n_addresses; i++)
		if (ip_equal(&n->addresses[i], &ip.src))
			return true;
	return false;
}

static void from_tun(struct node *n, struct packet *p, mono_ns now)
{
	struct ip dst;
	if (!ip_read_dst(packet_bytes(p), &dst)) {
		n->stats.not_ip++;
		return;
	}
	if (is_own_datagram(n, packet_bytes(p))) {
		n->stats.own_datagram++;
		return;
	}
	peer_id id = tunnel_peer_for(n->tunnel, &dst);
	if (id == PEER_NONE) {
		n->stats.no_peer++;
		return;
	}
	if (!too_big(n, id, p))
		node_send_own(n, id, p, now);
}

void node_from_tun(struct node *n, struct packet *v, size_t count, mono_ns now)
{
	node_begin(n);
	for (size_t i = 0; i < count; i++)
		from_tun(n, &v[i], now);
}
