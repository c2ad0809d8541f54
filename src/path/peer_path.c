/* The way of one peer's traffic.
 *
 *   state      traffic goes      begins when                      ends when
 *   PLAIN      where heard       the peer speaks no disco         never
 *   RELAYED    relay             at first; DOUBTED for 5 s        a pong -> DIRECT
 *   DIRECT     best              a pong                           silence -> DOUBTED
 *                                                                 the relay is clearly better
 *                                                                 -> ASIDE
 *   ASIDE      relay             the relay is clearly better      a direct path is as good
 *                                than the best (quality.h)        -> DIRECT
 *                                                                 the relay is silent -> DOUBTED
 *                                                                 the best is mute -> RELAYED
 *   DOUBTED    best and relay    silence (liveness.h), a refusal  a pong -> DIRECT, by that path
 *                                of the system, a changed link    a pong of the relay -> ASIDE, if
 *                                                                 the relay was silent
 *                                                                 5 s -> RELAYED
 *
 * In DIRECT and ASIDE, where there is another way to turn to, liveness.h checks the way in use.  If
 * the peer calls in these states, it does not hear us: until a pong comes, traffic goes both ways.
 *
 * A direct path in use also costs one ping each HEARTBEAT (heartbeat.h).
 *
 * In RELAYED and DOUBTED attempts are made (pace.h) while there is traffic: a call-me-maybe through
 * the relay (call.h), so that the peer probes us, and pings to all remotes.  After 45 s without
 * traffic nothing runs any more.
 *
 * Bounded: the remotes (remotes.h), the pings (pace.h), the calls (call.h, and one for each
 * doubt). */
#include "path/peer_path.h"

#include <assert.h>

#define ACTIVE    (45 * SECOND) /* after the last data sent */
#define DOUBT_MAX (5 * SECOND)

enum {
	RELAY_MUTE = 2,   /* pings in a row that a relay with the traffic does not answer */
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
				.heartbeat.at = MONO_NEVER};
	pace_init(&p->pace);
	call_init(&p->call);
	liveness_init(&p->liveness);
	receipts_init(&p->receipts);
	hard_budget_peer_init(&p->budget);
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

/* A best path exists exactly in these states. */
static bool has_best(const struct peer_path *p)
{
	return peer_path_is_settled(p) || p->state == PEER_DOUBTED;
}

/* The remote of the best path, where there is one.  It is in the table: remotes.c keeps the
 * endpoint in use whatever its sources do. */
static struct remote *best_remote(struct peer_path *p)
{
	assert(has_best(p));
	struct remote *best = remotes_find(&p->remotes, &p->best.ep, p->best.socket);
	assert(best);
	return best;
}

/* Traffic goes by both ways, because the way in use may not reach the peer: no pong has come yet.
 */
static bool is_double(const struct peer_path *p)
{
	return p->state == PEER_DOUBTED ||
	       (peer_path_is_settled(p) && liveness_is_called(&p->liveness));
}

bool peer_path_is_near(const struct peer_path *p, const struct candidates *own)
{
	for (size_t i = 0; i < own->n; i++)
		for (size_t k = 0; own->v[i].kind == CANDIDATE_STUN && k < p->remotes.n; k++)
			if (p->remotes.v[k].sources & REMOTE_CALLED &&
			    ip_equal(&p->remotes.v[k].ep.ip, &own->v[i].ep.ip))
				return true;
	return false;
}

/* --- ways --- */

static struct way way_of(const struct direct_path *c)
{
	return way_udp_by(&c->ep, c->socket);
}

static bool is_best(const struct peer_path *p, const struct endpoint *ep, uint16_t socket)
{
	return endpoint_equal(&p->best.ep, ep) && p->best.socket == socket;
}

struct way peer_path_relay(const struct peer_path *p, const struct env *m)
{
	if (p->home != 0 && env_knows_region(m, p->home))
		return way_relay(p->home);
	if (p->reached != 0 && env_knows_region(m, p->reached))
		return way_relay(p->reached);
	return (struct way){.kind = WAY_NONE};
}

/* Without a proven path and a relay: where the peer was last heard, else its first hint. */
static struct way unproven(const struct peer_path *p)
{
	const struct endpoint *ep = endpoint_is_set(&p->heard) ? &p->heard : &p->hint;
	return endpoint_is_set(ep) ? way_udp(ep) : (struct way){.kind = WAY_NONE};
}

void peer_path_route(const struct peer_path *p, const struct env *m, struct route *out)
{
	bool both = is_double(p);
	*out = (struct route){.n = 0};
	if (p->state == PEER_DIRECT || both)
		out->via[out->n++] = way_of(&p->best);
	if (p->state != PEER_PLAIN && (p->state != PEER_DIRECT || both)) {
		struct way relay = peer_path_relay(p, m);
		if (relay.kind != WAY_NONE)
			out->via[out->n++] = relay;
	}
	if (out->n == 0 && unproven(p).kind != WAY_NONE)
		out->via[out->n++] = unproven(p);
}

uint16_t peer_path_mtu(const struct peer_path *p)
{
	return p->state == PEER_DIRECT ? mtu_inner(&p->mtu) : 0;
}

static void emit(struct peer_path *p, struct env *m, struct path_event ev, mono_ns now)
{
	bool doubt = ev.kind == PATH_DOUBT;
	ev.peer = p->id;
	ev.rtt = doubt ? 0 : ev.via.kind == WAY_RELAY ? p->rivalry.relay.rtt : p->best.rtt;
	path_events_emit(&m->events, &ev);
	history_note(&p->history, &ev, now);
}

/* --- probing --- */

/* During an attempt to cross hard NATs the peer's probes come from many endpoints, and we ping each
 * of them once.  Both sides agreed to that, so it is not paid by the other budgets. */
static bool pay(struct peer_path *p, const struct remote *t, mono_ns now)
{
	if (p->attempt_under_way)
		return pace_spend(&p->pace, now);
	if (p->pace.is_for_seen || remote_is_only_seen(t))
		return pace_spend_seen(&p->pace, now);
	return pace_spend(&p->pace, now) &&
	       (peer_path_is_settled(p) || pace_spend_search(&p->pace, now));
}

static void ping(struct peer_path *p, struct env *m, struct remote *t, mono_ns now)
{
	struct way via = way_udp_by(&t->ep, t->socket);
	if (mono_since(t->pinged_at, now) < REMOTE_APART || !pay(p, t, now))
		return;
	remote_on_ping_sent(t, now);
	/* Pings that a suspicion caused would bias the loss. */
	if (peer_path_is_settled(p) && p->liveness.state != LIVENESS_PROBING &&
	    remote_is_proven(t, now))
		quality_asked(&t->quality, now);
	outbox_ping(&m->outbox, p->id, &via, false, now);
}

/* The endpoints that were only seen come last: what they cost is wanting first. */
static void ping_all(struct peer_path *p, struct env *m, mono_ns now)
{
	remotes_expire(&p->remotes, &p->best.ep, now);
	for (int only_seen = 0; only_seen < 2; only_seen++)
		for (size_t i = 0; i < p->remotes.n; i++)
			if (remote_is_only_seen(&p->remotes.v[i]) == only_seen)
				ping(p, m, &p->remotes.v[i], now);
}

static void ping_best(struct peer_path *p, struct env *m, mono_ns now)
{
	ping(p, m, best_remote(p), now);
}

/* Probes the way in use. */
static void ping_way(struct peer_path *p, struct env *m, mono_ns now)
{
	struct way relay = peer_path_relay(p, m);
	heartbeat_skip_one(&p->heartbeat);
	if (!p->liveness.is_relay)
		ping_best(p, m, now);
	else if (relay.kind != WAY_NONE && peer_path_has_disco(p) && pace_spend(&p->pace, now))
		outbox_ping(&m->outbox, p->id, &relay, false, now);
}

static void send_call(struct peer_path *p, struct env *m, const struct way *relay)
{
	p->calls_sent++;
	outbox_call(&m->outbox, p->id, relay);
}

/* A path that fell silent may mean that our NAT forgot us: our candidates of before are in doubt,
 * too. */
static mono_ns candidates_in_doubt_before(const struct peer_path *p, mono_ns now)
{
	return p->state == PEER_DOUBTED ? p->since : p->state == PEER_ASIDE ? now : 0;
}

static bool candidates_are_fresh(const struct peer_path *p, const struct env *m)
{
	return call_is_planned(&p->call) && gather_fresh(&m->gather, p->call.needs);
}

static void plan_call(struct peer_path *p, struct env *m, mono_ns now)
{
	call_plan(&p->call, candidates_in_doubt_before(p, now), now);
	if (!candidates_are_fresh(p, m))
		gather_refresh(&m->gather, false, now);
}

static void attempt(struct peer_path *p, mono_ns now)
{
	if (peer_path_has_disco(p))
		pace_start(&p->pace, now);
}

/* Something changed: what was vain until now may work. */
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
	assert(has_best(p) == endpoint_is_set(&p->best.ep));
	assert(!has_best(p) || best_remote(p));
}

/* Traffic goes to this remote from now on. */
static void go_direct(struct peer_path *p, struct env *m, const struct remote *t,
		      enum path_reason reason, mono_ns now)
{
	bool same = is_best(p, &t->ep, t->socket);
	struct way via = way_udp_by(&t->ep, t->socket);
	struct way was = peer_path_is_direct(p) && !same ? way_of(&p->best) : peer_path_relay(p, m);
	if (!same)
		mtu_begin(&p->mtu, m->inner_mtu);
	p->best = (struct direct_path){.ep = t->ep, .rtt = t->rtt, .socket = t->socket};
	pace_rest(&p->pace);
	enter(p, PEER_DIRECT, now);
	heartbeat_begin(&p->heartbeat, p->active, now);
	liveness_begin(&p->liveness, false, t->rtt, now);
	emit(p, m,
	     (struct path_event){.kind = PATH_MOVED, .via = via, .was = was, .reason = reason},
	     now);
}

static void go_doubted(struct peer_path *p, struct env *m, enum path_reason reason, mono_ns now)
{
	struct way relay = peer_path_relay(p, m), best = way_of(&p->best);
	bool aside = p->state == PEER_ASIDE;
	emit(p, m,
	     (struct path_event){.kind = PATH_DOUBT,
				 .via = aside ? best : relay,
				 .was = aside ? relay : best,
				 .reason = reason},
	     now);
	enter(p, PEER_DOUBTED, now);
	p->reason = reason;
	/* The peer may have lost us without knowing.  The call of the attempt waits for new
	 * candidates; this one cannot wait. */
	if (peer_path_has_disco(p) && relay.kind != WAY_NONE)
		send_call(p, m, &relay);
	search_anew(p, now);
}

static void go_relayed(struct peer_path *p, struct env *m, enum path_reason reason, mono_ns now)
{
	struct way relay = peer_path_relay(p, m), was = way_of(&p->best);
	p->best = (struct direct_path){0};
	p->heartbeat.at = MONO_NEVER;
	enter(p, PEER_RELAYED, now);
	emit(p, m,
	     (struct path_event){.kind = PATH_MOVED, .via = relay, .was = was, .reason = reason},
	     now);
}

/* The relay has the traffic, and the direct path waits until it is as good. */
static void go_aside(struct peer_path *p, struct env *m, mono_ns now)
{
	struct way relay = peer_path_relay(p, m), was = way_of(&p->best);
	pace_rest(&p->pace);
	enter(p, PEER_ASIDE, now);
	liveness_begin(&p->liveness, true, p->rivalry.relay.rtt, now);
	emit(p, m,
	     (struct path_event){
		     .kind = PATH_MOVED, .via = relay, .was = was, .reason = PATH_RELAY_FASTER},
	     now);
}

static void wake(struct peer_path *p, struct env *m, mono_ns now)
{
	p->active = true;
	if (has_best(p))
		heartbeat_begin(&p->heartbeat, true, now);
	if (m->n_active++ == 0)
		gather_want(&m->gather, true, now);
}

static void fall_asleep(struct peer_path *p, struct env *m)
{
	p->active = false;
	p->heartbeat.at = MONO_NEVER;
	call_cancel(&p->call);
	pace_rest(&p->pace);
	if (--m->n_active == 0)
		gather_want(&m->gather, false, 0);
}

void peer_path_fini(struct peer_path *p, struct env *m)
{
	if (p->active)
		fall_asleep(p, m);
	outbox_forget(&m->outbox, p->id);
	key_wipe(p, sizeof(*p));
}

/* --- what is set --- */

void peer_path_set_hints(struct peer_path *p, const struct endpoint *v, size_t n, mono_ns now)
{
	p->hint = n > 0 ? v[0] : (struct endpoint){0};
	bool any_new = remotes_set(&p->remotes, REMOTE_HINT, v, n, &p->best.ep);
	if (any_new && p->active && !peer_path_is_settled(p))
		search_anew(p, now);
}

void peer_path_set_disco(struct peer_path *p, struct env *m, const struct disco_key *key,
			 const struct box_shared *shared, mono_ns now)
{
	if (has_best(p))
		go_relayed(p, m, PATH_RESTARTED, now);
	p->rivalry = (struct rivalry){0};
	p->heartbeat.lifetime = (struct lifetime){0};
	receipts_init(&p->receipts);
	p->receipt_taken = 0;
	liveness_init(&p->liveness);
	p->attempts.heard = false;
	outbox_forget(&m->outbox, p->id);
	remotes_restart(&p->remotes);
	pace_rest(&p->pace);
	p->disco = *key;
	p->shared = *shared;
	/* The budget stays as it is: the peer can tell as many keys as it likes. */
	if (p->active)
		attempt(p, now);
}

/* --- what happened --- */

/* The reason to give up the way in use when nothing comes back. */
static enum path_reason silence_of(const struct peer_path *p)
{
	return p->liveness.is_relay ? PATH_RELAY_SILENT : PATH_SILENT;
}

void peer_path_on_send(struct peer_path *p, struct env *m, mono_ns now)
{
	p->sent_at = now;
	if (p->state == PEER_PLAIN)
		return;
	bool slept = !p->active;
	if (slept)
		wake(p, m, now);
	if (peer_path_is_settled(p) && liveness_on_send(&p->liveness, now) == LIVENESS_SILENT)
		go_doubted(p, m, slept ? PATH_STALE : silence_of(p), now);
	else if (!peer_path_is_settled(p) && pace_resting(&p->pace))
		attempt(p, now);
}

/* Does all traffic go by this way? */
static bool is_in_use(const struct peer_path *p, const struct env *m, const struct way *via)
{
	struct way way = p->liveness.is_relay ? peer_path_relay(p, m) : way_of(&p->best);
	return peer_path_is_settled(p) && way_equal(&way, via);
}

void peer_path_on_heard(struct peer_path *p, const struct env *m, const struct way *from,
			mono_ns now)
{
	if (from->kind == WAY_RELAY)
		p->reached = from->region;
	if (from->kind == WAY_UDP)
		p->heard = from->ep;
	if (is_in_use(p, m, from))
		liveness_on_heard(&p->liveness, now);
}

bool peer_path_on_data(struct peer_path *p, const struct env *m, const struct way *from,
		       mono_ns now)
{
	peer_path_on_heard(p, m, from, now);
	if (p->state == PEER_PLAIN || (from->kind == WAY_RELAY && p->state == PEER_RELAYED))
		return false; /* there is no other way, so the peer needs no receipt */
	return receipts_on_data(&p->receipts, from, now);
}

/* The sender's NAT is open for us at this moment. */
static void ping_back(struct peer_path *p, struct env *m, struct remote *t, bool is_new,
		      mono_ns now)
{
	if (is_new && !peer_path_is_settled(p) && !p->attempt_under_way &&
	    pace_answer_seen(&p->pace, now))
		return;
	if (peer_path_is_settled(p) && !remote_is_only_seen(t))
		return;
	if (is_new || is_best(p, &t->ep, t->socket))
		heartbeat_skip_one(&p->heartbeat);
	ping(p, m, t, now);
}

bool peer_path_on_ping(struct peer_path *p, struct env *m, const struct way *from,
		       const struct disco_txid *txid, bool answers, mono_ns now)
{
	const struct remote *was = remotes_find(&p->remotes, &from->ep, from->socket);
	if (!past_pings_take(&p->past_pings, txid, was && remote_is_proven(was, now)))
		return false;
	p->pings_heard++;
	bool is_new = remotes_on_seen(&p->remotes, &from->ep, from->socket, &p->best.ep, now);
	struct remote *t = remotes_find(&p->remotes, &from->ep, from->socket);
	if (answers && (!t || remote_may_pong(t, now)))
		outbox_pong(&m->outbox, p->id, from, txid);
	if (t)
		ping_back(p, m, t, is_new, now);
	return true;
}

void peer_path_on_relay_ping(struct peer_path *p, struct env *m, const struct way *from,
			     const struct disco_txid *txid)
{
	bool is_news = past_pings_take(&p->past_pings, txid, false);
	(void)is_news; /* the relay says who sent it, and the answer goes to nobody else */
	p->reached = from->region;
	outbox_pong(&m->outbox, p->id, from, txid);
}

/* Another direct path than the one in use has answered. */
static void compare(struct peer_path *p, struct env *m, struct remote *best, struct remote *t,
		    mono_ns now)
{
	struct direct_path path = {.ep = t->ep, .rtt = t->rtt, .socket = t->socket};
	bool loses =
		quality_loss_percent(&t->quality, now) > quality_loss_percent(&best->quality, now);
	bool worse = t->quality.left ||
		     (loses && quality_cost_of(&t->quality, t->rtt, now) >
				       quality_cost_of(&best->quality, best->rtt, now));
	if (!worse && choose_clearly_better(&path, &p->best)) {
		go_direct(p, m, t, PATH_BETTER, now);
	} else if (p->liveness.state != LIVENESS_PROBING &&
		   rivalry_other_wins(&p->rivalry, &best->quality, &t->quality, now)) {
		rivalry_left(&p->rivalry, &best->quality, now);
		go_direct(p, m, t, PATH_WAS_BAD, now);
	}
}

/* The best fell silent and t answered: if the best lost pings before, it is left as a bad path. */
static void leave_lossy(struct peer_path *p, const struct remote *t, mono_ns now)
{
	struct remote *best = best_remote(p);
	if (best != t && quality_loss_percent(&best->quality, now) > 0)
		rivalry_left(&p->rivalry, &best->quality, now);
}

void peer_path_on_pong(struct peer_path *p, struct env *m, const struct probe *probe, mono_ns now)
{
	const struct way *via = &probe->via;
	/* Whatever the attempt probed and the peer answered is a remote now, and this was its first
	 * ping. */
	if (p->attempt_under_way &&
	    remotes_on_seen(&p->remotes, &via->ep, via->socket, &p->best.ep, now))
		remotes_count_ping(&p->remotes, &via->ep, via->socket, false);
	struct remote *t = remotes_find(&p->remotes, &via->ep, via->socket);
	if (!t)
		return;
	bool same = is_best(p, &t->ep, t->socket);
	remote_on_pong(t, probe->padded != 0, mono_since(probe->sent_at, now), now);
	struct direct_path path = {.ep = t->ep, .rtt = t->rtt, .socket = t->socket};
	if (!probe->padded)
		quality_answered(&t->quality, probe->sent_at, now);
	else if (same)
		mtu_answered(&p->mtu, probe->padded, now);
	switch (p->state) {
	case PEER_PLAIN:
		break;
	case PEER_ASIDE:
		if (same)
			p->best = path;
		if (same ? rivalry_direct_wins(&p->rivalry, &t->quality, now)
			 : quality_cost_of(&t->quality, t->rtt, now) <=
				    quality_cost(&p->rivalry.relay, now)) {
			rivalry_turned(&p->rivalry, now);
			go_direct(p, m, t, PATH_AS_GOOD, now);
		}
		break;
	case PEER_RELAYED:
		go_direct(p, m, t, PATH_FIRST, now);
		break;
	case PEER_DIRECT:
		if (same) {
			p->best = path;
			liveness_on_pong(&p->liveness, t->rtt, now);
		} else {
			compare(p, m, best_remote(p), t, now);
		}
		break;
	case PEER_DOUBTED:
		leave_lossy(p, t, now);
		go_direct(p, m, t, same ? PATH_PROVEN : PATH_INSTEAD, now);
		break;
	}
}

/* A second direct path that is clearly better than the best goes before the relay. */
static bool relay_wins(struct peer_path *p, mono_ns now)
{
	const struct remote *second = remotes_second(&p->remotes, &p->best.ep, now);
	const struct quality *best = &best_remote(p)->quality;
	return !(second && quality_beats(&second->quality, best, now)) &&
	       rivalry_relay_wins(&p->rivalry, best, now);
}

void peer_path_on_relay_pong(struct peer_path *p, struct env *m, const struct probe *probe,
			     mono_ns now)
{
	struct way relay = peer_path_relay(p, m);
	if (probe->for_person || !way_equal(&relay, &probe->via))
		return;
	quality_answered(&p->rivalry.relay, probe->sent_at, now);
	if (p->state == PEER_ASIDE)
		liveness_on_pong(&p->liveness, p->rivalry.relay.rtt, now);
	else if ((p->state == PEER_DOUBTED && p->liveness.is_relay) ||
		 (p->state == PEER_DIRECT && p->liveness.state != LIVENESS_PROBING &&
		  relay_wins(p, now)))
		go_aside(p, m, now);
}

void peer_path_on_call(struct peer_path *p, struct env *m, const struct endpoint *v, size_t n,
		       mono_ns now)
{
	p->calls_taken++;
	remotes_set(&p->remotes, REMOTE_CALLED, v, n, &p->best.ep);
	if (peer_path_is_settled(p)) {
		liveness_probe(&p->liveness, true, now);
		ping_way(p, m, now);
		ping_all(p, m, now);
	}
	if (p->state == PEER_DIRECT)
		return;
	if (p->state != PEER_ASIDE)
		pace_answer(&p->pace, now);
	/* The peer must open its NAT for us, too, and does so when we call. */
	if (call_on_call(&p->call, now))
		plan_call(p, m, now);
}

void peer_path_on_unreachable(struct peer_path *p, struct env *m, mono_ns now)
{
	if (p->state == PEER_DIRECT)
		go_doubted(p, m, PATH_UNREACHABLE, now);
	else if (p->state == PEER_ASIDE)
		go_relayed(p, m, PATH_UNREACHABLE, now);
}

void peer_path_on_relay_lost(struct peer_path *p, struct env *m, uint16_t region, mono_ns now)
{
	struct way relay = peer_path_relay(p, m);
	if (p->state == PEER_ASIDE && relay.kind == WAY_RELAY && relay.region == region)
		go_direct(p, m, best_remote(p), PATH_RELAY_LOST, now);
}

void peer_path_on_link_change(struct peer_path *p, struct env *m, mono_ns now)
{
	p->rivalry = (struct rivalry){0};
	remotes_judge_anew(&p->remotes);
	p->heartbeat.lifetime = (struct lifetime){0};
	mtu_begin(&p->mtu, m->inner_mtu);
	if (p->state == PEER_ASIDE)
		go_relayed(p, m, PATH_LINK_CHANGE, now);
	if (p->state == PEER_DIRECT && p->active) {
		go_doubted(p, m, PATH_LINK_CHANGE, now);
		return;
	}
	liveness_distrust(&p->liveness);
	pace_renew(&p->pace);
	if (p->active && p->state != PEER_PLAIN)
		attempt(p, now);
}

void peer_path_on_own_candidates(struct peer_path *p, struct env *m, mono_ns now)
{
	if (p->active && !peer_path_is_settled(p) && peer_path_has_disco(p))
		plan_call(p, m, now);
}

void peer_path_ping_for_person(struct peer_path *p, struct env *m, mono_ns now)
{
	struct way relay = peer_path_relay(p, m);
	struct way best = way_of(&p->best);
	if (relay.kind != WAY_NONE)
		outbox_ping(&m->outbox, p->id, &relay, true, now);
	if (!peer_path_is_direct(p))
		return;
	outbox_ping(&m->outbox, p->id, &best, true, now);
	remotes_count_ping(&p->remotes, &best.ep, best.socket, false);
}

/* --- time --- */

static mono_ns state_ends(const struct peer_path *p)
{
	return p->state == PEER_DOUBTED ? p->since + DOUBT_MAX : MONO_NEVER;
}

static void tick_state(struct peer_path *p, struct env *m, mono_ns now)
{
	if (state_ends(p) <= now) {
		/* These two are no reason to leave a path: it was asked, and has not answered. */
		bool tells = p->reason != PATH_STALE && p->reason != PATH_RELAY_SILENT;
		go_relayed(p, m, tells ? p->reason : PATH_SILENT, now);
	}
	if (!peer_path_is_settled(p))
		return;
	switch (liveness_tick(&p->liveness, now)) {
	case LIVENESS_FINE:
		break;
	case LIVENESS_ASK:
		ping_way(p, m, now);
		break;
	case LIVENESS_SILENT:
		go_doubted(p, m, silence_of(p), now);
		break;
	}
}

static void tick_attempt(struct peer_path *p, struct env *m, mono_ns now)
{
	if (p->pace.next > now)
		return;
	remotes_expire(&p->remotes, &p->best.ep, now);
	if (!pace_may_search(&p->pace, remotes_known(&p->remotes), now))
		return;
	if (p->pace.round == 0 && p->pace.calls)
		plan_call(p, m, now);
	ping_all(p, m, now);
	if (pace_step(&p->pace, &m->outbox.rng, now) && !p->active)
		pace_rest(&p->pace);
}

static void tick_call(struct peer_path *p, struct env *m, mono_ns now)
{
	if (!call_tick(&p->call, candidates_are_fresh(p, m), now))
		return;
	struct way relay = peer_path_relay(p, m);
	if (relay.kind != WAY_NONE)
		send_call(p, m, &relay);
}

static void ping_relay(struct peer_path *p, struct env *m, mono_ns now)
{
	struct way relay = peer_path_relay(p, m);
	quality_asked(&p->rivalry.relay, now);
	outbox_ping(&m->outbox, p->id, &relay, false, now);
}

/* In ASIDE the heartbeat pings both ways in turn, also while the peer sends nothing. */
static bool has_died_aside(struct peer_path *p, struct env *m, mono_ns now)
{
	if (p->state != PEER_ASIDE)
		return false;
	if (quality_mute(&p->rivalry.relay, RELAY_MUTE, now))
		go_doubted(p, m, PATH_RELAY_SILENT, now);
	else if (quality_mute(&best_remote(p)->quality, DIRECT_MUTE, now))
		go_relayed(p, m, PATH_SILENT, now);
	return p->state != PEER_ASIDE;
}

static struct heartbeat_view view_for_heartbeat(struct peer_path *p, const struct env *m,
						mono_ns now)
{
	bool has_relay = peer_path_has_disco(p) && peer_path_relay(p, m).kind != WAY_NONE;
	return (struct heartbeat_view){.remotes = &p->remotes,
				       .best = best_remote(p),
				       .mtu = &p->mtu,
				       .is_aside = p->state == PEER_ASIDE,
				       .is_doubted = p->state == PEER_DOUBTED,
				       .has_relay = has_relay,
				       .is_heard = p->liveness.trust_until + HEARTBEAT + SECOND >=
						   now + LIVENESS_TRUST,
				       .binding_life = {m->lifetime[0], m->lifetime[1]}};
}

static void tick_heartbeat(struct peer_path *p, struct env *m, mono_ns now)
{
	if (p->heartbeat.at > now)
		return;
	struct way best = way_of(&p->best);
	bool is_lossy = quality_loss_percent(&best_remote(p)->quality, now) > 0;
	if (!heartbeat_is_due(&p->heartbeat, is_lossy, now) || has_died_aside(p, m, now))
		return;
	remotes_expire(&p->remotes, &p->best.ep, now);
	struct heartbeat_view view = view_for_heartbeat(p, m, now);
	struct heartbeat_ask ask = heartbeat_ask(&p->heartbeat, &view, now);
	switch (ask.whom) {
	case HEARTBEAT_REMOTE:
		ping(p, m, ask.remote, now);
		break;
	case HEARTBEAT_PADDED:
		outbox_ping_padded(&m->outbox, p->id, &best, ask.size, now);
		remotes_count_ping(&p->remotes, &best.ep, best.socket, true);
		break;
	case HEARTBEAT_RELAY:
		ping_relay(p, m, now);
		break;
	}
}

/* A receipt goes by the way that the data came, whatever our own way is: the peer checks that one.
 */
static void tick_receipt(struct peer_path *p, struct env *m, mono_ns now)
{
	if (p->receipts.due > now)
		return;
	bool same_way = is_in_use(p, m, &p->receipts.to);
	if (receipts_give(&p->receipts, same_way ? p->sent_at : MONO_NEVER, now))
		path_events_emit(&m->events, &(struct path_event){.kind = PATH_RECEIPT,
								  .peer = p->id,
								  .via = p->receipts.to});
}

void peer_path_tick(struct peer_path *p, struct env *m, mono_ns now)
{
	if (p->active && mono_since(p->sent_at, now) >= ACTIVE)
		fall_asleep(p, m);
	tick_state(p, m, now);
	tick_attempt(p, m, now);
	tick_call(p, m, now);
	tick_heartbeat(p, m, now);
	tick_receipt(p, m, now);
	assert(has_best(p) == endpoint_is_set(&p->best.ep));
}

mono_ns peer_path_deadline(const struct peer_path *p, const struct env *m)
{
	mono_ns first = mono_min(state_ends(p), mono_min(p->pace.next, p->heartbeat.at));
	mono_ns call = call_deadline(&p->call, candidates_are_fresh(p, m));
	first = mono_min(first, mono_min(call, p->receipts.due));
	if (peer_path_is_settled(p))
		first = mono_min(first, liveness_deadline(&p->liveness));
	return p->active ? mono_min(first, p->sent_at + ACTIVE) : first;
}
