/* Devices by name, and made in a namespace of the test's own. */
#include "lab/device.h"

#include <net/if.h>
#include <sys/stat.h>

#include "unit/own_network.h"

static bool parse(struct device *d, const char *text)
{
	static char memory[128];
	snprintf(memory, sizeof(memory), "%s", text);
	return device_parse(d, memory);
}

static void a_name_is_a_namespace_and_a_device(void **state)
{
	struct device d;
	assert_true(parse(&d, "1234:eth0"));
	assert_string_equal(d.where, "1234");
	assert_string_equal(d.name, "eth0");
	assert_int_equal(d.fd, -1);
	assert_true(parse(&d, "/proc/self/fd/7:a:b"));
	assert_string_equal(d.where, "/proc/self/fd/7:a");
	assert_string_equal(d.name, "b");
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const wrong[] = {"", "eth0", "1234:", "1234:a_name_that_is_16"};
	struct device d;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(parse(&d, wrong[i]));
	assert_true(parse(&d, "1234:a_name_of_15_xx"));
}

static ino_t our_network(void)
{
	struct stat st;
	CHECK(stat("/proc/self/ns/net", &st) == 0);
	return st.st_ino;
}

static void both_kinds_are_made(void)
{
	struct device tap, tun;
	char a[] = "/proc/self/ns/net:tap7", b[] = "/proc/self/ns/net:tun7";
	if (access("/dev/net/tun", R_OK | W_OK))
		own_network_skip("no /dev/net/tun");
	ino_t before = our_network();
	CHECK(device_parse(&tap, a) && device_parse(&tun, b));
	CHECK(device_open(&tap, DEVICE_TAP));
	CHECK(device_open(&tun, DEVICE_TUN));
	CHECK(if_nametoindex("tap7") > 0 && if_nametoindex("tun7") > 0);
	CHECK(our_network() == before);
	char frame[16];
	CHECK(read(tap.fd, frame, sizeof(frame)) < 0); /* not blocking; it is down, too */
	close(tap.fd);
	close(tun.fd);
	CHECK(if_nametoindex("tap7") == 0);
}

static void a_namespace_that_is_not_there_is_an_error(void)
{
	struct device d;
	char text[] = "/nowhere/at/all:tap7";
	ino_t before = our_network();
	CHECK(device_parse(&d, text));
	CHECK(!device_open(&d, DEVICE_TAP));
	CHECK(our_network() == before);
}

IN_OWN_NETWORK(both_kinds_are_made)
IN_OWN_NETWORK(a_namespace_that_is_not_there_is_an_error)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_name_is_a_namespace_and_a_device),
	cmocka_unit_test(what_is_no_name_is_refused),
	cmocka_unit_test(test_both_kinds_are_made),
	cmocka_unit_test(test_a_namespace_that_is_not_there_is_an_error),
};
RUN_TESTS(tests)
