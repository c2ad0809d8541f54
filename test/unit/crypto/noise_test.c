#include "crypto/noise.h"
#include "crypto/seeded.h"
#include "unit/unit.h"

struct side {
	struct noise_self self;
	struct noise_remote remote;
	struct noise hs;
	struct noise_keys keys;
};

struct pair {
	struct seeded seeded;
	struct rng rng;
	struct side a, b;
	struct noise_initiation initiation;
	struct noise_response response;
};

static const uint8_t stamp[NOISE_STAMP_LEN] = {0x40, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t no_psk[NOISE_PSK_LEN];
static const uint8_t some_psk[NOISE_PSK_LEN] = {9, 8, 7};

static void make(struct pair *p, uint64_t seed, const uint8_t *a_psk, const uint8_t *b_psk)
{
	struct node_private key;
	memset(p, 0, sizeof(*p));
	seeded_init(&p->seeded, seed);
	p->rng = seeded_rng(&p->seeded);
	key_generate(key.b, &p->rng);
	noise_self_init(&p->a.self, &key);
	key_generate(key.b, &p->rng);
	noise_self_init(&p->b.self, &key);
	assert_true(noise_remote_init(&p->a.remote, &p->a.self, &p->b.self.public, a_psk));
	assert_true(noise_remote_init(&p->b.remote, &p->b.self, &p->a.self.public, b_psk));
}

static bool respond(struct pair *p)
{
	struct node_key claimed;
	uint8_t seen[NOISE_STAMP_LEN];
	return noise_read_static(&p->b.hs, &p->b.self, &p->initiation, &claimed) &&
	       key_equal(claimed.b, p->a.self.public.b) &&
	       noise_read_stamp(&p->b.hs, &p->b.remote, &p->initiation, seen) &&
	       memcmp(seen, stamp, sizeof(stamp)) == 0 &&
	       noise_respond(&p->b.hs, &p->b.remote, &p->rng, &p->response, &p->b.keys);
}

static void both_sides_come_to_the_same_keys(void **state)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct pair p;
		const uint8_t *psk = seed % 2 ? some_psk : no_psk;
		make(&p, seed, psk, psk);
		noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
		assert_true(respond(&p));
		assert_true(noise_finish(&p.a.hs, &p.a.self, &p.a.remote, &p.response, &p.a.keys));
		assert_memory_equal(p.a.keys.send, p.b.keys.receive, AEAD_KEY_LEN);
		assert_memory_equal(p.a.keys.receive, p.b.keys.send, AEAD_KEY_LEN);
		assert_memory_not_equal(p.a.keys.send, p.a.keys.receive, AEAD_KEY_LEN);
	}
}

static void nothing_of_a_finished_handshake_stays(void **state)
{
	static const struct noise zero;
	struct pair p;
	make(&p, 1, no_psk, no_psk);
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	assert_true(respond(&p));
	assert_true(noise_finish(&p.a.hs, &p.a.self, &p.a.remote, &p.response, &p.a.keys));
	assert_memory_equal(&p.a.hs, &zero, sizeof(zero));
	assert_memory_equal(&p.b.hs, &zero, sizeof(zero));
}

static void any_changed_byte_of_an_initiation_is_noticed(void **state)
{
	struct pair p;
	make(&p, 2, no_psk, no_psk);
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	uint8_t *byte = (uint8_t *)&p.initiation;
	for (size_t i = 0; i < sizeof(p.initiation); i++) {
		byte[i] ^= 1;
		assert_false(respond(&p));
		byte[i] ^= 1;
	}
	assert_true(respond(&p));
}

static void a_forged_response_leaves_the_handshake_open_for_the_true_one(void **state)
{
	struct pair p;
	make(&p, 3, some_psk, some_psk);
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	assert_true(respond(&p));
	uint8_t *byte = (uint8_t *)&p.response;
	for (size_t i = 0; i < sizeof(p.response); i++) {
		byte[i] ^= 1;
		assert_false(noise_finish(&p.a.hs, &p.a.self, &p.a.remote, &p.response, &p.a.keys));
		byte[i] ^= 1;
	}
	assert_true(noise_finish(&p.a.hs, &p.a.self, &p.a.remote, &p.response, &p.a.keys));
	assert_memory_equal(p.a.keys.send, p.b.keys.receive, AEAD_KEY_LEN);
}

static void the_preshared_keys_must_be_the_same(void **state)
{
	struct pair p;
	make(&p, 4, some_psk, no_psk);
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	assert_true(respond(&p));
	assert_false(noise_finish(&p.a.hs, &p.a.self, &p.a.remote, &p.response, &p.a.keys));
}

static void an_initiation_is_for_one_responder_only(void **state)
{
	struct pair p, other;
	struct node_key claimed;
	make(&p, 5, no_psk, no_psk);
	make(&other, 6, no_psk, no_psk);
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	assert_false(noise_read_static(&other.b.hs, &other.b.self, &p.initiation, &claimed));
}

/* Without the initiator's private key its name can be claimed, but the stamp cannot be sealed. */
static void a_claimed_name_is_not_proof(void **state)
{
	struct pair p;
	uint8_t seen[NOISE_STAMP_LEN];
	struct node_key claimed;
	make(&p, 7, no_psk, no_psk);
	memset(p.a.self.key.b, 0x42, KEY_LEN);
	assert_true(noise_remote_init(&p.a.remote, &p.a.self, &p.b.self.public, no_psk));
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	assert_true(noise_read_static(&p.b.hs, &p.b.self, &p.initiation, &claimed));
	assert_memory_equal(claimed.b, p.a.self.public.b, KEY_LEN);
	assert_false(noise_read_stamp(&p.b.hs, &p.b.remote, &p.initiation, seen));
}

static void keys_of_low_order_are_refused(void **state)
{
	static const struct node_key zero, one = {{1}};
	struct pair p;
	make(&p, 8, no_psk, no_psk);
	assert_false(noise_remote_init(&p.a.remote, &p.a.self, &zero, no_psk));
	assert_false(noise_remote_init(&p.a.remote, &p.a.self, &one, no_psk));
	memset(p.b.hs.remote_ephemeral, 0, KEY_LEN);
	assert_false(noise_respond(&p.b.hs, &p.b.remote, &p.rng, &p.response, &p.b.keys));
}

/* --- the vector of tunnel.md 12 --- */

/* A source of consecutive byte values: all private keys of the vector are made so. */
static void count_up(void *self, uint8_t *out, size_t n)
{
	uint8_t *next = self;
	for (size_t i = 0; i < n; i++)
		out[i] = (*next)++;
}

static void vector_key(uint8_t key[static KEY_LEN], uint8_t first)
{
	key_generate(key, &(struct rng){.fill = count_up, .self = &first});
}

static void expect(const uint8_t *got, size_t n, const char *hex)
{
	uint8_t want[64];
	assert_int_equal(unhex(want, sizeof(want), hex), n);
	assert_memory_equal(got, want, n);
}

static void begin_vector(struct pair *p)
{
	struct node_private key;
	memset(p, 0, sizeof(*p));
	vector_key(key.b, 0x81);
	noise_self_init(&p->a.self, &key);
	vector_key(key.b, 0x61);
	noise_self_init(&p->b.self, &key);
	assert_true(noise_remote_init(&p->a.remote, &p->a.self, &p->b.self.public, no_psk));
	assert_true(noise_remote_init(&p->b.remote, &p->b.self, &p->a.self.public, no_psk));
	expect(p->a.self.public.b, KEY_LEN,
	       "883186b800b41d5cf0429695da9b3cc4f328ebcd184a6e482fa578c103f06c77");
	expect(p->b.self.public.b, KEY_LEN,
	       "244fe3b963e899dd295baffce248d3530f3a9a7479ba063002680ebfe7adad49");
	expect(p->a.remote.shared, KEY_LEN,
	       "dbcc0f8cb8de72509d228b2c6d0bdbd383180949491cda1cdde85fd048cf762d");
	assert_memory_equal(p->a.remote.shared, p->b.remote.shared, KEY_LEN);
}

static void expect_after_initiation(const struct noise *n)
{
	expect(n->chain, NOISE_HASH_LEN,
	       "63f352dfbe5497056afe17f06c6416a5becd1ba695161194f0d3a14aa2dee8c1");
	expect(n->hash, NOISE_HASH_LEN,
	       "eac45b94eb467883d39752ef7c349f14933981776b9a8210299bd6ad1038c662");
}

static void the_handshake_has_the_bytes_of_the_vector(void **state)
{
	struct pair p;
	uint8_t time[NOISE_STAMP_LEN], seen[NOISE_STAMP_LEN], initiator = 0xc1, responder = 0xe1;
	struct rng i_rng = {.fill = count_up, .self = &initiator},
		   r_rng = {.fill = count_up, .self = &responder};
	struct node_key claimed;
	begin_vector(&p);
	(void)unhex(time, sizeof(time), "400000006553f10a12000000");

	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, time, &i_rng, &p.initiation);
	expect(p.initiation.ephemeral, KEY_LEN,
	       "3a553d74792d727efa9b9a4cde3da1ad93f1a2d0c09cb639b1a3c0fda14cbe24");
	expect(p.initiation.sealed_static, KEY_LEN + AEAD_TAG_LEN,
	       "82238bbab6e6766eb464f539e93e374fafa83d92f869f80592ba76353eb941f2"
	       "dee594a73724cfe36bff267edf34294a");
	expect(p.initiation.sealed_stamp, NOISE_STAMP_LEN + AEAD_TAG_LEN,
	       "21d44e8d0c59b3467100999fc004b08c6c0b4bdaa5b85b4a909b1b2f");
	expect_after_initiation(&p.a.hs);

	assert_true(noise_read_static(&p.b.hs, &p.b.self, &p.initiation, &claimed));
	assert_true(noise_read_stamp(&p.b.hs, &p.b.remote, &p.initiation, seen));
	assert_memory_equal(claimed.b, p.a.self.public.b, KEY_LEN);
	assert_memory_equal(seen, time, sizeof(time));
	expect_after_initiation(&p.b.hs);

	assert_true(noise_respond(&p.b.hs, &p.b.remote, &r_rng, &p.response, &p.b.keys));
	expect(p.response.ephemeral, KEY_LEN,
	       "489cebba7a166c619835fe12eedc581dbfc1b36de10c830e4f0bc1c48734864b");
	expect(p.response.sealed_nothing, AEAD_TAG_LEN, "35dfed1ae80e31c9fbec95810cef9bc6");

	assert_true(noise_finish(&p.a.hs, &p.a.self, &p.a.remote, &p.response, &p.a.keys));
	expect(p.a.keys.send, AEAD_KEY_LEN,
	       "21dbf09467e2f2c5e56ad032a1b3b9d030f7b98fe008954beeb7061583ef50f8");
	expect(p.a.keys.receive, AEAD_KEY_LEN,
	       "4fedd71cbce29da244e4379554512d88edf24b7fc99cdbd9119f0d313219bde4");
	assert_memory_equal(p.a.keys.send, p.b.keys.receive, AEAD_KEY_LEN);
	assert_memory_equal(p.a.keys.receive, p.b.keys.send, AEAD_KEY_LEN);
}

/* The responder takes a new ephemeral key each time. */
static void an_initiation_that_is_played_again_gives_other_keys(void **state)
{
	struct pair p;
	make(&p, 9, no_psk, no_psk);
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	assert_true(respond(&p));
	struct noise_keys first = p.b.keys;
	struct noise_response answer = p.response;
	assert_true(respond(&p));
	assert_memory_not_equal(first.send, p.b.keys.send, AEAD_KEY_LEN);
	assert_memory_not_equal(answer.ephemeral, p.response.ephemeral, KEY_LEN);
	/* the initiator takes the one that comes first, and then no other */
	assert_true(noise_finish(&p.a.hs, &p.a.self, &p.a.remote, &answer, &p.a.keys));
	assert_memory_equal(p.a.keys.send, first.receive, AEAD_KEY_LEN);
	assert_false(noise_finish(&p.a.hs, &p.a.self, &p.a.remote, &p.response, &p.a.keys));
}

static void two_handshakes_of_one_pair_share_nothing(void **state)
{
	struct pair p;
	make(&p, 10, no_psk, no_psk);
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	struct noise_initiation first = p.initiation;
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	assert_memory_not_equal(first.ephemeral, p.initiation.ephemeral, KEY_LEN);
	assert_memory_not_equal(first.sealed_static, p.initiation.sealed_static, KEY_LEN);
	assert_memory_not_equal(first.sealed_stamp, p.initiation.sealed_stamp, NOISE_STAMP_LEN);
}

static void the_answer_to_another_initiation_is_not_taken(void **state)
{
	struct pair p;
	make(&p, 11, no_psk, no_psk);
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	assert_true(respond(&p));
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	assert_false(noise_finish(&p.a.hs, &p.a.self, &p.a.remote, &p.response, &p.a.keys));
}

/* Somebody between the two can send an ephemeral key that makes any secret zero. */
static void ephemeral_keys_of_low_order_prove_nothing(void **state)
{
	struct pair p;
	struct node_key claimed;
	make(&p, 12, no_psk, no_psk);
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	assert_true(respond(&p));
	memset(p.response.ephemeral, 0, KEY_LEN);
	assert_false(noise_finish(&p.a.hs, &p.a.self, &p.a.remote, &p.response, &p.a.keys));
	memset(p.initiation.ephemeral, 0, KEY_LEN);
	assert_false(noise_read_static(&p.b.hs, &p.b.self, &p.initiation, &claimed));
}

static void keys_are_left_alone_by_a_response_that_is_not_authentic(void **state)
{
	struct pair p;
	struct noise_keys before;
	make(&p, 13, no_psk, no_psk);
	noise_initiate(&p.a.hs, &p.a.self, &p.a.remote, stamp, &p.rng, &p.initiation);
	assert_true(respond(&p));
	memset(&p.a.keys, 0x77, sizeof(p.a.keys));
	before = p.a.keys;
	struct noise waiting = p.a.hs;
	p.response.sealed_nothing[0] ^= 1;
	assert_false(noise_finish(&p.a.hs, &p.a.self, &p.a.remote, &p.response, &p.a.keys));
	assert_memory_equal(&p.a.keys, &before, sizeof(before));
	assert_memory_equal(&p.a.hs, &waiting, sizeof(waiting));
}

static void the_preshared_key_changes_the_keys_and_not_the_initiation(void **state)
{
	struct pair with, without;
	make(&with, 14, some_psk, some_psk);
	make(&without, 14, no_psk, no_psk);
	noise_initiate(&with.a.hs, &with.a.self, &with.a.remote, stamp, &with.rng,
		       &with.initiation);
	noise_initiate(&without.a.hs, &without.a.self, &without.a.remote, stamp, &without.rng,
		       &without.initiation);
	assert_memory_equal(&with.initiation, &without.initiation, sizeof(with.initiation));
	assert_true(respond(&with) && respond(&without));
	assert_memory_equal(with.response.ephemeral, without.response.ephemeral, KEY_LEN);
	assert_memory_not_equal(with.b.keys.send, without.b.keys.send, AEAD_KEY_LEN);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(both_sides_come_to_the_same_keys),
	cmocka_unit_test(nothing_of_a_finished_handshake_stays),
	cmocka_unit_test(any_changed_byte_of_an_initiation_is_noticed),
	cmocka_unit_test(a_forged_response_leaves_the_handshake_open_for_the_true_one),
	cmocka_unit_test(the_preshared_keys_must_be_the_same),
	cmocka_unit_test(an_initiation_is_for_one_responder_only),
	cmocka_unit_test(a_claimed_name_is_not_proof),
	cmocka_unit_test(keys_of_low_order_are_refused),
	cmocka_unit_test(the_handshake_has_the_bytes_of_the_vector),
	cmocka_unit_test(an_initiation_that_is_played_again_gives_other_keys),
	cmocka_unit_test(two_handshakes_of_one_pair_share_nothing),
	cmocka_unit_test(the_answer_to_another_initiation_is_not_taken),
	cmocka_unit_test(ephemeral_keys_of_low_order_prove_nothing),
	cmocka_unit_test(keys_are_left_alone_by_a_response_that_is_not_authentic),
	cmocka_unit_test(the_preshared_key_changes_the_keys_and_not_the_initiation),
};
RUN_TESTS(tests)
