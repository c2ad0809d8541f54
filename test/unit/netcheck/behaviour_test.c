#include "netcheck/behaviour.h"

#include "crypto/seeded.h"
#include "unit/unit.h"

enum { SAMPLES_MAX = 8 };

/* "to seen" pairs as words: a letter is an address, a digit is a port. */
static size_t samples(struct sample *v, const char *const *words)
{
	size_t n = 0;
	for (; words[n]; n++) {
		const char *w = words[n];
		v[n].to = (struct endpoint){ip_v4(192, 0, 2, (uint8_t)w[0]), (uint16_t)w[1]};
		v[n].seen = (struct endpoint){ip_v4(203, 0, 113, (uint8_t)w[3]), (uint16_t)w[4]};
	}
	return n;
}

static void mappings_by_what_they_depend_on(void **state)
{
	static const struct {
		const char *words[SAMPLES_MAX];
		enum behaviour is;
	} rows[] = {
		{{NULL}, BEHAVIOUR_UNKNOWN},
		{{"A1 x5", NULL}, BEHAVIOUR_UNKNOWN},
		{{"A1 x5", "A1 x5", NULL}, BEHAVIOUR_UNKNOWN}, /* one place, twice */
		{{"A1 x5", "B1 x5", NULL}, BEHAVIOUR_ENDPOINT_INDEPENDENT},
		{{"A1 x5", "B1 x5", "A2 x5", NULL}, BEHAVIOUR_ENDPOINT_INDEPENDENT},
		{{"A1 x5", "A2 x5", NULL}, BEHAVIOUR_NOT_ON_PORT},
		{{"A1 x5", "B1 x6", NULL}, BEHAVIOUR_DEPENDENT},
		{{"A1 x5", "B1 y5", NULL}, BEHAVIOUR_DEPENDENT}, /* another outside address */
		{{"A1 x5", "A2 x5", "B1 x6", NULL}, BEHAVIOUR_ADDRESS_DEPENDENT},
		{{"A1 x5", "A2 x6", NULL}, BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT},
		{{"A1 x5", "A2 x6", "B1 x5", NULL}, BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sample v[SAMPLES_MAX];
		assert_int_equal(behaviour_of_mapping(v, samples(v, rows[i].words)), rows[i].is);
	}
}

static int step_of(const int *ports, size_t n)
{
	struct sample v[SAMPLES_MAX];
	for (size_t i = 0; i < n; i++)
		v[i] = (struct sample){{ip_v4(192, 0, 2, (uint8_t)(i + 1)), 3478},
				       {ip_v4(203, 0, 113, 7), (uint16_t)ports[i]}};
	return behaviour_step(v, n);
}

static void a_nat_that_counts_gives_itself_away(void **state)
{
	static const struct {
		int ports[SAMPLES_MAX];
		size_t n;
		int step;
	} rows[] = {
		{{5000, 5001, 5002}, 3, 1},
		{{5000, 5002, 5004}, 3, 2},
		{{5000, 4999, 4998}, 3, -1},
		{{5000, 5001, 5004, 5005}, 4, 1},  /* others took two in between */
		{{5000, 5010, 5030, 5040}, 4, 10}, /* and of a larger step */
		{{65534, 65535, 0, 1}, 4, 1},      /* past the end */
		{{5000, 5001}, 2, 0},              /* two are no series */
		{{5000, 5000, 5000}, 3, 0},        /* easy: always the same */
		{{5000, 5001, 5000}, 3, 0},        /* one mapping twice: one step shows nothing */
		{{5000, 5001, 4990}, 3, 0},        /* up and down */
		{{5000, 5001, 5100}, 3, 0},        /* too far for one that counts by one */
		{{5000, 5300, 5600}, 3, 0},        /* no NAT counts by three hundred */
		{{41641, 52113, 1844, 30021}, 4, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(step_of(rows[i].ports, rows[i].n), rows[i].step);
}

static void the_same_mapping_seen_twice_does_not_disturb_the_count(void **state)
{
	static const int ports[] = {5000, 5001, 5000, 5001, 5002, 5003};
	assert_int_equal(step_of(ports, 6), 1);
}

static void random_ports_are_hardly_ever_taken_for_a_count(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 7);
	struct rng rng = seeded_rng(&seeded);
	unsigned wrong = 0;
	for (int i = 0; i < 20000; i++) {
		int ports[4];
		for (int k = 0; k < 4; k++)
			ports[k] = (int)(1024 + rng_below(&rng, 64512));
		wrong += step_of(ports, 4) != 0;
	}
	assert_true(wrong <= 2);
}

static void filters_by_what_comes_in(void **state)
{
	static const struct {
		enum arrival port, address;
		enum behaviour is;
	} rows[] = {
		{ARRIVAL_UNTRIED, ARRIVAL_UNTRIED, BEHAVIOUR_UNKNOWN},
		{ARRIVAL_NO, ARRIVAL_UNTRIED, BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT},
		{ARRIVAL_NO, ARRIVAL_NO, BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT},
		{ARRIVAL_YES, ARRIVAL_UNTRIED, BEHAVIOUR_NOT_ON_PORT},
		{ARRIVAL_YES, ARRIVAL_NO, BEHAVIOUR_ADDRESS_DEPENDENT},
		{ARRIVAL_YES, ARRIVAL_YES, BEHAVIOUR_ENDPOINT_INDEPENDENT},
		{ARRIVAL_NO, ARRIVAL_YES, BEHAVIOUR_ENDPOINT_INDEPENDENT}, /* the other was lost */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(behaviour_of_filtering(rows[i].port, rows[i].address), rows[i].is);
}

static void each_has_a_name(void **state)
{
	for (int b = BEHAVIOUR_UNKNOWN; b <= BEHAVIOUR_DEPENDENT; b++)
		for (int c = BEHAVIOUR_UNKNOWN; c < b; c++)
			assert_string_not_equal(behaviour_name((enum behaviour)b),
						behaviour_name((enum behaviour)c));
}

static void the_step_of_a_count_is_bounded_and_so_is_what_others_may_have_taken(void **state)
{
	static const struct {
		int ports[SAMPLES_MAX];
		size_t n;
		int step;
	} rows[] = {
		{{5000, 5256, 5512}, 3, 256},
		{{5000, 5257, 5514}, 3, 0},
		{{5000, 5001, 5017}, 3, 1}, /* sixteen times the step, and seventeen */
		{{5000, 5001, 5018}, 3, 0},
		{{5000, 4998, 4966}, 3, -2},
		{{5000, 4998, 4964}, 3, 0},
		{{5000, 5006, 5010}, 3, 2}, /* the divisor, not the least difference */
		{{5000}, 1, 0},
		{{0}, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(step_of(rows[i].ports, rows[i].n), rows[i].step);
}

/* The same port at another outside address is another mapping, and no step leads to it. */
static void a_pool_of_addresses_that_keeps_the_port_does_not_count(void **state)
{
	static const char *const words[] = {"A1 x5", "B1 y5", "C1 z5", NULL};
	struct sample v[SAMPLES_MAX];
	assert_int_equal(behaviour_step(v, samples(v, words)), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(mappings_by_what_they_depend_on),
	cmocka_unit_test(a_nat_that_counts_gives_itself_away),
	cmocka_unit_test(the_same_mapping_seen_twice_does_not_disturb_the_count),
	cmocka_unit_test(random_ports_are_hardly_ever_taken_for_a_count),
	cmocka_unit_test(filters_by_what_comes_in),
	cmocka_unit_test(each_has_a_name),
	cmocka_unit_test(the_step_of_a_count_is_bounded_and_so_is_what_others_may_have_taken),
	cmocka_unit_test(a_pool_of_addresses_that_keeps_the_port_does_not_count),
};
RUN_TESTS(tests)
