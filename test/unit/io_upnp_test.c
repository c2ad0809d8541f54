/* What can be seen without a gateway; the lab has the others (test/lab/portmap_test.py, portmap_liars_test.py). */
#include "io/upnp.h"

#include <poll.h>

#include "unit.h"

static struct upnp *start(void)
{
	char why[WHY_MAX];
	struct upnp *u = upnp_start(why);
	if (!u)
		fail_msg("%s", why);
	return u;
}

static const struct upnp_ask ask_here = {.kind = UPNP_FIND,
					 .self = {.family = 4, .b = {127, 0, 0, 1}},
					 .gateway = {.family = 4, .b = {127, 0, 0, 1}},
					 .port = 41641,
					 .outside = 41641,
					 .lifetime_s = 7200};

static bool wait_for_report(struct upnp *u, struct upnp_report *r)
{
	struct pollfd p = {.fd = upnp_fd(u), .events = POLLIN};
	return poll(&p, 1, 20000) == 1 && upnp_read(u, r);
}

static void without_a_gateway_nothing_is_found_and_nothing_is_mapped(void **state)
{
	struct upnp *u = start();
	struct upnp_report r;
	assert_false(upnp_read(u, &r));
	struct upnp_ask map = ask_here;
	map.kind = UPNP_MAP; /* looks for one first, if it has none */
	assert_true(upnp_ask(u, &map));
	assert_true(wait_for_report(u, &r));
	assert_int_equal(r.kind, UPNP_NONE);
	map.kind = UPNP_UNMAP; /* says nothing */
	assert_true(upnp_ask(u, &map));
	assert_false(upnp_read(u, &r));
	upnp_stop(u);
}

static void too_many_requests_at_once_are_not_taken(void **state)
{
	struct upnp *u = start();
	unsigned taken = 0;
	while (taken < 100000 && upnp_ask(u, &ask_here))
		taken++;
	assert_in_range(taken, 1, 99999);
	upnp_stop(u);
}

static void stopping_nothing_is_nothing(void **state)
{
	upnp_stop(NULL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(without_a_gateway_nothing_is_found_and_nothing_is_mapped),
	cmocka_unit_test(too_many_requests_at_once_are_not_taken),
	cmocka_unit_test(stopping_nothing_is_nothing),
};
RUN_TESTS(tests)
