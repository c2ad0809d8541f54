/* The extra sockets of a node: those of its checks, and those of its paths. */
#include "crypto/seeded.h"
#include "node/inside.h"
#include "path/table.h"
#include "unit/unit.h"

static void drain(struct node *n, mono_ns now)
{
	const struct node_out *out;
	struct node_event ev;
	while (node_drain(n, &out, now) || node_event(n, &ev))
		;
}

/* An attempt to cross hard NATs wants all sockets that there are. */
static void a_binding_that_is_measured_keeps_its_socket_while_others_want_all(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct node_config cfg = {.rng = seeded_rng(&seeded), .peers_max = 4, .port = 41641};
	const struct relay_place relay = {.region = 1, .stun4 = {ip_v4(203, 0, 113, 9), STUN_PORT}};
	mono_ns now = 1000 * SECOND;
	key_generate(cfg.key.b, &cfg.rng);
	struct node *n = node_new(&cfg, now);
	assert_non_null(n);
	node_set_relays(n, &relay, 1, now);
	drain(n, now);
	node_lifetime_begin(n, 60 * SECOND, now);
	drain(n, now);
	struct socket_wish before = *node_sockets(n);
	assert_in_range(before.n, 2, BINDING_LIFE_SOCKETS_MAX);
	while (n->paths->sockets.n < SOCKETS_MAX)
		socket_wish_add(&n->paths->sockets, (uint16_t)(1 + n->paths->sockets.n));
	n->paths->sockets.version++;
	drain(n, now);
	const struct socket_wish *all = node_sockets(n);
	assert_int_equal(all->n, SOCKETS_MAX);
	assert_int_not_equal(all->version, before.version);
	for (size_t i = 0; i < before.n; i++)
		assert_true(socket_wished(all, before.v[i]));
	assert_true(
		socket_wished(all, 1)); /* of paths the first ones, by which peers are reached */
	node_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_binding_that_is_measured_keeps_its_socket_while_others_want_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
