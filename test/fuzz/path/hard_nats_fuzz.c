/* One machine that crosses hard NATs with two peers, who say and answer what the bytes say.  What
 * must hold: a datagram leaves only by a socket that is wished for, and never by more than there
 * may be; probes stay within the rate; after a tick the deadline lies ahead.
 *
 *   step = what u8 | argument u8 | argument u8 */
#include "fuzz/fuzz.h"
#include "path/hard/budget.h"
#include "unit/path/friend.h"
#include "unit/path/sent.h"
#include "wire/stun.h"

enum { PEERS = 2 };

struct setting {
	struct seeded seeded;
	struct rng rng;
	struct paths *p;
	struct friend f[PEERS];
	mono_ns begin, now;
	struct stun_txid asked;
	struct way asked_by;
	struct disco_txid pinged;
	struct way pinged_by;
	uint64_t nonce; /* that it said last */
};

static const struct endpoint server = {{4, {203, 0, 113, 9}}, STUN_PORT};

/* The peers' keys and ours are the same in each run, and making them takes longer than the rest of
 * it. */
static const struct friend *friends_of(const struct paths *p)
{
	static struct friend f[PEERS];
	static bool made;
	struct seeded seeded;
	seeded_init(&seeded, 2);
	struct rng rng = seeded_rng(&seeded);
	for (int i = 0; i < PEERS && !made; i++)
		friend_make(&f[i], p, &rng);
	made = true;
	return f;
}

static void begin(struct setting *s)
{
	struct paths_config cfg = {.peers_max = PEERS, .port = 41641};
	struct relay_place relay = {.region = FRIEND_REGION, .stun4 = server};
	struct hard_config hard = {.enabled = true};
	*s = (struct setting){.begin = SECOND, .now = SECOND};
	seeded_init(&s->seeded, 1);
	s->rng = cfg.rng = seeded_rng(&s->seeded);
	key_generate(cfg.disco.b, &s->rng);
	s->p = paths_new(&cfg, s->now);
	FUZZ_ASSERT(s->p);
	paths_set_hard(s->p, &hard, s->now);
	paths_set_relays(s->p, &relay, 1, s->now);
	memcpy(s->f, friends_of(s->p), sizeof(s->f));
	for (int i = 0; i < PEERS; i++)
		friend_introduce(&s->f[i], s->p, (peer_id)i, s->now);
}

static void note(struct setting *s, const struct paths_send *to, struct bytes b)
{
	struct disco_msg m;
	struct stun_question q;
	if (to->via.socket != 0)
		FUZZ_ASSERT(socket_wished(paths_sockets(s->p), to->via.socket));
	if (stun_read_question(b, &q)) {
		s->asked = q.txid;
		s->asked_by = to->via;
	}
	for (int i = 0; i < PEERS; i++) {
		if (!friend_read(&s->f[i], b, &m))
			continue;
		if (m.type == DISCO_EXTENSION) {
			FUZZ_ASSERT(to->via.kind == WAY_RELAY);
			s->nonce = m.extension.nonce;
		} else if (m.type == DISCO_PING) {
			s->pinged = m.ping.txid;
			s->pinged_by = to->via;
		}
	}
}

static void drain(struct setting *s)
{
	uint8_t memory[PATHS_DATAGRAM_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	struct paths_send to;
	for (; paths_output(s->p, &to, &out, s->now); out = wr_of(memory, sizeof(memory))) {
		FUZZ_ASSERT(!out.bad);
		note(s, &to, wr_done(&out));
	}
	FUZZ_ASSERT(paths_sockets(s->p)->n <= SOCKETS_MAX);
	double seconds = (double)(s->now - s->begin) / (double)SECOND;
	FUZZ_ASSERT((double)paths_stats(s->p)->hard_sent <=
		    seconds * HARD_PER_SECOND * 1.1 + 2.0 * HARD_BURST + 16);
}

static void say(struct setting *s, uint8_t a, uint8_t b)
{
	struct way relay = way_relay(FRIEND_REGION);
	struct disco_msg m = {.type = DISCO_EXTENSION};
	struct disco_extension *e = &m.extension;
	e->step = (enum disco_step)(1 + a % 4);
	e->mapping = (enum dest_mapping)(a / 4 % 3);
	e->nonce = a & 64 ? s->nonce : b;
	e->sockets = (uint16_t)(b * 2);
	if (!(b & 1))
		e->reflexive = (struct endpoint){ip_v4(198, 51, 100, 7), 4000};
	e->n_samples = b % 17;
	for (; e->n_addresses < a % (DISCO_ADDRESSES_MAX + 1u); e->n_addresses++)
		e->addresses[e->n_addresses] = ip_v4(a, 51, 100, (uint8_t)(7 + e->n_addresses));
	for (size_t i = 0; i < e->n_samples; i++)
		e->samples[i].port = (uint16_t)(b & 32 ? 65530 + i * (b >> 6)
						       : b * i * 331 % (b & 16 ? 512 : 65521));
	(void)!friend_say(&s->f[a >> 7], s->p, &relay, &m, &s->rng, s->now);
}

static void answer_stun(struct setting *s, uint8_t a, uint8_t b)
{
	uint8_t memory[STUN_ANSWER_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	struct stun_answer answer = {
		.txid = s->asked,
		.reflexive = {ip_v4(192, 0, 2, 1 + b % 4), (uint16_t)(1 + a * 256 + b)}};
	if (a & 1)
		answer.other =
			(struct endpoint){ip_v4(203, 0, 113, 9 + (a >> 1 & 1)), STUN_PORT + 1};
	struct way from = way_udp_by(&server, s->asked_by.socket);
	stun_write_answer(&out, &answer);
	(void)!paths_input(s->p, &from, NULL, wr_done(&out), s->now);
}

/* A ping to one of its sockets, or the answer to its last ping. */
static void knock(struct setting *s, uint8_t a, uint8_t b)
{
	const struct socket_wish *w = paths_sockets(s->p);
	struct endpoint ep = {ip_v4(198, 51, 100, 7), (uint16_t)(4000 + a % 8)};
	struct way from = way_udp_by(&ep, w->n > 0 ? w->v[b % w->n] : 0);
	struct disco_msg m = {.type = DISCO_PING};
	if (a & 128) {
		from = s->pinged_by;
		m = (struct disco_msg){.type = DISCO_PONG, .pong = {.txid = s->pinged, .seen = ep}};
	}
	if (from.kind == WAY_UDP)
		(void)!friend_say(&s->f[a >> 6 & 1], s->p, &from, &m, &s->rng, s->now);
}

static void pass(struct setting *s, mono_ns time)
{
	mono_ns until = s->now + time;
	while (s->now < until) {
		s->now = mono_min(until, mono_max(s->now + USEC, paths_deadline(s->p)));
		paths_tick(s->p, s->now);
		drain(s);
		FUZZ_ASSERT(paths_deadline(s->p) > s->now);
	}
}

static void step(struct setting *s, uint8_t what, uint8_t a, uint8_t b)
{
	struct hard_config hard = {.enabled = a & 1, .slow = a & 2};
	struct route route;
	switch (what % 9) {
	case 0:
		say(s, a, b);
		break;
	case 1:
		answer_stun(s, a, b);
		break;
	case 2:
		knock(s, a, b);
		break;
	case 3:
		pass(s, (1 + (mono_ns)a) * 10 * MSEC);
		break;
	case 4:
		pass(s, (1 + (mono_ns)a % 8) * SECOND);
		break;
	case 5:
	case 6:
		paths_sent_by(s->p, a % PEERS, s->now, &route);
		break;
	case 7:
		if (b > 128)
			paths_set_hard(s->p, &hard, s->now);
		else
			paths_on_link_change(s->p, s->now);
		break;
	case 8:
		paths_peer_remove(s->p, a % PEERS, s->now);
		friend_introduce(&s->f[a % PEERS], s->p, a % PEERS, s->now);
		break;
	}
	drain(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct setting s;
	if (size > 300)
		return 0;
	begin(&s);
	drain(&s);
	for (size_t i = 0; i + 3 <= size; i += 3)
		step(&s, data[i], data[i + 1], data[i + 2]);
	paths_free(s.p);
	return 0;
}
