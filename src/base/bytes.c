#include "base/bytes.h"

#include <string.h>

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool bytes_start(struct bytes a, struct bytes b)
{
	return a.n >= b.n && (b.n == 0 || memcmp(a.p, b.p, b.n) == 0);
}

struct rd rd_of(struct bytes b)
{
	return (struct rd){.p = b.p, .left = b.n};
}

struct bytes rd_take(struct rd *r, size_t n)
{
	if (r->bad || n > r->left) {
		r->bad = true;
		return (struct bytes){0};
	}
	struct bytes b = {r->p, n};
	if (n > 0)
		r->p += n;
	r->left -= n;
	return b;
}

/* Numbers are put together byte by byte: no alignment, no host order. */
static uint64_t take_be(struct rd *r, size_t n)
{
	struct bytes b = rd_take(r, n);
	uint64_t v = 0;
	for (size_t i = 0; i < b.n; i++)
		v = v << 8 | b.p[i];
	return v;
}

static uint64_t take_le(struct rd *r, size_t n)
{
	struct bytes b = rd_take(r, n);
	uint64_t v = 0;
	for (size_t i = b.n; i > 0; i--)
		v = v << 8 | b.p[i - 1];
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)take_be(r, 1);
}

uint16_t rd_be16(struct rd *r)
{
	return (uint16_t)take_be(r, 2);
}

uint32_t rd_be32(struct rd *r)
{
	return (uint32_t)take_be(r, 4);
}

uint64_t rd_be64(struct rd *r)
{
	return take_be(r, 8);
}

uint32_t rd_le32(struct rd *r)
{
	return (uint32_t)take_le(r, 4);
}

uint64_t rd_le64(struct rd *r)
{
	return take_le(r, 8);
}

void rd_copy(struct rd *r, void *out, size_t n)
{
	struct bytes b = rd_take(r, n);
	if (n == 0)
		return;
	if (b.n == n)
		memcpy(out, b.p, n);
	else
		memset(out, 0, n);
}

void rd_skip(struct rd *r, size_t n)
{
	(void)rd_take(r, n);
}

struct bytes rd_rest(struct rd *r)
{
	return rd_take(r, r->bad ? 0 : r->left);
}

bool rd_done(const struct rd *r)
{
	return !r->bad && r->left == 0;
}

struct wr wr_of(uint8_t *p, size_t cap)
{
	return (struct wr){.p = p, .cap = cap};
}

uint8_t *wr_room(struct wr *w, size_t n)
{
	if (w->bad || n > w->cap - w->n) {
		w->bad = true;
		return NULL;
	}
	uint8_t *p = w->p + w->n;
	w->n += n;
	return p;
}

static void put_be(struct wr *w, uint64_t v, size_t n)
{
	uint8_t *p = wr_room(w, n);
	if (!p)
		return;
	for (size_t i = n; i > 0; i--, v >>= 8)
		p[i - 1] = (uint8_t)v;
}

static void put_le(struct wr *w, uint64_t v, size_t n)
{
	uint8_t *p = wr_room(w, n);
	if (!p)
		return;
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

void wr_u8(struct wr *w, uint8_t v)
{
	put_be(w, v, 1);
}

void wr_be16(struct wr *w, uint16_t v)
{
	put_be(w, v, 2);
}

void wr_be32(struct wr *w, uint32_t v)
{
	put_be(w, v, 4);
}

void wr_be64(struct wr *w, uint64_t v)
{
	put_be(w, v, 8);
}

void wr_le32(struct wr *w, uint32_t v)
{
	put_le(w, v, 4);
}

void wr_le64(struct wr *w, uint64_t v)
{
	put_le(w, v, 8);
}

void wr_put(struct wr *w, const void *p, size_t n)
{
	uint8_t *room = wr_room(w, n);
	if (room && n > 0)
		memcpy(room, p, n);
}

void wr_bytes(struct wr *w, struct bytes b)
{
	wr_put(w, b.p, b.n);
}

void wr_zero(struct wr *w, size_t n)
{
	uint8_t *room = wr_room(w, n);
	if (room && n > 0)
		memset(room, 0, n);
}

struct bytes wr_done(const struct wr *w)
{
	return (struct bytes){w->p, w->n};
}

void hex_format(char *out, struct bytes b)
{
	static const char digit[] = "0123456789abcdef";
	for (size_t i = 0; i < b.n; i++) {
		*out++ = digit[b.p[i] >> 4];
		*out++ = digit[b.p[i] & 15];
	}
	*out = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_parse(uint8_t *out, size_t n, const char *text, size_t len)
{
	if (len != 2 * n)
		return false;
	for (size_t i = 0; i < len; i++)
		if (hex_digit(text[i]) < 0)
			return false;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(hex_digit(text[2 * i]) * 16 + hex_digit(text[2 * i + 1]));
	return true;
}
