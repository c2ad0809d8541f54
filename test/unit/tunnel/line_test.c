#include "unit/tunnel/pair.h"

/* Two tunnels and a bad line between them, for an hour of virtual time. */

enum { LINE_MAX = 64 };
struct line {
	struct message m[LINE_MAX];
	mono_ns at[LINE_MAX];
	int to[LINE_MAX];
	size_t n;
};

/* One in ten is lost, one in twenty comes twice, each takes its own time, 10 to 90 ms. */
static void put_on_line(struct line *l, const struct rng *rng, const struct message *m, int to,
			mono_ns now)
{
	int copies = rng_below(rng, 10) == 0 ? 0 : 1 + (rng_below(rng, 20) == 0);
	for (; copies > 0 && l->n < LINE_MAX; copies--) {
		l->m[l->n] = *m;
		l->at[l->n] = now + 10 * MSEC + rng_below(rng, 80 * MSEC);
		l->to[l->n++] = to;
	}
}

static unsigned take_off_line(struct line *l, struct pair *p)
{
	unsigned packets = 0;
	for (size_t i = 0; i < l->n;) {
		if (l->at[i] > p->now) {
			i++;
			continue;
		}
		packets += end_open(p, l->to[i], &l->m[i]) == TUNNEL_PACKET;
		l->n--;
		l->m[i] = l->m[l->n];
		l->at[i] = l->at[l->n];
		l->to[i] = l->to[l->n];
	}
	return packets;
}

static void an_hour_on_a_bad_line(uint64_t seed)
{
	static struct line l;
	struct pair p;
	struct message content, m;
	struct seeded seeded;
	seeded_init(&seeded, 1000 + seed);
	struct rng rng = seeded_rng(&seeded);
	l.n = 0;
	pair_start(&p, &(struct pair_config){.seed = seed,
					     .keepalive_s = {0, (uint16_t)(seed % 2 * 25)}});
	unsigned sent = 0, received = 0;
	for (int step = 0; step < 3600 * 20; step++) {
		for (int i = 0; i < 2; i++) {
			if (tunnel_deadline(p.end[i].t) <= p.now)
				tunnel_tick(p.end[i].t, p.now);
			if (rng_below(&rng, 30) == 0) {
				ip_packet(&content, i, 20 + rng_below(&rng, 200), 3);
				sent++;
				if (end_seal(&p, i, &content, &m) == TUNNEL_SEALED)
					put_on_line(&l, &rng, &m, !i, p.now);
			}
			while (end_output(&p, i, &m))
				put_on_line(&l, &rng, &m, !i, p.now);
		}
		p.now += 50 * MSEC;
		received += take_off_line(&l, &p);
	}
	/* Nothing but the line loses packets: one in ten, and no more than a little beyond that. */
	if (received * 100 < sent * 88)
		fail_msg("seed %d: %u sent, %u received", (int)seed, sent, received);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(stats(&p, i)->unauthentic + stats(&p, i)->malformed, 0);
		assert_int_equal(stats(&p, i)->bad_mac + stats(&p, i)->not_allowed, 0);
		assert_int_equal(stats(&p, i)->stage_drops, 0);
	}
	pair_stop(&p);
}

static void a_bad_line_costs_only_what_it_loses(void **state)
{
	for (uint64_t seed = 0; seed < 6; seed++)
		an_hour_on_a_bad_line(seed);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_bad_line_costs_only_what_it_loses),
};
RUN_TESTS(tests)
