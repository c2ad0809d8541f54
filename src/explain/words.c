#include "explain/words.h"

#include <stdarg.h>
#include <stdio.h>

void sentences_add(struct sentences *list, const char *fmt, ...)
{
	va_list args;
	if (list->n == SENTENCES_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(list->v[list->n++], SENTENCE_MAX, fmt, args);
	va_end(args);
}

const char *words_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

const char *words_times(uint64_t n, char out[static WORDS_SPAN_MAX])
{
	static const char *const few[] = {"not once", "once", "twice"};
	if (n < ARRAY_LEN(few))
		return few[n];
	snprintf(out, WORDS_SPAN_MAX, "%llu times", (unsigned long long)n);
	return out;
}

const char *words_span(mono_ns t, char out[static WORDS_SPAN_MAX])
{
	unsigned long long s = (t + SECOND / 2) / SECOND;
	if (t < SECOND)
		snprintf(out, WORDS_SPAN_MAX, "%llu ms", (unsigned long long)(t / MSEC));
	else if (s < 120)
		snprintf(out, WORDS_SPAN_MAX, "%llu s", s);
	else if (s < 120 * 60)
		snprintf(out, WORDS_SPAN_MAX, "%llu min", (s + 30) / 60);
	else
		snprintf(out, WORDS_SPAN_MAX, "%llu h", (s + 1800) / 3600);
	return out;
}
