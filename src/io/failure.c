#include "io/failure.h"
#include "base/text.h"
#include "crypto/keys.h"

#include <stdarg.h>
#include <stdio.h>

bool failure_say(char why[static FAILURE_MAX], const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(why, FAILURE_MAX, fmt, ap);
	va_end(ap);
	text_clean(why);
	key_hide(why);
	return false;
}
