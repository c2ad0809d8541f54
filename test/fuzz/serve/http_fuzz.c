/* Requests to a relay's routes: any bytes, in two pieces, give the same answers as in one. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "serve/relay_pages.h"

enum { REQUESTS_MAX = 4 };

static const struct node_key key = {{1}};

static void answer_derp(void *self, const struct http_request *q, struct http_answer *a)
{
	relay_pages_derp(&key, q, a);
}

/* Appends the query, so that answers of any length come. */
static void repeat(void *self, const struct http_request *q, struct http_answer *a)
{
	for (size_t i = 0; i < q->query.n; i++)
		wr_bytes(&a->body, q->query);
	FUZZ_ASSERT(a->body.n <= HTTP_BODY_MAX);
}

static void add_routes(struct http_routes *routes)
{
	static const struct http_route more[] = {
		{.methods = METHOD_GET | METHOD_HEAD, .path = "/derp", .answer = answer_derp},
		{.methods = METHOD_GET | METHOD_POST,
		 .path = "/repeat",
		 .prefix = true,
		 .answer = repeat},
	};
	FUZZ_ASSERT(relay_pages_add(routes));
	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		FUZZ_ASSERT(http_routes_add(routes, &more[i]));
}

struct asked {
	enum http_verdict verdict;
	size_t used, n;
	uint8_t answer[REQUESTS_MAX * HTTP_ANSWER_MAX];
};

/* What a request says of itself must hold together. */
static void check_request(const struct http_request *q)
{
	struct bytes value = http_header(q, "Upgrade");
	FUZZ_ASSERT(q->method && (q->method & METHOD_ANY) == q->method);
	FUZZ_ASSERT(!memchr(q->path.p, '?', q->path.n) && !memchr(q->path.p, '#', q->path.n));
	FUZZ_ASSERT(!memchr(q->query.p, '#', q->query.n));
	FUZZ_ASSERT(!memchr(value.p, '\n', value.n) && !memchr(value.p, '\r', value.n));
}

static void serve(const struct http_routes *routes, struct http_head *h, struct bytes b,
		  struct asked *r)
{
	struct http_upgrade u;
	while ((r->verdict == HTTP_MORE || r->verdict == HTTP_NEXT) && b.n > 0) {
		struct wr w = wr_of(r->answer + r->n, sizeof(r->answer) - r->n);
		if (w.cap < HTTP_ANSWER_MAX)
			return;
		size_t used;
		r->verdict = http_serve(routes, h, b, &used, &w, &u);
		FUZZ_ASSERT(!w.bad && w.n <= HTTP_ANSWER_MAX);
		FUZZ_ASSERT(used <= b.n && (r->verdict != HTTP_MORE || used == b.n));
		FUZZ_ASSERT(r->verdict == HTTP_MORE || r->verdict == HTTP_TAKE || w.n > 0);
		if (r->verdict == HTTP_TAKE)
			check_request(&u.request);
		r->n += w.n;
		r->used += used;
		b = (struct bytes){b.p + used, b.n - used};
	}
}

static void ask(const struct http_routes *routes, struct asked *r, struct bytes b, size_t cut)
{
	struct http_head *h = http_head_new();
	r->verdict = HTTP_MORE;
	r->used = r->n = 0;
	serve(routes, h, (struct bytes){b.p, cut}, r);
	serve(routes, h, (struct bytes){b.p + cut, b.n - cut}, r);
	http_head_free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct asked whole, cut;
	struct http_routes routes = {.n = 0};
	if (size == 0)
		return 0;
	size_t at = data[0] < size ? data[0] : size - 1;
	struct bytes b = {data + 1, size - 1};
	add_routes(&routes);
	ask(&routes, &whole, b, 0);
	ask(&routes, &cut, b, at);
	FUZZ_ASSERT(whole.verdict == cut.verdict && whole.n == cut.n);
	FUZZ_ASSERT(whole.verdict == HTTP_CLOSE || whole.used == cut.used);
	FUZZ_ASSERT(memcmp(whole.answer, cut.answer, whole.n) == 0);
	return 0;
}
