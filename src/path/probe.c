#include "path/probe.h"

#include <stdlib.h>
#include <string.h>

/* The ids are our own random bytes, so any eight of them are a hash that no attacker can choose. */
static uint64_t hash_of(const struct disco_txid *txid)
{
	uint64_t hash;
	memcpy(&hash, txid->b, sizeof(hash));
	return hash;
}

static uint32_t room_for(uint32_t peers)
{
	if (peers >= PROBES_MAX / PROBES_PER_PEER)
		return PROBES_MAX;
	return peers * PROBES_PER_PEER < PROBES_MIN ? PROBES_MIN : peers * PROBES_PER_PEER;
}

bool probes_init(struct probes *t, uint32_t peers_max)
{
	uint32_t cap = room_for(peers_max);
	*t = (struct probes){.v = calloc(cap, sizeof(*t->v)), .cap = cap};
	if (!t->v || !index_init(&t->by_txid, cap)) {
		free(t->v);
		t->v = NULL;
		return false;
	}
	for (uint32_t i = 0; i < t->cap; i++)
		t->v[i].peer = PEER_NONE;
	return true;
}

void probes_fini(struct probes *t)
{
	index_fini(&t->by_txid);
	free(t->v);
}

static void release(struct probes *t, uint32_t i)
{
	if (t->v[i].peer == PEER_NONE)
		return;
	index_remove(&t->by_txid, hash_of(&t->v[i].txid), i);
	t->v[i].peer = PEER_NONE;
}

struct probe *probes_begin(struct probes *t, peer_id peer, const struct way *via, bool for_person,
			   const struct rng *rng, mono_ns now)
{
	uint32_t i = t->next;
	struct probe *p = &t->v[i];
	t->next = (i + 1) % t->cap;
	release(t, i);
	*p = (struct probe){.peer = peer, .via = *via, .sent_at = now, .for_person = for_person};
	rng_fill(rng, p->txid.b, DISCO_TXID_LEN);
	if (!index_add(&t->by_txid, hash_of(&p->txid), i))
		p->peer = PEER_NONE; /* the ping goes out, but its pong will not be expected */
	return p;
}

bool probes_end(struct probes *t, const struct disco_txid *txid, mono_ns now, struct probe *out)
{
	uint32_t i;
	for (struct index_walk w = index_walk(&t->by_txid, hash_of(txid)); index_next(&w, &i);) {
		if (memcmp(t->v[i].txid.b, txid->b, DISCO_TXID_LEN) != 0)
			continue;
		if (mono_since(t->v[i].sent_at, now) > PROBE_LIFETIME)
			return false;
		*out = t->v[i];
		release(t, i);
		return true;
	}
	return false;
}

void probes_forget(struct probes *t, peer_id peer)
{
	for (uint32_t i = 0; i < t->cap; i++)
		if (t->v[i].peer == peer)
			release(t, i);
}
