/* io/http_get.h - one small GET over a stream of its own: was it answered, how, and how fast
 *
 * Only the head of the answer is looked at.  `done` is called once, never from inside
 * http_get_start; in it http_get_stop may be called.
 *
 * Source: netcheck.md 6.1 and 6.3.
 */
#ifndef IO_HTTP_GET_H
#define IO_HTTP_GET_H

#include "io/stream.h"

enum { HTTP_GET_HEAD_MAX = 8192 };

struct http_get_answer {
	int status;       /* 0: there was no answer */
	const char *head; /* its lines, each with \r\n; borrowed */
	mono_ns took;     /* from the request to the end of the head: without DNS, TCP and TLS */
	const char *why;  /* status 0: a sentence; borrowed */
};

struct http_get_config {
	struct stream_config stream; /* calls: not used; limit: until the head is whole */
	const char *path;            /* copied */
	const char *headers;         /* lines that end with \r\n, or ""; copied */
	void (*done)(void *self, const struct http_get_answer *a);
	void *self;
};

struct http_get;
struct http_get *
http_get_start(struct loop *l, struct dialer *d,
	       const struct http_get_config *cfg) MUST_USE; /* NULL: out of memory */
void http_get_stop(struct http_get *g); /* also after it is done; NULL is allowed */

/* Has the head a line with this name and exactly this value? Names are compared without case. */
bool http_get_header_is(const char *head, const char *name, const char *value);

#endif
