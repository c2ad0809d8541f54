#include <malloc.h>
#include <stdlib.h>

#include "crypto/aead.h"
#include "crypto/seeded.h"
#include "unit/unit.h"

/* RFC 8439 A.5: a counter nonce, as ours are, with additional data. */
static void the_vector_of_rfc_8439_opens_and_seals(void **state)
{
	static const char plain[] =
		"Internet-Drafts are draft documents valid for a maximum of six months and may be "
		"updated, "
		"replaced, or obsoleted by other documents at any time. It is inappropriate to use "
		"Internet-Drafts as reference material or to cite them other than as "
		"/\xe2\x80\x9cwork in "
		"progress./\xe2\x80\x9d";
	uint8_t key[32], ad[12], sealed[300], out[300];
	unhex(key, sizeof(key), "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0");
	unhex(ad, sizeof(ad), "f33388860000000000004e91");
	size_t n = unhex(sealed, sizeof(sealed),
			 "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2"
			 "4c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf"
			 "332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855"
			 "9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4"
			 "b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523e"
			 "af4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a"
			 "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10"
			 "49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29"
			 "a6ad5cb4022b02709b eead9d67890cbb22392336fea1851f38");
	uint64_t counter = 0x0807060504030201;
	assert_int_equal(n, sizeof(plain) - 1 + AEAD_TAG_LEN);
	assert_true(aead_open(out, key, counter, (struct bytes){sealed, n}, BYTES_OF(ad)));
	assert_memory_equal(out, plain, sizeof(plain) - 1);
	aead_seal(out, key, counter, (struct bytes){(const uint8_t *)plain, sizeof(plain) - 1},
		  BYTES_OF(ad));
	assert_memory_equal(out, sealed, n);
	ad[0] ^= 1;
	assert_false(aead_open(out, key, counter, (struct bytes){sealed, n}, BYTES_OF(ad)));
}

/* draft-irtf-cfrg-xchacha-03, A.3.1 */
static void the_vector_of_the_xchacha_draft_opens_and_seals(void **state)
{
	static const char plain[] =
		"Ladies and Gentlemen of the class of '99: If I could offer you only one "
		"tip for the future, sunscreen would be it.";
	uint8_t key[32], nonce[24], ad[12], sealed[200], out[200];
	for (uint8_t i = 0; i < 32; i++)
		key[i] = (uint8_t)(0x80 + i);
	for (uint8_t i = 0; i < 24; i++)
		nonce[i] = (uint8_t)(0x40 + i);
	unhex(ad, sizeof(ad), "50515253c0c1c2c3c4c5c6c7");
	size_t n = unhex(sealed, sizeof(sealed),
			 "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
			 "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
			 "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
			 "21f9664c97637da9768812f615c68b13b52e c0875924c1c7987947deafd8780acf49");
	assert_int_equal(n, sizeof(plain) - 1 + AEAD_TAG_LEN);
	aead_long_seal(out, key, nonce, (struct bytes){(const uint8_t *)plain, sizeof(plain) - 1},
		       BYTES_OF(ad));
	assert_memory_equal(out, sealed, n);
	assert_true(aead_long_open(out, key, nonce, (struct bytes){sealed, n}, BYTES_OF(ad)));
	assert_memory_equal(out, plain, sizeof(plain) - 1);
	nonce[23] ^= 1;
	assert_false(aead_long_open(out, key, nonce, (struct bytes){sealed, n}, BYTES_OF(ad)));
}

/* The two libraries must give the same result. */
static void a_preset_key_agrees_with_sealing_once(void **state)
{
	static const size_t len[] = {0, 1, 15, 16, 17, 63, 64, 65, 1280, 9000};
	static uint8_t plain[9000], once[9000 + AEAD_TAG_LEN], preset[9000 + AEAD_TAG_LEN];
	uint8_t key[32];
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct rng rng = seeded_rng(&seeded);
	rng_fill(&rng, key, sizeof(key));
	rng_fill(&rng, plain, sizeof(plain));
	struct aead_key sealing, opening;
	assert_true(aead_key_init(&sealing, key, AEAD_SEAL));
	assert_true(aead_key_init(&opening, key, AEAD_OPEN));
	for (size_t i = 0; i < ARRAY_LEN(len); i++) {
		uint64_t counter = i * 0x0123456789abcdef;
		aead_seal(once, key, counter, (struct bytes){plain, len[i]}, (struct bytes){0});
		memcpy(preset, plain, len[i]);
		assert_true(aead_key_seal(&sealing, counter, preset, len[i]));
		assert_memory_equal(preset, once, len[i] + AEAD_TAG_LEN);
		assert_false(aead_key_open(&opening, counter + 1, preset, len[i] + AEAD_TAG_LEN));
		memcpy(preset, once, len[i] + AEAD_TAG_LEN);
		preset[len[i]] ^= 0x80;
		assert_false(aead_key_open(&opening, counter, preset, len[i] + AEAD_TAG_LEN));
		memcpy(preset, once, len[i] + AEAD_TAG_LEN);
		assert_true(aead_key_open(&opening, counter, preset, len[i] + AEAD_TAG_LEN));
		assert_memory_equal(preset, plain, len[i]);
	}
	aead_key_fini(&sealing);
	aead_key_fini(&opening);
	aead_key_fini(&opening);
	assert_null(opening.schedule);
}

static void what_is_shorter_than_a_tag_does_not_open(void **state)
{
	uint8_t key[32] = {1}, data[AEAD_TAG_LEN] = {0}, out[1];
	struct aead_key opening;
	assert_true(aead_key_init(&opening, key, AEAD_OPEN));
	for (size_t n = 0; n < sizeof(data); n++) {
		assert_false(aead_key_open(&opening, 0, data, n));
		assert_false(aead_open(out, key, 0, (struct bytes){data, n}, (struct bytes){0}));
	}
	aead_key_fini(&opening);
}

/* The heap's own figure of bytes in use cannot move if nothing was taken or given back; under a
 * sanitizer's allocator the figure is always zero. */
static void a_packet_costs_no_allocation(void **state)
{
	uint8_t key[32] = {1}, data[256] = {0};
	struct aead_key sealing, opening;
	assert_true(aead_key_init(&sealing, key, AEAD_SEAL));
	assert_true(aead_key_init(&opening, key, AEAD_OPEN));
	size_t before = mallinfo2().uordblks;
	for (uint64_t i = 0; i < 100; i++) {
		bool ok = aead_key_seal(&sealing, i, data, 200) &&
			  aead_key_open(&opening, i, data, 216);
		if (!ok || mallinfo2().uordblks != before)
			fail_msg("packet %d", (int)i);
	}
	aead_key_fini(&sealing);
	aead_key_fini(&opening);
}

static void any_changed_bit_is_noticed(void **state)
{
	uint8_t key[32] = {1}, ad[3] = {1, 2, 3}, sealed[5 + AEAD_TAG_LEN], copy[sizeof(sealed)],
		out[5];
	struct aead_key opening;
	assert_true(aead_key_init(&opening, key, AEAD_OPEN));
	aead_seal(sealed, key, 7, (struct bytes){(const uint8_t *)"hello", 5}, (struct bytes){0});
	for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
		memcpy(copy, sealed, sizeof(copy));
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(aead_open(out, key, 7, BYTES_OF(copy), (struct bytes){0}));
		assert_false(aead_key_open(&opening, 7, copy, sizeof(copy)));
	}
	/* additional data where there was none, and a cut or a longer text */
	assert_false(aead_open(out, key, 7, BYTES_OF(sealed), BYTES_OF(ad)));
	assert_false(aead_open(out, key, 7, (struct bytes){sealed, 20}, (struct bytes){0}));
	assert_true(aead_open(out, key, 7, BYTES_OF(sealed), (struct bytes){0}));
	assert_memory_equal(out, "hello", 5);
	aead_key_fini(&opening);
}

/* RFC 8439 2.8: the nonce is four zero bytes and the counter, least byte first; all 64 bits count.
 */
static void every_bit_of_the_counter_counts(void **state)
{
	uint8_t key[32] = {1}, sealed[AEAD_TAG_LEN], out[1];
	aead_seal(sealed, key, 0, (struct bytes){0}, (struct bytes){0});
	assert_true(aead_open(out, key, 0, BYTES_OF(sealed), (struct bytes){0}));
	for (int bit = 0; bit < 64; bit++)
		assert_false(aead_open(out, key, UINT64_C(1) << bit, BYTES_OF(sealed),
				       (struct bytes){0}));
	aead_seal(sealed, key, UINT64_MAX, (struct bytes){0}, (struct bytes){0});
	assert_true(aead_open(out, key, UINT64_MAX, BYTES_OF(sealed), (struct bytes){0}));
}

static void packets_open_in_any_order(void **state)
{
	enum { N = 8, LEN = 3 };
	uint8_t key[32] = {1}, packet[N][LEN + AEAD_TAG_LEN];
	struct aead_key sealing, opening;
	assert_true(aead_key_init(&sealing, key, AEAD_SEAL));
	assert_true(aead_key_init(&opening, key, AEAD_OPEN));
	for (uint8_t i = 0; i < N; i++) {
		memset(packet[i], i, LEN);
		assert_true(aead_key_seal(&sealing, i, packet[i], LEN));
	}
	for (uint8_t i = 0; i < N; i++) {
		uint8_t at = (uint8_t)(i * 5 % N);
		assert_true(aead_key_open(&opening, at, packet[at], LEN + AEAD_TAG_LEN));
		assert_int_equal(packet[at][LEN - 1], at);
	}
	aead_key_fini(&sealing);
	aead_key_fini(&opening);
}

/* A flood of forged packets does not disturb the true ones. */
static void a_forged_packet_leaves_the_key_usable(void **state)
{
	uint8_t key[32] = {1}, good[1 + AEAD_TAG_LEN] = {42}, forged[40];
	struct aead_key sealing, opening;
	assert_true(aead_key_init(&sealing, key, AEAD_SEAL));
	assert_true(aead_key_init(&opening, key, AEAD_OPEN));
	assert_true(aead_key_seal(&sealing, 9, good, 1));
	for (size_t n = 0; n <= sizeof(forged); n++) {
		memset(forged, 0x5a, sizeof(forged));
		assert_false(aead_key_open(&opening, 9, forged, n));
	}
	assert_true(aead_key_open(&opening, 9, good, sizeof(good)));
	assert_int_equal(good[0], 42);
	aead_key_fini(&sealing);
	aead_key_fini(&opening);
}

static void another_key_opens_nothing(void **state)
{
	uint8_t key[32] = {1}, other[32] = {2}, nonce[24] = {3}, sealed[4 + AEAD_TAG_LEN], out[4];
	struct bytes plain = {(const uint8_t *)"text", 4};
	aead_seal(sealed, key, 0, plain, (struct bytes){0});
	assert_false(aead_open(out, other, 0, BYTES_OF(sealed), (struct bytes){0}));
	aead_long_seal(sealed, key, nonce, plain, (struct bytes){0});
	assert_false(aead_long_open(out, other, nonce, BYTES_OF(sealed), (struct bytes){0}));
	assert_true(aead_long_open(out, key, nonce, BYTES_OF(sealed), (struct bytes){0}));
	for (size_t n = 0; n < AEAD_TAG_LEN; n++)
		assert_false(aead_long_open(out, key, nonce, (struct bytes){sealed, n},
					    (struct bytes){0}));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_vector_of_rfc_8439_opens_and_seals),
	cmocka_unit_test(the_vector_of_the_xchacha_draft_opens_and_seals),
	cmocka_unit_test(a_preset_key_agrees_with_sealing_once),
	cmocka_unit_test(what_is_shorter_than_a_tag_does_not_open),
	cmocka_unit_test(a_packet_costs_no_allocation),
	cmocka_unit_test(any_changed_bit_is_noticed),
	cmocka_unit_test(every_bit_of_the_counter_counts),
	cmocka_unit_test(packets_open_in_any_order),
	cmocka_unit_test(a_forged_packet_leaves_the_key_usable),
	cmocka_unit_test(another_key_opens_nothing),
};
RUN_TESTS(tests)
