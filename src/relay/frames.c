#include "relay/frames.h"

#include <stdlib.h>
#include <string.h>

enum { HELD_FIRST = 512 /* bytes; a WireGuard handshake or a disco message fits */ };

static void release(struct frames *f)
{
	free(f->held);
	f->held = NULL;
	f->n = f->cap = 0;
	f->used = false;
}

void frames_fini(struct frames *f)
{
	release(f);
	*f = (struct frames){0};
}

static struct bytes take(struct bytes *in, size_t n)
{
	if (n > in->n)
		n = in->n;
	struct bytes b = {in->p, n};
	*in = (struct bytes){n ? in->p + n : in->p, in->n - n};
	return b;
}

/* True when the whole header is there. */
static bool take_head(struct frames *f, struct bytes *in)
{
	struct bytes b = take(in, (size_t)(DERP_HEADER_LEN - f->n_head));
	if (b.n)
		memcpy(f->head + f->n_head, b.p, b.n);
	f->n_head = (uint8_t)(f->n_head + b.n);
	return f->n_head == DERP_HEADER_LEN;
}

static bool make_room(struct frames *f, size_t need)
{
	if (need <= f->cap)
		return true;
	size_t cap = f->cap ? f->cap : HELD_FIRST;
	while (cap < need)
		cap *= 2;
	if (cap > f->len)
		cap = f->len;
	uint8_t *held = realloc(f->held, cap);
	if (!held)
		return false;
	f->held = held;
	f->cap = (uint32_t)cap;
	return true;
}

static enum frames_got take_payload(struct frames *f, struct bytes *in, struct bytes *payload)
{
	if (f->n == 0 && in->n >= f->len) {
		*payload = take(in, f->len);
		f->n_head = 0;
		return FRAMES_FRAME;
	}
	if (in->n == 0)
		return FRAMES_MORE;
	struct bytes b = take(in, f->len - f->n);
	if (!make_room(f, f->n + b.n))
		return FRAMES_NO_MEMORY;
	memcpy(f->held + f->n, b.p, b.n);
	f->n += (uint32_t)b.n;
	if (f->n < f->len)
		return FRAMES_MORE;
	*payload = (struct bytes){f->held, f->n};
	f->used = true;
	f->n_head = 0;
	return FRAMES_FRAME;
}

static bool is_wanted(const struct frames_want *want, uint8_t type)
{
	return type < 32 && (want->types & FRAMES_WANT(type));
}

bool frames_half(const struct frames *f)
{
	return f->n_head > 0 || f->skip > 0;
}

enum frames_got frames_next(struct frames *f, const struct frames_want *want, struct bytes *in,
			    uint8_t *type, struct bytes *payload)
{
	if (f->used)
		release(f);
	for (;;) {
		f->skip -= (uint32_t)take(in, f->skip).n;
		if (f->skip)
			return FRAMES_MORE;
		bool fresh = f->n_head < DERP_HEADER_LEN;
		if (fresh && !take_head(f, in))
			return FRAMES_MORE;
		if (!derp_read_header(BYTES_OF(f->head), type, &f->len) || f->len > DERP_FRAME_MAX)
			return FRAMES_TOO_LONG;
		if (is_wanted(want, *type))
			break;
		f->skip = f->len;
		f->n_head = 0;
	}
	if (f->len > want->len_max)
		return FRAMES_TOO_LONG;
	return take_payload(f, in, payload);
}
