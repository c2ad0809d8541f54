#include <stdlib.h>

#include "app/warren/print.h"
#include "base/place.h"
#include "unit/json_text.h"
#include "unit/report/hard_nat_report.h"

static json_t *json_of(const struct netcheck_report *r, const struct portmap_status *p)
{
	json_t *j =
		netcheck_json(&(struct netcheck_source){.map = &map, .report = r, .portmap = p});
	assert_non_null(j);
	return j;
}

/* Consumes it. */
static void expect_lines(json_t *j, const char *const *lines)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	assert_non_null(f);
	netcheck_print(f, j);
	fclose(f);
	for (; *lines; lines++)
		if (!strstr(text, *lines))
			fail_msg("no \"%s\" in:%s", *lines, text);
	free(text);
	json_decref(j);
}

static void a_report_is_written_in_the_words_that_people_know(void **state)
{
	static const char *const lines[] = {
		"\nReport:\n\t* UDP: true\n",
		"\t* IPv4: yes, 192.0.2.1:41641\n",
		"\t* IPv6: no, and this machine has no address\n",
		"\t* MappingVariesByDestIP: true\n",
		"\t* HairPinning: false\n",
		"\t* PortMapping: UPnP, NAT-PMP, PCP\n\t* Mapped: 100.64.3.4:41641 by PCP\n",
		"\t* CaptivePortal: \n",
		"\t* Mapping: address-and-port-dependent\n",
		"\t* Filtering: endpoint-independent or address-dependent\n",
		"\t* PortStep: 2\n\t* OutsideAddresses: 3\n\t* DoubleNAT: true\n",
		"\t* Nearest relay: far\n\t* Home relay: lab\n",
		"\t* Relay latency:\n\t\t- far: 12.35ms (HTTPS)\n\t\t- lab: 30ms\n",
		NULL};
	struct netcheck_report r = behind_a_hard_nat();
	struct portmap_status p = {.pcp = true, .natpmp = true, .upnp = true, .n = 1};
	p.v[0].protocol = PORTMAP_PCP;
	p.v[0].outside = ep_of("100.64.3.4:41641");
	expect_lines(json_of(&r, &p), lines);
}

static void what_is_unknown_is_printed_as_nothing(void **state)
{
	static const char *const lines[] = {
		"\t* UDP: false\n",
		"\t* IPv4: (no addr found)\n",
		"\t* MappingVariesByDestIP: \n",
		"\t* PortMapping: \n",
		"\t* NAT: unknown\n\t* Mapping: unknown\n",
		"\t* DoubleNAT: \n",
		"\t* Nearest relay: unknown (no response to latency probes)\n",
		"\t\t- lab: no answer\n",
		NULL};
	struct netcheck_report r = {.n_relays = 1};
	struct portmap_status p = {0};
	r.relays[0].region = 1;
	expect_lines(json_of(&r, &p), lines);
}

static json_t *lifetime(const struct lifetime_report *v4, const struct lifetime_report *v6)
{
	json_t *j = netcheck_lifetime_json(v4, v6, 1000 * SECOND);
	assert_non_null(j);
	return j;
}

/* Consumes it. */
static void expect_lifetime(json_t *j, const char *want)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	lifetime_print(f, j);
	fclose(f);
	assert_string_equal(text, want);
	free(text);
	json_decref(j);
}

static void lifetimes_are_said_in_whole_seconds_on_the_safe_side(void **state)
{
	static const struct {
		struct lifetime_report r;
		const char *want;
	} rows[] = {
		{{LIFETIME_MEASURED, .alive = 28900 * MSEC, .dead = 30100 * MSEC}, "28 to 31 s"},
		{{LIFETIME_MEASURED, .alive = 28 * SECOND, .dead = 30 * SECOND}, "28 to 30 s"},
		{{LIFETIME_MEASURED, .alive = 180 * SECOND}, "at least 180 s"},
		{{LIFETIME_MEASURED, .dead = 1500 * MSEC}, "less than 2 s"},
		{{LIFETIME_RUNS}, "being measured"},
		{{LIFETIME_SILENT}, "unknown, no relay answered"},
		{{LIFETIME_NO_SERVER},
		 "unknown, no relay can answer to another port (warren-relay can)"},
		{{LIFETIME_ADDRESSES},
		 "unknown, the NAT gives each socket another outside address"},
		{{LIFETIME_DISTURBED}, "unknown, the network changed meanwhile"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char want[128];
		snprintf(want, sizeof(want), "\t* BindingLifetime: IPv4, %s\n", rows[i].want);
		expect_lifetime(lifetime(&rows[i].r, NULL), want);
	}
	const struct lifetime_report none = {LIFETIME_NONE}, silent = {LIFETIME_SILENT},
				     measured = {LIFETIME_MEASURED, .alive = 60 * SECOND};
	expect_lifetime(lifetime(&none, &none), "");
	expect_lifetime(lifetime(&measured, &silent), "\t* BindingLifetime: IPv4, at least 60 s\n");
	expect_lifetime(lifetime(NULL, &measured), "\t* BindingLifetime: IPv6, at least 60 s\n");
}

static void a_report_has_the_lifetimes_too(void **state)
{
	const struct lifetime_report r = {LIFETIME_MEASURED, .alive = 28990 * MSEC,
					  .dead = 30010 * MSEC};
	struct netcheck_report report = behind_a_hard_nat();
	struct portmap_status p = {0};
	static const char *const lines[] = {
		"\t* BindingLifetime: IPv4, 28 to 31 s\n\t* DoubleNAT: \n", NULL};
	json_t *j = netcheck_json(&(struct netcheck_source){
		.map = &map, .report = &report, .portmap = &p, .lifetime4 = &r});
	assert_false(lifetime_runs(json_object_get(j, "binding_lifetime")));
	expect_lines(j, lines);
}

static void while_it_runs_it_says_what_it_knows_and_when_it_ends(void **state)
{
	static const struct {
		mono_ns alive, dead;
		const char *want;
	} rows[] = {
		{0, 0, "measuring how long a binding lives: done in 64 s or sooner"},
		{15 * SECOND, 0,
		 "measuring how long a binding lives: at least 15 s so far; done in 64 s or "
		 "sooner"},
		{15 * SECOND, 21 * SECOND,
		 "measuring how long a binding lives: 15 to 21 s so far; done in 64 s or sooner"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows) * 2; i++) {
		const struct lifetime_report runs = {LIFETIME_RUNS, .alive = rows[i / 2].alive,
						     .dead = rows[i / 2].dead,
						     .ended = 1063500 * MSEC},
					     over = {LIFETIME_SILENT};
		json_t *j = i % 2 ? lifetime(&over, &runs) : lifetime(&runs, &over);
		char *text = NULL;
		size_t n;
		FILE *f = open_memstream(&text, &n);
		assert_true(lifetime_runs(j));
		lifetime_print_so_far(f, j);
		fclose(f);
		assert_string_equal(text, rows[i / 2].want);
		free(text);
		json_decref(j);
	}
}

/* --- answers of other versions: plain JSON --- */

static void prints_whole(const char *text, const char *want)
{
	char *got = NULL;
	size_t n;
	json_t *j = json(text);
	FILE *f = open_memstream(&got, &n);
	assert_non_null(f);
	netcheck_print(f, j);
	fclose(f);
	assert_string_equal(got, want);
	free(got);
	json_decref(j);
}

#define NOTHING_KNOWN                                                                   \
	"\nReport:\n\t* UDP: \n\t* IPv4: (no addr found)\n"                             \
	"\t* IPv6: no, and this machine has no address\n\t* MappingVariesByDestIP: \n"  \
	"\t* HairPinning: \n\t* PortMapping: \n\t* CaptivePortal: \n\t* NAT: unknown\n" \
	"\t* Mapping: unknown\n\t* Filtering: unknown\n\t* PortPreservation: \n"        \
	"\t* DoubleNAT: \n\t* Nearest relay: unknown (no response to latency probes)\n" \
	"\t* Relay latency:\n"

static void an_empty_report_has_every_line(void **state)
{
	prints_whole("{}", NOTHING_KNOWN);
	prints_whole("[]", NOTHING_KNOWN);
	prints_whole("{\"udp\": 1, \"ipv4\": true, \"ipv6\": null, \"has_ipv6\": \"yes\", "
		     "\"port_mapping\": {}, \"mapped\": 7, \"nat\": [], \"nat_ipv6\": null, "
		     "\"nat64\": false, \"binding_lifetime\": \"long\", \"home_relay\": 3, "
		     "\"relays\": \"lab\"}",
		     NOTHING_KNOWN);
}

static void a_whole_report_has_them_in_this_order(void **state)
{
	prints_whole(
		"{\"udp\": true, \"ipv4\": \"192.0.2.1:1\", \"ipv6\": \"[2001:db8::1]:2\", "
		"\"has_ipv6\": true, \"mapping_varies_by_dest_ip\": false, \"hair_pinning\": true, "
		"\"port_mapping\": [\"PCP\"], \"captive_portal\": true, \"double_nat\": false, "
		"\"nat64\": \"64:ff9b::/96\", \"nat\": {\"present\": true, \"mapping\": \"m\", "
		"\"filtering\": \"f\", \"port_preserved\": true, \"port_step\": -3, "
		"\"outside_addresses\": 2}, \"nat_ipv6\": {\"present\": true, \"mapping\": \"m6\", "
		"\"filtering\": \"f6\"}, \"preferred_relay\": \"lab\", \"home_relay\": \"far\", "
		"\"binding_lifetime\": {\"ipv4\": {\"state\": \"no-answer\"}}}",
		"\nReport:\n\t* UDP: true\n\t* IPv4: yes, 192.0.2.1:1\n"
		"\t* IPv6: yes, [2001:db8::1]:2\n\t* MappingVariesByDestIP: false\n"
		"\t* HairPinning: true\n\t* PortMapping: PCP\n\t* CaptivePortal: true\n"
		"\t* NAT: true\n\t* Mapping: m\n\t* Filtering: f\n\t* PortPreservation: true\n"
		"\t* PortStep: -3\n\t* OutsideAddresses: 2\n\t* IPv6 NAT: true\n"
		"\t* IPv6 Mapping: m6\n\t* IPv6 Filtering: f6\n"
		"\t* BindingLifetime: IPv4, unknown, no relay answered\n\t* DoubleNAT: false\n"
		"\t* NAT64: 64:ff9b::/96\n\t* Nearest relay: lab\n\t* Home relay: far\n"
		"\t* Relay latency:\n");
}

static void ipv6_without_a_nat_has_no_mapping(void **state)
{
	static const struct {
		const char *nat, *lines;
	} rows[] = {
		{"{\"present\": false, \"mapping\": \"m\", \"filtering\": \"f\"}",
		 "\t* IPv6 NAT: false\n\t* IPv6 Filtering: f\n"},
		{"{}", "\t* IPv6 NAT: unknown\n\t* IPv6 Filtering: unknown\n"},
		{"{\"present\": true}", "\t* IPv6 NAT: true\n\t* IPv6 Mapping: unknown\n"
					"\t* IPv6 Filtering: unknown\n"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[160];
		const char *const lines[] = {rows[i].lines,
					     "IPv6: no, but this machine has an address\n", NULL};
		snprintf(text, sizeof(text), "{\"has_ipv6\": true, \"nat_ipv6\": %s}", rows[i].nat);
		expect_lines(json(text), lines);
	}
}

static void a_step_or_addresses_that_are_usual_are_not_mentioned(void **state)
{
	static const char *const lines[] = {"\t* PortPreservation: false\n\t* DoubleNAT: \n", NULL};
	expect_lines(json("{\"nat\": {\"port_preserved\": false, \"port_step\": 0, "
			  "\"outside_addresses\": 1}}"),
		     lines);
}

static void what_is_mapped_stands_under_the_protocols(void **state)
{
	static const char *const lines[] = {
		"\t* PortMapping: UPnP, , PCP\n\t* Mapped: 192.0.2.1:1 by PCP\n"
		"\t* Mapped:  by \n\t* CaptivePortal: \n",
		NULL};
	expect_lines(json("{\"port_mapping\": [\"UPnP\", 1, \"PCP\"], \"mapped\": "
			  "[{\"outside\": \"192.0.2.1:1\", \"protocol\": \"PCP\"}, 3]}"),
		     lines);
}

static void the_nearest_relay_comes_first_and_the_silent_ones_last(void **state)
{
	static const char *const lines[] = {"\t* Relay latency:\n"
					    "\t\t- zero: 0ms\n"
					    "\t\t- near: 0.1235ms\n"
					    "\t\t- one: 7ms\n"
					    "\t\t- two: 7ms (HTTPS)\n" /* in their order */
					    "\t\t- far: 1.235e+04ms\n"
					    "\t\t- mute: no answer\n"
					    "\t\t- : no answer\n"
					    "\t\t- odd: no answer\n",
					    NULL};
	expect_lines(json("{\"relays\": [{\"name\": \"mute\", \"latency_ms\": null}, "
			  "{\"name\": \"far\", \"latency_ms\": 12345.6, \"https_ms\": null}, "
			  "{\"name\": \"one\", \"latency_ms\": 7}, 5, "
			  "{\"name\": \"two\", \"latency_ms\": 7, \"https_ms\": 7}, "
			  "{\"name\": \"odd\", \"latency_ms\": \"7\"}, "
			  "{\"name\": \"near\", \"latency_ms\": 0.123456}, "
			  "{\"name\": \"zero\", \"latency_ms\": 0.0}]}"),
		     lines);
}

static void more_relays_than_there_can_be_are_cut(void **state)
{
	json_t *many = json_array(), *j = json_pack("{s:o}", "relays", many);
	char *got = NULL;
	size_t n;
	for (int i = 0; i < RELAYS_MAX + 1; i++)
		json_array_append_new(many,
				      json_pack("{s:s, s:i}", "name", "r", "latency_ms", 1000 - i));
	FILE *f = open_memstream(&got, &n);
	netcheck_print(f, j);
	fclose(f);
	size_t lines = 0;
	for (const char *p = got; (p = strstr(p, "\t\t- r: ")); p++)
		lines++;
	assert_int_equal(lines, RELAYS_MAX);
	assert_non_null(strstr(got, "Relay latency:\n\t\t- r: 937ms\n"));
	free(got);
	json_decref(j);
}

static void a_lifetime_of_another_version_prints_what_it_has(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"{}", ""},
		{"null", ""},
		{"{\"ipv4\": {}, \"ipv6\": {\"state\": 7}}", ""},
		{"{\"ipv4\": {\"state\": \"new-word\"}}", "\t* BindingLifetime: IPv4, \n"},
		{"{\"ipv4\": {\"state\": \"measured\"}}",
		 "\t* BindingLifetime: IPv4, at least 0 s\n"},
		{"{\"ipv4\": {\"state\": \"measured\", \"at_least_s\": 28, \"less_than_s\": "
		 "30.0001}}",
		 "\t* BindingLifetime: IPv4, 28 to 31 s\n"},
		{"{\"ipv4\": {\"state\": \"measured\", \"at_least_s\": 0.9, \"less_than_s\": "
		 "0.2}}",
		 "\t* BindingLifetime: IPv4, less than 1 s\n"},
		{"{\"ipv4\": {\"state\": \"no-answer\"}, \"ipv6\": {\"state\": \"no-answer\"}}",
		 "\t* BindingLifetime: IPv4, unknown, no relay answered\n"},
		{"{\"ipv6\": {\"state\": \"network-changed\"}}",
		 "\t* BindingLifetime: IPv6, unknown, the network changed meanwhile\n"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *j = json_loads(rows[i].text, JSON_DECODE_ANY, NULL);
		assert_non_null(j);
		assert_false(lifetime_runs(j));
		expect_lifetime(j, rows[i].want);
	}
}

/* Both run: the report is of IPv4, the end is the later one. */
static void what_is_left_is_that_of_the_slower_family(void **state)
{
	static const char both[] =
		"{\"ipv4\": {\"state\": \"running\", \"at_least_s\": 0, \"less_than_s\": 9.5, "
		"\"left_s\": 3}, \"ipv6\": {\"state\": \"running\", \"at_least_s\": 4, "
		"\"left_s\": 7.2}}";
	json_t *j = json(both);
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	lifetime_print_so_far(f, j);
	fclose(f);
	assert_string_equal(text, "measuring how long a binding lives: less than 10 s so far; "
				  "done in 8 s or sooner");
	free(text);
	json_decref(j);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(lifetimes_are_said_in_whole_seconds_on_the_safe_side),
	cmocka_unit_test(a_report_has_the_lifetimes_too),
	cmocka_unit_test(while_it_runs_it_says_what_it_knows_and_when_it_ends),
	cmocka_unit_test(a_report_is_written_in_the_words_that_people_know),
	cmocka_unit_test(what_is_unknown_is_printed_as_nothing),
	cmocka_unit_test(an_empty_report_has_every_line),
	cmocka_unit_test(a_whole_report_has_them_in_this_order),
	cmocka_unit_test(ipv6_without_a_nat_has_no_mapping),
	cmocka_unit_test(a_step_or_addresses_that_are_usual_are_not_mentioned),
	cmocka_unit_test(what_is_mapped_stands_under_the_protocols),
	cmocka_unit_test(the_nearest_relay_comes_first_and_the_silent_ones_last),
	cmocka_unit_test(more_relays_than_there_can_be_are_cut),
	cmocka_unit_test(a_lifetime_of_another_version_prints_what_it_has),
	cmocka_unit_test(what_is_left_is_that_of_the_slower_family),
};
RUN_TESTS(tests)
