/* The bytes say what happens to a netcheck: time passes; answers come late, twice, from elsewhere
 * or wrong; the owner sets other facts.  A report must end within its time. */
#include "netcheck/netcheck.h"

#include "crypto/seeded.h"
#include "fuzz/fuzz.h"
#include "relay/stun_server.h"

enum { KEPT_MAX = 16, RELAYS = 3, SENT_MAX = 300 /* of one report: three relays, all tries */ };

struct play {
	struct seeded seeded;
	struct rng rng;
	struct netcheck *n;
	mono_ns now;
	struct kept {
		struct endpoint to;
		uint8_t b[STUN_CHANGE_LEN];
		size_t n;
	} kept[KEPT_MAX]; /* the last datagrams that were sent */
	size_t sent, done;
};

static bool runs(const struct play *p)
{
	return netcheck_deadline(p->n) != MONO_NEVER;
}

static void drain(struct play *p)
{
	enum netcheck_event ev;
	uint16_t socket;
	for (;;) {
		struct kept *k = &p->kept[p->sent % KEPT_MAX];
		struct wr w = wr_of(k->b, sizeof(k->b));
		if (!netcheck_output(p->n, &k->to, &socket, &w, p->now))
			break;
		FUZZ_ASSERT(!w.bad && endpoint_is_set(&k->to));
		k->n = w.n;
		FUZZ_ASSERT(++p->sent < SENT_MAX);
	}
	while ((ev = netcheck_event(p->n)) != NETCHECK_NOTHING)
		p->done += ev == NETCHECK_DONE;
	FUZZ_ASSERT(runs(p) || netcheck_socket(p->n) == 0);
}

/* A relay's answer to one of the last datagrams.  how: what was seen, and from where it comes. */
static void answer(struct play *p, uint8_t which, uint8_t how)
{
	const struct kept *k = &p->kept[which % KEPT_MAX];
	struct stun_places places = {.port = {3478, 3479}, .second = {ip_v4(203, 0, 113, 200)}};
	struct endpoint seen = {ip_v4(198, 51, 100, how >> 6), (uint16_t)(4000 + (how & 15))};
	struct stun_way way;
	uint8_t memory[STUN_ANSWER_MAX];
	struct wr w = wr_of(memory, sizeof(memory));
	if (k->n == 0 ||
	    !stun_server_answer(&places, &k->to, &seen, (struct bytes){k->b, k->n}, &way, &w))
		return;
	if (how & 16)
		memory[how % w.n] ^= how;
	(void)!netcheck_input(p->n, how & 32 ? &way.leave : &k->to, wr_done(&w), p->now);
}

static void set(struct play *p, uint8_t what)
{
	struct own_address own[] = {{.ip = ip_v4(192, 168, 1, what & 3), .bits = 24}, {.bits = 64}};
	struct relay_place relays[RELAYS] = {0};
	for (size_t i = 0; i < RELAYS; i++) {
		const uint8_t six[16] = {0x20, 1, 0xd, 0xb8, [15] = (uint8_t)(i + 1)};
		relays[i].region = (uint16_t)(i + 1);
		relays[i].stun4 = (struct endpoint){ip_v4(203, 0, 113, (uint8_t)(i + 1)), 3478};
		if (what & 4)
			relays[i].stun6 = (struct endpoint){ip_v6_from(six), 3478};
	}
	const uint8_t six[16] = {0x20, 1, 0xd, 0xb8, 1};
	own[1].ip = ip_v6_from(six);
	p->sent = 0;
	netcheck_set_relays(p->n, relays, what >> 6);
	netcheck_set_interfaces(p->n, own, what & 8 ? 2 : 1, p->now);
	if (what & 16)
		netcheck_link_changed(p->n, p->now);
}

static void happen(struct play *p, uint8_t what, uint8_t how)
{
	switch (what % 8) {
	case 0:
		p->sent = runs(p) ? p->sent : 0;
		netcheck_begin(p->n, how & 1, p->now);
		break;
	case 1:
		p->now = mono_max(p->now, mono_min(netcheck_deadline(p->n), p->now + 10 * SECOND));
		netcheck_tick(p->n, p->now);
		break;
	case 2:
		p->now += how * MSEC;
		netcheck_tick(p->n, p->now);
		break;
	case 3:
	case 4:
		answer(p, (uint8_t)(what / 8), how);
		break;
	case 5:
		set(p, how);
		break;
	case 6:
		netcheck_https(p->n, how % 4, how * MSEC);
		netcheck_heard(p->n, how % 4, p->now);
		netcheck_captive(p->n, how & 1);
		break;
	default:
		if (how & 1)
			netcheck_https_done(p->n, p->now);
		/* One of our own datagrams comes back, as by a hairpin. */
		if (p->kept[how % KEPT_MAX].n)
			(void)!netcheck_input(p->n, &p->kept[how % KEPT_MAX].to,
					      (struct bytes){p->kept[how % KEPT_MAX].b,
							     p->kept[how % KEPT_MAX].n},
					      p->now);
	}
	drain(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct play p;
	p = (struct play){.now = 1000 * SECOND};
	seeded_init(&p.seeded, 1);
	p.rng = seeded_rng(&p.seeded);
	p.n = netcheck_new(&p.rng, 41641);
	if (!p.n)
		return 0;
	set(&p, 0xcc);
	for (size_t i = 0; i + 1 < size && i < 2000; i += 2)
		happen(&p, data[i], data[i + 1]);
	mono_ns last = p.now + 5 * SECOND;
	while (runs(&p)) {
		FUZZ_ASSERT(netcheck_deadline(p.n) <= last);
		p.now = mono_max(p.now, netcheck_deadline(p.n));
		netcheck_tick(p.n, p.now);
		drain(&p);
	}
	netcheck_free(p.n);
	return 0;
}
