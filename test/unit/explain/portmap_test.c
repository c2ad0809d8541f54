#include "explain/portmap.h"
#include "unit/unit.h"

/* A row overrides what the macros below set. */
#pragma GCC diagnostic ignored "-Woverride-init"

#define ROUTER          .at = {4, {192, 168, 1, 1}}
#define ASKED(a, b, c)  .asked = {{a}, {b}, {c}}
#define MAPPED(a, b, r) .outside = {{4, {a, b, 3, 4}}, 50000}, .reach = (r), .left = 3600 * SECOND

static const struct row {
	struct gateway_facts g;
	enum explain_map map;
	const char *asked, *mapped; /* sentences; NULL: there is none */
} rows[] = {
	{{ROUTER, ASKED(ASKED_NOW, ASKED_NOW, ASKED_NOT)},
	 EXPLAIN_MAP_ASKING,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP no answer yet; NAT-PMP "
	 "no answer yet.",
	 NULL},
	{{ROUTER, ASKED(ASKED_UNSPOKEN, ASKED_UNSPOKEN, ASKED_UNSPOKEN)},
	 EXPLAIN_MAP_UNSPOKEN,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP not spoken; NAT-PMP not "
	 "spoken; UPnP not spoken.",
	 NULL},
	{{ROUTER, .asked = {{ASKED_REFUSED, MAPPER_FORBIDDEN}, {ASKED_UNSPOKEN}, {ASKED_UNSPOKEN}}},
	 EXPLAIN_MAP_REFUSED,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP refused: it is not "
	 "allowed to this machine; NAT-PMP not spoken; UPnP not spoken.",
	 NULL},
	{{ROUTER,
	  .asked = {{ASKED_UNSPOKEN}, {ASKED_REFUSED, MAPPER_NO_OUTSIDE}, {ASKED_UNSPOKEN}}},
	 EXPLAIN_MAP_NO_OUTSIDE,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP not spoken; NAT-PMP "
	 "refused: the router has no address on the internet itself; UPnP not spoken.",
	 NULL},
	{{ROUTER, ASKED(ASKED_MAPPED, ASKED_STANDBY, ASKED_NOT), MAPPED(203, 0, PORTMAP_FAR)},
	 EXPLAIN_MAP_FAR,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP mapped; NAT-PMP spoken.",
	 "It mapped 203.0.3.4:50000 by PCP, for 60 min more."},
	{{ROUTER, ASKED(ASKED_MAPPED, ASKED_NOT, ASKED_NOT),
	  MAPPED(192, 168, PORTMAP_NEAR_PRIVATE)},
	 EXPLAIN_MAP_NEAR,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP mapped.",
	 "It mapped 192.168.3.4:50000 by PCP, for 60 min more; but that address is private, so "
	 "another NAT is before the router."},
	{{ROUTER, ASKED(ASKED_MAPPED, ASKED_NOT, ASKED_NOT), MAPPED(100, 64, PORTMAP_NEAR_SHARED)},
	 EXPLAIN_MAP_CARRIER,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP mapped.",
	 "It mapped 100.64.3.4:50000 by PCP, for 60 min more; but that address is the provider's "
	 "own (100.64.0.0/10), so a carrier NAT is before the router."},
	{{ROUTER, ASKED(ASKED_MAPPED, ASKED_NOT, ASKED_NOT),
	  MAPPED(203, 0, PORTMAP_NEAR_DIFFERENT)},
	 EXPLAIN_MAP_NEAR,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP mapped.",
	 "It mapped 203.0.3.4:50000 by PCP, for 60 min more; but STUN servers see another address, "
	 "so another NAT is before the router."},
};

static struct portmap_facts of(const struct gateway_facts *g)
{
	return (struct portmap_facts){.port = 41641, .v = {*g}, .n = 1};
}

static void each_gateway_has_its_sentences(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct portmap_facts w = of(&rows[i].g);
		struct sentences list = {.n = 0};
		explain_portmap_tried(&list, &w, true);
		assert_string_equal(list.v[0], rows[i].asked);
		assert_int_equal(list.n, rows[i].mapped ? 2 : 1);
		if (rows[i].mapped)
			assert_string_equal(list.v[1], rows[i].mapped);
	}
}

static void what_came_of_it_is_one_of_a_few_cases(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct portmap_facts w = of(&rows[i].g);
		const struct gateway_facts *g = explain_portmap_gateway(&w);
		assert_ptr_equal(g, &w.v[0]);
		assert_int_equal(explain_portmap_map(g, true), rows[i].map);
		assert_int_equal(explain_portmap_map(g, false), EXPLAIN_MAP_OFF);
		assert_int_equal(explain_portmap_refused(g) != NULL,
				 rows[i].map == EXPLAIN_MAP_REFUSED ||
					 rows[i].map == EXPLAIN_MAP_NO_OUTSIDE);
	}
}

static void without_a_gateway_or_switched_off_that_is_said(void **state)
{
	struct portmap_facts none = {.port = 1},
			     six = {.port = 1, .n = 1, .v = {{.at = {6, {0xfe, 0x80}}}}};
	struct sentences list = {.n = 0};
	explain_portmap_tried(&list, &none, false);
	explain_portmap_tried(&list, &none, true);
	explain_portmap_tried(&list, &six, true); /* not asked yet */
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[0], "No router was asked to map our port (PortMapping = no).");
	assert_string_equal(list.v[1], "There is no router that could be asked to map our port.");
	assert_null(explain_portmap_gateway(&none));
	assert_null(explain_portmap_gateway(&six)); /* IPv6 needs no port */
	assert_int_equal(explain_portmap_map(NULL, false), EXPLAIN_MAP_OFF);
	assert_int_equal(explain_portmap_map(NULL, true), EXPLAIN_MAP_NO_GATEWAY);
}

static void an_ipv6_router_has_a_firewall_to_open(void **state)
{
	struct gateway_facts g = {.at = {6, {0xfe, 0x80, [15] = 1}},
				  ASKED(ASKED_NOW, ASKED_NOT, ASKED_NOT)};
	struct portmap_facts w = of(&g);
	struct sentences list = {.n = 0};
	explain_portmap_tried(&list, &w, true);
	assert_string_equal(
		list.v[0],
		"The router fe80::1 was asked to let in what comes to our UDP port 41641: PCP no "
		"answer yet.");
}

static void every_refusal_has_words(void **state)
{
	static const enum mapper_refusal all[] = {MAPPER_REFUSED_SOMEHOW, MAPPER_FORBIDDEN,
						  MAPPER_NO_OUTSIDE, MAPPER_NO_ROOM,
						  MAPPER_NAT_BETWEEN};
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		const struct portmap_asked asked = {ASKED_REFUSED, all[i]};
		char says[PORTMAP_STATE_MAX];
		explain_portmap_state(&asked, says);
		assert_memory_equal(says, "refused: ", 9);
		assert_true(strlen(says) > 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_gateway_has_its_sentences),
		cmocka_unit_test(what_came_of_it_is_one_of_a_few_cases),
		cmocka_unit_test(without_a_gateway_or_switched_off_that_is_said),
		cmocka_unit_test(an_ipv6_router_has_a_firewall_to_open),
		cmocka_unit_test(every_refusal_has_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
