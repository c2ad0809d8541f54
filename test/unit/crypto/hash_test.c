#include "crypto/hash.h"
#include "crypto/seeded.h"
#include "unit/unit.h"

/* The test vectors of the SipHash paper, appendix A: key 00 01 .. 0f, message 00 01 .. */
static void the_hash_has_the_vectors_of_siphash_2_4(void **state)
{
	static const uint64_t want[16] = {
		0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
		0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
		0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
		0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5};
	struct hash_secret s;
	uint8_t message[16];
	for (uint8_t i = 0; i < 16; i++)
		s.k[i] = message[i] = i;
	for (size_t n = 0; n < 16; n++)
		assert_true(hash_bytes(&s, (struct bytes){message, n}) == want[n]);
}

static void another_secret_gives_another_hash(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct rng rng = seeded_rng(&seeded);
	struct hash_secret a, b;
	hash_secret_generate(&a, &rng);
	hash_secret_generate(&b, &rng);
	struct bytes text = {(const uint8_t *)"same", 4};
	assert_true(hash_bytes(&a, text) != hash_bytes(&b, text));
	assert_true(hash_bytes(&a, text) == hash_bytes(&a, text));
}

static void all_bytes_of_the_secret_come_from_the_source(void **state)
{
	static const uint8_t zero[16];
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct rng rng = seeded_rng(&seeded);
	struct hash_secret s = {{0}};
	hash_secret_generate(&s, &rng);
	assert_memory_not_equal(s.k, zero, 8);
	assert_memory_not_equal(s.k + 8, zero, 8);
}

/* A table uses the low bits only, so strangers must not be able to choose them. */
static void the_low_bits_are_spread_evenly(void **state)
{
	struct hash_secret s = {{7}};
	unsigned count[16] = {0};
	for (uint32_t i = 0; i < 16000; i++)
		count[hash_bytes(&s, (struct bytes){(const uint8_t *)&i, sizeof(i)}) & 15]++;
	for (size_t i = 0; i < 16; i++)
		assert_in_range(count[i], 850, 1150);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_hash_has_the_vectors_of_siphash_2_4),
	cmocka_unit_test(another_secret_gives_another_hash),
	cmocka_unit_test(all_bytes_of_the_secret_come_from_the_source),
	cmocka_unit_test(the_low_bits_are_spread_evenly),
};
RUN_TESTS(tests)
