/* ends.h - for tests of the relay: a server, and clients that the test plays byte by byte */
#ifndef RELAY_ENDS_H
#define RELAY_ENDS_H

#include <stdlib.h>

#include "crypto/seeded.h"
#include "relay/frames.h"
#include "relay/server.h"
#include "unit/unit.h"

enum { ENDS_BUFFER = 1 << 20 };

struct ends {
	struct seeded seeded;
	struct rng rng;
	struct relay_server *server;
	mono_ns now;
	uint64_t hosts; /* that were used */
};

/* One client's stream, as the test sees it. */
struct end {
	uint32_t id;
	struct node_private priv;
	struct node_key key;
	struct box_shared shared;
	uint8_t *buffer; /* what the server wrote and the test has not read */
	size_t n, at;
};

static inline void ends_init(struct ends *e, uint32_t clients_max, size_t queued_bytes_max)
{
	*e = (struct ends){.now = 100 * SECOND};
	seeded_init(&e->seeded, 7);
	e->rng = seeded_rng(&e->seeded);
	struct relay_server_config cfg = {
		.rng = e->rng, .clients_max = clients_max, .queued_bytes_max = queued_bytes_max};
	key_generate(cfg.key.b, &e->rng);
	e->server = relay_server_new(&cfg, e->now);
	assert_non_null(e->server);
}

static inline void ends_fini(struct ends *e)
{
	relay_server_free(e->server);
}

static inline void end_open_from(struct ends *e, struct end *c, uint64_t host)
{
	*c = (struct end){.buffer = malloc(ENDS_BUFFER)};
	assert_non_null(c->buffer);
	key_generate(c->priv.b, &e->rng);
	key_public(c->key.b, c->priv.b);
	assert_true(box_shared_of(&c->shared, c->priv.b, relay_server_key(e->server)->b));
	assert_true(relay_server_open(e->server, host, e->now, &c->id));
}

/* From a host of its own. */
static inline void end_open(struct ends *e, struct end *c)
{
	end_open_from(e, c, ++e->hosts);
}

static inline void end_close(struct ends *e, struct end *c)
{
	relay_server_gone(e->server, c->id, e->now);
	free(c->buffer);
	c->buffer = NULL;
}

static inline bool end_write(struct ends *e, struct end *c, struct bytes b)
{
	return relay_server_input(e->server, c->id, b, e->now);
}

static inline bool end_write_frame(struct ends *e, struct end *c, const struct derp_frame *f)
{
	static uint8_t out[DERP_INFO_MAX];
	struct wr w = wr_of(out, sizeof(out));
	derp_write(&w, f);
	assert_false(w.bad);
	return end_write(e, c, wr_done(&w));
}

static inline bool end_write_info(struct ends *e, struct end *c, const char *json)
{
	uint8_t sealed[8192];
	struct wr w = wr_of(sealed, sizeof(sealed));
	box_seal(&c->shared, &w, (struct bytes){(const uint8_t *)json, strlen(json)}, &e->rng);
	struct derp_frame f = {.type = DERP_CLIENT_INFO};
	f.client_info.key = c->key;
	f.client_info.sealed = wr_done(&w);
	return end_write_frame(e, c, &f);
}

static inline bool end_send(struct ends *e, struct end *c, const struct node_key *to,
			    struct bytes packet)
{
	struct derp_frame f = {.type = DERP_SEND_PACKET};
	f.packet.peer = *to;
	f.packet.packet = packet;
	return end_write_frame(e, c, &f);
}

/* The next frame from the server. Its views are valid until the next call. */
static inline bool end_read(struct ends *e, struct end *c, struct derp_frame *f)
{
	if (c->at == c->n) {
		c->at = 0;
		c->n = relay_server_output(e->server, c->id, c->buffer, ENDS_BUFFER, e->now);
	}
	if (c->at == c->n)
		return false;
	uint8_t type;
	uint32_t len;
	struct bytes b = {c->buffer + c->at, c->n - c->at};
	assert_true(derp_read_header(b, &type, &len));
	assert_true(len <= b.n - DERP_HEADER_LEN);
	assert_int_equal(derp_read(type, (struct bytes){b.p + DERP_HEADER_LEN, len}, f), DERP_READ);
	c->at += DERP_HEADER_LEN + len;
	return true;
}

/* The next frame is of this type. */
static inline struct derp_frame end_expect(struct ends *e, struct end *c, enum derp_type type)
{
	struct derp_frame f;
	assert_true(end_read(e, c, &f));
	assert_int_equal(f.type, type);
	return f;
}

static inline void end_expect_nothing(struct ends *e, struct end *c)
{
	struct derp_frame f;
	assert_false(end_read(e, c, &f));
}

static inline void end_register(struct ends *e, struct end *c)
{
	assert_true(end_write_info(e, c, "{\"version\":2,\"CanAckPings\":true}"));
	struct derp_frame f = end_expect(e, c, DERP_SERVER_KEY);
	assert_true(key_equal(f.server_key.b, relay_server_key(e->server)->b));
	f = end_expect(e, c, DERP_SERVER_INFO);
	uint8_t json[256];
	struct wr w = wr_of(json, sizeof(json));
	struct derp_server_info info;
	assert_true(box_open(&c->shared, &w, f.server_info.sealed));
	assert_true(derp_read_server_info(wr_done(&w), &info));
	assert_int_equal(info.version, DERP_VERSION);
}

static inline void end_join(struct ends *e, struct end *c)
{
	end_open(e, c);
	end_register(e, c);
}

/* A packet that looks like disco to a relay. */
static inline struct bytes disco_like(uint8_t *out, size_t n)
{
	static const uint8_t magic[] = {0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac};
	memset(out, 0x11, n);
	memcpy(out, magic, sizeof(magic));
	return (struct bytes){out, n};
}

/* The next frame is a packet with this content, from that client. */
static inline void end_expect_packet(struct ends *e, struct end *c, const struct end *from,
				     struct bytes packet)
{
	struct derp_frame f = end_expect(e, c, DERP_RECV_PACKET);
	assert_memory_equal(f.packet.peer.b, from->key.b, KEY_LEN);
	assert_true(bytes_equal(f.packet.packet, packet));
}

static inline void end_expect_gone(struct ends *e, struct end *c, const struct node_key *peer,
				   enum derp_gone reason)
{
	struct derp_frame f = end_expect(e, c, DERP_PEER_GONE);
	assert_memory_equal(f.gone.peer.b, peer->b, KEY_LEN);
	assert_int_equal(f.gone.reason, reason);
}

/* Another stream with the key of `as`. */
static inline void end_join_as(struct ends *e, struct end *c, const struct end *as)
{
	end_open(e, c);
	c->key = as->key;
	c->shared = as->shared;
	end_register(e, c);
}

#endif
