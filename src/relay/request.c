/* request.c - the server's half of the upgrade: reads a request's head, answers it
 *
 * The parser gives the head in pieces of any size; what is of interest is kept in small fields of
 * fixed size.  A piece that does not fit makes its field `long`, which equals nothing that we know.
 * A body is never read: whoever sends one gets his answer and the connection is closed.
 */
#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/upgrade.h"

enum { CHALLENGE_MAX = 64 /* data plane 3.12 */ };

struct text {
	char s[128];
	uint8_t n;
	bool too_long;
};

enum header { UPGRADE, PROTOCOL, FAST_START, CHALLENGE, N_HEADERS };
static const char *const header_names[N_HEADERS] = {
	[UPGRADE] = "Upgrade",
	[PROTOCOL] = "Sec-WebSocket-Protocol",
	[FAST_START] = "Derp-Fast-Start",
	[CHALLENGE] = "X-Tailscale-Challenge",
};

struct upgrade_asked {
	http_parser parser;
	size_t n; /* bytes of the head so far */
	bool done;
	bool in_value; /* the last piece was of a value, not of a name */
	struct text path, name;
	struct text header[N_HEADERS];
};

static void begin(struct upgrade_asked *a)
{
	*a = (struct upgrade_asked){0};
	http_parser_init(&a->parser, HTTP_REQUEST);
	a->parser.data = a;
}

struct upgrade_asked *upgrade_asked_new(void)
{
	struct upgrade_asked *a = malloc(sizeof(*a));
	if (a)
		begin(a);
	return a;
}

void upgrade_asked_free(struct upgrade_asked *a)
{
	free(a);
}

/* --- what the parser tells --- */

static void text_add(struct text *t, const char *p, size_t n)
{
	if (n >= sizeof(t->s) - t->n) {
		t->too_long = true;
		return;
	}
	memcpy(t->s + t->n, p, n);
	t->n = (uint8_t)(t->n + n);
}

/* Paths are compared byte by byte (RFC 3986 6.2.2.1), all else without regard to case. */
static bool path_is(const struct text *path, const char *want)
{
	return !path->too_long && strlen(want) == path->n && memcmp(path->s, want, path->n) == 0;
}

static bool text_is(const struct text *t, const char *want)
{
	return !t->too_long && strlen(want) == t->n && strncasecmp(t->s, want, t->n) == 0;
}

static int on_url(http_parser *p, const char *at, size_t n)
{
	struct upgrade_asked *a = p->data;
	text_add(&a->path, at, n);
	return 0;
}

static int on_name(http_parser *p, const char *at, size_t n)
{
	struct upgrade_asked *a = p->data;
	if (a->in_value)
		a->name = (struct text){0};
	a->in_value = false;
	text_add(&a->name, at, n);
	return 0;
}

static int on_value(http_parser *p, const char *at, size_t n)
{
	struct upgrade_asked *a = p->data;
	a->in_value = true;
	for (int i = 0; i < N_HEADERS; i++)
		if (text_is(&a->name, header_names[i]))
			text_add(&a->header[i], at, n);
	return 0;
}

static int on_head_done(http_parser *p)
{
	struct upgrade_asked *a = p->data;
	a->done = true;
	return 2; /* what follows is none of the parser's business */
}

/* --- answers --- */

static void put(struct wr *w, const char *text)
{
	wr_put(w, text, strlen(text));
}

struct page {
	const char *status;  /* "200 OK" */
	const char *headers; /* each line with its end */
	const char *text;    /* NULL: none */
};

static void write_page(struct wr *out, const struct page *page, bool head_only, bool close)
{
	char length[48];
	size_t n = page->text ? strlen(page->text) : 0;
	put(out, "HTTP/1.1 ");
	put(out, page->status);
	put(out, "\r\n");
	if (page->headers)
		put(out, page->headers);
	if (page->text)
		put(out, "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: "
			 "nosniff\r\n");
	snprintf(length, sizeof(length), "Content-Length: %zu\r\n", n);
	if (strncmp(page->status, "204", 3) != 0) /* RFC 9110 8.6 */
		put(out, length);
	if (close)
		put(out, "Connection: close\r\n");
	put(out, "\r\n");
	if (n && !head_only)
		put(out, page->text);
}

static enum upgrade_want refuse(struct wr *out, const char *status, bool *close)
{
	*close = true;
	write_page(out, &(struct page){.status = status}, false, true);
	return WANT_BAD;
}

static void write_switch(struct wr *out, const struct node_key *server_key)
{
	char hex[2 * KEY_LEN + 1];
	hex_format(hex, BYTES_OF(server_key->b));
	put(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n"
		 "Derp-Version: 2\r\nDerp-Public-Key: ");
	put(out, hex);
	put(out, "\r\n\r\n");
}

/* --- what is wanted --- */

static bool is_between_words(char c)
{
	return c == ' ' || c == '\t' || c == ',';
}

/* Is `word` one of the words of a list with commas? A value may hold any byte, NUL too. */
static bool lists(const struct text *t, const char *word)
{
	size_t n = strlen(word), start = 0;
	for (size_t i = 0; i <= t->n && !t->too_long; i++) {
		if (i < t->n && !is_between_words(t->s[i]))
			continue;
		if (i - start == n && strncasecmp(t->s + start, word, n) == 0)
			return true;
		start = i + 1;
	}
	return false;
}

static bool wants_derp(const struct upgrade_asked *a)
{
	if (text_is(&a->header[UPGRADE], "derp"))
		return true;
	/* Very old clients say so and mean plain DERP; data plane 3.1. */
	return text_is(&a->header[UPGRADE], "websocket") && !lists(&a->header[PROTOCOL], "derp");
}

static bool challenge_is_good(const struct text *t)
{
	static const char good[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
	return !t->too_long && t->n > 0 && t->n <= CHALLENGE_MAX && strspn(t->s, good) == t->n;
}

static struct page no_content(const struct upgrade_asked *a, char *headers, size_t cap)
{
	const struct text *t = &a->header[CHALLENGE];
	bool answer = challenge_is_good(t);
	snprintf(headers, cap,
		 "Cache-Control: no-cache, no-store, must-revalidate, no-transform, "
		 "max-age=0\r\n%s%.*s%s",
		 answer ? "X-Tailscale-Response: response " : "", CHALLENGE_MAX, answer ? t->s : "",
		 answer ? "\r\n" : "");
	return (struct page){"204 No Content", headers, NULL};
}

static bool is_probe(const struct upgrade_asked *a)
{
	return path_is(&a->path, "/derp/probe") || path_is(&a->path, "/derp/latency-check");
}

static struct page find_page(const struct upgrade_asked *a, char *headers, size_t cap)
{
	bool reads = a->parser.method == HTTP_GET || a->parser.method == HTTP_HEAD;
	if (!reads)
		return (struct page){"405 Method Not Allowed", "Allow: GET, HEAD\r\n",
				     is_probe(a) ? "bogus probe method\n" : "method not allowed\n"};
	if (is_probe(a))
		return (struct page){"200 OK", "Access-Control-Allow-Origin: *\r\n", NULL};
	if (path_is(&a->path, "/generate_204"))
		return no_content(a, headers, cap);
	if (path_is(&a->path, "/derp"))
		return (struct page){"426 Upgrade Required", "Upgrade: DERP\r\n",
				     "DERP requires connection upgrade\n"};
	if (path_is(&a->path, "/"))
		return (struct page){
			"200 OK", NULL,
			"This is a relay. It carries sealed packets between machines that cannot\n"
			"reach each other directly, and cannot read them.\n"};
	if (path_is(&a->path, "/robots.txt"))
		return (struct page){"200 OK", NULL, "User-agent: *\nDisallow: /\n"};
	return (struct page){"404 Not Found", NULL, "there is nothing here\n"};
}

/* Paths are compared without their query. */
static void cut_query(struct text *path)
{
	path->n = (uint8_t)strcspn(path->s, "?#");
	path->s[path->n] = '\0';
}

static enum upgrade_want answer(struct upgrade_asked *a, const struct node_key *server_key,
				struct wr *out, bool *close)
{
	char headers[256];
	bool head_only = a->parser.method == HTTP_HEAD;
	cut_query(&a->path);
	if (a->parser.method == HTTP_GET && path_is(&a->path, "/derp") && wants_derp(a)) {
		if (!text_is(&a->header[FAST_START], "1"))
			write_switch(out, server_key);
		return WANT_DERP;
	}
	struct page page = find_page(a, headers, sizeof(headers));
	bool has_body = (a->parser.flags & F_CHUNKED) ||
			(a->parser.content_length != 0 && a->parser.content_length != UINT64_MAX);
	bool refused = page.status[0] == '4' && page.status[2] != '4'; /* all but 404 */
	*close = has_body || refused || !http_should_keep_alive(&a->parser);
	write_page(out, &page, head_only, *close);
	return refused ? WANT_BAD : WANT_PAGE;
}

enum upgrade_want upgrade_asked_input(struct upgrade_asked *a, struct bytes b, size_t *used,
				      const struct node_key *server_key, struct wr *answer_out,
				      bool *close)
{
	static const http_parser_settings settings = {
		.on_url = on_url,
		.on_header_field = on_name,
		.on_header_value = on_value,
		.on_headers_complete = on_head_done,
	};
	*used = 0;
	*close = false;
	if (b.n == 0)
		return WANT_MORE;
	size_t n = b.n < UPGRADE_HEADER_MAX - a->n ? b.n : UPGRADE_HEADER_MAX - a->n;
	size_t taken = http_parser_execute(&a->parser, &settings, (const char *)b.p, n);
	a->n += taken;
	*used = taken;
	if (HTTP_PARSER_ERRNO(&a->parser) != HPE_OK)
		return refuse(answer_out, "400 Bad Request", close);
	if (a->done) {
		enum upgrade_want want = answer(a, server_key, answer_out, close);
		begin(a);
		return want;
	}
	if (a->n >= UPGRADE_HEADER_MAX)
		return refuse(answer_out, "431 Request Header Fields Too Large", close);
	return WANT_MORE;
}
