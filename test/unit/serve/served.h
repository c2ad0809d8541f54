/* served.h - a listener on the loopback, and blocking sockets that dial it */
#ifndef SERVED_H
#define SERVED_H

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/listen.h"
#include "unit/unit.h"

struct served {
	struct loop *loop;
	struct log log;
	struct listen *listen;
	uint16_t port;
};

static inline void served_open(struct served *s, bool tls)
{
	struct endpoint at = {.ip = ip_v4(127, 0, 0, 1)};
	char why[FAILURE_MAX];
	assert_true(listen_open(s->listen, &at, tls, &s->port, why));
	assert_true(s->port != 0);
}

static inline void served_begin(struct served *s)
{
	*s = (struct served){.loop = loop_new()};
	assert_non_null(s->loop);
	log_init(&s->log, STDERR_FILENO, LOG_AT_ERROR);
}

static inline void served_listen(struct served *s, struct listen_accept accept,
				 uint32_t streams_max)
{
	s->listen = listen_new(&(struct listen_config){
		.loop = s->loop, .log = &s->log, .streams_max = streams_max, .accept = accept});
	assert_non_null(s->listen);
}

static inline void turns(struct served *s, int n)
{
	while (n-- > 0)
		loop_turn(s->loop, MSEC);
}

/* A busy machine takes its time to tell of a closed stream. */
static inline void expect_no_streams(struct served *s)
{
	for (int i = 0; i < 500 && listen_stats(s->listen)->streams > 0; i++)
		turns(s, 1);
	assert_int_equal(listen_stats(s->listen)->streams, 0);
}

static inline int dial_try(const struct served *s, int *fd)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(s->port)};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*fd = socket(AF_INET, SOCK_STREAM, 0);
	return connect(*fd, (struct sockaddr *)&to, sizeof(to));
}

static inline int dial(const struct served *s)
{
	int fd;
	assert_int_equal(dial_try(s, &fd), 0);
	return fd;
}

static inline void expect_refused(const struct served *s)
{
	int fd;
	assert_int_equal(dial_try(s, &fd), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
}

static inline void say(int fd, const char *text)
{
	size_t n = strlen(text);
	assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), n);
}

/* Turns until `want` bytes have come or the stream is closed; NUL-terminated. True: closed. */
static inline bool hear(struct served *s, int fd, char *out, size_t cap, size_t want)
{
	size_t n = 0;
	for (int i = 0; i < 500 && n < want; i++) {
		turns(s, 1);
		ssize_t k = recv(fd, out + n, cap - 1 - n, MSG_DONTWAIT);
		if (k == 0 || (k < 0 && errno == ECONNRESET)) {
			out[n] = '\0';
			return true;
		}
		n += k > 0 ? (size_t)k : 0;
	}
	out[n] = '\0';
	return false;
}

static inline void expect_heard(struct served *s, int fd, const char *want)
{
	char got[4096];
	assert_false(hear(s, fd, got, sizeof(got), strlen(want)));
	assert_string_equal(got, want);
}

static inline void expect_closed(struct served *s, int fd)
{
	char got[64];
	assert_true(hear(s, fd, got, sizeof(got), sizeof(got)));
	assert_string_equal(got, "");
}

#endif
