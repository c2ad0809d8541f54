/* Handshake messages, made and taken, and how the four sessions of a peer follow each other
 * (tunnel.md 4.1).
 *
 *   we initiate       `waiting`; the response makes the session `current`: we send on it at once
 *   the peer does     we answer at once; the session is `next`: we receive on it, but send on it
 *                     only when a message has come on it, for our answer may be lost
 *   `previous`        what was current before; messages under way still arrive on it
 *   `older`           what was previous before; after two handshakes at the same moment each side
 *                     sends on the other's `previous`, also while the next handshake begins
 *
 * Our own initiation and our answer to the peer's live side by side.  So if both sides initiate at
 * the same moment, both handshakes succeed, each side has both sessions, and each can open what the
 * other sends.  When a session is confirmed, a waiting initiation of ours is forgotten.
 *
 * The peer may have restarted at any time, so a newer initiation is taken whatever sessions there
 * are.
 */
#include <assert.h>
#include <string.h>

#include "tunnel/inside.h"

/* TAI64N counts from 2^62, and TAI was 10 s ahead of UTC when Unix time began. */
#define TAI64_EPOCH   UINT64_C(0x400000000000000a)
#define STAMP_TICK_NS (UINT64_C(1) << 24) /* about 17 ms: a finer clock would tell about us */

static mono_ns rekey_jitter(const struct tunnel *t)
{
	return rng_below(&t->rng, REKEY_JITTER_MAX + 1);
}

void handshake_want(struct tunnel *t, struct peer *p, mono_ns now)
{
	mono_ns not_before = 0;
	timers_session_wanted(&p->timers, now);
	if (p->due & DUE_INITIATION || timers_retrying(&p->timers))
		return;
	if (p->initiated_at != MONO_NEVER)
		not_before = p->initiated_at + REKEY_TIMEOUT;
	/* We have just answered the peer's own initiation: most likely it sends something soon. */
	if (p->next.live)
		not_before = mono_max(not_before, p->next.born + REKEY_TIMEOUT);
	if (not_before > now)
		timers_wait_until(&p->timers, not_before);
	else
		peer_owe(t, p, DUE_INITIATION);
}

/* Always later than the last stamp sent, even if the clock stood still or went back. */
static void make_stamp(const struct tunnel *t, struct peer *p, mono_ns now)
{
	uint64_t unix_ns = now + t->wall_offset_ns;
	uint64_t s = TAI64_EPOCH + unix_ns / SECOND;
	uint64_t ns = unix_ns % SECOND / STAMP_TICK_NS * STAMP_TICK_NS;
	struct rd last = rd_of(BYTES_OF(p->stamp_sent));
	uint64_t last_s = rd_be64(&last), last_ns = rd_be32(&last);
	if (s < last_s || (s == last_s && ns <= last_ns)) {
		s = last_s;
		ns = last_ns + STAMP_TICK_NS;
	}
	if (ns >= SECOND) {
		s++;
		ns = 0;
	}
	struct wr w = wr_of(p->stamp_sent, sizeof(p->stamp_sent));
	wr_be64(&w, s);
	wr_be32(&w, (uint32_t)ns);
}

/* Both write a whole message with zero MACs: cookie_sign fills them in. */
static void write_initiation(struct wr *out, uint32_t sender, const struct noise_initiation *n)
{
	struct wg_initiation m = {.sender = sender};
	memcpy(m.ephemeral, n->ephemeral, sizeof(m.ephemeral));
	memcpy(m.sealed_static, n->sealed_static, sizeof(m.sealed_static));
	memcpy(m.sealed_stamp, n->sealed_stamp, sizeof(m.sealed_stamp));
	wg_write_initiation(out, &m);
}

static void write_response(struct wr *out, uint32_t sender, uint32_t receiver,
			   const struct noise_response *n)
{
	struct wg_response m = {.sender = sender, .receiver = receiver};
	memcpy(m.ephemeral, n->ephemeral, sizeof(m.ephemeral));
	memcpy(m.sealed_nothing, n->sealed_nothing, sizeof(m.sealed_nothing));
	wg_write_response(out, &m);
}

void handshake_initiate(struct tunnel *t, struct peer *p, struct wr *out, mono_ns now)
{
	struct noise_initiation n;
	p->initiated_at = now;
	timers_initiation_sent(&p->timers, now, rekey_jitter(t));
	peer_stop_waiting(t, p);
	assert(!p->waiting);
	if (!peer_take_index(t, p, &p->index))
		return;
	p->waiting = true;
	make_stamp(t, p, now);
	noise_initiate(&p->noise, &t->self, &p->remote, p->stamp_sent, &t->rng, &n);
	size_t start = out->n;
	write_initiation(out, p->index, &n);
	if (out->bad) {
		t->stats.no_room++;
		return;
	}
	cookie_sign(&p->cookie, out->p + start, WG_INITIATION_LEN, now);
	timers_sent(&p->timers, now);
}

/* --- the peer initiates --- */

/* Answers an authentic, new initiation: begins the next session, and keeps the response in p. */
static bool respond(struct tunnel *t, struct peer *p, struct noise *n, uint32_t sender, mono_ns now)
{
	struct noise_response message;
	struct noise_keys keys;
	uint32_t index = 0;
	if (!noise_respond(n, &p->remote, &t->rng, &message, &keys))
		return false;
	peer_session_end(t, p, &p->next);
	bool ok = session_begin(&p->next, &keys, false, now);
	if (ok && !peer_take_index(t, p, &index)) {
		session_end(&p->next);
		ok = false;
	}
	key_wipe(&keys, sizeof(keys));
	if (!ok)
		return false;
	p->next.local = index;
	p->next.remote = sender;
	struct wr w = wr_of(p->response, sizeof(p->response));
	write_response(&w, index, sender, &message);
	cookie_sign(&p->cookie, p->response, sizeof(p->response), now);
	return true;
}

/* Is an authentic initiation neither a replay nor one too many? */
static bool is_new(struct tunnel *t, const struct peer *p,
		   const uint8_t stamp[static NOISE_STAMP_LEN], mono_ns now)
{
	if (memcmp(stamp, p->stamp_seen, NOISE_STAMP_LEN) <= 0) {
		t->stats.replayed++;
		return false;
	}
	if (mono_since(p->initiation_at, now) < INITIATION_SPACING) {
		t->stats.flood++;
		return false;
	}
	return true;
}

/* The peer that sent an initiation; n is then ready for the response. NULL: it is counted, and must
 * not be answered. */
static struct peer *read_initiation(struct tunnel *t, const struct wg_initiation *m,
				    struct noise *n, mono_ns now)
{
	struct noise_initiation in;
	struct node_key claimed;
	uint8_t stamp[NOISE_STAMP_LEN];
	memcpy(in.ephemeral, m->ephemeral, sizeof(in.ephemeral));
	memcpy(in.sealed_static, m->sealed_static, sizeof(in.sealed_static));
	memcpy(in.sealed_stamp, m->sealed_stamp, sizeof(in.sealed_stamp));
	if (!noise_read_static(n, &t->self, &in, &claimed)) {
		t->stats.unauthentic++;
		return NULL;
	}
	struct peer *p = peer_at(t, tunnel_peer_find(t, &claimed));
	if (!p) {
		t->stats.unknown_peer++;
		return NULL;
	}
	if (!noise_read_stamp(n, &p->remote, &in, stamp)) {
		t->stats.unauthentic++;
		return NULL;
	}
	if (!is_new(t, p, stamp, now))
		return NULL;
	memcpy(p->stamp_seen, stamp, sizeof(stamp));
	p->initiation_at = now;
	return p;
}

enum tunnel_opened handshake_open_initiation(struct tunnel *t, struct bytes d, mono_ns now,
					     peer_id *peer)
{
	struct wg_initiation m;
	struct noise n;
	struct peer *p = wg_read_initiation(d, &m) ? read_initiation(t, &m, &n, now) : NULL;
	bool ok = p && respond(t, p, &n, m.sender, now);
	key_wipe(&n, sizeof(n));
	if (p && !ok)
		t->stats.unauthentic++;
	if (!ok)
		return TUNNEL_DROPPED;
	peer_count_received(p, d.n);
	timers_received(&p->timers, now);
	timers_session_derived(&p->timers, now, rekey_jitter(t));
	peer_owe(t, p, DUE_RESPONSE);
	peer_schedule(t, p);
	*peer = peer_of(t, p);
	return TUNNEL_HANDSHAKE;
}

/* --- the peer responds --- */

static void make_current(struct tunnel *t, struct peer *p, struct session *new)
{
	peer_session_end(t, p, &p->older);
	session_move(&p->older, &p->previous);
	session_move(&p->previous, &p->current);
	session_move(&p->current, new);
	assert(p->current.live && !new->live);
}

static bool finish(struct tunnel *t, struct peer *p, const struct wg_response *m, mono_ns now)
{
	struct noise_response in;
	struct noise_keys keys;
	struct session new = {0};
	memcpy(in.ephemeral, m->ephemeral, sizeof(in.ephemeral));
	memcpy(in.sealed_nothing, m->sealed_nothing, sizeof(in.sealed_nothing));
	if (!noise_finish(&p->noise, &t->self, &p->remote, &in, &keys))
		return false;
	bool ok = session_begin(&new, &keys, true, now);
	key_wipe(&keys, sizeof(keys));
	if (!ok) {
		peer_stop_waiting(t, p);
		return false;
	}
	new.local = p->index;
	new.remote = m->sender;
	p->waiting = false; /* its index is the session's now */
	make_current(t, p, &new);
	return true;
}

/* We can send now. Staged packets go out, or else a keepalive: it confirms the session to the
 * responder. */
static void begun(struct tunnel *t, struct peer *p, mono_ns now)
{
	p->rekey_asked = false;
	p->due &= ~(unsigned)DUE_INITIATION;
	timers_handshake_done(&p->timers);
	peer_tell_session(t, p, p->current.initiator, now);
	peer_owe(t, p, p->current.initiator ? DUE_KEEPALIVE : 0);
}

enum tunnel_opened handshake_open_response(struct tunnel *t, struct bytes d, mono_ns now,
					   peer_id *peer)
{
	struct wg_response m;
	struct peer *p = wg_read_response(d, &m) ? peer_waiting_find(t, m.receiver) : NULL;
	if (!p) {
		t->stats.no_session++;
		return TUNNEL_DROPPED;
	}
	if (!finish(t, p, &m, now)) {
		t->stats.unauthentic++;
		return TUNNEL_DROPPED;
	}
	peer_count_received(p, d.n);
	timers_received(&p->timers, now);
	timers_session_derived(&p->timers, now, rekey_jitter(t));
	begun(t, p, now);
	peer_schedule(t, p);
	*peer = peer_of(t, p);
	return TUNNEL_HANDSHAKE;
}

void handshake_confirm(struct tunnel *t, struct peer *p, struct session *s, mono_ns now)
{
	if (s != &p->next)
		return;
	make_current(t, p, &p->next);
	peer_stop_waiting(t, p);
	begun(t, p, now);
}
