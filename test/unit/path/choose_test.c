#include "path/choose.h"
#include "unit/unit.h"

static struct direct_path path_of(const char *ep, mono_ns rtt_ms)
{
	struct direct_path c = {.rtt = rtt_ms * MSEC};
	if (ep)
		assert_true(endpoint_parse(&c.ep, ep));
	return c;
}

#define PUBLIC   "203.0.113.1:1"
#define PUBLIC_B "203.0.113.2:1"
#define PRIVATE  "192.168.0.1:1"
#define PUBLIC6  "[2001:db8::1]:1"
#define ULA      "[fd00::1]:1"
#define LINK4    "169.254.1.1:1"
#define LOOP     "127.0.0.1:1"
#define LOOP6    "[::1]:1"

/* a is better than b, b than a, and clearly so; round trips in ms. */
static const struct {
	const char *a;
	mono_ns a_ms;
	const char *b;
	mono_ns b_ms;
	bool a_better, b_better, a_clearly;
} rows[] = {
	{NULL, 0, NULL, 0, false, false, false},
	{PUBLIC, 100, NULL, 0, true, false, true},
	{PUBLIC, 100, PUBLIC, 50, false, false, false}, /* the same address */
	{PUBLIC, 100, PUBLIC_B, 100, false, false, false},
	{PUBLIC, 99, PUBLIC_B, 100, false, false, false}, /* not for one percent */
	{PUBLIC, 98, PUBLIC_B, 100, true, false, false},
	{PUBLIC, 96, PUBLIC_B, 100, true, false, false},
	{PUBLIC, 95, PUBLIC_B, 100, true, false, true},
	{PUBLIC, 50, PUBLIC_B, 100, true, false, true},
	{PRIVATE, 100, PUBLIC, 100, true, false, true},
	{PRIVATE, 110, PUBLIC, 100, true, false, true}, /* 20 points against 10 % */
	{PRIVATE, 120, PUBLIC, 100, true, false, false},
	{PRIVATE, 130, PUBLIC, 100, false, true, false},
	{PUBLIC6, 100, PUBLIC, 100, true, false, true},
	{PUBLIC6, 105, PUBLIC, 100, true, false, true},
	{PUBLIC6, 120, PUBLIC, 100, false, true, false},
	{PUBLIC6, 100, PRIVATE, 100, false, true, false},
	{ULA, 100, PRIVATE, 100, true, false, true},
	{LINK4, 100, PRIVATE, 100, true, false, true},
	{LOOP, 100, LINK4, 100, true, false, true},
	{LOOP6, 100, LOOP, 100, true, false, true},
	{LOOP, 300, PUBLIC, 100, false, true, false}, /* no bonus outweighs three times the time */
	{PUBLIC, 0, PUBLIC_B, 0, false, false, false},
	{PUBLIC, 0, PUBLIC_B, 10, true, false, true},
};

static void the_better_path_is_chosen_by_the_table(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct direct_path a = path_of(rows[i].a, rows[i].a_ms),
				   b = path_of(rows[i].b, rows[i].b_ms);
		if (choose_better(&a, &b) != rows[i].a_better ||
		    choose_better(&b, &a) != rows[i].b_better ||
		    choose_clearly_better(&a, &b) != rows[i].a_clearly)
			fail_msg("row %zu", i);
	}
}

static void no_two_paths_are_each_better_than_the_other(void **state)
{
	static const char *all[] = {PUBLIC, PUBLIC_B, PRIVATE, PUBLIC6, ULA, LINK4, LOOP, LOOP6};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (size_t k = 0; k < ARRAY_LEN(all); k++)
			for (mono_ns ms = 1; ms < 400; ms += 7) {
				struct direct_path a = path_of(all[i], ms),
						   b = path_of(all[k], 100);
				assert_false(choose_better(&a, &b) && choose_better(&b, &a));
				if (choose_clearly_better(&a, &b))
					assert_true(choose_better(&a, &b));
			}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_better_path_is_chosen_by_the_table),
	cmocka_unit_test(no_two_paths_are_each_better_than_the_other),
};
RUN_TESTS(tests)
