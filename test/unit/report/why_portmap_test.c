#include "report/why_portmap.h"
#include "unit/json_memory.h"

static const struct gateway_facts mapped = {.at = {4, {192, 168, 1, 1}},
					    .asked = {{ASKED_MAPPED}, {ASKED_STANDBY}, {ASKED_NOT}},
					    .outside = {{4, {203, 0, 3, 4}}, 50000},
					    .reach = PORTMAP_FAR,
					    .left = 3600 * SECOND};
static const struct gateway_facts mute = {
	.at = {4, {192, 168, 1, 1}},
	.asked = {{ASKED_UNSPOKEN}, {ASKED_UNSPOKEN}, {ASKED_UNSPOKEN}}};

static struct portmap_facts of(const struct gateway_facts *g)
{
	return (struct portmap_facts){.port = 41641, .v = {*g}, .n = 1};
}

static void a_gateway_is_an_object(void **state)
{
	struct portmap_facts w = of(&mapped);
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
	w = of(&mute);
	o = why_portmap_json(&w, true);
	g = json_array_get(json_object_get(o, "gateways"), 0);
	assert_true(json_is_null(json_object_get(g, "endpoint")));
	assert_true(json_is_null(json_object_get(g, "protocol")));
	assert_true(json_is_null(json_object_get(g, "leads")));
	json_decref(o);
}

static void a_refusal_says_why(void **state)
{
	struct gateway_facts g = {.asked = {{ASKED_REFUSED, MAPPER_NO_ROOM}}};
	struct portmap_facts w = of(&g);
	json_t *o = why_portmap_json(&w, true);
	const char *says = json_string_value(
		json_object_get(json_array_get(json_object_get(o, "gateways"), 0), "pcp"));
	assert_string_equal(says, "refused: its table, or our share of it, is full");
	json_decref(o);
}

static void gateways_are_listed_in_order_and_may_be_none(void **state)
{
	struct portmap_facts w = {.port = 7, .v = {mute, mapped}, .n = 2};
	w.v[0].at = (struct ip){6, {0xfe, 0x80, [15] = 1}};
	json_t *o = why_portmap_json(&w, true), *list = json_object_get(o, "gateways");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "gateway")),
			    "fe80::1");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "gateway")),
			    "192.168.1.1");
	json_decref(o);
	w.n = 0;
	o = why_portmap_json(&w, false);
	assert_true(json_is_false(json_object_get(o, "enabled")));
	assert_int_equal(json_array_size(json_object_get(o, "gateways")), 0);
	json_decref(o);
}

static void the_protocol_that_maps_is_named_and_where_it_leads(void **state)
{
	static const char *const names[] = {
		[PORTMAP_PCP] = "pcp", [PORTMAP_NATPMP] = "nat_pmp", [PORTMAP_UPNP] = "upnp"};
	for (int p = 0; p < PORTMAP_PROTOCOLS; p++) {
		struct portmap_facts w = of(&mapped);
		w.v[0].protocol = (enum portmap_protocol)p;
		w.v[0].reach = PORTMAP_NEAR_PRIVATE;
		w.v[0].left = 2 * SECOND - 1;
		json_t *o = why_portmap_json(&w, true),
		       *g = json_array_get(json_object_get(o, "gateways"), 0);
		assert_string_equal(json_string_value(json_object_get(g, "protocol")), names[p]);
		assert_string_equal(json_string_value(json_object_get(g, "leads")),
				    "that address is private, so another NAT is before the router");
		assert_int_equal(json_integer_value(json_object_get(g, "expires_s")), 1);
		json_decref(o);
	}
}

static json_t *whole(void *arg)
{
	return why_portmap_json(arg, true);
}

static void without_memory_nothing_is_kept(void **state)
{
	struct portmap_facts w = of(&mapped);
	assert_in_range(json_memory_runs_out(whole, &w), 20, 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_is_an_object),
		cmocka_unit_test(a_refusal_says_why),
		cmocka_unit_test(gateways_are_listed_in_order_and_may_be_none),
		cmocka_unit_test(the_protocol_that_maps_is_named_and_where_it_leads),
		cmocka_unit_test(without_memory_nothing_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
