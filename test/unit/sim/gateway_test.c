#include "sim/gateway.h"

#include "crypto/seeded.h"
#include "unit/unit.h"
#include "wire/natpmp.h"
#include "wire/pcp.h"

/* A host at a router that maps ports. */
static struct seeded seeded;
static struct events events;
static struct net net;
static struct box *router, *host;
static struct gateway gateway;
static uint8_t answer[PCP_MESSAGE_MAX];
static size_t n_answer;

static uint16_t answer_port; /* to which it came */

static void receive(void *self, const struct net_datagram *d, mono_ns now)
{
	n_answer = d->n;
	answer_port = d->dst.port;
	memcpy(answer, d->b, d->n);
}

static int build(void **state)
{
	const struct link_config line = {.delay = MSEC};
	struct ip wan = ip_v4(192, 0, 2, 1), lan = ip_v4(192, 168, 1, 1),
		  me = ip_v4(192, 168, 1, 20);
	seeded_init(&seeded, 1);
	struct rng rng = seeded_rng(&seeded);
	events_init(&events, 0);
	net_init(&net, &events, &rng);
	router = net_box(&net, net.root, "router", &line, &line);
	box_add_address(router, &wan);
	box_set_nat(router, &(struct nat_config){.external = wan}, 4);
	host = net_box(&net, router, "host", &line, &line);
	box_add_address(host, &me);
	box_attach(host, &(struct box_owner){.receive = receive});
	gateway_init(&gateway, GATEWAY_PCP, router, &lan, 0);
	return 0;
}

static int tear_down(void **state)
{
	events_fini(&events);
	net_fini(&net);
	return 0;
}

static void ask(struct bytes b)
{
	n_answer = 0;
	assert_true(
		net_send(host, 5000, &(struct endpoint){gateway.inside, PCP_PORT}, b, events.now));
	while (events_step(&events, events.now + 10 * MSEC) && n_answer == 0)
		;
}

static struct pcp_response ask_pcp(uint32_t lifetime_s, struct ip client)
{
	uint8_t buf[PCP_MESSAGE_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	struct pcp_response a = {.result = 255};
	pcp_write_request(&w,
			  &(struct pcp_request){
				  .op = PCP_MAP,
				  .lifetime_s = lifetime_s,
				  .client = client,
				  .map = {.nonce = {7}, .protocol = PCP_UDP, .internal = 5000}});
	ask(wr_done(&w));
	assert_true(pcp_read_response((struct bytes){answer, n_answer}, &a));
	return a;
}

static struct natpmp_response ask_natpmp(enum natpmp_op op, uint32_t lifetime_s)
{
	uint8_t buf[NATPMP_REQUEST_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	struct natpmp_response a = {.result = 255};
	natpmp_write_request(&w, &(struct natpmp_request){.op = op,
							  .internal = 5000,
							  .external = 6000,
							  .lifetime_s = lifetime_s});
	ask(wr_done(&w));
	assert_true(natpmp_read_response((struct bytes){answer, n_answer}, &a));
	return a;
}

/* A stranger's datagram to the external endpoint gets through the NAT. */
static bool is_open(struct endpoint external)
{
	const struct endpoint stranger = {ip_v4(203, 0, 113, 9), 9};
	return nat_in(router->nat4, &stranger, &external, events.now);
}

static void pcp_maps_and_takes_back(void **state)
{
	struct ip me = host->addresses[0];
	struct pcp_response a = ask_pcp(100000, me);
	assert_int_equal(a.result, PCP_OK);
	assert_int_equal(a.lifetime_s, 7200);
	assert_int_equal(a.map.nonce[0], 7);
	assert_true(is_open(a.map.external));
	assert_int_equal(ask_pcp(0, me).result, PCP_OK);
	assert_false(is_open(a.map.external));
	assert_int_equal(ask_pcp(100, ip_v4(10, 0, 0, 1)).result, PCP_ADDRESS_MISMATCH);
	assert_int_equal(ask_natpmp(NATPMP_ADDRESS, 0).result, NATPMP_UNSUPPORTED_VERSION);
}

static void natpmp_tells_its_address_and_maps(void **state)
{
	gateway.kind = GATEWAY_NATPMP;
	struct natpmp_response a = ask_natpmp(NATPMP_ADDRESS, 0);
	assert_true(ip_equal(&a.address, &router->addresses[0]));
	a = ask_natpmp(NATPMP_MAP_UDP, 60);
	assert_int_equal(a.result, NATPMP_OK);
	assert_int_equal(a.external, 6000);
	assert_true(is_open((struct endpoint){router->addresses[0], 6000}));
	assert_int_equal(ask_natpmp(NATPMP_MAP_UDP, 0).result, NATPMP_OK);
	assert_false(is_open((struct endpoint){router->addresses[0], 6000}));
}

static void upnp_maps_by_a_call(void **state)
{
	struct upnp_ask find = {.kind = UPNP_FIND}, map = {.kind = UPNP_MAP,
							   .self = host->addresses[0],
							   .port = 5000,
							   .outside = 5000,
							   .lifetime_s = 600};
	assert_int_equal(gateway_upnp(&gateway, &find, 0).kind, UPNP_NONE);
	gateway.kind = GATEWAY_UPNP;
	assert_int_equal(gateway_upnp(&gateway, &find, 0).kind, UPNP_FOUND);
	struct upnp_report r = gateway_upnp(&gateway, &map, 0);
	assert_int_equal(r.kind, UPNP_MAPPED);
	assert_true(is_open(r.outside));
	map.kind = UPNP_UNMAP;
	gateway_upnp(&gateway, &map, 0);
	assert_false(is_open(r.outside));
}

static void what_it_does_not_speak_is_not_answered(void **state)
{
	gateway.kind = GATEWAY_SILENT;
	const uint8_t natpmp[] = {0, 0}, cut_off[] = {2, 1, 0};
	ask(BYTES_OF(natpmp));
	assert_int_equal(n_answer, 0);
	gateway.kind = GATEWAY_PCP;
	ask(BYTES_OF(cut_off));
	assert_int_equal(n_answer, 0);
	assert_int_equal(gateway.asked, 0);
}

static void who_asked_is_told_of_a_restart(void **state)
{
	struct pcp_response a = ask_pcp(100, host->addresses[0]);
	assert_true(is_open(a.map.external));
	struct pcp_response said = {.result = 255};
	events_step(&events, events.now + 50 * SECOND);
	n_answer = 0;
	gateway_restart(&gateway, events.now);
	assert_false(is_open(a.map.external));
	while (n_answer == 0 && events_step(&events, events.now + 10 * MSEC))
		;
	assert_true(pcp_read_response((struct bytes){answer, n_answer}, &said));
	assert_int_equal(said.op, PCP_ANNOUNCE);
	assert_int_equal(said.epoch_s, 0);
	assert_int_equal(answer_port, PCP_ANNOUNCE_PORT);
}

static void a_firewall_for_ipv6_is_opened_and_closed_by_pcp(void **state)
{
	const struct ip inside = {6, {0x20, 0x01, [15] = 1}}, me = {6, {0x20, 0x01, [15] = 2}};
	const struct ip zero = {.family = 0};
	const struct endpoint stranger = {{6, {0x20, 0x02, [15] = 9}}, 9};
	struct endpoint at = {me, 5000}, dst = at;
	box_set_nat(router,
		    &(struct nat_config){.firewall = true,
					 .external = zero,
					 .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT},
		    6);
	gateway_add_ipv6(&gateway, &inside);
	box_add_address(host, &me);
	gateway.inside = inside; /* where `ask` asks */
	assert_false(nat_in(router->nat6, &stranger, &dst, events.now));
	struct pcp_response a = ask_pcp(100, me);
	assert_int_equal(a.result, PCP_OK);
	assert_true(endpoint_equal(&a.map.external,
				   &at)); /* nothing is translated, whatever is wished */
	assert_true(nat_in(router->nat6, &stranger, &dst, events.now));
	assert_true(endpoint_equal(&dst, &at));
	assert_int_equal(ask_pcp(0, me).result, PCP_OK);
	assert_false(nat_in(router->nat6, &stranger, &dst, events.now));
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, build, tear_down)

static const struct CMUnitTest tests[] = {
	HERE(pcp_maps_and_takes_back),
	HERE(natpmp_tells_its_address_and_maps),
	HERE(upnp_maps_by_a_call),
	HERE(who_asked_is_told_of_a_restart),
	HERE(a_firewall_for_ipv6_is_opened_and_closed_by_pcp),
	HERE(what_it_does_not_speak_is_not_answered),
};
RUN_TESTS(tests)
