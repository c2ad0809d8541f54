#include "relay/outbox.h"

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
