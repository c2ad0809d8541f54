#include "relay/inbox.h"

#include <stdlib.h>

enum {
	HEAD_LEN = 5, /* type and length, as in a DERP frame */
	/* Memory that stays while the inbox is empty, so that single packets cost no malloc. */
	KEPT_MAX = 16 * 1024,
	FIRST = 2048
};

void inbox_fini(struct inbox *i)
{
	free(i->p);
	*i = (struct inbox){0};
}

static bool make_room(struct inbox *i, size_t more)
{
	size_t need = i->n + more;
	if (need <= i->cap)
		return true;
	if (need > INBOX_MAX)
		return false;
	size_t cap = i->cap ? i->cap : FIRST;
	while (cap < need)
		cap *= 2;
	uint8_t *p = realloc(i->p, cap);
	if (!p)
		return false;
	i->p = p;
	i->cap = cap;
	return true;
}

/* If everything was read, begins at the front again. */
static void rewind_empty(struct inbox *i)
{
	if (i->read < i->n)
		return;
	i->n = i->read = 0;
	if (i->cap > KEPT_MAX)
		inbox_fini(i);
}

bool inbox_add(struct inbox *i, uint8_t type, struct bytes payload)
{
	rewind_empty(i);
	if (!make_room(i, HEAD_LEN + payload.n))
		return false;
	struct wr w = wr_of(i->p + i->n, i->cap - i->n);
	wr_u8(&w, type);
	wr_be32(&w, (uint32_t)payload.n);
	wr_bytes(&w, payload);
	i->n += w.n;
	return true;
}

bool inbox_take(struct inbox *i, uint8_t *type, struct bytes *payload)
{
	rewind_empty(i);
	if (i->read == i->n)
		return false;
	struct rd r = rd_of((struct bytes){i->p + i->read, i->n - i->read});
	*type = rd_u8(&r);
	uint32_t n = rd_be32(&r);
	*payload = rd_take(&r, n);
	i->read = i->n - r.left;
	return true;
}
