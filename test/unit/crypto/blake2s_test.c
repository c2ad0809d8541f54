#include "crypto/blake2s.h"
#include "unit/unit.h"

/* Key and message bytes of all rows count up: 00 01 02 ... */
static struct bytes counting(size_t n)
{
	static uint8_t v[256];
	for (size_t i = 0; i < sizeof(v); i++)
		v[i] = (uint8_t)i;
	return (struct bytes){v, n};
}

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static void expect(const uint8_t *got, const char *hex)
{
	uint8_t want[64];
	assert_memory_equal(got, want, unhex(want, sizeof(want), hex));
}

/* RFC 7693 appendix B, and the empty message. */
static void hashes_match_the_vectors(void **state)
{
	uint8_t out[BLAKE2S_LEN];
	blake2s(out, text("abc"), (struct bytes){0});
	expect(out, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
	blake2s(out, text("a"), text("bc"));
	expect(out, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
	blake2s(out, (struct bytes){0}, (struct bytes){0});
	expect(out, "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9");
}

/* Made with Python's hashlib. The lengths of key and output are part of the hash. */
static void keyed_hashes_match_the_vectors(void **state)
{
	uint8_t out[BLAKE2S_MAC_LEN];
	blake2s_mac16(out, counting(32), counting(0));
	expect(out, "9536f9b267655743dee97b8a670f9f53");
	blake2s_mac16(out, counting(32), counting(255));
	expect(out, "cd075928ab7e6883e697fe7fd3ac43ee");
	blake2s_mac16(out, counting(32), text("mac of this"));
	expect(out, "48018448573e4ba3da29f4440f7206ad");
	blake2s_mac16(out, counting(16), text("mac of this"));
	expect(out, "1749cfeae7252ad913ce5250f003b1fc");
}

/* Made with Python's hmac and hashlib. */
static void hmac_matches_another_implementation(void **state)
{
	uint8_t out[BLAKE2S_LEN];
	hmac_blake2s(out, counting(32), text("hello"));
	expect(out, "ca3386d2021b8c299b42476827e7e729b48255da7aee060261072790ea0fc3fa");
	hmac_blake2s(out, counting(64), text(""));
	expect(out, "4a4f8f181c931253202b2d7a77e2a612f65580f4b0d56108f7f275f22b63ae00");
}

static void the_kdf_matches_another_implementation(void **state)
{
	static const struct {
		const char *input, *out[3];
	} rows[] = {
		{"input",
		 {"96cac5508710219bf68a275a4173c060682faa58f5852b534800dbeda1a57a76",
		  "19160acb62aea2bc16fb4bdcdccf46b0980a5966b15375658a9b62f5b597e409",
		  "b1f1143c897ce9fa3bbe395a80b1993a4f7696b785af63cd91fd159bbb7cb272"}},
		{"",
		 {"a7a226bff5d9ecd719bfe678c1181dcd52526d547a166270e9cf5ed100d2169a",
		  "616371cc178d7edfc2bbe3f9d527d54f7227880beedb108492793ddb5c6ab731",
		  "cd6041b46587690a77af5b0e0a25da9a57fb9b2127c08cfb4884fb69756a1ccf"}},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t chain[BLAKE2S_LEN], out[3][BLAKE2S_LEN];
		memset(chain, 7, sizeof(chain));
		blake2s_kdf(chain, text(rows[i].input), out[0], out[1], out[2]);
		for (size_t k = 0; k < 3; k++)
			expect(out[k], rows[i].out[k]);
		blake2s_kdf(chain, text(rows[i].input), out[1], out[0], NULL);
		expect(out[0], rows[i].out[1]);
		blake2s_kdf(chain, text(rows[i].input), chain, NULL, NULL); /* onto itself */
		expect(chain, rows[i].out[0]);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(hashes_match_the_vectors),
	cmocka_unit_test(keyed_hashes_match_the_vectors),
	cmocka_unit_test(hmac_matches_another_implementation),
	cmocka_unit_test(the_kdf_matches_another_implementation),
};
RUN_TESTS(tests)
