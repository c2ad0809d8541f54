#include "tunnel/inside.h"
#include "wire/ip.h"

/* --- handshake messages and cookies --- */

/* The cheap checks of an initiation or response, the cheapest first (tunnel.md 6.1). */
static enum tunnel_opened admit(struct tunnel *t, struct bytes d, uint32_t sender,
				struct bytes source, mono_ns now, struct wr *reply)
{
	struct wg_cookie cookie;
	if (!cookie_mac1_right(&t->checker, d)) {
		t->stats.bad_mac++;
		return TUNNEL_DROPPED;
	}
	if (!load_count(&t->load, now))
		return TUNNEL_HANDSHAKE;
	if (cookie_mac2_right(&t->checker, d, source, now)) {
		if (load_admit(&t->load, source, now))
			return TUNNEL_HANDSHAKE;
		t->stats.under_load++;
		return TUNNEL_DROPPED;
	}
	t->stats.under_load++;
	cookie_reply(&t->checker, d, sender, source, &t->rng, now, &cookie);
	wg_write_cookie(reply, &cookie);
	if (reply->bad)
		return TUNNEL_DROPPED;
	t->stats.cookies_sent++;
	return TUNNEL_COOKIE;
}

static uint32_t sender_of(struct bytes d)
{
	struct rd r = rd_of(d);
	rd_skip(&r, 4);
	return rd_le32(&r);
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

enum tunnel_opened tunnel_open(struct tunnel *t, struct packet *p, struct bytes source, mono_ns now,
			       peer_id *peer, struct wr *reply)
{
	struct bytes d = packet_bytes(p);
	enum wg_type type = wg_type_of(d);
	enum tunnel_opened first;
	switch (type) {
	case WG_INITIATION:
	case WG_RESPONSE:
		first = admit(t, d, sender_of(d), source, now, reply);
		if (first != TUNNEL_HANDSHAKE)
			return first;
		return type == WG_INITIATION ? handshake_open_initiation(t, d, now, peer)
					     : handshake_open_response(t, d, now, peer);
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
