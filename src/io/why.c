#include "io/why.h"

#include <stdarg.h>
#include <stdio.h>

bool why_say(char why[static WHY_MAX], const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(why, WHY_MAX, fmt, ap);
	va_end(ap);
	return false;
}
