#include "crypto/box.h"
#include "crypto/seeded.h"
#include "unit/unit.h"

static const char *const a_priv =
	"0002030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f60";
static const char *const b_pub = "64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d48466";

/* A source that gives 00 01 02 ...: the nonce of all vectors. */
static void count_up(void *self, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)i;
}

static struct box_shared shared(void)
{
	uint8_t priv[KEY_LEN], pub[KEY_LEN], want[KEY_LEN];
	struct box_shared s;
	unhex(priv, sizeof(priv), a_priv);
	unhex(pub, sizeof(pub), b_pub);
	unhex(want, sizeof(want),
	      "f8d48c0771b2fab0580110626883f7671e7d0001a6823f3ad9e93d8ef177e8fc");
	assert_true(box_shared_of(&s, priv, pub));
	assert_memory_equal(s.k, want, KEY_LEN);
	return s;
}

/* The ping of A to B of disco.md 10. */
static void seals_the_vector(void **state)
{
	struct box_shared s = shared();
	struct rng rng = {.fill = count_up};
	uint8_t plain[64], out[128], want[128];
	size_t n = unhex(plain, sizeof(plain),
			 "0100101112131415161718191a1b883186b800b41d5cf0429695da9b3cc4f328ebcd184a6"
			 "e482fa578c103f0"
			 "6c77");
	size_t want_n = unhex(want, sizeof(want),
			      "000102030405060708090a0b0c0d0e0f1011121314151617"
			      "9cc792fe5e35692f9496347cb754907e9ecbf90a63e91177f5c50d3ac5bb4ab115"
			      "6778bfaf3190f875b40a32609be4ea825e05c5e90540ee2a45f7ee135a");
	struct wr w = wr_of(out, sizeof(out));
	box_seal(&s, &w, (struct bytes){plain, n}, &rng);
	assert_int_equal(w.n, want_n);
	assert_memory_equal(out, want, want_n);
}

static void opens_only_what_is_whole(void **state)
{
	struct box_shared s = shared();
	struct seeded seeded;
	seeded_init(&seeded, 3);
	struct rng rng = seeded_rng(&seeded);
	uint8_t sealed[64], out[64];
	struct wr w = wr_of(sealed, sizeof(sealed));
	box_seal(&s, &w, (struct bytes){(const uint8_t *)"hello", 5}, &rng);
	assert_int_equal(w.n, 5 + BOX_OVERHEAD);

	struct wr plain = wr_of(out, sizeof(out));
	assert_true(box_open(&s, &plain, wr_done(&w)));
	assert_int_equal(plain.n, 5);
	assert_memory_equal(out, "hello", 5);

	for (size_t i = 0; i < w.n; i++) {
		sealed[i] ^= 1;
		plain = wr_of(out, sizeof(out));
		assert_false(box_open(&s, &plain, wr_done(&w)));
		assert_int_equal(plain.n, 0);
		sealed[i] ^= 1;
		assert_false(box_open(&s, &plain, (struct bytes){sealed, i}));
	}
	plain = wr_of(out, 4);
	assert_false(box_open(&s, &plain, wr_done(&w)));
}

static void a_full_buffer_gets_nothing(void **state)
{
	struct box_shared s = shared();
	struct rng rng = {.fill = count_up};
	uint8_t out[BOX_OVERHEAD + 4];
	struct wr w = wr_of(out, sizeof(out));
	box_seal(&s, &w, (struct bytes){(const uint8_t *)"hello", 5}, &rng);
	assert_true(w.bad);
	assert_int_equal(w.n, 0);
}

static void low_order_keys_are_refused(void **state)
{
	uint8_t priv[KEY_LEN], zero[KEY_LEN] = {0}, one[KEY_LEN] = {1};
	struct box_shared s;
	unhex(priv, sizeof(priv), a_priv);
	assert_false(box_shared_of(&s, priv, zero));
	assert_false(box_shared_of(&s, priv, one));
}

static void both_sides_share_one_key(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 4);
	struct rng rng = seeded_rng(&seeded);
	struct disco_private a, b;
	struct disco_key pub_a, pub_b;
	struct box_shared at_a, at_b;
	key_generate(a.b, &rng);
	key_generate(b.b, &rng);
	key_public(pub_a.b, a.b);
	key_public(pub_b.b, b.b);
	assert_true(box_shared_of(&at_a, a.b, pub_b.b));
	assert_true(box_shared_of(&at_b, b.b, pub_a.b));
	assert_memory_equal(at_a.k, at_b.k, KEY_LEN);
}

static void every_box_has_a_nonce_of_its_own(void **state)
{
	struct box_shared s = shared();
	struct seeded seeded;
	seeded_init(&seeded, 5);
	struct rng rng = seeded_rng(&seeded);
	uint8_t one[5 + BOX_OVERHEAD], two[5 + BOX_OVERHEAD];
	struct wr w = wr_of(one, sizeof(one)), v = wr_of(two, sizeof(two));
	box_seal(&s, &w, (struct bytes){(const uint8_t *)"hello", 5}, &rng);
	box_seal(&s, &v, (struct bytes){(const uint8_t *)"hello", 5}, &rng);
	assert_memory_not_equal(one, two, BOX_NONCE_LEN);
	assert_memory_not_equal(one + BOX_OVERHEAD, two + BOX_OVERHEAD, 5);
}

static void a_box_goes_behind_what_was_written_before(void **state)
{
	struct box_shared s = shared();
	struct rng rng = {.fill = count_up};
	uint8_t out[3 + 2 + BOX_OVERHEAD], plain[3 + 2];
	struct wr w = wr_of(out, sizeof(out)), p = wr_of(plain, sizeof(plain));
	wr_put(&w, "abc", 3);
	box_seal(&s, &w, (struct bytes){(const uint8_t *)"hi", 2}, &rng);
	assert_false(w.bad);
	assert_int_equal(w.n, sizeof(out));
	assert_memory_equal(out, "abc", 3);
	wr_put(&p, "xyz", 3);
	assert_true(box_open(&s, &p, (struct bytes){out + 3, 2 + BOX_OVERHEAD}));
	assert_int_equal(p.n, 5);
	assert_memory_equal(plain, "xyzhi", 5);
}

static void an_empty_box_opens_to_nothing(void **state)
{
	struct box_shared s = shared();
	struct rng rng = {.fill = count_up};
	uint8_t out[BOX_OVERHEAD], plain[1] = {9};
	struct wr w = wr_of(out, sizeof(out)), p = wr_of(plain, sizeof(plain));
	box_seal(&s, &w, (struct bytes){0}, &rng);
	assert_int_equal(w.n, BOX_OVERHEAD);
	assert_true(box_open(&s, &p, wr_done(&w)));
	assert_int_equal(p.n, 0);
	assert_int_equal(plain[0], 9);
}

static void a_writer_that_went_bad_gets_nothing(void **state)
{
	struct box_shared s = shared();
	struct rng rng = {.fill = count_up};
	uint8_t out[64], plain[64];
	struct wr w = wr_of(out, sizeof(out)), p = wr_of(plain, sizeof(plain));
	box_seal(&s, &w, (struct bytes){(const uint8_t *)"hello", 5}, &rng);
	struct bytes sealed = wr_done(&w);
	p.bad = true;
	assert_false(box_open(&s, &p, sealed));
	assert_int_equal(p.n, 0);
	w.bad = true;
	box_seal(&s, &w, (struct bytes){(const uint8_t *)"hello", 5}, &rng);
	assert_int_equal(w.n, sealed.n);
}

static void the_key_of_another_pair_opens_nothing(void **state)
{
	struct box_shared s = shared(), other = s;
	struct rng rng = {.fill = count_up};
	uint8_t out[64], plain[64];
	struct wr w = wr_of(out, sizeof(out)), p = wr_of(plain, sizeof(plain));
	other.k[31] ^= 1;
	box_seal(&s, &w, (struct bytes){(const uint8_t *)"hello", 5}, &rng);
	assert_false(box_open(&other, &p, wr_done(&w)));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(seals_the_vector),
	cmocka_unit_test(opens_only_what_is_whole),
	cmocka_unit_test(a_full_buffer_gets_nothing),
	cmocka_unit_test(low_order_keys_are_refused),
	cmocka_unit_test(both_sides_share_one_key),
	cmocka_unit_test(every_box_has_a_nonce_of_its_own),
	cmocka_unit_test(a_box_goes_behind_what_was_written_before),
	cmocka_unit_test(an_empty_box_opens_to_nothing),
	cmocka_unit_test(a_writer_that_went_bad_gets_nothing),
	cmocka_unit_test(the_key_of_another_pair_opens_nothing),
};
RUN_TESTS(tests)
