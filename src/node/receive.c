/* The way in.  Reach takes disco and STUN.  All else is WireGuard: it is opened in place, and a
 * packet of a peer goes on to the inside. */
#include <string.h>

#include "node/inside.h"
#include "wire/tsmp.h"
#include "wire/wireguard.h"

/* A gateway carries packets of the network behind it: those do not speak for the gateway.  Without
 * a whole address of the peer we cannot tell, and take what its prefixes allow. */
static bool is_from_itself(const struct node *n, peer_id id, const struct ip *src)
{
	const struct prefix host = prefix_of(src, (uint8_t)(ip_len(src) * 8));
	return !n->peers[id].has_host[src->family == 4 ? 0 : 1] ||
	       tunnel_allows(n->tunnel, id, &host);
}

/* TSMP is between the two nodes: it never reaches the system. */
static bool take_tsmp(struct node *n, peer_id id, const struct packet *p, mono_ns now)
{
	struct ip_packet ip;
	struct disco_key disco;
	if (!ip_read(packet_bytes(p), &ip) || ip.proto != IP_TSMP)
		return false;
	if (!is_from_itself(n, id, &ip.src) || !tsmp_read_advert(&ip, &disco))
		return true;
	reach_peer_disco(n->reach, id, &disco, now);
	struct node_peer_slot *peer = &n->peers[id];
	if (peer->ping_wanted)
		peer->ping_wanted = !reach_ping(n->reach, id, now);
	return true;
}

/* To the system the peer would be a neighbour on a link: its router, after an advertisement. */
bool node_is_of_link(struct node *n, const struct packet *p)
{
	bool is = ip_is_of_link(packet_bytes(p));
	n->stats.link_local += is;
	return is;
}

static void deliver(struct node *n, peer_id id, struct packet *p, mono_ns now)
{
	if (node_is_of_link(n, p) || take_tsmp(n, id, p, now))
		return;
	if (n->out.n_tun < BATCH_MAX)
		n->out.tun[n->out.n_tun++] = *p;
	else
		n->stats.no_room++;
}

/* A known peer sent data in a session that we do not have: one of us restarted.  The relay names
 * the sender, so a new handshake can begin at once, before the peer gives up the old
 * session (15 s). */
static void meet_again(struct node *n, const struct node_key *relay_source, mono_ns now)
{
	peer_id id = tunnel_peer_find(n->tunnel, relay_source);
	if (id == PEER_NONE)
		return;
	struct tunnel_peer_status status;
	tunnel_peer_status(n->tunnel, id, &status);
	if (!status.session)
		tunnel_handshake(n->tunnel, id, now);
}

void node_take_wireguard(struct node *n, struct packet *p, const struct way *from,
			 const struct node_key *relay_source, mono_ns now)
{
	uint8_t reply_memory[WG_COOKIE_LEN];
	const struct tunnel_source source = {.relayed = relay_source, .udp = from->ep};
	struct wr reply = wr_of(reply_memory, sizeof(reply_memory));
	enum wg_type type = wg_type_of(packet_bytes(p));
	peer_id id = PEER_NONE;
	struct packet cookie;

	switch (tunnel_open(n->tunnel, p, &source, now, &id, &reply)) {
	case TUNNEL_PACKET:
		reach_on_data(n->reach, id, from, now);
		deliver(n, id, p, now);
		break;
	case TUNNEL_HANDSHAKE:
		n->peers[id].asked_by = *from;
		reach_on_heard(n->reach, id, from, now);
		break;
	case TUNNEL_KEEPALIVE:
		reach_on_heard(n->reach, id, from, now);
		break;
	case TUNNEL_COOKIE:
		if (!reach_slot(n->reach, &cookie))
			break;
		memcpy(packet_append(&cookie, reply.n), reply.p, reply.n);
		reach_reply(n->reach, &cookie, from, relay_source, now);
		break;
	case TUNNEL_DROPPED:
		if (relay_source && type == WG_TRANSPORT)
			meet_again(n, relay_source, now);
		break;
	}
}

void node_from_udp(struct node *n, struct datagram *v, size_t count, mono_ns now)
{
	struct way from;
	node_begin(n);
	for (size_t i = 0; i < count; i++)
		if (reach_input(n->reach, &v[i], now, &from) == REACH_DATA)
			node_take_wireguard(n, &v[i].packet, &from, NULL, now);
}
