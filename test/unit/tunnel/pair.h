/* pair.h - two tunnels and what is under way between them, for tests */
#ifndef TUNNEL_PAIR_H
#define TUNNEL_PAIR_H

#include "crypto/seeded.h"
#include "tunnel/tunnel.h"
#include "unit/unit.h"

enum { A = 0, B = 1, PEER = 3 }; /* each knows the other as peer 3 */

struct pair_config {
	uint64_t seed;
	uint8_t psk[2][TUNNEL_PSK_LEN];
	uint16_t keepalive_s[2];
};

struct end {
	struct seeded seeded;
	struct node_private key;
	struct tunnel_peer_config other;
	struct tunnel *t;
	/* Of the last datagram opened here: */
	uint8_t memory[PACKET_SIZE];
	struct packet packet;
	uint8_t reply[64];
	size_t reply_n;
};

struct pair {
	mono_ns now;
	struct end end[2];
};

/* A datagram, or an IP packet of a test's own. */
struct message {
	uint8_t b[PACKET_SIZE];
	size_t n;
};

static inline void end_start(struct pair *p, int which)
{
	struct end *e = &p->end[which];
	struct tunnel_config cfg = {
		.key = e->key,
		.rng = seeded_rng(&e->seeded),
		.peers_max = 8,
		.staged_max = 300,
		.wall_offset_ns = 1700000000 * SECOND,
	};
	struct prefix address = prefix_of(&(struct ip){4, {10, 0, 0, (uint8_t)(1 + !which)}}, 32);
	struct prefix address6 =
		prefix_of(&(struct ip){6, {0xfd, [15] = (uint8_t)(1 + !which)}}, 128);
	e->t = tunnel_new(&cfg, p->now);
	assert_non_null(e->t);
	assert_int_equal(tunnel_peer_add(e->t, PEER, &e->other, p->now), TUNNEL_ADDED);
	assert_true(tunnel_allow(e->t, PEER, &address));
	assert_true(tunnel_allow(e->t, PEER, &address6));
}

static inline void pair_start(struct pair *p, const struct pair_config *cfg)
{
	memset(p, 0, sizeof(*p));
	p->now = 1000 * SECOND;
	for (int i = 0; i < 2; i++) {
		struct end *e = &p->end[i];
		seeded_init(&e->seeded, cfg->seed * 2 + (uint64_t)i);
		struct rng rng = seeded_rng(&e->seeded);
		key_generate(e->key.b, &rng);
		key_public(p->end[!i].other.key.b, e->key.b);
		memcpy(e->other.psk, cfg->psk[i], TUNNEL_PSK_LEN);
		e->other.keepalive_s = cfg->keepalive_s[i];
	}
	end_start(p, A);
	end_start(p, B);
}

static inline void pair_stop(struct pair *p)
{
	tunnel_free(p->end[A].t);
	tunnel_free(p->end[B].t);
}

/* The other one forgets all that it does not have in its configuration. */
static inline void end_restart(struct pair *p, int which)
{
	tunnel_free(p->end[which].t);
	end_start(p, which);
}

/* An IPv4 packet of `len` bytes from this end to the other, its content counting from `tag`. */
static inline void ip_packet(struct message *m, int from, size_t len, uint8_t tag)
{
	static const uint8_t header[] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0};
	struct wr w = wr_of(m->b, sizeof(m->b));
	wr_put(&w, header, sizeof(header));
	wr_put(&w, (uint8_t[]){10, 0, 0, (uint8_t)(1 + from), 10, 0, 0, (uint8_t)(1 + !from)}, 8);
	for (size_t i = w.n; i < len; i++)
		wr_u8(&w, (uint8_t)(tag + i));
	m->b[2] = (uint8_t)(len >> 8);
	m->b[3] = (uint8_t)len;
	m->n = w.n;
	assert_int_equal(w.n, len);
}

/* Seals content at one end; on TUNNEL_SEALED *m is the datagram. */
static inline enum tunnel_sealed end_seal(struct pair *p, int from, const struct message *content,
					  struct message *m)
{
	uint8_t memory[PACKET_SIZE];
	struct packet packet = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	uint8_t *room = packet_append(&packet, content->n);
	assert_non_null(room);
	m->n = 0;
	memcpy(room, content->b, content->n);
	enum tunnel_sealed sealed = tunnel_seal(p->end[from].t, PEER, &packet, p->now);
	if (sealed == TUNNEL_SEALED) {
		memcpy(m->b, packet.data, packet.len);
		m->n = packet.len;
	}
	return sealed;
}

static inline bool end_output(struct pair *p, int from, struct message *m)
{
	uint8_t memory[PACKET_SIZE];
	struct packet packet = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	peer_id to = PEER_NONE;
	m->n = 0;
	if (!tunnel_output(p->end[from].t, &to, &packet, p->now))
		return false;
	assert_int_equal(to, PEER);
	memcpy(m->b, packet.data, packet.len);
	m->n = packet.len;
	return true;
}

/* Opens a datagram that came from there. */
static inline enum tunnel_opened end_open_as(struct pair *p, int at, const struct message *m,
					     const struct tunnel_source *source)
{
	struct end *e = &p->end[at];
	peer_id from = PEER_NONE;
	struct wr reply = wr_of(e->reply, sizeof(e->reply));
	e->packet = packet_in(e->memory, sizeof(e->memory), PACKET_HEADROOM);
	uint8_t *room = packet_append(&e->packet, m->n);
	assert_non_null(room);
	memcpy(room, m->b, m->n);
	enum tunnel_opened opened = tunnel_open(e->t, &e->packet, source, p->now, &from, &reply);
	assert_int_equal(from,
			 opened == TUNNEL_DROPPED || opened == TUNNEL_COOKIE ? PEER_NONE : PEER);
	assert_int_equal(reply.n, opened == TUNNEL_COOKIE ? 64 : 0);
	e->reply_n = reply.n;
	return opened;
}

/* Opens a datagram that came from port 41641 of 192.0.2.`host`. */
static inline enum tunnel_opened end_open_from(struct pair *p, int at, const struct message *m,
					       uint8_t host)
{
	const struct tunnel_source source = {.udp = {ip_v4(192, 0, 2, host), 41641}};
	return end_open_as(p, at, m, &source);
}

static inline enum tunnel_opened end_open(struct pair *p, int at, const struct message *m)
{
	return end_open_from(p, at, m, (uint8_t)(1 + !at));
}

/* Delivers all that both have to send, until neither has anything; gives how many datagrams it was.
 */
static inline int pair_settle(struct pair *p)
{
	struct message m;
	int n = 0;
	for (bool some = true; some;) {
		some = false;
		for (int i = 0; i < 2; i++)
			while (end_output(p, i, &m)) {
				some = true;
				n++;
				(void)end_open(p, !i, &m);
			}
	}
	return n;
}

/* Sends one packet at once: seal, open, and see that it is the same. */
static inline bool pair_pass(struct pair *p, int from, size_t len)
{
	struct message content, m;
	ip_packet(&content, from, len, 7);
	return end_seal(p, from, &content, &m) == TUNNEL_SEALED &&
	       end_open(p, !from, &m) == TUNNEL_PACKET && p->end[!from].packet.len == len &&
	       memcmp(p->end[!from].packet.data, content.b, len) == 0;
}

/* A session that A began. */
static inline void pair_connect(struct pair *p)
{
	tunnel_handshake(p->end[A].t, PEER, p->now);
	assert_int_equal(pair_settle(p), 3);
	assert_true(pair_pass(p, A, 100));
	assert_true(pair_pass(p, B, 100));
}

/* Ticks both at every deadline until `until`, delivering at once; gives how many datagrams it was.
 */
static inline int pair_run(struct pair *p, mono_ns until)
{
	int n = pair_settle(p);
	for (;;) {
		mono_ns at = mono_min(tunnel_deadline(p->end[A].t), tunnel_deadline(p->end[B].t));
		if (at > until)
			break;
		p->now = mono_max(p->now, at);
		tunnel_tick(p->end[A].t, p->now);
		tunnel_tick(p->end[B].t, p->now);
		n += pair_settle(p);
	}
	p->now = until;
	return n;
}

static inline const struct tunnel_stats *stats(const struct pair *p, int which)
{
	return tunnel_stats(p->end[which].t);
}

static inline struct tunnel_peer_status status(const struct pair *p, int which)
{
	struct tunnel_peer_status s;
	tunnel_peer_status(p->end[which].t, PEER, &s);
	return s;
}

static inline bool event(struct pair *p, int which, int kind, bool initiator)
{
	struct tunnel_event ev;
	return tunnel_event(p->end[which].t, &ev) && (int)ev.kind == kind && ev.peer == PEER &&
	       ev.initiator == initiator;
}

static inline bool no_event(struct pair *p, int which)
{
	struct tunnel_event ev;
	return !tunnel_event(p->end[which].t, &ev);
}

#endif
