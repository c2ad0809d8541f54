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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_way_has_words),
};
RUN_TESTS(tests)
