#include "relay/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_MAX = DERP_HEADER_LEN + 64 /* of every frame without a field of free length */ };

static size_t room_for(const struct derp_frame *f)
{
	if (f->type == DERP_SEND_PACKET || f->type == DERP_RECV_PACKET)
		return DERP_HEADER_LEN + KEY_LEN + f->packet.packet.n;
	if (f->type == DERP_CLIENT_INFO)
		return DERP_HEADER_LEN + KEY_LEN + f->client_info.sealed.n;
	if (f->type == DERP_SERVER_INFO)
		return DERP_HEADER_LEN + f->server_info.sealed.n;
	if (f->type == DERP_HEALTH)
		return DERP_HEADER_LEN + f->health.n;
	return SMALL_MAX;
}

struct outbox_frame *outbox_frame_new(const struct derp_frame *f)
{
	size_t room = room_for(f);
	struct outbox_frame *o = malloc(sizeof(*o) + room);
	if (!o)
		return NULL;
	struct wr w = wr_of(o->b, room);
	derp_write(&w, f);
	if (w.bad) {
		free(o);
		return NULL;
	}
	o->next = o->older = o->newer = NULL;
	o->queue = NULL;
	o->queued_at = 0;
	o->sender = (struct outbox_sender){0};
	o->n = (uint32_t)w.n;
	return o;
}

size_t outbox_cost(const struct outbox_frame *f)
{
	return sizeof(*f) + f->n;
}

void outbox_push(struct outbox_queue *q, struct outbox_frame *f)
{
	f->next = NULL;
	f->queue = q;
	if (q->last)
		q->last->next = f;
	else
		q->first = f;
	q->last = f;
	q->n++;
}

struct outbox_frame *outbox_pop(struct outbox_queue *q)
{
	struct outbox_frame *f = q->first;
	if (!f)
		return NULL;
	q->first = f->next;
	if (!q->first)
		q->last = NULL;
	q->n--;
	return f;
}

/* How much one sender has in a queue. */
struct tally {
	uint64_t sender;
	uint32_t n;
};

struct tallies {
	struct tally v[OUTBOX_FAIR_MAX];
	uint32_t used;
};

static void count(struct tallies *t, uint64_t sender)
{
	uint32_t i = 0;
	while (i < t->used && t->v[i].sender != sender)
		i++;
	if (i == t->used)
		t->v[t->used++] = (struct tally){.sender = sender};
	t->v[i].n++;
}

/* The sender that has most, with one more for `next` if it has any. */
static uint64_t greatest(const struct tallies *t, uint64_t next)
{
	uint32_t most = 0;
	uint64_t sender = 0;
	for (uint32_t i = 0; i < t->used; i++) {
		uint32_t n = t->v[i].n + (t->v[i].sender == next);
		if (n > most) {
			most = n;
			sender = t->v[i].sender;
		}
	}
	return sender;
}

static void unlink_frame(struct outbox_queue *q, struct outbox_frame *before,
			 const struct outbox_frame *f)
{
	*(before ? &before->next : &q->first) = f->next;
	if (q->last == f)
		q->last = before;
	q->n--;
}

struct outbox_frame *outbox_take_fair(struct outbox_queue *q, const struct outbox_sender *next)
{
	struct tallies hosts = {.used = 0}, keys = {.used = 0};
	struct outbox_frame *f, *before = NULL;
	assert(q->n <= OUTBOX_FAIR_MAX);
	for (f = q->first; f; f = f->next)
		count(&hosts, f->sender.host);
	const uint64_t host = greatest(&hosts, next->host);
	for (f = q->first; f; f = f->next)
		if (f->sender.host == host)
			count(&keys, f->sender.key);
	const uint64_t key = greatest(&keys, next->key);
	for (f = q->first; f && (f->sender.host != host || f->sender.key != key); f = f->next)
		before = f;
	if (f)
		unlink_frame(q, before, f);
	return f;
}

size_t outbox_write(struct outbox_writing *w, uint8_t *out, size_t cap)
{
	if (!w->frame)
		return 0;
	size_t n = w->frame->n - w->at;
	if (n > cap)
		n = cap;
	memcpy(out, w->frame->b + w->at, n);
	w->at += (uint32_t)n;
	if (w->at == w->frame->n) {
		free(w->frame);
		*w = (struct outbox_writing){0};
	}
	return n;
}

void outbox_clear(struct outbox_queue *q)
{
	for (struct outbox_frame *f; (f = outbox_pop(q));)
		free(f);
}
