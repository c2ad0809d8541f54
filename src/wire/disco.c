/* Most messages ignore their version and any bytes behind them.  Those that end in a list cannot
 * (disco.md 2). */
#include "wire/disco.h"

#include <string.h>

enum {
	/* All before the list of addresses, without the generation of an ALLOCATE_RESPONSE. */
	RELAY_FIXED_LEN = 3 * KEY_LEN + 8 + 4 + 8 + 8
};

static const uint8_t magic[DISCO_MAGIC_LEN] = {'T', 'S', 0xf0, 0x9f, 0x92, 0xac};

bool disco_is(struct bytes datagram)
{
	return datagram.n >= DISCO_HEADER_LEN && bytes_start(datagram, BYTES_OF(magic));
}

bool disco_open_frame(struct bytes datagram, struct disco_key *sender, struct bytes *sealed)
{
	if (!disco_is(datagram) || datagram.n < DISCO_OVERHEAD)
		return false;
	struct rd r = rd_of(datagram);
	rd_skip(&r, DISCO_MAGIC_LEN);
	rd_copy(&r, sender->b, KEY_LEN);
	*sealed = rd_rest(&r);
	return true;
}

/* --- endpoints --- */

static struct endpoint read_endpoint(struct rd *r)
{
	uint8_t b[16];
	rd_copy(r, b, sizeof(b));
	return (struct endpoint){.ip = ip_v6_from(b), .port = rd_be16(r)};
}

static void write_endpoint(struct wr *w, const struct endpoint *e)
{
	uint8_t b[16];
	ip_to_16(&e->ip, b);
	wr_put(w, b, sizeof(b));
	wr_be16(w, e->port);
}

/* A list that runs to the end of the message. False: the last entry is cut. */
static bool read_endpoints(struct rd *r, struct disco_endpoints *out)
{
	out->n = 0;
	if (r->bad || r->left % DISCO_ENDPOINT_LEN != 0)
		return false;
	while (r->left > 0 && out->n < DISCO_ENDPOINTS_MAX)
		out->v[out->n++] = read_endpoint(r);
	return true;
}

static void write_endpoints(struct wr *w, const struct disco_endpoints *e)
{
	for (size_t i = 0; i < e->n; i++)
		write_endpoint(w, &e->v[i]);
}

/* --- the messages --- */

static void read_ping(struct rd *r, struct disco_ping *out)
{
	*out = (struct disco_ping){0};
	rd_copy(r, out->txid.b, DISCO_TXID_LEN);
	out->has_node = r->left >= KEY_LEN;
	if (!out->has_node)
		return;
	rd_copy(r, out->node.b, KEY_LEN);
	out->padding = r->left;
}

static void write_ping(struct wr *w, const struct disco_ping *ping)
{
	wr_put(w, ping->txid.b, DISCO_TXID_LEN);
	/* A reader would take padding without a key for the key. */
	if (!ping->has_node)
		return;
	wr_put(w, ping->node.b, KEY_LEN);
	wr_zero(w, ping->padding);
}

static void read_pong(struct rd *r, struct disco_pong *out)
{
	rd_copy(r, out->txid.b, DISCO_TXID_LEN);
	out->seen = read_endpoint(r);
}

static void write_pong(struct wr *w, const struct disco_pong *pong)
{
	wr_put(w, pong->txid.b, DISCO_TXID_LEN);
	write_endpoint(w, &pong->seen);
}

static void read_bind(struct rd *r, struct disco_bind *out)
{
	out->vni = rd_be32(r);
	out->generation = rd_be32(r);
	rd_copy(r, out->remote.b, KEY_LEN);
	rd_copy(r, out->challenge, DISCO_CHALLENGE_LEN);
}

static void write_bind(struct wr *w, const struct disco_bind *bind)
{
	wr_be32(w, bind->vni);
	wr_be32(w, bind->generation);
	wr_put(w, bind->remote.b, KEY_LEN);
	wr_put(w, bind->challenge, DISCO_CHALLENGE_LEN);
}

static bool read_relay(struct rd *r, bool has_generation, struct disco_relay *out)
{
	out->generation = has_generation ? rd_be32(r) : 0;
	if (r->left < RELAY_FIXED_LEN + DISCO_ENDPOINT_LEN)
		return false;
	rd_copy(r, out->server.b, KEY_LEN);
	rd_copy(r, out->client[0].b, KEY_LEN);
	rd_copy(r, out->client[1].b, KEY_LEN);
	out->lamport_id = rd_be64(r);
	out->vni = rd_be32(r);
	out->bind_lifetime_ns = rd_be64(r);
	out->steady_lifetime_ns = rd_be64(r);
	return read_endpoints(r, &out->addrs);
}

static void write_relay(struct wr *w, bool has_generation, const struct disco_relay *relay)
{
	if (has_generation)
		wr_be32(w, relay->generation);
	wr_put(w, relay->server.b, KEY_LEN);
	wr_put(w, relay->client[0].b, KEY_LEN);
	wr_put(w, relay->client[1].b, KEY_LEN);
	wr_be64(w, relay->lamport_id);
	wr_be32(w, relay->vni);
	wr_be64(w, relay->bind_lifetime_ns);
	wr_be64(w, relay->steady_lifetime_ns);
	write_endpoints(w, &relay->addrs);
}

static void read_allocate(struct rd *r, struct disco_allocate *out)
{
	rd_copy(r, out->client[0].b, KEY_LEN);
	rd_copy(r, out->client[1].b, KEY_LEN);
	out->generation = rd_be32(r);
}

static void write_allocate(struct wr *w, const struct disco_allocate *allocate)
{
	wr_put(w, allocate->client[0].b, KEY_LEN);
	wr_put(w, allocate->client[1].b, KEY_LEN);
	wr_be32(w, allocate->generation);
}

bool disco_read(struct bytes inner, struct disco_msg *out)
{
	struct rd r = rd_of(inner);
	out->type = rd_u8(&r);
	uint8_t version = rd_u8(&r);
	if (r.bad)
		return false;
	switch (out->type) {
	case DISCO_PING:
		read_ping(&r, &out->ping);
		return !r.bad;
	case DISCO_PONG:
		read_pong(&r, &out->pong);
		return !r.bad;
	case DISCO_CALL_ME_MAYBE:
		if (version != 0 || !read_endpoints(&r, &out->call))
			out->call.n = 0;
		return true;
	case DISCO_BIND:
	case DISCO_BIND_CHALLENGE:
	case DISCO_BIND_ANSWER:
		read_bind(&r, &out->bind);
		return !r.bad;
	case DISCO_CALL_ME_MAYBE_VIA:
	case DISCO_ALLOCATE_RESPONSE:
		return version == 0 &&
		       read_relay(&r, out->type == DISCO_ALLOCATE_RESPONSE, &out->relay);
	case DISCO_ALLOCATE_REQUEST:
		read_allocate(&r, &out->allocate);
		return version == 0 && !r.bad;
	case DISCO_EXTENSION:
		return disco_extension_read(&r, version, &out->extension);
	case DISCO_RECEIPT:
		out->receipt = rd_be64(&r);
		return !r.bad;
	}
	return false;
}

void disco_write(struct wr *out, const struct disco_msg *msg)
{
	wr_u8(out, (uint8_t)msg->type);
	wr_u8(out, msg->type == DISCO_EXTENSION ? DISCO_EXTENSION_VERSION : 0);
	switch (msg->type) {
	case DISCO_PING:
		write_ping(out, &msg->ping);
		break;
	case DISCO_PONG:
		write_pong(out, &msg->pong);
		break;
	case DISCO_CALL_ME_MAYBE:
		write_endpoints(out, &msg->call);
		break;
	case DISCO_BIND:
	case DISCO_BIND_CHALLENGE:
	case DISCO_BIND_ANSWER:
		write_bind(out, &msg->bind);
		break;
	case DISCO_CALL_ME_MAYBE_VIA:
	case DISCO_ALLOCATE_RESPONSE:
		write_relay(out, msg->type == DISCO_ALLOCATE_RESPONSE, &msg->relay);
		break;
	case DISCO_ALLOCATE_REQUEST:
		write_allocate(out, &msg->allocate);
		break;
	case DISCO_EXTENSION:
		disco_extension_write(out, &msg->extension);
		break;
	case DISCO_RECEIPT:
		wr_be64(out, msg->receipt);
		break;
	}
}

/* --- sealed --- */

void disco_seal(struct wr *out, const struct disco_key *self, const struct box_shared *shared,
		const struct disco_msg *msg, const struct rng *rng)
{
	uint8_t inner[DISCO_SEALED_MAX];
	struct wr w = wr_of(inner, sizeof(inner));
	disco_write(&w, msg);
	if (w.bad) {
		out->bad = true;
		return;
	}
	wr_put(out, magic, sizeof(magic));
	wr_put(out, self->b, KEY_LEN);
	box_seal(shared, out, wr_done(&w), rng);
}

bool disco_open(struct bytes sealed, const struct box_shared *shared, struct disco_msg *out)
{
	uint8_t inner[DISCO_SEALED_MAX];
	struct wr w = wr_of(inner, sizeof(inner));
	return box_open(shared, &w, sealed) && disco_read(wr_done(&w), out);
}

struct endpoint disco_relay_endpoint(uint16_t region)
{
	return (struct endpoint){.ip = ip_v4(127, 3, 3, 40), .port = region};
}
