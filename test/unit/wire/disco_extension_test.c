#include "crypto/seeded.h"
#include "unit/unit.h"
#include "wire/disco.h"

static const struct disco_extension full = {
	.nonce = 0x0102030405060708,
	.step = DISCO_STEP_READY,
	.slow = true,
	.mapping = MAPPING_VARIES,
	.sockets = 256,
	.reflexive = {{4, {192, 0, 2, 1}}, 41641},
	.samples = {{0, 5000}, {10, 5001}, {21, 65535}},
	.n_samples = 3,
	.addresses = {{4, {192, 0, 2, 1}}, {4, {192, 0, 2, 7}}},
	.n_addresses = 2,
};

static size_t write_whole(uint8_t *out, size_t cap, const struct disco_extension *e)
{
	struct disco_msg m = {.type = DISCO_EXTENSION, .extension = *e};
	struct wr w = wr_of(out, cap);
	disco_write(&w, &m);
	assert_false(w.bad);
	return w.n;
}

static void the_bytes_are_as_described(void **state)
{
	uint8_t got[128], want[128];
	size_t n = write_whole(got, sizeof(got), &full);
	size_t have = unhex(want, sizeof(want),
			    "57 02 0102030405060708 04 01 02 03 0100"
			    "00000000000000000000ffffc0000201 a2a9"
			    "0000 1388  000a 1389  0015 ffff"
			    "02 c0000201 c0000207");
	assert_int_equal(n, have);
	assert_memory_equal(got, want, n);
}

static void it_is_read_as_it_was_written(void **state)
{
	uint8_t b[128];
	struct disco_msg m;
	size_t n = write_whole(b, sizeof(b), &full);
	assert_true(disco_read((struct bytes){b, n}, &m));
	assert_int_equal(m.type, DISCO_EXTENSION);
	assert_int_equal(m.extension.nonce, full.nonce);
	assert_int_equal(m.extension.step, full.step);
	assert_true(m.extension.slow);
	assert_int_equal(m.extension.mapping, full.mapping);
	assert_int_equal(m.extension.sockets, full.sockets);
	assert_true(endpoint_equal(&m.extension.reflexive, &full.reflexive));
	assert_int_equal(m.extension.n_samples, 3);
	assert_int_equal(m.extension.samples[2].port, 65535);
	assert_int_equal(m.extension.samples[1].at_ms, 10);
	assert_int_equal(m.extension.n_addresses, 2);
	assert_true(ip_equal(&m.extension.addresses[1], &full.addresses[1]));
}

static void version_1_had_no_addresses(void **state)
{
	uint8_t b[128];
	struct disco_msg m;
	size_t n = write_whole(b, sizeof(b), &full);
	b[1] = 1;
	assert_true(disco_read((struct bytes){b, n}, &m));
	assert_int_equal(m.extension.n_samples, 3);
	assert_int_equal(m.extension.n_addresses, 0);
	assert_true(disco_read((struct bytes){b, n - 9}, &m));
}

static void more_addresses_than_fit_are_ignored(void **state)
{
	uint8_t b[256] = {0};
	struct disco_msg m;
	size_t n = write_whole(b, sizeof(b), &full);
	b[n - 9] = 30;
	assert_true(disco_read((struct bytes){b, n - 8 + 30 * 4}, &m));
	assert_int_equal(m.extension.n_addresses, DISCO_ADDRESSES_MAX);
	assert_false(disco_read((struct bytes){b, n - 8 + 29 * 4}, &m));
}

static void every_shorter_message_is_refused(void **state)
{
	uint8_t b[128];
	struct disco_msg m;
	size_t n = write_whole(b, sizeof(b), &full);
	for (size_t i = 0; i < n; i++)
		assert_false(disco_read((struct bytes){b, i}, &m));
}

static void a_later_version_may_append(void **state)
{
	uint8_t b[160];
	struct disco_msg m;
	size_t n = write_whole(b, sizeof(b), &full);
	b[1] = 9;
	memset(b + n, 0xee, 20);
	assert_true(disco_read((struct bytes){b, n + 20}, &m));
	assert_int_equal(m.extension.n_samples, 3);
	b[1] = 0; /* there was no version 0 */
	assert_false(disco_read((struct bytes){b, n}, &m));
}

static void unknown_steps_and_mappings_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		bool good;
	} table[] = {{10, 0, false}, {10, 1, true},  {10, 4, true},   {10, 5, false},
		     {12, 0, true},  {12, 3, false}, {11, 0xff, true}};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		uint8_t b[128];
		struct disco_msg m;
		size_t n = write_whole(b, sizeof(b), &full);
		b[table[i].at] = table[i].value;
		assert_int_equal(disco_read((struct bytes){b, n}, &m), table[i].good);
	}
}

static void more_samples_than_fit_are_ignored(void **state)
{
	uint8_t b[256] = {0};
	struct disco_msg m;
	write_whole(b, sizeof(b), &full);
	b[13] = 40;
	assert_true(disco_read((struct bytes){b, DISCO_EXTENSION_MIN + 40 * 4 + 1}, &m));
	assert_int_equal(m.extension.n_samples, DISCO_SAMPLES_MAX);
}

static void only_an_ipv4_endpoint_is_a_reflexive_one(void **state)
{
	static const char *const others[] = {"[2001:db8::1]:41641", "192.0.2.1:0"};
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		uint8_t b[128];
		struct disco_msg m;
		struct disco_extension e = full;
		e.reflexive = (struct endpoint){ip_v4(192, 0, 2, 1), 0};
		if (i == 0)
			assert_true(endpoint_parse(&e.reflexive, others[0]));
		size_t n = write_whole(b, sizeof(b), &e);
		assert_true(disco_read((struct bytes){b, n}, &m));
		assert_false(endpoint_is_set(&m.extension.reflexive));
	}
}

/* A stock peer knows the types 1 to 9 and drops the others: ours is not among them. */
static void it_is_no_type_of_stock_peers(void **state)
{
	assert_true(DISCO_EXTENSION > DISCO_ALLOCATE_RESPONSE);
	assert_int_equal(DISCO_EXTENSION, 0x57);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_bytes_are_as_described),
	cmocka_unit_test(it_is_read_as_it_was_written),
	cmocka_unit_test(version_1_had_no_addresses),
	cmocka_unit_test(every_shorter_message_is_refused),
	cmocka_unit_test(a_later_version_may_append),
	cmocka_unit_test(unknown_steps_and_mappings_are_refused),
	cmocka_unit_test(more_samples_than_fit_are_ignored),
	cmocka_unit_test(more_addresses_than_fit_are_ignored),
	cmocka_unit_test(only_an_ipv4_endpoint_is_a_reflexive_one),
	cmocka_unit_test(it_is_no_type_of_stock_peers),
};
RUN_TESTS(tests)
