#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/udp_inside.h"
#include "unit/io/few_files.h"
#include "unit/unit.h"

enum { MANY = 500 };

static struct udp *open_any(bool no_gso, bool no_gro)
{
	char why[FAILURE_MAX];
	struct udp *u = udp_open(&(struct udp_config){.no_gso = no_gso, .no_gro = no_gro}, why);
	if (!u)
		fail_msg("%s", why);
	return u;
}

static struct endpoint here4(const struct udp *u)
{
	return (struct endpoint){ip_v4(127, 0, 0, 1), udp_port(u)};
}

static struct endpoint here6(const struct udp *u)
{
	struct endpoint e = {.port = udp_port(u)};
	assert_true(ip_parse(&e.ip, "::1"));
	return e;
}

static bool have_v6(const struct udp *u)
{
	char why[FAILURE_MAX];
	struct udp *other = udp_open(&(struct udp_config){0}, why);
	uint8_t byte = 1;
	struct datagram d = {{&byte, 1, 0, 0}, here6(u)};
	struct udp_refused r;
	udp_send(other, &d, 1, &r);
	bool have = udp_fd6(u) >= 0 && r.n == 0;
	udp_close(other);
	if (have) { /* take it out again */
		struct pollfd p = {.fd = udp_fd6(u), .events = POLLIN};
		poll(&p, 1, 1000);
		assert_int_equal(udp_recv((struct udp *)(uintptr_t)u, &d, 1), 1);
	}
	return have;
}

static void wait_readable(struct udp *u)
{
	struct pollfd p[2] = {{.fd = udp_fd4(u), .events = POLLIN},
			      {.fd = udp_fd6(u), .events = POLLIN}};
	assert_true(poll(p, 2, 2000) > 0);
}

struct flood {
	uint8_t memory[MANY][1400];
	struct datagram v[MANY];
};

/* Datagram i has a length and content made of i, so that each can be known again. */
static size_t length_of(size_t i)
{
	return i % 50 == 49 ? 700 + i % 200 : 1300;
}

static struct flood *make_flood(struct endpoint to4, struct endpoint to6)
{
	struct flood *f = calloc(1, sizeof(*f));
	for (size_t i = 0; i < MANY; i++) {
		memset(f->memory[i], (int)(i * 7), sizeof(f->memory[i]));
		f->memory[i][0] = (uint8_t)(i >> 8);
		f->memory[i][1] = (uint8_t)i;
		f->v[i] = (struct datagram){{f->memory[i], (uint32_t)length_of(i), 0, 0},
					    i % 10 == 9 && to6.ip.family ? to6 : to4};
	}
	return f;
}

static void check_known_again(const struct datagram *d, const struct flood *f,
			      const struct udp *from, bool *seen)
{
	size_t i = (size_t)d->packet.data[0] << 8 | d->packet.data[1];
	assert_true(i < MANY && !seen[i]);
	seen[i] = true;
	assert_int_equal(d->packet.len, length_of(i));
	assert_memory_equal(d->packet.data, f->memory[i], d->packet.len);
	assert_int_equal(d->at.port, udp_port(from));
	assert_true(ip_is_loopback(&d->at.ip));
	assert_int_equal(d->at.ip.family, f->v[i].at.ip.family);
}

static void round_trip(bool no_gso, bool no_gro)
{
	struct udp *a = open_any(no_gso, no_gro), *b = open_any(no_gso, no_gro);
	struct flood *f = make_flood(here4(b), have_v6(b) ? here6(b) : (struct endpoint){0});
	uint64_t had = udp_stats(b)->rx;
	bool seen[MANY] = {0};
	struct udp_refused r;
	size_t got = 0;
	for (size_t i = 0; i < MANY; i += 100) { /* as many as the kernel's buffers surely hold */
		udp_send(a, f->v + i, 100, &r);
		assert_int_equal(r.n, 0);
		while (got < i + 100) {
			struct datagram in[BATCH_MAX];
			wait_readable(b);
			size_t n;
			while ((n = udp_recv(b, in, BATCH_MAX)) > 0) {
				assert_true(n <= BATCH_MAX);
				for (size_t k = 0; k < n; k++)
					check_known_again(&in[k], f, a, seen);
				got += n;
			}
		}
	}
	assert_int_equal(got, MANY);
	assert_int_equal(udp_stats(a)->tx, MANY);
	assert_int_equal(udp_stats(b)->rx - had, MANY);
	assert_true(udp_stats(a)->tx_calls < MANY / 5);
	print_message("calls: tx %u, rx %u; merged: tx %u, rx %u\n",
		      (unsigned)udp_stats(a)->tx_calls, (unsigned)udp_stats(b)->rx_calls,
		      (unsigned)udp_stats(a)->tx_merged, (unsigned)udp_stats(b)->rx_merged);
	if (no_gso)
		assert_int_equal(udp_stats(a)->tx_merged, 0);
	if (no_gso || no_gro)
		assert_int_equal(udp_stats(b)->rx_merged, 0);
	free(f);
	udp_close(a);
	udp_close(b);
}

static void five_hundred_datagrams_arrive_whole_merged(void **state)
{
	round_trip(false, false);
}

static void five_hundred_datagrams_arrive_whole_one_by_one(void **state)
{
	round_trip(true, true);
}

static void five_hundred_datagrams_arrive_whole_merged_on_one_side(void **state)
{
	round_trip(false, true);
	round_trip(true, false);
}

static void a_datagram_has_room_around_it(void **state)
{
	struct udp *a = open_any(false, false);
	uint8_t body[100] = {1};
	struct datagram out = {{body, sizeof(body), 0, 0}, here4(a)}, in;
	struct udp_refused r;
	memset(&in, 0xff, sizeof(in)); /* all of it is set */
	udp_send(a, &out, 1, &r);
	wait_readable(a);
	assert_int_equal(udp_recv(a, &in, 1), 1);
	assert_int_equal(in.from.family, 0);
	assert_false(in.dont_fragment);
	assert_int_equal(in.packet.head, PACKET_HEADROOM);
	assert_true(in.packet.tail >= PACKET_TAILROOM);
	memset(packet_push(&in.packet, PACKET_HEADROOM), 0xff, PACKET_HEADROOM);
	memset(packet_append(&in.packet, PACKET_TAILROOM), 0xff, PACKET_TAILROOM);
	assert_int_equal(udp_recv(a, &in, 1), 0);
	udp_close(a);
}

/* The memory of merged datagrams is handed out in pieces; none reaches into another. */
static void merged_datagrams_do_not_overlap(void **state)
{
	struct udp *a = open_any(false, false);
	uint8_t body[4][200];
	struct datagram out[4], in[3];
	struct udp_refused r;
	for (int i = 0; i < 4; i++) {
		memset(body[i], i + 1, sizeof(body[i]));
		out[i] = (struct datagram){{body[i], sizeof(body[i]), 0, 0}, here4(a)};
	}
	udp_send(a, out, 4, &r);
	wait_readable(a);
	size_t got = 0, n;
	while ((n = udp_recv(a, in, 3)) > 0) {
		for (size_t k = 0; k < n; k++) {
			assert_int_equal(in[k].packet.data[0], got + 1);
			assert_int_equal(in[k].packet.data[in[k].packet.len - 1], got + 1);
			uint32_t head = in[k].packet.head, tail = in[k].packet.tail;
			if (head)
				memset(packet_push(&in[k].packet, head), 0xee, head);
			if (tail)
				memset(packet_append(&in[k].packet, tail), 0xee, tail);
			got++;
		}
	}
	assert_int_equal(got, 4);
	udp_close(a);
}

static void an_empty_datagram_arrives(void **state)
{
	struct udp *a = open_any(false, false);
	struct datagram out[2] = {{{(uint8_t *)"", 0, 0, 0}, here4(a)},
				  {{(uint8_t *)"x", 1, 0, 0}, here4(a)}},
			in[4];
	struct udp_refused r;
	udp_send(a, out, 2, &r);
	wait_readable(a);
	size_t n = udp_recv(a, in, 4);
	assert_int_equal(n, 2);
	assert_int_equal(in[0].packet.len, 0);
	assert_int_equal(in[1].packet.len, 1);
	udp_close(a);
}

static void what_is_longer_than_a_packet_is_dropped(void **state)
{
	for (int no_gro = 0; no_gro < 2; no_gro++) {
		struct udp *a = open_any(true, no_gro);
		static uint8_t body[9000];
		struct datagram out[2] = {{{body, sizeof(body), 0, 0}, here4(a)},
					  {{body, 10, 0, 0}, here4(a)}};
		struct datagram in[4];
		struct udp_refused r;
		udp_send(a, out, 2, &r);
		wait_readable(a);
		assert_int_equal(udp_recv(a, in, 4), 1);
		assert_int_equal(in[0].packet.len, 10);
		assert_int_equal(udp_stats(a)->rx_too_long, 1);
		udp_close(a);
	}
}

static void what_no_datagram_can_hold_is_counted(void **state)
{
	struct udp *a = open_any(false, false), *b = open_any(false, false);
	static uint8_t body[70000]; /* refused, but not for want of a way there */
	struct datagram out = {{body, sizeof(body), 0, 0}, here4(b)};
	struct udp_refused r;
	udp_send(a, &out, 1, &r);
	assert_int_equal(r.n, 0);
	assert_int_equal(udp_stats(a)->tx_refused, 1);
	udp_close(a);
	udp_close(b);
}

static void no_way_there_is_told_once(void **state)
{
	struct udp *a = open_any(false, false);
	struct datagram out[3];
	struct udp_refused r;
	struct endpoint nowhere = {ip_v4(255, 255, 255, 255),
				   9}; /* EACCES: broadcast was not asked for */
	for (int i = 0; i < 3; i++)
		out[i] = (struct datagram){{(uint8_t *)"x", 1, 0, 0}, i == 1 ? here4(a) : nowhere};
	udp_send(a, out, 3, &r);
	assert_int_equal(r.n, 1);
	assert_true(endpoint_equal(&r.v[0], &nowhere));
	assert_int_equal(udp_stats(a)->tx, 1);
	assert_int_equal(udp_stats(a)->tx_refused, 2);
	udp_close(a);
}

static void a_port_in_use_is_said_in_a_sentence(void **state)
{
	char why[FAILURE_MAX];
	struct udp *a = open_any(false, false);
	assert_null(udp_open(&(struct udp_config){.port = udp_port(a)}, why));
	assert_non_null(strstr(why, "is in use by another program"));
	uint16_t port = udp_port(a);
	udp_close(a);
	a = udp_open(&(struct udp_config){.port = port}, why);
	assert_non_null(a);
	assert_int_equal(udp_port(a), port);
	udp_close(a);
	udp_close(NULL);
}

/* IPv4's half is free, IPv6's is not. */
static void a_port_taken_for_one_family_is_taken(void **state)
{
	struct sockaddr_in6 sa = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
	socklen_t len = sizeof(sa);
	int one = 1, fd = socket(AF_INET6, SOCK_DGRAM, 0);
	char why[FAILURE_MAX];
	if (fd < 0)
		skip();
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	assert_null(udp_open(&(struct udp_config){.port = ntohs(sa.sin6_port)}, why));
	assert_non_null(strstr(why, "in use"));
	close(fd);
}

static void a_datagram_leaves_from_the_address_that_was_asked_for(void **state)
{
	struct udp *a = open_any(false, false);
	struct datagram out[3] = {{{(uint8_t *)"x", 1, 0, 0}, here4(a), ip_v4(127, 0, 0, 5)},
				  {{(uint8_t *)"y", 1, 0, 0}, here4(a), ip_v4(127, 0, 0, 6)},
				  {{(uint8_t *)"z", 1, 0, 0}, here4(a)}},
			in[4];
	const uint8_t last[3] = {5, 6, 1};
	struct udp_refused r;
	udp_send(a, out, 3, &r);
	for (size_t n = 0; n < 3;) {
		wait_readable(a);
		size_t got = udp_recv(a, in, 4);
		for (size_t i = 0; i < got; i++)
			assert_int_equal(in[i].at.ip.b[3], last[n++]);
	}
	if (have_v6(a)) {
		struct datagram six = {{(uint8_t *)"x", 1, 0, 0}, here6(a), here6(a).ip};
		udp_send(a, &six, 1, &r);
		assert_int_equal(r.n, 0);
		wait_readable(a);
		assert_int_equal(udp_recv(a, in, 4), 1);
		/* An address that is not ours is refused, not replaced. */
		assert_true(ip_parse(&six.from, "2001:db8::77"));
		udp_send(a, &six, 1, &r);
		assert_int_equal(udp_stats(a)->tx_refused, 1);
	}
	udp_close(a);
}

/* 0: it is not open. */
static uint16_t extra_port(struct udp *u, uint16_t number)
{
	const struct udp_extra *e = udp_extra_of(u, number);
	return e ? e->port : 0;
}

static struct endpoint extra4(struct udp *u, uint16_t number)
{
	return (struct endpoint){ip_v4(127, 0, 0, 1), extra_port(u, number)};
}

static struct datagram take_one(struct udp *u, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct datagram in;
	assert_int_equal(poll(&p, 1, 2000), 1);
	assert_int_equal(udp_recv(u, &in, 1), 1);
	return in;
}

static void an_extra_socket_sends_and_receives_under_its_number(void **state)
{
	struct udp *a = open_any(false, false);
	const uint16_t numbers[] = {7, 65535};
	struct udp_refused r;
	uint8_t x = 'x';
	udp_follow(a, numbers, 2);
	assert_int_equal(extra_port(a, 8), 0);
	/* from extra socket 7 to 65535 and to the main port, in one call with one the other way
	 * round */
	struct datagram out[] = {{.packet = {&x, 1, 0, 0}, .at = extra4(a, 65535), .socket = 7},
				 {.packet = {&x, 1, 0, 0}, .at = here4(a), .socket = 7}};
	udp_send(a, out, 2, &r);
	assert_int_equal(r.n, 0);
	struct datagram in = take_one(a, udp_fd_extra(a)), other = take_one(a, udp_fd4(a));
	assert_int_equal(in.socket + other.socket, 65535); /* either may be handed out first */
	assert_int_equal(in.at.port, extra_port(a, 7));
	assert_int_equal(other.at.port, extra_port(a, 7));
	udp_close(a);
}

/* In a network that has only IPv6, IPv4 is reached by IPv6 datagrams to the NAT64. */
static void an_extra_socket_is_of_both_families(void **state)
{
	struct udp *a = open_any(false, false);
	const uint16_t numbers[] = {7, 8};
	struct udp_refused r;
	uint8_t x = 'x';
	udp_follow(a, numbers, 2);
	if (have_v6(a)) {
		struct endpoint there = {here6(a).ip, extra_port(a, 8)};
		for (int whole = 0; whole < 2; whole++) {
			struct datagram out[] = {{.packet = {&x, 1, 0, 0},
						  .at = there,
						  .socket = 7,
						  .dont_fragment = whole},
						 {.packet = {&x, 1, 0, 0},
						  .at = extra4(a, 8),
						  .socket = 7,
						  .dont_fragment = whole}};
			udp_send(a, out, 2, &r);
			assert_int_equal(r.n, 0);
			uint8_t families = 0;
			struct pollfd p = {.fd = udp_fd_extra(a), .events = POLLIN};
			for (int got = 0; got < 2; got++) { /* the kernel may give both at once */
				struct datagram in;
				assert_true(udp_more(a) || poll(&p, 1, 2000) == 1);
				assert_int_equal(udp_recv(a, &in, 1), 1);
				assert_int_equal(in.socket, 8);
				assert_int_equal(in.at.port, extra_port(a, 7));
				families += in.at.ip.family;
			}
			assert_int_equal(families, 10);
		}
	}
	udp_close(a);
}

static void extra_sockets_follow_the_wish(void **state)
{
	struct udp *a = open_any(false, false);
	uint16_t numbers[UDP_EXTRA_MAX + 1];
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		numbers[i] = (uint16_t)(i + 1);
	udp_follow(a, numbers, UDP_EXTRA_MAX);
	uint16_t port = extra_port(a, 256);
	assert_int_not_equal(extra_port(a, 1), 0);
	assert_int_not_equal(port, 0);
	udp_follow(a, numbers, UDP_EXTRA_MAX + 1); /* one too many */
	assert_int_equal(extra_port(a, 257), 0);
	assert_int_equal(udp_stats(a)->extra_failed, 1);
	udp_follow(a, &numbers[255], 1); /* the winner stays, on its port */
	assert_int_equal(extra_port(a, 1), 0);
	assert_int_equal(extra_port(a, 256), port);
	udp_close(a);
}

static void what_goes_to_a_closed_extra_socket_is_counted(void **state)
{
	struct udp *a = open_any(false, false);
	struct udp_refused r;
	uint8_t x = 'x';
	struct datagram out = {.packet = {&x, 1, 0, 0}, .at = here4(a), .socket = 9};
	udp_send(a, &out, 1, &r);
	assert_int_equal(udp_stats(a)->tx_no_socket, 1);
	assert_int_equal(udp_stats(a)->tx, 0);
	udp_close(a);
}

/* As the five hundred, but all by one extra socket to another. */
static void extra_sockets_merge_as_the_main_ones_do(void **state)
{
	for (int merge = 0; merge < 2; merge++) {
		struct udp *a = open_any(!merge, !merge);
		const uint16_t numbers[] = {1, 2};
		static uint8_t memory[40][1200];
		struct datagram v[40], in[BATCH_MAX];
		struct udp_refused r;
		size_t got = 0;
		udp_follow(a, numbers, 2);
		for (size_t i = 0; i < ARRAY_LEN(v); i++) {
			memset(memory[i], (int)i, sizeof(memory[i]));
			v[i] = (struct datagram){.packet = {memory[i], sizeof(memory[i]), 0, 0},
						 .at = extra4(a, 2),
						 .socket = 1};
		}
		udp_send(a, v, ARRAY_LEN(v), &r);
		assert_int_equal(r.n, 0);
		while (got < ARRAY_LEN(v)) {
			struct pollfd p = {.fd = udp_fd_extra(a), .events = POLLIN};
			assert_true(udp_more(a) || poll(&p, 1, 2000) == 1);
			size_t n = udp_recv(a, in, BATCH_MAX);
			for (size_t i = 0; i < n; i++) {
				assert_int_equal(in[i].socket, 2);
				assert_int_equal(in[i].packet.len, sizeof(memory[0]));
				assert_int_equal(in[i].packet.data[0], got++);
			}
		}
		if (!merge)
			assert_int_equal(udp_stats(a)->tx_merged + udp_stats(a)->rx_merged, 0);
		assert_int_equal(udp_stats(a)->gso_failed, 0);
		udp_close(a);
	}
}

static void extra_sockets_that_cannot_be_opened_are_counted_and_tried_again(void **state)
{
	struct udp *a = open_any(false, false);
	const uint16_t numbers[] = {1, 2, 3};
	struct rlimit was, none;
	struct udp_refused r;
	uint8_t x = 'x';
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = was.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	udp_follow(a, numbers, 3);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(udp_stats(a)->extra_failed, 3);
	struct datagram out = {.packet = {&x, 1, 0, 0}, .at = here4(a), .socket = 2};
	udp_send(a, &out, 1, &r);
	assert_int_equal(udp_stats(a)->tx_no_socket, 1);
	assert_int_equal(r.n, 0);
	udp_follow(a, numbers, 3);
	assert_int_equal(udp_stats(a)->extra_failed, 3);
	udp_send(a, &out, 1, &r);
	assert_int_equal(udp_stats(a)->tx, 1);
	udp_close(a);
}

/* Of many that are ready each has its turn, and the main sockets have theirs. */
static void no_socket_starves_another(void **state)
{
	enum { SOCKETS = 8, ROUNDS = 30 };
	struct udp *a = open_any(true, true);
	uint16_t numbers[SOCKETS];
	struct datagram in[BATCH_MAX], out = {0};
	struct udp_refused r;
	uint8_t x = 'x';
	unsigned calls = 0, seen[SOCKETS + 1] = {0};
	for (uint16_t i = 0; i < SOCKETS; i++)
		numbers[i] = (uint16_t)(i + 1);
	udp_follow(a, numbers, SOCKETS);
	for (uint16_t i = 0; i <= SOCKETS; i++)
		for (int k = 0; k < ROUNDS; k++) {
			out = (struct datagram){.packet = {&x, 1, 0, 0},
						.at = i == 0 ? here4(a) : extra4(a, i)};
			udp_send(a, &out, 1, &r);
		}
	for (size_t n; (n = udp_recv(a, in, BATCH_MAX)) > 0; calls++)
		for (size_t i = 0; i < n; i++)
			seen[in[i].socket]++;
	for (size_t i = 0; i <= SOCKETS; i++)
		assert_int_equal(seen[i], ROUNDS);
	assert_int_equal(calls, SOCKETS + 1); /* a whole batch each */
	udp_close(a);
}

static int cutting(const struct udp *u)
{
	int how = -1;
	socklen_t len = sizeof(how);
	assert_int_equal(getsockopt(udp_fd4(u), IPPROTO_IP, IP_MTU_DISCOVER, &how, &len), 0);
	return how;
}

static void one_that_must_not_be_cut_keeps_its_place_and_is_the_only_one(void **state)
{
	struct udp *from = open_any(false, false), *to = open_any(false, true);
	uint8_t memory[5][800];
	struct datagram v[5], got[5];
	struct udp_refused r;
	size_t n = 0;
	assert_int_equal(cutting(from), IP_PMTUDISC_DONT);
	for (size_t i = 0; i < 5; i++) {
		memset(memory[i], (int)i, sizeof(memory[i]));
		v[i] = (struct datagram){.packet = {memory[i], sizeof(memory[i]), 0, 0},
					 .at = here4(to),
					 .dont_fragment = i == 2};
	}
	udp_send(from, v, 5, &r);
	assert_int_equal(r.n, 0);
	assert_int_equal(udp_stats(from)->tx, 5);
	assert_int_equal(cutting(from), IP_PMTUDISC_DONT);
	while (n < 5) {
		wait_readable(to);
		size_t more = udp_recv(to, got, 5);
		for (size_t i = 0; i < more; i++)
			assert_int_equal(got[i].packet.data[0], n++);
	}
	udp_close(from);
	udp_close(to);
}

static void one_that_is_too_long_to_go_whole_is_lost_and_refuses_nobody(void **state)
{
	static uint8_t memory[65508]; /* one more than a datagram can hold */
	struct udp *u = open_any(false, false);
	struct datagram d = {
		.packet = {memory, sizeof(memory), 0, 0}, .at = here4(u), .dont_fragment = true};
	struct udp_refused r;
	udp_send(u, &d, 1, &r);
	assert_int_equal(r.n, 0);
	assert_int_equal(udp_stats(u)->tx_refused, 1);
	assert_int_equal(cutting(u), IP_PMTUDISC_DONT);
	udp_close(u);
}

static void without_files_the_port_fails_in_a_sentence_and_leaves_nothing_open(void **state)
{
	static const char *const sentences[] = {
		"cannot make an epoll descriptor for UDP sockets: Too many open files",
		"cannot open UDP port 0: Too many open files"};
	for (rlim_t n = 0; n < 2; n++) {
		char why[FAILURE_MAX];
		struct rlimit was = leave_files(n);
		struct udp *first = udp_open(&(struct udp_config){0}, why);
		int same = n ? dup(0) : 0; /* what it had opened is free again */
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
		assert_null(first);
		assert_string_equal(why, sentences[n]);
		assert_true(same >= 0);
		if (n)
			close(same);
	}
}

/* With one file too few, IPv6 is missing, and nothing else. */
static void where_ipv6_cannot_be_opened_ipv4_works(void **state)
{
	char why[FAILURE_MAX];
	struct rlimit was = leave_files(2);
	struct udp *u = udp_open(&(struct udp_config){0}, why);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_non_null(u);
	assert_int_equal(udp_fd6(u), -1);
	struct datagram in, v[] = {{{(uint8_t *)"x", 1, 0, 0}, here6(u)},
				   {{(uint8_t *)"y", 1, 0, 0}, here4(u)}};
	struct udp_refused r;
	udp_send(u, v, 2, &r);
	assert_int_equal(r.n, 1);
	assert_true(endpoint_equal(&r.v[0], &v[0].at));
	in = take_one(u, udp_fd4(u));
	assert_memory_equal(in.packet.data, "y", 1);
	udp_close(u);
}

/* A number that is named twice is one socket; one that comes back has another port. */
static void each_number_is_one_socket(void **state)
{
	struct udp *a = open_any(false, false);
	const uint16_t twice[] = {5, 5, 6, 5};
	udp_follow(a, twice, 4);
	assert_int_equal(a->n_extra, 2);
	assert_int_equal(udp_stats(a)->extra_failed, 0);
	uint16_t kept = extra_port(a, 6);
	assert_int_not_equal(extra_port(a, 5), kept);
	udp_follow(a, &twice[2], 1);
	assert_int_equal(a->n_extra, 1);
	assert_int_equal(extra_port(a, 6), kept);
	udp_follow(a, NULL, 0);
	assert_int_equal(a->n_extra, 0);
	struct datagram in;
	assert_int_equal(udp_recv(a, &in, 1), 0);
	udp_close(a);
}

/* What came before a socket was closed and was not taken is lost with it, and nobody waits. */
static void a_closed_socket_keeps_nobody_busy(void **state)
{
	struct udp *a = open_any(false, false);
	const uint16_t numbers[] = {7, 8};
	struct udp_refused r;
	struct datagram in;
	udp_follow(a, numbers, 2);
	struct datagram v[] = {{{(uint8_t *)"x", 1, 0, 0}, extra4(a, 7)},
			       {{(uint8_t *)"y", 1, 0, 0}, extra4(a, 8)}};
	udp_send(a, v, 2, &r);
	udp_follow(a, &numbers[1], 1);
	in = take_one(a, udp_fd_extra(a));
	assert_int_equal(in.socket, 8);
	assert_memory_equal(in.packet.data, "y", 1);
	struct pollfd p = {.fd = udp_fd_extra(a), .events = POLLIN};
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(udp_recv(a, &in, 1), 0);
	udp_close(a);
}

/* What is left of a batch comes first, under the number of its own socket. */
static void a_batch_is_handed_out_in_pieces(void **state)
{
	enum { TEN = 10 };
	struct udp *a = open_any(true, true);
	const uint16_t number = 7;
	struct udp_refused r;
	struct datagram v[TEN], in[4];
	uint8_t body[TEN];
	size_t got = 0;
	udp_follow(a, &number, 1);
	for (uint8_t i = 0; i < TEN; i++) {
		body[i] = i;
		v[i] = (struct datagram){{&body[i], 1, 0, 0}, extra4(a, 7)};
	}
	udp_send(a, v, TEN, &r);
	assert_int_equal(udp_recv(a, in, 0), 0); /* takes them from the kernel, gives none */
	assert_true(udp_more(a));
	uint64_t calls = udp_stats(a)->rx_calls;
	for (size_t n; udp_more(a); got += n) {
		n = udp_recv(a, in, 3);
		assert_int_equal(n, got < 9 ? 3 : 1);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(in[i].socket, 7);
			assert_int_equal(in[i].packet.data[0], got + i);
		}
	}
	assert_int_equal(got, TEN);
	assert_int_equal(udp_stats(a)->rx, TEN);
	assert_int_equal(udp_stats(a)->rx_calls, calls);
	udp_close(a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(without_files_the_port_fails_in_a_sentence_and_leaves_nothing_open),
	cmocka_unit_test(where_ipv6_cannot_be_opened_ipv4_works),
	cmocka_unit_test(each_number_is_one_socket),
	cmocka_unit_test(a_closed_socket_keeps_nobody_busy),
	cmocka_unit_test(a_batch_is_handed_out_in_pieces),
	cmocka_unit_test(one_that_must_not_be_cut_keeps_its_place_and_is_the_only_one),
	cmocka_unit_test(one_that_is_too_long_to_go_whole_is_lost_and_refuses_nobody),
	cmocka_unit_test(a_datagram_leaves_from_the_address_that_was_asked_for),
	cmocka_unit_test(five_hundred_datagrams_arrive_whole_merged),
	cmocka_unit_test(five_hundred_datagrams_arrive_whole_one_by_one),
	cmocka_unit_test(five_hundred_datagrams_arrive_whole_merged_on_one_side),
	cmocka_unit_test(a_datagram_has_room_around_it),
	cmocka_unit_test(merged_datagrams_do_not_overlap),
	cmocka_unit_test(an_empty_datagram_arrives),
	cmocka_unit_test(what_is_longer_than_a_packet_is_dropped),
	cmocka_unit_test(what_no_datagram_can_hold_is_counted),
	cmocka_unit_test(no_way_there_is_told_once),
	cmocka_unit_test(a_port_in_use_is_said_in_a_sentence),
	cmocka_unit_test(a_port_taken_for_one_family_is_taken),
	cmocka_unit_test(an_extra_socket_sends_and_receives_under_its_number),
	cmocka_unit_test(an_extra_socket_is_of_both_families),
	cmocka_unit_test(extra_sockets_follow_the_wish),
	cmocka_unit_test(extra_sockets_merge_as_the_main_ones_do),
	cmocka_unit_test(extra_sockets_that_cannot_be_opened_are_counted_and_tried_again),
	cmocka_unit_test(no_socket_starves_another),
	cmocka_unit_test(what_goes_to_a_closed_extra_socket_is_counted),
};
RUN_TESTS(tests)
