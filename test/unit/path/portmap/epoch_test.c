#include "path/portmap/epoch.h"

#include "unit/unit.h"

struct row {
	uint32_t first, then; /* seconds of the gateway */
	mono_ns between;      /* ours */
	bool restarted;
};

static void a_pcp_server_that_restarted_is_recognised(void **state)
{
	static const struct row table[] = {
		{100, 100, 0, false},
		{100, 3700, 3600 * SECOND, false},
		{100, 99, 0, false}, /* two answers overtook each other */
		{100, 98, 0, true},
		{5000, 3, 600 * SECOND, true},
		{100, 3500, 3600 * SECOND, false}, /* its clock is slow by less than a sixteenth */
		{100, 3300, 3600 * SECOND, true},
		{100, 3900, 3600 * SECOND, false}, /* or fast */
		{100, 4200, 3600 * SECOND, true},
		{100, 102, 0, false},
		{100, 104, 0, true},
		{100, 102, 4 * SECOND, false},
		{100, 101, 4 * SECOND, true},
		{0, 0, 2 * SECOND, false},
		{0, 0, 3600 * SECOND,
		 true}, /* it says nothing but zeros: it restarts all the time */
		{UINT32_MAX, UINT32_MAX, 0, false},
		{UINT32_MAX, 0, 1 * SECOND, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct epoch e = {0};
		assert_false(epoch_restarted_pcp(&e, table[i].first, 1000 * SECOND));
		bool restarted =
			epoch_restarted_pcp(&e, table[i].then, 1000 * SECOND + table[i].between);
		if (restarted != table[i].restarted)
			fail_msg("row %zu", i);
	}
}

static void a_natpmp_server_that_restarted_is_recognised(void **state)
{
	static const struct row table[] = {
		{100, 100, 0, false},
		{100, 98, 0, false},
		{100, 97, 0, true},
		{100, 3700, 3600 * SECOND, false},
		{100, 3300, 3600 * SECOND, false}, /* an eighth slow */
		{100, 3200, 3600 * SECOND, true},
		{100, 900000, 3600 * SECOND, false}, /* fast is not a restart here */
		{5000, 3, 600 * SECOND, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct epoch e = {0};
		assert_false(epoch_restarted_natpmp(&e, table[i].first, 1000 * SECOND));
		bool restarted =
			epoch_restarted_natpmp(&e, table[i].then, 1000 * SECOND + table[i].between);
		if (restarted != table[i].restarted)
			fail_msg("row %zu", i);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_pcp_server_that_restarted_is_recognised),
	cmocka_unit_test(a_natpmp_server_that_restarted_is_recognised),
};
RUN_TESTS(tests)
