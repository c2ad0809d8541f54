/* Calls and steps of time to two reaches that send receipts of their own, and what becomes of the
 * datagrams and streams between them.  Besides what couple.h checks: a message that arrives is one
 * that the other end sent, a relay names its true sender, and once nothing is in the way, messages
 * arrive both ways.
 *
 *   step = what u8 (the call; bit 4: which end) | argument u8 | bytes, for some calls */
#include "fuzz/couple_calls.h"

enum { MESSAGE_LEN = 18, PEERS = 3, INPUT_MAX = 600 };
enum { HOME_1 = 1 << 2, WITH_DISCO = 1 << 4 }; /* of set_peer */

struct side {
	struct couple_end *end;
	struct node_private key;
	struct node_key public;
	struct disco_private disco;
	struct disco_key disco_public;
	const struct reach_out *out;
	uint64_t sent, taken;
};

struct setting {
	struct couple couple;
	struct side sides[2];
	uint64_t secret; /* a message that the bytes made up does not know it */
};

static struct setting setting;

static size_t index_of(const struct side *s)
{
	return (size_t)(s - setting.sides);
}

static struct side *other_of(const struct side *s)
{
	return &setting.sides[1 - index_of(s)];
}

/* --- what stands on reach --- */

/* source: as a relay says, or NULL. */
static void take(struct side *s, struct bytes b, const struct way *from,
		 const struct node_key *source)
{
	struct rd r = rd_of(b);
	struct side *other = other_of(s);
	if (rd_u8(&r) != 'm' || rd_u8(&r) != index_of(other))
		return;
	uint64_t number = rd_be64(&r), tag = rd_be64(&r);
	if (r.bad || r.left > 0 || tag != (setting.secret ^ number))
		return;
	FUZZ_ASSERT(number > 0 && number <= other->sent);
	FUZZ_ASSERT((from->kind == WAY_RELAY) == (source != NULL));
	FUZZ_ASSERT(!source || key_equal(source->b, other->public.b));
	s->taken++;
	peer_id id = reach_peer_find(s->end->reach, &other->public);
	if (id != PEER_NONE)
		reach_on_data(s->end->reach, id, from, setting.couple.now);
}

static bool drain(void *self, const struct reach_out **out, mono_ns now)
{
	struct side *s = self;
	bool more = reach_drain(s->end->reach, &s->out, now);
	*out = s->out;
	return more;
}

static void deliver(void *self, mono_ns now)
{
	struct side *s = self;
	FUZZ_ASSERT(s->out->n_relayed <= BATCH_MAX);
	for (size_t i = 0; i < s->out->n_relayed; i++) {
		const struct reach_arrival *a = &s->out->relayed[i];
		take(s, packet_bytes(&a->packet), &a->from, &a->source);
	}
}

static mono_ns deadline(const void *self)
{
	const struct side *s = self;
	return reach_deadline(s->end->reach);
}

static void on_datagram(void *self, struct datagram *d, mono_ns now)
{
	struct side *s = self;
	struct way from;
	reach_begin(s->end->reach);
	if (reach_input(s->end->reach, d, now, &from) == REACH_DATA)
		take(s, packet_bytes(&d->packet), &from, NULL);
}

static void on_tick(void *self, mono_ns now)
{
	struct side *s = self;
	reach_tick(s->end->reach, now);
}

/* --- calls --- */

static void say(struct side *s)
{
	uint8_t memory[PACKET_SIZE];
	struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	peer_id id = reach_peer_find(s->end->reach, &other_of(s)->public);
	if (id == PEER_NONE)
		return;
	struct wr w = wr_of(p.data, p.tail);
	wr_u8(&w, 'm');
	wr_u8(&w, (uint8_t)index_of(s));
	wr_be64(&w, ++s->sent);
	wr_be64(&w, setting.secret ^ s->sent);
	FUZZ_ASSERT(packet_append(&p, w.n));
	reach_begin(s->end->reach);
	reach_send(s->end->reach, id, &p, setting.couple.now);
	couple_settle(s->end);
}

/* The other end, or one of two peers that are nowhere. */
static void set_peer(struct side *s, uint8_t arg)
{
	struct side *other = other_of(s);
	struct paths_peer cfg = {.key = other->public, .home = arg >> 2 & 3};
	peer_id id;
	if (arg & 3) {
		memset(cfg.key.b, 0x60 + (arg & 1), sizeof(cfg.key.b));
		memset(cfg.disco.b, 0x70 + (arg >> 6), sizeof(cfg.disco.b));
	} else if (arg & WITH_DISCO) {
		cfg.disco = other->disco_public;
	}
	cfg.n_hints = arg >> 5 & 1;
	cfg.hints[0] = (struct endpoint){other->end->ip, COUPLE_PORT};
	cfg.plain = arg >> 4 == 15;
	FUZZ_ASSERT(reach_peer_set(s->end->reach, &cfg, setting.couple.now, &id) !=
		    REACH_PEER_FULL);
	FUZZ_ASSERT(id < PEERS && reach_peer_find(s->end->reach, &cfg.key) == id);
}

static void start(struct side *s)
{
	struct reach_config cfg = {.key = s->key,
				   .rng = setting.couple.rng,
				   .peers_max = PEERS,
				   .port = COUPLE_PORT,
				   .own_receipts = true};
	key_generate(s->disco.b, &setting.couple.rng);
	key_public(s->disco_public.b, s->disco.b);
	cfg.disco = s->disco;
	reach_free(s->end->reach);
	s->end->reach = reach_new(&cfg, setting.couple.now);
	FUZZ_ASSERT(s->end->reach);
	couple_start(s->end);
	couple_set_interfaces(s->end, 0);
	couple_set_relays(s->end, 6);
	set_peer(s, HOME_1 | WITH_DISCO);
	couple_settle(s->end);
}

/* Both know each other's disco key and home relay. */
static void introduce(void)
{
	for (int i = 0; i < 2; i++) {
		set_peer(&setting.sides[i], HOME_1 | WITH_DISCO);
		couple_settle(setting.sides[i].end);
	}
}

static void ask(struct side *s, peer_id id)
{
	struct paths_peer_status st;
	struct path_facts facts;
	mono_ns now = setting.couple.now;
	reach_peer_status(s->end->reach, id, now, &st);
	FUZZ_ASSERT(st.route.n <= 2);
	for (int i = 0; i < st.route.n; i++)
		FUZZ_ASSERT(st.route.via[i].kind != WAY_NONE);
	FUZZ_ASSERT(reach_peer_facts(s->end->reach, id, now, &facts) ==
		    (reach_peer_key(s->end->reach, id) != NULL));
}

static void own_call(struct side *s, uint8_t arg)
{
	struct reach *r = s->end->reach;
	peer_id id = arg >> 3 & 3;
	switch (arg % 8) {
	case 0:
		set_peer(s, arg);
		break;
	case 1:
		set_peer(s, arg >> 3);
		break;
	case 2:
		reach_peer_remove(r, id, setting.couple.now);
		break;
	case 3:
		if (reach_ping(r, id, setting.couple.now))
			FUZZ_ASSERT(reach_peer_key(r, id));
		break;
	case 4:
		ask(s, id);
		break;
	case 5:
		start(s);
		break;
	default:
		say(s);
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
		own_call(s, arg);
	couple_settle(s->end);
}

/* A relay may have told its clients to stay away for a minute. */
static void must_recover(void)
{
	struct couple *c = &setting.couple;
	couple_mend(c);
	introduce();
	const uint64_t before[2] = {setting.sides[0].taken, setting.sides[1].taken};
	mono_ns until = c->now + 300 * SECOND;
	while (setting.sides[0].taken < before[0] + 3 || setting.sides[1].taken < before[1] + 3) {
		FUZZ_ASSERT(c->now < until);
		say(&setting.sides[0]);
		say(&setting.sides[1]);
		couple_pass(c, SECOND);
	}
}

static void begin(void)
{
	static const struct pump_machine machine = {
		.drain = drain, .deliver = deliver, .deadline = deadline};
	struct couple *c = &setting.couple;
	memset(&setting, 0, sizeof(setting));
	couple_init(c);
	rng_fill(&c->rng, &setting.secret, sizeof(setting.secret));
	for (size_t i = 0; i < 2; i++) {
		struct side *s = &setting.sides[i];
		s->end = &c->ends[i];
		s->end->machine = &machine;
		s->end->tick = on_tick;
		s->end->datagram = on_datagram;
		s->end->self = s;
		key_generate(s->key.b, &c->rng);
		key_public(s->public.b, s->key.b);
		key_generate(s->disco.b, &c->rng);
		key_public(s->disco_public.b, s->disco.b);
	}
	for (size_t i = 0; i < 2; i++)
		start(&setting.sides[i]);
	introduce();
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
		reach_free(setting.sides[i].end->reach);
	couple_fini(&setting.couple);
	return 0;
}
