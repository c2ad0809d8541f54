/* http_head.c - reads the head of a request
 *
 * The parser gives the target, the names and the values in pieces of any size, and in the order in
 * which they stand in the head.  The pieces are kept one behind the other in `text`, and a span
 * says where each field lies.  Only the last field can grow, so a piece is always put at the end.
 *
 * Bounded: `text` never holds more than the head itself, at most HTTP_HEAD_MAX bytes.
 */
#include "serve/http_head.h"

#include <http_parser.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where a field lies in `text`. */
struct span {
	uint16_t at, n;
};

struct http_head {
	http_parser parser;
	size_t n; /* bytes of the head so far */
	bool done;
	bool in_value; /* the last piece was of a value, not of a name */
	bool crowded;  /* more than HTTP_HEAD_LINES_MAX headers */
	uint16_t n_text, n_lines;
	struct span target;
	struct line {
		struct span name, value;
	} line[HTTP_HEAD_LINES_MAX];
	uint8_t text[HTTP_HEAD_MAX];
};

/* `text` and `line` are not read before they are written. */
static void begin(struct http_head *h)
{
	http_parser_init(&h->parser, HTTP_REQUEST);
	h->parser.data = h;
	h->n = 0;
	h->done = h->in_value = h->crowded = false;
	h->n_text = h->n_lines = 0;
	h->target = (struct span){0};
}

struct http_head *http_head_new(void)
{
	struct http_head *h = malloc(sizeof(*h));
	if (h)
		begin(h);
	return h;
}

void http_head_free(struct http_head *h)
{
	free(h);
}

/* --- what the parser tells --- */

static int add(struct http_head *h, struct span *s, const char *p, size_t n)
{
	if (n > sizeof(h->text) - h->n_text)
		return 1;
	if (s->n == 0)
		s->at = h->n_text;
	memcpy(h->text + h->n_text, p, n);
	h->n_text = (uint16_t)(h->n_text + n);
	s->n = (uint16_t)(s->n + n);
	return 0;
}

static int on_target(http_parser *p, const char *at, size_t n)
{
	struct http_head *h = p->data;
	return add(h, &h->target, at, n);
}

static int on_name(http_parser *p, const char *at, size_t n)
{
	struct http_head *h = p->data;
	if (h->in_value || h->n_lines == 0) {
		h->crowded = h->n_lines == HTTP_HEAD_LINES_MAX;
		if (h->crowded)
			return 1;
		h->line[h->n_lines++] = (struct line){0};
	}
	h->in_value = false;
	return add(h, &h->line[h->n_lines - 1].name, at, n);
}

static int on_value(http_parser *p, const char *at, size_t n)
{
	struct http_head *h = p->data;
	h->in_value = true;
	return add(h, &h->line[h->n_lines - 1].value, at, n);
}

static int on_head_done(http_parser *p)
{
	struct http_head *h = p->data;
	h->done = true;
	return 2; /* the parser stops here, and does not look for a body */
}

/* --- the request --- */

static struct bytes view(const struct http_head *h, struct span s)
{
	return (struct bytes){h->text + s.at, s.n};
}

static unsigned method_of(const http_parser *p)
{
	switch (p->method) {
	case HTTP_GET:
		return METHOD_GET;
	case HTTP_HEAD:
		return METHOD_HEAD;
	case HTTP_POST:
		return METHOD_POST;
	default:
		return METHOD_OTHER;
	}
}

/* How many bytes come before the first one of `ends`. */
static size_t length_to(struct bytes b, const char *ends)
{
	size_t n = 0;
	while (n < b.n && !strchr(ends, b.p[n]))
		n++;
	return n;
}

/* "/path?query#fragment" */
static void cut_target(struct bytes target, struct http_request *q)
{
	size_t n = length_to(target, "?#");
	q->path = (struct bytes){target.p, n};
	q->query = (struct bytes){target.p + n, 0};
	if (n == target.n || target.p[n] == '#')
		return;
	q->query = (struct bytes){target.p + n + 1, target.n - n - 1};
	q->query.n = length_to(q->query, "#");
}

static struct http_request request_of(const struct http_head *h)
{
	const http_parser *p = &h->parser;
	struct http_request q = {
		.method = method_of(p),
		.has_body = (p->flags & F_CHUNKED) ||
			    (p->content_length != 0 && p->content_length != UINT64_MAX),
		.keep_alive = http_should_keep_alive(p),
		.head = h,
	};
	cut_target(view(h, h->target), &q);
	return q;
}

enum http_head_progress http_head_input(struct http_head *h, struct bytes b, size_t *used,
					struct http_request *request)
{
	static const http_parser_settings settings = {
		.on_url = on_target,
		.on_header_field = on_name,
		.on_header_value = on_value,
		.on_headers_complete = on_head_done,
	};
	*used = 0;
	if (h->done)
		begin(h);
	if (b.n == 0)
		return HTTP_HEAD_MORE; /* the parser would take it for the end of the stream */
	size_t n = b.n < HTTP_HEAD_MAX - h->n ? b.n : HTTP_HEAD_MAX - h->n;
	*used = http_parser_execute(&h->parser, &settings, (const char *)b.p, n);
	h->n += *used;
	if (HTTP_PARSER_ERRNO(&h->parser) != HPE_OK)
		return h->crowded ? HTTP_HEAD_LONG : HTTP_HEAD_BAD;
	if (h->done) {
		*request = request_of(h);
		return HTTP_HEAD_DONE;
	}
	return h->n < HTTP_HEAD_MAX ? HTTP_HEAD_MORE : HTTP_HEAD_LONG;
}

/* --- its headers --- */

bool http_is(struct bytes text, const char *word)
{
	return strlen(word) == text.n && strncasecmp((const char *)text.p, word, text.n) == 0;
}

struct bytes http_header(const struct http_request *q, const char *name)
{
	const struct http_head *h = q->head;
	struct bytes found = {h->text, 0};
	size_t times = 0;
	for (size_t i = 0; i < h->n_lines; i++) {
		if (!http_is(view(h, h->line[i].name), name))
			continue;
		found = view(h, h->line[i].value);
		times++;
	}
	return times == 1 ? found : (struct bytes){h->text, 0};
}

static bool is_between_words(uint8_t c)
{
	return c == ' ' || c == '\t' || c == ',';
}

bool http_lists(struct bytes list, const char *word)
{
	size_t start = 0;
	for (size_t i = 0; i <= list.n; i++) {
		if (i < list.n && !is_between_words(list.p[i]))
			continue;
		if (http_is((struct bytes){list.p + start, i - start}, word))
			return true;
		start = i + 1;
	}
	return false;
}
