#include "serve/stun_listen.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/socket_address.h"
#include "unit/addresses.h"
#include "wire/stun.h"

/* A STUN server on the loopback. */
struct scene {
	struct loop *loop;
	struct stun_listen *stun;
	uint16_t port;
};

static int udp_at(const char *at, struct endpoint *bound)
{
	struct endpoint want = ep_of(at);
	struct sockaddr_storage sa;
	socklen_t n = socket_address_write(&sa, &want);
	int fd = socket(want.ip.family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, n), 0);
	n = sizeof(sa);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	assert_true(socket_address_read(bound, &sa));
	return fd;
}

/* Two ports that were free a moment ago; another program may take them, then another two. */
static void begin(struct scene *s, struct stun_listen_config cfg, bool two)
{
	char why[FAILURE_MAX];
	*s = (struct scene){.loop = loop_new()};
	assert_non_null(s->loop);
	for (int i = 0; i < 20 && !s->stun; i++) {
		struct endpoint first, second;
		int a = udp_at("127.0.0.1:0", &first), b = udp_at("127.0.0.1:0", &second);
		close(a);
		close(b);
		s->port = cfg.at.port = first.port;
		cfg.second_port = two ? second.port : 0;
		s->stun = stun_listen_open(s->loop, &cfg, why);
	}
	assert_non_null(s->stun);
}

static void end(struct scene *s)
{
	stun_listen_close(s->stun);
	loop_free(s->loop);
}

struct heard {
	struct endpoint from;
	struct stun_answer answer;
};

/* Sends to the server at this address; true: it answered. */
static bool ask(struct scene *s, int fd, const char *address, uint16_t port, struct bytes question,
		struct heard *out)
{
	uint8_t b[200];
	struct endpoint to = {.port = port};
	struct sockaddr_storage sa;
	socklen_t n;
	ssize_t k = -1;
	uint64_t before = stun_listen_stats(s->stun)->ignored + stun_listen_stats(s->stun)->failed;
	assert_true(ip_parse(&to.ip, address));
	n = socket_address_write(&sa, &to);
	assert_int_equal(sendto(fd, question.p, question.n, 0, (struct sockaddr *)&sa, n),
			 question.n);
	for (int i = 0; i < 500 && k < 0; i++) {
		loop_turn(s->loop, MSEC);
		n = sizeof(sa);
		k = recvfrom(fd, b, sizeof(b), MSG_DONTWAIT, (struct sockaddr *)&sa, &n);
		if (stun_listen_stats(s->stun)->ignored + stun_listen_stats(s->stun)->failed >
		    before)
			return false;
	}
	assert_true(k > 0);
	assert_true(socket_address_read(&out->from, &sa));
	assert_true(stun_read_answer((struct bytes){b, (size_t)k}, &out->answer));
	return true;
}

static struct bytes plain_question(uint8_t memory[static STUN_CHANGE_LEN])
{
	static const struct stun_txid txid = {{1, 2, 3}};
	struct wr w = wr_of(memory, STUN_CHANGE_LEN);
	stun_write_request(&w, &txid);
	return wr_done(&w);
}

static struct bytes change_question(uint8_t memory[static STUN_CHANGE_LEN], uint8_t change)
{
	static const struct stun_txid txid = {{1, 2, 3}};
	struct wr w = wr_of(memory, STUN_CHANGE_LEN);
	stun_write_change_request(&w, &txid, change);
	return wr_done(&w);
}

static void a_client_is_told_its_address_from_the_address_that_it_asked(void **state)
{
	static const struct {
		const char *client, *server;
	} v[] = {
		{"127.0.0.9:0", "127.0.0.1"},
		{"127.0.0.9:0", "127.0.0.2"}, /* bound to no address, the kernel would take .1 */
		{"[::1]:0", "::1"},
	};
	uint8_t memory[STUN_CHANGE_LEN];
	struct scene s;
	begin(&s, (struct stun_listen_config){.second_port = 0}, false);
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct endpoint self;
		struct heard h;
		struct ip server;
		int fd = udp_at(v[i].client, &self);
		assert_true(ip_parse(&server, v[i].server));
		assert_true(ask(&s, fd, v[i].server, s.port, plain_question(memory), &h));
		assert_true(endpoint_equal(&h.answer.reflexive, &self));
		assert_true(endpoint_equal(&h.from, &(struct endpoint){server, s.port}));
		close(fd);
	}
	assert_int_equal(stun_listen_stats(s.stun)->answered, ARRAY_LEN(v));
	end(&s);
}

static void the_second_port_answers_when_the_question_wants_it(void **state)
{
	uint8_t memory[STUN_CHANGE_LEN];
	struct scene s;
	struct endpoint self;
	struct heard h;
	begin(&s, (struct stun_listen_config){.second_port = 0}, true);
	int fd = udp_at("127.0.0.9:0", &self);
	assert_true(
		ask(&s, fd, "127.0.0.1", s.port, change_question(memory, STUN_CHANGE_PORT), &h));
	assert_int_not_equal(h.from.port, s.port);
	assert_true(endpoint_equal(&h.answer.origin, &h.from));
	assert_int_equal(h.answer.other.port, h.from.port);
	uint16_t second = h.from.port; /* asked there, the answer comes from the first */
	assert_true(
		ask(&s, fd, "127.0.0.1", second, change_question(memory, STUN_CHANGE_PORT), &h));
	assert_int_equal(h.from.port, s.port);
	close(fd);
	end(&s);
}

static void the_second_address_answers_when_the_question_wants_it(void **state)
{
	/* Bound to all addresses, and to one. */
	static const struct ip bound[2] = {{0}, {.family = 4, .b = {127, 0, 0, 1}}};
	for (size_t i = 0; i < ARRAY_LEN(bound); i++) {
		uint8_t memory[STUN_CHANGE_LEN];
		struct stun_listen_config cfg = {.at.ip = bound[i],
						 .second = {ip_v4(127, 0, 0, 2)}};
		uint8_t both = STUN_CHANGE_ADDRESS | STUN_CHANGE_PORT;
		struct scene s;
		struct endpoint self;
		struct heard h;
		begin(&s, cfg, true);
		int fd = udp_at("127.0.0.9:0", &self);
		assert_true(ask(&s, fd, "127.0.0.1", s.port,
				change_question(memory, STUN_CHANGE_ADDRESS), &h));
		assert_true(ip_equal(&h.from.ip, &cfg.second[0]));
		assert_int_equal(h.from.port, s.port);
		assert_true(ask(&s, fd, "127.0.0.1", s.port, change_question(memory, both), &h));
		assert_true(ip_equal(&h.from.ip, &cfg.second[0]));
		assert_int_not_equal(h.from.port, s.port);
		/* The server knows no third address. */
		assert_false(ask(&s, fd, "127.0.0.2", s.port, change_question(memory, both), &h));
		assert_true(ask(&s, fd, "127.0.0.2", s.port, plain_question(memory), &h));
		assert_true(ip_equal(&h.from.ip, &cfg.second[0]));
		close(fd);
		end(&s);
	}
}

static void what_cannot_be_answered_is_ignored_in_silence(void **state)
{
	static const uint8_t noise[] = {1, 2, 3};
	uint8_t memory[STUN_CHANGE_LEN];
	struct scene s;
	struct endpoint self;
	struct heard h;
	begin(&s, (struct stun_listen_config){.second_port = 0}, false);
	int fd = udp_at("127.0.0.9:0", &self);
	assert_false(ask(&s, fd, "127.0.0.1", s.port, BYTES_OF(noise), &h));
	assert_false(ask(&s, fd, "127.0.0.1", s.port, (struct bytes){noise, 0}, &h));
	assert_false(
		ask(&s, fd, "127.0.0.1", s.port, change_question(memory, STUN_CHANGE_PORT), &h));
	assert_false(
		ask(&s, fd, "127.0.0.1", s.port, change_question(memory, STUN_CHANGE_ADDRESS), &h));
	assert_int_equal(stun_listen_stats(s.stun)->ignored, 4);
	assert_int_equal(stun_listen_stats(s.stun)->answered, 0);
	assert_int_equal(stun_listen_stats(s.stun)->failed, 0);
	close(fd);
	end(&s);
}

static void many_questions_are_answered_in_several_turns(void **state)
{
	enum { QUESTIONS = 100 };
	uint8_t memory[STUN_CHANGE_LEN], b[100];
	struct scene s;
	struct endpoint self, to = ep_of("127.0.0.1:1");
	struct sockaddr_storage sa;
	begin(&s, (struct stun_listen_config){.second_port = 0}, false);
	to.port = s.port;
	socklen_t n = socket_address_write(&sa, &to);
	int fd = udp_at("127.0.0.9:0", &self), heard = 0;
	struct bytes q = plain_question(memory);
	for (int i = 0; i < QUESTIONS; i++)
		assert_int_equal(sendto(fd, q.p, q.n, 0, (struct sockaddr *)&sa, n), q.n);
	loop_turn(s.loop, MSEC);
	assert_int_equal(stun_listen_stats(s.stun)->answered, 64); /* AT_ONCE */
	for (int i = 0; i < 10; i++)
		loop_turn(s.loop, MSEC);
	while (recv(fd, b, sizeof(b), MSG_DONTWAIT) > 0)
		heard++;
	assert_int_equal(heard, QUESTIONS);
	close(fd);
	end(&s);
}

static void a_port_in_use_is_named_and_nothing_stays_open(void **state)
{
	char why[FAILURE_MAX];
	struct endpoint first, taken;
	struct loop *loop = loop_new();
	int a = udp_at("127.0.0.1:0", &first), b = udp_at("127.0.0.1:0", &taken);
	close(a);
	struct stun_listen_config cfg = {.at = first, .second_port = taken.port};
	assert_null(stun_listen_open(loop, &cfg, why));
	assert_non_null(strstr(why, "is in use"));
	close(b);
	struct stun_listen *stun = stun_listen_open(loop, &cfg, why);
	assert_non_null(stun);
	stun_listen_close(stun);
	stun_listen_close(NULL);
	loop_free(loop);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_client_is_told_its_address_from_the_address_that_it_asked),
	cmocka_unit_test(the_second_port_answers_when_the_question_wants_it),
	cmocka_unit_test(the_second_address_answers_when_the_question_wants_it),
	cmocka_unit_test(what_cannot_be_answered_is_ignored_in_silence),
	cmocka_unit_test(many_questions_are_answered_in_several_turns),
	cmocka_unit_test(a_port_in_use_is_named_and_nothing_stays_open),
};
RUN_TESTS(tests)
