/* Each slot in use stands in two lists: in its peer's queue, and among all slots by age.  Both are
 * in order of age, so the oldest slot of all is always the first of its peer's queue.
 */
#include "tunnel/staged.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/keys.h"

struct staged_slot {
	struct staged_queue *queue;
	uint32_t next; /* in the queue; or among the unused */
	uint32_t older, newer;
	uint32_t len;
	uint8_t content[PACKET_CONTENT_MAX];
};

static struct staged_slot *slot_at(const struct staged *s, uint32_t link)
{
	return &s->slots[link - 1];
}

bool staged_init(struct staged *s, uint32_t packets_max)
{
	*s = (struct staged){0};
	s->slots = calloc(packets_max ? packets_max : 1, sizeof(*s->slots));
	if (!s->slots)
		return false;
	s->slots_max = packets_max;
	return true;
}

void staged_fini(struct staged *s)
{
	while (s->oldest)
		staged_clear(s, slot_at(s, s->oldest)->queue);
	free(s->slots);
	*s = (struct staged){0};
}

static void leave_ages(struct staged *s, struct staged_slot *slot)
{
	if (slot->older)
		slot_at(s, slot->older)->newer = slot->newer;
	else
		s->oldest = slot->newer;
	if (slot->newer)
		slot_at(s, slot->newer)->older = slot->older;
	else
		s->newest = slot->older;
}

void staged_drop(struct staged *s, struct staged_queue *q)
{
	uint32_t link = q->first;
	if (!link)
		return;
	struct staged_slot *slot = slot_at(s, link);
	q->first = slot->next;
	if (!q->first)
		q->last = 0;
	q->n--;
	leave_ages(s, slot);
	key_wipe(slot->content, slot->len);
	slot->next = s->unused;
	s->unused = link;
}

void staged_clear(struct staged *s, struct staged_queue *q)
{
	while (q->first)
		staged_drop(s, q);
}

/* Slots that were used before come first, so memory is not touched before it is needed. */
static uint32_t take(struct staged *s)
{
	uint32_t link = s->unused;
	if (!link)
		return ++s->touched;
	s->unused = slot_at(s, link)->next;
	return link;
}

static void append(struct staged *s, struct staged_queue *q, uint32_t link)
{
	struct staged_slot *slot = slot_at(s, link);
	slot->queue = q;
	slot->next = 0;
	slot->newer = 0;
	slot->older = s->newest;
	if (s->newest)
		slot_at(s, s->newest)->newer = link;
	else
		s->oldest = link;
	s->newest = link;
	if (q->last)
		slot_at(s, q->last)->next = link;
	else
		q->first = link;
	q->last = link;
	q->n++;
}

enum staged_outcome staged_put(struct staged *s, struct staged_queue *q, struct bytes packet,
			       uint32_t max)
{
	enum staged_outcome outcome = STAGED_KEPT;
	if (packet.n > PACKET_CONTENT_MAX)
		return STAGED_TOO_LONG;
	if (max == 0 || s->slots_max == 0)
		return STAGED_NO_ROOM;
	bool full = !s->unused && s->touched == s->slots_max;
	if (q->n >= max || full) {
		staged_drop(s, q->n >= max ? q : slot_at(s, s->oldest)->queue);
		outcome = STAGED_DROPPED_OLDEST;
	}
	uint32_t link = take(s);
	struct staged_slot *slot = slot_at(s, link);
	slot->len = (uint32_t)packet.n;
	if (packet.n > 0)
		memcpy(slot->content, packet.p, packet.n);
	append(s, q, link);
	return outcome;
}

struct bytes staged_first(const struct staged *s, const struct staged_queue *q)
{
	if (!q->first)
		return (struct bytes){0};
	const struct staged_slot *slot = slot_at(s, q->first);
	return (struct bytes){slot->content, slot->len};
}
