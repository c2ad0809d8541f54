#include "crypto/seeded.h"
#include "tunnel/cookie.h"
#include "tunnel/load.h"
#include "unit/unit.h"

static const uint8_t here[] = {192, 0, 2, 1}, there[] = {192, 0, 2, 2};
#define HERE  BYTES_OF(here)
#define THERE BYTES_OF(there)

struct fixture {
	struct seeded seeded;
	struct rng rng;
	struct cookie_checker checker;
	struct cookie_maker maker;
	uint8_t message[WG_INITIATION_LEN];
};

static void start(struct fixture *f)
{
	struct node_key key = {{1, 2, 3}};
	seeded_init(&f->seeded, 5);
	f->rng = seeded_rng(&f->seeded);
	cookie_checker_init(&f->checker, &key);
	cookie_maker_init(&f->maker, &key);
	rng_fill(&f->rng, f->message, sizeof(f->message));
}

static bool sign_and_check2(struct fixture *f, struct bytes source, mono_ns now)
{
	cookie_sign(&f->maker, f->message, sizeof(f->message), now);
	assert_true(cookie_mac1_right(&f->checker, BYTES_OF(f->message)));
	return cookie_mac2_right(&f->checker, BYTES_OF(f->message), source, now);
}

static void mac1_covers_the_whole_message(void **state)
{
	struct fixture f;
	start(&f);
	cookie_sign(&f.maker, f.message, sizeof(f.message), 1 * SECOND);
	assert_true(cookie_mac1_right(&f.checker, BYTES_OF(f.message)));
	for (size_t i = 0; i < sizeof(f.message) - WG_MAC_LEN; i++) {
		f.message[i] ^= 1;
		assert_false(cookie_mac1_right(&f.checker, BYTES_OF(f.message)));
		f.message[i] ^= 1;
	}
	struct node_key other = {{1, 2, 4}};
	cookie_checker_init(&f.checker, &other);
	assert_false(cookie_mac1_right(&f.checker, BYTES_OF(f.message)));
}

static void a_cookie_makes_mac2_right_for_its_source_only(void **state)
{
	struct fixture f;
	struct wg_cookie reply;
	start(&f);
	assert_false(sign_and_check2(&f, HERE, 1 * SECOND));
	cookie_reply(&f.checker, BYTES_OF(f.message), 77, HERE, &f.rng, 1 * SECOND, &reply);
	assert_int_equal(reply.receiver, 77);
	assert_true(cookie_take(&f.maker, &reply, 1 * SECOND));
	assert_true(sign_and_check2(&f, HERE, 2 * SECOND));
	assert_false(cookie_mac2_right(&f.checker, BYTES_OF(f.message), THERE, 2 * SECOND));
	f.message[sizeof(f.message) - 1] ^= 1;
	assert_false(cookie_mac2_right(&f.checker, BYTES_OF(f.message), HERE, 2 * SECOND));
}

static void a_cookie_answers_one_message_once(void **state)
{
	struct fixture f;
	struct wg_cookie reply, changed;
	start(&f);
	cookie_sign(&f.maker, f.message, sizeof(f.message), 0);
	cookie_reply(&f.checker, BYTES_OF(f.message), 1, HERE, &f.rng, 0, &reply);
	changed = reply;
	changed.sealed_cookie[3] ^= 1;
	assert_false(cookie_take(&f.maker, &changed, 0));
	changed = reply;
	changed.nonce[3] ^= 1;
	assert_false(cookie_take(&f.maker, &changed, 0));
	assert_true(cookie_take(&f.maker, &reply, 0));
	assert_false(cookie_take(&f.maker, &reply, 0));
	f.message[20] ^= 1;
	cookie_sign(&f.maker, f.message, sizeof(f.message), 0);
	assert_false(cookie_take(&f.maker, &reply, 0)); /* it answered the message before */
}

static void a_cookie_is_good_for_two_minutes(void **state)
{
	struct fixture f;
	struct wg_cookie reply;
	start(&f);
	cookie_sign(&f.maker, f.message, sizeof(f.message), 10 * SECOND);
	cookie_reply(&f.checker, BYTES_OF(f.message), 1, HERE, &f.rng, 10 * SECOND, &reply);
	assert_true(cookie_take(&f.maker, &reply, 10 * SECOND));
	assert_true(sign_and_check2(&f, HERE, 124 * SECOND));
	assert_true(cookie_mac2_right(&f.checker, BYTES_OF(f.message), HERE, 129 * SECOND));
	assert_false(cookie_mac2_right(&f.checker, BYTES_OF(f.message), HERE, 130 * SECOND));
	assert_false(sign_and_check2(&f, HERE, 125 * SECOND)); /* we do not send it any more */
	/* The next reply is made of another secret. */
	cookie_reply(&f.checker, BYTES_OF(f.message), 1, HERE, &f.rng, 140 * SECOND, &reply);
	assert_true(cookie_take(&f.maker, &reply, 140 * SECOND));
	assert_true(sign_and_check2(&f, HERE, 141 * SECOND));
}

/* A source of consecutive byte values. */
static void count_up(void *self, uint8_t *out, size_t n)
{
	uint8_t *next = self;
	for (size_t i = 0; i < n; i++)
		out[i] = (*next)++;
}

static void expect(const uint8_t *got, size_t n, const char *hex)
{
	uint8_t want[WG_INITIATION_LEN];
	assert_int_equal(unhex(want, sizeof(want), hex), n);
	assert_memory_equal(got, want, n);
}

/* The initiation and the cookie reply of tunnel.md 12. */
static void macs_and_cookies_have_the_bytes_of_the_vector(void **state)
{
	static const char initiation[] =
		"0100000004030201"
		"3a553d74792d727efa9b9a4cde3da1ad93f1a2d0c09cb639b1a3c0fda14cbe24"
		"82238bbab6e6766eb464f539e93e374fafa83d92f869f80592ba76353eb941f2"
		"dee594a73724cfe36bff267edf34294a"
		"21d44e8d0c59b3467100999fc004b08c6c0b4bdaa5b85b4a909b1b2f"
		"1cfc8cd97d8a6aee5880dc6d2653dfa9"
		"00000000000000000000000000000000";
	struct fixture f = {.rng = {.fill = count_up, .self = &(uint8_t){0}}};
	struct node_key responder;
	struct wg_cookie reply;
	uint8_t source[18], *mac1 = f.message + WG_INITIATION_LEN - 2 * WG_MAC_LEN;
	(void)unhex(responder.b, KEY_LEN,
		    "244fe3b963e899dd295baffce248d3530f3a9a7479ba063002680ebfe7adad49");
	(void)unhex(source, sizeof(source), "00000000000000000000ffffc000020aa2a9");
	(void)unhex(f.message, sizeof(f.message), initiation);
	memset(mac1, 0, WG_MAC_LEN);
	cookie_checker_init(&f.checker, &responder);
	cookie_maker_init(&f.maker, &responder);
	expect(f.maker.mac1_key, BLAKE2S_LEN,
	       "e7814b6f82d38d613f20df666171096d169ccee45caceb68abf8beb81421aede");
	cookie_sign(&f.maker, f.message, sizeof(f.message), SECOND);
	expect(f.message, sizeof(f.message), initiation);

	/* The secret is 00 to 1f, the nonce 00 to 17. */
	rng_fill(&f.rng, f.checker.secret, sizeof(f.checker.secret));
	f.checker.secret_at = SECOND;
	f.rng.self = &(uint8_t){0};
	cookie_reply(&f.checker, BYTES_OF(f.message), 0x01020304, BYTES_OF(source), &f.rng, SECOND,
		     &reply);
	expect(reply.nonce, sizeof(reply.nonce),
	       "000102030405060708090a0b0c0d0e0f1011121314151617");
	expect(reply.sealed_cookie, sizeof(reply.sealed_cookie),
	       "169eded1bb502f7b8771ec3a1d0969885b3b7294ad6ae80508f1f5cb47141fa9");
	assert_true(cookie_take(&f.maker, &reply, SECOND));
	expect(f.maker.cookie, WG_MAC_LEN, "9942de557e9f655af5af95b5d90e4b72");
	cookie_sign(&f.maker, f.message, sizeof(f.message), SECOND);
	expect(mac1 + WG_MAC_LEN, WG_MAC_LEN, "cc8b08c378a03565359541ff36dae388");
}

static struct load *load_start(void)
{
	static struct load l;
	struct seeded seeded;
	seeded_init(&seeded, 6);
	struct rng rng = seeded_rng(&seeded);
	load_init(&l, &rng);
	return &l;
}

static void two_hundred_handshakes_at_once_are_no_load_and_one_more_is(void **state)
{
	struct load *l = load_start();
	for (int i = 0; i < LOAD_HANDSHAKES_PER_S; i++)
		assert_false(load_count(l, 5 * SECOND));
	assert_true(load_count(l, 5 * SECOND));
	assert_true(load_count(l, 5 * SECOND + 900 * MSEC));
	assert_false(load_count(l, 7 * SECOND));
}

static void a_steady_rate_below_the_limit_is_no_load(void **state)
{
	struct load *l = load_start();
	for (mono_ns i = 0; i < 2000; i++)
		assert_false(load_count(l, i * 6 * MSEC));
	int high = 0;
	for (mono_ns i = 0; i < 2000; i++)
		high += load_count(l, 12 * SECOND + i * 4 * MSEC);
	assert_true(high > 500);
}

static void a_source_is_limited_and_others_are_not(void **state)
{
	struct load *l = load_start();
	const struct ip of_one = ip_v4_from(here), of_other = ip_v4_from(there);
	int here_n = 0, there_n = 0;
	for (int i = 0; i < 100; i++)
		here_n += load_admit_stranger(l, &of_one, SECOND);
	for (int i = 0; i < 3; i++)
		there_n += load_admit_stranger(l, &of_other, SECOND);
	assert_int_equal(here_n, LOAD_HOST_BURST);
	assert_int_equal(there_n, 3);
	assert_true(load_admit_stranger(l, &of_one, SECOND + 50 * MSEC));
	assert_false(load_admit_stranger(l, &of_one, SECOND + 50 * MSEC));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(mac1_covers_the_whole_message),
	cmocka_unit_test(a_cookie_makes_mac2_right_for_its_source_only),
	cmocka_unit_test(a_cookie_answers_one_message_once),
	cmocka_unit_test(a_cookie_is_good_for_two_minutes),
	cmocka_unit_test(macs_and_cookies_have_the_bytes_of_the_vector),
	cmocka_unit_test(two_hundred_handshakes_at_once_are_no_load_and_one_more_is),
	cmocka_unit_test(a_steady_rate_below_the_limit_is_no_load),
	cmocka_unit_test(a_source_is_limited_and_others_are_not),
};
RUN_TESTS(tests)
