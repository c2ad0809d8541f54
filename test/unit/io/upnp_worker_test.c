/* The worker asks a gateway of this process. The lab has real ones and other liars
 * (test/lab/portmap_test.py, portmap_liars_test.py). */
#include "io/upnp_worker.h"

#include "unit/io/upnp_gateway.h"

static void what_is_mapped_is_what_was_asked_for(void)
{
	struct gateway g = gateway_good();
	gateway_start(&g, -1);
	CHECK(gateway_ask(&g, UPNP_FIND, 0).kind == UPNP_FOUND);
	CHECK(g.adds == 0);
	struct upnp_report r = gateway_ask(&g, UPNP_MAP, 50000);
	CHECK(r.kind == UPNP_MAPPED && r.lifetime_s == 7200);
	CHECK(ip_equal(&r.outside.ip, &(struct ip){.family = 4, .b = {203, 0, 113, 9}}));
	CHECK(r.outside.port == 50000 && g.added[0] == 50000 && g.lifetimes[0] == 7200);
	CHECK(strstr(g.last_add, "<NewInternalClient>127.0.0.1<"));
	CHECK(strstr(g.last_add, "<NewInternalPort>41641<"));
	CHECK(strstr(g.last_add, "<NewProtocol>UDP<"));
	CHECK(strstr(g.last_add, "<NewPortMappingDescription>warren<"));
	/* The gateway is known now. */
	CHECK(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_MAPPED);
	CHECK(g.gets == 1 && g.searches == 1 && g.deletes == 0);
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED);
	CHECK(g.deletes == 1 && g.deleted == 50000);
}

static void while_something_is_mapped_the_worker_is_not_idle(void)
{
	struct gateway g = gateway_good();
	gateway_start(&g, 300);
	CHECK(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_MAPPED);
	struct pollfd p = {.fd = g.fd, .events = POLLIN};
	CHECK(poll(&p, 1, 900) == 0); /* three times as long as it may be idle */
	gateway_tell(&g, UPNP_UNMAP, 50000);
	CHECK(gateway_play(&g, g.fd)); /* no report: its end is closed */
	CHECK(g.deletes == 1 && g.deleted == 50000);
	CHECK(gateway_end(&g) == UPNP_WORKER_IDLE);
	CHECK(g.deletes == 1);
}

static void a_mapping_without_an_end_is_better_than_none(void)
{
	static const int errors[] = {725, 402};
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct gateway g = gateway_good();
		g.add_errors[0] = errors[i];
		gateway_start(&g, -1);
		struct upnp_report r = gateway_ask(&g, UPNP_MAP, 50000);
		CHECK(r.kind == UPNP_MAPPED && r.lifetime_s == 0 && r.outside.port == 50000);
		CHECK(g.adds == 2 && g.lifetimes[0] == 7200 && g.lifetimes[1] == 0);
		CHECK(gateway_end(&g) == UPNP_WORKER_ENDED && g.deletes == 1);
	}
}

/* A gateway that says so of mappings without an end, too, is not asked for ever. */
static void a_gateway_that_wants_no_lifetime_at_all_has_refused(void)
{
	struct gateway g = gateway_good();
	g.add_errors[0] = g.add_errors[1] = 725;
	gateway_start(&g, -1);
	CHECK(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_REFUSED);
	CHECK(g.adds == 2 && g.outsides == 0);
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED && g.deletes == 0);
}

static void a_port_of_another_host_is_left_to_it(void)
{
	struct gateway g = gateway_good();
	g.add_errors[0] = g.add_errors[1] = 718;
	gateway_start(&g, -1);
	struct upnp_report r = gateway_ask(&g, UPNP_MAP, 50000);
	CHECK(r.kind == UPNP_MAPPED && g.adds == 3 && r.outside.port == g.added[2]);
	for (int i = 1; i < 3; i++)
		CHECK(g.added[i] >= 1024 && g.added[i] != g.added[i - 1]);
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED && g.deletes == 1 && g.deleted == g.added[2]);
}

static void not_more_than_four_ports_are_tried(void)
{
	struct gateway g = gateway_good();
	for (int i = 0; i < GATEWAY_TRIES; i++)
		g.add_errors[i] = 718;
	gateway_start(&g, -1);
	CHECK(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_REFUSED && g.adds == 4);
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED && g.deletes == 0);
}

static void a_refusal_is_taken_at_its_word(void)
{
	struct gateway g = gateway_good();
	g.add_errors[0] = 606; /* not authorized */
	gateway_start(&g, -1);
	CHECK(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_REFUSED && g.adds == 1);
	CHECK(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_MAPPED); /* asked anew, not sought */
	CHECK(g.searches == 1);
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED);
}

static void privileged_ports_are_not_asked_for(void)
{
	static const uint16_t ports[] = {0, 443, 1023, 1024};
	struct gateway g = gateway_good();
	gateway_start(&g, -1);
	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		struct upnp_report r = gateway_ask(&g, UPNP_MAP, ports[i]);
		CHECK(r.kind == UPNP_MAPPED && r.outside.port == g.added[i]);
		CHECK(g.added[i] >= 1024 && (ports[i] < 1024 || g.added[i] == ports[i]));
		/* Of two mappings the older is taken back. */
		CHECK(i == 0 || g.added[i] == g.added[i - 1] || g.deleted == g.added[i - 1]);
	}
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED && g.deleted == 1024);
}

/* Version 2 may give another port; what is no port is not believed. */
static void a_service_of_version_2_chooses_the_port(void)
{
	static const struct {
		const char *reserved;
		uint16_t port;
	} table[] = {{"50007", 50007},
		     {"65535", 65535},
		     {"65536", 50000},
		     {"0", 50000},
		     {"-1", 50000},
		     {"x", 50000},
		     {"999999999999999999999999", 50000}};
	struct gateway g = gateway_good();
	g.service = SERVICE_2;
	gateway_start(&g, -1);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		g.reserved = table[i].reserved;
		struct upnp_report r = gateway_ask(&g, UPNP_MAP, 50000);
		CHECK_WHY(r.kind == UPNP_MAPPED, table[i].reserved);
		CHECK_WHY(r.outside.port == table[i].port, table[i].reserved);
	}
	CHECK(g.adds == 0);
	g.reserved = NULL; /* it does not know its own version */
	CHECK(gateway_ask(&g, UPNP_MAP, 50001).outside.port == 50001 && g.adds == 1);
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED && g.deleted == 50001);
}

static void without_an_outside_address_the_mapping_is_taken_back(void)
{
	static const char *const table[] = {
		NULL,         "",
		"nonsense",   "::1",
		"2001:db8::", "1.2.3.4.5",
		"300.1.1.1",  "1234567890123456789012345678901234567890123456789"};
	struct gateway g = gateway_good();
	gateway_start(&g, -1);
	for (unsigned i = 0; i < ARRAY_LEN(table); i++) {
		g.adds = 0;
		g.outside = table[i];
		CHECK_WHY(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_REFUSED,
			  table[i] ? table[i] : "an error");
		CHECK(g.deletes == i + 1 && g.deleted == 50000);
	}
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED && g.deletes == ARRAY_LEN(table));
}

/* Of two connections the one that is up is used. */
static void the_connection_that_is_up_is_used(void)
{
	struct gateway g = gateway_good();
	g.second = SERVICE_P;
	gateway_start(&g, -1);
	CHECK(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_MAPPED && g.seconds == 0);
	g.status = "Disconnected";
	CHECK(gateway_ask(&g, UPNP_FIND, 0).kind == UPNP_FOUND);
	CHECK(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_MAPPED && g.seconds > 0);
	CHECK(strstr(g.last_add, SERVICE_P) && !strncmp(g.last_add, "POST /second", 12));
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED);
}

/* The other end of the socket is ours; a record of another length is a fault, and ends the work. */
static void a_request_of_another_length_ends_the_worker(void)
{
	struct gateway g = gateway_good();
	gateway_start(&g, -1);
	CHECK(gateway_ask(&g, UPNP_MAP, 50000).kind == UPNP_MAPPED);
	CHECK(send(g.fd, "short", 5, 0) == 5);
	CHECK(gateway_end(&g) == UPNP_WORKER_ENDED && g.deletes == 1);
}

IN_OWN_NETWORK(what_is_mapped_is_what_was_asked_for)
IN_OWN_NETWORK(while_something_is_mapped_the_worker_is_not_idle)
IN_OWN_NETWORK(a_mapping_without_an_end_is_better_than_none)
IN_OWN_NETWORK(a_gateway_that_wants_no_lifetime_at_all_has_refused)
IN_OWN_NETWORK(a_port_of_another_host_is_left_to_it)
IN_OWN_NETWORK(not_more_than_four_ports_are_tried)
IN_OWN_NETWORK(a_refusal_is_taken_at_its_word)
IN_OWN_NETWORK(privileged_ports_are_not_asked_for)
IN_OWN_NETWORK(a_service_of_version_2_chooses_the_port)
IN_OWN_NETWORK(without_an_outside_address_the_mapping_is_taken_back)
IN_OWN_NETWORK(the_connection_that_is_up_is_used)
IN_OWN_NETWORK(a_request_of_another_length_ends_the_worker)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_what_is_mapped_is_what_was_asked_for),
	cmocka_unit_test(test_while_something_is_mapped_the_worker_is_not_idle),
	cmocka_unit_test(test_a_mapping_without_an_end_is_better_than_none),
	cmocka_unit_test(test_a_gateway_that_wants_no_lifetime_at_all_has_refused),
	cmocka_unit_test(test_a_port_of_another_host_is_left_to_it),
	cmocka_unit_test(test_not_more_than_four_ports_are_tried),
	cmocka_unit_test(test_a_refusal_is_taken_at_its_word),
	cmocka_unit_test(test_privileged_ports_are_not_asked_for),
	cmocka_unit_test(test_a_service_of_version_2_chooses_the_port),
	cmocka_unit_test(test_without_an_outside_address_the_mapping_is_taken_back),
	cmocka_unit_test(test_the_connection_that_is_up_is_used),
	cmocka_unit_test(test_a_request_of_another_length_ends_the_worker),
};
RUN_TESTS(tests)
