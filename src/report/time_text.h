/* report/time_text.h - a point in time as programs read it: RFC 3339 in UTC, with milliseconds */
#ifndef REPORT_TIME_TEXT_H
#define REPORT_TIME_TEXT_H

#include "base/time.h"

enum { TIME_TEXT_MAX = 48 };

/* wall_offset_ns: Unix time less the clock of `at`. Returns `out`. */
const char *time_text(mono_ns at, uint64_t wall_offset_ns, char out[static TIME_TEXT_MAX]);

#endif
