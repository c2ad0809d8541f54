#include "relay/clients.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool clients_init(struct clients *t, uint32_t max, const struct rng *rng)
{
	*t = (struct clients){
		.max = max,
		.free_first = CLIENT_NONE,
		.ready_first = CLIENT_NONE,
		.ready_last = CLIENT_NONE,
		.expired_first = CLIENT_NONE,
	};
	hash_secret_generate(&t->secret, rng);
	t->v = calloc(max ? max : 1, sizeof(*t->v)); /* pages that were never used cost nothing */
	return t->v && index_init(&t->by_key, 0);
}

void clients_fini(struct clients *t)
{
	free(t->v);
	index_fini(&t->by_key);
	key_wipe(&t->secret, sizeof(t->secret));
	*t = (struct clients){0};
}

struct client *clients_get(struct clients *t, uint32_t i)
{
	if (i >= t->used)
		return NULL;
	struct client *c = &t->v[i];
	return c->state == CLIENT_GREETING || c->state == CLIENT_REGISTERED ? c : NULL;
}

uint32_t clients_take(struct clients *t)
{
	uint32_t i = t->free_first;
	if (i != CLIENT_NONE)
		t->free_first = t->v[i].after;
	else if (t->used < t->max)
		i = t->used++;
	else
		return CLIENT_NONE;
	t->v[i] = (struct client){
		.state = CLIENT_GREETING,
		.half_since = MONO_NEVER,
		.generation = t->v[i].generation + 1,
		.before = CLIENT_NONE,
		.after = CLIENT_NONE,
		.ring_before = i,
		.ring_after = i,
	};
	return i;
}

void clients_give_back(struct clients *t, uint32_t i)
{
	assert(t->v[i].state != CLIENT_FREE && !t->v[i].on_ready_list && !t->v[i].active);
	t->v[i].state = CLIENT_FREE;
	t->v[i].after = t->free_first;
	t->free_first = i;
}

/* --- by key --- */

uint32_t clients_find(const struct clients *t, const struct node_key *key)
{
	uint32_t i;
	uint64_t hash = hash_bytes(&t->secret, BYTES_OF(key->b));
	for (struct index_walk w = index_walk(&t->by_key, hash); index_next(&w, &i);)
		if (memcmp(t->v[i].key.b, key->b, KEY_LEN) == 0)
			return i;
	return CLIENT_NONE;
}

/* False: out of memory. It cannot fail where another client leaves: the table then has room. */
static bool make_active(struct clients *t, uint32_t i, uint32_t instead_of)
{
	if (instead_of != CLIENT_NONE) {
		t->v[instead_of].active = false;
		index_remove(&t->by_key, t->v[instead_of].hash, instead_of);
	}
	t->v[i].active = index_add(&t->by_key, t->v[i].hash, i);
	return t->v[i].active;
}

bool clients_register(struct clients *t, uint32_t i, const struct node_key *key)
{
	struct client *c = &t->v[i];
	uint32_t other = clients_find(t, key);
	assert(c->state == CLIENT_GREETING);
	c->key = *key;
	c->hash = hash_bytes(&t->secret, BYTES_OF(key->b));
	if (!make_active(t, i, other))
		return false;
	c->state = CLIENT_REGISTERED;
	if (other == CLIENT_NONE)
		return true;
	c->ring_before = other;
	c->ring_after = t->v[other].ring_after;
	t->v[c->ring_after].ring_before = i;
	t->v[other].ring_after = i;
	return true;
}

bool clients_activate(struct clients *t, uint32_t i)
{
	struct client *c = &t->v[i];
	/* A client that is not registered has no key yet. */
	return c->state == CLIENT_REGISTERED && !c->active &&
	       make_active(t, i, clients_find(t, &c->key));
}

uint32_t clients_unregister(struct clients *t, uint32_t i)
{
	struct client *c = &t->v[i];
	uint32_t other = c->ring_before == i ? CLIENT_NONE : c->ring_before;
	if (c->state != CLIENT_REGISTERED)
		return CLIENT_NONE;
	if (c->active && other != CLIENT_NONE)
		(void)make_active(t, other, i);
	else if (c->active)
		index_remove(&t->by_key, c->hash, i);
	t->v[c->ring_before].ring_after = c->ring_after;
	t->v[c->ring_after].ring_before = c->ring_before;
	c->ring_before = c->ring_after = i;
	c->active = false;
	return other;
}

/* --- the ready list --- */

void clients_ready_add(struct clients *t, uint32_t i)
{
	struct client *c = &t->v[i];
	if (c->listed)
		return;
	c->listed = c->on_ready_list = true;
	c->before = t->ready_last;
	c->after = CLIENT_NONE;
	if (t->ready_last == CLIENT_NONE)
		t->ready_first = i;
	else
		t->v[t->ready_last].after = i;
	t->ready_last = i;
}

void clients_ready_remove(struct clients *t, uint32_t i)
{
	struct client *c = &t->v[i];
	if (!c->on_ready_list)
		return;
	if (c->before == CLIENT_NONE)
		t->ready_first = c->after;
	else
		t->v[c->before].after = c->after;
	if (c->after == CLIENT_NONE)
		t->ready_last = c->before;
	else
		t->v[c->after].before = c->before;
	c->on_ready_list = false;
}

bool clients_ready_take(struct clients *t, uint32_t *i)
{
	if (t->ready_first == CLIENT_NONE)
		return false;
	*i = t->ready_first;
	clients_ready_remove(t, *i);
	return true;
}

/* --- the expired --- */

void clients_expired_add(struct clients *t, uint32_t i)
{
	assert(!t->v[i].on_ready_list && !t->v[i].active);
	t->v[i].state = CLIENT_EXPIRED;
	t->v[i].after = t->expired_first;
	t->expired_first = i;
}

bool clients_expired_take(struct clients *t, uint32_t *i)
{
	if (t->expired_first == CLIENT_NONE)
		return false;
	*i = t->expired_first;
	t->expired_first = t->v[*i].after;
	clients_give_back(t, *i);
	return true;
}
