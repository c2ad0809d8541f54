/* A third party that has recorded one ping of bob sends it again to alice, from many ports, while
 * alice and bob talk. Nothing may change for them, and the third party gets no answers. */
#include "sim/scenario.h"
#include "wire/disco.h"

#include <string.h>

enum { PORTS = 5000, COPIES_PER_SECOND = 100 };

struct attack {
	struct pair p;
	struct box *mallory;
	struct ip address;
	uint8_t ping[DISCO_PING_LEN]; /* the last one that bob sent to alice */
	size_t n;                     /* its length; 0: none yet */
	uint64_t answers;
	uint32_t copies;
};

static void record(void *self, const struct box *at, const struct net_datagram *d,
		   enum net_fate fate, mono_ns now)
{
	struct attack *a = self;
	(void)now;
	if (fate != NET_DELIVERED || at != a->p.alice->host || d->n != DISCO_PING_LEN ||
	    !disco_is((struct bytes){d->b, d->n}))
		return;
	memcpy(a->ping, d->b, d->n);
	a->n = d->n;
}

static void take_answer(void *self, const struct net_datagram *d, mono_ns now)
{
	struct attack *a = self;
	(void)d;
	(void)now;
	a->answers++;
}

static void build(struct attack *a, struct world *w)
{
	struct link_config line = pair_line(w);
	struct household_config alice = {.line = pair_line(w), .no_nat = true};
	struct household_config bob = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	*a = (struct attack){.p = pair_build(w, &alice, &bob), .address = ip_v4(203, 0, 113, 66)};
	a->mallory = net_box(&w->net, w->net.root, "mallory", &line, &line);
	box_add_address(a->mallory, &a->address);
	box_attach(a->mallory, &(struct box_owner){.receive = take_answer, .self = a});
	w->net.watch = record;
	w->net.watch_self = a;
}

static void send_copy(struct attack *a, mono_ns now)
{
	struct endpoint to = {a->p.alice->external, a->p.alice->node.net.port};
	uint16_t from = (uint16_t)(1024 + a->copies % PORTS);
	a->copies += net_send(a->mallory, from, &to, (struct bytes){a->ping, a->n}, now);
}

static void copies_of_a_ping(struct world *w)
{
	struct attack a;
	build(&a, w);
	pair_talk(&a.p);
	pair_wait_direct(&a.p, 2 * SECOND);
	world_run(w, 5 * SECOND);
	w->net.watch = NULL;
	world_expect(w, a.n > 0, "no ping was recorded");
	mono_ns start = world_now(w);
	uint32_t doubts = a.p.alice->doubts, moves = a.p.alice->moves;
	for (int i = 0; i < 120 * COPIES_PER_SECOND; i++) {
		send_copy(&a, world_now(w));
		world_run(w, SECOND / COPIES_PER_SECOND);
	}
	world_expect(w, a.p.alice->doubts == doubts && a.p.alice->moves == moves,
		     "copies of a ping made alice doubt or move");
	world_expect(w, pair_lost(&a.p, start, world_now(w) - SECOND) == 0, "packets were lost");
	/* The path dies under the attack, and is found again. */
	household_flush(a.p.bob);
	mono_ns flushed = world_now(w);
	for (int i = 0; i < 5 * COPIES_PER_SECOND; i++) {
		send_copy(&a, world_now(w));
		world_run(w, SECOND / COPIES_PER_SECOND);
	}
	pair_wait_direct(&a.p, SECOND);
	pair_hush(&a.p);
	world_measure(w, "copies", a.copies);
	world_measure(w, "answers to the third party", a.answers);
	world_measure(w, "longest silence, ms",
		      pair_gap(&a.p, flushed - SECOND, world_now(w) - SECOND) / MSEC);
	world_expect(w, a.answers == 0, "%u answers went to a third party", (unsigned)a.answers);
}

const struct scenario scenarios_attack[] = {
	{"copies-of-a-ping",
	 "a recorded ping is sent again 100 times a second: nobody doubts, moves or answers", 20,
	 copies_of_a_ping},
	{0},
};
