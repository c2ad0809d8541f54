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
	assert_true(bytes_start(a, a));
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

static void every_read_fits_exactly_or_not_at_all(void **state)
{
	static const uint8_t in[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	for (size_t n = 0; n <= 8; n++) {
		struct rd r[6];
		for (size_t i = 0; i < 6; i++)
			r[i] = rd_of((struct bytes){in, n});
		assert_true(rd_u8(&r[0]) == (n >= 1 ? 1 : 0));
		assert_true(rd_be16(&r[1]) == (n >= 2 ? 0x0102 : 0));
		assert_true(rd_be32(&r[2]) == (n >= 4 ? 0x01020304 : 0));
		assert_true(rd_le32(&r[3]) == (n >= 4 ? 0x04030201 : 0));
		assert_true(rd_be64(&r[4]) == (n >= 8 ? UINT64_C(0x0102030405060708) : 0));
		assert_true(rd_le64(&r[5]) == (n >= 8 ? UINT64_C(0x0807060504030201) : 0));
		static const size_t needs[] = {1, 2, 4, 4, 8, 8};
		for (size_t i = 0; i < 6; i++) {
			assert_int_equal(r[i].bad, n < needs[i]);
			assert_int_equal(rd_done(&r[i]), n == needs[i]);
		}
	}
}

static void a_view_that_is_too_long_is_empty_and_takes_nothing(void **state)
{
	static const uint8_t in[4] = {1, 2, 3, 4};
	static const size_t too_long[] = {5, SIZE_MAX};
	for (size_t i = 0; i < ARRAY_LEN(too_long); i++) {
		struct rd r = rd_of(BYTES_OF(in));
		assert_int_equal(rd_take(&r, too_long[i]).n, 0);
		assert_true(r.bad);
		assert_int_equal(rd_take(&r, 1).n, 0); /* nor does anything after it */
	}
	struct rd r = rd_of(BYTES_OF(in));
	assert_ptr_equal(rd_take(&r, 4).p, in);
	assert_true(rd_done(&r));
	assert_int_equal(rd_take(&r, 0).n, 0);
	assert_true(rd_done(&r));
	rd_skip(&r, 1);
	assert_true(r.bad);
}

static void copies_are_whole_or_zero(void **state)
{
	static const uint8_t in[4] = {1, 2, 3, 4};
	uint8_t out[4] = {9, 9, 9, 9};
	struct rd r = rd_of(BYTES_OF(in));
	rd_copy(&r, out, 2);
	assert_memory_equal(out, "\1\2\x09\x09", 4);
	rd_copy(&r, out, 3);
	assert_memory_equal(out, "\0\0\0\x09", 4);
	assert_true(r.bad);
}

static void the_rest_is_all_that_is_left_and_may_be_nothing(void **state)
{
	static const uint8_t in[3] = {1, 2, 3};
	struct rd r = rd_of(BYTES_OF(in));
	rd_skip(&r, 1);
	struct bytes rest = rd_rest(&r);
	assert_ptr_equal(rest.p, in + 1);
	assert_int_equal(rest.n, 2);
	assert_int_equal(rd_rest(&r).n, 0);
	assert_true(rd_done(&r));
}

static void every_write_fits_exactly_or_not_at_all(void **state)
{
	for (size_t cap = 0; cap <= 9; cap++) {
		static const size_t needs[] = {1, 2, 4, 4, 8, 8, 5, 3};
		uint8_t memory[8][9];
		struct wr w[8];
		memset(memory, 0x77, sizeof(memory));
		for (size_t i = 0; i < 8; i++)
			w[i] = wr_of(memory[i], cap);
		wr_u8(&w[0], 0x11);
		wr_be16(&w[1], 0x1122);
		wr_be32(&w[2], 0x11223344);
		wr_le32(&w[3], 0x11223344);
		wr_be64(&w[4], 0x1122334455667788);
		wr_le64(&w[5], 0x1122334455667788);
		wr_zero(&w[6], 5);
		wr_put(&w[7], "abc", 3);
		for (size_t i = 0; i < 8; i++) {
			size_t written = cap >= needs[i] ? needs[i] : 0;
			assert_int_equal(w[i].bad, written == 0);
			assert_int_equal(wr_done(&w[i]).n, written);
			for (size_t k = written; k < 9; k++)
				assert_int_equal(memory[i][k], 0x77);
		}
	}
}

static void numbers_are_written_in_the_order_that_the_name_says(void **state)
{
	uint8_t memory[27];
	struct wr w = wr_of(memory, sizeof(memory));
	wr_u8(&w, 1);
	wr_be16(&w, 0x0203);
	wr_be32(&w, 0x04050607);
	wr_le32(&w, 0x04050607);
	wr_be64(&w, 0x0102030405060708);
	wr_le64(&w, 0x0102030405060708);
	assert_memory_equal(memory,
			    "\x01\x02\x03\x04\x05\x06\x07\x07\x06\x05\x04"
			    "\x01\x02\x03\x04\x05\x06\x07\x08\x08\x07\x06\x05\x04\x03\x02\x01",
			    27);
}

static void room_that_cannot_be_is_refused_and_spoils_the_writer(void **state)
{
	uint8_t memory[4];
	struct wr w = wr_of(memory, sizeof(memory));
	wr_u8(&w, 1);
	assert_ptr_equal(wr_room(&w, 3), memory + 1);
	assert_ptr_equal(wr_room(&w, 0), memory + 4);
	assert_false(w.bad);
	w = wr_of(memory, sizeof(memory));
	wr_u8(&w, 1);
	assert_null(wr_room(&w, SIZE_MAX)); /* the sum would wrap */
	assert_true(w.bad);
	assert_null(wr_room(&w, 0));
	wr_bytes(&w, (struct bytes){0});
	assert_int_equal(w.n, 1);
}

static void nothing_can_be_written_from_nowhere(void **state)
{
	uint8_t memory[1];
	struct wr w = wr_of(memory, sizeof(memory));
	wr_put(&w, NULL, 0);
	wr_bytes(&w, (struct bytes){0});
	wr_zero(&w, 0);
	assert_false(w.bad);
	assert_int_equal(w.n, 0);
	wr_bytes(&w, (struct bytes){(const uint8_t *)"x", 1});
	assert_int_equal(w.n, 1);
	assert_int_equal(memory[0], 'x');
}

static void every_byte_has_its_two_digits(void **state)
{
	uint8_t all[256], back[256];
	char text[513];
	for (size_t i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	hex_format(text, BYTES_OF(all));
	assert_int_equal(strlen(text), 512);
	assert_true(hex_parse(back, 3, "AbCdEF", 6));
	assert_memory_equal(back, "\xab\xcd\xef", 3);
	assert_memory_equal(text + 2 * 0xa9, "a9", 2);
	assert_true(hex_parse(back, 256, text, 512));
	assert_memory_equal(back, all, 256);
	hex_format(text, (struct bytes){0});
	assert_string_equal(text, "");
	assert_true(hex_parse(back, 0, "", 0));
}

/* The neighbours of the digits in ASCII, and what strtol would take. */
static void what_is_no_digit_is_refused_wherever_it_stands(void **state)
{
	static const char bad[] = "/:@G`g xX-+\0\x80\xff";
	for (size_t i = 0; i < sizeof(bad) - 1; i++) {
		for (size_t at = 0; at < 4; at++) {
			uint8_t out[2] = {9, 9};
			char text[5] = "0000";
			text[at] = bad[i];
			assert_false(hex_parse(out, 2, text, 4));
			assert_memory_equal(out, "\x09\x09", 2);
		}
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(reads_in_both_orders),
	cmocka_unit_test(a_short_read_spoils_the_rest),
	cmocka_unit_test(what_is_left_over_is_not_done),
	cmocka_unit_test(writes_what_it_reads),
	cmocka_unit_test(a_full_writer_writes_nothing_more),
	cmocka_unit_test(views_compare),
	cmocka_unit_test(hex_is_exact),
	cmocka_unit_test(every_read_fits_exactly_or_not_at_all),
	cmocka_unit_test(a_view_that_is_too_long_is_empty_and_takes_nothing),
	cmocka_unit_test(copies_are_whole_or_zero),
	cmocka_unit_test(the_rest_is_all_that_is_left_and_may_be_nothing),
	cmocka_unit_test(every_write_fits_exactly_or_not_at_all),
	cmocka_unit_test(numbers_are_written_in_the_order_that_the_name_says),
	cmocka_unit_test(room_that_cannot_be_is_refused_and_spoils_the_writer),
	cmocka_unit_test(nothing_can_be_written_from_nowhere),
	cmocka_unit_test(every_byte_has_its_two_digits),
	cmocka_unit_test(what_is_no_digit_is_refused_wherever_it_stands),
};
RUN_TESTS(tests)
