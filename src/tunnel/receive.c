#include "tunnel/inside.h"
#include "wire/ip.h"

/* --- handshake messages and cookies --- */

/* The bytes to which a source's cookie is bound; they lie in `memory` or are the key (tunnel.md
 * 6.2). */
static struct bytes cookie_source(const struct tunnel_source *from, uint8_t memory[static 18])
{
	if (from->relayed)
		return BYTES_OF(from->relayed->b);
	struct wr w = wr_of(memory, 18);
	uint8_t ip[16];
	ip_to_16(&from->udp.ip, ip);
	wr_put(&w, ip, sizeof(ip));
	wr_be16(&w, from->udp.port);
	return wr_done(&w);
}

/* May a message whose cookie was right be computed? */
static bool may_be_computed(struct tunnel *t, const struct tunnel_source *from, struct bytes bound,
			    mono_ns now)
{
	enum load_group group = from->relayed ? LOAD_RELAYED : LOAD_PEERS;
	struct peer *p = from->relayed ? peer_at(t, tunnel_peer_find(t, from->relayed))
				       : peer_source_find(t, bound);
	return p ? load_admit_peer(&t->load, group, &p->admitted[group], now)
		 : load_admit_stranger(&t->load, &from->udp.ip, now);
}

static uint32_t word_at(struct bytes d, size_t at)
{
	struct rd r = rd_of(d);
	rd_skip(&r, at);
	return rd_le32(&r);
}

/* The checks that cost next to nothing and need no key of the sender. A relay names the sender: it
 * answers for that key, so a message of a key that no peer has can be none that we want. */
static bool is_plausible(struct tunnel *t, enum wg_type type, struct bytes d,
			 const struct tunnel_source *from)
{
	if (from->relayed && tunnel_peer_find(t, from->relayed) == PEER_NONE) {
		t->stats.relayed_stranger++;
		return false;
	}
	if (!cookie_mac1_right(&t->checker, d)) {
		t->stats.bad_mac++;
		return false;
	}
	if (type == WG_RESPONSE && !peer_waiting_find(t, word_at(d, 8))) {
		t->stats.no_session++;
		return false;
	}
	return true;
}

/* TUNNEL_HANDSHAKE: the message may be computed (tunnel.md 6.1). */
static enum tunnel_opened admit(struct tunnel *t, enum wg_type type, struct bytes d,
				const struct tunnel_source *from, struct bytes bound, mono_ns now,
				struct wr *reply)
{
	struct wg_cookie cookie;
	if (!is_plausible(t, type, d, from))
		return TUNNEL_DROPPED;
	if (!load_count(&t->load, now))
		return TUNNEL_HANDSHAKE;
	bool proven = cookie_mac2_right(&t->checker, d, bound, now);
	if (proven && may_be_computed(t, from, bound, now))
		return TUNNEL_HANDSHAKE;
	t->stats.under_load++;
	if (proven)
		return TUNNEL_DROPPED;
	cookie_reply(&t->checker, d, word_at(d, 4), bound, &t->rng, now, &cookie);
	wg_write_cookie(reply, &cookie);
	if (reply->bad)
		return TUNNEL_DROPPED;
	t->stats.cookies_sent++;
	return TUNNEL_COOKIE;
}

static enum tunnel_opened open_handshake(struct tunnel *t, enum wg_type type, struct bytes d,
					 const struct tunnel_source *from, mono_ns now,
					 peer_id *peer, struct wr *reply)
{
	uint8_t memory[18];
	struct bytes bound = cookie_source(from, memory);
	enum tunnel_opened opened = admit(t, type, d, from, bound, now, reply);
	if (opened != TUNNEL_HANDSHAKE)
		return opened;
	opened = type == WG_INITIATION ? handshake_open_initiation(t, d, now, peer)
				       : handshake_open_response(t, d, now, peer);
	if (opened == TUNNEL_HANDSHAKE && !from->relayed)
		peer_source_set(t, &t->peers[*peer], bound);
	return opened;
}

/* A cookie proves only that somebody saw our message, not that the peer lives. */
static enum tunnel_opened open_cookie(struct tunnel *t, struct bytes d, mono_ns now)
{
	struct wg_cookie m;
	if (!wg_read_cookie(d, &m))
		return TUNNEL_DROPPED;
	struct peer *p = peer_waiting_find(t, m.receiver);
	if (!p && !peer_session_find(t, m.receiver, &p))
		t->stats.no_session++;
	else if (cookie_take(&p->cookie, &m, now))
		t->stats.cookies_taken++;
	else
		t->stats.unauthentic++;
	return TUNNEL_DROPPED;
}

/* --- transport messages --- */

/* Takes the padding off. False: not an IP packet, or the peer may not use its source address. */
static bool deliver(struct tunnel *t, peer_id id, struct packet *packet)
{
	struct ip src;
	size_t len;
	if (!ip_read_src(packet_bytes(packet), &src, &len)) {
		t->stats.malformed++;
		return false;
	}
	if (allowed_ips_find(&t->allowed, &src) != id) {
		t->stats.not_allowed++;
		return false;
	}
	return packet_trim(packet, len);
}

static void count_refused(struct tunnel *t, enum session_opened why)
{
	switch (why) {
	case SESSION_STALE:
		t->stats.stale++;
		break;
	case SESSION_REPLAYED:
		t->stats.replayed++;
		break;
	case SESSION_UNAUTHENTIC:
		t->stats.unauthentic++;
		break;
	case SESSION_OPENED:
		break;
	}
}

/* An initiator that only receives must renew the session too, or the other side's packets would be
 * lost when it ends. */
static void keep_fresh(struct tunnel *t, struct peer *p, mono_ns now)
{
	const struct session *s = &p->current;
	if (p->rekey_asked || !s->live || !s->initiator ||
	    mono_since(s->born, now) < REKEY_WHEN_RECEIVING)
		return;
	p->rekey_asked = true;
	handshake_want(t, p, now);
}

static enum tunnel_opened open_transport(struct tunnel *t, struct packet *packet, mono_ns now,
					 peer_id *peer)
{
	struct wg_transport m;
	struct peer *p;
	size_t whole = packet->len;
	if (!wg_read_transport(packet_bytes(packet), &m))
		return TUNNEL_DROPPED;
	struct session *s = peer_session_find(t, m.receiver, &p);
	if (!s) {
		t->stats.no_session++;
		return TUNNEL_DROPPED;
	}
	enum session_opened opened = session_open(s, m.counter, packet, now);
	if (opened != SESSION_OPENED) {
		count_refused(t, opened);
		return TUNNEL_DROPPED;
	}
	handshake_confirm(t, p, s, now);
	peer_count_received(p, whole);
	timers_received(&p->timers, now);
	keep_fresh(t, p, now);
	enum tunnel_opened result = TUNNEL_KEEPALIVE;
	if (packet->len > 0) {
		timers_data_received(&p->timers, now);
		result = deliver(t, peer_of(t, p), packet) ? TUNNEL_PACKET : TUNNEL_DROPPED;
	}
	peer_schedule(t, p);
	if (result != TUNNEL_DROPPED)
		*peer = peer_of(t, p);
	return result;
}

enum tunnel_opened tunnel_open(struct tunnel *t, struct packet *p,
			       const struct tunnel_source *source, mono_ns now, peer_id *peer,
			       struct wr *reply)
{
	struct bytes d = packet_bytes(p);
	enum wg_type type = wg_type_of(d);
	switch (type) {
	case WG_INITIATION:
	case WG_RESPONSE:
		return open_handshake(t, type, d, source, now, peer, reply);
	case WG_COOKIE:
		return open_cookie(t, d, now);
	case WG_TRANSPORT:
		return open_transport(t, p, now, peer);
	case WG_NONE:
		break;
	}
	t->stats.malformed++;
	return TUNNEL_DROPPED;
}
