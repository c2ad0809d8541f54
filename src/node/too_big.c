/* A packet that does not fit whole into the datagrams that its peer's path is known to carry.  A
 * sender that can send smaller packets is told to, as a router would do.  Otherwise the packet goes
 * out, and is fragmented.
 *
 * Source: tunnel.md 9. */
#include "node/inside.h"
#include "wire/ip.h"

enum {
	IP4_DONT_FRAGMENT = 0x40, /* of byte 6 */
	IP6_MTU_MIN = 1280,       /* RFC 8200 s. 5: no sender may be asked for less */
	/* RFC 792; RFC 1191 s. 4: code, and the MTU in the second half of the rest */
	UNREACHABLE = 3,
	FRAGMENTATION_NEEDED = 4,
	PACKET_TOO_BIG = 2, /* RFC 4443 s. 3.2 */
	QUOTED4_MAX = 548,  /* RFC 1812 s. 4.3.2.3: the answer has at most 576 bytes */
	QUOTED6_MAX = IP6_MTU_MIN - IP6_HEADER_LEN - ICMP_HEADER_LEN,
	TTL = 64
};

static bool may_be_cut(const struct packet *p, const struct ip_packet *ip, uint16_t fits)
{
	return ip->src.family == 4 ? !(p->data[6] & IP4_DONT_FRAGMENT) : fits < IP6_MTU_MIN;
}

/* The source of the answer is the packet's destination: that address is routed to the tunnel, so
 * the system believes it. */
static void answer(struct wr *w, const struct packet *p, const struct ip_packet *ip, uint16_t fits)
{
	bool four = ip->src.family == 4;
	size_t quoted = p->len;
	if (quoted > (size_t)(four ? QUOTED4_MAX : QUOTED6_MAX))
		quoted = four ? QUOTED4_MAX : QUOTED6_MAX;
	ip_write(w, &ip->dst, &ip->src, four ? IP_ICMP : IP_ICMP6, TTL, ICMP_HEADER_LEN + quoted);
	icmp_write(w, &ip->dst, &ip->src, four ? UNREACHABLE : PACKET_TOO_BIG,
		   four ? FRAGMENTATION_NEEDED : 0, fits, (struct bytes){p->data, quoted});
}

bool too_big(struct node *n, peer_id id, const struct packet *p, const struct ip_packet *ip)
{
	uint16_t fits = reach_peer_mtu(n->reach, id);
	struct packet out;
	if (fits == 0 || p->len <= fits || may_be_cut(p, ip, fits))
		return false;
	n->stats.too_big++;
	if (n->out.n_tun == BATCH_MAX || !reach_slot(n->reach, &out))
		return true;
	struct wr w = wr_of(out.data, out.tail);
	answer(&w, p, ip, fits);
	if (!w.bad && packet_append(&out, w.n))
		n->out.tun[n->out.n_tun++] = out;
	return true;
}
