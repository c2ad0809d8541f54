/* parsed.h - a node's file as a string, taken or refused */
#ifndef UNIT_CONFIG_PARSED_H
#define UNIT_CONFIG_PARSED_H

#include "config/config.h"
#include "unit/unit.h"

#define KEY1 "nodekey:8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define KEY2 "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="

static inline struct config *parse(const char *text, char why[static CONFIG_WHY_MAX])
{
	return config_parse("w.conf", (struct bytes){(const uint8_t *)text, strlen(text)}, why);
}

static inline struct config *good(const char *text)
{
	char why[CONFIG_WHY_MAX];
	struct config *c = parse(text, why);
	if (!c)
		fail_msg("refused: %s", why);
	return c;
}

static inline void refused(const char *text, const char *want)
{
	char why[CONFIG_WHY_MAX];
	assert_null(parse(text, why));
	assert_string_equal(why, want);
}

#endif
