/* io/failure.h - one sentence for people: what failed, where, what was expected, what to do */
#ifndef IO_FAILURE_H
#define IO_FAILURE_H

#include "base/def.h"

enum { FAILURE_MAX = 320 };

/* Writes the sentence, cut to fit.  Parts of it can be a stranger's: control characters and invalid
 * UTF-8 become '?', and of what begins like a private key only the beginning stays.
 *
 * Returns false, so that a failure is one line. */
bool failure_say(char why[static FAILURE_MAX], const char *fmt, ...) PRINTF(2, 3);

#endif
