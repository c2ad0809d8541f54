/* The way out: allowed IPs choose the peer, its session seals the packet in place, and its route
 * says where the packet goes. */
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

/* A peer whose own network is routed through the tunnel has candidates there, so the system sends
 * our datagrams for these candidates back to us.  Inside the tunnel they would arrive, be answered,
 * and prove a path that leads into itself (disco.md 3.3).  No other program can have our port. */
static bool is_own_datagram(const struct node *n, const struct ip_packet *ip)
{
	struct udp_header udp;
	struct bytes payload;
	if (ip->proto != IP_UDP || ip->fragment || !udp_read(ip->payload, &udp, &payload) ||
	    udp.src != n->port)
		return false;
	for (size_t i = 0; i < n->n_addresses; i++)
		if (ip_equal(&n->addresses[i], &ip->src))
			return true;
	return false;
}

/* What must not enter the tunnel; counted. A packet of TSMP would speak in our name. */
static bool is_refused(struct node *n, const struct ip_packet *ip)
{
	bool own = is_own_datagram(n, ip), tsmp = ip->proto == IP_TSMP;
	n->stats.own_datagram += own;
	n->stats.tsmp += tsmp;
	return own || tsmp;
}

/* The header is read once, and what it says goes along. A header that cannot be read whole is the
 * peer's to judge, as long as it has an address. */
static void from_tun(struct node *n, struct packet *p, mono_ns now)
{
	struct ip dst;
	struct ip_packet ip;
	if (node_is_of_link(n, p))
		return;
	bool whole = ip_read(packet_bytes(p), &ip);
	if (!whole && !ip_read_dst(packet_bytes(p), &dst)) {
		n->stats.not_ip++;
		return;
	}
	if (whole && is_refused(n, &ip))
		return;
	peer_id id = tunnel_peer_for(n->tunnel, whole ? &ip.dst : &dst);
	if (id == PEER_NONE) {
		n->stats.no_peer++;
		return;
	}
	if (!whole || !too_big(n, id, p, &ip))
		node_send_own(n, id, p, now);
}

void node_from_tun(struct node *n, struct packet *v, size_t count, mono_ns now)
{
	node_begin(n);
	for (size_t i = 0; i < count; i++)
		from_tun(n, &v[i], now);
}
