#include "wire/tsmp.h"

#include "crypto/seeded.h"
#include "unit/addresses.h"
#include "unit/spoil.h"

/* The vectors of tunnel.md 12: from 100.64.0.1 to 100.64.0.2 the disco key of A; a ping. */
static const char advert_hex[] = "45000035000000004063b1e3644000016440000261"
				 "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c";
static const char ping_hex[] = "4500001d000000004063b1fb6440000164400002700001020304050607";
static const char a_public[] = "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c";

static bool reads(struct bytes b, void *arg)
{
	struct ip_packet packet;
	struct disco_key key;
	return ip_read(b, &packet) && tsmp_read_advert(&packet, &key);
}

static void the_advert_has_the_bytes_of_the_vector(void **state)
{
	uint8_t want[128], out[TSMP_ADVERT_MAX];
	size_t n = unhex(want, sizeof(want), advert_hex);
	struct ip src = ip_of("100.64.0.1"), dst = ip_of("100.64.0.2");
	struct disco_key a, got;
	struct ip_packet packet;
	unhex(a.b, KEY_LEN, a_public);
	struct wr w = wr_of(out, sizeof(out));
	tsmp_write_advert(&w, &src, &dst, &a);
	assert_int_equal(w.n, 53);
	assert_true(bytes_equal(wr_done(&w), (struct bytes){want, n}));

	assert_true(ip_read(wr_done(&w), &packet));
	assert_int_equal(packet.proto, IP_TSMP);
	assert_true(ip_equal(&packet.src, &src) && ip_equal(&packet.dst, &dst));
	assert_true(tsmp_read_advert(&packet, &got));
	assert_memory_equal(&got, &a, KEY_LEN);

	struct spoil spoil = {.read = reads};
	assert_int_equal(spoil_cut(&spoil, wr_done(&w)), 0);
	spoil_flip(&spoil, wr_done(&w));
}

static void the_advert_goes_over_ipv6_too(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 8);
	struct rng rng = seeded_rng(&seeded);
	struct ip src = ip_of("fd7a:115c:a1e0::1"), dst = ip_of("fd7a:115c:a1e0::2");
	for (int i = 0; i < 100; i++) {
		uint8_t out[TSMP_ADVERT_MAX];
		struct wr w = wr_of(out, sizeof(out));
		struct disco_key key, got;
		struct ip_packet packet;
		rng_fill(&rng, key.b, KEY_LEN);
		tsmp_write_advert(&w, &src, &dst, &key);
		assert_int_equal(w.n, 73);
		assert_true(ip_read(wr_done(&w), &packet));
		assert_true(tsmp_read_advert(&packet, &got));
		assert_memory_equal(&got, &key, KEY_LEN);
		assert_true(ip_equal(&packet.src, &src));
	}
}

static void what_is_no_advert_is_left_alone(void **state)
{
	uint8_t b[128];
	size_t n = unhex(b, sizeof(b), ping_hex);
	struct ip_packet packet;
	struct disco_key key;
	assert_true(ip_read((struct bytes){b, n}, &packet));
	assert_int_equal(packet.proto, IP_TSMP);
	assert_false(tsmp_read_advert(&packet, &key));

	n = unhex(b, sizeof(b), advert_hex);
	assert_true(ip_read((struct bytes){b, n}, &packet));
	assert_true(tsmp_read_advert(&packet, &key));
	packet.proto = IP_UDP;
	assert_false(tsmp_read_advert(&packet, &key));
	packet.proto = IP_TSMP;
	packet.fragment = true;
	assert_false(tsmp_read_advert(&packet, &key));
	packet.fragment = false;
	memset(b + 21, 0, KEY_LEN);
	assert_false(tsmp_read_advert(&packet, &key));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_advert_has_the_bytes_of_the_vector),
	cmocka_unit_test(the_advert_goes_over_ipv6_too),
	cmocka_unit_test(what_is_no_advert_is_left_alone),
};
RUN_TESTS(tests)
