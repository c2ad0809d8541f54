#include "io/http_get.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct http_get {
	struct loop *l;
	struct stream *s;
	struct loop_timer *limit;
	void (*done)(void *self, const struct http_get_answer *a);
	void *self;
	char request[1024];
	char head[HTTP_GET_HEAD_MAX + 1];
	size_t n;
	mono_ns asked_at;
	bool over;
};

static void finish(struct http_get *g, const struct http_get_answer *a)
{
	if (g->over)
		return;
	g->over = true;
	loop_timer_set(g->limit, MONO_NEVER);
	g->done(g->self, a); /* the owner may have freed g in it */
}

static void fail(struct http_get *g, const char *why)
{
	finish(g, &(struct http_get_answer){.head = "", .why = why});
}

static void on_up(void *self, const struct stream_up *up)
{
	struct http_get *g = self;
	g->asked_at = loop_now(g->l);
	if (!stream_write(g->s, (struct bytes){(const uint8_t *)g->request, strlen(g->request)}))
		fail(g, "out of memory");
}

/* 0: the first line is no status line (RFC 9112 s.4). */
static int status_of(const char *head)
{
	static const char digits[] = "0123456789";
	if (strncmp(head, "HTTP/1.", 7) != 0 || strspn(head + 7, digits) != 1 || head[8] != ' ' ||
	    strspn(head + 9, digits) != 3 || !strchr(" \r", head[12]))
		return 0;
	int status = (head[9] - '0') * 100 + (head[10] - '0') * 10 + head[11] - '0';
	return status >= 100 ? status : 0;
}

static void on_bytes(void *self, struct bytes b)
{
	struct http_get *g = self;
	size_t room = HTTP_GET_HEAD_MAX - g->n, n = b.n < room ? b.n : room;
	if (g->over)
		return;
	memcpy(g->head + g->n, b.p, n);
	g->n += n;
	g->head[g->n] = '\0';
	char *end = strstr(g->head, "\r\n\r\n");
	if (end)
		end[2] = '\0';
	int status = end ? status_of(g->head) : 0;
	if (status)
		finish(g, &(struct http_get_answer){.status = status,
						    .head = g->head,
						    .took = loop_now(g->l) - g->asked_at});
	else if (end || g->n == HTTP_GET_HEAD_MAX)
		fail(g, "the answer is not HTTP");
}

static void on_writable(void *self)
{
}

static void on_down(void *self, const char *why)
{
	fail(self, why);
}

static void on_limit(void *self)
{
	fail(self, "no whole answer within the time limit");
}

struct http_get *http_get_start(struct loop *l, struct dialer *d, const struct http_get_config *cfg)
{
	struct http_get *g = calloc(1, sizeof(*g));
	struct stream_config stream = cfg->stream;
	const char *host = stream.host;
	if (!g)
		return NULL;
	g->l = l;
	g->done = cfg->done;
	g->self = cfg->self;
	int n = snprintf(g->request, sizeof(g->request),
			 "GET %s HTTP/1.1\r\nHost: %s%s%s:%u\r\nConnection: close\r\n%s\r\n",
			 cfg->path, strchr(host, ':') ? "[" : "", host,
			 strchr(host, ':') ? "]" : "", (unsigned)stream.port, cfg->headers);
	if (!stream.limit)
		stream.limit = STREAM_CONNECT_LIMIT;
	stream.calls = (struct stream_calls){on_up, on_bytes, on_writable, on_down, g};
	g->limit = loop_timer_new(l, (struct loop_call){on_limit, g});
	if (g->limit && n > 0 && (size_t)n < sizeof(g->request))
		g->s = stream_open(d, &stream);
	if (!g->s) {
		http_get_stop(g);
		return NULL;
	}
	loop_timer_set(g->limit, loop_now(l) + stream.limit);
	return g;
}

void http_get_stop(struct http_get *g)
{
	if (!g)
		return;
	stream_close(g->s);
	loop_timer_free(g->limit);
	free(g);
}

bool http_get_header_is(const char *head, const char *name, const char *value)
{
	size_t n = strlen(name), m = strlen(value);
	for (const char *line = strstr(head, "\r\n"); line && line[2];
	     line = strstr(line + 2, "\r\n")) {
		const char *at = line + 2;
		if (strncasecmp(at, name, n) != 0 || at[n] != ':')
			continue;
		at += n + 1;
		at += strspn(at, " \t");
		if (strncmp(at, value, m) == 0 && strcspn(at + m, "\r\n") == strspn(at + m, " \t"))
			return true;
	}
	return false;
}
