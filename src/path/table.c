/* Each peer has one timer in a heap.
 *
 * Each report to a machine is followed by settling: what is due now is done, and the timer is set
 * again.  A timer may go off early, because data that is sent or heard only ever moves a deadline
 * to a later time, and this is not worth a change of the heap; the timer is then set again. */
#include "path/table.h"

#include <assert.h>

uint64_t paths_hash(const struct paths *p, const uint8_t key[static KEY_LEN])
{
	return hash_bytes(&p->secret, (struct bytes){key, KEY_LEN});
}

struct peer_path *paths_peer_of(const struct paths *p, peer_id id)
{
	return id < p->peers_max && p->peers[id].used ? &p->peers[id] : NULL;
}

struct peer_path *paths_peer_by_node(const struct paths *p, const struct node_key *key)
{
	uint32_t id;
	for (struct index_walk w = index_walk(&p->by_node, paths_hash(p, key->b));
	     index_next(&w, &id);)
		if (key_equal(p->peers[id].key.b, key->b))
			return &p->peers[id];
	return NULL;
}

/* --- disco keys --- */

void paths_unindex_disco(struct paths *p, const struct peer_path *peer)
{
	if (peer_path_has_disco(peer))
		index_remove(&p->by_disco, paths_hash(p, peer->disco.b), peer->id);
}

static bool is_usable(const struct paths *p, const struct peer_path *peer,
		      const struct disco_key *key)
{
	return peer->state != PEER_PLAIN && !key_is_zero(key->b) &&
	       !key_equal(key->b, p->disco_public.b);
}

void paths_take_disco(struct paths *p, struct peer_path *peer, const struct disco_key *key,
		      mono_ns now)
{
	struct box_shared shared;
	peer->disco_next = (struct disco_key){0};
	if (!is_usable(p, peer, key) || key_equal(peer->disco.b, key->b) ||
	    !box_shared_of(&shared, p->disco.b, key->b))
		return;
	if (index_add(&p->by_disco, paths_hash(p, key->b), peer->id)) {
		paths_unindex_disco(p, peer);
		peer_path_set_disco(peer, &p->env, key, &shared, now);
	}
	key_wipe(&shared, sizeof(shared));
}

/* A peer may start again more than once, as a program does that fails and is restarted.  The rate
 * is for a peer that tells keys to keep us busy. */
static const struct bucket_rate told_key_rate = {1, 2 * SECOND, 4};

/* The peer's timer goes off then, or earlier. */
static void arm(struct paths *p, struct peer_path *peer, mono_ns at)
{
	if (at >= peer->timer)
		return;
	peer->timer = at;
	heap_set(&p->timers, peer->id, at);
}

void paths_take_told_disco(struct paths *p, struct peer_path *peer, mono_ns now)
{
	const struct disco_key key = peer->disco_next;
	if (key_is_zero(key.b))
		return;
	if (bucket_take(&peer->disco_rate, &told_key_rate, 1, now))
		paths_take_disco(p, peer, &key, now);
	else
		arm(p, peer, bucket_when(&peer->disco_rate, &told_key_rate, 1));
}

void paths_note_told_disco(struct paths *p, struct peer_path *peer, const struct disco_key *key)
{
	bool is_news = !key_equal(peer->disco.b, key->b);
	if (is_usable(p, peer, key))
		peer->disco_next = is_news ? *key : (struct disco_key){0};
}

/* --- settling --- */

void paths_settle(struct paths *p, struct peer_path *peer, mono_ns now)
{
	peer_path_tick(peer, &p->env, now);
	hard_on_peer(&p->hard, peer, now);
	mono_ns at = peer_path_deadline(peer, &p->env);
	arm(p, peer, at);
	assert(peer->used && heap_first(&p->timers) <= peer->timer && peer->timer <= at);
}

/* Is there something for this peer in what the finders have found? */
static bool concerns(const struct peer_path *peer)
{
	return peer->used && (peer->active || call_is_planned(&peer->call));
}

void paths_settle_gather(struct paths *p, mono_ns now)
{
	bool changed = gather_merge(&p->env.gather);
	if (changed)
		path_events_emit(&p->env.events,
				 &(struct path_event){.kind = PATH_SELF, .peer = PEER_NONE});
	for (uint32_t id = 0; id < p->peers_max; id++) {
		struct peer_path *peer = &p->peers[id];
		if (!concerns(peer))
			continue;
		if (changed)
			peer_path_on_own_candidates(peer, &p->env, now);
		paths_settle(p, peer, now);
	}
}
