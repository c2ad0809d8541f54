/* Calls and steps of time to two nodes, and what becomes of the datagrams and streams between them.
 * Besides what couple.h checks: a message that comes out of the TUN side went in at the other end,
 * from that end's address, and comes out once; and once nothing is in the way, messages arrive both
 * ways.
 *
 *   step = what u8 (the call; bit 4: which end) | argument u8 | bytes, for some calls */
#include "fuzz/couple_calls.h"
#include "node/node.h"
#include "wire/ip.h"

enum { PEERS = 3, PREFIXES = 4, INPUT_MAX = 400, MESSAGES_MAX = 4096, PROTO_MESSAGE = 253 };
/* What set_peer sets. */
enum { PREFIXES_1 = 1 << 2, WITH_DISCO = 1 << 4, WITH_PSK = 1 << 5 };

#define WALL (1700000000 * SECOND)

struct side {
	struct couple_end *end;
	struct node *node;
	struct node_private key;
	struct node_key public;
	struct ip address;
	const struct node_out *out;
	/* The peers as the node was told: the other end, and strangers; zero: not. */
	struct netmap_peer told[PEERS];
	struct prefix allowed[PEERS][PREFIXES];
	uint64_t sent, taken;
	bool seen[MESSAGES_MAX]; /* of the other end's */
};

struct setting {
	struct couple couple;
	struct side sides[2];
	struct node_key strangers[PEERS];
	uint64_t secret; /* a message that the bytes made up does not know it */
};

static struct setting setting;

static struct side *other_of(const struct side *s)
{
	return &setting.sides[s == setting.sides];
}

/* --- packets --- */

static void take(struct side *s, struct bytes b)
{
	struct side *other = other_of(s);
	struct ip_packet ip;
	if (!ip_read(b, &ip) || ip.proto != PROTO_MESSAGE)
		return;
	struct rd r = rd_of(ip.payload);
	uint64_t number = rd_be64(&r), tag = rd_be64(&r);
	if (r.bad || tag != (setting.secret ^ number))
		return;
	FUZZ_ASSERT(number < other->sent);
	FUZZ_ASSERT(ip_equal(&ip.src, &other->address));
	FUZZ_ASSERT(!s->seen[number]);
	s->seen[number] = true;
	s->taken++;
}

static void say(struct side *s, size_t padding)
{
	uint8_t memory[PACKET_SIZE];
	struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	struct wr w = wr_of(p.data, p.tail);
	if (s->sent == MESSAGES_MAX)
		return;
	ip_write(&w, &s->address, &other_of(s)->address, PROTO_MESSAGE, 64, 16 + padding);
	wr_be64(&w, s->sent);
	wr_be64(&w, setting.secret ^ s->sent);
	wr_zero(&w, padding);
	FUZZ_ASSERT(packet_append(&p, w.n));
	s->sent++;
	node_from_tun(s->node, &p, 1, setting.couple.now);
	couple_settle(s->end);
}

/* What a program on this machine made up; it does not know the secret. */
static void from_tun(struct side *s, struct bytes b)
{
	uint8_t memory[PACKET_SIZE];
	struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	uint8_t *room = packet_append(&p, b.n);
	if (!room || b.n == 0)
		return;
	memcpy(room, b.p, b.n);
	node_from_tun(s->node, &p, 1, setting.couple.now);
	couple_settle(s->end);
}

/* --- the machine --- */

static bool drain(void *self, const struct reach_out **out, mono_ns now)
{
	struct side *s = self;
	bool more = node_drain(s->node, &s->out, now);
	*out = s->out->net;
	return more;
}

static void deliver(void *self, mono_ns now)
{
	struct side *s = self;
	FUZZ_ASSERT(s->out->n_tun <= BATCH_MAX);
	for (size_t i = 0; i < s->out->n_tun; i++)
		take(s, packet_bytes(&s->out->tun[i]));
}

static mono_ns deadline(const void *self)
{
	const struct side *s = self;
	return node_deadline(s->node);
}

static void on_datagram(void *self, struct datagram *d, mono_ns now)
{
	struct side *s = self;
	node_from_udp(s->node, d, 1, now);
}

static void on_tick(void *self, mono_ns now)
{
	struct side *s = self;
	node_tick(s->node, now);
}

/* --- peers --- */

static const struct node_key *key_of(const struct side *s, size_t which)
{
	return which == 0 ? &other_of(s)->public : &setting.strangers[which];
}

static void remove_peer(struct side *s, size_t which)
{
	peer_id id = reach_peer_find(s->end->reach, key_of(s, which));
	FUZZ_ASSERT((id != PEER_NONE) == !key_is_zero(s->told[which].key.b));
	if (id != PEER_NONE)
		node_peer_remove(s->node, id, setting.couple.now);
	s->told[which] = (struct netmap_peer){.name = ""};
}

/* Where prefixes of two peers are the same, the last one that was told has them. */
static struct netmap_peer peer_of(struct side *s, size_t which, uint8_t arg, struct prefix *allowed)
{
	const struct ip v6 = ip_v6_from((const uint8_t[16]){0xfd});
	const struct prefix v[PREFIXES] = {prefix_of(&other_of(s)->address, 32),
					   prefix_of(&other_of(s)->address, 8), prefix_of(&v6, 64),
					   prefix_of(&v6, 0)};
	struct netmap_peer p = {
		.key = *key_of(s, which), .allowed = allowed, .n_allowed = arg >> 2 & 3, .home = 1};
	memcpy(allowed, v, sizeof(v));
	if (arg & WITH_DISCO)
		p.disco = *reach_disco_key(other_of(s)->end->reach);
	if (arg & WITH_PSK)
		memset(p.psk, 7, sizeof(p.psk));
	p.n_hints = arg >> 6 & 1;
	p.hints[0] = (struct endpoint){other_of(s)->end->ip, COUPLE_PORT};
	p.keepalive_s = arg >> 7 ? 5 : 0;
	p.plain = arg >> 5 == 7;
	return p;
}

/* fresh: everything about it is set, as of a peer that nobody told of before. */
static void set_peer(struct side *s, size_t which, uint8_t arg, bool fresh)
{
	struct prefix allowed[PREFIXES];
	struct netmap_peer *was = &s->told[which], now = peer_of(s, which, arg, allowed);
	bool known = !key_is_zero(was->key.b) && !fresh;
	const struct netmap_change change = {.was = known ? was : NULL, .now = &now};
	peer_id id;
	FUZZ_ASSERT(node_peer_set(s->node, &change, setting.couple.now, &id) == TUNNEL_ADDED);
	FUZZ_ASSERT(id < PEERS);
	memcpy(s->allowed[which], allowed, sizeof(allowed));
	*was = now;
	was->allowed = s->allowed[which];
}

static void introduce(void)
{
	for (int i = 0; i < 2; i++) {
		set_peer(&setting.sides[i], 0, PREFIXES_1, true);
		couple_settle(setting.sides[i].end);
	}
}

/* --- calls --- */

static void start(struct side *s)
{
	struct node_config cfg = {.key = s->key,
				  .rng = setting.couple.rng,
				  .wall_offset_ns = WALL,
				  .peers_max = PEERS,
				  .port = COUPLE_PORT};
	node_free(s->node);
	memset(s->told, 0, sizeof(s->told));
	s->node = node_new(&cfg, setting.couple.now);
	FUZZ_ASSERT(s->node);
	s->end->reach = node_reach(s->node);
	couple_start(s->end);
	node_set_addresses(s->node, &s->address, 1);
	couple_set_interfaces(s->end, 0);
	couple_set_relays(s->end, 6);
	set_peer(s, 0, PREFIXES_1, true);
	couple_settle(s->end);
}

static void ask(struct side *s)
{
	struct node_peer_status st;
	for (peer_id id = 0; id < PEERS; id++) {
		bool there = reach_peer_key(s->end->reach, id) != NULL;
		FUZZ_ASSERT(node_peer_status(s->node, id, setting.couple.now, &st) == there);
		FUZZ_ASSERT(!there || st.path.route.n <= 2);
	}
}

static void own_call(struct side *s, uint8_t arg, struct rd *r)
{
	switch (arg % 8) {
	case 0:
		set_peer(s, arg >> 3 & 1, rd_u8(r), arg >> 7);
		break;
	case 1:
		remove_peer(s, (arg >> 3) % PEERS);
		break;
	case 2:
		set_peer(s, 2, rd_u8(r), arg >> 7);
		break;
	case 3:
		FUZZ_ASSERT(!node_ping(s->node, arg >> 3 & 3, setting.couple.now) ||
			    reach_peer_key(s->end->reach, arg >> 3 & 3));
		break;
	case 4:
		ask(s);
		break;
	case 5:
		start(s);
		break;
	case 6:
		from_tun(s, rd_take(r, arg >> 2));
		break;
	default:
		say(s, (size_t)(arg >> 3) * 45);
		break;
	}
}

static void step(struct rd *r)
{
	uint8_t what = rd_u8(r), arg = rd_u8(r);
	struct side *s = &setting.sides[what >> 4 & 1];
	if (r->bad)
		return;
	if (!couple_call(s->end, what & 15, arg, r))
		own_call(s, arg, r);
	couple_settle(s->end);
}

static void must_recover(void)
{
	struct couple *c = &setting.couple;
	couple_mend(c);
	for (size_t i = 0; i < 2; i++) {
		remove_peer(&setting.sides[i], 1);
		remove_peer(&setting.sides[i], 2);
	}
	introduce();
	const uint64_t before[2] = {setting.sides[0].taken, setting.sides[1].taken};
	mono_ns until = c->now + 300 * SECOND;
	while (setting.sides[0].taken < before[0] + 3 || setting.sides[1].taken < before[1] + 3) {
		FUZZ_ASSERT(c->now < until);
		say(&setting.sides[0], 0);
		say(&setting.sides[1], 0);
		couple_pass(c, SECOND);
	}
}

static void make_keys(struct node_private *private, struct node_key *public)
{
	key_generate(private->b, &setting.couple.rng);
	key_public(public->b, private->b);
}

static void begin(void)
{
	static const struct pump_machine machine = {
		.drain = drain, .deliver = deliver, .deadline = deadline};
	struct node_private unknown;
	memset(&setting, 0, sizeof(setting));
	couple_init(&setting.couple);
	rng_fill(&setting.couple.rng, &setting.secret, sizeof(setting.secret));
	for (size_t i = 1; i < PEERS; i++)
		make_keys(&unknown, &setting.strangers[i]);
	for (size_t i = 0; i < 2; i++) {
		struct side *s = &setting.sides[i];
		s->address = ip_v4(10, 0, 0, (uint8_t)(i + 1));
		s->end = &setting.couple.ends[i];
		s->end->machine = &machine;
		s->end->tick = on_tick;
		s->end->datagram = on_datagram;
		s->end->self = s;
		make_keys(&s->key, &s->public);
	}
	for (size_t i = 0; i < 2; i++)
		start(&setting.sides[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of((struct bytes){data, size});
	if (size > INPUT_MAX || !crypto_init())
		return 0;
	begin();
	while (r.left > 0 && !r.bad)
		step(&r);
	must_recover();
	for (size_t i = 0; i < 2; i++)
		node_free(setting.sides[i].node);
	couple_fini(&setting.couple);
	return 0;
}
