/* io/why.h - one sentence for people: what failed, where, what was expected, what to do */
#ifndef IO_WHY_H
#define IO_WHY_H

#include "base/def.h"

enum { WHY_MAX = 320 };

/* Writes the sentence, cut to fit. Returns false, so that a failure is one line. */
bool why_say(char why[static WHY_MAX], const char *fmt, ...) PRINTF(2, 3);

#endif
