#include "unit/serve/relay_scene.h"

static void a_receiver_that_does_not_read_holds_up_nobody(void **state)
{
	enum { PACKETS = 4000, LEN = 1400 };
	static uint8_t packet[LEN];
	struct scene s;
	struct peer a, frozen, b;
	begin(&s, 8);
	join_until_ready(&s.s, &a);
	join_until_ready(&s.s, &frozen);
	join_until_ready(&s.s, &b);
	for (int i = 0; i < PACKETS; i++) {
		relay_client_send(a.c, &frozen.key, BYTES_OF(packet), clock_now());
		relay_client_send(a.c, &b.key, BYTES_OF(packet), clock_now());
		serve(&a);
		loop_turn(s.s.loop, 0);
		serve(&b);
	}
	for (int i = 0; i < 200 && b.received < PACKETS; i++) {
		turns(&s.s, 1);
		serve(&b);
	}
	const struct relay_server_stats *st = relay_server_stats(s.server);
	assert_int_equal(b.received, PACKETS);
	/* Of the frozen one, whose kernel takes only so much. */
	assert_true(st->dropped_oldest > 0);
	for (int i = 0; i < 200; i++) {
		turns(&s.s, 1);
		serve(&frozen); /* it wakes, and takes what is left */
	}
	assert_int_equal(frozen.received + st->dropped_oldest, PACKETS);
	leave(&a);
	leave(&frozen);
	leave(&b);
	turns(&s.s, 20);
	assert_int_equal(st->clients, 0);
	assert_int_equal(listen_stats(s.s.listen)->streams, 0);
	end(&s);
}

static void a_burst_of_small_packets_arrives_whole(void **state)
{
	enum { PACKETS = 90 };
	struct scene s;
	struct peer a, b;
	begin(&s, 8);
	join_until_ready(&s.s, &a);
	join_until_ready(&s.s, &b);
	for (uint8_t i = 0; i < PACKETS; i++)
		relay_client_send(a.c, &b.key, (struct bytes){&i, 1}, clock_now());
	serve(&a);
	for (int i = 0; i < 20; i++) {
		turns(&s.s, 1);
		serve(&b);
	}
	assert_int_equal(b.received, PACKETS);
	leave(&a);
	leave(&b);
	end(&s);
}

static void a_drain_tells_all_and_takes_no_more(void **state)
{
	struct scene s;
	struct peer a;
	begin(&s, 8);
	join_until_ready(&s.s, &a);
	listen_stop(s.s.listen);
	relay_route_drain(s.route, 100 * MSEC, SECOND);
	turns(&s.s, 5);
	serve(&a);
	assert_false(a.lost);
	expect_refused(&s.s);
	end(&s);
	serve(&a);
	assert_true(a.lost);
	leave(&a);
}

static void a_full_relay_turns_away(void **state)
{
	struct scene s;
	struct peer a;
	char byte;
	begin(&s, 1);
	join_until_ready(&s.s, &a);
	int fd = dial(&s.s);
	turns(&s.s, 5);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	assert_int_equal(listen_stats(s.s.listen)->refused, 1);
	close(fd);
	leave(&a);
	end(&s);
}

static void a_page_is_answered_and_the_stream_closed_after_a_fault(void **state)
{
	static const char requests[] =
		"GET /derp/probe HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\n\r\nrest";
	struct scene s;
	char answer[4096];
	size_t n = 0;
	ssize_t k;
	begin(&s, 4);
	int fd = dial(&s.s);
	assert_int_equal(write(fd, requests, sizeof(requests)), sizeof(requests));
	turns(&s.s, 10);
	while ((k = recv(fd, answer + n, sizeof(answer) - 1 - n, MSG_DONTWAIT)) > 0)
		n += (size_t)k;
	assert_int_equal(k, 0); /* its side is closed, after all answers */
	answer[n] = '\0';
	assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
	assert_non_null(strstr(answer, "This is a relay."));
	assert_non_null(strstr(answer, "HTTP/1.1 405 "));
	assert_int_equal(web_stats(s.web)->pages, 3);
	close(fd);
	expect_no_streams(&s.s);
	end(&s);
}

static void a_client_that_asks_on_and_on_without_reading_is_answered_no_more(void **state)
{
	enum { ASKED = 20000 };
	static const char request[] = "GET / HTTP/1.1\r\n\r\n";
	struct scene s;
	begin(&s, 4);
	int fd = dial(&s.s);
	for (int i = 0; i < ASKED; i++) {
		(void)!send(fd, request, sizeof(request) - 1, MSG_DONTWAIT);
		if (i % 200 == 0)
			loop_turn(s.s.loop, 0);
	}
	turns(&s.s, 20);
	assert_in_range(web_stats(s.web)->pages, 100, 2000);
	close(fd);
	expect_no_streams(&s.s);
	end(&s);
}

/* There is room for its stream, but the server has no place for it. */
static void a_client_beyond_the_servers_places_is_turned_away(void **state)
{
	struct scene s;
	struct peer a, b;
	begin_closed(&s, 1, 8);
	begin_open(&s);
	join_until_ready(&s.s, &a);
	join(&s.s, &b);
	for (int i = 0; i < 500 && !b.lost; i++) {
		turns(&s.s, 1);
		serve(&b);
	}
	assert_true(b.lost);
	assert_false(b.ready);
	assert_int_equal(listen_stats(s.s.listen)->streams, 1);
	assert_int_equal(relay_server_stats(s.server)->clients, 1);
	leave(&b);
	leave(&a);
	expect_no_streams(&s.s);
	join_until_ready(&s.s, &a); /* its place is free again */
	leave(&a);
	end(&s);
}

static void a_client_that_breaks_the_protocol_is_closed(void **state)
{
	static const char request[] = "GET /derp HTTP/1.1\r\nUpgrade: DERP\r\nDerp-Fast-Start: "
				      "1\r\nConnection: Upgrade\r\n\r\n";
	static const uint8_t client_info_of_1_gib[] = {2, 0x40, 0, 0, 0};
	struct scene s;
	char got[200];
	begin(&s, 4);
	int fd = dial(&s.s);
	say(fd, request);
	assert_int_equal(write(fd, client_info_of_1_gib, sizeof(client_info_of_1_gib)),
			 sizeof(client_info_of_1_gib));
	assert_true(hear(&s.s, fd, got, sizeof(got), sizeof(got)));
	expect_no_streams(&s.s);
	assert_int_equal(relay_server_stats(s.server)->clients, 0);
	assert_int_equal(relay_server_stats(s.server)->broke_protocol, 1);
	close(fd);
	end(&s);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_receiver_that_does_not_read_holds_up_nobody),
	cmocka_unit_test(a_burst_of_small_packets_arrives_whole),
	cmocka_unit_test(a_drain_tells_all_and_takes_no_more),
	cmocka_unit_test(a_full_relay_turns_away),
	cmocka_unit_test(a_page_is_answered_and_the_stream_closed_after_a_fault),
	cmocka_unit_test(a_client_that_asks_on_and_on_without_reading_is_answered_no_more),
	cmocka_unit_test(a_client_beyond_the_servers_places_is_turned_away),
	cmocka_unit_test(a_client_that_breaks_the_protocol_is_closed),
};
RUN_TESTS(tests)
