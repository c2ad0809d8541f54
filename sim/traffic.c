#include "sim/traffic.h"

#include <stdlib.h>

#include "wire/ip.h"

enum { HEADERS_LEN = IP4_HEADER_LEN + UDP_HEADER_LEN, FILL = 0x5a };

void traffic_init(struct traffic *s, struct events *events, struct sim_node *from,
		  struct sim_node *to, uint16_t id, mono_ns interval)
{
	*s = (struct traffic){.events = events,
			      .from = from,
			      .to = to,
			      .id = id,
			      .interval = interval,
			      .len = TRAFFIC_PACKET_LEN,
			      .last_arrival = MONO_NEVER};
}

void traffic_fini(struct traffic *s)
{
	free(s->v);
	s->v = NULL;
	s->n = s->cap = 0;
}

static void record(struct traffic *s, mono_ns now)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 256;
		s->v = realloc(s->v, s->cap * sizeof(*s->v));
		if (!s->v)
			abort();
	}
	s->v[s->n++] = (struct traffic_packet){.sent = now, .arrived = MONO_NEVER};
}

/* The payload: the number, and one byte repeated to the end. */
void traffic_send(struct traffic *s, mono_ns now)
{
	uint8_t payload[TRAFFIC_PACKET_MAX], buf[TRAFFIC_PACKET_MAX];
	struct wr load = wr_of(payload, s->len - HEADERS_LEN), w = wr_of(buf, sizeof(buf));
	uint16_t port = (uint16_t)(TRAFFIC_PORT + s->id);
	wr_be64(&load, s->n);
	while (load.n < s->len - HEADERS_LEN)
		wr_u8(&load, FILL);
	ip_write(&w, &s->from->address, &s->to->address, IP_UDP, 64, UDP_HEADER_LEN + load.n);
	udp_write(&w, &s->from->address, &s->to->address, port, port, wr_done(&load));
	record(s, now);
	if (s->sent)
		s->sent(s->self, s, s->n - 1, now);
	sim_node_tun(s->from, wr_done(&w), now);
}

static void next(void *self, void *arg, mono_ns now)
{
	struct traffic *s = self;
	if (!s->running)
		return;
	traffic_send(s, now);
	events_at(s->events, now + s->interval, next, s, NULL);
}

void traffic_start(struct traffic *s, mono_ns now)
{
	s->running = true;
	next(s, NULL, now);
}

void traffic_stop(struct traffic *s)
{
	s->running = false;
}

static bool undamaged(struct rd *r)
{
	while (r->left)
		if (rd_u8(r) != FILL)
			return false;
	return true;
}

bool traffic_take(struct traffic *s, const struct sim_node *at, struct bytes packet,
		  const struct way *how, mono_ns now)
{
	struct ip_packet ip;
	struct udp_header udp;
	struct bytes payload;
	if (at != s->to || !ip_read(packet, &ip) || ip.proto != IP_UDP ||
	    !udp_read(ip.payload, &udp, &payload) || udp.dst != TRAFFIC_PORT + s->id)
		return false;
	struct rd r = rd_of(payload);
	uint64_t seq = rd_be64(&r);
	if (payload.n != s->len - HEADERS_LEN || !undamaged(&r) || seq >= s->n ||
	    !ip_equal(&ip.src, &s->from->address)) {
		s->damaged++;
		return true;
	}
	struct traffic_packet *p = &s->v[seq];
	if (p->arrived != MONO_NEVER) {
		s->doubled++;
		return true;
	}
	p->arrived = s->last_arrival = now;
	p->how = *how;
	if (s->arrived)
		s->arrived(s->self, s, seq, now);
	return true;
}

size_t traffic_lost(const struct traffic *s, mono_ns from, mono_ns until)
{
	size_t lost = 0;
	for (size_t i = 0; i < s->n; i++)
		lost += s->v[i].sent >= from && s->v[i].sent < until &&
			s->v[i].arrived == MONO_NEVER;
	return lost;
}

mono_ns traffic_longest_gap(const struct traffic *s, mono_ns from, mono_ns until)
{
	mono_ns longest = 0, last = MONO_NEVER;
	for (size_t i = 0; i < s->n; i++) {
		const struct traffic_packet *p = &s->v[i];
		if (p->sent < from || p->sent >= until)
			continue;
		if (last == MONO_NEVER)
			last = p->sent;
		if (p->arrived == MONO_NEVER || p->arrived < last)
			continue;
		longest = mono_max(longest, p->arrived - last);
		last = p->arrived;
	}
	return last == MONO_NEVER ? 0 : mono_max(longest, mono_since(last, until));
}

mono_ns traffic_first_arrival(const struct traffic *s, mono_ns since, bool direct)
{
	mono_ns first = MONO_NEVER;
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].sent >= since && (!direct || s->v[i].how.kind == WAY_UDP))
			first = mono_min(first, s->v[i].arrived);
	return first;
}
