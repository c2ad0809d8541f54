/* The way of one peer's traffic.
 *
 *   state      traffic goes      begins when                      ends when
 *   PLAIN      where heard       the peer speaks no disco         never
 *   RELAYED    relay             at first; DOUBTED for 5 s        a pong -> DIRECT
 *   DIRECT     best              a pong                           silence -> DOUBTED
 *   ASIDE      relay             the relay is clearly faster      the best is as good -> DIRECT
 *                                than the best (quality.h)        silence -> DOUBTED
 *                                                                 the best is mute -> RELAYED
 *   DOUBTED    best and relay    silence (liveness.h), a refusal  a pong -> DIRECT, there
 *                                of the system, a changed link    a pong of the relay -> ASIDE, if
 *                                                                 the relay was silent
 *                                                                 5 s -> RELAYED
 *
 * The way in use is watched (liveness.h) in DIRECT and ASIDE, where there is another one to turn
 * to.  A peer that calls while we are content has lost us: until a pong tells, traffic goes both
 * ways.
 *
 * Beside that a direct path in use costs one ping each HEARTBEAT (heartbeat.h).
 *
 * In RELAYED and DOUBTED attempts are made (pace.h) while there is traffic: a call-me-maybe through
 * the relay, so that the peer probes us, and pings to all its targets.  After 45 s without traffic
 * nothing runs any more.
 *
 * Bounded: the targets (remotes.h), the pings (pace.h), one call-me-maybe each 250 ms
 * and one for each doubt. */
#include "path/peer_path.h"

#define ACTIVE       (45 * SECOND) /* after the last data sent */
#define DOUBT_MAX    (5 * SECOND)
#define CALL_APART   (250 * MSEC)
#define ANSWER_APART (5 * SECOND)  /* between two calls of ours that answer the peer's */
#define CALL_WAIT    (300 * MSEC)  /* for STUN, before a call */
#define STUN_YOUNG   (27 * SECOND) /* reference, 7.1 "endpoints fresh" */

enum {
	RELAY_MUTE = 2,   /* pings in a row without an answer, while it has the traffic */
	DIRECT_MUTE = 20, /* the same of a path that waits: half of its pings may well be lost */
};

void peer_path_init(struct peer_path *p, peer_id id, const struct node_key *key, bool plain,
		    mono_ns now)
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
				.beat.at = MONO_NEVER};
	pace_init(&p->pace, now);
	watch_init(&p->watch);
	signs_init(&p->signs);
	escalation_peer_init(&p->escalation, now);
}

bool peer_path_has_disco(const struct peer_path *p)
{
	return !key_is_zero(p->disco.b);
}

bool peer_path_is_settled(const struct peer_path *p)
{
	return p->state == PEER_DIRECT || p->state == PEER_ASIDE;
}

bool peer_path_is_direct(const struct peer_path *p)
{
	return p->state == PEER_DIRECT || p->state == PEER_DOUBTED;
}

struct target *peer_path_best(struct peer_path *p)
{
	return targets_find_by(&p->targets, &p->best.ep, p->best.socket);
}

/* Traffic goes by both ways: until a pong tells, it may be that we are not heard by the one in use.
 */
static bool is_double(const struct peer_path *p)
{
	return p->state == PEER_DOUBTED || (peer_path_is_settled(p) && watch_is_called(&p->watch));
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
	if (p->state == PEER_DIRECT || is_double(p))
		out->via[out->n++] = via_of(&p->best);
	if (p->state != PEER_PLAIN && (p->state != PEER_DIRECT || is_double(p)) &&
	    relay.kind != VIA_NONE)
		out->via[out->n++] = relay;
	if (out->n == 0 && unproven(p).kind != VIA_NONE)
		out->via[out->n++] = unproven(p);
}

uint16_t peer_path_mtu(const struct peer_path *p)
{
	return p->state == PEER_DIRECT ? mtu_inner(&p->mtu) : 0;
}

static void tell(struct peer_path *p, struct means *m, struct path_event ev, mono_ns now)
{
	bool doubt = ev.kind == PATH_DOUBT;
	ev.peer = p->id;
	ev.rtt = doubt ? 0 : ev.via.kind == VIA_RELAY ? p->contest.relay.rtt : p->best.rtt;
	means_tell(m, &ev);
	history_note(&p->history, &ev, now);
}

/* --- probing --- */

static void ping(struct peer_path *p, struct means *m, struct target *t, mono_ns now)
{
	struct via via = via_udp_by(&t->ep, t->socket);
	if (mono_since(t->pinged_at, now) < TARGET_APART || !pace_spend(&p->pace, now))
		return;
	/* While hard NATs are tried together, the peer's probes come from many places, and each is
	 * answered once. */
	if (!peer_path_is_settled(p) && !p->crossing && !pace_spend_search(&p->pace, now))
		return;
	target_pinged(t, now);
	/* Those that a suspicion made us send are no sample of how it does. */
	if (peer_path_is_settled(p) && p->watch.state != WATCH_ASKED && target_is_proven(t, now))
		quality_asked(&t->quality, now);
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
	struct target *t = peer_path_best(p);
	if (t)
		ping(p, m, t, now);
}

/* The way in use is asked whether it is alive. */
static void ping_way(struct peer_path *p, struct means *m, mono_ns now)
{
	struct via relay = peer_path_relay(p, m);
	beat_paid(&p->beat);
	if (!p->watch.is_relay)
		ping_best(p, m, now);
	else if (relay.kind != VIA_NONE && peer_path_has_disco(p) && pace_spend(&p->pace, now))
		means_ping(m, p->id, &relay, false, now);
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
	/* A path that fell silent may mean that our NAT forgot us: what we knew before is in doubt,
	 * too. */
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

/* Something is new: what was in vain until now may work. */
static void search_anew(struct peer_path *p, mono_ns now)
{
	pace_renew(&p->pace);
	attempt(p, now);
}

/* --- transitions --- */

static void enter(struct peer_path *p, enum peer_state state, mono_ns now)
{
	p->state = state;
	p->since = now;
}

/* Traffic goes to this target from now on. */
static void go_direct(struct peer_path *p, struct means *m, const struct target *t,
		      enum path_reason reason, mono_ns now)
{
	bool same = is_best(p, &t->ep, t->socket);
	struct via via = via_udp_by(&t->ep, t->socket);
	struct via was = peer_path_is_direct(p) && !same ? via_of(&p->best) : peer_path_relay(p, m);
	if (!same) {
		mtu_begin(&p->mtu, m->inner_mtu);
	}
	p->best = (struct choice){.ep = t->ep, .rtt = t->rtt, .socket = t->socket};
	pace_rest(&p->pace);
	enter(p, PEER_DIRECT, now);
	beat_begin(&p->beat, p->active, now);
	watch_begin(&p->watch, false, t->rtt, now);
	tell(p, m,
	     (struct path_event){.kind = PATH_MOVED, .via = via, .was = was, .reason = reason},
	     now);
}

static void go_doubted(struct peer_path *p, struct means *m, enum path_reason reason, mono_ns now)
{
	struct via relay = peer_path_relay(p, m), best = via_of(&p->best);
	bool aside = p->state == PEER_ASIDE;
	tell(p, m,
	     (struct path_event){.kind = PATH_DOUBT,
				 .via = aside ? best : relay,
				 .was = aside ? relay : best,
				 .reason = reason},
	     now);
	enter(p, PEER_DOUBTED, now);
	p->reason = reason;
	/* It may have lost us, too, without knowing: that cannot wait for new candidates, as the
	 * call of the attempt does. */
	if (peer_path_has_disco(p) && relay.kind != VIA_NONE)
		call(p, m, &relay);
	search_anew(p, now);
}

static void go_relayed(struct peer_path *p, struct means *m, enum path_reason reason, mono_ns now)
{
	struct via relay = peer_path_relay(p, m), was = via_of(&p->best);
	p->best = (struct choice){0};
	p->beat.at = MONO_NEVER;
	enter(p, PEER_RELAYED, now);
	tell(p, m,
	     (struct path_event){.kind = PATH_MOVED, .via = relay, .was = was, .reason = reason},
	     now);
}

/* The direct path works, and waits until it is as good as the relay. */
static void go_aside(struct peer_path *p, struct means *m, mono_ns now)
{
	struct via relay = peer_path_relay(p, m), was = via_of(&p->best);
	pace_rest(&p->pace);
	enter(p, PEER_ASIDE, now);
	watch_begin(&p->watch, true, p->contest.relay.rtt, now);
	tell(p, m,
	     (struct path_event){
		     .kind = PATH_MOVED, .via = relay, .was = was, .reason = PATH_RELAY_FASTER},
	     now);
}

static void wake(struct peer_path *p, struct means *m, mono_ns now)
{
	p->active = true;
	if (peer_path_is_direct(p) || p->state == PEER_ASIDE)
		beat_begin(&p->beat, true, now);
	if (m->n_active++ == 0)
		gather_want(&m->gather, true, now);
}

static void fall_asleep(struct peer_path *p, struct means *m)
{
	p->active = false;
	p->beat.at = MONO_NEVER;
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
	if (any_new && p->active && !peer_path_is_settled(p))
		search_anew(p, now);
}

void peer_path_disco(struct peer_path *p, struct means *m, const struct disco_key *key,
		     const struct box_shared *shared, mono_ns now)
{
	if (peer_path_is_direct(p) || p->state == PEER_ASIDE)
		go_relayed(p, m, PATH_RESTARTED, now);
	p->contest = (struct contest){0};
	p->beat.lifetime = (struct lifetime){0};
	signs_init(&p->signs);
	watch_init(&p->watch);
	p->crossings.heard = false;
	means_forget(m, p->id);
	targets_restart(&p->targets);
	pace_rest(&p->pace);
	p->disco = *key;
	p->shared = *shared;
	pace_renew(&p->pace);
	if (p->active)
		attempt(p, now);
}

/* --- what happened --- */

/* Why the way in use is given up when nothing comes back. */
static enum path_reason silence_of(const struct peer_path *p)
{
	return p->watch.is_relay ? PATH_RELAY_SILENT : PATH_SILENT;
}

void peer_path_sent(struct peer_path *p, struct means *m, mono_ns now)
{
	p->sent_at = now;
	if (p->state == PEER_PLAIN)
		return;
	bool slept = !p->active;
	if (slept)
		wake(p, m, now);
	if (peer_path_is_settled(p) && watch_sent(&p->watch, now) == WATCH_SILENT)
		go_doubted(p, m, slept ? PATH_STALE : silence_of(p), now);
	else if (!peer_path_is_settled(p) && pace_resting(&p->pace))
		attempt(p, now);
}

/* Does the traffic go there alone? */
static bool is_in_use(const struct peer_path *p, const struct means *m, const struct via *via)
{
	struct via way = p->watch.is_relay ? peer_path_relay(p, m) : via_of(&p->best);
	return peer_path_is_settled(p) && via_equal(&way, via);
}

void peer_path_heard(struct peer_path *p, const struct means *m, const struct via *from,
		     mono_ns now)
{
	if (from->kind == VIA_RELAY)
		p->reached = from->region;
	if (from->kind == VIA_UDP)
		p->heard = from->ep;
	if (is_in_use(p, m, from))
		watch_heard(&p->watch, now);
}

bool peer_path_heard_data(struct peer_path *p, const struct means *m, const struct via *from,
			  mono_ns now)
{
	peer_path_heard(p, m, from, now);
	if (p->state == PEER_PLAIN || (from->kind == VIA_RELAY && p->state == PEER_RELAYED))
		return false; /* no need to know: there is no other way */
	return signs_data_heard(&p->signs, from, now);
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
	if (is_new && !peer_path_is_settled(p) && !p->crossing)
		pace_answer(&p->pace, now);
	else if (t && (is_new || !peer_path_is_settled(p))) {
		beat_paid(&p->beat);
		ping(p, m, t, now);
	}
}

/* Another direct path than the one in use has answered. */
static void compare(struct peer_path *p, struct means *m, struct target *best, struct target *t,
		    mono_ns now)
{
	struct choice choice = {.ep = t->ep, .rtt = t->rtt, .socket = t->socket};
	bool loses =
		quality_loss_percent(&t->quality, now) > quality_loss_percent(&best->quality, now);
	bool worse =
		t->quality.left || (loses && quality_toll(&t->quality, t->rtt, now) >
						     quality_toll(&best->quality, best->rtt, now));
	if (!worse && choose_clearly_better(&choice, &p->best)) {
		go_direct(p, m, t, PATH_BETTER, now);
	} else if (p->watch.state != WATCH_ASKED &&
		   contest_other_wins(&p->contest, &best->quality, &t->quality, now)) {
		contest_left(&p->contest, &best->quality, now);
		go_direct(p, m, t, PATH_WAS_BAD, now);
	}
}

/* It fell silent, and another one has answered: did it lose much before? */
static void leave_lossy(struct peer_path *p, const struct target *t, mono_ns now)
{
	struct target *best = peer_path_best(p);
	if (best && best != t && quality_loss_percent(&best->quality, now) > 0)
		contest_left(&p->contest, &best->quality, now);
}

/* A pong that was expected, for a ping by UDP: the target that was pinged is proven. */
void peer_path_ponged(struct peer_path *p, struct means *m, const struct probe *probe, mono_ns now)
{
	const struct via *via = &probe->via;
	/* Whatever was probed, it is a target now; and this is its first ping. */
	if (p->crossing && targets_see_by(&p->targets, &via->ep, via->socket, &p->best.ep, now))
		targets_count_ping(&p->targets, &via->ep, via->socket, false);
	struct target *t = targets_find_by(&p->targets, &via->ep, via->socket);
	if (!t)
		return;
	bool same = is_best(p, &t->ep, t->socket);
	target_ponged(t, probe->padded != 0, mono_since(probe->sent_at, now), now);
	struct choice choice = {.ep = t->ep, .rtt = t->rtt, .socket = t->socket};
	if (!probe->padded)
		quality_answered(&t->quality, probe->sent_at, now);
	else if (same)
		mtu_answered(&p->mtu, probe->padded, now);
	switch (p->state) {
	case PEER_PLAIN:
		break;
	case PEER_ASIDE:
		if (same)
			p->best = choice;
		if (same ? contest_direct_wins(&p->contest, &t->quality, now)
			 : quality_toll(&t->quality, t->rtt, now) <=
				    quality_cost(&p->contest.relay, now)) {
			contest_turned(&p->contest, now);
			go_direct(p, m, t, PATH_AS_GOOD, now);
		}
		break;
	case PEER_RELAYED:
		go_direct(p, m, t, PATH_FIRST, now);
		break;
	case PEER_DIRECT:
		if (same) {
			p->best = choice;
			watch_ponged(&p->watch, t->rtt, now);
		} else {
			compare(p, m, peer_path_best(p), t, now);
		}
		break;
	case PEER_DOUBTED:
		leave_lossy(p, t, now);
		go_direct(p, m, t, same ? PATH_PROVEN : PATH_INSTEAD, now);
		break;
	}
}

/* A second direct path that is clearly better comes first. */
static bool relay_wins(struct peer_path *p, mono_ns now)
{
	const struct target *second = targets_second(&p->targets, &p->best.ep, now);
	const struct quality *best = &peer_path_best(p)->quality;
	return !(second && quality_beats(&second->quality, best, now)) &&
	       contest_relay_wins(&p->contest, best, now);
}

void peer_path_relay_ponged(struct peer_path *p, struct means *m, const struct probe *probe,
			    mono_ns now)
{
	struct via relay = peer_path_relay(p, m);
	if (probe->for_person || !via_equal(&relay, &probe->via))
		return;
	quality_answered(&p->contest.relay, probe->sent_at, now);
	if (p->state == PEER_ASIDE)
		watch_ponged(&p->watch, p->contest.relay.rtt, now);
	else if ((p->state == PEER_DOUBTED && p->watch.is_relay) ||
		 (p->state == PEER_DIRECT && p->watch.state != WATCH_ASKED && relay_wins(p, now)))
		go_aside(p, m, now);
}

/* The peer asks to be probed: it has no path to us, and has just pinged what it knows of ours. */
void peer_path_called(struct peer_path *p, struct means *m, const struct endpoint *v, size_t n,
		      mono_ns now)
{
	p->calls_taken++;
	targets_tell(&p->targets, TARGET_CALLED, v, n, &p->best.ep);
	if (peer_path_is_settled(p)) {
		watch_ask(&p->watch, true, now);
		ping_way(p, m, now);
		ping_all(p, m, now);
	}
	if (p->state == PEER_DIRECT)
		return;
	if (p->state != PEER_ASIDE)
		pace_answer(&p->pace, now);
	/* It must punch its NAT for us, too, and does so when it is called. That we called just now
	 * does not count: as long as it did not know our disco key, it could not read that. */
	if (mono_since(p->answered_at, now) < ANSWER_APART || p->call_by != MONO_NEVER)
		return;
	p->answered_at = now;
	want_call(p, m, now);
}

void peer_path_unreachable(struct peer_path *p, struct means *m, mono_ns now)
{
	if (p->state == PEER_DIRECT)
		go_doubted(p, m, PATH_UNREACHABLE, now);
	else if (p->state == PEER_ASIDE)
		go_relayed(p, m, PATH_UNREACHABLE, now);
}

void peer_path_relay_lost(struct peer_path *p, struct means *m, uint16_t region, mono_ns now)
{
	struct via relay = peer_path_relay(p, m);
	struct target *t = peer_path_best(p);
	if (p->state == PEER_ASIDE && t && relay.kind == VIA_RELAY && relay.region == region)
		go_direct(p, m, t, PATH_RELAY_LOST, now);
}

void peer_path_link_changed(struct peer_path *p, struct means *m, mono_ns now)
{
	p->contest = (struct contest){0};
	targets_judge_anew(&p->targets);
	p->beat.lifetime = (struct lifetime){0};
	mtu_begin(&p->mtu, m->inner_mtu);
	if (p->state == PEER_ASIDE)
		go_relayed(p, m, PATH_LINK_CHANGE, now);
	if (p->state == PEER_DIRECT && p->active) {
		go_doubted(p, m, PATH_LINK_CHANGE, now);
		return;
	}
	watch_distrust(&p->watch);
	pace_renew(&p->pace);
	if (p->active && p->state != PEER_PLAIN)
		attempt(p, now);
}

void peer_path_moved_ourselves(struct peer_path *p, struct means *m, mono_ns now)
{
	if (p->active && !peer_path_is_settled(p) && peer_path_has_disco(p))
		want_call(p, m, now);
}

void peer_path_ask_for_person(struct peer_path *p, struct means *m, mono_ns now)
{
	struct via relay = peer_path_relay(p, m);
	struct via best = via_of(&p->best);
	if (relay.kind != VIA_NONE)
		means_ping(m, p->id, &relay, true, now);
	if (!peer_path_is_direct(p))
		return;
	means_ping(m, p->id, &best, true, now);
	targets_count_ping(&p->targets, &best.ep, best.socket, false);
}

/* --- time --- */

static mono_ns state_ends(const struct peer_path *p)
{
	return p->state == PEER_DOUBTED ? p->since + DOUBT_MAX : MONO_NEVER;
}

static void tick_state(struct peer_path *p, struct means *m, mono_ns now)
{
	if (state_ends(p) <= now) {
		/* Whatever began the doubt, the path has not answered. */
		bool tells = p->reason != PATH_STALE && p->reason != PATH_RELAY_SILENT;
		go_relayed(p, m, tells ? p->reason : PATH_SILENT, now);
	}
	if (!peer_path_is_settled(p))
		return;
	switch (watch_tick(&p->watch, now)) {
	case WATCH_FINE:
		break;
	case WATCH_ASK:
		ping_way(p, m, now);
		break;
	case WATCH_SILENT:
		go_doubted(p, m, silence_of(p), now);
		break;
	}
}

static void tick_attempt(struct peer_path *p, struct means *m, mono_ns now)
{
	if (p->pace.next > now)
		return;
	targets_expire(&p->targets, &p->best.ep, now);
	if (!pace_may_search(&p->pace, p->targets.n, now))
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

static void ping_relay(struct peer_path *p, struct means *m, mono_ns now)
{
	struct via relay = peer_path_relay(p, m);
	quality_asked(&p->contest.relay, now);
	means_ping(m, p->id, &relay, false, now);
}

/* Both ways of ASIDE are asked in turn, and also while the peer says nothing. */
static bool has_died_aside(struct peer_path *p, struct means *m, mono_ns now)
{
	if (p->state != PEER_ASIDE)
		return false;
	if (quality_mute(&p->contest.relay, RELAY_MUTE, now))
		go_doubted(p, m, PATH_RELAY_SILENT, now);
	else if (quality_mute(&peer_path_best(p)->quality, DIRECT_MUTE, now))
		go_relayed(p, m, PATH_SILENT, now);
	return p->state != PEER_ASIDE;
}

static void tick_beat(struct peer_path *p, struct means *m, mono_ns now)
{
	struct via best = via_of(&p->best);
	if (p->beat.at > now)
		return;
	const struct target *t = peer_path_best(p);
	bool is_lossy = t && quality_loss_percent(&t->quality, now) > 0;
	if (!beat_is_played(&p->beat, is_lossy, now) || has_died_aside(p, m, now))
		return;
	struct beat_ask ask = beat_ask(p, m, now);
	switch (ask.whom) {
	case BEAT_TARGET:
		ping(p, m, ask.target, now);
		break;
	case BEAT_PADDED:
		means_ping_padded(m, p->id, &best, ask.size, now);
		targets_count_ping(&p->targets, &best.ep, best.socket, true);
		break;
	case BEAT_RELAY:
		ping_relay(p, m, now);
		break;
	case BEAT_NOBODY:
		break;
	}
}

/* A sign goes back to where the data came from, which the peer watches, whatever our own way is. */
static void tick_sign(struct peer_path *p, struct means *m, mono_ns now)
{
	if (p->signs.due > now)
		return;
	bool same_way = is_in_use(p, m, &p->signs.to);
	if (signs_give(&p->signs, same_way ? p->sent_at : MONO_NEVER, now))
		means_tell(m, &(struct path_event){
				      .kind = PATH_RECEIPT, .peer = p->id, .via = p->signs.to});
}

void peer_path_tick(struct peer_path *p, struct means *m, mono_ns now)
{
	if (p->active && mono_since(p->sent_at, now) >= ACTIVE)
		fall_asleep(p, m);
	tick_state(p, m, now);
	tick_attempt(p, m, now);
	tick_call(p, m, now);
	tick_beat(p, m, now);
	tick_sign(p, m, now);
}

mono_ns peer_path_deadline(const struct peer_path *p, const struct means *m)
{
	mono_ns first = mono_min(state_ends(p), mono_min(p->pace.next, p->beat.at));
	first = mono_min(first, mono_min(call_at(p, m), p->signs.due));
	if (peer_path_is_settled(p))
		first = mono_min(first, watch_deadline(&p->watch));
	return p->active ? mono_min(first, p->sent_at + ACTIVE) : first;
}
