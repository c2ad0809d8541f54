/* json_text.h - JSON values from text, which must be right */
#ifndef UNIT_JSON_TEXT_H
#define UNIT_JSON_TEXT_H

#include <jansson.h>

#include "unit/unit.h"

static inline json_t *json(const char *text)
{
	json_error_t why;
	json_t *v = json_loads(text, 0, &why);
	if (!v)
		fail_msg("%s at %d: %s", why.text, why.position, text);
	return v;
}

#endif
