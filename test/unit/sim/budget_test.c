/* What the simulator takes for too much.  The node does nothing here; the test counts for it. */
#include "sim/budget.h"

#include "path/hard/budget.h"
#include "sim/pair.h"
#include "unit/unit.h"

struct setting {
	struct world *w;
	struct sim_node *node;
	struct budget budget;
	mono_ns now;
};

static struct setting begin(bool hard)
{
	struct setting s = {.w = world_new(1)};
	struct household_config cfg = {
		.line = pair_line(s.w), .nat = pair_easy_nat(s.w), .no_hard = !hard};
	s.node = &world_household(s.w, "alice", &cfg)->node;
	s.now = world_now(s.w);
	s.budget.at = s.budget.hour = s.now;
	return s;
}

static const char *check(struct setting *s)
{
	return budget_check(&s->budget, s->node, s->now);
}

static void a_node_at_rest_is_within_it(void **state)
{
	struct setting s = begin(true);
	assert_null(check(&s));
	s.now += 7200 * SECOND;
	assert_null(check(&s));
	world_free(s.w);
}

static void a_node_that_does_not_run_is_not_checked(void **state)
{
	struct setting s = begin(true);
	s.node->net.n_sockets = HARD_SOCKETS + 1;
	sim_node_fini(s.node);
	s.node->net.n_sockets = HARD_SOCKETS + 1;
	assert_null(check(&s));
	world_free(s.w);
}

static void too_many_sockets_are_a_fault(void **state)
{
	struct setting s = begin(true);
	s.node->net.n_sockets = HARD_SOCKETS;
	assert_null(check(&s));
	s.node->net.n_sockets = HARD_SOCKETS + 1;
	assert_string_equal(check(&s), "has too many sockets");
	s.node->net.n_sockets = 0;
	world_free(s.w);
}

static void a_socket_is_a_fault_where_it_is_switched_off(void **state)
{
	struct setting s = begin(false);
	assert_null(check(&s));
	s.node->net.n_sockets = 1;
	assert_string_equal(check(&s), "probed a hard NAT though that is switched off");
	s.node->net.n_sockets = 0;
	world_free(s.w);
}

/* A router remembers each for FLOW_LASTS. */
static void flows_faster_than_a_small_router_forgets_are_a_fault(void **state)
{
	struct setting s = begin(true);
	uint64_t room = HARD_FLOWS_MAX;
	s.node->net.flows.begun += room;
	assert_null(check(&s));
	s.now += FLOW_LASTS; /* all are forgotten */
	s.node->net.flows.begun += room;
	assert_null(check(&s));
	s.now += FLOW_LASTS / 4;
	s.node->net.flows.begun += room;
	assert_string_equal(check(&s), "begins more flows than a small router has room for");
	world_free(s.w);
}

static void the_slow_mode_may_begin_more(void **state)
{
	struct setting s = begin(true);
	s.node->net.hard.slow = true;
	s.node->net.flows.begun += 10 * HARD_FLOWS_MAX;
	assert_null(check(&s));
	world_free(s.w);
}

/* A program that started again counts from zero. */
static void a_count_that_fell_is_of_a_new_program(void **state)
{
	struct setting s = begin(true);
	s.node->net.flows.begun = HARD_FLOWS_MAX;
	assert_null(check(&s));
	s.now += FLOW_LASTS;
	s.node->net.flows.begun = 10;
	assert_null(check(&s));
	assert_int_equal(s.budget.flows, 10);
	assert_true(s.budget.flows_level < HARD_FLOWS_MAX);
	world_free(s.w);
}

static int start(void **state)
{
	return crypto_init() ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_at_rest_is_within_it),
		cmocka_unit_test(a_node_that_does_not_run_is_not_checked),
		cmocka_unit_test(too_many_sockets_are_a_fault),
		cmocka_unit_test(a_socket_is_a_fault_where_it_is_switched_off),
		cmocka_unit_test(flows_faster_than_a_small_router_forgets_are_a_fault),
		cmocka_unit_test(the_slow_mode_may_begin_more),
		cmocka_unit_test(a_count_that_fell_is_of_a_new_program),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
