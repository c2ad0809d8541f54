#include "report/time_text.h"

#include <stdio.h>
#include <time.h>

const char *time_text(mono_ns at, uint64_t wall_offset_ns, char out[static TIME_TEXT_MAX])
{
	uint64_t unix_ns = at + wall_offset_ns;
	time_t seconds = (time_t)(unix_ns / SECOND);
	struct tm tm;
	size_t n = gmtime_r(&seconds, &tm) ? strftime(out, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm)
					   : 0;
	snprintf(out + n, TIME_TEXT_MAX - n, ".%03uZ", (unsigned)(unix_ns % SECOND / MSEC));
	return out;
}
