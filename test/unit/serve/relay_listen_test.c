#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/random.h"
#include "relay/client.h"
#include "relay/upgrade.h"
#include "serve/relay_listen.h"
#include "unit/unit.h"

/* A relay on the loopback, over plain HTTP, and clients on blocking sockets. */
struct scene {
	struct loop *loop;
	struct log log;
	struct relay_server *server;
	struct relay_listen *listen;
	uint16_t port;
};

struct peer {
	int fd;
	struct relay_client *c;
	struct node_key key;
	bool ready, lost;
	uint32_t received;
};

static void begin(struct scene *s, uint32_t clients_max)
{
	struct relay_server_config cfg = {.rng = random_source(), .clients_max = clients_max};
	char why[FAILURE_MAX];
	*s = (struct scene){.loop = loop_new()};
	assert_non_null(s->loop);
	log_init(&s->log, STDERR_FILENO, LOG_AT_ERROR);
	key_generate(cfg.key.b, &cfg.rng);
	s->server = relay_server_new(&cfg, loop_now(s->loop));
	s->listen = relay_listen_new(&(struct relay_listen_config){
		.loop = s->loop, .log = &s->log, .server = s->server, .streams_max = clients_max});
	assert_non_null(s->listen);
	struct endpoint at = {.ip = ip_v4(127, 0, 0, 1)};
	assert_true(relay_listen_open(s->listen, &at, false, &s->port, why));
	assert_true(s->port != 0);
}

static void end(struct scene *s)
{
	relay_listen_free(s->listen);
	relay_server_free(s->server);
	loop_free(s->loop);
}

static void turns(struct scene *s, int n)
{
	while (n-- > 0)
		loop_turn(s->loop, MSEC);
}

/* A busy machine takes its time to tell of a closed stream. */
static void expect_no_streams(struct scene *s)
{
	for (int i = 0; i < 500 && relay_listen_stats(s->listen)->streams > 0; i++)
		turns(s, 1);
	assert_int_equal(relay_listen_stats(s->listen)->streams, 0);
}

static int dial(struct scene *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(s->port)};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void join(struct scene *s, struct peer *p)
{
	struct relay_client_config cfg = {.rng = random_source(), .home = true};
	struct relay_client_event ev;
	uint8_t head[512];
	struct wr w = wr_of(head, sizeof(head));
	*p = (struct peer){.fd = dial(s)};
	key_generate(cfg.key.b, &cfg.rng);
	key_public(p->key.b, cfg.key.b);
	p->c = relay_client_new(&cfg, clock_now());
	assert_true(relay_client_event(p->c, &ev));
	upgrade_request(&w, "relay", true);
	assert_int_equal(write(p->fd, head, w.n), w.n);
	relay_client_up(p->c, NULL, clock_now());
}

/* Reads what is there, writes what the machine has. */
static void serve(struct peer *p)
{
	uint8_t b[4096];
	ssize_t n;
	while ((n = recv(p->fd, b, sizeof(b), MSG_DONTWAIT)) > 0) {
		struct relay_client_event ev;
		relay_client_input(p->c, (struct bytes){b, (size_t)n}, clock_now());
		while (relay_client_event(p->c, &ev)) {
			p->ready |= ev.kind == RELAY_READY;
			p->received += ev.kind == RELAY_PACKET;
		}
	}
	p->lost |= n == 0;
	while ((n = (ssize_t)relay_client_output(p->c, b, sizeof(b), clock_now())) > 0)
		assert_int_equal(send(p->fd, b, (size_t)n, MSG_NOSIGNAL), n);
}

static void join_until_ready(struct scene *s, struct peer *p)
{
	join(s, p);
	for (int i = 0; i < 500 && !p->ready; i++) {
		turns(s, 1);
		serve(p);
	}
	assert_true(p->ready);
}

static void leave(struct peer *p)
{
	close(p->fd);
	relay_client_free(p->c);
}

static void a_receiver_that_does_not_read_holds_up_nobody(void **state)
{
	enum { PACKETS = 4000, LEN = 1400 };
	static uint8_t packet[LEN];
	struct scene s;
	struct peer a, frozen, b;
	begin(&s, 8);
	join_until_ready(&s, &a);
	join_until_ready(&s, &frozen);
	join_until_ready(&s, &b);
	for (int i = 0; i < PACKETS; i++) {
		relay_client_send(a.c, &frozen.key, BYTES_OF(packet), clock_now());
		relay_client_send(a.c, &b.key, BYTES_OF(packet), clock_now());
		serve(&a);
		loop_turn(s.loop, 0);
		serve(&b);
	}
	for (int i = 0; i < 200 && b.received < PACKETS; i++) {
		turns(&s, 1);
		serve(&b);
	}
	const struct relay_server_stats *st = relay_server_stats(s.server);
	assert_int_equal(b.received, PACKETS);
	assert_true(st->dropped_oldest >
		    0); /* of the frozen one, whose kernel takes only so much */
	for (int i = 0; i < 200; i++) {
		turns(&s, 1);
		serve(&frozen); /* it wakes, and gets on with what is left */
	}
	assert_int_equal(frozen.received + st->dropped_oldest, PACKETS);
	leave(&a);
	leave(&frozen);
	leave(&b);
	turns(&s, 20);
	assert_int_equal(st->clients, 0);
	assert_int_equal(relay_listen_stats(s.listen)->streams, 0);
	end(&s);
}

static void a_burst_of_small_packets_arrives_whole(void **state)
{
	enum { PACKETS = 90 };
	struct scene s;
	struct peer a, b;
	begin(&s, 8);
	join_until_ready(&s, &a);
	join_until_ready(&s, &b);
	for (uint8_t i = 0; i < PACKETS; i++)
		relay_client_send(a.c, &b.key, (struct bytes){&i, 1}, clock_now());
	serve(&a);
	for (int i = 0; i < 20; i++) {
		turns(&s, 1);
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
	join_until_ready(&s, &a);
	relay_listen_drain(s.listen, 100 * MSEC, SECOND);
	turns(&s, 5);
	serve(&a);
	assert_false(a.lost);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(s.port)};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
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
	join_until_ready(&s, &a);
	int fd = dial(&s);
	turns(&s, 5);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	assert_int_equal(relay_listen_stats(s.listen)->refused, 1);
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
	int fd = dial(&s);
	assert_int_equal(write(fd, requests, sizeof(requests)), sizeof(requests));
	turns(&s, 10);
	while ((k = recv(fd, answer + n, sizeof(answer) - 1 - n, MSG_DONTWAIT)) > 0)
		n += (size_t)k;
	assert_int_equal(k, 0); /* its side is closed, after all answers */
	answer[n] = '\0';
	assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
	assert_non_null(strstr(answer, "This is a relay."));
	assert_non_null(strstr(answer, "HTTP/1.1 405 "));
	assert_int_equal(relay_listen_stats(s.listen)->pages, 3);
	close(fd);
	expect_no_streams(&s);
	end(&s);
}

static void who_asks_on_and_on_without_reading_is_answered_no_more(void **state)
{
	enum { ASKED = 20000 };
	static const char request[] = "GET / HTTP/1.1\r\n\r\n";
	struct scene s;
	begin(&s, 4);
	int fd = dial(&s);
	for (int i = 0; i < ASKED; i++) {
		(void)!send(fd, request, sizeof(request) - 1, MSG_DONTWAIT);
		if (i % 200 == 0)
			loop_turn(s.loop, 0);
	}
	turns(&s, 20);
	assert_in_range(relay_listen_stats(s.listen)->pages, 100, 2000);
	close(fd);
	expect_no_streams(&s);
	end(&s);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_receiver_that_does_not_read_holds_up_nobody),
	cmocka_unit_test(a_burst_of_small_packets_arrives_whole),
	cmocka_unit_test(a_drain_tells_all_and_takes_no_more),
	cmocka_unit_test(a_full_relay_turns_away),
	cmocka_unit_test(a_page_is_answered_and_the_stream_closed_after_a_fault),
	cmocka_unit_test(who_asks_on_and_on_without_reading_is_answered_no_more),
};
RUN_TESTS(tests)
