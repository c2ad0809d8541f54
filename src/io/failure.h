/* io/failure.h - one sentence for people: what failed, where, what was expected, what to do */
#ifndef IO_FAILURE_H
#define IO_FAILURE_H

#include "base/def.h"

enum { FAILURE_MAX = 320 };

/* Writes the sentence, cut to fit. Returns false, so that a failure is one line. */
bool failure_say(char why[static FAILURE_MAX], const char *fmt, ...) PRINTF(2, 3);

#endif
