#include "app/warren/print.h"
#include "unit/json_text.h"

#include <stdlib.h>

/* Compares what was printed, and frees it. */
static char *printed;
static size_t printed_n;

static FILE *paper(void)
{
	FILE *f = open_memstream(&printed, &printed_n);
	assert_non_null(f);
	return f;
}

static void assert_printed(FILE *f, const char *want)
{
	fclose(f);
	assert_string_equal(printed, want);
	free(printed);
}

static void status_prints(const char *text, bool peers, const char *want)
{
	json_t *status = json(text);
	FILE *f = paper();
	status_print(f, status, peers);
	json_decref(status);
	assert_printed(f, want);
}

/* --- status --- */

static const char network[] =
	"{\"up\": true, \"self\": {\"name\": \"alice\", \"addresses\": [\"100.64.0.1\", "
	"\"fd7a::1\"], \"relay\": \"lab\"},\"relays\": [{\"name\": \"lab\", \"why\": null, "
	"\"health\": \"too slow\"}, "
	"{\"name\": \"far\", \"why\": \"it has another certificate\"}],\"peers\": [{\"name\": "
	"\"bob\", \"addresses\": [\"100.64.0.2\"], \"active\": true, \"direct\": true, "
	"\"endpoint\": \"192.0.2.1:41641\", \"relay\": null, \"tx_bytes\": 1234, \"rx_bytes\": "
	"5678},{\"name\": \"carol\", \"addresses\": [\"100.64.0.103\"], \"active\": true, "
	"\"endpoint\": null, \"relay\": \"lab\", \"tx_bytes\": 1, \"rx_bytes\": 2},{\"name\": "
	"\"dave\", \"addresses\": [\"100.64.0.4\"], \"active\": true, \"in_doubt\": true, "
	"\"endpoint\": \"192.0.2.4:1\", \"relay\": \"lab\", \"tx_bytes\": 3, \"rx_bytes\": "
	"4},{\"name\": \"dora\", \"addresses\": [\"100.64.0.7\"], \"active\": true, \"nat64\": "
	"true, \"endpoint\": \"192.0.2.7:1\", \"relay\": null, \"tx_bytes\": 6, \"rx_bytes\": "
	"7},{\"name\": \"erin\", \"addresses\": [\"100.64.0.5\"], \"active\": true, \"tx_bytes\": "
	"5, \"rx_bytes\": 0},{\"name\": \"frank\", \"addresses\": [\"100.64.0.6\"], \"active\": "
	"false, \"tx_bytes\": 9, \"rx_bytes\": 8},{\"name\": \"office\", \"addresses\": [], "
	"\"active\": false, \"tx_bytes\": 0, \"rx_bytes\": 0}]}";

static void peers_stand_under_each_other(void **state)
{
	status_prints(network, true,
		      "100.64.0.1    alice   this node; relay \"lab\"\n"
		      "100.64.0.2    bob     active; direct 192.0.2.1:41641, tx 1234 rx 5678\n"
		      "100.64.0.103  carol   active; relay \"lab\", tx 1 rx 2\n"
		      "100.64.0.4    dave    active; direct 192.0.2.4:1 in doubt, and relay "
		      "\"lab\", tx 3 rx 4\n"
		      "100.64.0.7    dora    active; direct 192.0.2.7:1 via NAT64, tx 6 rx 7\n"
		      "100.64.0.5    erin    active; no way to it now, tx 5 rx 0\n"
		      "100.64.0.6    frank   idle, tx 9 rx 8\n"
		      "-             office  -\n"
		      "\n"
		      "# Health check:\n"
		      "#     - relay \"lab\" says: too slow\n"
		      "#     - relay \"far\": it has another certificate\n");
}

static void peers_can_be_left_out(void **state)
{
	status_prints("{\"up\": true, \"self\": {\"addresses\": [\"10.0.0.1\"]}, \"peers\": "
		      "[{\"name\": \"bob\"}]}",
		      false, "10.0.0.1  -  this node\n");
}

static void the_proxy_to_our_relay_is_shown(void **state)
{
	status_prints("{\"up\": true, \"self\": {\"addresses\": [\"10.0.0.1\"], \"relay\": "
		      "\"lab\"}, \"relays\": [{\"name\": \"far\", \"proxy\": \"192.0.2.8:80\"}, "
		      "{\"name\": \"lab\", \"proxy\": \"192.0.2.9:3128\"}]}",
		      false,
		      "10.0.0.1  -  this node; relay \"lab\" through the proxy 192.0.2.9:3128\n");
	status_prints("{\"up\": true, \"self\": {\"addresses\": [\"10.0.0.1\"], \"relay\": "
		      "\"lab\"}, \"relays\": [{\"name\": \"far\", \"proxy\": \"192.0.2.8:80\"}, "
		      "{\"name\": \"lab\", \"proxy\": null}]}",
		      false, "10.0.0.1  -  this node; relay \"lab\"\n");
}

static void a_network_that_is_down_says_how_to_bring_it_up(void **state)
{
	status_prints("{\"up\": false}", true, "Warren is down. Bring it up with: warren up\n");
	status_prints("[]", true, "Warren is down. Bring it up with: warren up\n");
}

static void what_is_mapped_stands_in_the_line_of_this_node(void **state)
{
	static const char up[] =
		"{\"up\": true, \"self\": {\"name\": \"alice\", \"addresses\": "
		"[\"100.64.0.1\"],\"port_mapping\": {\"mappings\": [{\"protocol\": \"pcp\", "
		"\"endpoint\": \"203.0.113.7:4444\", \"double_nat\": false},{\"protocol\": "
		"\"upnp\", \"endpoint\": \"10.0.0.7:4444\", \"double_nat\": true}]}}}";
	status_prints(up, true,
		      "100.64.0.1  alice  this node; 203.0.113.7:4444 mapped by pcp; 10.0.0.7:4444 "
		      "mapped by upnp (behind another NAT)\n");
}

/* One peer, alone with a node whose columns are as wide as its own. */
static void peer_prints(const char *peer, const char *want)
{
	char text[1024], line[512];
	snprintf(text, sizeof(text),
		 "{\"up\": true, \"self\": {\"name\": \"a\", \"addresses\": [\"10.0.0.1\"]}, "
		 "\"peers\": [{\"name\": \"b\", \"addresses\": [\"10.0.0.2\"]%s}]}",
		 peer);
	snprintf(line, sizeof(line), "10.0.0.1  a  this node\n10.0.0.2  b  %s\n", want);
	status_prints(text, true, line);
}

static void each_way_to_a_peer_has_its_words(void **state)
{
#define ACTIVE ", \"active\": true, \"tx_bytes\": 1, \"rx_bytes\": 2"
	static const struct {
		const char *peer, *want;
	} rows[] = {
		{", \"endpoint\": \"192.0.2.1:1\", \"second_endpoint\": \"192.0.2.2:2\"" ACTIVE,
		 "active; direct 192.0.2.1:1 (ready beside it: 192.0.2.2:2), tx 1 rx 2"},
		{", \"endpoint\": \"192.0.2.1:1\", \"second_endpoint\": null" ACTIVE,
		 "active; direct 192.0.2.1:1, tx 1 rx 2"},
		{", \"endpoint\": null, \"relay\": \"lab\", \"relay_faster\": true" ACTIVE,
		 "active; relay \"lab\" (faster than the direct path), tx 1 rx 2"},
		/* In doubt without a relay: the direct path is all there is. */
		{", \"in_doubt\": true, \"endpoint\": \"192.0.2.1:1\", \"relay\": null" ACTIVE,
		 "active; direct 192.0.2.1:1, tx 1 rx 2"},
		{", \"in_doubt\": true, \"relay\": \"lab\"" ACTIVE,
		 "active; relay \"lab\", tx 1 rx 2"},
		{ACTIVE, "active; no way to it now, tx 1 rx 2"},
		/* A way is told of an active peer only: of another one it may be stale. */
		{", \"endpoint\": \"192.0.2.1:1\", \"tx_bytes\": 1", "idle, tx 1 rx 0"},
		{", \"rx_bytes\": 1", "idle, tx 0 rx 1"},
		{", \"endpoint\": \"192.0.2.1:1\"", "-"},
		{", \"active\": true", "active; no way to it now, tx 0 rx 0"},
		{", \"tx_bytes\": 9000000000000, \"rx_bytes\": 4294967296",
		 "idle, tx 9000000000000 rx 4294967296"},
		/* Types that no version of ours writes. */
		{", \"active\": 1, \"tx_bytes\": \"many\", \"endpoint\": []", "-"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		peer_prints(rows[i].peer, rows[i].want);
#undef ACTIVE
}

static void a_status_without_its_parts_still_prints(void **state)
{
	status_prints("{\"up\": true}", true, "-  -  this node\n");
	status_prints("{\"up\": true, \"self\": [], \"peers\": {}, \"relays\": 7}", true,
		      "-  -  this node\n");
	status_prints("{\"up\": true, \"peers\": [null, 3, {}]}", true,
		      "-  -  this node\n-  -  -\n-  -  -\n-  -  -\n");
	status_prints("{\"up\": 1}", true, "Warren is down. Bring it up with: warren up\n");
}

static void relays_in_good_health_are_not_mentioned(void **state)
{
	status_prints("{\"up\": true, \"relays\": [{\"name\": \"a\", \"why\": \"\"}, {\"name\": "
		      "\"b\", \"why\": \"no answer\"}, {\"name\": \"c\"}, {\"name\": \"d\", "
		      "\"why\": \"it is full\"}]}",
		      false,
		      "-  -  this node\n\n# Health check:\n#     - relay \"b\": no answer\n"
		      "#     - relay \"d\": it is full\n");
	status_prints("{\"up\": true, \"relays\": [{\"name\": \"a\", \"why\": null}]}", false,
		      "-  -  this node\n");
}

/* Columns without peers in view are as wide as this node needs. */
static void peers_that_are_not_shown_take_no_room(void **state)
{
	static const char text[] =
		"{\"up\": true, \"self\": {\"name\": \"a\", \"addresses\": [\"10.0.0.1\"]}, "
		"\"peers\": [{\"name\": \"a-long-name\", \"addresses\": [\"100.100.100.100\"]}]}";
	status_prints(text, false, "10.0.0.1  a  this node\n");
	status_prints(text, true,
		      "10.0.0.1         a            this node\n"
		      "100.100.100.100  a-long-name  -\n");
}

/* --- ping --- */

static void pongs(void **state)
{
	static const struct {
		const char *pong, *line;
	} rows[] = {
		{"{\"name\": \"bob\", \"ip\": \"100.64.0.2\", \"endpoint\": null, \"relay\": "
		 "\"lab\", \"rtt_ms\": 29.6}",
		 "pong from bob (100.64.0.2) via relay(lab) in 30ms\n"},
		{"{\"name\": \"bob\", \"ip\": \"100.64.0.2\", \"endpoint\": \"192.0.2.1:41641\", "
		 "\"rtt_ms\": 8.2}",
		 "pong from bob (100.64.0.2) via 192.0.2.1:41641 in 8ms\n"},
		{"{\"name\": \"bob\", \"endpoint\": \"[2001:db8::1]:1\", \"rtt_ms\": 0.2}",
		 "pong from bob via [2001:db8::1]:1 in 1ms\n"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *pong = json(rows[i].pong);
		FILE *f = paper();
		pong_print(f, pong);
		json_decref(pong);
		assert_printed(f, rows[i].line);
	}
}

/* --- why --- */

static void sentences_are_printed_under_headings(void **state)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	json_t *all = json_loads(
		"{\"now\": \"bob is far.\", \"failed\": [\"This.\", \"That.\"], \"advice\": [], "
		"\"tried\": [\"Much.\"], \"history\": [{\"time\": \"2026-11-20T10:00:00.000Z\", "
		"\"from\": \"relay(lab)\", \"way\": \"192.0.2.1:1\", \"reason\": \"it answered\", "
		"\"rtt_ms\": 1.5},  {\"time\": \"T\", \"from\": \"192.0.2.1:1\", \"way\": "
		"\"relay(lab)\", \"in_doubt\": true, \"reason\": \"silence\", \"rtt_ms\": null}]}",
		0, NULL);
	why_print(f, all);
	json_decref(all);
	fclose(f);
	assert_string_equal(
		text, "bob is far.\n"
		      "\nWhat failed\n  - This.\n  - That.\n"
		      "\nWhat was tried\n  - Much.\n"
		      "\nIts path before\n"
		      "  2026-11-20T10:00:00.000Z  relay(lab) -> 192.0.2.1:1: it answered, 1.5 ms\n"
		      "  T  192.0.2.1:1 in doubt, and relay(lab): silence\n");
	free(text);
}

static void why_prints(const char *text, const char *want)
{
	json_t *v = json(text);
	FILE *f = paper();
	why_print(f, v);
	json_decref(v);
	assert_printed(f, want);
}

static void a_heading_stands_only_over_lines(void **state)
{
	why_prints("{\"now\": \"All is well.\"}", "All is well.\n");
	why_prints("{\"now\": \"All is well.\", \"failed\": [], \"advice\": null, \"tried\": {}, "
		   "\"seen\": \"much\", \"history\": []}",
		   "All is well.\n");
	why_prints("{\"now\": \"N.\", \"advice\": [\"A.\"], \"seen\": [\"S.\", \"T.\"]}",
		   "N.\n\nWhat could be changed\n  - A.\n\nWhat was seen\n  - S.\n  - T.\n");
}

static void an_answer_of_another_version_prints_what_it_has(void **state)
{
	why_prints("{}", "\n");
	why_prints("{\"failed\": [1, \"F.\"]}", "\n\nWhat failed\n  - \n  - F.\n");
	why_prints("{\"now\": \"N.\", \"history\": [{\"way\": \"relay(lab)\", \"rtt_ms\": 12}]}",
		   "N.\n\nIts path before\n     -> relay(lab): , 12.0 ms\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(peers_stand_under_each_other),
		cmocka_unit_test(peers_can_be_left_out),
		cmocka_unit_test(the_proxy_to_our_relay_is_shown),
		cmocka_unit_test(a_network_that_is_down_says_how_to_bring_it_up),
		cmocka_unit_test(what_is_mapped_stands_in_the_line_of_this_node),
		cmocka_unit_test(pongs),
		cmocka_unit_test(sentences_are_printed_under_headings),
		cmocka_unit_test(each_way_to_a_peer_has_its_words),
		cmocka_unit_test(a_status_without_its_parts_still_prints),
		cmocka_unit_test(relays_in_good_health_are_not_mentioned),
		cmocka_unit_test(peers_that_are_not_shown_take_no_room),
		cmocka_unit_test(a_heading_stands_only_over_lines),
		cmocka_unit_test(an_answer_of_another_version_prints_what_it_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
