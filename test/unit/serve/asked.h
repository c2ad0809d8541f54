/* asked.h - requests as text, and what a table of routes answers */
#ifndef ASKED_H
#define ASKED_H

#include "serve/http.h"
#include "unit/unit.h"

struct asked {
	enum http_verdict verdict;
	size_t used;
	struct http_upgrade upgrade;
	char answer[HTTP_ANSWER_MAX + 1];
};

static inline struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

/* Feeds in pieces of `step` bytes until there is a verdict. */
static inline struct asked ask(const struct http_routes *routes, struct http_head *h,
			       struct bytes b, size_t step)
{
	static struct asked r;
	r = (struct asked){.verdict = HTTP_MORE};
	struct wr w = wr_of((uint8_t *)r.answer, HTTP_ANSWER_MAX);
	while (r.verdict == HTTP_MORE && r.used < b.n) {
		size_t used, n = step < b.n - r.used ? step : b.n - r.used;
		r.verdict = http_serve(routes, h, (struct bytes){b.p + r.used, n}, &used, &w,
				       &r.upgrade);
		r.used += used;
		assert_true(used == n || r.verdict != HTTP_MORE);
	}
	assert_false(w.bad);
	r.answer[w.n] = '\0';
	return r;
}

static inline struct asked ask_once(const struct http_routes *routes, const char *request,
				    size_t step)
{
	struct http_head *h = http_head_new();
	assert_non_null(h);
	struct asked r = ask(routes, h, text(request), step);
	http_head_free(h);
	return r;
}

#endif
