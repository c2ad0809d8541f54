/* The world that scenarios are told in, and what it checks by itself. */
#include "sim/pair.h"
#include "unit/unit.h"
#include "wire/ip.h"

static bool is_direct(struct world *w)
{
	return world_is_direct(w, &w->households[0], &w->households[1]);
}

static bool is_never(struct world *w)
{
	return false;
}

/* Ends a run in which nothing may have gone wrong. */
static void finish(struct world *w)
{
	assert_string_equal(w->fault, "");
	world_free(w);
}

struct run {
	uint64_t steps, carried;
	mono_ns now, direct_at;
	size_t sent;
};

static struct run run_of(uint64_t seed)
{
	struct world *w = world_new(seed);
	struct pair p = pair_easy(w);
	pair_talk(&p);
	world_run(w, 20 * SECOND);
	struct run r = {w->steps, w->net.carried, world_now(w), p.alice->direct_at, p.there->n};
	finish(w);
	return r;
}

static void a_seed_gives_one_run_and_another_seed_another(void **state)
{
	struct run first = run_of(5), again = run_of(5), other = run_of(6);
	assert_memory_equal(&first, &again, sizeof(first));
	assert_memory_not_equal(&first, &other, sizeof(first));
	assert_true(first.steps > 0 && first.direct_at != MONO_NEVER);
}

static void it_runs_for_just_so_long(void **state)
{
	struct world *w = world_new(1);
	(void)pair_easy(w);
	mono_ns start = world_now(w);
	world_run(w, 12345 * USEC);
	assert_int_equal(world_now(w) - start, 12345 * USEC);
	assert_false(world_wait(w, is_never, SECOND));
	assert_in_range(world_now(w) - start, 12345 * USEC, 12345 * USEC + SECOND);
	finish(w);
}

static void waiting_ends_when_it_holds(void **state)
{
	struct world *w = world_new(1);
	struct pair p = pair_easy(w);
	assert_false(is_direct(w));
	pair_talk(&p);
	mono_ns start = world_now(w);
	assert_true(world_wait(w, is_direct, 60 * SECOND));
	assert_true(world_now(w) - start < 5 * SECOND);
	finish(w);
}

static void the_first_fault_is_kept_and_ends_the_run(void **state)
{
	struct world *w = world_new(1);
	(void)pair_easy(w);
	world_expect(w, true, "nothing");
	assert_string_equal(w->fault, "");
	world_expect(w, false, "%d went wrong", 1);
	world_expect(w, false, "%d went wrong", 2);
	assert_string_equal(w->fault, "1 went wrong");
	mono_ns start = world_now(w);
	world_run(w, 3600 * SECOND);
	assert_true(world_now(w) - start < 60 * SECOND);
	world_free(w);
}

static void a_packet_that_nobody_sent_is_a_fault(void **state)
{
	uint8_t memory[64];
	struct world *w = world_new(1);
	struct pair p = pair_easy(w);
	struct wr out = wr_of(memory, sizeof(memory));
	udp_write(&out, &p.alice->node.address, &p.bob->node.address, 9, 9,
		  (struct bytes){(const uint8_t *)"x", 1});
	uint8_t packet[64];
	struct wr whole = wr_of(packet, sizeof(packet));
	ip_write(&whole, &p.alice->node.address, &p.bob->node.address, IP_UDP, 64, out.n);
	wr_put(&whole, memory, out.n);
	sim_node_tun(&p.alice->node, wr_done(&whole), world_now(w));
	world_run(w, 5 * SECOND);
	assert_string_equal(w->fault, "bob was given a packet that nobody sent");
	world_free(w);
}

/* The relay still carries everything. */
static void a_cut_takes_the_direct_path_and_healing_gives_it_back(void **state)
{
	struct world *w = world_new(2);
	struct pair p = pair_easy(w);
	pair_talk(&p);
	assert_true(world_wait(w, is_direct, 10 * SECOND));
	world_cut(w, p.alice, p.bob);
	world_cut(w, p.bob, p.alice);
	world_run(w, 5 * SECOND);
	assert_false(is_direct(w));
	mono_ns from = world_now(w);
	world_run(w, 5 * SECOND);
	assert_int_equal(pair_lost(&p, from, world_now(w) - SECOND), 0);
	world_heal(w);
	assert_true(world_wait(w, is_direct, 60 * SECOND));
	finish(w);
}

static void a_flush_makes_the_router_forget(void **state)
{
	struct world *w = world_new(3);
	struct pair p = pair_easy(w);
	pair_talk(&p);
	assert_true(world_wait(w, is_direct, 10 * SECOND));
	assert_true(nat_stats(p.alice->router->nat4)->mappings > 0);
	household_flush(p.alice);
	assert_int_equal(nat_stats(p.alice->router->nat4)->mappings, 0);
	finish(w);
}

static void households_have_addresses_of_their_own(void **state)
{
	struct world *w = world_new(1);
	const struct household_config cfg = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct household_config open = cfg;
	open.no_nat = true;
	struct household *a = world_household(w, "a", &cfg), *b = world_household(w, "b", &cfg),
			 *c = world_household(w, "c", &open);
	assert_false(ip_equal(&a->external, &b->external));
	assert_false(ip_equal(&a->node.address, &b->node.address));
	assert_ptr_not_equal(a->router, a->host);
	assert_ptr_equal(c->router, c->host);
	assert_true(box_owns(c->host, &c->external));
	assert_false(box_owns(a->host, &a->external));
	finish(w);
}

static void measures_are_kept_in_order_and_bounded(void **state)
{
	struct world *w = world_new(1);
	for (uint64_t i = 0; i < WORLD_MEASURES_MAX + 3; i++)
		world_measure(w, "things", i);
	assert_int_equal(w->n_measures, WORLD_MEASURES_MAX);
	assert_int_equal(w->measures[WORLD_MEASURES_MAX - 1].value, WORLD_MEASURES_MAX - 1);
	finish(w);
}

static int start(void **state)
{
	return crypto_init() ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_gives_one_run_and_another_seed_another),
		cmocka_unit_test(it_runs_for_just_so_long),
		cmocka_unit_test(waiting_ends_when_it_holds),
		cmocka_unit_test(the_first_fault_is_kept_and_ends_the_run),
		cmocka_unit_test(a_packet_that_nobody_sent_is_a_fault),
		cmocka_unit_test(a_cut_takes_the_direct_path_and_healing_gives_it_back),
		cmocka_unit_test(a_flush_makes_the_router_forget),
		cmocka_unit_test(households_have_addresses_of_their_own),
		cmocka_unit_test(measures_are_kept_in_order_and_bounded),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
