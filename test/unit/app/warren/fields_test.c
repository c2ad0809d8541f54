/* Fields of an answer that another version of the daemon may have written. */
#include "app/warren/fields.h"

#include "unit/unit.h"

static json_t *odd(void)
{
	json_t *v = json_loads("{\"text\": \"bob\", \"empty\": \"\", \"yes\": true, \"no\": false, "
			       "\"one\": 1, \"big\": 9007199254740993, \"below\": -7, \"half\": "
			       "1.5, \"none\": null, \"list\": [1], \"object\": {\"text\": 1}}",
			       0, NULL);
	assert_non_null(v);
	return v;
}

static void a_field_that_is_no_text_is_an_empty_one(void **state)
{
	static const char *const names[] = {"empty", "yes",  "no",     "one",     "half",
					    "none",  "list", "object", "missing", ""};
	json_t *v = odd();
	assert_string_equal(field_text(v, "text"), "bob");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_string_equal(field_text(v, names[i]), "");
	json_decref(v);
}

static void only_true_is_yes(void **state)
{
	static const char *const names[] = {"no",   "text", "one",    "half",
					    "none", "list", "object", "missing"};
	json_t *v = odd();
	assert_true(field_yes(v, "yes"));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_false(field_yes(v, names[i]));
	json_decref(v);
}

static void a_field_that_is_no_whole_number_is_zero(void **state)
{
	static const char *const names[] = {"text", "yes", "half", "none", "list", "missing"};
	json_t *v = odd();
	assert_int_equal(field_number(v, "one"), 1);
	assert_true(field_number(v, "below") == -7);
	assert_true(field_number(v, "big") == 9007199254740993); /* more than a double holds */
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(field_number(v, names[i]), 0);
	json_decref(v);
}

static void what_is_no_object_has_no_fields(void **state)
{
	json_t *list = json_loads("[{\"text\": \"bob\"}]", 0, NULL);
	const json_t *none[] = {NULL, list, json_null(), json_true()};
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		assert_string_equal(field_text(none[i], "text"), "");
		assert_false(field_yes(none[i], "text"));
		assert_int_equal(field_number(none[i], "text"), 0);
	}
	json_decref(list);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_field_that_is_no_text_is_an_empty_one),
	cmocka_unit_test(only_true_is_yes),
	cmocka_unit_test(a_field_that_is_no_whole_number_is_zero),
	cmocka_unit_test(what_is_no_object_has_no_fields),
};
RUN_TESTS(tests)
