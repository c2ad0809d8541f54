/* base/bucket.h - a token bucket: how much of something may happen in a time, and how much at once
 *
 * The rate is apart from the state, so that many buckets of one rate cost 8 bytes each.  The state
 * is one moment: when the bucket will be full again.  Taking tokens moves it into the future, and
 * time alone brings them back, fractions included.  A bucket that is full gains nothing.
 */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include "base/time.h"

/* `tokens` come back in each `period`, evenly; a full bucket holds `burst`.  burst * period in
 * nanoseconds must fit into 64 bits: 5 million tokens an hour do. */
struct bucket_rate {
	uint64_t tokens; /* 0: no limit */
	mono_ns period;
	uint64_t burst;
};

/* All zero is a full bucket. */
struct bucket {
	mono_ns full_at;
};

/* For limits that a stranger sets: any value is safe.  A rate or burst that is not positive means
 * that there is no limit. */
struct bucket_rate bucket_rate_per_second(int64_t tokens, int64_t burst);

/* False: there are fewer than n; nothing was taken. */
bool bucket_take(struct bucket *b, const struct bucket_rate *r, uint64_t n, mono_ns now) MUST_USE;
/* Whole tokens that are there. */
uint64_t bucket_left(const struct bucket *b, const struct bucket_rate *r, mono_ns now);
/* When n tokens will be there, if none is taken until then.  A moment that is past: they are there
 * now.  n is at most the burst. */
mono_ns bucket_when(const struct bucket *b, const struct bucket_rate *r, uint64_t n);

#endif
