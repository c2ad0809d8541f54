/* Theory of operation.
 *
 * A tunnel is a table of peers.  Each peer has its handshake, four sessions, timers, a queue of
 * staged packets, and flags for what is due.  Three tables lead to a peer: by public key (an
 * initiation), by receiver index (every other datagram), by address (the owner's packets).
 *
 * Each thing is done in one place.  A function that finds that something must be sent sets a flag
 * of the peer and puts the peer on the list `output`; only tunnel_output makes messages.  A
 * function that sends or receives reports to timers.c; only timers.c sets deadlines.  The earliest
 * deadline of each peer stands in one heap.
 *
 * Bounded: peers and staged packets by the configuration; for each peer at most INDICES_PER_PEER
 * indices, one response, and one place on each of the two ready lists.  After tunnel_new only
 * prefixes and the two key schedules of each session take memory for longer than a call; packets
 * take none.
 *
 *   peer.c       the table of peers, receiver indices
 *   handshake.c  messages of the handshake, and how sessions follow each other
 *   receive.c    tunnel_open           send.c  tunnel_seal, tunnel_output
 */
#include <assert.h>
#include <stdlib.h>

#include "tunnel/inside.h"

/* Of a peer: four sessions, a waiting initiation, and one more while that is replaced. */
enum { INDICES_PER_PEER = 6 };

struct tunnel *tunnel_new(const struct tunnel_config *cfg, mono_ns now)
{
	struct tunnel *t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->rng = cfg->rng;
	t->wall_offset_ns = cfg->wall_offset_ns;
	t->peers_max = cfg->peers_max;
	noise_self_init(&t->self, &cfg->key);
	cookie_checker_init(&t->checker, &t->self.public);
	load_init(&t->load, &t->rng);
	hash_secret_generate(&t->secret, &t->rng);
	t->peers = calloc(cfg->peers_max ? cfg->peers_max : 1, sizeof(*t->peers));
	if (t->peers && index_init(&t->by_key, cfg->peers_max) &&
	    index_init(&t->by_source, cfg->peers_max) &&
	    index_init(&t->by_index, cfg->peers_max * INDICES_PER_PEER) &&
	    staged_init(&t->staged, cfg->staged_max) && heap_init(&t->deadlines, cfg->peers_max) &&
	    ready_init(&t->output, cfg->peers_max) && ready_init(&t->news, cfg->peers_max))
		return t;
	tunnel_free(t);
	return NULL;
}

void tunnel_free(struct tunnel *t)
{
	if (!t)
		return;
	for (peer_id id = 0; t->peers && id < t->peers_max; id++)
		if (t->peers[id].used)
			tunnel_peer_remove(t, id);
	index_fini(&t->by_key);
	index_fini(&t->by_source);
	index_fini(&t->by_index);
	allowed_ips_fini(&t->allowed);
	staged_fini(&t->staged);
	heap_fini(&t->deadlines);
	ready_fini(&t->output);
	ready_fini(&t->news);
	free(t->peers);
	key_wipe(t, sizeof(*t));
	free(t);
}

void tunnel_set_wall(struct tunnel *t, uint64_t wall_offset_ns)
{
	t->wall_offset_ns = wall_offset_ns;
}

bool tunnel_allow(struct tunnel *t, peer_id id, const struct prefix *p)
{
	return peer_at(t, id) && allowed_ips_add(&t->allowed, p, id);
}

bool tunnel_allows(struct tunnel *t, peer_id id, const struct prefix *p)
{
	return peer_at(t, id) && allowed_ips_has(&t->allowed, p, id);
}

bool tunnel_disallow_prefix(struct tunnel *t, peer_id id, const struct prefix *p)
{
	return peer_at(t, id) && allowed_ips_remove_prefix(&t->allowed, p, id);
}

void tunnel_disallow(struct tunnel *t, peer_id id)
{
	if (peer_at(t, id))
		allowed_ips_remove(&t->allowed, id);
}

peer_id tunnel_peer_for(const struct tunnel *t, const struct ip *dst)
{
	return allowed_ips_find(&t->allowed, dst);
}

mono_ns tunnel_deadline(const struct tunnel *t)
{
	return heap_first(&t->deadlines);
}

static void give_up(struct tunnel *t, struct peer *p)
{
	t->stats.stage_drops += p->staged.n;
	staged_clear(&t->staged, &p->staged);
	peer_stop_waiting(t, p);
	peer_tell_given_up(t, p);
}

static bool act(struct tunnel *t, struct peer *p, mono_ns now)
{
	switch (timers_due(&p->timers, now)) {
	case TIMERS_RETRY:
		peer_owe(t, p, DUE_INITIATION);
		return true;
	case TIMERS_GIVE_UP:
		give_up(t, p);
		return true;
	case TIMERS_KEEPALIVE:
		peer_owe(t, p, DUE_KEEPALIVE);
		return true;
	case TIMERS_SILENCE:
		handshake_want(t, p, now);
		return true;
	case TIMERS_ERASE:
		peer_sessions_end(t, p);
		peer_stop_waiting(t, p);
		return true;
	case TIMERS_NOTHING:
		break;
	}
	return false;
}

void tunnel_tick(struct tunnel *t, mono_ns now)
{
	peer_id id;
	while (heap_due(&t->deadlines, now, &id)) {
		struct peer *p = &t->peers[id];
		assert(p->used && p->scheduled_at <= now);
		p->scheduled_at = MONO_NEVER;
		while (act(t, p, now))
			;
		if (!session_may_receive(&p->current, now))
			p->status.session = false;
		peer_schedule(t, p);
	}
}

bool tunnel_event(struct tunnel *t, struct tunnel_event *ev)
{
	peer_id id;
	while (ready_next(&t->news, &id)) {
		struct peer *p = peer_at(t, id);
		if (!p || (!p->news.session && !p->news.given_up))
			continue;
		*ev = (struct tunnel_event){
			.kind = p->news.session ? TUNNEL_SESSION : TUNNEL_GIVEN_UP,
			.peer = id,
			.initiator = p->news.session && p->news.initiator,
		};
		if (p->news.session)
			p->news.session = false;
		else
			p->news.given_up = false;
		if (p->news.given_up)
			ready_add(&t->news, id);
		return true;
	}
	return false;
}

const struct tunnel_stats *tunnel_stats(const struct tunnel *t)
{
	return &t->stats;
}
