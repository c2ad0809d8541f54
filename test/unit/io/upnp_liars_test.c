/* A worker and gateways that lie, or that are no gateways; the worker outlives them. */
#include "unit/io/upnp_gateway.h"

static void only_what_is_at_the_gateways_own_address_is_looked_at(void)
{
	struct gateway g = gateway_good();
	const char *const elsewhere[] = {
		"http://127.0.0.2:%u/desc",       "http://127.0.0.11:%u/desc",
		"http://127.0.0.1@127.0.0.3:%u/", "https://127.0.0.1:%u/desc",
		"http://localhost:%u/desc",       "http://127.0.0.1.x:%u/"};
	memcpy(g.locations, elsewhere, sizeof(elsewhere));
	gateway_start(&g, -1);
	CHECK(gateway_ask(&g, UPNP_FIND, 0).kind == UPNP_NONE && g.gets == 0 && g.searches > 0);
	/* Behind those that are not there is the one that is. */
	g.locations[ARRAY_LEN(elsewhere)] = "http://127.0.0.1:%u/desc";
	CHECK(gateway_ask(&g, UPNP_FIND, 0).kind == UPNP_FOUND && g.gets == 1);
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED);
}

static void nothing_is_told_to_a_control_url_of_another_host(void)
{
	static const char *const table[] = {"http://127.0.0.2:9/c", "http://127.0.0.11/c",
					    "http://127.0.0.1@127.0.0.2/c"};
	struct gateway g = gateway_good();
	gateway_start(&g, -1);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		g.control = table[i];
		CHECK_WHY(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_NONE, table[i]);
	}
	CHECK(g.gets == ARRAY_LEN(table) && g.adds == 0 && g.outsides == 0);
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED);
}

static const char *const six[] = {"http://127.0.0.1:%u/1", "http://127.0.0.1:%u/2",
				  "http://127.0.0.1:%u/3", "http://127.0.0.1:%u/4",
				  "http://127.0.0.1:%u/5", "http://127.0.0.1:%u/6"};

/* What is no description is no gateway, and the worker lives on and finds one that is. At once it
 * reads four of them. */
static void descriptions_that_are_nonsense_do_no_harm(void)
{
	static char deep[256 << 10], wide[256 << 10];
	static const char open[] = "<service><serviceType>";
	struct gateway g = gateway_good();
	const struct words table[] = {
		WORDS("<"),
		WORDS("<root"),
		WORDS("</root></root></device>"),
		WORDS("<root><device><serviceList><service><serviceType>"),
		WORDS("\0\xff\xfe\0<root>"),
		WORDS("<root><![CDATA[<service>"),
		WORDS("<a b=\""),
		WORDS(deep),
		WORDS(wide),
	};
	for (size_t i = 0; i + 3 <= sizeof(deep); i += 3)
		memcpy(deep + i, "<a>", 3);
	memset(wide, 'w', sizeof(wide));
	memcpy(wide, open, sizeof(open) - 1);
	memcpy(g.nonsense, table, sizeof(table));
	memcpy(g.locations, six, sizeof(six));
	gateway_start(&g, -1);
	CHECK(gateway_ask(&g, UPNP_FIND, 0).kind == UPNP_NONE && g.gets == 4);
	CHECK(gateway_ask(&g, UPNP_FIND, 0).kind == UPNP_NONE && g.gets == 8);
	CHECK(gateway_ask(&g, UPNP_FIND, 0).kind == UPNP_FOUND && g.gets == 10);
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED);
}

static void what_is_cut_off_is_no_answer(void)
{
	struct gateway g = gateway_good();
	g.cuts_off = true;
	gateway_start(&g, -1);
	CHECK(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_NONE && g.gets == 1);
	g.cuts_off = false;
	CHECK(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_MAPPED);
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED && g.deletes == 1);
}

IN_OWN_NETWORK(only_what_is_at_the_gateways_own_address_is_looked_at)
IN_OWN_NETWORK(nothing_is_told_to_a_control_url_of_another_host)
IN_OWN_NETWORK(descriptions_that_are_nonsense_do_no_harm)
IN_OWN_NETWORK(what_is_cut_off_is_no_answer)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_only_what_is_at_the_gateways_own_address_is_looked_at),
	cmocka_unit_test(test_nothing_is_told_to_a_control_url_of_another_host),
	cmocka_unit_test(test_descriptions_that_are_nonsense_do_no_harm),
	cmocka_unit_test(test_what_is_cut_off_is_no_answer),
};
RUN_TESTS(tests)
