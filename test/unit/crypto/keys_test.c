#include "crypto/keys.h"
#include "crypto/seeded.h"
#include <stdio.h>

#include "unit/unit.h"

static void fill_with(void *self, uint8_t *out, size_t n)
{
	memset(out, *(const uint8_t *)self, n);
}

/* Of disco.md 10: private keys are 32 consecutive byte values, clamped. */
static void public_keys_match_the_vectors(void **state)
{
	static const struct {
		const char *priv, *pub;
	} rows[] = {
		{"0002030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f60",
		 "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c"},
		{"4042434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60",
		 "64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d48466"},
		{"8082838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f60",
		 "883186b800b41d5cf0429695da9b3cc4f328ebcd184a6e482fa578c103f06c77"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t priv[KEY_LEN], want[KEY_LEN], pub[KEY_LEN];
		unhex(priv, sizeof(priv), rows[i].priv);
		unhex(want, sizeof(want), rows[i].pub);
		key_public(pub, priv);
		assert_memory_equal(pub, want, KEY_LEN);
	}
}

static void generated_keys_are_clamped(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct rng rng = seeded_rng(&seeded);
	struct node_private a, b;
	for (int i = 0; i < 100; i++) {
		key_generate(a.b, &rng);
		assert_int_equal(a.b[0] & 7, 0);
		assert_int_equal(a.b[31] & 0xc0, 0x40);
	}
	key_generate(b.b, &rng);
	assert_false(key_equal(a.b, b.b));
	assert_false(key_is_zero(a.b));
	key_wipe(&a, sizeof(a));
	assert_true(key_is_zero(a.b));
}

static void text_forms_round_trip(void **state)
{
	static const char *const hex =
		"07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c";
	static const char *const prefix[] = {"privkey:", "nodekey:", "discokey:", "mkey:"};
	uint8_t k[KEY_LEN], back[KEY_LEN];
	unhex(k, sizeof(k), hex);
	for (enum key_kind kind = KEY_PRIVATE; kind <= KEY_MACHINE; kind++) {
		char text[KEY_TEXT_MAX], want[KEY_TEXT_MAX];
		snprintf(want, sizeof(want), "%s%s", prefix[kind], hex);
		assert_string_equal(key_format(text, kind, k), want);
		memset(back, 0, sizeof(back));
		assert_true(key_parse(back, kind, text));
		assert_memory_equal(back, k, KEY_LEN);
		assert_false(key_parse(back, kind, hex));
		assert_false(key_parse(back, (kind + 1) % 4, text));
		text[strlen(text) - 1] = '\0';
		assert_false(key_parse(back, kind, text));
	}
}

static void other_tools_forms_are_taken(void **state)
{
	uint8_t k[KEY_LEN], want[KEY_LEN];
	unhex(want, sizeof(want),
	      "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c");
	assert_true(key_parse_any(k, KEY_NODE, "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/Asrhs HHw=") ==
		    false);
	assert_true(key_parse_any(k, KEY_NODE, "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw="));
	assert_memory_equal(k, want, KEY_LEN);
	assert_true(key_parse_any(
		k, KEY_NODE, "07A37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c"));
	assert_false(key_parse_any(k, KEY_NODE, ""));
	assert_false(key_parse_any(k, KEY_NODE, "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw"));
	assert_false(key_parse_any(
		k, KEY_NODE,
		"privkey:07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c"));
}

static void short_forms_show_no_secret(void **state)
{
	uint8_t k[KEY_LEN];
	char out[KEY_SHORT_MAX];
	unhex(k, sizeof(k), "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c");
	assert_string_equal(key_short(out, KEY_NODE, k), "[B6N8v]");
	assert_string_equal(key_short(out, KEY_DISCO, k), "d:07a37cbc142093c8");
	assert_string_equal(key_short(out, KEY_PRIVATE, k), "[secret]");
}

static void a_private_key_in_a_sentence_is_hidden(void **state)
{
	char text[] = "found \"privkey:07A3\", PRIVKEY:ff00... expected privkey: and 64 digits";
	key_hide(text);
	assert_string_equal(
		text, "found \"privkey:****\", PRIVKEY:****... expected privkey: and 64 digits");
}

static void order_is_bytewise(void **state)
{
	uint8_t a[KEY_LEN] = {1}, b[KEY_LEN] = {0xff};
	assert_true(key_order(a, b) < 0);
	assert_true(key_order(b, a) > 0);
	assert_int_equal(key_order(a, a), 0);
}

static void clamping_changes_five_bits_and_keeps_the_rest(void **state)
{
	for (int i = 0; i < 2; i++) {
		uint8_t k[KEY_LEN], fill = i ? 0xff : 0;
		struct rng same = {.fill = fill_with, .self = &fill};
		key_generate(k, &same);
		assert_int_equal(k[0], i ? 0xf8 : 0);
		assert_int_equal(k[31], i ? 0x7f : 0x40);
		for (size_t n = 1; n < 31; n++)
			assert_int_equal(k[n], fill);
	}
}

static void keys_are_equal_in_every_bit_or_not(void **state)
{
	uint8_t a[KEY_LEN] = {0}, b[KEY_LEN] = {0};
	assert_true(key_equal(a, b));
	assert_true(key_is_zero(a));
	for (size_t bit = 0; bit < 8 * KEY_LEN; bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(key_equal(a, b));
		assert_false(key_is_zero(b));
		assert_true(key_order(a, b) < 0);
		b[bit / 8] = 0;
	}
}

static void the_first_byte_that_differs_decides_the_order(void **state)
{
	uint8_t a[KEY_LEN] = {1, 0xff}, b[KEY_LEN] = {2, 0};
	assert_true(key_order(a, b) < 0);
	memset(a, 7, sizeof(a));
	memset(b, 7, sizeof(b));
	b[31] = 8;
	assert_true(key_order(a, b) < 0);
	assert_true(key_order(b, a) > 0);
}

static void a_wipe_takes_the_bytes_that_it_was_given_and_no_more(void **state)
{
	uint8_t b[4] = {1, 2, 3, 4};
	key_wipe(b, 3);
	assert_memory_equal(b, "\0\0\0\x04", 4);
	key_wipe(b, 0);
	assert_int_equal(b[3], 4);
}

#define HEX "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c"

static void what_is_no_key_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		"nodekey:",
		"nodekey: " HEX,
		"nodekey:" HEX " ",
		"nodekey:" HEX "0",
		" nodekey:" HEX,
		"NODEKEY:" HEX,
		"discokey:" HEX,
		"nodekey:07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7",
		"nodekey:07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7g",
		"nodekey:B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=",
		HEX HEX,
		"0x" HEX,
		"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw",  /* no padding */
		"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9_AsrhtHHw=", /* another alphabet */
		"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHx=", /* bits that mean nothing */
		"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHH==", /* 31 bytes */
		"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw= ",
		"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHwA", /* 33 bytes */
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		uint8_t k[KEY_LEN] = {7};
		if (key_parse_any(k, KEY_NODE, bad[i]))
			fail_msg("taken: \"%s\"", bad[i]);
		assert_int_equal(k[0], 7);
		assert_int_equal(k[31], 0);
		assert_false(key_parse(k, KEY_NODE, bad[i]));
	}
}

static void base64_round_trips(void **state)
{
	uint8_t k[KEY_LEN], back[KEY_LEN];
	char text[KEY_TEXT_MAX];
	for (int fill = 0; fill < 256; fill += 51) {
		memset(k, fill, sizeof(k));
		assert_int_equal(strlen(key_format_base64(text, k)), 44);
		assert_true(key_parse_any(back, KEY_PRIVATE, text));
		assert_memory_equal(k, back, sizeof(k));
	}
}

static void short_forms_have_one_length_for_each_kind(void **state)
{
	uint8_t k[KEY_LEN];
	char out[KEY_SHORT_MAX];
	memset(k, 0xff, sizeof(k));
	assert_string_equal(key_short(out, KEY_MACHINE, k), "[/////]");
	assert_string_equal(key_short(out, KEY_DISCO, k), "d:ffffffffffffffff");
	assert_string_equal(key_short(out, KEY_PRIVATE, k), "[secret]");
}

/* RFC 7748 6.1, Bob. */
static void a_public_key_matches_the_rfc(void **state)
{
	uint8_t priv[KEY_LEN], want[KEY_LEN], pub[KEY_LEN];
	unhex(priv, sizeof(priv),
	      "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
	unhex(want, sizeof(want),
	      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
	key_public(pub, priv);
	assert_memory_equal(pub, want, KEY_LEN);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(public_keys_match_the_vectors),
	cmocka_unit_test(generated_keys_are_clamped),
	cmocka_unit_test(text_forms_round_trip),
	cmocka_unit_test(other_tools_forms_are_taken),
	cmocka_unit_test(short_forms_show_no_secret),
	cmocka_unit_test(a_private_key_in_a_sentence_is_hidden),
	cmocka_unit_test(order_is_bytewise),
	cmocka_unit_test(clamping_changes_five_bits_and_keeps_the_rest),
	cmocka_unit_test(keys_are_equal_in_every_bit_or_not),
	cmocka_unit_test(the_first_byte_that_differs_decides_the_order),
	cmocka_unit_test(a_wipe_takes_the_bytes_that_it_was_given_and_no_more),
	cmocka_unit_test(what_is_no_key_is_refused_and_changes_nothing),
	cmocka_unit_test(base64_round_trips),
	cmocka_unit_test(short_forms_have_one_length_for_each_kind),
	cmocka_unit_test(a_public_key_matches_the_rfc),
};
RUN_TESTS(tests)
