#include "report/way_text.h"
#include "unit/unit.h"

static struct netmap_relay relays[] = {{.name = "lab", .region = 7}};
static const struct netmap map = {.relays = relays, .n_relays = 1};

static void a_way_has_words(void **state)
{
	char text[WAY_TEXT_MAX];
	struct way way = {.kind = WAY_NONE};
	assert_string_equal(way_text(&map, &way, text), "none");
	way = (struct way){.kind = WAY_RELAY, .region = 7};
	assert_string_equal(way_text(&map, &way, text), "relay(lab)");
	way.region = 8; /* the configuration has lost it */
	assert_string_equal(way_text(&map, &way, text), "relay(unknown)");
	way = (struct way){.kind = WAY_UDP, .ep = {ip_v4(192, 0, 2, 1), 41641}};
	assert_string_equal(way_text(&map, &way, text), "192.0.2.1:41641");
}

static void the_longest_name_and_the_longest_endpoint_fit(void **state)
{
	struct netmap_relay longest = {.region = 1};
	memset(longest.name, 'x', NETMAP_NAME_MAX - 1);
	const struct netmap one = {.relays = &longest, .n_relays = 1};
	char text[WAY_TEXT_MAX];
	struct way way = {.kind = WAY_RELAY, .region = 1};
	way_text(&one, &way, text);
	assert_int_equal(strlen(text), NETMAP_NAME_MAX - 1 + strlen("relay()"));
	assert_int_equal(text[strlen(text) - 1], ')');
	way = (struct way){.kind = WAY_UDP};
	assert_true(endpoint_parse(&way.ep, "[1111:2222:3333:4444:5555:6666:7777:8888]:65535"));
	assert_string_equal(way_text(&one, &way, text),
			    "[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
}

static void without_relays_one_is_unknown(void **state)
{
	const struct netmap none = {.n_relays = 0};
	char text[WAY_TEXT_MAX];
	assert_string_equal(way_text(&none, &(struct way){.kind = WAY_RELAY, .region = 7}, text),
			    "relay(unknown)");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_way_has_words),
	cmocka_unit_test(the_longest_name_and_the_longest_endpoint_fit),
	cmocka_unit_test(without_relays_one_is_unknown),
};
RUN_TESTS(tests)
