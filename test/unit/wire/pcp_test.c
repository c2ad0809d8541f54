#include "wire/pcp.h"

#include "unit/spoil.h"

/* The vectors of portmap.md 14: 192.168.1.5, port 41641, nonce 00..0b. */
static const char announce_hex[] = "020000000000000000000000000000000000ffffc0a80105";
static const char map_hex[] =
	"0201000000001c2000000000000000000000ffffc0a80105000102030405060708090a0b"
	"11000000a2a9000000000000000000000000ffff00000000";

static const char mapped_hex[] = "02810000 00000e10 0000007b 000000000000000000000000"
				 "000102030405060708090a0b 11000000 a2a9 c000"
				 "00000000000000000000ffff cb007105";

static bool reads_response(struct bytes b, void *arg)
{
	struct pcp_response a;
	return pcp_read_response(b, &a);
}

static bool reads_request(struct bytes b, void *arg)
{
	struct pcp_request q;
	return pcp_read_request(b, &q);
}

static struct pcp_request a_map(void)
{
	struct pcp_request q = {.op = PCP_MAP,
				.lifetime_s = 7200,
				.client = ip_v4(192, 168, 1, 5),
				.map = {.protocol = PCP_UDP, .internal = 41641}};
	for (uint8_t i = 0; i < PCP_NONCE_LEN; i++)
		q.map.nonce[i] = i;
	return q;
}

static void requests_have_the_bytes_of_the_vectors(void **state)
{
	uint8_t room[64], want[64];
	struct pcp_request map = a_map(), back;
	struct wr w = wr_of(room, sizeof(room));
	pcp_write_request(&w, &map);
	size_t n = unhex(want, sizeof(want), map_hex);
	assert_true(bytes_equal(wr_done(&w), (struct bytes){want, n}));
	assert_true(pcp_read_request(wr_done(&w), &back));
	assert_int_equal(back.lifetime_s, 7200);
	assert_int_equal(back.map.internal, 41641);
	assert_int_equal(back.map.protocol, PCP_UDP);
	assert_memory_equal(back.map.nonce, map.map.nonce, PCP_NONCE_LEN);
	assert_true(ip_equal(&back.client, &map.client));

	w = wr_of(room, sizeof(room));
	pcp_write_request(&w, &(struct pcp_request){.op = PCP_ANNOUNCE, .client = map.client});
	n = unhex(want, sizeof(want), announce_hex);
	assert_true(bytes_equal(wr_done(&w), (struct bytes){want, n}));
	assert_true(pcp_read_request(wr_done(&w), &back));
	assert_int_equal(back.op, PCP_ANNOUNCE);
}

static void a_wish_for_any_ipv6_address_is_all_zeros(void **state)
{
	uint8_t room[64], zero[16] = {0};
	struct pcp_request map = a_map();
	struct wr w = wr_of(room, sizeof(room));
	assert_true(ip_parse(&map.client, "2001:db8::5"));
	pcp_write_request(&w, &map);
	assert_int_equal(w.n, PCP_MAP_LEN);
	assert_memory_equal(room + 44, zero, 16);
	assert_memory_equal(room + 8, map.client.b, 16);
}

static void a_mapping_is_read(void **state)
{
	uint8_t b[64];
	struct pcp_response a;
	struct ip outside = ip_v4(203, 0, 113, 5);
	size_t n = unhex(b, sizeof(b), mapped_hex);
	assert_true(pcp_read_response((struct bytes){b, n}, &a));
	assert_int_equal(a.op, PCP_MAP);
	assert_int_equal(a.result, PCP_OK);
	assert_int_equal(a.lifetime_s, 3600);
	assert_int_equal(a.epoch_s, 123);
	assert_true(a.has_map);
	assert_int_equal(a.map.internal, 41641);
	assert_int_equal(a.map.external.port, 49152);
	assert_true(ip_equal(&a.map.external.ip, &outside));
}

static void options_are_skipped(void **state)
{
	uint8_t b[128];
	struct pcp_response a;
	size_t n = unhex(b, sizeof(b), mapped_hex);
	size_t more = unhex(b + n, sizeof(b) - n, "02000005 0102030405000000 81000000");
	assert_true(pcp_read_response((struct bytes){b, n + more}, &a));
	assert_int_equal(a.map.external.port, 49152);
	/* The option's length is more than there is. */
	b[n + 3] = 0x20;
	assert_false(pcp_read_response((struct bytes){b, n + more}, &a));
	b[n + 2] = 0xff;
	b[n + 3] = 0xff;
	assert_false(pcp_read_response((struct bytes){b, n + more}, &a));
}

static void an_announcement_and_a_refusal_are_headers(void **state)
{
	uint8_t b[64];
	struct pcp_response a;
	size_t n = unhex(b, sizeof(b), "02800000 00000000 00000001 000000000000000000000000");
	assert_true(pcp_read_response((struct bytes){b, n}, &a));
	assert_int_equal(a.op, PCP_ANNOUNCE);
	assert_int_equal(a.epoch_s, 1);
	n = unhex(b, sizeof(b), "0281000c 00000708 00000001 000000000000000000000000");
	assert_true(pcp_read_response((struct bytes){b, n}, &a));
	assert_int_equal(a.result, PCP_ADDRESS_MISMATCH);
	assert_int_equal(a.lifetime_s, 1800);
	assert_false(a.has_map);
}

static void responses_are_written_as_they_are_read(void **state)
{
	uint8_t room[64], want[64];
	struct pcp_request q = a_map();
	struct pcp_response a = {
		.op = PCP_MAP, .lifetime_s = 3600, .epoch_s = 123, .has_map = true, .map = q.map};
	a.map.external = (struct endpoint){ip_v4(203, 0, 113, 5), 49152};
	struct wr w = wr_of(room, sizeof(room));
	pcp_write_response(&w, &a);
	size_t n = unhex(want, sizeof(want), mapped_hex);
	assert_true(bytes_equal(wr_done(&w), (struct bytes){want, n}));
	w = wr_of(room, sizeof(room));
	pcp_write_response(&w, &(struct pcp_response){.op = PCP_ANNOUNCE, .epoch_s = 9});
	assert_int_equal(w.n, PCP_HEADER_LEN);
	assert_true(pcp_read_response(wr_done(&w), &a));
	assert_int_equal(a.epoch_s, 9);
}

static void what_is_cut_off_or_too_long_is_refused(void **state)
{
	uint8_t b[64];
	struct spoil response = {reads_response, NULL}, request = {reads_request, NULL};
	size_t n = unhex(b, sizeof(b), mapped_hex);
	assert_int_equal(spoil_cut(&response, (struct bytes){b, n}), 0);
	n = unhex(b, sizeof(b), map_hex);
	assert_int_equal(spoil_cut(&request, (struct bytes){b, n}), 0);
	static uint8_t huge[65504];
	unhex(huge, sizeof(huge), mapped_hex);
	assert_false(spoil_read(&response, huge, sizeof(huge)));
	assert_true(spoil_read(&response, huge, PCP_MESSAGE_MAX));
	assert_false(spoil_read(&response, huge, PCP_MESSAGE_MAX + 4));
}

static void another_version_or_operation_is_refused(void **state)
{
	uint8_t b[64];
	struct pcp_response a;
	struct pcp_request q;
	size_t n = unhex(b, sizeof(b), mapped_hex);
	b[0] = 1;
	assert_false(pcp_read_response((struct bytes){b, n}, &a));
	b[0] = 2;
	b[1] = 0x82; /* PEER */
	assert_false(pcp_read_response((struct bytes){b, n}, &a));
	b[1] = 0x01;
	assert_false(pcp_read_response((struct bytes){b, n}, &a));
	n = unhex(b, sizeof(b), map_hex);
	b[1] = 0x81;
	assert_false(pcp_read_request((struct bytes){b, n}, &q));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(requests_have_the_bytes_of_the_vectors),
	cmocka_unit_test(a_wish_for_any_ipv6_address_is_all_zeros),
	cmocka_unit_test(a_mapping_is_read),
	cmocka_unit_test(options_are_skipped),
	cmocka_unit_test(an_announcement_and_a_refusal_are_headers),
	cmocka_unit_test(responses_are_written_as_they_are_read),
	cmocka_unit_test(what_is_cut_off_or_too_long_is_refused),
	cmocka_unit_test(another_version_or_operation_is_refused),
};
RUN_TESTS(tests)
