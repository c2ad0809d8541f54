#include "wire/natpmp.h"

#include "unit/spoil.h"

static bool reads_response(struct bytes b, void *arg)
{
	struct natpmp_response a;
	return natpmp_read_response(b, &a);
}

static bool reads_request(struct bytes b, void *arg)
{
	struct natpmp_request q;
	return natpmp_read_request(b, &q);
}

static void requests_have_the_bytes_of_the_vectors(void **state)
{
	uint8_t room[32], want[32];
	struct natpmp_request back, ask = {.op = NATPMP_ADDRESS},
				    map = {.op = NATPMP_MAP_UDP, 41641, 41641, 7200};
	struct wr w = wr_of(room, sizeof(room));
	natpmp_write_request(&w, &ask);
	size_t n = unhex(want, sizeof(want), "0000");
	assert_true(bytes_equal(wr_done(&w), (struct bytes){want, n}));
	assert_true(natpmp_read_request(wr_done(&w), &back));
	assert_int_equal(back.op, NATPMP_ADDRESS);

	w = wr_of(room, sizeof(room));
	natpmp_write_request(&w, &map);
	n = unhex(want, sizeof(want), "00010000a2a9a2a900001c20");
	assert_true(bytes_equal(wr_done(&w), (struct bytes){want, n}));
	assert_true(natpmp_read_request(wr_done(&w), &back));
	assert_int_equal(back.op, NATPMP_MAP_UDP);
	assert_int_equal(back.internal, 41641);
	assert_int_equal(back.external, 41641);
	assert_int_equal(back.lifetime_s, 7200);
}

static void an_address_is_read(void **state)
{
	uint8_t b[32];
	struct natpmp_response a;
	size_t n = unhex(b, sizeof(b), "00800000 00000e10 cb007105");
	struct ip want = ip_v4(203, 0, 113, 5);
	assert_true(natpmp_read_response((struct bytes){b, n}, &a));
	assert_int_equal(a.op, NATPMP_ADDRESS);
	assert_int_equal(a.epoch_s, 3600);
	assert_true(ip_equal(&a.address, &want));
}

static void a_mapping_is_read(void **state)
{
	uint8_t b[32];
	struct natpmp_response a;
	size_t n = unhex(b, sizeof(b), "00810000 00000e11 a2a9 c000 00000e10");
	assert_true(natpmp_read_response((struct bytes){b, n}, &a));
	assert_int_equal(a.op, NATPMP_MAP_UDP);
	assert_int_equal(a.internal, 41641);
	assert_int_equal(a.external, 49152);
	assert_int_equal(a.lifetime_s, 3600);
}

static void a_refusal_needs_eight_bytes_only(void **state)
{
	uint8_t b[32];
	struct natpmp_response a;
	size_t n = unhex(b, sizeof(b), "00810001 00000e11");
	assert_true(natpmp_read_response((struct bytes){b, n}, &a));
	assert_int_equal(a.result, NATPMP_UNSUPPORTED_VERSION);
	assert_int_equal(a.epoch_s, 3601);
	n = unhex(b, sizeof(b), "00810002 00000e11 a2a9 0000 00000000");
	assert_true(natpmp_read_response((struct bytes){b, n}, &a));
	assert_int_equal(a.result, NATPMP_NOT_AUTHORISED);
	assert_false(natpmp_read_response((struct bytes){b, 7}, &a));
}

static void responses_are_written_as_they_are_read(void **state)
{
	const struct natpmp_response table[] = {
		{.op = NATPMP_ADDRESS, .epoch_s = 7, .address = ip_v4(198, 51, 100, 1)},
		{.op = NATPMP_MAP_UDP, .epoch_s = 7, .internal = 1, .external = 2, .lifetime_s = 3},
		{.op = NATPMP_MAP_UDP, .result = NATPMP_NO_RESOURCES, .epoch_s = 7},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		uint8_t room[NATPMP_RESPONSE_MAX];
		struct wr w = wr_of(room, sizeof(room));
		struct natpmp_response a;
		natpmp_write_response(&w, &table[i]);
		assert_false(w.bad);
		assert_true(natpmp_read_response(wr_done(&w), &a));
		assert_int_equal(a.op, table[i].op);
		assert_int_equal(a.result, table[i].result);
		assert_int_equal(a.epoch_s, 7);
		assert_int_equal(a.external, table[i].external);
		assert_int_equal(a.lifetime_s, table[i].lifetime_s);
		assert_true(ip_equal(&a.address, &table[i].address));
	}
}

static void a_length_that_is_not_exact_is_refused(void **state)
{
	uint8_t b[32] = {0};
	struct spoil response = {reads_response, NULL}, request = {reads_request, NULL};
	size_t n = unhex(b, sizeof(b), "00800000 00000e10 cb007105");
	assert_int_equal(spoil_cut(&response, (struct bytes){b, n}), 0);
	assert_false(spoil_read(&response, b, n + 1));
	n = unhex(b, sizeof(b), "00810000 00000e11 a2a9 c000 00000e10");
	assert_int_equal(spoil_cut(&response, (struct bytes){b, n}), 0);
	assert_false(spoil_read(&response, b, n + 1));
	n = unhex(b, sizeof(b), "00010000a2a9a2a900001c20");
	assert_int_equal(spoil_cut(&request, (struct bytes){b, n}), 0);
	assert_false(spoil_read(&request, b, n + 1));
	static uint8_t huge[65507] = {0, 0x81, 0, 2};
	assert_false(spoil_read(&response, huge, sizeof(huge)));
}

static void another_version_or_operation_is_refused(void **state)
{
	uint8_t b[32];
	struct natpmp_response a;
	struct natpmp_request q;
	size_t n = unhex(b, sizeof(b), "01800000 00000e10 cb007105"); /* version 1 */
	assert_false(natpmp_read_response((struct bytes){b, n}, &a));
	n = unhex(b, sizeof(b), "00820000 00000e11 a2a9 c000 00000e10"); /* TCP */
	assert_false(natpmp_read_response((struct bytes){b, n}, &a));
	n = unhex(b, sizeof(b), "00010000 00000e11 a2a9 c000 00000e10"); /* a request */
	assert_false(natpmp_read_response((struct bytes){b, n}, &a));
	n = unhex(b, sizeof(b), "0080");
	assert_false(natpmp_read_request((struct bytes){b, n}, &q));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(requests_have_the_bytes_of_the_vectors),
	cmocka_unit_test(an_address_is_read),
	cmocka_unit_test(a_mapping_is_read),
	cmocka_unit_test(a_refusal_needs_eight_bytes_only),
	cmocka_unit_test(responses_are_written_as_they_are_read),
	cmocka_unit_test(a_length_that_is_not_exact_is_refused),
	cmocka_unit_test(another_version_or_operation_is_refused),
};
RUN_TESTS(tests)
