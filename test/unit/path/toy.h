/* toy.h - two `paths` machines on a toy internet: a NAT before each, a relay, a STUN server
 *
 *   node 0 -- NAT -- 50 ms -- core -- 50 ms -- NAT -- node 1
 *                              |
 *                       relay (region 1), STUN 203.0.113.9:3478
 *
 * The NATs map endpoint-independently and let in only what comes from an endpoint that was sent to
 * (address- and port-dependent filtering).  Time is virtual; one seed gives one run.
 */
#ifndef PATH_TOY_H
#define PATH_TOY_H

#include "crypto/seeded.h"
#include "path/paths.h"
#include "unit/path/sent.h"
#include "unit/unit.h"
#include "unit/wire/plain_stun.h"
#include "wire/disco.h"
#include "wire/stun.h"

enum { TOY_FLIGHT_MAX = 4096, TOY_FILTER_MAX = 64, TOY_REGION = 1 };
#define TOY_LINK (50 * MSEC)

struct toy_packet {
	mono_ns at;
	int to; /* node, or TOY_STUN */
	struct way from;
	struct endpoint dst;
	uint8_t data[PATHS_DATAGRAM_MAX];
	size_t n;
	bool used;
};
enum { TOY_STUN = 2 };

struct toy_node {
	struct paths *paths;
	struct node_key key;
	struct endpoint inside;  /* the machine */
	struct endpoint outside; /* its mapping in the NAT; the same as inside: no NAT */
	struct endpoint allowed[TOY_FILTER_MAX];
	size_t n_allowed;
	bool blocked;      /* no UDP at all */
	bool hears_only;   /* its UDP does not get out */
	uint64_t data_got; /* data datagrams that arrived */
	uint64_t data_direct;
	mono_ns last_data; /* when one arrived */
	mono_ns longest_gap;
	mono_ns first_direct_route;   /* MONO_NEVER */
	uint64_t pings, pongs, calls; /* that it sent */
	uint32_t events_of[PATH_SELF + 1];
	uint32_t moved[PATH_PROVEN + 1], doubted[PATH_PROVEN + 1]; /* by reason */
	struct path_event last_pong;
};

struct toy {
	mono_ns now;
	struct seeded seeded;
	struct rng rng;
	struct toy_node node[2];
	struct toy_packet flight[TOY_FLIGHT_MAX];
	bool stun_dead;
	bool cable;            /* between the inside addresses, 1 ms */
	uint32_t loss_percent; /* of what goes by UDP */
};

static const struct endpoint toy_stun = {{4, {203, 0, 113, 9}}, STUN_PORT};

static inline bool toy_is_data(struct bytes b)
{
	static const uint8_t head[4] = {4, 0, 0, 0};
	return bytes_start(b, BYTES_OF(head));
}

static inline void toy_fly(struct toy *t, int to, const struct way *from,
			   const struct endpoint *dst, mono_ns delay, struct bytes b)
{
	assert_true(b.n <= PATHS_DATAGRAM_MAX);
	for (size_t i = 0; i < TOY_FLIGHT_MAX; i++) {
		struct toy_packet *p = &t->flight[i];
		if (p->used)
			continue;
		*p = (struct toy_packet){.at = t->now + delay,
					 .to = to,
					 .from = *from,
					 .dst = *dst,
					 .n = b.n,
					 .used = true};
		memcpy(p->data, b.p, b.n);
		return;
	}
	fail_msg("too much in flight");
}

/* What leaves a node: by the relay to the other one, or through the NAT. */
static inline void toy_leave(struct toy *t, int from, const struct way *via, struct bytes b)
{
	struct toy_node *n = &t->node[from];
	if (via->kind == WAY_RELAY) {
		if (via->region == TOY_REGION)
			toy_fly(t, 1 - from, via, &(struct endpoint){0}, 2 * TOY_LINK, b);
		return;
	}
	assert_int_equal(via->kind, WAY_UDP);
	if (t->cable && endpoint_equal(&via->ep, &t->node[1 - from].inside)) {
		struct way inside = way_udp(&n->inside);
		toy_fly(t, 1 - from, &inside, &via->ep, 1 * MSEC, b);
		return;
	}
	if (n->blocked || n->hears_only)
		return;
	if (t->loss_percent && rng_below(&t->rng, 100) < t->loss_percent)
		return;
	bool known = false;
	for (size_t i = 0; i < n->n_allowed; i++)
		known |= endpoint_equal(&n->allowed[i], &via->ep);
	if (!known && n->n_allowed < TOY_FILTER_MAX)
		n->allowed[n->n_allowed++] = via->ep;
	struct way source = way_udp(&n->outside);
	if (endpoint_equal(&via->ep, &toy_stun))
		toy_fly(t, TOY_STUN, &source, &via->ep, TOY_LINK, b);
	else
		toy_fly(t, 1 - from, &source, &via->ep, 2 * TOY_LINK, b);
}

static inline void toy_note(struct toy_node *n, const struct path_event *ev)
{
	n->events_of[ev->kind]++;
	if (ev->kind == PATH_MOVED)
		n->moved[ev->reason]++;
	else if (ev->kind == PATH_DOUBT)
		n->doubted[ev->reason]++;
	else if (ev->kind == PATH_PONG)
		n->last_pong = *ev;
}

static inline uint32_t toy_count(const struct toy *t, int i, int kind, enum path_reason why)
{
	return kind == PATH_MOVED ? t->node[i].moved[why] : t->node[i].doubted[why];
}

static inline void toy_drain(struct toy *t, int i)
{
	struct toy_node *n = &t->node[i];
	struct paths_send to;
	uint8_t memory[PATHS_DATAGRAM_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	while (paths_output(n->paths, &to, &out, t->now)) {
		assert_false(out.bad);
		n->pings += out.n == DISCO_PING_LEN || out.n > PATHS_CALL_MAX; /* or a padded one */
		n->pongs += out.n == DISCO_PONG_LEN;
		n->calls += disco_is(wr_done(&out)) && out.n != DISCO_PING_LEN &&
			    out.n != DISCO_PONG_LEN && out.n <= PATHS_CALL_MAX;
		toy_leave(t, i, &to.via, wr_done(&out));
		out = wr_of(memory, sizeof(memory));
	}
	for (struct path_event ev; paths_event(n->paths, &ev);)
		toy_note(n, &ev);
	struct paths_peer_status st;
	paths_peer_status(n->paths, 0, t->now, &st);
	if (st.direct && n->first_direct_route == MONO_NEVER)
		n->first_direct_route = t->now;
}

static inline bool toy_nat_passes(const struct toy *t, const struct toy_packet *p)
{
	const struct toy_node *n = &t->node[p->to];
	if (endpoint_equal(&p->from.ep, &t->node[1 - p->to].inside))
		return true; /* by the cable, or there is no NAT */
	if (n->blocked || !endpoint_equal(&p->dst, &n->outside))
		return false;
	for (size_t i = 0; i < n->n_allowed; i++)
		if (endpoint_equal(&n->allowed[i], &p->from.ep))
			return true;
	return false;
}

static inline void toy_answer_stun(struct toy *t, const struct toy_packet *p)
{
	uint8_t memory[STUN_RESPONSE_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	struct stun_txid txid;
	struct way from = way_udp(&toy_stun);
	if (t->stun_dead || !stun_read_request((struct bytes){p->data, p->n}, &txid))
		return;
	stun_write_response(&out, &txid, &p->from.ep);
	for (int i = 0; i < 2; i++)
		if (endpoint_equal(&t->node[i].outside, &p->from.ep))
			toy_fly(t, i, &from, &p->from.ep, TOY_LINK, wr_done(&out));
}

static inline void toy_arrive(struct toy *t, struct toy_packet *p)
{
	p->used = false;
	if (p->to == TOY_STUN) {
		toy_answer_stun(t, p);
		return;
	}
	struct toy_node *n = &t->node[p->to];
	struct bytes b = {p->data, p->n};
	if (p->from.kind == WAY_UDP && !toy_nat_passes(t, p))
		return;
	const struct node_key *source = p->from.kind == WAY_RELAY ? &t->node[1 - p->to].key : NULL;
	enum paths_input verdict = paths_input(n->paths, &p->from, source, b, t->now);
	assert_int_equal(verdict == PATHS_NOT_MINE, toy_is_data(b));
	if (verdict == PATHS_NOT_MINE) {
		if (n->last_data != MONO_NEVER && t->now - n->last_data > n->longest_gap)
			n->longest_gap = t->now - n->last_data;
		n->last_data = t->now;
		n->data_got++;
		n->data_direct += p->from.kind == WAY_UDP;
		paths_on_heard(n->paths, 0, &p->from, t->now);
	}
	toy_drain(t, p->to);
}

/* Lets the time pass until `until`. */
static inline void toy_run(struct toy *t, mono_ns until)
{
	for (;;) {
		mono_ns next = until;
		for (size_t i = 0; i < TOY_FLIGHT_MAX; i++)
			if (t->flight[i].used)
				next = mono_min(next, t->flight[i].at);
		for (int i = 0; i < 2; i++)
			next = mono_min(next, paths_deadline(t->node[i].paths));
		if (next >= until)
			break;
		t->now = mono_max(t->now, next);
		for (size_t i = 0; i < TOY_FLIGHT_MAX; i++)
			if (t->flight[i].used && t->flight[i].at <= t->now)
				toy_arrive(t, &t->flight[i]);
		for (int i = 0; i < 2; i++) {
			paths_tick(t->node[i].paths, t->now);
			toy_drain(t, i);
			assert_true(paths_deadline(t->node[i].paths) > t->now);
		}
	}
	t->now = until;
}

/* A piece of data, sent on all legs of the route. */
static inline void toy_send(struct toy *t, int i)
{
	static const uint8_t data[40] = {4, 0, 0, 0};
	struct route route;
	paths_sent_by(t->node[i].paths, 0, t->now, &route);
	for (int k = 0; k < route.n; k++)
		toy_leave(t, i, &route.via[k], BYTES_OF(data));
	toy_drain(t, i);
}

/* A stream for a while, a datagram each 20 ms: from node 0 only, or both ways. */
static inline void toy_stream(struct toy *t, mono_ns for_ns, bool both)
{
	for (mono_ns end = t->now + for_ns; t->now < end; toy_run(t, t->now + 20 * MSEC)) {
		toy_send(t, 0);
		if (both)
			toy_send(t, 1);
	}
}

static inline void toy_look(struct toy *t, int i)
{
	struct paths *p = t->node[i].paths;
	struct own_address eth = {.ip = t->node[i].inside.ip, .bits = 24};
	paths_set_interfaces(p, &eth, 1, t->now);
	toy_drain(t, i);
}

static inline bool toy_direct(const struct toy *t, int i)
{
	struct paths_peer_status st;
	paths_peer_status(t->node[i].paths, 0, t->now, &st);
	return st.direct && !st.doubted;
}

/* The NAT forgets all: new mappings, nothing let in. */
static inline void toy_flush(struct toy *t, int i)
{
	t->node[i].outside.port++;
	t->node[i].n_allowed = 0;
}

static inline void toy_meet(struct toy *t, int i)
{
	struct paths_peer cfg = {.key = t->node[1 - i].key, .home = TOY_REGION};
	paths_peer_set(t->node[i].paths, 0, &cfg, t->now);
	paths_peer_disco(t->node[i].paths, 0, paths_disco_key(t->node[1 - i].paths), t->now);
	toy_drain(t, i);
}

static inline void toy_boot(struct toy *t, int i)
{
	struct toy_node *n = &t->node[i];
	struct relay_place relay = {.region = TOY_REGION, .stun4 = toy_stun};
	struct paths_config cfg = {
		.self = n->key, .rng = t->rng, .peers_max = 2, .port = n->inside.port};
	key_generate(cfg.disco.b, &t->rng);
	paths_free(n->paths);
	n->paths = paths_new(&cfg, t->now);
	assert_non_null(n->paths);
	toy_look(t, i);
	paths_set_relays(n->paths, &relay, 1, t->now);
	toy_drain(t, i);
}

static inline struct toy *toy_new(uint64_t seed, bool nat)
{
	static struct toy t;
	t = (struct toy){.now = 1000 * SECOND};
	seeded_init(&t.seeded, seed);
	t.rng = seeded_rng(&t.seeded);
	for (int i = 0; i < 2; i++) {
		struct toy_node *n = &t.node[i];
		rng_fill(&t.rng, n->key.b, KEY_LEN);
		n->first_direct_route = MONO_NEVER;
		n->last_data = MONO_NEVER;
		n->inside = (struct endpoint){ip_v4(192, 168, (uint8_t)i, 2), 41641};
		n->outside = (struct endpoint){ip_v4(198, 51, 100, (uint8_t)(1 + i)), 50000};
		if (!nat)
			n->inside = n->outside;
	}
	toy_boot(&t, 0);
	toy_boot(&t, 1);
	toy_meet(&t, 0);
	toy_meet(&t, 1);
	return &t;
}

static inline void toy_end(struct toy *t)
{
	for (int i = 0; i < 2; i++)
		paths_free(t->node[i].paths);
}

#endif
