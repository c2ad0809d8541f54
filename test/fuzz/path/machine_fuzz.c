/* Calls and steps of time to one machine with three peers, two of which answer honestly where the
 * bytes say so.  What must hold: after a tick the deadline lies ahead; pings stay within each
 * peer's budget; a route leads somewhere; a peer in doubt has the relay, too.
 *
 *   step = what u8 | argument u8 */
#include "fuzz/fuzz.h"
#include "path/pace.h"
#include "unit/path/friend.h"
#include "unit/path/sent.h"

enum { PEERS = 3, PONGS_MAX = 64 };

struct setting {
	struct seeded seeded;
	struct rng rng;
	struct paths *p;
	struct friend f[PEERS];
	mono_ns begin, now;
	uint64_t pings;      /* that it sent by UDP */
	uint64_t for_person; /* that it was asked for */
	struct {
		struct way from;
		struct disco_msg msg;
		int who;
	} pongs[PONGS_MAX]; /* answers that are on their way */
	size_t n_pongs;
};

static void begin(struct setting *s)
{
	struct paths_config cfg = {.peers_max = PEERS, .port = 41641};
	*s = (struct setting){.begin = SECOND, .now = SECOND};
	seeded_init(&s->seeded, 1);
	s->rng = cfg.rng = seeded_rng(&s->seeded);
	key_generate(cfg.disco.b, &s->rng);
	s->p = paths_new(&cfg, s->now);
	FUZZ_ASSERT(s->p);
	for (int i = 0; i < PEERS; i++) {
		friend_make(&s->f[i], s->p, &s->rng);
		friend_introduce(&s->f[i], s->p, (peer_id)i, s->now);
	}
}

static struct endpoint endpoint_of(uint8_t n)
{
	return (struct endpoint){ip_v4(198, 51, 100, n % 8), (uint16_t)(5000 + n / 64)};
}

/* Notes the answer to a ping, for later. */
static void note_ping(struct setting *s, const struct paths_send *to, struct bytes b)
{
	struct disco_msg msg;
	for (int i = 0; i < PEERS; i++) {
		if (!friend_read(&s->f[i], b, &msg) || msg.type != DISCO_PING)
			continue;
		s->pings += to->via.kind == WAY_UDP;
		if (s->n_pongs == PONGS_MAX)
			return;
		s->pongs[s->n_pongs].msg = (struct disco_msg){.type = DISCO_PONG};
		s->pongs[s->n_pongs].msg.pong =
			(struct disco_pong){.txid = msg.ping.txid, .seen = endpoint_of(1)};
		s->pongs[s->n_pongs].from = to->via;
		s->pongs[s->n_pongs++].who = i;
		return;
	}
}

static void drain(struct setting *s)
{
	uint8_t memory[PATHS_DATAGRAM_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	struct paths_send to;
	struct path_event ev;
	for (; paths_output(s->p, &to, &out, s->now); out = wr_of(memory, sizeof(memory))) {
		FUZZ_ASSERT(!out.bad && to.via.kind != WAY_NONE);
		note_ping(s, &to, wr_done(&out));
	}
	while (paths_event(s->p, &ev))
		FUZZ_ASSERT(ev.kind == PATH_SELF || ev.peer < PEERS);
}

static void pass_time(struct setting *s, mono_ns until)
{
	uint32_t turns = 0;
	while (paths_deadline(s->p) <= until && turns++ < 100000) {
		s->now = paths_deadline(s->p) > s->now ? paths_deadline(s->p) : s->now;
		paths_tick(s->p, s->now);
		drain(s);
		FUZZ_ASSERT(paths_deadline(s->p) > s->now);
	}
	FUZZ_ASSERT(turns < 100000);
	s->now = until;
}

static void set_relays(struct setting *s, uint8_t arg)
{
	struct relay_place v[2] = {{.region = FRIEND_REGION}, {.region = 2}};
	if (arg & 4)
		v[0].stun4 = (struct endpoint){ip_v4(203, 0, 113, 9), 3478};
	paths_set_relays(s->p, v, arg % 3, s->now);
}

static void set_interfaces(struct setting *s, uint8_t arg)
{
	struct own_address eth = {.ip = ip_v4(192, 168, 1, arg), .bits = 24};
	paths_set_interfaces(s->p, &eth, arg % 4 != 0, s->now);
}

static void set_peer(struct setting *s, peer_id id, uint8_t arg)
{
	struct paths_peer cfg = {
		.key = s->f[id].node, .home = arg % 3, .plain = (arg & 0xf0) == 0xf0};
	cfg.hints[0] = endpoint_of(arg);
	cfg.n_hints = (arg >> 3) & 1;
	if (arg & 4)
		paths_peer_remove(s->p, id, s->now);
	if (arg & 128)
		friend_make(&s->f[id], s->p, &s->rng);
	cfg.key = s->f[id].node;
	paths_peer_set(s->p, id, &cfg, s->now);
	paths_peer_disco(s->p, id, &s->f[id].disco_public, s->now);
}

static void say(struct setting *s, peer_id id, uint8_t arg)
{
	struct endpoint ep = endpoint_of(arg);
	struct way udp = way_udp(&ep), relay = way_relay((uint16_t)(1 + arg % 2));
	struct disco_msg msg = {.type = arg & 16 ? DISCO_PING : DISCO_CALL_ME_MAYBE};
	bool over_udp = msg.type == DISCO_PING && arg & 32;
	if (msg.type == DISCO_CALL_ME_MAYBE)
		for (uint8_t i = 0; i < arg % 16; i++)
			msg.call.v[msg.call.n++] = endpoint_of((uint8_t)(arg + i * 7));
	enum paths_input verdict =
		friend_say(&s->f[id], s->p, over_udp ? &udp : &relay, &msg, &s->rng, s->now);
	FUZZ_ASSERT(verdict != PATHS_NOT_MINE);
}

static void answer_pings(struct setting *s, uint8_t arg)
{
	for (size_t i = 0; i < s->n_pongs; i++)
		if (arg == 255 || i % 8 == arg % 8)
			FUZZ_ASSERT(friend_say(&s->f[s->pongs[i].who], s->p, &s->pongs[i].from,
					       &s->pongs[i].msg, &s->rng,
					       s->now) != PATHS_NOT_MINE);
	s->n_pongs = 0;
}

static void ask_route(struct setting *s, peer_id id)
{
	struct route route;
	struct paths_peer_status st;
	paths_sent_by(s->p, id, s->now, &route);
	paths_peer_status(s->p, id, s->now, &st);
	FUZZ_ASSERT(route.n <= 2 && st.route.n == route.n);
	for (int i = 0; i < route.n; i++)
		FUZZ_ASSERT(route.via[i].kind != WAY_NONE);
	FUZZ_ASSERT(route.n < 2 || (st.doubted && route.via[1].kind == WAY_RELAY));
	FUZZ_ASSERT(!st.doubted || st.direct);
}

static void step(struct setting *s, uint8_t what, uint8_t arg)
{
	peer_id id = what / 16 % PEERS;
	struct endpoint ep = endpoint_of(arg);
	struct way udp = way_udp(&ep), relay = way_relay((uint16_t)(arg % 4));
	switch (what % 16) {
	case 0:
		set_relays(s, arg);
		break;
	case 1:
		set_interfaces(s, arg);
		break;
	case 2:
		set_peer(s, id, arg);
		break;
	case 3:
	case 4:
		say(s, id, arg);
		break;
	case 5:
	case 6:
		answer_pings(s, arg);
		break;
	case 7:
		paths_on_heard(s->p, id, arg & 1 ? &udp : &relay, s->now);
		break;
	case 8:
		paths_on_unreachable(s->p, &ep, s->now);
		break;
	case 9:
		s->for_person += paths_ping(s->p, id, s->now);
		break;
	case 10:
		paths_on_link_change(s->p, s->now);
		break;
	case 11:
		pass_time(s, s->now + arg * 10 * MSEC);
		break;
	case 12:
		pass_time(s, s->now + arg * SECOND);
		break;
	case 13:
		paths_set_fixed(s->p, &ep, arg & 1, s->now);
		break;
	default:
		ask_route(s, id);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct setting s;
	if (size > 2048 || !crypto_init())
		return 0;
	begin(&s);
	uint64_t budgets = PEERS;
	for (size_t i = 0; i + 1 < size; i += 2) {
		budgets +=
			data[i] % 16 == 2; /* a peer that is made anew begins with a full budget */
		step(&s, data[i], data[i + 1]);
		drain(&s);
		uint64_t refilled = (s.now - s.begin) / SECOND + 1;
		FUZZ_ASSERT(s.pings <=
			    budgets * (PACE_BURST + PACE_PER_SECOND * refilled) + s.for_person);
	}
	paths_free(s.p);
	return 0;
}
