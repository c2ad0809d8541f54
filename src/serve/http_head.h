/* serve/http_head.h - the head of one HTTP/1 request: method, path, query, headers
 *
 * Bytes in, one request out, without I/O, over http-parser.  The bytes may come in pieces of any
 * size.  A body is never read.
 *
 * Source: RFC 9112; the limits: docs/protocol/derp.md 2.2.
 */
#ifndef SERVE_HTTP_HEAD_H
#define SERVE_HTTP_HEAD_H

#include "base/bytes.h"

enum {
	HTTP_HEAD_MAX = 8192,     /* bytes; a longer head is refused */
	HTTP_HEAD_LINES_MAX = 100 /* header lines; a head with more is refused */
};

/* Bits, so that a route can name several. */
enum { METHOD_GET = 1, METHOD_HEAD = 2, METHOD_POST = 4, METHOD_OTHER = 8, METHOD_ANY = 15 };

struct http_head;

/* Borrowed from the http_head, until its next input. */
struct http_request {
	unsigned method;    /* one bit */
	struct bytes path;  /* as it was sent, without the query */
	struct bytes query; /* what follows '?'; empty: none */
	bool has_body;
	bool keep_alive; /* the client takes a further answer on this connection */
	const struct http_head *head;
};

enum http_head_progress {
	HTTP_HEAD_MORE, /* not complete; all bytes were taken */
	HTTP_HEAD_DONE, /* the request is set; the next input begins another head */
	HTTP_HEAD_BAD,  /* this is not HTTP; feed no more */
	HTTP_HEAD_LONG  /* over a limit; feed no more */
};

struct http_head *http_head_new(void) MUST_USE; /* NULL: out of memory */
void http_head_free(struct http_head *h);       /* NULL is allowed */
/* *used: how many bytes belong to the head. Bytes behind a complete head are not taken. */
enum http_head_progress http_head_input(struct http_head *h, struct bytes b, size_t *used,
					struct http_request *request) MUST_USE;

/* The value of the header of this name, in any case. Empty: there is none, or the name comes more
 * than once. A value may hold any byte but CR and LF. */
struct bytes http_header(const struct http_request *q, const char *name);

/* Is the text this word? The case does not matter. */
bool http_is(struct bytes text, const char *word);
/* Is `word` among the words of a list with commas? The case does not matter. */
bool http_lists(struct bytes list, const char *word);

#endif
