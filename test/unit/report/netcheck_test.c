#include "unit/json_memory.h"
#include "unit/report/hard_nat_report.h"

static const struct netmap homeless = {.relays = relays, .n_relays = 2};

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
	p.v[0].outside = ep_of("192.0.2.1:5000");
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

static const char *text(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));
	return s ? s : "";
}

static void what_a_report_found_stands_in_it(void **state)
{
	struct netcheck_report r = behind_a_hard_nat();
	struct portmap_status p = {0};
	json_t *j = json_of(&r, &p), *nat = json_object_get(j, "nat");
	assert_true(json_is_true(json_object_get(j, "udp")));
	assert_true(json_is_true(json_object_get(j, "full")));
	assert_true(json_is_false(json_object_get(j, "has_ipv6")));
	assert_string_equal(text(j, "ipv4"), "192.0.2.1:41641");
	assert_true(json_is_true(json_object_get(j, "mapping_varies_by_dest_ip")));
	assert_true(json_is_false(json_object_get(j, "hair_pinning")));
	assert_string_equal(text(j, "preferred_relay"), "far");
	assert_string_equal(text(j, "home_relay"), "lab");
	assert_float_equal(json_real_value(json_object_get(j, "took_ms")), 1000, 0.001);
	assert_true(json_is_true(json_object_get(nat, "present")));
	assert_string_equal(text(nat, "mapping"), "address-and-port-dependent");
	assert_string_equal(text(nat, "filtering"), "endpoint-independent or address-dependent");
	assert_true(json_is_false(json_object_get(nat, "port_preserved")));
	assert_int_equal(json_integer_value(json_object_get(nat, "port_step")), 2);
	assert_int_equal(json_integer_value(json_object_get(nat, "outside_addresses")), 3);
	assert_true(json_is_null(json_object_get(j, "nat_ipv6"))); /* without IPv6 */
	json_decref(j);
}

static void a_relay_has_the_best_of_its_round_trips(void **state)
{
	struct netcheck_report r = behind_a_hard_nat();
	struct portmap_status p = {0};
	r.relays[0].v6 = 20 * MSEC;
	r.relays[0].seen6 = ep_of("[2001:db8::1]:1");
	r.relays[2] = (struct netcheck_relay){.region = 99};
	r.n_relays = 3;
	json_t *j = json_of(&r, &p), *list = json_object_get(j, "relays");
	assert_int_equal(json_array_size(list), 3);
	const json_t *lab = json_array_get(list, 0), *far = json_array_get(list, 1),
		     *gone = json_array_get(list, 2);
	assert_string_equal(text(lab, "name"), "lab");
	assert_float_equal(json_real_value(json_object_get(lab, "latency_ms")), 20, 0.001);
	assert_float_equal(json_real_value(json_object_get(lab, "ipv4_ms")), 30, 0.001);
	assert_true(json_is_null(json_object_get(lab, "https_ms")));
	assert_string_equal(text(lab, "ipv4"), "192.0.2.1:41641");
	assert_string_equal(text(lab, "ipv6"), "[2001:db8::1]:1");
	/* rounded to two decimals */
	assert_float_equal(json_real_value(json_object_get(far, "https_ms")), 12.35, 0.0001);
	assert_true(json_is_null(json_object_get(far, "ipv4")));
	assert_true(json_is_null(json_object_get(gone, "name"))); /* no longer in the netmap */
	assert_int_equal(json_integer_value(json_object_get(gone, "region")), 99);
	assert_true(json_is_null(json_object_get(gone, "latency_ms")));
	json_decref(j);
}

static void ipv6_has_a_nat_of_its_own(void **state)
{
	struct netcheck_report r = behind_a_hard_nat();
	struct portmap_status p = {0};
	r.ipv6 = r.has6 = true;
	r.nat6 = (struct netcheck_nat){.present = TRISTATE_NO, .mapping = BEHAVIOUR_UNKNOWN};
	assert_true(prefix_parse(&r.nat64, "64:ff9b::/96"));
	r.captive_portal = TRISTATE_YES;
	json_t *j = json_of(&r, &p), *nat = json_object_get(j, "nat_ipv6");
	assert_true(json_is_false(json_object_get(nat, "present")));
	assert_true(json_is_null(json_object_get(nat, "mapping")));
	assert_true(json_is_null(json_object_get(nat, "port_preserved")));
	assert_string_equal(text(j, "nat64"), "64:ff9b::/96");
	assert_true(json_is_true(json_object_get(j, "captive_portal")));
	assert_true(json_is_true(json_object_get(j, "has_ipv6")));
	json_decref(j);
}

static void gateways_are_listed_with_what_they_speak_and_map(void **state)
{
	struct netcheck_report r = behind_a_hard_nat();
	struct portmap_status p = {.pcp = true, .natpmp = true, .upnp = true, .n = 2};
	p.v[0].protocol = PORTMAP_PCP;
	p.v[0].outside = ep_of("192.0.2.1:5000");
	p.v[1].protocol = PORTMAP_UPNP;
	p.v[1].double_nat = true;
	p.v[1].outside = ep_of("10.0.0.9:6000");
	json_t *j = json_of(&r, &p), *words = json_object_get(j, "port_mapping"),
	       *mapped = json_object_get(j, "mapped");
	static const char *const order[] = {"UPnP", "NAT-PMP", "PCP"};
	assert_int_equal(json_array_size(words), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(json_string_value(json_array_get(words, i)), order[i]);
	assert_int_equal(json_array_size(mapped), 2);
	assert_string_equal(text(json_array_get(mapped, 0), "protocol"), "PCP");
	assert_string_equal(text(json_array_get(mapped, 0), "outside"), "192.0.2.1:5000");
	assert_true(json_is_false(json_object_get(json_array_get(mapped, 0), "double_nat")));
	assert_string_equal(text(json_array_get(mapped, 1), "protocol"), "UPnP");
	assert_true(json_is_true(json_object_get(json_array_get(mapped, 1), "double_nat")));
	assert_true(json_is_true(json_object_get(j, "double_nat"))); /* at one of them */
	json_decref(j);
}

static json_t *double_nat_of(const char *outside, const char *seen)
{
	struct netcheck_report r = behind_a_hard_nat();
	struct portmap_status p = {.n = 1};
	r.ipv4 = seen != NULL;
	r.global4 = seen ? ep_of(seen) : (struct endpoint){0};
	p.v[0].outside = ep_of(outside);
	json_t *j = json_of(&r, &p), *v = json_incref(json_object_get(j, "double_nat"));
	json_decref(j);
	return v;
}

/* The port may be another one: the NAT before the gateway is what counts. */
static void another_nat_shows_by_another_address(void **state)
{
	assert_true(json_is_true(double_nat_of("198.51.100.1:1", "192.0.2.1:41641")));
	assert_true(json_is_false(double_nat_of("192.0.2.1:1", "192.0.2.1:41641")));
	assert_true(json_is_false(double_nat_of("192.0.2.1:1", NULL))); /* none saw us */
	assert_true(json_is_null(double_nat_of("[2001:db8::1]:1", "192.0.2.1:41641")));
}

static json_t *whole(void *arg)
{
	static struct portmap_status p = {.pcp = true, .n = 1};
	p.v[0].outside = ep_of("192.0.2.1:5000");
	return netcheck_json(&(struct netcheck_source){.map = &map, .report = arg, .portmap = &p});
}

static void without_memory_nothing_is_kept(void **state)
{
	struct netcheck_report r = behind_a_hard_nat();
	assert_in_range(json_memory_runs_out(whole, &r), 50, 4000);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(lifetimes_for_programs_have_tenths_and_bounds),
	cmocka_unit_test(what_is_unknown_is_null),
	cmocka_unit_test(a_gateway_whose_outside_is_what_relays_see_is_the_only_nat),
	cmocka_unit_test(what_a_report_found_stands_in_it),
	cmocka_unit_test(a_relay_has_the_best_of_its_round_trips),
	cmocka_unit_test(ipv6_has_a_nat_of_its_own),
	cmocka_unit_test(gateways_are_listed_with_what_they_speak_and_map),
	cmocka_unit_test(another_nat_shows_by_another_address),
	cmocka_unit_test(without_memory_nothing_is_kept),
};
RUN_TESTS(tests)
