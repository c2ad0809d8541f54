/* dns_server.h - a DNS server of the test's own, on loopback and in the test's loop
 *
 * It answers every question with one A record, or copies of it, and some AAAA records, or with the
 * error that it is set to.
 */
#ifndef DNS_SERVER_H
#define DNS_SERVER_H

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/dialer_inside.h"
#include <stdio.h>

#include "unit/unit.h"

enum { DNS_TYPE_A = 1, DNS_TYPE_AAAA = 28, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3 };

struct dns_server {
	int fd;
	struct loop_fd *watch;
	const char *a, *aaaa[4]; /* NULL ends the list */
	uint16_t more_a;         /* it has the A record so many times more */
	uint32_t ttl_s;
	uint8_t code; /* of the answer; if it is not 0, the answer has no records */
	bool silent;
	unsigned asked;
};

static inline void dns_put_record(struct wr *w, uint16_t type, uint32_t ttl_s, const char *text)
{
	struct ip ip;
	assert_true(ip_parse(&ip, text));
	wr_be16(w, 0xc00c); /* the name of the question */
	wr_be16(w, type);
	wr_be16(w, 1);
	wr_be32(w, ttl_s);
	wr_be16(w, (uint16_t)ip_len(&ip));
	wr_put(w, ip.b, ip_len(&ip));
}

static inline void dns_on_question(void *self, unsigned ready)
{
	struct dns_server *s = self;
	uint8_t q[512], out[512];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(s->fd, q, sizeof(q), 0, (struct sockaddr *)&from, &len);
	if (n < 18)
		return;
	s->asked++;
	size_t end = 12;
	while (end < (size_t)n && q[end])
		end += q[end] + 1u;
	uint16_t type = (uint16_t)(q[end + 1] << 8 | q[end + 2]), count = 0;
	while (type == DNS_TYPE_AAAA && s->aaaa[count])
		count++;
	if (type == DNS_TYPE_A)
		count = s->a ? (uint16_t)(1 + s->more_a) : 0;
	if (s->code)
		count = 0;
	struct wr w = wr_of(out, sizeof(out));
	wr_put(&w, q, 2);
	wr_be16(&w, (uint16_t)(0x8180 | s->code));
	wr_be16(&w, 1);
	wr_be16(&w, count);
	wr_be32(&w, 0);
	wr_put(&w, q + 12, end + 5 - 12);
	for (uint16_t i = 0; i < count; i++)
		dns_put_record(&w, type, s->ttl_s, type == DNS_TYPE_A ? s->a : s->aaaa[i]);
	if (!s->silent)
		assert_true(sendto(s->fd, out, w.n, 0, (struct sockaddr *)&from, len) > 0);
}

/* From now on the dialer asks this server only. */
static inline void dns_start(struct dns_server *s, struct dialer *d)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	char text[32];
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &len), 0);
	s->watch = loop_fd_new(d->l, s->fd, (struct loop_fd_call){dns_on_question, s});
	loop_fd_want(s->watch, LOOP_READ);
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(at.sin_port));
	assert_int_equal(evdns_base_nameserver_ip_add(d->dns, text), 0);
	evdns_base_set_option(d->dns, "timeout:", "0.2");
	evdns_base_set_option(d->dns, "attempts:", "1");
	d->dns_stale = false;
}

static inline void dns_stop(struct dns_server *s)
{
	loop_fd_free(s->watch);
	close(s->fd);
}

#endif
