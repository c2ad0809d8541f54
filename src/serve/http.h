/* serve/http.h - the routes of a web server, and its answers
 *
 * A table says which handler answers a request.  http_serve() reads a request and writes the
 * answer, without I/O; web.h does so on the streams of a listener.
 *
 * What http_serve() answers by itself:
 *
 *   not HTTP                                   400
 *   a head over a limit of http_head.h         431
 *   a path of no route                         404 for GET and HEAD, else 405
 *   a method that the route does not take      405
 *   an answer that cannot be written           500
 *
 * The connection stays open for a further request, unless the request has a body, the client wants
 * to close, or the status is from 400 to 499 and not 404.
 *
 * Source: RFC 9110; docs/protocol/derp.md 7.1.
 */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include "serve/http_head.h"

enum {
	HTTP_ROUTES_MAX = 32,
	HTTP_HEADERS_MAX = 1024,    /* bytes of the headers that a handler adds */
	HTTP_BODY_MAX = 8 * 1024,   /* bytes of an answer's body */
	HTTP_ANSWER_MAX = 10 * 1024 /* bytes of a whole answer */
};

/* What a handler answers. It begins as an empty 200. */
struct http_answer {
	const char *status; /* "200 OK"; static text. NULL: no head goes out (upgrades only) */
	const char *type;   /* of the body; static text. NULL: plain text in UTF-8 */
	struct wr headers;  /* http_add_header() */
	struct wr body;     /* http_add_text(); empty: none */
	bool upgrade;       /* the stream is the route's after this answer: its `take` is called */
};
/* A value with CR or LF spoils the answer, which becomes 500: no request may write headers of its
 * own into an answer. */
void http_add_header(struct http_answer *a, const char *name, const char *value);
void http_add_text(struct http_answer *a, const char *text);

struct listen_stream;

struct http_route {
	unsigned methods; /* bits: METHOD_GET, ... */
	const char *path; /* kept */
	bool prefix;      /* for all paths that begin so */
	void (*answer)(void *self, const struct http_request *q, struct http_answer *a);
	/* After an upgrade: becomes the owner of the stream by listen_give(). The bytes behind the
	 * request go to the new owner. False, without listen_give(): close the stream. NULL: the
	 * route never upgrades. */
	bool (*take)(void *self, const struct http_request *q, struct listen_stream *s);
	void *self;
};

struct http_routes {
	struct http_route route[HTTP_ROUTES_MAX];
	size_t n;
};
/* The route is copied. Of two routes for one path the one that was added first serves. False:
 * HTTP_ROUTES_MAX reached. */
bool http_routes_add(struct http_routes *routes, const struct http_route *route) MUST_USE;

enum http_verdict {
	HTTP_MORE,  /* the head is not complete */
	HTTP_NEXT,  /* write the answer; a further request may follow */
	HTTP_CLOSE, /* write the answer, then close */
	HTTP_TAKE   /* write the answer, then call the `take` of the route */
};

/* An upgrade. The request is borrowed until the next http_serve() with this head. */
struct http_upgrade {
	const struct http_route *route; /* borrowed from the routes */
	struct http_request request;
};

/**
 * http_serve() - reads at most one request, and answers it
 * @used:	set: how many bytes were taken; with HTTP_MORE all
 * @out:	the answer is appended; needs room for HTTP_ANSWER_MAX bytes
 * @upgrade:	set with HTTP_TAKE
 */
enum http_verdict http_serve(const struct http_routes *routes, struct http_head *head,
			     struct bytes b, size_t *used, struct wr *out,
			     struct http_upgrade *upgrade) MUST_USE;

#endif
