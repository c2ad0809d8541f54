/* explain/words.h - a bounded list of sentences, and the small words that sentences are made with
 */
#ifndef EXPLAIN_WORDS_H
#define EXPLAIN_WORDS_H

#include "base/def.h"
#include "base/time.h"

/* Bytes of a sentence with its 0; sentences of a list. No list of explain/ grows longer. */
enum { SENTENCE_MAX = 480, SENTENCES_MAX = 160 };

struct sentences {
	char v[SENTENCES_MAX][SENTENCE_MAX];
	size_t n;
};

/* Appends a sentence. What does not fit, into the sentence or the list, is cut off. */
void sentences_add(struct sentences *list, const char *fmt, ...) PRINTF(2, 3);

/* The "s" that n pings have and 1 ping has not. */
const char *words_plural(uint64_t n);

enum { WORDS_SPAN_MAX = 32 };
/* "not once", "once", "twice", "3 times". The text is in `out` or constant. */
const char *words_times(uint64_t n, char out[static WORDS_SPAN_MAX]);
/* A duration: "300 ms", "12 s", "5 min", "3 h". Returns `out`. */
const char *words_span(mono_ns t, char out[static WORDS_SPAN_MAX]);

#endif
