#include <assert.h>
#include <string.h>

#include "tunnel/inside.h"

struct peer *peer_at(const struct tunnel *t, peer_id id)
{
	return id < t->peers_max && t->peers[id].used ? &t->peers[id] : NULL;
}

peer_id peer_of(const struct tunnel *t, const struct peer *p)
{
	return (peer_id)(p - t->peers);
}

static struct session *session_of(struct peer *p, uint32_t index)
{
	struct session *all[] = {&p->current, &p->next, &p->previous, &p->older};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i]->live && all[i]->local == index)
			return all[i];
	return NULL;
}

struct session *peer_session_find(const struct tunnel *t, uint32_t index, struct peer **p)
{
	peer_id id;
	for (struct index_walk w = index_walk(&t->by_index, index); index_next(&w, &id);) {
		struct session *s = session_of(&t->peers[id], index);
		if (s) {
			*p = &t->peers[id];
			return s;
		}
	}
	return NULL;
}

struct peer *peer_waiting_find(const struct tunnel *t, uint32_t index)
{
	peer_id id;
	for (struct index_walk w = index_walk(&t->by_index, index); index_next(&w, &id);)
		if (t->peers[id].waiting && t->peers[id].index == index)
			return &t->peers[id];
	return NULL;
}

bool peer_take_index(struct tunnel *t, const struct peer *p, uint32_t *index)
{
	struct index_walk w;
	peer_id taken;
	do {
		*index = rng_u32(&t->rng);
		w = index_walk(&t->by_index, *index);
	} while (index_next(&w, &taken));
	return index_add(&t->by_index, *index, peer_of(t, p));
}

static void drop_index(struct tunnel *t, const struct peer *p, uint32_t index)
{
	index_remove(&t->by_index, index, peer_of(t, p));
}

struct peer *peer_source_find(const struct tunnel *t, struct bytes source)
{
	peer_id id;
	struct index_walk w = index_walk(&t->by_source, hash_bytes(&t->secret, source));
	return index_next(&w, &id) ? &t->peers[id] : NULL;
}

static void forget_source(struct tunnel *t, struct peer *p)
{
	if (p->has_source)
		index_remove(&t->by_source, p->source, peer_of(t, p));
	p->has_source = false;
}

void peer_source_set(struct tunnel *t, struct peer *p, struct bytes source)
{
	uint64_t hash = hash_bytes(&t->secret, source);
	if (p->has_source && p->source == hash)
		return;
	forget_source(t, p);
	p->source = hash;
	p->has_source = index_add(&t->by_source, hash, peer_of(t, p));
}

void peer_session_end(struct tunnel *t, struct peer *p, struct session *s)
{
	if (s->live)
		drop_index(t, p, s->local);
	session_end(s);
}

void peer_sessions_end(struct tunnel *t, struct peer *p)
{
	peer_session_end(t, p, &p->older);
	peer_session_end(t, p, &p->previous);
	peer_session_end(t, p, &p->current);
	peer_session_end(t, p, &p->next);
	p->status.session = false;
	key_wipe(p->response, sizeof(p->response));
	p->due &= ~(unsigned)DUE_RESPONSE;
}

void peer_stop_waiting(struct tunnel *t, struct peer *p)
{
	if (p->waiting)
		drop_index(t, p, p->index);
	p->waiting = false;
	key_wipe(&p->noise, sizeof(p->noise));
}

void peer_owe(struct tunnel *t, struct peer *p, unsigned due)
{
	assert(p->used);
	p->due |= due;
	ready_add(&t->output, peer_of(t, p));
}

void peer_schedule(struct tunnel *t, struct peer *p)
{
	mono_ns at = timers_deadline(&p->timers);
	if (p->status.session)
		at = mono_min(at, p->current.born + REJECT_AFTER_TIME);
	if (at == p->scheduled_at)
		return;
	assert(p->used); /* only peers in use stand in the heap */
	p->scheduled_at = at;
	heap_set(&t->deadlines, peer_of(t, p), at);
}

void peer_tell_session(struct tunnel *t, struct peer *p, bool initiator, mono_ns now)
{
	p->status.session = true;
	p->status.handshake_at = now;
	p->news.session = true;
	p->news.initiator = initiator;
	p->news.given_up = false;
	ready_add(&t->news, peer_of(t, p));
}

void peer_tell_given_up(struct tunnel *t, struct peer *p)
{
	p->news.given_up = true;
	ready_add(&t->news, peer_of(t, p));
}

void peer_count_sent(struct peer *p, size_t bytes)
{
	p->status.tx_packets++;
	p->status.tx_bytes += bytes;
}

void peer_count_received(struct peer *p, size_t bytes)
{
	p->status.rx_packets++;
	p->status.rx_bytes += bytes;
}

static uint64_t hash_of(const struct tunnel *t, const struct node_key *key)
{
	return hash_bytes(&t->secret, BYTES_OF(key->b));
}

peer_id tunnel_peer_find(const struct tunnel *t, const struct node_key *key)
{
	peer_id id;
	for (struct index_walk w = index_walk(&t->by_key, hash_of(t, key)); index_next(&w, &id);)
		if (key_equal(t->peers[id].remote.key.b, key->b))
			return id;
	return PEER_NONE;
}

/* An unused peer is all zero, and its memory is not touched before it is used. */
static void fill(const struct tunnel *t, struct peer *p, const struct noise_remote *remote,
		 const struct tunnel_peer_config *cfg, mono_ns now)
{
	bool first = key_order(t->self.public.b, cfg->key.b) > 0;
	*p = (struct peer){
		.used = true,
		.remote = *remote,
		.initiated_at = MONO_NEVER,
		.initiation_at = MONO_NEVER,
		.responder_after = first ? REKEY_RESPONDER_FIRST : REKEY_RESPONDER_LAST,
		.scheduled_at = MONO_NEVER,
		.status.handshake_at = MONO_NEVER,
	};
	cookie_maker_init(&p->cookie, &cfg->key);
	timers_init(&p->timers, cfg->keepalive_s, now);
}

enum tunnel_add tunnel_peer_add(struct tunnel *t, peer_id id, const struct tunnel_peer_config *cfg,
				mono_ns now)
{
	struct noise_remote remote;
	enum tunnel_add result = TUNNEL_ADDED;
	if (id >= t->peers_max)
		return TUNNEL_FULL;
	if (t->peers[id].used || tunnel_peer_find(t, &cfg->key) != PEER_NONE)
		return TUNNEL_DUPLICATE;
	if (key_equal(cfg->key.b, t->self.public.b) ||
	    !noise_remote_init(&remote, &t->self, &cfg->key, cfg->psk))
		result = TUNNEL_BAD_KEY;
	else if (!index_add(&t->by_key, hash_of(t, &cfg->key), id))
		result = TUNNEL_NO_MEMORY;
	if (result == TUNNEL_ADDED) {
		fill(t, &t->peers[id], &remote, cfg, now);
		peer_schedule(t, &t->peers[id]);
	}
	key_wipe(&remote, sizeof(remote));
	return result;
}

void tunnel_peer_change(struct tunnel *t, peer_id id, const struct tunnel_peer_config *cfg,
			mono_ns now)
{
	struct peer *p = peer_at(t, id);
	if (!p)
		return;
	if (!key_equal(p->remote.psk, cfg->psk)) {
		memcpy(p->remote.psk, cfg->psk, sizeof(p->remote.psk));
		tunnel_peer_reset(t, id);
	}
	timers_set_persistent(&p->timers, cfg->keepalive_s, now);
	peer_schedule(t, p);
}

void tunnel_peer_reset(struct tunnel *t, peer_id id)
{
	struct peer *p = peer_at(t, id);
	if (!p)
		return;
	peer_sessions_end(t, p);
	peer_stop_waiting(t, p);
	p->initiated_at = MONO_NEVER;
	p->due = 0;
	timers_stop(&p->timers);
	peer_schedule(t, p);
	if (p->staged.n > 0) /* they waited for the handshake that was just forgotten */
		peer_owe(t, p, DUE_INITIATION);
}

void tunnel_peer_remove(struct tunnel *t, peer_id id)
{
	struct peer *p = peer_at(t, id);
	if (!p)
		return;
	staged_clear(&t->staged, &p->staged);
	tunnel_peer_reset(t, id);
	heap_set(&t->deadlines, id, MONO_NEVER);
	allowed_ips_remove(&t->allowed, id);
	forget_source(t, p);
	index_remove(&t->by_key, hash_of(t, &p->remote.key), id);
	key_wipe(p, sizeof(*p));
}

void tunnel_peer_status(const struct tunnel *t, peer_id id, struct tunnel_peer_status *out)
{
	const struct peer *p = peer_at(t, id);
	*out = p ? p->status : (struct tunnel_peer_status){.handshake_at = MONO_NEVER};
}
