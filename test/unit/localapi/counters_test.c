#include "localapi/counters.h"
#include "unit/unit.h"

static uint64_t of(const struct status_counter *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, name) == 0)
			return v[i].n;
	fail_msg("no counter is called %s", name);
	return 0;
}

static void each_counter_has_a_name_of_its_own(void **state)
{
	struct status_counter v[COUNTERS_UDP];
	counters_udp(&(struct udp_stats){0}, v);
	for (size_t i = 0; i < COUNTERS_UDP; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(v[i].name, v[k].name);
	counters_tun(&(struct tun_stats){0}, v);
	for (size_t i = 0; i < COUNTERS_TUN; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(v[i].name, v[k].name);
}

static void a_name_stands_for_its_counter(void **state)
{
	const struct udp_stats udp = {.rx = 1, .rx_too_long = 2, .tx_full = 3, .tx_no_socket = 4};
	const struct tun_stats tun = {.tx = 5, .rx_too_long = 6, .tx_dropped = 7};
	struct status_counter u[COUNTERS_UDP], t[COUNTERS_TUN];
	counters_udp(&udp, u);
	counters_tun(&tun, t);
	assert_int_equal(of(u, COUNTERS_UDP, "rx"), 1);
	assert_int_equal(of(u, COUNTERS_UDP, "rx_too_long"), 2);
	assert_int_equal(of(u, COUNTERS_UDP, "tx_full"), 3);
	assert_int_equal(of(u, COUNTERS_UDP, "tx_no_socket"), 4);
	assert_int_equal(of(t, COUNTERS_TUN, "tx"), 5);
	assert_int_equal(of(t, COUNTERS_TUN, "rx_too_long"), 6);
	assert_int_equal(of(t, COUNTERS_TUN, "tx_dropped"), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_counter_has_a_name_of_its_own),
		cmocka_unit_test(a_name_stands_for_its_counter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
