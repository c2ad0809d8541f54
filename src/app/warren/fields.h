/* app/warren/fields.h - the fields of an answer; one that is missing or of another type is empty */
#ifndef APP_WARREN_FIELDS_H
#define APP_WARREN_FIELDS_H

#include <jansson.h>
#include <stdbool.h>

/* "" where there is none. Borrowed from the object. */
const char *field_text(const json_t *object, const char *name);
bool field_yes(const json_t *object, const char *name);
json_int_t field_number(const json_t *object, const char *name);

#endif
