#include "explain/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum { LINE_MAX_LEN = 480 };

void why_line(json_t *list, const char *fmt, ...)
{
	char line[LINE_MAX_LEN];
	va_list args;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	json_array_append_new(list, json_string(line));
}

const char *why_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

const char *why_times(uint64_t n, char out[static WHY_SPAN_TEXT_MAX])
{
	static const char *const few[] = {"not once", "once", "twice"};
	if (n < ARRAY_LEN(few))
		return few[n];
	snprintf(out, WHY_SPAN_TEXT_MAX, "%llu times", (unsigned long long)n);
	return out;
}

const char *why_time(mono_ns at, uint64_t wall_offset_ns, char out[static WHY_TIME_TEXT_MAX])
{
	uint64_t unix_ns = at + wall_offset_ns;
	time_t seconds = (time_t)(unix_ns / SECOND);
	struct tm tm;
	size_t n = gmtime_r(&seconds, &tm)
			   ? strftime(out, WHY_TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm)
			   : 0;
	snprintf(out + n, WHY_TIME_TEXT_MAX - n, ".%03uZ", (unsigned)(unix_ns % SECOND / MSEC));
	return out;
}

const char *why_span(mono_ns t, char out[static WHY_SPAN_TEXT_MAX])
{
	unsigned long long s = (t + SECOND / 2) / SECOND;
	if (t < SECOND)
		snprintf(out, WHY_SPAN_TEXT_MAX, "%llu ms", (unsigned long long)(t / MSEC));
	else if (s < 120)
		snprintf(out, WHY_SPAN_TEXT_MAX, "%llu s", s);
	else if (s < 120 * 60)
		snprintf(out, WHY_SPAN_TEXT_MAX, "%llu min", (s + 30) / 60);
	else
		snprintf(out, WHY_SPAN_TEXT_MAX, "%llu h", (s + 1800) / 3600);
	return out;
}
