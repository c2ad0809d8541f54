/* addresses.h - addresses, endpoints and prefixes from text, which must be right */
#ifndef UNIT_ADDRESSES_H
#define UNIT_ADDRESSES_H

#include "base/addr.h"
#include "unit/unit.h"

static inline struct ip ip_of(const char *text)
{
	struct ip ip;
	assert_true(ip_parse(&ip, text));
	return ip;
}

static inline struct endpoint ep_of(const char *text)
{
	struct endpoint ep;
	assert_true(endpoint_parse(&ep, text));
	return ep;
}

static inline struct prefix prefix_from(const char *text)
{
	struct prefix p;
	assert_true(prefix_parse(&p, text));
	return p;
}

#endif
