/* The extra sockets of two peers and an attempt, in plain numbers. */
#include "path/sockets.h"
#include "unit/unit.h"

enum { PEERS = 3 };
static const mono_ns T0 = 1000 * SECOND;

struct fixture {
	struct sockets s;
	struct peer_path peers[PEERS];
};

static struct fixture *begin(void)
{
	static struct fixture f;
	f = (struct fixture){.peers[0].used = true, .peers[2].used = true};
	sockets_init(&f.s);
	return &f;
}

static void take(struct fixture *f, uint32_t n, mono_ns now)
{
	sockets_take(&f->s, n, f->peers, PEERS, now);
}

static void resize(struct fixture *f, uint32_t n, mono_ns now)
{
	sockets_resize(&f->s, n, f->peers, PEERS, now);
}

/* A remote of this peer is seen at this socket. */
static void see(struct fixture *f, int peer, uint16_t socket, mono_ns now)
{
	struct endpoint ep = {ip_v4(203, 0, 113, 7), (uint16_t)(1000 + socket)}, none = {0};
	assert_true(remotes_on_seen(&f->peers[peer].remotes, &ep, socket, &none, now));
}

static void expect(const struct fixture *f, size_t n, const uint16_t *numbers)
{
	assert_int_equal(f->s.wish.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(f->s.wish.v[i], numbers[i]);
}

static void an_attempt_has_its_sockets_until_it_ends(void **state)
{
	struct fixture *f = begin();
	take(f, 2, T0);
	expect(f, 2, (uint16_t[]){257, 258});
	assert_int_equal(sockets_number(&f->s, 1), 258);
	resize(f, 3, T0); /* those it has stay */
	expect(f, 3, (uint16_t[]){257, 258, 259});
	resize(f, 0, T0);
	expect(f, 0, NULL);
	assert_true(f->s.sweep_at == MONO_NEVER);
}

static void the_version_tells_of_each_change_and_of_nothing_else(void **state)
{
	struct fixture *f = begin();
	resize(f, 0, T0);
	assert_int_equal(f->s.wish.version, 0);
	take(f, 2, T0);
	assert_int_equal(f->s.wish.version, 1);
	resize(f, 2, T0);
	assert_int_equal(f->s.wish.version, 1);
	resize(f, 0, T0);
	assert_int_equal(f->s.wish.version, 2);
}

static void the_next_attempts_have_other_numbers(void **state)
{
	struct fixture *f = begin();
	uint16_t before = f->s.first;
	for (int i = 0; i < 252; i++) {
		take(f, SOCKETS_MAX, T0);
		resize(f, 0, T0);
		assert_true(f->s.first != before);
		assert_true(f->s.first + SOCKETS_MAX - 1 <= SOCKETS_HARD_LAST);
		before = f->s.first;
	}
}

static void numbers_by_which_a_peer_is_reached_are_not_taken(void **state)
{
	struct fixture *f = begin();
	see(f, 2, 300, T0);
	resize(f, 0, T0);
	take(f, 64, T0); /* 257 to 320 would hold it */
	assert_int_equal(f->s.first, 513);
}

static void sockets_of_remotes_stay_and_come_first(void **state)
{
	struct fixture *f = begin();
	f->peers[0].best.socket = 9;
	see(f, 0, 7, T0);
	see(f, 1, 5, T0); /* no peer has this place in the table */
	see(f, 2, 8, T0);
	see(f, 2, 0, T0); /* the main port is no extra socket */
	take(f, 1, T0);
	expect(f, 4, (uint16_t[]){9, 7, 8, 257});
	resize(f, 0, T0);
	expect(f, 3, (uint16_t[]){9, 7, 8});
	assert_int_equal(f->s.sweep_at, T0 + 15 * SECOND);
}

static void a_socket_without_a_remote_is_closed_but_for_the_path_in_use(void **state)
{
	struct fixture *f = begin();
	f->peers[0].best.socket = 9;
	see(f, 0, 9, T0);
	see(f, 0, 7, T0);
	see(f, 2, 8, T0 + 30 * SECOND);
	sockets_sweep(&f->s, f->peers, PEERS, T0 + 44 * SECOND);
	expect(f, 3, (uint16_t[]){9, 7, 8});
	sockets_sweep(&f->s, f->peers, PEERS, T0 + 45 * SECOND);
	expect(f, 2, (uint16_t[]){9, 8});
	sockets_sweep(&f->s, f->peers, PEERS, T0 + 75 * SECOND);
	expect(f, 1, (uint16_t[]){9});
	assert_int_equal(f->s.sweep_at, T0 + 90 * SECOND);
}

static void without_room_the_attempt_has_fewer(void **state)
{
	struct fixture *f = begin();
	see(f, 0, 7, T0);
	take(f, SOCKETS_MAX, T0);
	assert_int_equal(f->s.wish.n, SOCKETS_MAX);
	assert_int_equal(f->s.wish.v[0], 7);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(an_attempt_has_its_sockets_until_it_ends),
	cmocka_unit_test(the_version_tells_of_each_change_and_of_nothing_else),
	cmocka_unit_test(the_next_attempts_have_other_numbers),
	cmocka_unit_test(numbers_by_which_a_peer_is_reached_are_not_taken),
	cmocka_unit_test(sockets_of_remotes_stay_and_come_first),
	cmocka_unit_test(a_socket_without_a_remote_is_closed_but_for_the_path_in_use),
	cmocka_unit_test(without_room_the_attempt_has_fewer),
};
RUN_TESTS(tests)
