/* The client's machine: bytes are calls and steps of time.  It may end up anywhere, but it keeps to
 * its bounds, and its owner's view of the stream and its own stay the same. */
#include <string.h>

#include "crypto/seeded.h"
#include "fuzz/fuzz.h"
#include "relay/client.h"

struct owner {
	struct relay_client *c;
	bool asked, up;
	mono_ns now;
};

static void drain(struct owner *o)
{
	struct relay_client_event ev;
	uint8_t out[3000];
	while (relay_client_event(o->c, &ev)) {
		switch (ev.kind) {
		case RELAY_DIAL:
			FUZZ_ASSERT(!o->asked && !o->up);
			o->asked = true;
			break;
		case RELAY_HANGUP:
			FUZZ_ASSERT(o->asked || o->up);
			o->asked = o->up = false;
			break;
		case RELAY_PACKET:
			FUZZ_ASSERT(ev.packet.n <= RELAY_FRAME_MAX);
			break;
		case RELAY_READY:
		case RELAY_HEALTH:
		case RELAY_LOST:
		case RELAY_PEER_GONE:
			FUZZ_ASSERT(memchr(ev.why, 0, sizeof(ev.why)));
			break;
		}
	}
	size_t n = relay_client_output(o->c, out, sizeof(out), o->now);
	FUZZ_ASSERT(n <= sizeof(out) && (n == 0 || o->up));
}

static void step(struct owner *o, struct rd *r)
{
	static const struct node_key peer = {{1}};
	uint8_t what = rd_u8(r), n = rd_u8(r);
	switch (what % 9) {
	case 0:
		o->now += n * (what & 0x80 ? SECOND : MSEC);
		break;
	case 1:
		if (o->asked)
			relay_client_up(o->c, n & 1 ? &peer : NULL, o->now);
		o->up = o->up || o->asked;
		o->asked = false;
		break;
	case 2:
		relay_client_down(o->c, n & 1 ? "one" : "two", o->now);
		o->asked = o->up = false;
		break;
	case 3:
		relay_client_set_home(o->c, n & 1, o->now);
		break;
	case 4:
		relay_client_link_changed(o->c, o->now);
		break;
	case 5:
		relay_client_send(o->c, &peer, rd_take(r, n), o->now);
		break;
	case 6:
		if (relay_client_deadline(o->c) != MONO_NEVER)
			o->now = mono_max(o->now, relay_client_deadline(o->c));
		break;
	default:
		relay_client_input(o->c, rd_take(r, n), o->now);
		break;
	}
	if (relay_client_deadline(o->c) <= o->now) {
		relay_client_tick(o->c, o->now);
		FUZZ_ASSERT(relay_client_deadline(o->c) > o->now);
	}
	drain(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seeded seeded;
	struct owner o = {.now = SECOND};
	struct rd r = rd_of((struct bytes){data, size});
	seeded_init(&seeded, 1);
	struct relay_client_config cfg = {.rng = seeded_rng(&seeded), .home = rd_u8(&r) & 1};
	key_generate(cfg.key.b, &cfg.rng);
	o.c = relay_client_new(&cfg, o.now);
	drain(&o);
	while (r.left > 0 && !r.bad)
		step(&o, &r);
	relay_client_free(o.c);
	return 0;
}
