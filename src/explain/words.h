/* explain/words.h - small things that all sentences of `warren why` want */
#ifndef EXPLAIN_WORDS_H
#define EXPLAIN_WORDS_H

#include <jansson.h>

#include "base/def.h"
#include "base/time.h"

enum { WHY_TIME_TEXT_MAX = 48, WHY_SPAN_TEXT_MAX = 32 };

/* Appends a sentence. */
void why_line(json_t *list, const char *fmt, ...) PRINTF(2, 3);
/* "1 ping", "2 pings" needs an "s" or not. */
const char *why_plural(uint64_t n);
/* "once", "twice", "3 times". */
const char *why_times(uint64_t n, char out[static WHY_SPAN_TEXT_MAX]);
/* A point in time: UTC, RFC 3339 with milliseconds. */
const char *why_time(mono_ns at, uint64_t wall_offset_ns, char out[static WHY_TIME_TEXT_MAX]);
/* How long: "300 ms", "12 s", "5 min", "3 h". */
const char *why_span(mono_ns t, char out[static WHY_SPAN_TEXT_MAX]);

#endif
