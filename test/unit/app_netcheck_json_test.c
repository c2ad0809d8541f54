#include "app/netcheck_json.h"

#include <stdlib.h>

#include "unit.h"

static struct config_relay relays[] = {{.name = "lab", .region = 1}, {.name = "far", .region = 7}};
static const struct config cfg = {.relays = relays, .n_relays = 2};

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
				    .behind_nat = TRI_YES,
				    .mapping_varies = TRI_YES,
				    .mapping = BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT,
				    .filtering = BEHAVIOUR_NOT_ON_PORT,
				    .port_preserved = TRI_NO,
				    .hairpin = TRI_NO,
				    .step = 2,
				    .n_outside = 3};
	r.began = 10 * SECOND;
	r.ended = 11 * SECOND;
	r.global4 = ep("192.0.2.1:41641");
	r.relays[0] = (struct netcheck_relay){.region = 1, .v4 = 30 * MSEC, .seen4 = r.global4};
	r.relays[1] = (struct netcheck_relay){.region = 7, .https = 12345 * USEC};
	return r;
}

static json_t *json_of(const struct netcheck_report *r, const struct paths_portmap *p)
{
	json_t *j = netcheck_json(&(struct netcheck_source){.cfg = &cfg, .report = r, .portmap = p});
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
	struct paths_portmap p = {.pcp = true, .natpmp = true, .upnp = true, .n = 1};
	p.v[0].protocol = PORTMAP_PCP;
	p.v[0].outside = ep("100.64.3.4:41641");
	expect_lines(json_of(&r, &p), lines);
}

static void what_is_unknown_is_null_and_nothing(void **state)
{
	static const char *const lines[] = {"\t* UDP: false\n",
					    "\t* IPv4: (no addr found)\n",
					    "\t* MappingVariesByDestIP: \n",
					    "\t* PortMapping: \n",
					    "\t* NAT: unknown\n\t* Mapping: unknown\n",
					    "\t* DoubleNAT: \n",
					    "\t* Nearest relay: unknown (no response to latency probes)\n",
					    "\t\t- lab: no answer\n",
					    NULL};
	struct netcheck_report r = {.n_relays = 1};
	struct paths_portmap p = {0};
	r.relays[0].region = 1;
	json_t *j = json_of(&r, &p);
	static const char *const nulls[] = {"ipv4",         "ipv6",           "mapping_varies_by_dest_ip",
					    "hair_pinning", "captive_portal", "double_nat",
					    "nat64",        "preferred_relay"};
	for (size_t i = 0; i < ARRAY_LEN(nulls); i++)
		assert_true(json_is_null(json_object_get(j, nulls[i])));
	expect_lines(j, lines);
}

static void a_gateway_whose_outside_is_what_relays_see_is_the_only_nat(void **state)
{
	struct netcheck_report r = behind_a_hard_nat();
	struct paths_portmap p = {.natpmp = true, .n = 1};
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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_report_is_written_in_the_words_that_people_know),
	cmocka_unit_test(what_is_unknown_is_null_and_nothing),
	cmocka_unit_test(a_gateway_whose_outside_is_what_relays_see_is_the_only_nat),
};
RUN_TESTS(tests)
