/* The extra sockets: those of its checks, and those of its paths. */
#include "crypto/seeded.h"
#include "path/table.h"
#include "reach/inside.h"
#include "unit/unit.h"

static void drain(struct reach *r, mono_ns now)
{
	const struct reach_out *out;
	struct reach_event ev;
	while (reach_drain(r, &out, now) || reach_event(r, &ev))
		;
}

/* An attempt to cross hard NATs wants all sockets that there are. */
static void a_binding_that_is_measured_keeps_its_socket_while_others_want_all(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct reach_config cfg = {.rng = seeded_rng(&seeded), .peers_max = 4, .port = 41641};
	const struct relay_place relay = {.region = 1, .stun4 = {ip_v4(203, 0, 113, 9), STUN_PORT}};
	mono_ns now = 1000 * SECOND;
	key_generate(cfg.key.b, &cfg.rng);
	struct reach *r = reach_new(&cfg, now);
	assert_non_null(r);
	reach_set_relays(r, &relay, 1, 1, now);
	drain(r, now);
	reach_lifetime_begin(r, 60 * SECOND, now);
	drain(r, now);
	struct socket_wish before = *reach_sockets(r);
	assert_in_range(before.n, 2, BINDING_LIFE_SOCKETS_MAX);
	while (r->paths->hard.sockets.wish.n < SOCKETS_MAX)
		socket_wish_add(&r->paths->hard.sockets.wish,
				(uint16_t)(1 + r->paths->hard.sockets.wish.n));
	r->paths->hard.sockets.wish.version++;
	drain(r, now);
	const struct socket_wish *all = reach_sockets(r);
	assert_int_equal(all->n, SOCKETS_MAX);
	assert_int_not_equal(all->version, before.version);
	for (size_t i = 0; i < before.n; i++)
		assert_true(socket_wished(all, before.v[i]));
	assert_true(
		socket_wished(all, 1)); /* of paths the first ones, by which peers are reached */
	reach_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_binding_that_is_measured_keeps_its_socket_while_others_want_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
