/* Datagrams into a tunnel that has a session with one peer.  So that more than the first checks is
 * reached, the MAC of handshake messages is put right, the indices of the live session can be named
 * by a byte, and the content of a transport message can be sealed as the peer would seal it.
 */
#include <string.h>

#include "crypto/seeded.h"
#include "fuzz/fuzz.h"
#include "tunnel/inside.h"

static struct tunnel *make(struct seeded *s, uint64_t seed, struct node_key *public)
{
	seeded_init(s, seed);
	struct tunnel_config cfg = {.rng = seeded_rng(s), .peers_max = 2, .staged_max = 4};
	key_generate(cfg.key.b, &cfg.rng);
	key_public(public->b, cfg.key.b);
	struct tunnel *t = tunnel_new(&cfg, 0);
	FUZZ_ASSERT(t);
	return t;
}

static void carry(struct tunnel *from, struct tunnel *to, mono_ns now)
{
	uint8_t memory[PACKET_SIZE], reply[64];
	peer_id id;
	struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	if (!tunnel_output(from, &id, &p, now))
		return;
	struct wr w = wr_of(reply, sizeof(reply));
	FUZZ_ASSERT(tunnel_open(to, &p, &(struct tunnel_source){0}, now, &id, &w) <=
		    TUNNEL_DROPPED);
}

/* The next datagram of the input: a byte of what to put right, a length, content. */
static struct packet next(struct rd *r, struct tunnel *us, struct tunnel *peer,
			  uint8_t memory[PACKET_SIZE])
{
	uint8_t how = rd_u8(r);
	size_t n = rd_be16(r) % (PACKET_CONTENT_MAX + 1);
	struct packet p = packet_in(memory, PACKET_SIZE, PACKET_HEADROOM);
	uint8_t *room = packet_append(&p, n < r->left ? n : r->left);
	rd_copy(r, room, p.len);
	if (how & 1)
		FUZZ_ASSERT(tunnel_seal(peer, 0, &p, 0) <= TUNNEL_REFUSED);
	if (how & 2 && p.len >= 8) {
		struct wr w = wr_of(p.data + (p.data[0] == WG_RESPONSE ? 8 : 4), 4);
		wr_le32(&w, how & 4 ? us->peers[0].index : us->peers[0].current.local);
	}
	if (how & 8 && (p.len == WG_INITIATION_LEN || p.len == WG_RESPONSE_LEN))
		cookie_sign(&peer->peers[0].cookie, p.data, p.len, 0);
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of((struct bytes){data, size});
	struct seeded seeds[2];
	struct tunnel_peer_config keys[2] = {{.keepalive_s = 0}, {.keepalive_s = 0}};
	struct prefix prefix = {.ip = {4, {10}}, .bits = 8};
	struct tunnel *us = make(&seeds[0], 1, &keys[1].key),
		      *peer = make(&seeds[1], 2, &keys[0].key);
	FUZZ_ASSERT(tunnel_peer_add(us, 0, &keys[0], 0) == TUNNEL_ADDED);
	FUZZ_ASSERT(tunnel_peer_add(peer, 0, &keys[1], 0) == TUNNEL_ADDED);
	FUZZ_ASSERT(tunnel_allow(us, 0, &prefix));
	tunnel_handshake(peer, 0, 0);
	carry(peer, us, 0);
	carry(us, peer, 0);
	carry(peer, us, 0);
	FUZZ_ASSERT(us->peers[0].current.live);

	for (mono_ns now = 0; r.left > 0 && !r.bad; now += 30 * MSEC) {
		uint8_t memory[PACKET_SIZE], reply[64];
		peer_id id = PEER_NONE;
		struct wr w = wr_of(reply, sizeof(reply));
		struct packet p = next(&r, us, peer, memory);
		uint32_t len = p.len;
		const struct tunnel_source from = {.udp = {ip_v4(192, 0, 2, 1), 41641}};
		enum tunnel_opened opened = tunnel_open(us, &p, &from, now, &id, &w);
		FUZZ_ASSERT((opened == TUNNEL_COOKIE) == (w.n == WG_COOKIE_LEN));
		FUZZ_ASSERT((id == 0) == (opened != TUNNEL_COOKIE && opened != TUNNEL_DROPPED));
		FUZZ_ASSERT(opened != TUNNEL_PACKET ||
			    (p.len > 0 && p.len < len && p.data[0] >> 4 == 4));
		carry(us, peer, now);
	}
	tunnel_free(us);
	tunnel_free(peer);
	return 0;
}
