#include "app/warren/fields.h"

const char *field_text(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));
	return s ? s : "";
}

bool field_yes(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

json_int_t field_number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}
