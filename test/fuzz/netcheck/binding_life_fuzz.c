/* The bytes say what happens to a measurement: time passes; answers come late, twice, to the wrong
 * socket or damaged; the network changes.  It must end within its time and its datagrams. */
#include "netcheck/binding_life.h"

#include "crypto/seeded.h"
#include "fuzz/fuzz.h"
#include "relay/stun_server.h"

enum { KEPT_MAX = 32, SENT_MAX = 400, FIRST_SOCKET = 0xfe00, N_SOCKETS = 0x80 };

struct play {
	struct seeded seeded;
	struct rng rng;
	struct binding_life t;
	mono_ns now, by;
	struct kept {
		struct endpoint to;
		uint16_t socket;
		uint8_t b[STUN_CHANGE_LEN];
		size_t n;
	} kept[KEPT_MAX]; /* the last datagrams that were sent */
	size_t sent;
};

static bool runs(const struct play *p)
{
	return binding_life_report(&p->t)->state == LIFETIME_RUNS;
}

static void check_sockets(const struct play *p, uint16_t used)
{
	uint16_t v[BINDING_LIFE_SOCKETS_MAX];
	size_t n = binding_life_sockets(&p->t, v);
	bool found = used == 0;
	for (size_t i = 0; i < n; i++) {
		FUZZ_ASSERT(v[i] >= FIRST_SOCKET && v[i] < FIRST_SOCKET + N_SOCKETS);
		found |= v[i] == used;
		for (size_t k = 0; k < i; k++)
			FUZZ_ASSERT(v[k] != v[i]);
	}
	FUZZ_ASSERT(found);
}

static void drain(struct play *p)
{
	const struct lifetime_report *r = binding_life_report(&p->t);
	for (;;) {
		struct kept *k = &p->kept[p->sent % KEPT_MAX];
		struct wr w = wr_of(k->b, sizeof(k->b));
		if (!binding_life_output(&p->t, &k->to, &k->socket, &w, p->now))
			break;
		FUZZ_ASSERT(!w.bad && endpoint_is_set(&k->to));
		check_sockets(p, k->socket);
		k->n = w.n;
		FUZZ_ASSERT(++p->sent < SENT_MAX);
	}
	check_sockets(p, 0);
	FUZZ_ASSERT(runs(p) == (binding_life_deadline(&p->t) != MONO_NEVER));
	FUZZ_ASSERT(r->dead == 0 || r->dead > r->alive);
}

static void begin(struct play *p, uint8_t how)
{
	struct endpoint servers[5] = {0};
	size_t n = how % 6;
	for (size_t i = 0; i < n; i++)
		servers[i] = (struct endpoint){ip_v4(203, 0, 113, (uint8_t)(i + 1)), 3478};
	if (runs(p))
		return;
	p->sent = 0;
	mono_ns longest = how * 4 * SECOND;
	binding_life_begin(&p->t, servers, n, longest, p->now);
	p->by = p->now + 2 * longest + 60 * SECOND;
}

/* A server's answer to one of the last datagrams.  how: to which socket, and from where. */
static void answer(struct play *p, uint8_t which, uint8_t how)
{
	const struct kept *k = &p->kept[which % KEPT_MAX];
	struct stun_places places = {.port = {3478, 3479}};
	struct endpoint seen = {ip_v4(198, 51, 100, how >> 6), (uint16_t)(4000 + k->socket)};
	struct stun_way way;
	uint8_t memory[STUN_ANSWER_MAX];
	struct wr w = wr_of(memory, sizeof(memory));
	if (k->n == 0 ||
	    !stun_server_answer(&places, &k->to, &seen, (struct bytes){k->b, k->n}, &way, &w))
		return;
	if (how & 16)
		memory[how % w.n] ^= how;
	uint16_t socket = how & 32 ? k->socket : (uint16_t)(way.to.port - 4000);
	(void)!binding_life_input(&p->t, socket, wr_done(&w), p->now);
}

static void pass(struct play *p, mono_ns to)
{
	p->now = mono_max(p->now, to);
	binding_life_tick(&p->t, p->now);
}

static void happen(struct play *p, uint8_t what, uint8_t how)
{
	switch (what % 8) {
	case 0:
		begin(p, how);
		break;
	case 1:
	case 2:
		pass(p, mono_min(binding_life_deadline(&p->t), p->now + 600 * SECOND));
		break;
	case 3:
		pass(p, p->now + how * 20 * MSEC);
		break;
	case 7:
		if (how == 255)
			binding_life_link_changed(&p->t, p->now);
		else
			answer(p, (uint8_t)(p->sent - 1 - (how & 3)), how);
		break;
	default:
		answer(p, (uint8_t)(what / 8), how);
		break;
	}
	drain(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct play p;
	p = (struct play){.now = 1000 * SECOND};
	seeded_init(&p.seeded, 1);
	p.rng = seeded_rng(&p.seeded);
	binding_life_init(&p.t, &p.rng, FIRST_SOCKET, N_SOCKETS);
	begin(&p, 10);
	drain(&p);
	for (size_t i = 0; i + 1 < size && i < 2000; i += 2)
		happen(&p, data[i], data[i + 1]);
	while (runs(&p)) {
		FUZZ_ASSERT(binding_life_deadline(&p.t) <= mono_max(p.by, p.now));
		pass(&p, binding_life_deadline(&p.t));
		drain(&p);
	}
	return 0;
}
