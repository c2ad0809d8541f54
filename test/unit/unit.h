/* unit.h - cmocka, and what every unit test needs */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

/* Bytes from hexadecimal; white space between them is allowed.  Fails the test if it is not
 * hexadecimal. */
static inline size_t unhex(uint8_t *out, size_t cap, const char *hex)
{
	size_t n = 0;
	char pair[3] = {0};
	while (*hex) {
		if (*hex == ' ' || *hex == '\n' || *hex == '\t') {
			hex++;
			continue;
		}
		pair[0] = hex[0];
		pair[1] = hex[1];
		assert_true(n < cap);
		assert_true(hex_parse(&out[n], 1, pair, 2));
		n++;
		hex += 2;
	}
	return n;
}

#define RUN_TESTS(tests)                                          \
	int main(void)                                            \
	{                                                         \
		return cmocka_run_group_tests(tests, NULL, NULL); \
	}

#endif
