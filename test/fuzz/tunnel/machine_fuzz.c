/* Bytes are calls and steps of time on two tunnels, and what becomes of the datagrams between them.
 * Whatever happens: every packet that comes out is one that went in, no call repeats itself for
 * ever, and once the line is good again two packets bring a working session.
 */
#include <string.h>

#include "crypto/seeded.h"
#include "fuzz/fuzz.h"
#include "tunnel/tunnel.h"
#include "wire/wireguard.h"

enum { LINE_MAX = 8, ROUNDS_MAX = 2000 };

struct datagram_copy {
	uint8_t b[256];
	uint32_t n;
	int to;
};

struct world {
	struct seeded seeds[2];
	struct tunnel_peer_config other[2];
	struct node_private key[2];
	struct tunnel *t[2];
	mono_ns now;
	struct datagram_copy line[LINE_MAX];
	size_t n;
	unsigned delivered;
};

static void start(struct world *w, int i)
{
	struct prefix prefix = {.ip = {4, {10, 0, 0, (uint8_t)!i}}, .bits = 32};
	struct tunnel_config cfg = {
		.key = w->key[i], .rng = seeded_rng(&w->seeds[i]), .peers_max = 1, .staged_max = 3};
	w->t[i] = tunnel_new(&cfg, w->now);
	FUZZ_ASSERT(w->t[i]);
	FUZZ_ASSERT(tunnel_peer_add(w->t[i], 0, &w->other[i], w->now) == TUNNEL_ADDED);
	FUZZ_ASSERT(tunnel_allow(w->t[i], 0, &prefix));
}

static void put(struct world *w, int to, const struct packet *p)
{
	FUZZ_ASSERT(p->len <= sizeof(w->line[0].b));
	struct datagram_copy *d = &w->line[w->n < LINE_MAX ? w->n++ : 0];
	memcpy(d->b, p->data, p->len);
	d->n = p->len;
	d->to = to;
}

static void drain(struct world *w, int i)
{
	uint8_t memory[512];
	peer_id id;
	for (int n = 0;; n++) {
		struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
		FUZZ_ASSERT(n < 16);
		if (!tunnel_output(w->t[i], &id, &p, w->now))
			break;
		put(w, !i, &p);
	}
	struct tunnel_event ev;
	for (int n = 0; tunnel_event(w->t[i], &ev); n++)
		FUZZ_ASSERT(n < 4 && ev.peer == 0);
}

static void say(struct world *w, int i)
{
	uint8_t memory[512];
	struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	uint8_t content[40] = {0x45,       0,  0, 40, [12] = 10,   0,   0,
			       (uint8_t)i, 10, 0, 0,  (uint8_t)!i, 0x5a};
	uint8_t *room = packet_append(&p, sizeof(content));
	FUZZ_ASSERT(room);
	memcpy(room, content, sizeof(content));
	if (tunnel_seal(w->t[i], 0, &p, w->now) == TUNNEL_SEALED)
		put(w, !i, &p);
}

static void deliver(struct world *w, size_t which, bool keep)
{
	if (which >= w->n)
		return;
	struct datagram_copy d = w->line[which];
	if (!keep)
		w->line[which] = w->line[--w->n];
	uint8_t memory[512], reply[64];
	const struct tunnel_source source = {.udp = {ip_v4(192, 0, 2, (uint8_t)d.to), 41641}};
	struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	uint8_t *room = packet_append(&p, d.n);
	FUZZ_ASSERT(room);
	memcpy(room, d.b, d.n);
	peer_id id;
	struct wr r = wr_of(reply, sizeof(reply));
	switch (tunnel_open(w->t[d.to], &p, &source, w->now, &id, &r)) {
	case TUNNEL_PACKET:
		FUZZ_ASSERT(p.len == 40 && p.data[15] == !d.to && p.data[20] == 0x5a);
		w->delivered++;
		break;
	case TUNNEL_COOKIE:
		p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
		FUZZ_ASSERT(packet_append(&p, WG_COOKIE_LEN));
		memcpy(p.data, reply, WG_COOKIE_LEN);
		put(w, !d.to, &p);
		break;
	case TUNNEL_KEEPALIVE:
	case TUNNEL_HANDSHAKE:
	case TUNNEL_DROPPED:
		break;
	}
}

/* To the next deadline, if it comes within `most`; time never stands still for long. */
static void pass_time(struct world *w, mono_ns most)
{
	mono_ns at = mono_min(tunnel_deadline(w->t[0]), tunnel_deadline(w->t[1]));
	w->now = mono_max(w->now, mono_min(at, w->now + most));
	for (int i = 0; i < 2; i++) {
		tunnel_tick(w->t[i], w->now);
		FUZZ_ASSERT(tunnel_deadline(w->t[i]) > w->now);
		drain(w, i);
	}
}

static void one_call(struct world *w, uint8_t what)
{
	int i = what >> 3 & 1;
	switch (what & 7) {
	case 0:
		say(w, i);
		break;
	case 1:
		deliver(w, what >> 4, false);
		break;
	case 2:
		deliver(w, what >> 4, true);
		break;
	case 3:
		w->n = what >> 4 < w->n ? what >> 4 : w->n; /* the rest is lost */
		break;
	case 4:
		pass_time(w, SECOND << (what >> 4 & 7));
		break;
	case 5:
		w->now += MSEC << (what >> 4);
		tunnel_tick(w->t[i], w->now);
		break;
	case 6:
		if (what & 0x80)
			tunnel_peer_reset(w->t[i], 0);
		else
			tunnel_handshake(w->t[i], 0, w->now);
		break;
	default:
		if (what >> 4 == 15) { /* restart */
			tunnel_free(w->t[i]);
			start(w, i);
		} else {
			w->other[i].keepalive_s = what >> 4;
			tunnel_peer_change(w->t[i], 0, &w->other[i], w->now);
		}
	}
	drain(w, 0);
	drain(w, 1);
}

/* On a good line both sides' packets must arrive, at the latest when they notice the silence. */
static void must_recover(struct world *w)
{
	w->n = 0;
	unsigned want = w->delivered + 20;
	mono_ns until = w->now + 200 * SECOND;
	while (w->delivered < want) {
		FUZZ_ASSERT(w->now < until);
		for (int i = 0; i < 2; i++) {
			say(w, i);
			drain(w, i);
		}
		for (int round = 0; w->n > 0 && round < ROUNDS_MAX; round++) {
			deliver(w, 0, false);
			drain(w, 0);
			drain(w, 1);
		}
		pass_time(w, SECOND);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	memset(&w, 0, sizeof(w));
	w.now = 1000 * SECOND;
	for (int i = 0; i < 2; i++) {
		seeded_init(&w.seeds[i], 10 + (uint64_t)i);
		struct rng rng = seeded_rng(&w.seeds[i]);
		key_generate(w.key[i].b, &rng);
		key_public(w.other[!i].key.b, w.key[i].b);
	}
	start(&w, 0);
	start(&w, 1);
	for (size_t i = 0; i < size && i < ROUNDS_MAX; i++)
		one_call(&w, data[i]);
	must_recover(&w);
	tunnel_free(w.t[0]);
	tunnel_free(w.t[1]);
	return 0;
}
