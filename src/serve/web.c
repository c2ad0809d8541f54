/* web.c - HTTP on the streams of a listener
 *
 * Bounded: each stream that is not upgraded holds one request head (HTTP_HEAD_MAX) from its first
 * byte on, and is closed if its client sends requests without reading the answers.
 */
#include "serve/web.h"

#include <assert.h>
#include <stdlib.h>

struct web {
	struct http_routes routes;
	struct web_stats stats;
};

/* A stream, until it is upgraded or closed. */
struct visitor {
	struct web *web;
	struct listen_stream *stream;
	struct http_head *head; /* NULL: no byte has come yet */
};

static void visitor_free(void *self)
{
	struct visitor *v = self;
	http_head_free(v->head);
	free(v);
}

static enum listen_verdict upgrade(struct visitor *v, const struct http_upgrade *u)
{
	assert(u->route->take);
	if (!u->route->take(u->route->self, &u->request, v->stream))
		return LISTEN_CLOSE;
	visitor_free(v);
	return LISTEN_ON;
}

static enum listen_verdict on_input(void *self, struct bytes b, size_t *used)
{
	struct visitor *v = self;
	uint8_t answer[HTTP_ANSWER_MAX];
	struct wr w = wr_of(answer, sizeof(answer));
	struct http_upgrade u;
	if (!v->head && !(v->head = http_head_new()))
		return LISTEN_CLOSE;
	enum http_verdict verdict = http_serve(&v->web->routes, v->head, b, used, &w, &u);
	if (w.n)
		listen_write(v->stream, wr_done(&w));
	switch (verdict) {
	case HTTP_MORE:
		return LISTEN_ON;
	case HTTP_TAKE:
		return upgrade(v, &u);
	case HTTP_CLOSE:
		v->web->stats.pages++;
		return LISTEN_LINGER;
	case HTTP_NEXT:
		v->web->stats.pages++;
		/* An answer is longer than its question: a client that asks on and on, and does not
		 * read, is answered no more. */
		return listen_unsent(v->stream) > LISTEN_UNSENT_MAX ? LISTEN_LINGER : LISTEN_ON;
	}
	return LISTEN_CLOSE;
}

static bool on_stream(void *self, struct listen_stream *s, struct listen_owner *owner)
{
	struct visitor *v = calloc(1, sizeof(*v));
	if (!v)
		return false;
	*v = (struct visitor){.web = self, .stream = s};
	*owner = (struct listen_owner){.input = on_input, .gone = visitor_free, .self = v};
	return true;
}

struct web *web_new(void)
{
	return calloc(1, sizeof(struct web));
}

void web_free(struct web *w)
{
	free(w);
}

struct http_routes *web_routes(struct web *w)
{
	return &w->routes;
}

struct listen_accept web_accept(struct web *w)
{
	return (struct listen_accept){on_stream, w};
}

const struct web_stats *web_stats(const struct web *w)
{
	return &w->stats;
}
