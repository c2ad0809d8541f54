#include "explain/tried.h"
#include "unit/unit.h"

static const mono_ns NOW = 1000 * SECOND;

static struct endpoint at(uint8_t last)
{
	return (struct endpoint){ip_v4(192, 0, 2, last), 41641};
}

static void expect(const struct sentences *list, size_t i, const char *says)
{
	assert_true(i < list->n);
	assert_string_equal(list->v[i], says);
}

static bool has(const struct sentences *list, const char *words)
{
	for (size_t i = 0; i < list->n; i++)
		if (strstr(list->v[i], words))
			return true;
	return false;
}

/* --- tried --- */

static void an_endpoint_was_named_by_a_person_first_then_by_the_peer(void **state)
{
	assert_string_equal(explain_named_by(&(struct remote_facts){.by_hand = true, .told = true}),
			    "configured");
	assert_string_equal(explain_named_by(&(struct remote_facts){.told = true, .seen = true}),
			    "told by it");
	assert_string_equal(explain_named_by(&(struct remote_facts){.seen = true}),
			    "seen in its pings");
}

static void calls_are_told_of_if_there_were_any(void **state)
{
	static const struct {
		uint32_t sent, taken;
		const char *says;
	} rows[] = {
		{1, 0,
		 "Over the relay we told bob where we may be reached once, and were told so "
		 "by it not once."},
		{0, 2,
		 "Over the relay we told bob where we may be reached not once, and were told "
		 "so by it twice."},
		{12, 7,
		 "Over the relay we told bob where we may be reached 12 times, and were "
		 "told so by it 7 times."},
	};
	struct sentences list;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct path_facts path = {.calls_sent = rows[i].sent, .calls_taken = rows[i].taken};
		struct explain_facts f = {.path = &path, .peer = "bob", .now = NOW};
		explain_tried(&f, &list);
		expect(&list, 0, rows[i].says);
	}
	struct path_facts path = {.calls_sent = 0};
	struct explain_facts f = {.path = &path, .peer = "bob", .now = NOW};
	explain_tried(&f, &list);
	assert_int_equal(list.n, 1); /* of the port mapping */
	assert_false(has(&list, "Over the relay"));
}

static void each_endpoint_of_the_peer_has_a_sentence(void **state)
{
	static const struct {
		struct remote_facts r;
		const char *says;
	} rows[] = {
		{{.by_hand = true}, "192.0.2.1:41641 (configured): not pinged yet."},
		{{.told = true, .pings = 1}, "192.0.2.1:41641 (told by it): 1 ping, no answer."},
		{{.told = true, .pings = 2}, "192.0.2.1:41641 (told by it): 2 pings, no answer."},
		{{.seen = true, .pings = 1, .pongs = 1, .rtt = 12340 * USEC},
		 "192.0.2.1:41641 (seen in its pings): 1 ping, 1 answered, 12.3 ms."},
		{{.seen = true, .pings = 9, .pongs = 7, .rtt = MSEC, .loss_percent = 22},
		 "192.0.2.1:41641 (seen in its pings): 9 pings, 7 answered, 1.0 ms, 22 % lost of "
		 "late."},
	};
	struct sentences list;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct path_facts path = {.remotes = {rows[i].r}, .n_remotes = 1};
		struct explain_facts f = {.path = &path, .peer = "bob", .now = NOW};
		path.remotes[0].ep = at(1);
		explain_tried(&f, &list);
		expect(&list, 0, rows[i].says);
	}
}

static void padded_pings_are_told_of_apart(void **state)
{
	struct path_facts path = {.n_remotes = 1,
				  .remotes = {{.ep = at(1), .told = true, .padded_pings = 1}}};
	struct explain_facts f = {.path = &path, .peer = "bob", .now = NOW};
	struct sentences list;
	explain_tried(&f, &list);
	expect(&list, 1,
	       "192.0.2.1:41641: 1 padded ping, to see how large a packet passes whole, "
	       "0 answered.");
	path.remotes[0].padded_pings = 3;
	path.remotes[0].padded_pongs = 2;
	explain_tried(&f, &list);
	expect(&list, 1,
	       "192.0.2.1:41641: 3 padded pings, to see how large a packet passes whole, "
	       "2 answered.");
}

static void what_was_tried_is_told_in_one_order(void **state)
{
	struct path_facts path = {.calls_sent = 1,
				  .n_remotes = 1,
				  .remotes = {{.ep = at(1), .told = true}},
				  .pings_heard = 2,
				  .hard = {.next = MONO_NEVER,
					   .n_past = 1,
					   .past = {{.began = 990 * SECOND,
						     .ended = 993 * SECOND,
						     .end = ATTEMPT_UNANSWERED}}}};
	struct explain_facts f = {.path = &path, .peer = "bob", .now = NOW};
	struct sentences list;
	explain_tried(&f, &list);
	assert_int_equal(list.n, 5);
	assert_non_null(strstr(list.v[0], "Over the relay we told bob"));
	expect(&list, 1, "192.0.2.1:41641 (told by it): not pinged yet.");
	expect(&list, 2, "bob pinged us by UDP twice.");
	assert_non_null(strstr(list.v[3], "10 s ago we asked bob to cross hard NATs"));
	expect(&list, 4, "No router was asked to map our port (PortMapping = no).");
	explain_tried(&f, &list); /* anew, not behind the old ones */
	assert_int_equal(list.n, 5);
}

static void as_many_endpoints_as_there_may_be_all_have_their_sentences(void **state)
{
	static struct path_facts path = {
		.n_remotes = FACTS_REMOTES_MAX, .calls_sent = 1, .pings_heard = 1};
	static struct sentences list;
	struct explain_facts f = {.path = &path, .peer = "bob", .now = NOW};
	for (uint8_t i = 0; i < FACTS_REMOTES_MAX; i++)
		path.remotes[i] = (struct remote_facts){.ep = at(i), .padded_pings = 1};
	explain_tried(&f, &list);
	assert_int_equal(list.n, 2 * FACTS_REMOTES_MAX + 3);
	expect(&list, 2 * FACTS_REMOTES_MAX + 2,
	       "No router was asked to map our port (PortMapping = no).");
}

/* --- seen --- */

static void where_this_node_may_be_reached_is_told_with_its_source(void **state)
{
	struct path_facts path = {.mapping = MAPPING_SAME};
	struct explain_facts f = {.path = &path, .peer = "bob"};
	struct sentences list;
	struct endpoint a = at(1), b = at(2);
	candidates_add(&path.own, &a, CANDIDATE_STUN);
	candidates_add(&path.own, &b, CANDIDATE_LOCAL);
	explain_seen(&f, &list);
	assert_int_equal(list.n, 3);
	expect(&list, 0, "This node may be reached at 192.0.2.1:41641 (stun).");
	expect(&list, 1, "This node may be reached at 192.0.2.2:41641 (local).");
}

static void only_servers_that_are_silent_are_named(void **state)
{
	struct path_facts path = {.n_servers = 2, .servers = {{at(1), at(9)}, {.at = at(2)}}};
	struct explain_facts f = {.path = &path, .peer = "bob"};
	struct sentences list;
	explain_seen(&f, &list);
	assert_int_equal(list.n, 2);
	expect(&list, 0, "The STUN server 192.0.2.2:41641 did not answer.");
}

static void the_nat_is_easy_or_hard_or_not_known(void **state)
{
	static const struct {
		enum dest_mapping mapping;
		const char *says;
	} rows[] = {
		{MAPPING_SAME, "Our NAT, if there is one, uses one port for all destinations (an "
			       "easy one)."},
		{MAPPING_VARIES, "Our NAT uses another port for each destination (a hard one)."},
		{MAPPING_UNKNOWN,
		 "Whether our NAT, if there is one, is easy or hard is not known: one STUN server "
		 "does not tell. Find out with: warren netcheck"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct path_facts path = {.mapping = rows[i].mapping};
		struct explain_facts f = {.path = &path, .peer = "bob"};
		struct sentences list;
		explain_seen(&f, &list);
		assert_int_equal(list.n, 1);
		expect(&list, 0, rows[i].says);
	}
}

static void a_translator_and_a_proxy_are_told_of(void **state)
{
	struct path_facts path = {.n_servers = 0};
	struct prefix p;
	struct explain_facts f = {.path = &path,
				  .peer = "bob",
				  .relay = "lab",
				  .nat64 = &p,
				  .proxy = "proxy.example:3128"};
	struct sentences list;
	assert_true(prefix_parse(&p, "64:ff9b::/96"));
	explain_seen(&f, &list);
	assert_int_equal(list.n, 3);
	expect(&list, 0,
	       "This network has only IPv6: IPv4 is reached through its NAT64 "
	       "(64:ff9b::/96).");
	expect(&list, 1,
	       "The relay \"lab\" is reached through the HTTP proxy proxy.example:3128, "
	       "which carries no UDP.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_endpoint_was_named_by_a_person_first_then_by_the_peer),
		cmocka_unit_test(calls_are_told_of_if_there_were_any),
		cmocka_unit_test(each_endpoint_of_the_peer_has_a_sentence),
		cmocka_unit_test(padded_pings_are_told_of_apart),
		cmocka_unit_test(what_was_tried_is_told_in_one_order),
		cmocka_unit_test(as_many_endpoints_as_there_may_be_all_have_their_sentences),
		cmocka_unit_test(where_this_node_may_be_reached_is_told_with_its_source),
		cmocka_unit_test(only_servers_that_are_silent_are_named),
		cmocka_unit_test(the_nat_is_easy_or_hard_or_not_known),
		cmocka_unit_test(a_translator_and_a_proxy_are_told_of),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
