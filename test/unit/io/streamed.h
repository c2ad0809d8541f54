/* streamed.h - one stream of a loop and a dialer of its own, and what its owner was told of it */
#ifndef IO_STREAMED_H
#define IO_STREAMED_H

#include <stdio.h>
#include <stdlib.h>

#include "io/clock.h"
#include "io/stream.h"
#include "unit/unit.h"

enum { BYTES_MAX = 4 << 20 };

struct seen {
	struct loop *l;
	struct dialer *d;
	struct stream *s;
	struct stream_up up;
	unsigned ups, downs, writables;
	char why[FAILURE_MAX];
	uint8_t *bytes;
	size_t n, cap;
	bool close_on_up, close_on_bytes, close_on_down;
};

static inline void close_now(struct seen *c)
{
	stream_close(c->s);
	c->s = NULL;
}

static inline void on_up(void *self, const struct stream_up *up)
{
	struct seen *c = self;
	c->ups++;
	c->up = *up;
	if (c->close_on_up)
		close_now(c);
}

static inline void on_bytes(void *self, struct bytes b)
{
	struct seen *c = self;
	assert_true(c->n + b.n <= c->cap);
	memcpy(c->bytes + c->n, b.p, b.n);
	c->n += b.n;
	if (c->close_on_bytes) {
		close_now(c);
		assert_true(b.p[0] != 0); /* still there */
	}
}

static inline void on_writable(void *self)
{
	((struct seen *)self)->writables++;
}

static inline void on_down(void *self, const char *why)
{
	struct seen *c = self;
	c->downs++;
	snprintf(c->why, sizeof(c->why), "%s", why);
	if (c->close_on_down)
		close_now(c);
}

static inline struct seen begin(void)
{
	struct seen c = {.l = loop_new(), .bytes = malloc(BYTES_MAX), .cap = BYTES_MAX};
	c.d = dialer_new(c.l);
	return c;
}

static inline void end(struct seen *c)
{
	stream_close(c->s);
	for (int i = 0; i < 3; i++)
		loop_turn(c->l, 0);
	dialer_free(c->d);
	loop_free(c->l);
	free(c->bytes);
}

/* Without a proxy, unless the test names one. */
static inline void open_stream(struct seen *c, struct stream_config cfg)
{
	cfg.calls = (struct stream_calls){on_up, on_bytes, on_writable, on_down, c};
	if (!cfg.proxy)
		cfg.proxy = "";
	c->s = stream_open(c->d, &cfg);
	assert_non_null(c->s);
	assert_int_equal(c->ups + c->downs, 0);
	assert_int_equal(stream_room(c->s), 0);
}

/* Until it came, or for five seconds. */
static inline void turn_until(struct seen *c, const unsigned *what)
{
	mono_ns limit = clock_now() + 5 * SECOND;
	while (*what == 0 && clock_now() < limit)
		loop_turn(c->l, 20 * MSEC);
}

#endif
