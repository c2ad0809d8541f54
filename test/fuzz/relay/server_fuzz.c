/* The server: bytes are calls for a few clients, two of which are through the handshake. */
#include <string.h>

#include "crypto/box.h"
#include "crypto/seeded.h"
#include "fuzz/fuzz.h"
#include "relay/server.h"
#include "wire/derp.h"

enum { CLIENTS = 6 };

struct owner {
	struct relay_server *s;
	struct rng rng;
	bool open[CLIENTS];
	struct node_key key[CLIENTS];
	mono_ns now;
};

static void open_client(struct owner *o)
{
	uint32_t id;
	if (!relay_server_open(o->s, 0, o->now, &id))
		return;
	FUZZ_ASSERT(id < CLIENTS && !o->open[id]);
	o->open[id] = true;
}

static void greet(struct owner *o, uint32_t id, uint8_t same_as)
{
	struct seeded seeded;
	struct node_private priv;
	struct box_shared shared;
	uint8_t sealed[100], frame[200];
	struct wr box = wr_of(sealed, sizeof(sealed)), w = wr_of(frame, sizeof(frame));
	seeded_init(&seeded, same_as % 4); /* some share a key */
	struct rng rng = seeded_rng(&seeded);
	key_generate(priv.b, &rng);
	key_public(o->key[id].b, priv.b);
	FUZZ_ASSERT(box_shared_of(&shared, priv.b, relay_server_key(o->s)->b));
	box_seal(&shared, &box, (struct bytes){(const uint8_t *)"{\"version\":2}", 13}, &o->rng);
	struct derp_frame f = {.type = DERP_CLIENT_INFO};
	f.client_info.key = o->key[id];
	f.client_info.sealed = wr_done(&box);
	derp_write(&w, &f);
	o->open[id] = relay_server_input(o->s, id, wr_done(&w), o->now);
}

static void send_packet(struct owner *o, uint32_t id, struct bytes packet)
{
	uint8_t frame[400];
	struct wr w = wr_of(frame, sizeof(frame));
	struct derp_frame f = {.type = DERP_SEND_PACKET};
	f.packet.peer = o->key[packet.n % CLIENTS];
	f.packet.packet = packet;
	derp_write(&w, &f);
	o->open[id] = relay_server_input(o->s, id, wr_done(&w), o->now);
}

static void read_some(struct owner *o, uint32_t id, size_t cap)
{
	uint8_t out[256];
	size_t n = relay_server_output(o->s, id, out, cap, o->now);
	FUZZ_ASSERT(n <= cap);
}

static void step(struct owner *o, struct rd *r)
{
	uint8_t what = rd_u8(r), n = rd_u8(r);
	uint32_t id = (what >> 4) % CLIENTS;
	switch (what % 9) {
	case 0:
		o->now += n * SECOND;
		relay_server_tick(o->s, o->now);
		FUZZ_ASSERT(relay_server_deadline(o->s) > o->now);
		break;
	case 1:
		open_client(o);
		break;
	case 2:
		relay_server_gone(o->s, id, o->now);
		o->open[id] = false;
		break;
	case 3:
		if (o->open[id])
			greet(o, id, n);
		break;
	case 4:
	case 5:
		if (o->open[id])
			send_packet(o, id, rd_take(r, n));
		break;
	case 6:
		read_some(o, id, n);
		break;
	case 7:
		if (n == 0)
			relay_server_drain(o->s, SECOND, SECOND, o->now);
		break;
	default:
		if (o->open[id])
			o->open[id] = relay_server_input(o->s, id, rd_take(r, n), o->now);
		break;
	}
}

static void drain(struct owner *o)
{
	uint32_t id, streams = 0;
	while (relay_server_expired(o->s, &id)) {
		FUZZ_ASSERT(o->open[id]);
		o->open[id] = false;
	}
	while (relay_server_ready(o->s, &id))
		FUZZ_ASSERT(o->open[id]);
	for (size_t i = 0; i < CLIENTS; i++)
		streams += o->open[i];
	FUZZ_ASSERT(relay_server_stats(o->s)->clients == streams);
	FUZZ_ASSERT(relay_server_stats(o->s)->registered <= streams);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seeded seeded;
	struct owner o = {.now = SECOND};
	struct rd r = rd_of((struct bytes){data, size});
	seeded_init(&seeded, 1);
	o.rng = seeded_rng(&seeded);
	struct relay_server_config cfg = {
		.rng = o.rng, .clients_max = CLIENTS, .queued_bytes_max = 4000};
	key_generate(cfg.key.b, &cfg.rng);
	o.s = relay_server_new(&cfg, o.now);
	for (uint32_t i = 0; i < 2; i++) {
		open_client(&o);
		greet(&o, i, (uint8_t)i);
	}
	while (r.left > 0 && !r.bad) {
		step(&o, &r);
		drain(&o);
	}
	relay_server_free(o.s);
	return 0;
}
