#include "serve/relay_report.h"

#include <stdlib.h>

#include "unit/unit.h"

#define PIN "sha256-raw:00"

static void counters_are_one_line_of_json(void **state)
{
	struct relay_server_stats server = {.clients = 1,
					    .registered = 2,
					    .accepted = 3,
					    .refused = 4,
					    .broke_protocol = 5,
					    .packets_in = 6,
					    .packets_out = 7,
					    .bytes_in = 8,
					    .bytes_out = 9,
					    .dropped_unknown = 10,
					    .dropped_oldest = 11,
					    .dropped_full = 12,
					    .dropped_gone = 14,
					    .peer_gone_sent = 15,
					    .keepalives_sent = 1ull << 40};
	struct listen_stats listen = {
		.streams = 1, .accepted = 2, .refused = 3, .tls_failed = 4, .slow = 5};
	struct web_stats web = {.pages = 6};
	struct relay_route_stats route = {.slow = 7};
	struct stun_listen_stats stun = {.answered = 1, .ignored = 2, .failed = 3};
	struct relay_counters c = {&server, &listen, &web, &route, &stun};
	char *text = relay_report_counters(&c);
	assert_string_equal(
		text,
		"{\"relay\":{\"clients\":1,\"registered\":2,\"accepted\":3,\"refused\":4,"
		"\"broke_protocol\":5,\"packets_in\":6,\"packets_out\":7,\"bytes_in\":8,"
		"\"bytes_out\":9,\"dropped_unknown\":10,\"dropped_oldest\":11,\"dropped_full\":12,"
		"\"dropped_gone\":14,\"peer_gone_sent\":15,"
		"\"keepalives_sent\":1099511627776},\"streams\":{\"open\":1,\"accepted\":2,"
		"\"refused\":3,\"tls_failed\":4,\"pages\":6,\"slow\":12},\"stun\":{\"answered\":1,"
		"\"ignored\":2,\"failed\":3}}");
	free(text);
	c.stun = NULL;
	text = relay_report_counters(&c);
	assert_non_null(strstr(text, ",\"stun\":null}"));
	free(text);
}

static const struct {
	struct relay_for_node node;
	const char *section, *json;
} lines[] = {
	{{"relay.example", 443, 3478, PIN, false},
	 "Host = relay.example\nPort = 443\nPin = " PIN "\n",
	 "{\"name\":\"lab\",\"region\":1,\"host\":\"relay.example\",\"port\":443,\"pin\":\"" PIN
	 "\",\"plain\":false,\"stun_port\":3478}\n"},
	{{"192.0.2.1", 8443, 5000, NULL, false},
	 "Host = 192.0.2.1\nPort = 8443\nSTUNPort = 5000\n",
	 "{\"name\":\"lab\",\"region\":1,\"host\":\"192.0.2.1\",\"port\":8443,\"plain\":false,"
	 "\"stun_port\":5000}\n"},
	{{"2001:db8::1", 80, 0, NULL, true},
	 "Host = 2001:db8::1\nPort = 80\nPlain = yes\nSTUNPort = 0\n",
	 "{\"name\":\"lab\",\"region\":1,\"host\":\"2001:db8::1\",\"port\":80,\"plain\":true,"
	 "\"stun_port\":-1}\n"},
};

static void expect_written(void (*report)(FILE *out, const struct relay_for_node *r),
			   const struct relay_for_node *node, const char *front, const char *want)
{
	char *text = NULL;
	size_t n, skip = strlen(front);
	FILE *out = open_memstream(&text, &n);
	report(out, node);
	fclose(out);
	assert_true(n >= skip);
	assert_memory_equal(text, front, skip);
	assert_string_equal(text + skip, want);
	free(text);
}

static void a_node_is_told_what_it_needs_to_know(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		expect_written(relay_report_section, &lines[i].node,
			       "# for the configuration of a node\n[Relay]\nName = lab\n"
			       "Region = 1\n",
			       lines[i].section);
		expect_written(relay_report_json, &lines[i].node, "", lines[i].json);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(counters_are_one_line_of_json),
	cmocka_unit_test(a_node_is_told_what_it_needs_to_know),
};
RUN_TESTS(tests)
