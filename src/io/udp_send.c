/* Theory of operation: io/udp.c. */
#include "io/udp_inside.h"

#include <errno.h>
#include <string.h>

#include "io/socket_address.h"

enum {
	SEGMENTS_MAX = 64,    /* of one message: the kernel's limit before Linux 6.9 */
	MERGED_BYTES = 65000, /* below 65535 less all headers of both families */
	MERGED_FAILURES = 8   /* refused merged messages in a row, after which we stop merging */
};

static void refuse(struct udp_refused *r, const struct endpoint *ep)
{
	for (size_t i = 0; i < r->n; i++)
		if (endpoint_equal(&r->v[i], ep))
			return;
	if (r->n < UDP_REFUSED_MAX)
		r->v[r->n++] = *ep;
}

/* EPERM is not among them: it passes. A firewall's queue or a full connection table gives it. */
static bool has_no_way(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH || error == ENETDOWN ||
	       error == EHOSTDOWN || error == EACCES || error == EADDRNOTAVAIL ||
	       error == ECONNREFUSED || error == EAFNOSUPPORT;
}

/* The datagrams of a merged message, one by one. */
static void send_each(struct udp *u, const struct udp_socket *s, const struct msghdr *m,
		      struct udp_refused *r, const struct datagram *first)
{
	for (size_t i = 0; i < m->msg_iovlen; i++) {
		struct msghdr one = {.msg_name = m->msg_name,
				     .msg_namelen = m->msg_namelen,
				     .msg_iov = &m->msg_iov[i],
				     .msg_iovlen = 1};
		u->stats.tx_calls++;
		if (sendmsg(s->fd, &one, MSG_DONTWAIT) >= 0) {
			u->stats.tx++;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			u->stats.tx_full++;
		} else {
			u->stats.tx_refused++;
			if (has_no_way(errno))
				refuse(r, &first->at);
		}
	}
}

/* The message out[at] could not be sent. */
static void message_failed(struct udp *u, struct udp_socket *s, size_t at, int error,
			   struct udp_refused *r)
{
	const struct msghdr *m = &u->out[at].msg_hdr;
	if (m->msg_iovlen > 1 && (error == EIO || error == EINVAL || error == EMSGSIZE)) {
		u->stats.gso_failed++;
		if (error == EIO || ++s->merged_failed >= MERGED_FAILURES)
			s->gso = false;
		send_each(u, s, m, r, u->out_first[at]);
		return;
	}
	u->stats.tx_refused += m->msg_iovlen;
	if (has_no_way(error))
		refuse(r, &u->out_first[at]->at);
}

static void messages_sent(struct udp *u, struct udp_socket *s, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++) {
		size_t pieces = u->out[i].msg_hdr.msg_iovlen;
		u->stats.tx += pieces;
		u->stats.tx_merged += pieces > 1;
		if (pieces > 1)
			s->merged_failed = 0;
	}
}

static void send_messages(struct udp *u, struct udp_socket *s, struct udp_refused *r)
{
	size_t at = 0;
	while (at < u->n_out) {
		int n = sendmmsg(s->fd, u->out + at, (unsigned)(u->n_out - at), MSG_DONTWAIT);
		u->stats.tx_calls++;
		if (n > 0) {
			messages_sent(u, s, at, (size_t)n);
			at += (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == ENOBUFS)
			break;
		message_failed(u, s, at, errno, r);
		at++;
	}
	for (; at < u->n_out; at++)
		u->stats.tx_full += u->out[at].msg_hdr.msg_iovlen;
	u->n_out = u->n_iov = 0;
}

/* How many datagrams from v on make one message: to one destination, all of one size but the last,
 * which may be shorter. */
static size_t run_length(const struct datagram *v, size_t n, bool gso)
{
	size_t bytes = v->packet.len, k = 1;
	if (!gso || bytes == 0)
		return 1;
	while (k < n && !v->dont_fragment && !v[k].dont_fragment && v->from.family == 0 &&
	       v[k].from.family == 0 && k < SEGMENTS_MAX && endpoint_equal(&v[k].at, &v->at) &&
	       v[k].socket == v->socket && v[k].packet.len > 0 &&
	       v[k].packet.len <= v->packet.len && bytes + v[k].packet.len <= MERGED_BYTES) {
		bytes += v[k].packet.len;
		if (v[k++].packet.len < v->packet.len)
			break;
	}
	return k;
}

static void put_segment_size(struct msghdr *m, struct udp_control *c, uint16_t size)
{
	m->msg_control = c;
	m->msg_controllen = CMSG_SPACE(sizeof(size));
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	h->cmsg_level = IPPROTO_UDP;
	h->cmsg_type = UDP_SEGMENT;
	h->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(h), &size, sizeof(size));
}

static void put_source(struct msghdr *m, struct udp_control *c, const struct ip *from)
{
	struct in_pktinfo in = {0};
	struct in6_pktinfo in6 = {0};
	bool is6 = from->family == 6;
	size_t n = is6 ? sizeof(in6) : sizeof(in);
	memcpy(is6 ? (void *)&in6.ipi6_addr : (void *)&in.ipi_spec_dst, from->b, ip_len(from));
	m->msg_control = c;
	m->msg_controllen = CMSG_SPACE(n);
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	h->cmsg_level = is6 ? IPPROTO_IPV6 : IPPROTO_IP;
	h->cmsg_type = is6 ? IPV6_PKTINFO : IP_PKTINFO;
	h->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(h), is6 ? (void *)&in6 : (void *)&in, n);
}

static void add_message(struct udp *u, const struct datagram *v, size_t n)
{
	size_t i = u->n_out++;
	struct msghdr *m = &u->out[i].msg_hdr;
	*m = (struct msghdr){
		.msg_name = &u->out_to[i],
		.msg_namelen = socket_address_write(&u->out_to[i], &v->at),
		.msg_iov = &u->out_iov[u->n_iov],
		.msg_iovlen = n,
	};
	u->out_first[i] = v;
	for (size_t k = 0; k < n; k++)
		u->out_iov[u->n_iov++] = (struct iovec){v[k].packet.data, v[k].packet.len};
	if (v->from.family == v->at.ip.family)
		put_source(m, &u->out_control[i], &v->from);
	else if (n > 1)
		put_segment_size(m, &u->out_control[i], (uint16_t)v->packet.len);
}

/* The option belongs to the socket, so everything before goes first, and this datagram alone. */
static void send_unfragmented(struct udp *u, struct udp_socket *s, const struct datagram *d,
			      struct udp_refused *r)
{
	if (u->n_out > 0)
		send_messages(u, s, r);
	add_message(u, d, 1);
	udp_socket_fragment(s->fd, d->at.ip.family, false);
	send_messages(u, s, r);
	udp_socket_fragment(s->fd, d->at.ip.family, true);
}

static void send_family(struct udp *u, struct udp_socket *s, uint16_t number, uint8_t family,
			const struct datagram *v, size_t n, struct udp_refused *r)
{
	for (size_t i = 0; i < n;) {
		if (v[i].at.ip.family != family || v[i].socket != number) {
			i++;
			continue;
		}
		if (s->fd < 0) {
			u->stats.tx_refused++;
			refuse(r, &v[i++].at);
			continue;
		}
		size_t k = run_length(v + i, n - i, s->gso);
		if (v[i].dont_fragment) {
			send_unfragmented(u, s, &v[i++], r);
			continue;
		}
		if (u->n_out == BATCH_MAX || u->n_iov + k > ARRAY_LEN(u->out_iov))
			send_messages(u, s, r);
		add_message(u, v + i, k);
		i += k;
	}
	if (u->n_out > 0)
		send_messages(u, s, r);
}

static void send_extra_families(struct udp *u, struct udp_extra *e, const struct datagram *v,
				size_t n, struct udp_refused *r)
{
	send_family(u, &e->socket, e->number, 4, v, n, r);
	send_family(u, &e->socket, e->number, 6, v, n, r);
}

/* Datagrams of one extra socket that stand side by side go together. */
static void send_extra(struct udp *u, const struct datagram *v, size_t n, struct udp_refused *r)
{
	size_t k;
	for (size_t i = 0; i < n; i = k) {
		for (k = i + 1; k < n && v[k].socket == v[i].socket;)
			k++;
		struct udp_extra *e = udp_extra_of(u, v[i].socket);
		if (e)
			send_extra_families(u, e, v + i, k - i, r);
		else if (v[i].socket != 0)
			u->stats.tx_no_socket += k - i;
	}
}

void udp_send(struct udp *u, const struct datagram *v, size_t n, struct udp_refused *refused)
{
	refused->n = 0;
	send_family(u, &u->v4, 0, 4, v, n, refused);
	send_family(u, &u->v6, 0, 6, v, n, refused);
	send_extra(u, v, n, refused);
}
