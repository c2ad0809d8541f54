/* fake_inside.h - an inside of a node without any privilege: a pair of packet sockets
 *
 * The test holds the outer end: what it writes there are packets of the system, what it reads came
 * from peers.  Closing the outer end takes the inside away.  A node finds its fake by the name of
 * its interface, "fake0" or "fake1".
 */
#ifndef FAKE_INSIDE_H
#define FAKE_INSIDE_H

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver/inside.h"
#include "netmap/diff.h"
#include "unit/unit.h"
#include "wire/ip.h"

enum { FAKES = 2, FAKE_CHANGES_MAX = 512 };

static struct fake_inside {
	char name[SETTINGS_IFNAME_MAX];
	int own, outer;                 /* the two ends; -1: closed */
	bool gone;                      /* the outer end was closed */
	bool does_not_open, not_change; /* as the test wants it */
	const char *warns;              /* when it is opened; NULL: it does not */
	unsigned opened, closed, changed;
	uint16_t mtu;
	char changes[FAKE_CHANGES_MAX]; /* what the last change saw: "+bob ~carol -dave", by name */
	uint8_t memory[BATCH_MAX][PACKET_SIZE];
} fakes[FAKES];

static inline void fakes_reset(void)
{
	memset(fakes, 0, sizeof(fakes));
	for (size_t i = 0; i < FAKES; i++)
		fakes[i].own = fakes[i].outer = -1;
}

static inline void fake_hang_up(struct fake_inside *f)
{
	if (f->outer >= 0)
		close(f->outer);
	f->outer = -1;
}

/* --- what the driver calls --- */

static inline void *fake_open(const struct settings *s, const struct netmap *m,
			      char warning[static FAILURE_MAX], char why[static FAILURE_MAX])
{
	struct fake_inside *f = &fakes[s->interface[4] - '0'];
	int pair[2];
	if (f->does_not_open) {
		(void)failure_say(why, "%s: the test does not want it", s->interface);
		return NULL;
	}
	snprintf(warning, FAILURE_MAX, "%s", f->warns ? f->warns : "");
	snprintf(f->name, sizeof(f->name), "%s", s->interface);
	assert_int_equal(f->own, -1);
	fake_hang_up(f);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	f->own = pair[0];
	f->outer = pair[1];
	f->gone = false;
	f->mtu = s->mtu;
	f->opened++;
	return f;
}

static inline void fake_close(void *self)
{
	struct fake_inside *f = self;
	close(f->own);
	f->own = -1;
	f->closed++;
}

static inline bool fake_change(void *self, const struct netmap *was, const struct netmap *now,
			       char why[static FAILURE_MAX])
{
	struct fake_inside *f = self;
	struct netmap_diff diff = netmap_diff(was, now);
	struct netmap_change c;
	size_t n = 0;
	f->changed++;
	f->changes[0] = '\0';
	while (netmap_diff_next(&diff, &c)) {
		char sign = !c.was ? '+' : !c.now ? '-' : '~';
		n += (size_t)snprintf(f->changes + n, sizeof(f->changes) - n, "%s%c%s",
				      n ? " " : "", sign, (c.now ? c.now : c.was)->name);
		assert_true(n < sizeof(f->changes));
	}
	return !f->not_change || failure_say(why, "%s: the test refuses the change", f->name);
}

static inline int fake_fd(const void *self)
{
	return ((const struct fake_inside *)self)->own;
}

static inline size_t fake_read(void *self, struct packet *v, size_t max)
{
	struct fake_inside *f = self;
	size_t n = 0;
	for (; n < max; n++) {
		v[n] = packet_in(f->memory[n], PACKET_SIZE, PACKET_HEADROOM);
		ssize_t got = recv(f->own, v[n].data, PACKET_CONTENT_MAX, 0);
		f->gone |= got == 0;
		if (got <= 0)
			break;
		assert_non_null(packet_append(&v[n], (size_t)got));
	}
	return n;
}

static inline void fake_write(void *self, struct packet *v, size_t n)
{
	struct fake_inside *f = self;
	for (size_t i = 0; i < n; i++)
		(void)!send(f->own, v[i].data, v[i].len, MSG_NOSIGNAL);
}

static inline bool fake_is_gone(const void *self)
{
	return ((const struct fake_inside *)self)->gone;
}

static inline const char *fake_name(const void *self)
{
	return ((const struct fake_inside *)self)->name;
}

static inline int fake_ifindex(const void *self)
{
	return 0;
}

static const struct inside_ops fake_inside = {.open = fake_open,
					      .close = fake_close,
					      .change = fake_change,
					      .fd = fake_fd,
					      .read = fake_read,
					      .write = fake_write,
					      .is_gone = fake_is_gone,
					      .name = fake_name,
					      .ifindex = fake_ifindex};

/* --- what the system does on the other end --- */

/* A UDP packet with this text. */
static inline void fake_send(struct fake_inside *f, const char *from, const char *to,
			     const char *text)
{
	uint8_t b[PACKET_CONTENT_MAX];
	struct wr w = wr_of(b, sizeof(b));
	struct ip src, dst;
	assert_true(ip_parse(&src, from) && ip_parse(&dst, to));
	ip_write(&w, &src, &dst, IP_UDP, 64, UDP_HEADER_LEN + strlen(text));
	udp_write(&w, &src, &dst, 7, 7, (struct bytes){(const uint8_t *)text, strlen(text)});
	assert_false(w.bad);
	assert_int_equal(send(f->outer, b, w.n, MSG_NOSIGNAL), w.n);
}

/* Takes what came until it finds a UDP packet with this text. */
static inline bool fake_heard(struct fake_inside *f, const char *text)
{
	uint8_t b[PACKET_CONTENT_MAX];
	struct ip_packet p;
	struct udp_header h;
	struct bytes payload;
	ssize_t n;
	while ((n = recv(f->outer, b, sizeof(b), 0)) > 0)
		if (ip_read((struct bytes){b, (size_t)n}, &p) && p.proto == IP_UDP &&
		    udp_read(p.payload, &h, &payload) && payload.n == strlen(text) &&
		    memcmp(payload.p, text, payload.n) == 0)
			return true;
	return false;
}

#endif
