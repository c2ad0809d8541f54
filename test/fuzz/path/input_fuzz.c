/* Datagrams of a stranger and of a friend, who seals them correctly, to one machine.
 *
 *   record = who and how u8 | length u8 | that many bytes
 *
 * bit 0: sealed by the friend (the bytes are the inner message), else as they are
 * bit 1: through the relay, else by UDP
 * bit 2: the relay names another node
 * bit 3: half a second passes before */
#include "fuzz/fuzz.h"
#include "unit/path/friend.h"

struct setting {
	struct seeded seeded;
	struct rng rng;
	struct paths *p;
	struct friend f;
	mono_ns now;
};

static void begin(struct setting *s)
{
	struct relay_place relay = {.region = FRIEND_REGION,
				    .stun4 = {ip_v4(203, 0, 113, 9), 3478}};
	struct own_address eth = {.ip = ip_v4(192, 168, 1, 2), .bits = 24};
	struct paths_config cfg = {.peers_max = 2, .port = 41641};
	*s = (struct setting){.now = SECOND};
	seeded_init(&s->seeded, 1);
	s->rng = cfg.rng = seeded_rng(&s->seeded);
	key_generate(cfg.disco.b, &s->rng);
	s->p = paths_new(&cfg, s->now);
	FUZZ_ASSERT(s->p);
	paths_set_relays(s->p, &relay, 1, s->now);
	paths_set_interfaces(s->p, &eth, 1, s->now);
	friend_make(&s->f, s->p, &s->rng);
	friend_introduce(&s->f, s->p, 0, s->now);
}

/* Whatever it sends to a peer, that peer understands. */
static void drain(struct setting *s)
{
	uint8_t memory[PATHS_DATAGRAM_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	struct paths_send to;
	struct disco_msg msg;
	for (; paths_output(s->p, &to, &out, s->now); out = wr_of(memory, sizeof(memory))) {
		FUZZ_ASSERT(!out.bad && out.n > 0 && to.via.kind != WAY_NONE);
		FUZZ_ASSERT(!disco_is(wr_done(&out)) || friend_read(&s->f, wr_done(&out), &msg));
	}
}

static void hand_in(struct setting *s, uint8_t how, struct bytes b)
{
	struct node_key nobody = {{9}};
	struct endpoint ep = {ip_v4(198, 51, 100, how), 5000};
	struct way from = how & 2 ? way_relay(FRIEND_REGION) : way_udp(&ep);
	const struct node_key *source = !(how & 2) ? NULL : how & 4 ? &nobody : &s->f.node;
	uint8_t memory[DISCO_OVERHEAD + 512];
	struct wr out = wr_of(memory, sizeof(memory));
	if (how & 1) {
		wr_bytes(&out,
			 (struct bytes){(const uint8_t *)"TS\xf0\x9f\x92\xac", DISCO_MAGIC_LEN});
		wr_put(&out, s->f.disco_public.b, KEY_LEN);
		box_seal(&s->f.shared, &out, b, &s->rng);
		FUZZ_ASSERT(paths_input(s->p, &from, source, wr_done(&out), s->now) !=
			    PATHS_NOT_MINE);
	} else if (paths_input(s->p, &from, source, b, s->now) == PATHS_NOT_MINE) {
		paths_on_heard(s->p, 0, &from, s->now);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct setting s;
	struct rd in = rd_of((struct bytes){data, size});
	if (size > 4096 || !crypto_init())
		return 0;
	begin(&s);
	while (in.left > 0) {
		uint8_t how = rd_u8(&in);
		size_t len = rd_u8(&in);
		struct bytes b = rd_take(&in, len < in.left ? len : in.left);
		if (how & 8)
			s.now += SECOND / 2;
		paths_tick(s.p, s.now);
		hand_in(&s, how, b);
		drain(&s);
	}
	paths_free(s.p);
	return 0;
}
