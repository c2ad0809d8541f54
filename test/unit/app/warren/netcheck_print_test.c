#include <stdlib.h>

#include "app/warren/print.h"
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
	p.v[0].outside = ep("100.64.3.4:41641");
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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(lifetimes_are_said_in_whole_seconds_on_the_safe_side),
	cmocka_unit_test(a_report_has_the_lifetimes_too),
	cmocka_unit_test(while_it_runs_it_says_what_it_knows_and_when_it_ends),
	cmocka_unit_test(a_report_is_written_in_the_words_that_people_know),
	cmocka_unit_test(what_is_unknown_is_printed_as_nothing),
};
RUN_TESTS(tests)
