#include "report/netcheck.h"

#include "unit/unit.h"

static struct netmap_relay relays[] = {{.name = "lab", .region = 1}, {.name = "far", .region = 7}};
static const struct netmap homeless = {.relays = relays, .n_relays = 2};
static const struct netmap map = {.relays = relays, .n_relays = 2, .self.home = 1};

static struct endpoint ep(const char *text)
{
	struct endpoint e;
	assert_true(endpoint_parse(&e, text));
	return e;
}

static struct netcheck_report behind_a_hard_nat(void)
{
	struct netcheck_report r = {.full = true,
				    .udp = true,
				    .ipv4 = true,
				    .has4 = true,
				    .n_relays = 2,
				    .preferred = 7,
				    .nat4 = {.present = TRISTATE_YES,
					     .varies = MAPPING_VARIES,
					     .mapping = BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT,
					     .filtering = BEHAVIOUR_NOT_ON_PORT,
					     .port_preserved = TRISTATE_NO,
					     .hairpin = TRISTATE_NO,
					     .step = 2,
					     .n_outside = 3}};
	r.began = 10 * SECOND;
	r.ended = 11 * SECOND;
	r.global4 = ep("192.0.2.1:41641");
	r.relays[0] = (struct netcheck_relay){.region = 1, .v4 = 30 * MSEC, .seen4 = r.global4};
	r.relays[1] = (struct netcheck_relay){.region = 7, .https = 12345 * USEC};
	return r;
}

static json_t *json_of(const struct netcheck_report *r, const struct portmap_status *p)
{
	json_t *j =
		netcheck_json(&(struct netcheck_source){.map = &map, .report = r, .portmap = p});
	assert_non_null(j);
	return j;
}

static void what_is_unknown_is_null(void **state)
{
	struct netcheck_report r = {.n_relays = 1};
	struct portmap_status p = {0};
	r.relays[0].region = 1;
	json_t *j = json_of(&r, &p);
	static const char *const nulls[] = {
		"ipv4",         "ipv6",           "mapping_varies_by_dest_ip",
		"hair_pinning", "captive_portal", "double_nat",
		"nat64",        "preferred_relay"};
	for (size_t i = 0; i < ARRAY_LEN(nulls); i++)
		assert_true(json_is_null(json_object_get(j, nulls[i])));
	json_decref(j);
}

static void a_gateway_whose_outside_is_what_relays_see_is_the_only_nat(void **state)
{
	struct netcheck_report r = behind_a_hard_nat();
	struct portmap_status p = {.natpmp = true, .n = 1};
	p.v[0].protocol = PORTMAP_NATPMP;
	p.v[0].outside = ep("192.0.2.1:5000");
	json_t *j = json_of(&r, &p);
	assert_true(json_is_false(json_object_get(j, "double_nat")));
	json_decref(j);
	p.v[0].double_nat = true;
	p.v[0].protocol = PORTMAP_UPNP;
	j = json_of(&r, &p);
	assert_true(json_is_true(json_object_get(j, "double_nat")));
	json_decref(j);
}

static json_t *lifetime(const struct lifetime_report *v4, const struct lifetime_report *v6)
{
	json_t *j = netcheck_lifetime_json(v4, v6, 1000 * SECOND);
	assert_non_null(j);
	return j;
}

static void lifetimes_for_programs_have_tenths_and_bounds(void **state)
{
	const struct lifetime_report r = {LIFETIME_MEASURED, .alive = 28990 * MSEC,
					  .dead = 30010 * MSEC, .longest = 180 * SECOND,
					  .sent = 54};
	json_t *j = lifetime(&r, NULL);
	const json_t *v4 = json_object_get(j, "ipv4");
	assert_true(json_is_null(json_object_get(j, "ipv6")));
	assert_string_equal(json_string_value(json_object_get(v4, "state")), "measured");
	assert_float_equal(json_real_value(json_object_get(v4, "at_least_s")), 28.9, 0.001);
	assert_float_equal(json_real_value(json_object_get(v4, "less_than_s")), 30.1, 0.001);
	assert_float_equal(json_real_value(json_object_get(v4, "longest_s")), 180, 0.001);
	assert_int_equal(json_integer_value(json_object_get(v4, "sent")), 54);
	assert_true(json_is_null(json_object_get(v4, "left_s")));
	json_decref(j);
	/* The same stands in a report. */
	struct netcheck_report report = behind_a_hard_nat();
	struct portmap_status p = {0};
	j = netcheck_json(&(struct netcheck_source){
		.map = &homeless, .report = &report, .portmap = &p, .lifetime4 = &r});
	assert_true(
		json_is_object(json_object_get(json_object_get(j, "binding_lifetime"), "ipv4")));
	assert_true(json_is_null(json_object_get(j, "home_relay")));
	json_decref(j);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(lifetimes_for_programs_have_tenths_and_bounds),
	cmocka_unit_test(what_is_unknown_is_null),
	cmocka_unit_test(a_gateway_whose_outside_is_what_relays_see_is_the_only_nat),
};
RUN_TESTS(tests)
