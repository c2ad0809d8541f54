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

/* Made with Python's hashlib: around one block of 64 bytes, and around two. */
static void the_length_of_a_message_is_free(void **state)
{
	static const struct {
		size_t n;
		const char *hash;
	} rows[] = {
		{1, "e34d74dbaf4ff4c6abd871cc220451d2ea2648846c7757fbaac82fe51ad64bea"},
		{63, "e57cb79487dd57902432b250733813bd96a84efce59f650fac26e6696aefafc3"},
		{64, "56f34e8b96557e90c1f24b52d0c89d51086acf1b00f634cf1dde9233b8eaaa3e"},
		{65, "1b53ee94aaf34e4b159d48de352c7f0661d0a40edff95a0b1639b4090e974472"},
		{127, "f18417b39d617ab1c18fdf91ebd0fc6d5516bb34cf39364037bce81fa04cecb1"},
		{128, "1fa877de67259d19863a2a34bcc6962a2b25fcbf5cbecd7ede8f1fa36688a796"},
		{129, "5bd169e67c82c2c2e98ef7008bdf261f2ddf30b1c00f9e7f275bb3e8a28dc9a2"},
		{255, "f03f5789d3336b80d002d59fdf918bdb775b00956ed5528e86aa994acb38fe2d"},
	};
	uint8_t out[BLAKE2S_LEN];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		blake2s(out, counting(rows[i].n), (struct bytes){0});
		expect(out, rows[i].hash);
	}
}

static void where_a_message_is_cut_in_two_does_not_matter(void **state)
{
	uint8_t whole[BLAKE2S_LEN], cut[BLAKE2S_LEN];
	struct bytes m = counting(200);
	blake2s(whole, m, (struct bytes){0});
	for (size_t n = 0; n <= m.n; n++) {
		blake2s(cut, (struct bytes){m.p, n}, (struct bytes){m.p + n, m.n - n});
		assert_memory_equal(cut, whole, sizeof(whole));
	}
}

/* Made with Python's hashlib. */
static void the_shortest_key_is_a_key_and_its_length_counts(void **state)
{
	static const uint8_t zeros[32];
	uint8_t out[BLAKE2S_MAC_LEN], other[BLAKE2S_MAC_LEN];
	blake2s_mac16(out, counting(1), text("mac of this"));
	expect(out, "5a347ef0b90013f97c1629c115fd7a0b");
	blake2s_mac16(out, (struct bytes){zeros, 16}, text("x"));
	blake2s_mac16(other, (struct bytes){zeros, 32}, text("x"));
	assert_memory_not_equal(out, other, sizeof(out));
}

/* A MAC of 16 bytes is no hash of 32 that was cut. */
static void a_short_mac_is_not_the_beginning_of_a_long_hash(void **state)
{
	uint8_t mac[BLAKE2S_MAC_LEN], hash[BLAKE2S_LEN];
	blake2s_mac16(mac, counting(32), counting(10));
	hmac_blake2s(hash, counting(32), counting(10));
	assert_memory_not_equal(mac, hash, sizeof(mac));
}

/* Made with Python's hmac and hashlib. */
static void hmac_takes_keys_of_every_length_up_to_a_block(void **state)
{
	static const struct {
		size_t key;
		const char *hash;
	} rows[] = {
		{0, "d8e8b009d669d12699949de77bb8e2bf17951c400f47e99419fc3b5016a55e62"},
		{1, "d8e8b009d669d12699949de77bb8e2bf17951c400f47e99419fc3b5016a55e62"},
		{31, "9ddb3f8ad46d1cd81454ff62ad693e5d078ac72f52ea25fd34e1d9c1e2d335bb"},
		{33, "6f13f6a9646ff134d6a8db4ebd5e2a9d8aab98750f48c8712b3561ff34654f0d"},
		{63, "6df0370824680a1b0108644c5dfd7acebbd7ef76e1d94fd374c54e5f2bba29a3"},
		{64, "d36126e7ca2cae8bbbc9ca1c890f71b48ef06581d47db7305e153bbddfac4fb9"},
	};
	uint8_t out[BLAKE2S_LEN];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		hmac_blake2s(out, counting(rows[i].key), text("hello"));
		expect(out, rows[i].hash);
	}
}

/* The chaining key is used as a key, and the input as the message: not the other way round. */
static void the_two_inputs_of_the_kdf_are_not_interchangeable(void **state)
{
	uint8_t a[BLAKE2S_LEN], b[BLAKE2S_LEN], out1[BLAKE2S_LEN], out2[BLAKE2S_LEN];
	memset(a, 1, sizeof(a));
	memset(b, 2, sizeof(b));
	blake2s_kdf(a, BYTES_OF(b), out1, NULL, NULL);
	blake2s_kdf(b, BYTES_OF(a), out2, NULL, NULL);
	assert_memory_not_equal(out1, out2, sizeof(out1));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(hashes_match_the_vectors),
	cmocka_unit_test(keyed_hashes_match_the_vectors),
	cmocka_unit_test(hmac_matches_another_implementation),
	cmocka_unit_test(the_kdf_matches_another_implementation),
	cmocka_unit_test(the_length_of_a_message_is_free),
	cmocka_unit_test(where_a_message_is_cut_in_two_does_not_matter),
	cmocka_unit_test(the_shortest_key_is_a_key_and_its_length_counts),
	cmocka_unit_test(a_short_mac_is_not_the_beginning_of_a_long_hash),
	cmocka_unit_test(hmac_takes_keys_of_every_length_up_to_a_block),
	cmocka_unit_test(the_two_inputs_of_the_kdf_are_not_interchangeable),
};
RUN_TESTS(tests)
