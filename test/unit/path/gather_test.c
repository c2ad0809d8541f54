#include "crypto/seeded.h"
#include "path/gather.h"
#include "unit/path/find/found.h"
#include "unit/wire/plain_stun.h"

static void what_is_found_is_merged_with_the_most_useful_first(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct rng rng = seeded_rng(&seeded);
	struct gather g;
	gather_init(&g, &rng, 7);
	assert_false(gather_merge(&g));
	struct own_address v[OWN_ADDRESSES_MAX];
	local_set(&g.local, v, interfaces_of("192.168.1.5/24", v));
	assert_true(gather_merge(&g));
	assert_false(gather_merge(&g));
	struct endpoint fixed[3] = {ep_of("198.51.100.9:9"), {.port = 4}, ep_of("198.51.100.1:5")};
	fixed_set(&g.fixed, fixed, 3);
	assert_true(gather_merge(&g));
	struct relay_place relay = {.region = 1, .stun4 = ep_of("203.0.113.9:3478")};
	reflexive_set(&g.stun, &relay, 1, SECOND);
	assert_true(gather_deadline(&g) == SECOND + 200 * MSEC);
	uint8_t memory[STUN_REQUEST_LEN], reply[STUN_RESPONSE_MAX];
	struct wr out = wr_of(memory, sizeof(memory)), back = wr_of(reply, sizeof(reply));
	struct endpoint to, seen = ep_of("198.51.100.1:5");
	struct stun_txid txid;
	assert_true(gather_output(&g, &to, &out));
	assert_true(endpoint_equal(&to, &relay.stun4));
	assert_false(gather_output(&g, &to, &out));
	assert_true(stun_read_request(wr_done(&out), &txid));
	stun_write_response(&back, &txid, &seen);
	assert_true(gather_input(&g, &to, wr_done(&back), SECOND));
	assert_false(gather_input(&g, &to, wr_done(&back), SECOND));
	assert_false(gather_merge(&g)); /* the same set: it had been written down by hand */
	expect_found(&g.found, "198.51.100.1:5 198.51.100.9:9 192.168.1.5:7");
	assert_true(gather_fresh(&g, SECOND));
	gather_set_port(&g, 8);
	assert_true(gather_merge(&g));
	expect_found(&g.found, "198.51.100.1:5 198.51.100.9:9 192.168.1.5:8");
	gather_refresh(&g, true, 2 * SECOND);
	gather_want(&g, true, 2 * SECOND);
	gather_tick(&g, 2 * SECOND + 200 * MSEC);
	assert_false(gather_fresh(&g, 0));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_found_is_merged_with_the_most_useful_first),
};
RUN_TESTS(tests)
