#include "serve/http.h"

#include <stdio.h>
#include <string.h>

static void put(struct wr *w, const char *text)
{
	wr_put(w, text, strlen(text));
}

void http_add_header(struct http_answer *a, const char *name, const char *value)
{
	put(&a->headers, name);
	put(&a->headers, ": ");
	put(&a->headers, value);
	put(&a->headers, "\r\n");
	if (strpbrk(value, "\r\n"))
		a->headers.bad = true;
}

void http_add_text(struct http_answer *a, const char *text)
{
	put(&a->body, text);
}

/* --- routes --- */

bool http_routes_add(struct http_routes *routes, const struct http_route *route)
{
	if (routes->n == HTTP_ROUTES_MAX)
		return false;
	routes->route[routes->n++] = *route;
	return true;
}

static bool is_path_of(const struct http_route *route, struct bytes path)
{
	size_t n = strlen(route->path);
	if (route->prefix && path.n > n)
		path.n = n;
	/* Case counts in a path (RFC 9110 section 4.2.3). */
	return path.n == n && memcmp(path.p, route->path, n) == 0;
}

/* NULL: there is none. */
static const struct http_route *find(const struct http_routes *routes, struct bytes path)
{
	for (size_t i = 0; i < routes->n; i++)
		if (is_path_of(&routes->route[i], path))
			return &routes->route[i];
	return NULL;
}

/* --- answers --- */

static void set_refusal(struct http_answer *a, const char *status, const char *text)
{
	a->status = status;
	a->type = NULL;
	a->headers = wr_of(a->headers.p, a->headers.cap);
	a->body = wr_of(a->body.p, a->body.cap);
	a->upgrade = false;
	if (text)
		http_add_text(a, text);
}

static void set_method_refusal(struct http_answer *a, unsigned methods)
{
	char allowed[32];
	snprintf(allowed, sizeof(allowed), "%s%s%s", methods & METHOD_GET ? ", GET" : "",
		 methods & METHOD_HEAD ? ", HEAD" : "", methods & METHOD_POST ? ", POST" : "");
	set_refusal(a, "405 Method Not Allowed", "method not allowed\n");
	http_add_header(a, "Allow", allowed[0] ? allowed + 2 : "");
}

/* RFC 9110 8.6: these have no Content-Length. */
static bool has_length(const char *status)
{
	return status[0] != '1' && strncmp(status, "204", 3) != 0;
}

static void write_answer(struct wr *out, const struct http_answer *a, bool head_only, bool close)
{
	char length[48];
	if (!a->status)
		return;
	put(out, "HTTP/1.1 ");
	put(out, a->status);
	put(out, "\r\n");
	wr_bytes(out, wr_done(&a->headers));
	if (a->body.n > 0) {
		put(out, "Content-Type: ");
		put(out, a->type ? a->type : "text/plain; charset=utf-8");
		put(out, "\r\nX-Content-Type-Options: nosniff\r\n");
	}
	snprintf(length, sizeof(length), "Content-Length: %zu\r\n", a->body.n);
	if (has_length(a->status))
		put(out, length);
	if (close)
		put(out, "Connection: close\r\n");
	put(out, "\r\n");
	if (!head_only)
		wr_bytes(out, wr_done(&a->body));
}

/* After a refusal the stream is closed. A page that is missing is no refusal. */
static bool is_refusal(const char *status)
{
	return status[0] == '4' && strncmp(status, "404", 3) != 0;
}

/* --- a request --- */

static void answer(const struct http_route *route, const struct http_request *q,
		   struct http_answer *a)
{
	unsigned reads = METHOD_GET | METHOD_HEAD, methods = route ? route->methods : reads;
	if (!(q->method & methods))
		set_method_refusal(a, methods);
	else if (route)
		route->answer(route->self, q, a);
	else
		set_refusal(a, "404 Not Found", "there is nothing here\n");
	if (a->headers.bad || a->body.bad)
		set_refusal(a, "500 Internal Server Error", "the answer cannot be written\n");
}

static enum http_verdict serve_request(const struct http_routes *routes, struct http_answer *a,
				       struct wr *out, struct http_upgrade *upgrade)
{
	const struct http_request *q = &upgrade->request;
	upgrade->route = find(routes, q->path);
	answer(upgrade->route, q, a);
	if (a->upgrade) {
		write_answer(out, a, true, false);
		return HTTP_TAKE;
	}
	bool close = q->has_body || !q->keep_alive || is_refusal(a->status);
	write_answer(out, a, q->method == METHOD_HEAD, close);
	return close ? HTTP_CLOSE : HTTP_NEXT;
}

static enum http_verdict refuse(struct http_answer *a, const char *status, struct wr *out)
{
	set_refusal(a, status, NULL);
	write_answer(out, a, false, true);
	return HTTP_CLOSE;
}

enum http_verdict http_serve(const struct http_routes *routes, struct http_head *head,
			     struct bytes b, size_t *used, struct wr *out,
			     struct http_upgrade *upgrade)
{
	uint8_t headers[HTTP_HEADERS_MAX], body[HTTP_BODY_MAX];
	struct http_answer a = {.status = "200 OK",
				.headers = wr_of(headers, sizeof(headers)),
				.body = wr_of(body, sizeof(body))};
	switch (http_head_input(head, b, used, &upgrade->request)) {
	case HTTP_HEAD_MORE:
		return HTTP_MORE;
	case HTTP_HEAD_DONE:
		return serve_request(routes, &a, out, upgrade);
	case HTTP_HEAD_BAD:
		return refuse(&a, "400 Bad Request", out);
	case HTTP_HEAD_LONG:
		return refuse(&a, "431 Request Header Fields Too Large", out);
	}
	return HTTP_CLOSE;
}
