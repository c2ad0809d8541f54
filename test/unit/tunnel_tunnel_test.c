#include "tunnel_pair.h"

static const struct pair_config plain = {.seed = 1};

static void a_first_packet_waits_for_the_handshake_and_arrives(void **state)
{
	struct pair p;
	struct message content, m;
	pair_start(&p, &plain);
	ip_packet(&content, A, 61, 1);
	assert_int_equal(end_seal(&p, A, &content, &m), TUNNEL_STAGED);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(m.n, 148);
	assert_int_equal(end_open(&p, B, &m), TUNNEL_HANDSHAKE);
	assert_true(end_output(&p, B, &m));
	assert_int_equal(m.n, 92);
	assert_int_equal(end_open(&p, A, &m), TUNNEL_HANDSHAKE);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(m.n, 64 + TUNNEL_OVERHEAD);
	assert_int_equal(end_open(&p, B, &m), TUNNEL_PACKET);
	assert_int_equal(p.end[B].packet.len, 61);
	assert_memory_equal(p.end[B].packet.data, content.b, 61);
	assert_false(end_output(&p, A, &m));
	assert_false(end_output(&p, B, &m));
	assert_true(pair_pass(&p, B, 1280));
	assert_true(pair_pass(&p, A, 1280));
	pair_stop(&p);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_first_packet_waits_for_the_handshake_and_arrives),
};
RUN_TESTS(tests)
