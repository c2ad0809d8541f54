#include "unit/unit.h"

static void reads_in_both_orders(void **state)
{
	uint8_t in[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct rd r = rd_of(BYTES_OF(in));
	assert_int_equal(rd_u8(&r), 1);
	assert_int_equal(rd_be16(&r), 0x0203);
	assert_int_equal(rd_le32(&r), 0x07060504);
	assert_int_equal(rd_be16(&r), 0x0809);
	assert_true(rd_done(&r));
	r = rd_of(BYTES_OF(in));
	assert_true(rd_be64(&r) == UINT64_C(0x0102030405060708));
	r = rd_of(BYTES_OF(in));
	assert_true(rd_le64(&r) == UINT64_C(0x0807060504030201));
}

static void a_short_read_spoils_the_rest(void **state)
{
	uint8_t in[] = {1, 2, 3};
	struct rd r = rd_of(BYTES_OF(in));
	assert_int_equal(rd_be32(&r), 0);
	assert_true(r.bad);
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_rest(&r).n, 0);
	assert_false(rd_done(&r));

	uint8_t out[4] = {9, 9, 9, 9};
	rd_copy(&r, out, sizeof(out));
	assert_memory_equal(out, "\0\0\0\0", 4);
}

static void what_is_left_over_is_not_done(void **state)
{
	uint8_t in[] = {1, 2};
	struct rd r = rd_of(BYTES_OF(in));
	rd_skip(&r, 1);
	assert_false(rd_done(&r));
	struct bytes rest = rd_rest(&r);
	assert_int_equal(rest.n, 1);
	assert_true(rd_done(&r));
	r = rd_of((struct bytes){0});
	rd_copy(&r, NULL, 0);
	assert_true(rd_done(&r));
}

static void writes_what_it_reads(void **state)
{
	uint8_t memory[32];
	struct wr w = wr_of(memory, sizeof(memory));
	wr_u8(&w, 7);
	wr_be16(&w, 0x1234);
	wr_be32(&w, 0xdeadbeef);
	wr_be64(&w, 42);
	wr_le32(&w, 0xcafe);
	wr_le64(&w, UINT64_MAX - 1);
	wr_zero(&w, 2);
	wr_put(&w, "xyz", 3);
	assert_false(w.bad);
	assert_int_equal(w.n, 32);

	struct rd r = rd_of(wr_done(&w));
	assert_int_equal(rd_u8(&r), 7);
	assert_int_equal(rd_be16(&r), 0x1234);
	assert_true(rd_be32(&r) == 0xdeadbeef);
	assert_true(rd_be64(&r) == 42);
	assert_int_equal(rd_le32(&r), 0xcafe);
	assert_true(rd_le64(&r) == UINT64_MAX - 1);
	rd_skip(&r, 2);
	assert_memory_equal(rd_take(&r, 3).p, "xyz", 3);
	assert_true(rd_done(&r));
}

static void a_full_writer_writes_nothing_more(void **state)
{
	uint8_t memory[3] = {9, 9, 9};
	struct wr w = wr_of(memory, sizeof(memory));
	wr_be16(&w, 1);
	wr_be16(&w, 2);
	assert_true(w.bad);
	wr_u8(&w, 3);
	assert_int_equal(w.n, 2);
	assert_int_equal(memory[2], 9);
	assert_null(wr_room(&w, 1));
}

static void views_compare(void **state)
{
	struct bytes a = {(const uint8_t *)"abc", 3}, b = {(const uint8_t *)"abd", 3},
		     ab = {a.p, 2};
	assert_true(bytes_equal(a, a));
	assert_false(bytes_equal(a, b));
	assert_false(bytes_equal(a, ab));
	assert_true(bytes_start(b, ab));
	assert_false(bytes_start(ab, a));
	assert_true(bytes_start(a, (struct bytes){0}));
	assert_true(bytes_equal((struct bytes){0}, (struct bytes){0}));
}

static void hex_is_exact(void **state)
{
	uint8_t out[2] = {9, 9};
	char text[5];
	assert_true(hex_parse(out, 2, "0aFf", 4));
	assert_int_equal(out[0], 0x0a);
	assert_int_equal(out[1], 0xff);
	hex_format(text, BYTES_OF(out));
	assert_string_equal(text, "0aff");
	assert_false(hex_parse(out, 2, "0aF", 3));
	assert_false(hex_parse(out, 2, "0aFg", 4));
	assert_false(hex_parse(out, 2, "0aFf0", 5));
	assert_int_equal(out[0], 0x0a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(reads_in_both_orders),
	cmocka_unit_test(a_short_read_spoils_the_rest),
	cmocka_unit_test(what_is_left_over_is_not_done),
	cmocka_unit_test(writes_what_it_reads),
	cmocka_unit_test(a_full_writer_writes_nothing_more),
	cmocka_unit_test(views_compare),
	cmocka_unit_test(hex_is_exact),
};
RUN_TESTS(tests)
