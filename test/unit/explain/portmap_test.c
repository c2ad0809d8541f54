#include "explain/portmap.h"
#include "unit/unit.h"

/* A row says what is other than usual. */
#pragma GCC diagnostic ignored "-Woverride-init"

#define ROUTER          .at = {4, {192, 168, 1, 1}}
#define ASKED(a, b, c)  .asked = {{a}, {b}, {c}}
#define MAPPED(a, b, r) .outside = {{4, {a, b, 3, 4}}, 50000}, .reach = (r), .left = 3600 * SECOND

static const struct row {
	struct gateway_facts g;
	enum why_map map;
	const char *asked, *mapped; /* sentences; NULL: none */
} rows[] = {
	{{ROUTER, ASKED(ASKED_NOW, ASKED_NOW, ASKED_NOT)},
	 WHY_MAP_ASKING,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP no answer yet; NAT-PMP "
	 "no answer "
	 "yet.",
	 NULL},
	{{ROUTER, ASKED(ASKED_UNSPOKEN, ASKED_UNSPOKEN, ASKED_UNSPOKEN)},
	 WHY_MAP_UNSPOKEN,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP not spoken; NAT-PMP not "
	 "spoken; "
	 "UPnP not "
	 "spoken.",
	 NULL},
	{{ROUTER, .asked = {{ASKED_REFUSED, MAPPER_FORBIDDEN}, {ASKED_UNSPOKEN}, {ASKED_UNSPOKEN}}},
	 WHY_MAP_REFUSED,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP refused: it is not "
	 "allowed to this "
	 "machine; "
	 "NAT-PMP not spoken; UPnP not spoken.",
	 NULL},
	{{ROUTER,
	  .asked = {{ASKED_UNSPOKEN}, {ASKED_REFUSED, MAPPER_NO_OUTSIDE}, {ASKED_UNSPOKEN}}},
	 WHY_MAP_NO_OUTSIDE,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP not spoken; NAT-PMP "
	 "refused: the "
	 "router has no "
	 "address on the internet itself; UPnP not spoken.",
	 NULL},
	{{ROUTER, ASKED(ASKED_MAPPED, ASKED_STANDBY, ASKED_NOT), MAPPED(203, 0, PORTMAP_FAR)},
	 WHY_MAP_FAR,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP mapped; NAT-PMP spoken.",
	 "It mapped 203.0.3.4:50000 by PCP, for 60 min more."},
	{{ROUTER, ASKED(ASKED_MAPPED, ASKED_NOT, ASKED_NOT),
	  MAPPED(192, 168, PORTMAP_NEAR_PRIVATE)},
	 WHY_MAP_NEAR,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP mapped.",
	 "It mapped 192.168.3.4:50000 by PCP, for 60 min more; but that address is private, so "
	 "another NAT "
	 "is before the "
	 "router."},
	{{ROUTER, ASKED(ASKED_MAPPED, ASKED_NOT, ASKED_NOT), MAPPED(100, 64, PORTMAP_NEAR_SHARED)},
	 WHY_MAP_CARRIER,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP mapped.",
	 "It mapped 100.64.3.4:50000 by PCP, for 60 min more; but that address is the provider's "
	 "own "
	 "(100.64.0.0/10), so "
	 "a carrier NAT is before the router."},
	{{ROUTER, ASKED(ASKED_MAPPED, ASKED_NOT, ASKED_NOT),
	  MAPPED(203, 0, PORTMAP_NEAR_DIFFERENT)},
	 WHY_MAP_NEAR,
	 "The router 192.168.1.1 was asked to map our UDP port 41641: PCP mapped.",
	 "It mapped 203.0.3.4:50000 by PCP, for 60 min more; but STUN servers see another address, "
	 "so "
	 "another NAT is "
	 "before the router."},
};

static struct portmap_facts of(const struct gateway_facts *g)
{
	return (struct portmap_facts){.port = 41641, .v = {*g}, .n = 1};
}

static void each_gateway_has_its_sentences(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct portmap_facts w = of(&rows[i].g);
		json_t *list = json_array();
		why_portmap_tried(list, &w, true);
		assert_string_equal(json_string_value(json_array_get(list, 0)), rows[i].asked);
		assert_int_equal(json_array_size(list), rows[i].mapped ? 2 : 1);
		if (rows[i].mapped)
			assert_string_equal(json_string_value(json_array_get(list, 1)),
					    rows[i].mapped);
		json_decref(list);
	}
}

static void what_came_of_it_becomes_facts(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct portmap_facts w = of(&rows[i].g);
		struct why_portmap_texts texts;
		struct why_facts f = {0};
		why_portmap_gather(&f, &w, true, &texts);
		assert_int_equal(f.map, rows[i].map);
		assert_string_equal(f.gateway, "192.168.1.1");
		assert_int_equal(f.outside_port, rows[i].mapped ? 50000 : 0);
		assert_int_equal(f.refusal != NULL, rows[i].map == WHY_MAP_REFUSED ||
							    rows[i].map == WHY_MAP_NO_OUTSIDE);
	}
}

static void without_a_gateway_or_switched_off_that_is_said(void **state)
{
	struct portmap_facts none = {.port = 1},
			     six = {.port = 1, .n = 1, .v = {{.at = {6, {0xfe, 0x80}}}}};
	struct why_portmap_texts texts;
	struct why_facts f = {0};
	json_t *list = json_array();
	why_portmap_tried(list, &none, false);
	why_portmap_tried(list, &none, true);
	why_portmap_tried(list, &six, true); /* not asked yet */
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 0)),
			    "No router was asked to map our port (PortMapping = no).");
	assert_string_equal(json_string_value(json_array_get(list, 1)),
			    "There is no router that could be asked to map our port.");
	json_decref(list);
	why_portmap_gather(&f, &none, false, &texts);
	assert_int_equal(f.map, WHY_MAP_OFF);
	why_portmap_gather(&f, &none, true, &texts);
	assert_int_equal(f.map, WHY_MAP_NO_GATEWAY);
	why_portmap_gather(&f, &six, true, &texts); /* IPv6 needs no port */
	assert_int_equal(f.map, WHY_MAP_NO_GATEWAY);
}

static void an_ipv6_router_has_a_firewall_to_open(void **state)
{
	struct gateway_facts g = {.at = {6, {0xfe, 0x80, [15] = 1}},
				  ASKED(ASKED_NOW, ASKED_NOT, ASKED_NOT)};
	struct portmap_facts w = of(&g);
	json_t *list = json_array();
	why_portmap_tried(list, &w, true);
	assert_string_equal(
		json_string_value(json_array_get(list, 0)),
		"The router fe80::1 was asked to let in what comes to our UDP port 41641: PCP no "
		"answer yet.");
	json_decref(list);
}

static void every_refusal_has_words(void **state)
{
	static const enum mapper_refusal all[] = {MAPPER_REFUSED_SOMEHOW, MAPPER_FORBIDDEN,
						  MAPPER_NO_OUTSIDE, MAPPER_NO_ROOM,
						  MAPPER_NAT_BETWEEN};
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct gateway_facts g = {ROUTER, .asked = {{ASKED_REFUSED, all[i]}}};
		struct portmap_facts w = of(&g);
		json_t *o = why_portmap_json(&w, true);
		const char *says = json_string_value(
			json_object_get(json_array_get(json_object_get(o, "gateways"), 0), "pcp"));
		assert_memory_equal(says, "refused: ", 9);
		assert_true(strlen(says) > 20);
		json_decref(o);
	}
}

static void json_has_what_the_sentences_have(void **state)
{
	struct portmap_facts w = of(&rows[4].g);
	json_t *o = why_portmap_json(&w, true),
	       *g = json_array_get(json_object_get(o, "gateways"), 0);
	assert_true(json_is_true(json_object_get(o, "enabled")));
	assert_int_equal(json_integer_value(json_object_get(o, "port")), 41641);
	assert_string_equal(json_string_value(json_object_get(g, "gateway")), "192.168.1.1");
	assert_string_equal(json_string_value(json_object_get(g, "pcp")), "mapped");
	assert_string_equal(json_string_value(json_object_get(g, "nat_pmp")), "spoken");
	assert_string_equal(json_string_value(json_object_get(g, "upnp")), "not asked");
	assert_string_equal(json_string_value(json_object_get(g, "protocol")), "pcp");
	assert_string_equal(json_string_value(json_object_get(g, "endpoint")), "203.0.3.4:50000");
	assert_string_equal(json_string_value(json_object_get(g, "leads")), "to everybody");
	assert_int_equal(json_integer_value(json_object_get(g, "expires_s")), 3600);
	json_decref(o);
	w = of(&rows[1].g);
	o = why_portmap_json(&w, true);
	g = json_array_get(json_object_get(o, "gateways"), 0);
	assert_true(json_is_null(json_object_get(g, "endpoint")));
	assert_true(json_is_null(json_object_get(g, "protocol")));
	assert_true(json_is_null(json_object_get(g, "leads")));
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_gateway_has_its_sentences),
		cmocka_unit_test(what_came_of_it_becomes_facts),
		cmocka_unit_test(without_a_gateway_or_switched_off_that_is_said),
		cmocka_unit_test(an_ipv6_router_has_a_firewall_to_open),
		cmocka_unit_test(every_refusal_has_words),
		cmocka_unit_test(json_has_what_the_sentences_have),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
