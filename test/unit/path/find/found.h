/* found.h - candidates from text and as text, for the tests of what finds them */
#ifndef UNIT_FOUND_H
#define UNIT_FOUND_H

#include <stdlib.h>

#include "path/find/local.h"
#include "unit/addresses.h"

/* "address/bits", separated by spaces; gives how many there are. */
static inline size_t interfaces_of(const char *text, struct own_address v[static OWN_ADDRESSES_MAX])
{
	char copy[1024], *rest = copy;
	size_t n = 0;
	assert_true(strlen(text) < sizeof(copy));
	strcpy(copy, text);
	for (char *one; n < OWN_ADDRESSES_MAX && (one = strtok_r(rest, " ", &rest)); n++) {
		char *slash = strchr(one, '/');
		*slash = '\0';
		v[n] = (struct own_address){.ip = ip_of(one), .bits = (uint8_t)atoi(slash + 1)};
		v[n].loopback = ip_is_loopback(&v[n].ip);
	}
	return n;
}

/* The candidates are these endpoints, in this order, separated by spaces. */
static inline void expect_found(const struct candidates *c, const char *text)
{
	char all[2048] = "", one[ENDPOINT_TEXT_MAX];
	for (size_t i = 0; i < c->n; i++) {
		strcat(all, i ? " " : "");
		strcat(all, endpoint_format(&c->v[i].ep, one));
	}
	assert_string_equal(all, text);
}

#endif
