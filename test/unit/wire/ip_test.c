#include "wire/ip.h"

#include "crypto/seeded.h"
#include "unit/addresses.h"
#include "unit/message.h"
#include "unit/spoil.h"
#include "unit/wire/icmp.h"

static bool same(const struct ip *a, const char *text)
{
	struct ip want = ip_of(text);
	return ip_equal(a, &want);
}

static bool reads(struct bytes b, void *arg)
{
	struct ip_packet p;
	struct ip src, dst;
	size_t len;
	bool ok = ip_read(b, &p);
	/* The two short readers agree with the full one. */
	if (ok) {
		assert_true(ip_read_dst(b, &dst));
		assert_true(ip_equal(&dst, &p.dst));
		assert_true(ip_read_src(b, &src, &len));
		assert_true(ip_equal(&src, &p.src) && len == p.len);
		assert_true(p.len <= b.n && p.payload.n <= p.len);
	}
	return ok;
}

/* An IPv6 packet of "2001:db8::1" to "2001:db8::2", with that next header and rest. */
static struct message v6(uint8_t next, const char *rest)
{
	struct message m = {.n = IP6_HEADER_LEN};
	m.n += unhex(m.b + m.n, sizeof(m.b) - m.n, rest);
	struct ip src = ip_of("2001:db8::1"), dst = ip_of("2001:db8::2");
	struct wr w = wr_of(m.b, IP6_HEADER_LEN);
	ip_write(&w, &src, &dst, next, 64, m.n - IP6_HEADER_LEN);
	return m;
}

/* The example of RFC 1071, section 3: the sum is ddf2. */
static void the_sum_is_that_of_rfc_1071(void **state)
{
	static const uint8_t b[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	assert_int_equal(inet_fold(inet_sum(BYTES_OF(b), 0)), 0xffff & ~0xddf2);
	/* Summed in parts the result is the same. An odd byte at the end counts with a zero behind
	 * it. */
	uint32_t sum = inet_sum((struct bytes){b, 2}, 0);
	assert_int_equal(inet_fold(inet_sum((struct bytes){b + 2, 6}, sum)), 0xffff & ~0xddf2);
	assert_int_equal(inet_sum((struct bytes){b + 2, 1}, 0), 0xf200);
	assert_int_equal(inet_fold(inet_sum((struct bytes){0}, 0)), 0xffff);
	/* All carries are added in again. */
	assert_int_equal(inet_fold(inet_sum(BYTES_OF(b), UINT32_MAX)), 0xffff & ~0xddf2);
}

/* A header with a right checksum. */
static void an_ipv4_header_is_read(void **state)
{
	struct message m = message("45000073000040004011b861c0a80001c0a800c7");
	struct ip_packet p;
	assert_int_equal(inet_fold(inet_sum(view(&m), 0)), 0);
	assert_false(ip_read(view(&m), &p)); /* the rest is missing */
	m.n = 0x73;
	assert_true(ip_read(view(&m), &p));
	assert_true(same(&p.src, "192.168.0.1") && same(&p.dst, "192.168.0.199"));
	assert_int_equal(p.proto, IP_UDP);
	assert_int_equal(p.ttl, 64);
	assert_int_equal(p.len, 0x73);
	assert_false(p.fragment);
	assert_ptr_equal(p.payload.p, m.b + IP4_HEADER_LEN);
	assert_int_equal(p.payload.n, 0x73 - IP4_HEADER_LEN);
}

static void padding_behind_a_packet_is_left_out(void **state)
{
	struct message m = message("45000017000040004011000001020304050607080a0b0c 0000000000"),
		       six;
	struct ip_packet p;
	assert_true(ip_read(view(&m), &p));
	assert_int_equal(p.len, 23);
	assert_int_equal(p.payload.n, 3);
	six = v6(IP_UDP, "0a0b0c");
	six.n += 13;
	assert_true(ip_read(view(&six), &p));
	assert_int_equal(p.len, 43);
	assert_int_equal(p.payload.n, 3);
}

static void ipv4_headers_by_their_fields(void **state)
{
	static const struct {
		const char *hex;
		bool read, fragment;
		size_t payload;
	} rows[] = {
		{"4500001400000000401100000102030405060708", true, false, 0},
		{"46000018000000004011000001020304050607080b0b0b0b", true, false,
		 0}, /* with an option */
		{"46000017000000004011000001020304050607080b0b0b0b", false, false,
		 0}, /* length in header */
		{"4400001400000000401100000102030405060708", false, false,
		 0}, /* header too short */
		{"4f00001400000000401100000102030405060708", false, false, 0}, /* header too long */
		{"4500001300000000401100000102030405060708", false, false, 0},
		{"4500001500000000401100000102030405060708", false, false, 0},
		{"4500ffff00000000401100000102030405060708", false, false, 0},
		{"45000018000020004011000001020304050607080b0b0b0b", true, false,
		 4}, /* first fragment */
		{"45000018000020014011000001020304050607080b0b0b0b", true, true, 4},
		{"450000180000001f4011000001020304050607080b0b0b0b", true, true, 4},
		{"0500001400000000401100000102030405060708", false, false, 0},
		{"5500001400000000401100000102030405060708", false, false, 0},
		{"7500001400000000401100000102030405060708", false, false, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct message m = message(rows[i].hex);
		struct ip_packet p;
		assert_int_equal(reads(view(&m), NULL), rows[i].read);
		if (!ip_read(view(&m), &p))
			continue;
		assert_int_equal(p.fragment, rows[i].fragment);
		assert_int_equal(p.payload.n, rows[i].payload);
	}
}

static void ipv6_extension_headers_are_skipped(void **state)
{
	static const struct {
		uint8_t next;
		const char *rest;
		bool read;
		uint8_t proto;
		size_t payload;
		bool fragment;
	} rows[] = {
		{IP_UDP, "aabb", true, IP_UDP, 2, false},
		{59, "", true, 59, 0, false},
		{50, "0000000000000000", true, 50, 8, false}, /* ESP: its content is encrypted */
		{0, "1100000000000000 aabb", true, IP_UDP, 2, false},
		{60, "1101000000000000 0000000000000000 aa", true, IP_UDP, 1, false},
		{43, "3a00000000000000 aabb", true, IP_ICMP6, 2, false},
		{135, "0600000000000000", true, IP_TCP, 0, false},
		{51, "0604000000000000 0000000000000000 0000000000000000 aa", true, IP_TCP, 1,
		 false},
		{0, "2b00000000000000 3c00000000000000 1100000000000000 aabb", true, IP_UDP, 2,
		 false},
		/* The first fragment has the transport header, the others have not. */
		{44, "1100000100000007 aabb", true, IP_UDP, 2, false},
		{44, "1100000900000007 aabb", true, IP_UDP, 2, true},
		{44, "1100fff800000007 aabb", true, IP_UDP, 2, true},
		{44, "3c00000800000007 aabb", true, 60, 2, true},
		/* Cut short. */
		{0, "", false, 0, 0, false},
		{0, "11", false, 0, 0, false},
		{0, "11000000000000", false, 0, 0, false},
		{60, "1101000000000000 00000000000000", false, 0, 0, false},
		{44, "11000000000000", false, 0, 0, false},
		{51, "06ff000000000000", false, 0, 0, false},
		/* Eight are enough. */
		{60,
		 "3c00000000000000 3c00000000000000 3c00000000000000 3c00000000000000"
		 "3c00000000000000 3c00000000000000 3c00000000000000 1100000000000000",
		 true, IP_UDP, 0, false},
		{60,
		 "3c00000000000000 3c00000000000000 3c00000000000000 3c00000000000000"
		 "3c00000000000000 3c00000000000000 3c00000000000000 3c00000000000000 "
		 "1100000000000000",
		 false, 0, 0, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct message m = v6(rows[i].next, rows[i].rest);
		struct ip_packet p;
		assert_int_equal(reads(view(&m), NULL), rows[i].read);
		if (!ip_read(view(&m), &p))
			continue;
		assert_int_equal(p.proto, rows[i].proto);
		assert_int_equal(p.payload.n, rows[i].payload);
		assert_int_equal(p.fragment, rows[i].fragment);
		assert_int_equal(p.len, m.n);
	}
}

/* As an IPv6 packet from ::ffff:100.64.0.1 it would pass for one from 100.64.0.1. */
static void ipv4_addresses_do_not_come_in_ipv6_packets(void **state)
{
	struct ip src, dst;
	size_t len;
	for (size_t at = 8; at <= 24; at += 16) {
		struct message m = v6(IP_UDP, "aabb");
		assert_true(reads(view(&m), NULL));
		assert_true(ip_read_dst(view(&m), &dst));
		memset(m.b + at, 0, 10);
		memset(m.b + at + 10, 0xff, 2);
		assert_false(reads(view(&m), NULL));
		assert_int_equal(ip_read_dst(view(&m), &dst), at == 8);
		assert_int_equal(ip_read_src(view(&m), &src, &len), at == 24);
	}
}

static void a_packet_has_at_most_65535_bytes(void **state)
{
	static uint8_t b[70000];
	struct ip src = ip_of("2001:db8::1"), dst = ip_of("2001:db8::2"), four = ip_of("192.0.2.1"),
		  none = {0};
	struct wr w = wr_of(b, sizeof(b));
	ip_write(&w, &src, &dst, IP_UDP, 64, 65535 - IP6_HEADER_LEN);
	assert_true(reads(BYTES_OF(b), NULL));
	b[4] = b[5] = 0xff;
	assert_false(reads(BYTES_OF(b), NULL));

	struct {
		const struct ip *src, *dst;
		size_t len;
	} bad[] = {{&src, &dst, 65536 - IP6_HEADER_LEN},
		   {&four, &four, 65536 - IP4_HEADER_LEN},
		   {&src, &four, 0},
		   {&four, &src, 0},
		   {&none, &none, 0},
		   {&src, &dst, SIZE_MAX}};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		w = wr_of(b, sizeof(b));
		ip_write(&w, bad[i].src, bad[i].dst, IP_UDP, 64, bad[i].len);
		assert_true(w.bad);
	}
	w = wr_of(b, sizeof(b));
	udp_write(&w, &four, &four, 1, 2, (struct bytes){b, 65528});
	assert_true(w.bad);
	w = wr_of(b, sizeof(b));
	icmp_write(&w, &four, &four, 8, 0, 0, (struct bytes){b, 65528});
	assert_true(w.bad);
	w = wr_of(b, IP4_HEADER_LEN - 1);
	ip_write(&w, &four, &four, IP_UDP, 64, 0);
	assert_true(w.bad);
}

static void the_destination_needs_a_whole_header(void **state)
{
	struct message four = message("4500001400000000401100000102030405060708"),
		       six = v6(IP_UDP, "");
	struct ip dst;
	assert_true(ip_read_dst(view(&four), &dst) && same(&dst, "5.6.7.8"));
	assert_true(ip_read_dst(view(&six), &dst) && same(&dst, "2001:db8::2"));
	for (size_t n = 0; n < six.n; n++)
		assert_false(ip_read_dst((struct bytes){six.b, n}, &dst));
	for (size_t n = 0; n < four.n; n++)
		assert_false(ip_read_dst((struct bytes){four.b, n}, &dst));
	six.b[0] = 0x50;
	assert_false(ip_read_dst(view(&six), &dst));
}

static void the_source_needs_a_whole_packet(void **state)
{
	struct message four = message("4500001600000000401100000102030405060708 aabb"),
		       six = v6(IP_UDP, "aabb");
	struct ip src;
	size_t len;
	assert_true(ip_read_src(view(&four), &src, &len) && same(&src, "1.2.3.4") && len == 22);
	assert_true(ip_read_src(view(&six), &src, &len) && same(&src, "2001:db8::1") && len == 42);
	for (size_t n = 0; n < six.n; n++)
		assert_false(ip_read_src((struct bytes){six.b, n}, &src, &len));
	for (size_t n = 0; n < four.n; n++)
		assert_false(ip_read_src((struct bytes){four.b, n}, &src, &len));
	four.b[3] = IP4_HEADER_LEN - 1;
	assert_false(ip_read_src(view(&four), &src, &len));
	six.b[0] = 0x50;
	assert_false(ip_read_src(view(&six), &src, &len));
}

static void udp_lengths_are_not_believed(void **state)
{
	static const struct {
		const char *hex;
		bool read;
		size_t payload;
	} rows[] = {
		{"0035d431 0008 0000", true, 0},
		{"0035d431 000a 1234 aabb", true, 2},
		{"0035d431 0009 1234 aabb", true, 1},
		{"0035d431 000b 1234 aabb", false, 0},
		{"0035d431 0007 1234 aabb", false, 0},
		{"0035d431 0000 1234 aabb", false, 0},
		{"0035d431 ffff 1234 aabb", false, 0},
		{"0035d431 0008 00", false, 0},
		{"", false, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct message m = message(rows[i].hex);
		struct udp_header h;
		struct bytes payload;
		assert_int_equal(udp_read(view(&m), &h, &payload), rows[i].read);
		if (!rows[i].read)
			continue;
		assert_int_equal(payload.n, rows[i].payload);
		assert_int_equal(h.src, 53);
		assert_int_equal(h.dst, 0xd431);
	}
}

static void icmp_headers_are_read(void **state)
{
	struct message m = message("0800f7fd 00010001 aabb");
	struct icmp_header h;
	struct bytes payload;
	assert_true(icmp_read(view(&m), &h, &payload));
	assert_int_equal(h.type, 8);
	assert_int_equal(h.code, 0);
	assert_int_equal(h.checksum, 0xf7fd);
	assert_int_equal(h.rest, 0x00010001);
	assert_int_equal(payload.n, 2);
	for (size_t n = 0; n < ICMP_HEADER_LEN; n++)
		assert_false(icmp_read((struct bytes){m.b, n}, &h, &payload));
}

/* An echo request without data, id and sequence 1: f7fd, as every ping tool has it. */
static void icmp_checksums_by_family(void **state)
{
	struct ip a4 = ip_of("192.0.2.1"), a6 = ip_of("fe80::1"), b6 = ip_of("fe80::2");
	uint8_t out[64];
	struct wr w = wr_of(out, sizeof(out));
	icmp_write(&w, &a4, &a4, 8, 0, 0x00010001, (struct bytes){0});
	struct message want = message("0800f7fd00010001");
	assert_true(bytes_equal(wr_done(&w), view(&want)));

	w = wr_of(out, sizeof(out));
	icmp_write(&w, &a6, &b6, 128, 0, 0x00010001, (struct bytes){(const uint8_t *)"abc", 3});
	uint32_t sum = inet_pseudo_sum(&a6, &b6, IP_ICMP6, (uint32_t)w.n);
	assert_int_equal(inet_fold(inet_sum(wr_done(&w), sum)), 0);
}

static void a_udp_checksum_is_never_zero(void **state)
{
	struct ip a = ip_of("0.0.0.0");
	uint8_t out[16];
	struct wr w = wr_of(out, sizeof(out));
	/* 17 + 8 + 8 and the ports make ffff: the checksum would be 0, which says "none". */
	udp_write(&w, &a, &a, 0xffff - 33, 0, (struct bytes){0});
	struct rd r = rd_of(wr_done(&w));
	rd_skip(&r, 6);
	assert_int_equal(rd_be16(&r), 0xffff);
}

static void packets_of_a_link_are_known_by_their_addresses(void **state)
{
	static const struct {
		const char *src, *dst;
		bool is;
	} rows[] = {
		{"fe80::1", "ff02::1", true},        {"fd7a::1", "febf::1", true},
		{"fec0::1", "fd7a::1", false},       {"fd7a::1", "ff02::1", false},
		{"169.254.0.1", "192.0.2.1", false}, {"254.128.0.1", "254.128.0.2", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t out[IP6_HEADER_LEN];
		struct wr w = wr_of(out, sizeof(out));
		struct ip src, dst;
		assert_true(ip_parse(&src, rows[i].src) && ip_parse(&dst, rows[i].dst));
		ip_write(&w, &src, &dst, IP_UDP, 64, 0);
		assert_int_equal(ip_is_of_link(wr_done(&w)), rows[i].is);
		assert_false(ip_is_of_link((struct bytes){out, w.n - 1}));
	}
	assert_false(ip_is_of_link((struct bytes){0}));
}

static void random_packets_come_back(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 9);
	struct rng rng = seeded_rng(&seeded);
	for (int i = 0; i < 500; i++) {
		uint8_t a[16], b[16], data[200], out[300];
		rng_fill(&rng, a, sizeof(a));
		rng_fill(&rng, b, sizeof(b));
		rng_fill(&rng, data, sizeof(data));
		struct bytes some = {data, rng_below(&rng, sizeof(data))};
		struct ip src = i % 2 ? ip_v4_from(a) : ip_v6_from(a);
		struct ip dst = i % 2 ? ip_v4_from(b) : ip_v6_from(b);
		uint16_t sport = (uint16_t)rng_u32(&rng), dport = (uint16_t)rng_u32(&rng);
		struct wr w = wr_of(out, sizeof(out));
		ip_write(&w, &src, &dst, IP_UDP, 7, UDP_HEADER_LEN + some.n);
		udp_write(&w, &src, &dst, sport, dport, some);
		assert_false(w.bad);

		struct ip_packet p;
		struct udp_header h;
		struct bytes payload;
		assert_true(ip_read(wr_done(&w), &p));
		assert_true(ip_equal(&p.src, &src) && ip_equal(&p.dst, &dst));
		assert_int_equal(p.proto, IP_UDP);
		assert_int_equal(p.ttl, 7);
		assert_int_equal(p.len, w.n);
		uint32_t sum = inet_pseudo_sum(&src, &dst, IP_UDP, (uint32_t)p.payload.n);
		assert_int_equal(inet_fold(inet_sum(p.payload, sum)), 0);
		assert_true(udp_read(p.payload, &h, &payload));
		assert_true(h.src == sport && h.dst == dport);
		assert_true(bytes_equal(payload, some));
		if (i % 2)
			assert_int_equal(
				inet_fold(inet_sum((struct bytes){out, IP4_HEADER_LEN}, 0)), 0);
	}
}

static void damaged_packets_do_no_harm(void **state)
{
	static const char ext[] =
		"2b00000000000000 3c00000000000000 1100000000000000 00010002000a0000aabb";
	struct message rows[] = {message("45000018000020004011000001020304050607080b0b0b0b"),
				 v6(0, ext)};
	struct spoil spoil = {.read = reads};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(spoil_cut(&spoil, view(&rows[i])), 0);
		spoil_flip(&spoil, view(&rows[i]));
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_sum_is_that_of_rfc_1071),
	cmocka_unit_test(an_ipv4_header_is_read),
	cmocka_unit_test(padding_behind_a_packet_is_left_out),
	cmocka_unit_test(ipv4_headers_by_their_fields),
	cmocka_unit_test(ipv6_extension_headers_are_skipped),
	cmocka_unit_test(ipv4_addresses_do_not_come_in_ipv6_packets),
	cmocka_unit_test(a_packet_has_at_most_65535_bytes),
	cmocka_unit_test(the_destination_needs_a_whole_header),
	cmocka_unit_test(the_source_needs_a_whole_packet),
	cmocka_unit_test(udp_lengths_are_not_believed),
	cmocka_unit_test(icmp_headers_are_read),
	cmocka_unit_test(icmp_checksums_by_family),
	cmocka_unit_test(a_udp_checksum_is_never_zero),
	cmocka_unit_test(packets_of_a_link_are_known_by_their_addresses),
	cmocka_unit_test(random_packets_come_back),
	cmocka_unit_test(damaged_packets_do_no_harm),
};
RUN_TESTS(tests)
