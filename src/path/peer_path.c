/* The way of one peer's traffic.
 *
 *   state      traffic goes      begins when                      ends when
 *   PLAIN      where heard       the peer speaks no disco         never
 *   RELAYED    relay             at first; DOUBTED for 5 s        a pong -> DIRECT
 *   DIRECT     best              a pong; anything on best         we send -> AWAITING
 *                                                                 we send, trust is over -> DOUBTED
 *   AWAITING   best              we sent, nothing came yet        anything on best -> DIRECT
 *                                                                 150..400 ms -> ASKED
 *   ASKED      best; and relay   a ping is to tell (sent twice)   anything on best -> DIRECT
 *              when called                                        2 round trips -> DOUBTED
 *   DOUBTED    best and relay    silence, a refusal of the        a pong -> DIRECT, there
 *                                system, a changed link           5 s -> RELAYED
 *   ASIDE      relay             the relay is clearly faster      the best is as good -> DIRECT
 *                                than the best (quality.h)        the relay is mute -> DOUBTED
 *                                                                 the best is mute -> RELAYED
 *
 * A sign of life on the way in use is a pong or authentic data; in DOUBTED, and when the peer called
 * (so it has lost us), only a pong is, because data proves the other direction only.  AWAITING and ASKED
 * together last at most 700 ms while the round trip is below 325 ms, so with the way through the relay
 * a cut costs less than a second.  Where the peer's own messages have come in a slower rhythm, as its signs
 * of life do (signs.h), AWAITING lasts as long as that, and both together at most 900 ms below 410 ms.  A
 * stream that flows one way to a peer that gives no signs costs a ping and a pong for each AWAITING and
 * ASKED in turn: less than three of each per second, 124 and 110 bytes.
 *
 * Beside that a direct path in use costs one ping each HEARTBEAT: to the best, or in every other beat, if
 * the best has just been heard, to one of the others, so that a better one is found and the second best
 * stays warm.
 *
 * In RELAYED and DOUBTED attempts are made (pace.h) while there is traffic: a call-me-maybe through the
 * relay, so that the peer probes us, and pings to all its targets.  After 45 s without traffic
 * nothing runs any more.
 *
 * Bounded: the targets (targets.h), the pings (pace.h), one call-me-maybe each 250 ms
 * and one for each doubt. */
#include "path/peer_path.h"

#define ACTIVE         (45 * SECOND) /* after the last data sent */
#define TRUST          (6500 * MSEC)
#define HEARTBEAT      (3 * SECOND)
#define GOOD_ENOUGH    (5 * MSEC) /* of a round trip: do not look for better */
#define DOUBT_MAX      (5 * SECOND)
#define CALL_APART     (250 * MSEC)
#define ANSWER_APART   (5 * SECOND)  /* between two calls of ours that answer the peer's */
#define CALL_WAIT      (300 * MSEC)  /* for STUN, before a call */
#define STUN_YOUNG     (27 * SECOND) /* reference, 7.1 "endpoints fresh" */
#define SILENCE_ASK    (400 * MSEC)  /* AWAITING, at most */
#define SILENCE_HASTE  (150 * MSEC)  /* AWAITING, at least */
#define SILENCE_TOTAL  (700 * MSEC)  /* AWAITING and ASKED, if the round trip allows */
#define PATIENCE_TOTAL (900 * MSEC)  /* the same, for a peer with a rhythm of its own */
#define ANSWER_MIN     (150 * MSEC)
#define ANSWER_MARGIN  (50 * MSEC)
#define ASK_AGAIN      (20 * MSEC) /* after a round trip without an answer */

enum {
	RELAY_MUTE = 2,   /* pings in a row without an answer, while it has the traffic */
	DIRECT_MUTE = 20, /* the same of a path that waits: half of its pings may well be lost */
};

void peer_path_init(struct peer_path *p, peer_id id, const struct node_key *key, bool plain, mono_ns now)
{
	*p = (struct peer_path){.id = id,
				.used = true,
				.timer = MONO_NEVER,
				.key = *key,
				.state = plain ? PEER_PLAIN : PEER_RELAYED,
				.since = now,
				.sent_at = MONO_NEVER,
				.call_by = MONO_NEVER,
				.called_at = MONO_NEVER,
				.answered_at = MONO_NEVER,
				.heartbeat_at = MONO_NEVER};
	pace_init(&p->pace, now);
	signs_init(&p->signs);
	escalation_peer_init(&p->escalation, now);
}

bool peer_path_has_disco(const struct peer_path *p)
{
	return !key_is_zero(p->disco.b);
}

/* Not doubted: the traffic goes to `best` alone. */
static bool is_trusted(const struct peer_path *p)
{
	return p->state == PEER_DIRECT || p->state == PEER_AWAITING || p->state == PEER_ASKED;
}

/* There is a way that has been proven and is watched: no need to look for one. */
static bool is_settled(const struct peer_path *p)
{
	return is_trusted(p) || p->state == PEER_ASIDE;
}

bool peer_path_is_direct(const struct peer_path *p)
{
	return is_trusted(p) || p->state == PEER_DOUBTED;
}

/* The peer has lost us, as it says: until a pong tells, it may be that only we are not heard. */
static bool is_called(const struct peer_path *p)
{
	return p->state == PEER_ASKED && p->pong_only;
}

bool peer_path_is_near(const struct peer_path *p, const struct candidates *own)
{
	for (size_t i = 0; i < own->n; i++)
		for (size_t k = 0; own->v[i].kind == CANDIDATE_STUN && k < p->targets.n; k++)
			if (p->targets.v[k].sources & TARGET_CALLED &&
			    ip_equal(&p->targets.v[k].ep.ip, &own->v[i].ep.ip))
				return true;
	return false;
}

/* --- ways --- */

static struct via via_of(const struct choice *c)
{
	return via_udp_by(&c->ep, c->socket);
}

static bool is_best(const struct peer_path *p, const struct endpoint *ep, uint16_t socket)
{
	return endpoint_equal(&p->best.ep, ep) && p->best.socket == socket;
}

struct via peer_path_relay(const struct peer_path *p, const struct means *m)
{
	if (p->home != 0 && means_know_region(m, p->home))
		return via_relay(p->home);
	if (p->reached != 0 && means_know_region(m, p->reached))
		return via_relay(p->reached);
	return (struct via){.kind = VIA_NONE};
}

/* Without a proof and without a relay: where it was last heard, else where it is said to be. */
static struct via unproven(const struct peer_path *p)
{
	const struct endpoint *ep = endpoint_is_set(&p->heard) ? &p->heard : &p->hint;
	return endpoint_is_set(ep) ? via_udp(ep) : (struct via){.kind = VIA_NONE};
}

void peer_path_route(const struct peer_path *p, const struct means *m, struct route *out)
{
	struct via relay = peer_path_relay(p, m);
	*out = (struct route){.n = 0};
	if (peer_path_is_direct(p))
		out->via[out->n++] = via_of(&p->best);
	if ((!is_trusted(p) || is_called(p)) && p->state != PEER_PLAIN && relay.kind != VIA_NONE)
		out->via[out->n++] = relay;
	if (out->n == 0 && unproven(p).kind != VIA_NONE)
		out->via[out->n++] = unproven(p);
}

uint16_t peer_path_mtu(const struct peer_path *p)
{
	return is_trusted(p) ? mtu_inner(&p->mtu) : 0;
}

static void tell(struct peer_path *p, struct means *m, struct paths_event ev, mono_ns now)
{
	ev.peer = p->id;
	ev.rtt = p->best.rtt;
	means_tell(m, &ev);
	history_note(&p->history, &ev, now);
}

/* --- probing --- */

static void ping(struct peer_path *p, struct means *m, struct target *t, mono_ns now)
{
	struct via via = via_udp_by(&t->ep, t->socket);
	if (mono_since(t->pinged_at, now) < TARGET_APART || !pace_spend(&p->pace, now))
		return;
	t->pinged_at = now;
	t->pings++;
	/* Those that a suspicion made us send are no sample of how it does. */
	bool is_sample = p->state == PEER_DIRECT || p->state == PEER_AWAITING || p->state == PEER_ASIDE;
	if (is_sample && is_best(p, &t->ep, t->socket))
		quality_asked(&p->contest.direct, now);
	means_ping(m, p->id, &via, false, now);
}

static void ping_all(struct peer_path *p, struct means *m, mono_ns now)
{
	targets_expire(&p->targets, &p->best.ep, now);
	for (size_t i = 0; i < p->targets.n; i++)
		ping(p, m, &p->targets.v[i], now);
}

static void ping_best(struct peer_path *p, struct means *m, mono_ns now)
{
	struct target *t = targets_find_by(&p->targets, &p->best.ep, p->best.socket);
	if (t)
		ping(p, m, t, now);
}

static void call(struct peer_path *p, struct means *m, const struct via *relay)
{
	p->calls_sent++;
	means_call(m, p->id, relay);
}

/* Plans a call-me-maybe, with candidates of ours that are young enough to be true. */
static void want_call(struct peer_path *p, struct means *m, mono_ns now)
{
	mono_ns young = now > STUN_YOUNG ? now - STUN_YOUNG : 0;
	/* A path that fell silent may mean that our NAT forgot us: what we knew before is in doubt, too. */
	p->call_needs = p->state == PEER_DOUBTED ? p->since : p->state == PEER_ASIDE ? now : young;
	p->call_from = p->called_at == MONO_NEVER ? now : mono_max(now, p->called_at + CALL_APART);
	p->call_by = p->call_from + CALL_WAIT;
	if (!gather_fresh(&m->gather, p->call_needs))
		gather_refresh(&m->gather, false, now);
}

static mono_ns call_at(const struct peer_path *p, const struct means *m)
{
	if (p->call_by == MONO_NEVER)
		return MONO_NEVER;
	return gather_fresh(&m->gather, p->call_needs) ? p->call_from : p->call_by;
}

static void attempt(struct peer_path *p, mono_ns now)
{
	if (peer_path_has_disco(p))
		pace_start(&p->pace, now);
}

/* --- transitions --- */

static void enter(struct peer_path *p, enum peer_state state, mono_ns now)
{
	p->state = state;
	p->since = now;
}

/* The way in use has shown a sign of life. */
static void go_on(struct peer_path *p, mono_ns now)
{
	enter(p, PEER_DIRECT, now);
	p->trust_until = now + TRUST;
}

/* Traffic goes to this target from now on. */
static void go_direct(struct peer_path *p, struct means *m, const struct target *t, enum path_reason reason,
		      mono_ns now)
{
	bool same = is_best(p, &t->ep, t->socket);
	struct via via = via_udp_by(&t->ep, t->socket);
	struct via was = peer_path_is_direct(p) && !same ? via_of(&p->best) : peer_path_relay(p, m);
	if (!same) {
		contest_new_path(&p->contest);
		mtu_begin(&p->mtu, m->inner_mtu);
	}
	p->best = (struct choice){.ep = t->ep, .rtt = t->rtt, .socket = t->socket};
	p->heartbeat_at = p->active ? now + HEARTBEAT : MONO_NEVER;
	pace_rest(&p->pace);
	go_on(p, now);
	tell(p, m, (struct paths_event){.kind = PATHS_MOVED, .via = via, .was = was, .reason = reason}, now);
}

static void go_asked(struct peer_path *p, struct means *m, bool pong_only, mono_ns now)
{
	enter(p, PEER_ASKED, now);
	p->asked_twice = false;
	p->pong_only = pong_only;
	ping_best(p, m, now);
}

static void go_doubted(struct peer_path *p, struct means *m, enum path_reason reason, mono_ns now)
{
	struct via relay = peer_path_relay(p, m), was = via_of(&p->best);
	tell(p, m, (struct paths_event){.kind = PATHS_DOUBT, .via = relay, .was = was, .reason = reason},
	     now);
	enter(p, PEER_DOUBTED, now);
	p->reason = reason;
	/* It may have lost us, too, without knowing: that cannot wait for new candidates, as the call of the
	 * attempt does. */
	if (peer_path_has_disco(p) && relay.kind != VIA_NONE)
		call(p, m, &relay);
	attempt(p, now);
}

static void go_relayed(struct peer_path *p, struct means *m, enum path_reason reason, mono_ns now)
{
	struct via relay = peer_path_relay(p, m), was = via_of(&p->best);
	p->best = (struct choice){0};
	p->heartbeat_at = MONO_NEVER;
	enter(p, PEER_RELAYED, now);
	tell(p, m, (struct paths_event){.kind = PATHS_MOVED, .via = relay, .was = was, .reason = reason},
	     now);
}

/* The direct path works, and waits until it is as good as the relay. */
static void go_aside(struct peer_path *p, struct means *m, mono_ns now)
{
	struct via relay = peer_path_relay(p, m), was = via_of(&p->best);
	enter(p, PEER_ASIDE, now);
	tell(p, m,
	     (struct paths_event){.kind = PATHS_MOVED, .via = relay, .was = was, .reason = PATH_RELAY_FASTER},
	     now);
}

static void wake(struct peer_path *p, struct means *m, mono_ns now)
{
	p->active = true;
	if (peer_path_is_direct(p) || p->state == PEER_ASIDE)
		p->heartbeat_at = now + HEARTBEAT;
	if (m->n_active++ == 0)
		gather_want(&m->gather, true, now);
}

static void fall_asleep(struct peer_path *p, struct means *m)
{
	p->active = false;
	p->heartbeat_at = MONO_NEVER;
	p->call_by = MONO_NEVER;
	pace_rest(&p->pace);
	if (--m->n_active == 0)
		gather_want(&m->gather, false, 0);
}

void peer_path_fini(struct peer_path *p, struct means *m)
{
	if (p->active)
		fall_asleep(p, m);
	means_forget(m, p->id);
	key_wipe(p, sizeof(*p));
}

/* --- what is set --- */

void peer_path_hints(struct peer_path *p, const struct endpoint *v, size_t n, mono_ns now)
{
	p->hint = n > 0 ? v[0] : (struct endpoint){0};
	bool any_new = targets_tell(&p->targets, TARGET_HINT, v, n, &p->best.ep);
	if (any_new && p->active && !is_settled(p))
		attempt(p, now);
}

void peer_path_disco(struct peer_path *p, struct means *m, const struct disco_key *key,
		     const struct box_shared *shared, mono_ns now)
{
	if (peer_path_is_direct(p) || p->state == PEER_ASIDE)
		go_relayed(p, m, PATH_RESTARTED, now);
	contest_reset(&p->contest);
	p->lifetime = (struct lifetime){0};
	signs_init(&p->signs);
	means_forget(m, p->id);
	targets_restart(&p->targets);
	pace_rest(&p->pace);
	p->disco = *key;
	p->shared = *shared;
	if (p->active)
		attempt(p, now);
}

/* --- what happened --- */

void peer_path_sent(struct peer_path *p, struct means *m, mono_ns now)
{
	p->sent_at = now;
	if (p->state == PEER_PLAIN)
		return;
	signs_sent(&p->signs, now);
	if (!p->active)
		wake(p, m, now);
	if (p->state == PEER_DIRECT && now > p->trust_until)
		go_doubted(p, m, PATH_SILENT, now);
	else if (p->state == PEER_DIRECT)
		enter(p, PEER_AWAITING, now);
	else if (!is_settled(p) && pace_resting(&p->pace))
		attempt(p, now);
}

void peer_path_heard(struct peer_path *p, const struct via *from, mono_ns now)
{
	if (from->kind == VIA_RELAY)
		p->reached = from->region;
	if (from->kind != VIA_UDP)
		return;
	p->heard = from->ep;
	if (!is_trusted(p) || !is_best(p, &from->ep, from->socket))
		return;
	signs_heard(&p->signs, now);
	if (!is_called(p))
		go_on(p, now);
}

void peer_path_pinged(struct peer_path *p, struct means *m, const struct via *from, mono_ns now)
{
	if (from->kind == VIA_RELAY)
		p->reached = from->region;
	if (from->kind != VIA_UDP || p->state == PEER_PLAIN)
		return;
	p->pings_heard++;
	bool is_new = targets_see_by(&p->targets, &from->ep, from->socket, &p->best.ep, now);
	struct target *t = targets_find_by(&p->targets, &from->ep, from->socket);
	if (is_new && !is_settled(p))
		pace_answer(&p->pace, now);
	else if (t && (is_new || !is_settled(p)))
		ping(p, m, t, now);
}

/* A pong that was expected, for a ping by UDP: the target that was pinged is proven. */
void peer_path_ponged(struct peer_path *p, struct means *m, const struct probe *probe, mono_ns now)
{
	if (p->crossing) /* whatever was probed, it is a target now */
		(void)targets_see_by(&p->targets, &probe->via.ep, probe->via.socket, &p->best.ep, now);
	struct target *t = targets_find_by(&p->targets, &probe->via.ep, probe->via.socket);
	if (!t)
		return;
	bool same = is_best(p, &t->ep, t->socket);
	target_ponged(t, mono_since(probe->sent_at, now), now);
	struct choice choice = {.ep = t->ep, .rtt = t->rtt, .socket = t->socket};
	if (same && probe->padded)
		mtu_answered(&p->mtu, probe->padded, now);
	else if (same)
		quality_answered(&p->contest.direct, probe->sent_at, now);
	switch (p->state) {
	case PEER_PLAIN:
		break;
	case PEER_ASIDE:
		if (same)
			p->best = choice;
		if (same ? contest_direct_wins(&p->contest, now)
			 : t->rtt <= quality_cost(&p->contest.relay, now))
			go_direct(p, m, t, PATH_BETTER, now);
		break;
	case PEER_RELAYED:
		go_direct(p, m, t, PATH_FIRST, now);
		break;
	case PEER_DIRECT:
	case PEER_AWAITING:
	case PEER_ASKED:
		if (same) {
			p->best = choice;
			go_on(p, now);
		} else if (choose_clearly_better(&choice, &p->best)) {
			go_direct(p, m, t, PATH_BETTER, now);
		}
		break;
	case PEER_DOUBTED:
		go_direct(p, m, t, same ? PATH_PROVEN : p->reason, now);
		break;
	}
}

void peer_path_relay_ponged(struct peer_path *p, struct means *m, const struct probe *probe, mono_ns now)
{
	struct via relay = peer_path_relay(p, m);
	if (probe->for_person || !via_equal(&relay, &probe->via))
		return;
	quality_answered(&p->contest.relay, probe->sent_at, now);
	if (p->state == PEER_DIRECT || p->state == PEER_AWAITING)
		if (contest_relay_wins(&p->contest, now))
			go_aside(p, m, now);
}

/* The peer asks to be probed: it has no path to us, and has just pinged what it knows of ours. */
void peer_path_called(struct peer_path *p, struct means *m, const struct endpoint *v, size_t n, mono_ns now)
{
	p->calls_taken++;
	targets_tell(&p->targets, TARGET_CALLED, v, n, &p->best.ep);
	if (is_trusted(p)) {
		go_asked(p, m, true, now);
		ping_all(p, m, now);
		return;
	}
	if (p->state == PEER_ASIDE)
		ping_all(p, m, now);
	else
		pace_answer(&p->pace, now);
	/* It must punch its NAT for us, too, and does so when it is called. That we called just now does not
	 * count: as long as it did not know our disco key, it could not read that. */
	if (mono_since(p->answered_at, now) < ANSWER_APART || p->call_by != MONO_NEVER)
		return;
	p->answered_at = now;
	want_call(p, m, now);
}

void peer_path_unreachable(struct peer_path *p, struct means *m, mono_ns now)
{
	if (is_trusted(p))
		go_doubted(p, m, PATH_UNREACHABLE, now);
	else if (p->state == PEER_ASIDE)
		go_relayed(p, m, PATH_UNREACHABLE, now);
}

void peer_path_relay_lost(struct peer_path *p, struct means *m, uint16_t region, mono_ns now)
{
	struct via relay = peer_path_relay(p, m);
	struct target *t = targets_find_by(&p->targets, &p->best.ep, p->best.socket);
	if (p->state == PEER_ASIDE && t && relay.kind == VIA_RELAY && relay.region == region)
		go_direct(p, m, t, PATH_UNREACHABLE, now);
}

void peer_path_link_changed(struct peer_path *p, struct means *m, mono_ns now)
{
	contest_reset(&p->contest);
	p->lifetime = (struct lifetime){0};
	mtu_begin(&p->mtu, m->inner_mtu);
	if (p->state == PEER_ASIDE)
		go_relayed(p, m, PATH_LINK_CHANGE, now);
	if (is_trusted(p) && p->active) {
		go_doubted(p, m, PATH_LINK_CHANGE, now);
		return;
	}
	p->trust_until = 0;
	if (p->active && p->state != PEER_PLAIN)
		attempt(p, now);
}

void peer_path_moved_ourselves(struct peer_path *p, struct means *m, mono_ns now)
{
	if (p->active && !is_settled(p) && peer_path_has_disco(p))
		want_call(p, m, now);
}

void peer_path_ask_for_person(struct peer_path *p, struct means *m, mono_ns now)
{
	struct via relay = peer_path_relay(p, m);
	struct via best = via_of(&p->best);
	if (relay.kind != VIA_NONE)
		means_ping(m, p->id, &relay, true, now);
	if (peer_path_is_direct(p))
		means_ping(m, p->id, &best, true, now);
}

/* --- time --- */

static mono_ns usual_answer(const struct peer_path *p)
{
	return mono_max(ANSWER_MIN, 2 * p->best.rtt + ANSWER_MARGIN);
}

/* The longer an answer takes, the sooner we ask; but not before the peer may be expected to speak. */
static mono_ns ask_after(const struct peer_path *p)
{
	mono_ns answer = usual_answer(p);
	mono_ns left = answer < SILENCE_TOTAL ? SILENCE_TOTAL - answer : 0;
	mono_ns ask = mono_min(SILENCE_ASK, mono_max(SILENCE_HASTE, left));
	return mono_max(ask, signs_patience(&p->signs, p->since));
}

/* Whoever was waited for longer is given less time to answer, but enough for the second ping. */
static mono_ns answer_time(const struct peer_path *p)
{
	mono_ns usual = usual_answer(p), patience = signs_patience(&p->signs, p->since);
	mono_ns left = patience < PATIENCE_TOTAL ? PATIENCE_TOTAL - patience : 0;
	if (patience == 0)
		return usual;
	return mono_min(usual, mono_max(left, p->best.rtt + ASK_AGAIN + ANSWER_MARGIN));
}

static mono_ns state_ends(const struct peer_path *p)
{
	switch (p->state) {
	case PEER_AWAITING:
		return p->since + ask_after(p);
	case PEER_ASKED:
		return p->since + (p->asked_twice ? answer_time(p) : p->best.rtt + ASK_AGAIN);
	case PEER_DOUBTED:
		return p->since + DOUBT_MAX;
	case PEER_PLAIN:
	case PEER_RELAYED:
	case PEER_DIRECT:
	case PEER_ASIDE:
		break;
	}
	return MONO_NEVER;
}

static void tick_state(struct peer_path *p, struct means *m, mono_ns now)
{
	if (state_ends(p) > now)
		return;
	if (p->state == PEER_AWAITING) {
		go_asked(p, m, false, now);
	} else if (p->state == PEER_ASKED && now < p->since + answer_time(p)) {
		p->asked_twice = true;
		ping_best(p, m, now);
	} else if (p->state == PEER_ASKED) {
		go_doubted(p, m, PATH_SILENT, now);
	} else {
		go_relayed(p, m, p->reason, now);
	}
}

static void tick_attempt(struct peer_path *p, struct means *m, mono_ns now)
{
	if (p->pace.next > now)
		return;
	if (p->pace.round == 0 && p->pace.calls)
		want_call(p, m, now);
	ping_all(p, m, now);
	if (pace_step(&p->pace, &m->rng, now) && !p->active)
		pace_rest(&p->pace);
}

static void tick_call(struct peer_path *p, struct means *m, mono_ns now)
{
	struct via relay = peer_path_relay(p, m);
	if (call_at(p, m) > now)
		return;
	p->call_by = MONO_NEVER;
	p->called_at = now;
	if (relay.kind != VIA_NONE)
		call(p, m, &relay);
}

/* One target after the other, the best left out. */
static struct target *next_to_look_at(struct peer_path *p)
{
	for (size_t i = 0; i < p->targets.n; i++) {
		p->looked_at = (p->looked_at + 1) % p->targets.n;
		struct target *t = &p->targets.v[p->looked_at];
		if (!is_best(p, &t->ep, t->socket))
			return t;
	}
	return NULL;
}

/* Has the second best rested long enough? Two pings in a row without an answer say that it was too long. */
static bool is_cold(struct peer_path *p, const struct target *second, mono_ns now)
{
	mono_ns rest = lifetime_rest(&p->lifetime);
	if (second->pinged_at == MONO_NEVER)
		return true;
	if (second->pinged_at <= second->ponged_at)
		return mono_since(second->pinged_at, now) >= rest;
	if (second->pinged_at - second->ponged_at > rest + HEARTBEAT)
		lifetime_dead_after(&p->lifetime, rest);
	return mono_since(second->pinged_at, now) >= LIFETIME_MIN;
}

/* Whose beat it is besides the best's; NULL: nobody's. */
static struct target *other_of_beat(struct peer_path *p, mono_ns now)
{
	targets_expire(&p->targets, &p->best.ep, now);
	struct target *second = targets_second(&p->targets, &p->best.ep, now);
	if (second && is_cold(p, second, now))
		return second;
	return p->best.rtt > GOOD_ENOUGH ? next_to_look_at(p) : NULL;
}

static bool ping_relay(struct peer_path *p, struct means *m, mono_ns now)
{
	struct via relay = peer_path_relay(p, m);
	if (relay.kind == VIA_NONE || !peer_path_has_disco(p))
		return false;
	quality_asked(&p->contest.relay, now);
	means_ping(m, p->id, &relay, false, now);
	return true;
}

/* The relay has the traffic: both are measured in turn. */
static void beat_aside(struct peer_path *p, struct means *m, mono_ns now)
{
	if (quality_mute(&p->contest.relay, RELAY_MUTE, now))
		go_doubted(p, m, PATH_SILENT, now);
	else if (quality_mute(&p->contest.direct, DIRECT_MUTE, now))
		go_relayed(p, m, PATH_SILENT, now);
	else if (p->heartbeats % 2 == 0 || !ping_relay(p, m, now))
		ping_best(p, m, now);
}

/* It tells as much as one to the best that is not padded, if it is answered. */
static bool ping_padded(struct peer_path *p, struct means *m, mono_ns now)
{
	uint16_t size = p->state == PEER_DOUBTED ? 0 : mtu_wants(&p->mtu, now);
	struct via best = via_of(&p->best);
	if (size != 0)
		means_ping_padded(m, p->id, &best, size, now);
	return size != 0;
}

static void beat(struct peer_path *p, struct means *m, mono_ns now)
{
	bool is_heard = p->trust_until >= now + TRUST - HEARTBEAT - SECOND; /* since the last beat, about */
	bool is_bad = contest_is_bad(&p->contest, now);
	if (p->heartbeats % 2 != 0 || !is_heard) {
		ping_best(p, m, now);
		return;
	}
	if (p->heartbeats % 4 == 0 && is_bad && p->state != PEER_DOUBTED && ping_relay(p, m, now))
		return;
	if (ping_padded(p, m, now))
		return;
	struct target *other = other_of_beat(p, now);
	if (other)
		ping(p, m, other, now);
	else
		ping_best(p, m, now);
}

static void tick_heartbeat(struct peer_path *p, struct means *m, mono_ns now)
{
	if (p->heartbeat_at > now)
		return;
	p->heartbeat_at = now + HEARTBEAT;
	p->heartbeats++;
	if (p->state == PEER_ASIDE)
		beat_aside(p, m, now);
	else
		beat(p, m, now);
}

/* A sign goes back to where the data came from, which the peer watches, whatever our own way is. */
static void tick_sign(struct peer_path *p, struct means *m, mono_ns now)
{
	if (p->signs.due > now)
		return;
	bool same_way = is_trusted(p) && is_best(p, &p->signs.to.ep, p->signs.to.socket);
	if (signs_give(&p->signs, same_way ? p->sent_at : MONO_NEVER, now))
		means_tell(m, &(struct paths_event){.kind = PATHS_SIGN, .peer = p->id, .via = p->signs.to});
}

void peer_path_tick(struct peer_path *p, struct means *m, mono_ns now)
{
	if (p->active && mono_since(p->sent_at, now) >= ACTIVE)
		fall_asleep(p, m);
	tick_state(p, m, now);
	tick_attempt(p, m, now);
	tick_call(p, m, now);
	tick_heartbeat(p, m, now);
	tick_sign(p, m, now);
}

mono_ns peer_path_deadline(const struct peer_path *p, const struct means *m)
{
	mono_ns first = mono_min(state_ends(p), mono_min(p->pace.next, p->heartbeat_at));
	first = mono_min(first, mono_min(call_at(p, m), p->signs.due));
	return p->active ? mono_min(first, p->sent_at + ACTIVE) : first;
}
