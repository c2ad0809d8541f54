/*   state     begins when                              ends when
 *   IDLE      nothing is tried                         a peer is due: asked -> ASKED
 *                                                      a peer asks, and may -> SAMPLING
 *   ASKED     our question went                        agreed, or it asks, too -> SAMPLING
 *                                                      refused, or 2.5 s -> IDLE
 *   SAMPLING  both agreed                              all answers, or 600 ms -> READY
 *   READY     we told what we saw                      the peer has told -> WORKING
 *                                                      2 s -> IDLE
 *   WORKING   both have told                           a path to the peer works -> IDLE
 *                                                      the plan is over, or a budget -> IDLE
 *
 * An attempt that ends without a path is followed by a cool-down.  In each state it also ends when
 * the traffic to the peer does.
 *
 * Extra sockets: those of the attempt, and those by which some peer was heard in the last 45 s
 * (they are targets of its): the winner, kept alive by the heartbeat of its path.
 *
 * Bounded: one attempt, SOCKETS_MAX sockets, the budgets of path/hard/budget.h. */
#include "path/hard_nats.h"

#include <string.h>

#include "path/table.h"

#define ASK_AGAIN_AFTER (1 * SECOND)
#define ASK_FOR         (2500 * MSEC)
#define SAMPLE_FOR      (600 * MSEC)
#define READY_FOR       (2 * SECOND)
#define REFUSED_FOR     (30 * SECOND)
#define RESTART_AFTER   (10 * SECOND)
#define SWEEP_EACH      (15 * SECOND)
#define NOTHING_FOR     (20 * MSEC)

void hard_init(struct hard *h, mono_ns now)
{
	*h = (struct hard){.peer = PEER_NONE,
			   .look_at = MONO_NEVER,
			   .sweep_at = MONO_NEVER,
			   .first_socket = 1};
	hard_budget_init(&h->budget, now);
}

/* --- sockets --- */

static void wish_for_targets(struct socket_wish *w, const struct peer_path *peer)
{
	if (peer->best.socket != 0)
		socket_wish_add(w, peer->best.socket);
	for (size_t i = 0; i < peer->remotes.n; i++)
		if (peer->remotes.v[i].socket != 0)
			socket_wish_add(w, peer->remotes.v[i].socket);
}

static void settle_sockets(struct paths *p, mono_ns now)
{
	struct hard *h = &p->hard;
	struct socket_wish w = {.version = p->sockets.version};
	for (uint32_t id = 0; id < p->peers_max; id++)
		if (p->peers[id].used)
			wish_for_targets(&w, &p->peers[id]);
	h->sweep_at = w.n > 0 ? now + SWEEP_EACH : MONO_NEVER;
	for (uint32_t i = 0; i < h->n_sockets; i++)
		socket_wish_add(&w, (uint16_t)(h->first_socket + i));
	if (w.n == p->sockets.n && memcmp(w.v, p->sockets.v, w.n * sizeof(w.v[0])) == 0)
		return;
	w.version++;
	p->sockets = w;
}

static bool overlaps(const struct socket_wish *w, uint16_t first, uint32_t n)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i] >= first && w->v[i] < first + n)
			return true;
	return false;
}

/* Numbers that no socket has now, nor had in the last attempts. */
static void take_sockets(struct paths *p, uint32_t n, mono_ns now)
{
	struct hard *h = &p->hard;
	uint32_t first = h->first_socket;
	do
		first = first + 2 * SOCKETS_MAX > SOCKETS_HARD_LAST ? 1 : first + SOCKETS_MAX;
	while (overlaps(&p->sockets, (uint16_t)first, n));
	h->first_socket = (uint16_t)first;
	h->n_sockets = n;
	settle_sockets(p, now);
}

static void sweep(struct paths *p, mono_ns now)
{
	for (uint32_t id = 0; id < p->peers_max; id++)
		if (p->peers[id].used)
			remotes_drop_sockets(&p->peers[id].remotes, p->peers[id].best.socket, now);
	settle_sockets(p, now);
}

/* --- the attempt --- */

static struct peer_path *partner(struct paths *p)
{
	return p->hard.state == HARD_IDLE ? NULL : paths_peer_of(p, p->hard.peer);
}

static void enter(struct hard *h, enum hard_state state, mono_ns now)
{
	h->state = state;
	h->since = now;
}

static void look_soon(struct hard *h, mono_ns at)
{
	h->look_at = mono_min(h->look_at, at);
}

/* All sockets that did not answer are closed. */
static void end(struct paths *p, enum attempt_end how, mono_ns now)
{
	struct hard *h = &p->hard;
	struct peer_path *peer = partner(p);
	if (peer) {
		peer->attempt_under_way = false;
		attempts_end(&peer->attempts, how, now);
	}
	enter(h, HARD_IDLE, now);
	h->peer = PEER_NONE;
	h->n_sockets = 0;
	samples_stop(&h->samples);
	settle_sockets(p, now);
	h->look_at = now + SECOND; /* for whom it is time since then, too */
}

static void fail(struct paths *p, enum attempt_end how, mono_ns now)
{
	const struct hard *h = &p->hard;
	struct peer_path *peer = partner(p);
	if (peer) {
		/* What came one way only, through all those doors, is not worth a search of its
		 * own. */
		remotes_drop_unproven(&peer->remotes, &peer->best.ep);
		if (h->state == HARD_WORKING && hard_plan_is_draw(&h->plan))
			hard_budget_lost(&peer->budget, hard_plan_pause(&h->plan), now);
		else
			hard_budget_failed(&peer->budget, now);
		p->env.stats.hard_failed++;
	}
	end(p, how, now);
}

static void say(struct paths *p, const struct peer_path *peer, enum disco_step step, uint64_t nonce)
{
	struct way relay = peer_path_relay(peer, &p->env);
	if (relay.kind == WAY_RELAY)
		outbox_extend(&p->env.outbox, peer->id, &relay, nonce, (uint8_t)step);
}

static void begin(struct paths *p, struct peer_path *peer, uint64_t nonce, enum hard_state state,
		  mono_ns now)
{
	struct hard *h = &p->hard;
	h->peer = peer->id;
	h->nonce = nonce;
	h->asked_again = h->have_theirs = false;
	h->ours = (struct disco_extension){0};
	h->nothing_until = now;
	hard_budget_begin(&h->budget, now);
	p->env.stats.hard_attempts++;
	attempts_begin(&peer->attempts, state != HARD_ASKED, now);
	enter(h, state, now);
}

/* Our main port outside, and the server that saw it: without them we need not begin. */
static bool know_ourselves(const struct paths *p, struct endpoint *server, struct endpoint *seen)
{
	return reflexive_here(&p->env.gather.stun, server, seen);
}

static bool is_possible(struct paths *p, struct peer_path *peer, mono_ns now)
{
	struct endpoint server, seen;
	return p->hard.cfg.enabled && peer->active && peer_path_has_disco(peer) &&
	       !peer_path_is_settled(peer) && peer_path_relay(peer, &p->env).kind == WAY_RELAY &&
	       know_ourselves(p, &server, &seen) &&
	       hard_budget_affordable(&p->hard.budget, &peer->budget, now);
}

static void ask(struct paths *p, struct peer_path *peer, mono_ns now)
{
	uint64_t nonce;
	rng_fill(&p->env.outbox.rng, &nonce, sizeof(nonce));
	begin(p, peer, nonce, HARD_ASKED, now);
	say(p, peer, DISCO_STEP_ASK, nonce);
}

/* Both agreed. */
static void sample(struct paths *p, mono_ns now)
{
	struct hard *h = &p->hard;
	struct peer_path *peer = partner(p);
	struct endpoint server;
	if (!know_ourselves(p, &server, &h->ours.reflexive)) {
		end(p, ATTEMPT_UNSEEN, now);
		return;
	}
	peer->attempt_under_way = true;
	h->ours.mapping = reflexive_mapping(&p->env.gather.stun);
	h->ours.slow = h->cfg.slow;
	samples_begin(&h->samples, &server, h->ours.mapping != MAPPING_UNKNOWN);
	take_sockets(p, HARD_PLAN_SAMPLES, now);
	enter(h, HARD_SAMPLING, now);
}

static void tell_samples(struct paths *p, mono_ns now)
{
	struct hard *h = &p->hard;
	samples_tell(&h->samples, &h->ours);
	struct hard_guess guess = hard_guess_of(&h->ours);
	h->ours.sockets = (uint16_t)hard_plan_sockets(h->ours.mapping, guess.kind);
	say(p, partner(p), DISCO_STEP_READY, h->nonce);
	enter(h, HARD_READY, now);
}

static void work(struct paths *p, mono_ns now)
{
	struct hard *h = &p->hard;
	if (!candidate_is_plausible(&h->theirs.reflexive, false)) {
		fail(p, ATTEMPT_UNSEEN, now);
		return;
	}
	struct hard_guess guess = hard_guess_of(&h->ours);
	bool block = guess.kind == GUESS_BLOCK && h->ours.mapping != MAPPING_SAME;
	struct hard_plan_limits limits = {.thrifty = samples_thrifty(&h->samples)};
	limits.block_ports = hard_budget_block(&h->budget, block ? guess.block.size : 0, now);
	hard_budget_take_ports(&h->budget, block ? HARD_PLAN_SAMPLES : 0);
	hard_plan_init(&h->plan, &h->ours, &h->theirs, &limits, &p->env.outbox.rng, now);
	attempts_planned(&partner(p)->attempts, &h->plan);
	h->n_sockets = h->plan.sockets;
	settle_sockets(p, now);
	enter(h, HARD_WORKING, now);
}

/* --- what happened --- */

void hard_set(struct paths *p, const struct hard_config *cfg, mono_ns now)
{
	struct hard *h = &p->hard;
	h->cfg = *cfg;
	if (!cfg->enabled)
		end(p, ATTEMPT_VOID, now);
	else
		look_soon(h, now);
}

void hard_on_peer(struct paths *p, struct peer_path *peer, mono_ns now)
{
	struct hard *h = &p->hard;
	if (!h->cfg.enabled || peer->state == PEER_PLAIN)
		return;
	bool direct = peer_path_is_settled(peer);
	if (hard_budget_watch(&peer->budget, peer->active && !direct && peer_path_has_disco(peer),
			      now))
		look_soon(h, hard_budget_due(&peer->budget));
	if (h->state == HARD_IDLE || h->peer != peer->id || (peer->active && !direct))
		return;
	if (direct && h->state == HARD_WORKING) {
		p->env.stats.hard_won++;
		hard_budget_won(&peer->budget);
	} else if (direct) {
		hard_budget_forgive(&peer->budget);
	}
	end(p,
	    !direct                    ? ATTEMPT_QUIET
	    : h->state == HARD_WORKING ? ATTEMPT_WON
				       : ATTEMPT_NEEDLESS,
	    now);
}

void hard_link_changed(struct paths *p, mono_ns now)
{
	for (uint32_t id = 0; id < p->peers_max; id++)
		if (p->peers[id].used)
			hard_budget_forgive(&p->peers[id].budget);
	if (p->hard.state != HARD_IDLE)
		end(p, ATTEMPT_VOID, now);
}

void hard_forget(struct paths *p, peer_id peer)
{
	if (p->hard.state != HARD_IDLE && p->hard.peer == peer)
		end(p, ATTEMPT_VOID, p->hard.since);
}

/* We may both have asked: the smaller number is that of the attempt. */
static void take_question(struct paths *p, struct peer_path *peer, uint64_t nonce, mono_ns now)
{
	struct hard *h = &p->hard;
	if (peer_path_is_settled(peer))
		return; /* not for long: it says so before its call has told us to look; then we ask
			 */
	bool partners = h->state != HARD_IDLE && h->peer == peer->id;
	if (partners && h->state == HARD_WORKING && mono_since(h->since, now) >= RESTART_AFTER) {
		end(p, ATTEMPT_VOID, now);
		partners = false;
	}
	if (partners && h->state == HARD_ASKED) {
		h->nonce = nonce < h->nonce ? nonce : h->nonce;
		say(p, peer, DISCO_STEP_AGREE, h->nonce);
		sample(p, now);
	} else if (partners && h->nonce == nonce) {
		say(p, peer, DISCO_STEP_AGREE, nonce);
	} else if (h->state == HARD_IDLE && is_possible(p, peer, now)) {
		begin(p, peer, nonce, HARD_SAMPLING, now);
		say(p, peer, DISCO_STEP_AGREE, nonce);
		sample(p, now);
	} else if (!partners) {
		say(p, peer, DISCO_STEP_REFUSE, nonce);
	}
}

static void take_ready(struct paths *p, const struct disco_extension *e, mono_ns now)
{
	struct hard *h = &p->hard;
	if (h->nonce != e->nonce || (h->state != HARD_SAMPLING && h->state != HARD_READY))
		return;
	h->theirs = *e;
	h->have_theirs = true;
	if (h->state == HARD_READY)
		work(p, now);
}

void hard_message_in(struct paths *p, struct peer_path *peer, const struct way *from,
		     const struct disco_extension *e, mono_ns now)
{
	struct hard *h = &p->hard;
	bool partners = h->state != HARD_IDLE && h->peer == peer->id;
	if (!h->cfg.enabled)
		return;
	peer->reached = from->region;
	peer->attempts.heard = true;
	switch (e->step) {
	case DISCO_STEP_ASK:
		take_question(p, peer, e->nonce, now);
		break;
	case DISCO_STEP_AGREE:
		if (partners && h->state == HARD_ASKED) {
			h->nonce = e->nonce;
			sample(p, now);
		}
		break;
	case DISCO_STEP_REFUSE:
		if (partners && h->state == HARD_ASKED && h->nonce == e->nonce) {
			peer->budget.cool_until = now + REFUSED_FOR;
			end(p, ATTEMPT_REFUSED, now);
		}
		break;
	case DISCO_STEP_READY:
		if (partners)
			take_ready(p, e, now);
		break;
	}
}

bool hard_input(struct paths *p, uint16_t socket, struct bytes datagram, mono_ns now)
{
	struct hard *h = &p->hard;
	if (h->state != HARD_SAMPLING || socket < h->first_socket ||
	    !samples_input(&h->samples, (uint32_t)socket - h->first_socket, datagram))
		return false;
	if (samples_complete(&h->samples))
		tell_samples(p, now);
	if (h->state == HARD_READY && h->have_theirs)
		work(p, now);
	return true;
}

bool hard_output(struct paths *p, struct way *to, struct wr *out)
{
	struct hard *h = &p->hard;
	struct endpoint at;
	uint32_t socket;
	if (!samples_output(&h->samples, &socket, &at, out))
		return false;
	*to = way_udp_by(&at, (uint16_t)(h->first_socket + socket));
	return true;
}

void hard_message_out(const struct hard *h, uint64_t nonce, enum disco_step step,
		      struct disco_extension *out)
{
	*out = (struct disco_extension){0};
	if (step == DISCO_STEP_READY)
		*out = h->ours;
	out->nonce = nonce;
	out->step = step;
}

/* --- time --- */

static mono_ns state_deadline(const struct hard *h)
{
	switch (h->state) {
	case HARD_IDLE:
		break;
	case HARD_ASKED:
		return h->since + (h->asked_again ? ASK_FOR : ASK_AGAIN_AFTER);
	case HARD_SAMPLING:
		return samples_want(&h->samples) ? hard_budget_next(&h->budget)
						 : h->since + SAMPLE_FOR;
	case HARD_READY:
		return h->since + READY_FOR;
	case HARD_WORKING:
		return mono_max(hard_budget_next(&h->budget), h->nothing_until);
	}
	return MONO_NEVER;
}

mono_ns hard_deadline(const struct hard *h)
{
	mono_ns look = h->state == HARD_IDLE ? h->look_at : MONO_NEVER;
	return mono_min(state_deadline(h), mono_min(look, h->sweep_at));
}

static bool spend(struct paths *p, bool new_flow, bool slow, mono_ns now)
{
	struct hard *h = &p->hard;
	if (!hard_budget_spend(&h->budget, &partner(p)->budget, new_flow, slow, &p->env.outbox.rng,
			       now))
		return false;
	p->env.stats.hard_sent++;
	return true;
}

static void tick_sampling(struct paths *p, mono_ns now)
{
	struct hard *h = &p->hard;
	while (samples_want(&h->samples) && hard_budget_next(&h->budget) <= now) {
		bool new_flow = samples_send(&h->samples, &p->env.outbox.rng, now);
		if (!spend(p, new_flow, false, now)) {
			fail(p, ATTEMPT_BROKE, now);
			return;
		}
		attempts_sampled(&partner(p)->attempts);
	}
	if (!samples_want(&h->samples) && now >= h->since + SAMPLE_FOR)
		tell_samples(p, now);
	if (h->state == HARD_READY && h->have_theirs) {
		work(p, now);
		h->nothing_until = now + MSEC; /* in a turn of its own */
	}
}

static void tick_working(struct paths *p, mono_ns now)
{
	struct hard *h = &p->hard;
	struct hard_plan_step s;
	if (hard_plan_over(&h->plan, now)) {
		fail(p, ATTEMPT_EXHAUSTED, now);
		return;
	}
	while (hard_budget_next(&h->budget) <= now) {
		if (!hard_plan_next(&h->plan, &s, now)) {
			h->nothing_until = now + NOTHING_FOR;
			return;
		}
		if (!spend(p, s.new_flow, s.way == HARD_PLAN_SLOW, now)) {
			fail(p, ATTEMPT_BROKE, now);
			return;
		}
		attempts_sent(&partner(p)->attempts, s.way);
		hard_budget_take_ports(&h->budget, s.takes_port);
		struct endpoint to = {.ip = s.ip, .port = s.port};
		uint16_t socket = (uint16_t)(s.socket == 0 ? 0 : h->first_socket + s.socket - 1);
		struct way via = way_udp_by(&to, socket);
		outbox_ping(&p->env.outbox, h->peer, &via, false, now);
		remotes_count_ping(&partner(p)->remotes, &to, socket, false);
	}
}

static void tick_asked(struct paths *p, mono_ns now)
{
	struct hard *h = &p->hard;
	if (h->asked_again) {
		fail(p, ATTEMPT_UNANSWERED, now);
		return;
	}
	h->asked_again = true;
	say(p, partner(p), DISCO_STEP_ASK, h->nonce);
}

/* The peer that has been waiting for longest. */
static void look(struct paths *p, mono_ns now)
{
	struct hard *h = &p->hard;
	struct peer_path *next = NULL;
	mono_ns later = MONO_NEVER;
	for (uint32_t id = 0; id < p->peers_max; id++) {
		struct peer_path *peer = &p->peers[id];
		mono_ns due = peer->used ? hard_budget_due(&peer->budget) : MONO_NEVER;
		if (due > now)
			later = mono_min(later, due);
		else if (!is_possible(p, peer, now))
			later = mono_min(later, now + SECOND);
		else if (!next || due < hard_budget_due(&next->budget))
			next = peer;
	}
	h->look_at = later;
	if (next)
		ask(p, next, now);
}

void hard_tick(struct paths *p, mono_ns now)
{
	struct hard *h = &p->hard;
	if (h->sweep_at <= now)
		sweep(p, now);
	if (h->state == HARD_IDLE && h->look_at <= now)
		look(p, now);
	if (state_deadline(h) > now)
		return;
	switch (h->state) {
	case HARD_IDLE:
		break;
	case HARD_ASKED:
		tick_asked(p, now);
		break;
	case HARD_SAMPLING:
		tick_sampling(p, now);
		break;
	case HARD_READY:
		fail(p, ATTEMPT_UNTOLD, now);
		break;
	case HARD_WORKING:
		tick_working(p, now);
		break;
	}
}
