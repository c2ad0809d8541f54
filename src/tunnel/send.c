#include <string.h>

#include "tunnel/inside.h"

/* Seals a packet with the current session, and does all that follows from sending it. */
static bool seal(struct tunnel *t, struct peer *p, struct packet *packet, mono_ns now)
{
	bool data = packet->len > 0;
	if (!session_seal(&p->current, packet))
		return false;
	p->due &= ~(unsigned)DUE_KEEPALIVE;
	peer_count_sent(p, packet->len);
	timers_sent(&p->timers, now);
	if (data)
		timers_data_sent(&p->timers, now);
	if (session_wants_rekey(&p->current, data ? p->responder_after : MONO_NEVER, now))
		handshake_want(t, p, now);
	return true;
}

static enum tunnel_sealed stage(struct tunnel *t, struct peer *p, const struct packet *packet)
{
	switch (staged_put(&t->staged, &p->staged, packet_bytes(packet), TUNNEL_STAGED_PER_PEER)) {
	case STAGED_DROPPED_OLDEST:
		t->stats.stage_drops++;
		return TUNNEL_STAGED;
	case STAGED_KEPT:
		return TUNNEL_STAGED;
	case STAGED_TOO_LONG:
	case STAGED_NO_ROOM:
		break;
	}
	t->stats.no_room++;
	return TUNNEL_REFUSED;
}

enum tunnel_sealed tunnel_seal(struct tunnel *t, peer_id id, struct packet *packet, mono_ns now)
{
	struct peer *p = peer_at(t, id);
	enum tunnel_sealed result = TUNNEL_SEALED;
	if (!p)
		return TUNNEL_REFUSED;
	if (!session_may_send(&p->current, now)) {
		/* An empty packet need not wait: each new session begins with a keepalive. */
		result = packet->len > 0 ? stage(t, p, packet) : TUNNEL_STAGED;
		handshake_want(t, p, now);
	} else if (!seal(t, p, packet, now)) {
		t->stats.no_room++;
		result = TUNNEL_REFUSED;
	}
	peer_schedule(t, p);
	return result;
}

/* --- what the tunnel sends by itself --- */

static bool has_output(const struct peer *p, mono_ns now)
{
	return p->due != 0 || (p->staged.n > 0 && session_may_send(&p->current, now));
}

static bool make_response(struct tunnel *t, struct peer *p, struct packet *out, mono_ns now)
{
	p->due &= ~(unsigned)DUE_RESPONSE;
	uint8_t *room = packet_append(out, WG_RESPONSE_LEN);
	if (!room) {
		t->stats.no_room++;
		return false;
	}
	memcpy(room, p->response, WG_RESPONSE_LEN);
	timers_sent(&p->timers, now);
	peer_count_sent(p, WG_RESPONSE_LEN);
	return true;
}

static bool make_initiation(struct tunnel *t, struct peer *p, struct packet *out, mono_ns now)
{
	struct packet before = *out;
	p->due &= ~(unsigned)DUE_INITIATION;
	uint8_t *room = packet_append(out, WG_INITIATION_LEN);
	struct wr w = wr_of(room, room ? WG_INITIATION_LEN : 0);
	handshake_initiate(t, p, &w, now);
	if (w.bad || w.n == 0) {
		*out = before; /* no memory for an index: the next peer's turn */
		return false;
	}
	peer_count_sent(p, WG_INITIATION_LEN);
	return true;
}

/* False: `out` is as empty as before. */
static bool make_staged(struct tunnel *t, struct peer *p, struct packet *out, mono_ns now)
{
	struct packet before = *out;
	struct bytes content = staged_first(&t->staged, &p->staged);
	uint8_t *room = packet_append(out, content.n);
	if (room)
		memcpy(room, content.p, content.n);
	staged_drop(&t->staged, &p->staged);
	if (room && seal(t, p, out, now))
		return true;
	*out = before;
	t->stats.no_room++;
	return false;
}

static bool make_keepalive(struct tunnel *t, struct peer *p, struct packet *out, mono_ns now)
{
	p->due &= ~(unsigned)DUE_KEEPALIVE;
	if (!session_may_send(&p->current, now)) {
		handshake_want(t, p, now);
		return false;
	}
	if (seal(t, p, out, now))
		return true;
	t->stats.no_room++;
	return false;
}

static bool make_one(struct tunnel *t, struct peer *p, struct packet *out, mono_ns now)
{
	if (p->due & DUE_RESPONSE)
		return make_response(t, p, out, now);
	if (p->due & DUE_INITIATION)
		return make_initiation(t, p, out, now);
	if (p->staged.n > 0 && session_may_send(&p->current, now))
		return make_staged(t, p, out, now);
	if (p->due & DUE_KEEPALIVE)
		return make_keepalive(t, p, out, now);
	return false;
}

bool tunnel_output(struct tunnel *t, peer_id *peer, struct packet *out, mono_ns now)
{
	uint32_t id;
	while (ready_next(&t->output, &id)) {
		struct peer *p = peer_at(t, id);
		if (!p)
			continue;
		bool made = make_one(t, p, out, now);
		if (has_output(p, now))
			ready_add(&t->output, id);
		peer_schedule(t, p);
		if (made) {
			*peer = id;
			return true;
		}
	}
	return false;
}

void tunnel_handshake(struct tunnel *t, peer_id id, mono_ns now)
{
	struct peer *p = peer_at(t, id);
	if (!p || session_may_send(&p->current, now))
		return;
	handshake_want(t, p, now);
	peer_schedule(t, p);
}

void tunnel_unreached(struct tunnel *t, peer_id id, mono_ns now)
{
	struct peer *p = peer_at(t, id);
	/* If there is a `next`, our response was lost, not our initiation. */
	if (!p || p->initiated_at == MONO_NEVER || p->next.live)
		return;
	timers_hasten_retry(&p->timers, mono_max(now, p->initiated_at + UNREACHED_TIMEOUT));
	peer_schedule(t, p);
}
