#include "io/failure.h"

#include <stdarg.h>
#include <stdio.h>

bool failure_say(char why[static FAILURE_MAX], const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(why, FAILURE_MAX, fmt, ap);
	va_end(ap);
	return false;
}
