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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(both_sides_come_to_the_same_keys),
	cmocka_unit_test(nothing_of_a_finished_handshake_stays),
	cmocka_unit_test(any_changed_byte_of_an_initiation_is_noticed),
	cmocka_unit_test(a_forged_response_leaves_the_handshake_open_for_the_true_one),
	cmocka_unit_test(the_preshared_keys_must_be_the_same),
	cmocka_unit_test(an_initiation_is_for_one_responder_only),
	cmocka_unit_test(a_claimed_name_is_not_proof),
	cmocka_unit_test(keys_of_low_order_are_refused),
};
RUN_TESTS(tests)
