/*   state     begins when                              ends when
 *   IDLE      nothing is tried                         a peer is due, we ask -> ASKED
 *                                                      a peer asks, we agree -> SAMPLING
 *   ASKED     we asked                                 the peer agrees or asks, too -> SAMPLING
 *                                                      the peer refuses, or 2.5 s -> IDLE
 *   SAMPLING  both agreed                              all answers, or 600 ms -> READY
 *   READY     we told our samples                      the peer told its samples -> WORKING
 *                                                      2 s -> IDLE
 *   WORKING   both have told                           a path to the peer works -> IDLE
 *                                                      the plan is over, or a budget -> IDLE
 *
 * A pause follows an attempt that ends without a path.  In each state the attempt also ends when
 * the traffic to the peer does.
 *
 * The sockets of the attempt are closed when it ends, but for those that remotes are reached from
 * (sockets.h): the heartbeat of its path keeps the winner alive.
 *
 * Bounded: one attempt, SOCKETS_MAX sockets, the budgets of path/hard/budget.h. */
#include "path/hard_nats.h"

#include <assert.h>

#define ASK_AGAIN_AFTER (1 * SECOND)
#define ASK_FOR         (2500 * MSEC)
#define SAMPLE_FOR      (600 * MSEC)
#define READY_FOR       (2 * SECOND)
#define REFUSED_FOR     (30 * SECOND) /* the pause after a refusal */
#define RESTART_AFTER   (10 * SECOND) /* of WORKING: a question of the partner begins anew */
#define NOTHING_FOR     (20 * MSEC)   /* between two looks at a plan with nothing to send */

void hard_init(struct hard *h, struct env *env, struct peer_path *peers, uint32_t peers_max,
	       mono_ns now)
{
	*h = (struct hard){.env = env,
			   .peers = peers,
			   .peers_max = peers_max,
			   .peer = PEER_NONE,
			   .last = PEER_NONE,
			   .look_at = MONO_NEVER};
	sockets_init(&h->sockets);
	hard_budget_init(&h->budget, now);
}

/* --- the attempt --- */

/* The peer of the attempt under way; NULL: there is none. */
static struct peer_path *partner(struct hard *h)
{
	if (h->state == HARD_IDLE)
		return NULL;
	assert(h->peer < h->peers_max && h->peers[h->peer].used);
	return &h->peers[h->peer];
}

static void enter(struct hard *h, enum hard_state state, mono_ns now)
{
	h->state = state;
	h->since = now;
}

static void resize_sockets(struct hard *h, uint32_t n, mono_ns now)
{
	sockets_resize(&h->sockets, n, h->peers, h->peers_max, now);
}

static void look_soon(struct hard *h, mono_ns at)
{
	h->look_at = mono_min(h->look_at, at);
}

static void end(struct hard *h, enum attempt_end how, mono_ns now)
{
	struct peer_path *peer = partner(h);
	if (peer) {
		peer->attempt_under_way = false;
		attempts_end(&peer->attempts, how, now);
	}
	enter(h, HARD_IDLE, now);
	h->last = peer ? h->peer : h->last;
	h->peer = PEER_NONE;
	samples_stop(&h->samples);
	resize_sockets(h, 0, now);
	h->look_at = now + SECOND; /* also for peers that became due during the attempt */
}

static void fail(struct hard *h, enum attempt_end how, mono_ns now)
{
	struct peer_path *peer = partner(h);
	if (peer) {
		/* Probes of the peer came through many sockets, but no pong did: these remotes are
		 * not worth a search. */
		remotes_drop_unproven(&peer->remotes, &peer->best.ep);
		if (h->state == HARD_WORKING && hard_plan_is_draw(&h->plan))
			hard_budget_lost(&peer->budget, hard_plan_pause(&h->plan), now);
		else
			hard_budget_failed(&peer->budget, now);
		h->env->stats.hard_failed++;
	}
	end(h, how, now);
}

static void say(struct hard *h, const struct peer_path *peer, enum disco_step step, uint64_t nonce)
{
	struct way relay = peer_path_relay(peer, h->env);
	if (relay.kind == WAY_RELAY)
		outbox_extend(&h->env->outbox, peer->id, &relay, nonce, (uint8_t)step);
}

static void begin(struct hard *h, struct peer_path *peer, uint64_t nonce, enum hard_state state,
		  mono_ns now)
{
	h->peer = peer->id;
	h->nonce = nonce;
	h->asked_again = h->have_theirs = false;
	h->ours = (struct disco_extension){0};
	h->nothing_until = now;
	hard_budget_begin(&h->budget, now);
	h->env->stats.hard_attempts++;
	attempts_begin(&peer->attempts, state != HARD_ASKED, now);
	enter(h, state, now);
}

/* The endpoint of our main port as a STUN server sees it, and that server.  Without them there is
 * no attempt. */
static bool know_ourselves(const struct hard *h, struct endpoint *server, struct endpoint *seen)
{
	return reflexive_here(&h->env->gather.stun, server, seen);
}

static bool is_possible(struct hard *h, struct peer_path *peer, mono_ns now)
{
	struct endpoint server, seen;
	return h->cfg.enabled && peer->active && peer_path_has_disco(peer) &&
	       !peer_path_is_settled(peer) && peer_path_relay(peer, h->env).kind == WAY_RELAY &&
	       know_ourselves(h, &server, &seen) &&
	       hard_budget_affordable(&h->budget, &peer->budget, now);
}

static void ask(struct hard *h, struct peer_path *peer, mono_ns now)
{
	uint64_t nonce;
	rng_fill(&h->env->outbox.rng, &nonce, sizeof(nonce));
	begin(h, peer, nonce, HARD_ASKED, now);
	say(h, peer, DISCO_STEP_ASK, nonce);
}

/* Both sides agreed. */
static void sample(struct hard *h, mono_ns now)
{
	struct peer_path *peer = partner(h);
	struct endpoint server;
	if (!know_ourselves(h, &server, &h->ours.reflexive)) {
		end(h, ATTEMPT_UNSEEN, now);
		return;
	}
	peer->attempt_under_way = true;
	h->ours.mapping = reflexive_mapping(&h->env->gather.stun);
	h->ours.slow = h->cfg.slow;
	samples_begin(&h->samples, &server, h->ours.mapping != MAPPING_UNKNOWN);
	sockets_take(&h->sockets, HARD_PLAN_SAMPLES, h->peers, h->peers_max, now);
	enter(h, HARD_SAMPLING, now);
}

static void tell_samples(struct hard *h, mono_ns now)
{
	samples_tell(&h->samples, &h->ours);
	struct hard_guess guess = hard_guess_of(&h->ours);
	h->ours.sockets = (uint16_t)hard_plan_sockets(h->ours.mapping, guess.kind);
	say(h, partner(h), DISCO_STEP_READY, h->nonce);
	enter(h, HARD_READY, now);
}

static void work(struct hard *h, mono_ns now)
{
	if (!candidate_is_plausible(&h->theirs.reflexive, false)) {
		fail(h, ATTEMPT_UNSEEN, now);
		return;
	}
	struct hard_guess guess = hard_guess_of(&h->ours);
	bool block = guess.kind == GUESS_BLOCK && h->ours.mapping != MAPPING_SAME;
	struct hard_plan_limits limits = {.thrifty = samples_thrifty(&h->samples)};
	limits.block_ports = hard_budget_block(&h->budget, block ? guess.block.size : 0, now);
	hard_budget_take_ports(&h->budget, block ? HARD_PLAN_SAMPLES : 0);
	hard_plan_init(&h->plan, &h->ours, &h->theirs, &limits, &h->env->outbox.rng, now);
	attempts_planned(&partner(h)->attempts, &h->plan);
	resize_sockets(h, h->plan.sockets, now);
	enter(h, HARD_WORKING, now);
}

/* --- what happened --- */

void hard_set(struct hard *h, const struct hard_config *cfg, mono_ns now)
{
	h->cfg = *cfg;
	if (!cfg->enabled)
		end(h, ATTEMPT_VOID, now);
	else
		look_soon(h, now);
}

void hard_on_peer(struct hard *h, struct peer_path *peer, mono_ns now)
{
	if (!h->cfg.enabled || peer->state == PEER_PLAIN)
		return;
	bool direct = peer_path_is_settled(peer);
	if (hard_budget_watch(&peer->budget, peer->active && !direct && peer_path_has_disco(peer),
			      now))
		look_soon(h, hard_budget_due(&peer->budget));
	if (h->state == HARD_IDLE || h->peer != peer->id || (peer->active && !direct))
		return;
	if (direct && h->state == HARD_WORKING) {
		h->env->stats.hard_won++;
		hard_budget_won(&peer->budget);
	} else if (direct) {
		hard_budget_forgive(&peer->budget);
	}
	end(h,
	    !direct                    ? ATTEMPT_QUIET
	    : h->state == HARD_WORKING ? ATTEMPT_WON
				       : ATTEMPT_NEEDLESS,
	    now);
}

void hard_link_changed(struct hard *h, mono_ns now)
{
	for (uint32_t id = 0; id < h->peers_max; id++)
		if (h->peers[id].used)
			hard_budget_forgive(&h->peers[id].budget);
	if (h->state != HARD_IDLE)
		end(h, ATTEMPT_VOID, now);
}

void hard_forget(struct hard *h, peer_id peer, mono_ns now)
{
	if (h->state != HARD_IDLE && h->peer == peer)
		end(h, ATTEMPT_VOID, now);
}

/* Is another peer due, while this one has the attempt or had the last one? */
static bool has_to_wait(struct hard *h, const struct peer_path *peer, mono_ns now)
{
	if (h->last != peer->id && h->peer != peer->id)
		return false;
	for (uint32_t id = 0; id < h->peers_max; id++) {
		struct peer_path *other = &h->peers[id];
		if (id != peer->id && other->used && hard_budget_due(&other->budget) <= now &&
		    is_possible(h, other, now))
			return true;
	}
	return false;
}

/* The number of questions is looked at last but one, because it bounds the walk over all peers. */
static bool may_agree(struct hard *h, struct peer_path *peer, mono_ns now)
{
	return is_possible(h, peer, now) && hard_budget_agree(&peer->budget, now) &&
	       !has_to_wait(h, peer, now);
}

/* If both sides asked, the smaller nonce is that of the attempt (disco.md 8.2). */
static void take_question(struct hard *h, struct peer_path *peer, uint64_t nonce, mono_ns now)
{
	/* We still trust our path.  The peer's call-me-maybe, which follows, will make us check it;
	 * then we ask ourselves. */
	if (peer_path_is_settled(peer))
		return;
	bool partners = h->state != HARD_IDLE && h->peer == peer->id;
	bool is_old =
		partners && h->state == HARD_WORKING && mono_since(h->since, now) >= RESTART_AFTER;
	bool agrees = (h->state == HARD_IDLE || is_old) && may_agree(h, peer, now);
	if (is_old) {
		/* A peer that begins anew too often leaves a pause, as one that failed. */
		if (agrees)
			end(h, ATTEMPT_VOID, now);
		else
			fail(h, ATTEMPT_VOID, now);
		partners = false;
	}
	if (partners && h->state == HARD_ASKED) {
		h->nonce = nonce < h->nonce ? nonce : h->nonce;
		say(h, peer, DISCO_STEP_AGREE, h->nonce);
		sample(h, now);
	} else if (partners && h->nonce == nonce) {
		say(h, peer, DISCO_STEP_AGREE, nonce);
	} else if (agrees) {
		begin(h, peer, nonce, HARD_SAMPLING, now);
		say(h, peer, DISCO_STEP_AGREE, nonce);
		sample(h, now);
	} else if (!partners) {
		say(h, peer, DISCO_STEP_REFUSE, nonce);
	}
}

static void take_ready(struct hard *h, const struct disco_extension *e, mono_ns now)
{
	if (h->nonce != e->nonce || (h->state != HARD_SAMPLING && h->state != HARD_READY))
		return;
	h->theirs = *e;
	h->have_theirs = true;
	if (h->state == HARD_READY)
		work(h, now);
}

void hard_message_in(struct hard *h, struct peer_path *peer, const struct way *from,
		     const struct disco_extension *e, mono_ns now)
{
	bool partners = h->state != HARD_IDLE && h->peer == peer->id;
	if (!h->cfg.enabled)
		return;
	peer->reached = from->region;
	peer->attempts.heard = true;
	switch (e->step) {
	case DISCO_STEP_ASK:
		take_question(h, peer, e->nonce, now);
		break;
	case DISCO_STEP_AGREE:
		if (partners && h->state == HARD_ASKED) {
			h->nonce = e->nonce;
			sample(h, now);
		}
		break;
	case DISCO_STEP_REFUSE:
		if (partners && h->state == HARD_ASKED && h->nonce == e->nonce) {
			peer->budget.cool_until = now + REFUSED_FOR;
			end(h, ATTEMPT_REFUSED, now);
		}
		break;
	case DISCO_STEP_READY:
		if (partners)
			take_ready(h, e, now);
		break;
	}
}

bool hard_input(struct hard *h, uint16_t socket, struct bytes datagram, mono_ns now)
{
	if (h->state != HARD_SAMPLING || socket < h->sockets.first ||
	    !samples_input(&h->samples, (uint32_t)socket - h->sockets.first, datagram))
		return false;
	if (samples_complete(&h->samples))
		tell_samples(h, now);
	if (h->state == HARD_READY && h->have_theirs)
		work(h, now);
	return true;
}

bool hard_output(struct hard *h, struct way *to, struct wr *out)
{
	struct endpoint at;
	uint32_t socket;
	if (!samples_output(&h->samples, &socket, &at, out))
		return false;
	*to = way_udp_by(&at, sockets_number(&h->sockets, socket));
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
	return mono_min(state_deadline(h), mono_min(look, h->sockets.sweep_at));
}

static bool spend(struct hard *h, bool new_flow, bool slow, mono_ns now)
{
	if (!hard_budget_spend(&h->budget, &partner(h)->budget, new_flow, slow, &h->env->outbox.rng,
			       now))
		return false;
	h->env->stats.hard_sent++;
	return true;
}

static void tick_sampling(struct hard *h, mono_ns now)
{
	while (samples_want(&h->samples) && hard_budget_next(&h->budget) <= now) {
		bool new_flow = samples_send(&h->samples, &h->env->outbox.rng, now);
		if (!spend(h, new_flow, false, now)) {
			fail(h, ATTEMPT_BROKE, now);
			return;
		}
		attempts_sampled(&partner(h)->attempts);
	}
	if (!samples_want(&h->samples) && now >= h->since + SAMPLE_FOR)
		tell_samples(h, now);
	if (h->state == HARD_READY && h->have_theirs) {
		work(h, now);
		h->nothing_until = now + MSEC; /* the plan begins in a turn of its own */
	}
}

static void tick_working(struct hard *h, mono_ns now)
{
	struct hard_plan_step s;
	if (hard_plan_over(&h->plan, now)) {
		fail(h, ATTEMPT_EXHAUSTED, now);
		return;
	}
	while (hard_budget_next(&h->budget) <= now) {
		if (!hard_plan_next(&h->plan, &s, now)) {
			h->nothing_until = now + NOTHING_FOR;
			return;
		}
		if (!spend(h, s.new_flow, s.stream == HARD_PLAN_SLOW, now)) {
			fail(h, ATTEMPT_BROKE, now);
			return;
		}
		attempts_sent(&partner(h)->attempts, s.stream);
		hard_budget_take_ports(&h->budget, s.takes_port);
		struct endpoint to = {.ip = s.ip, .port = s.port};
		uint16_t socket = s.socket == 0 ? 0 : sockets_number(&h->sockets, s.socket - 1u);
		struct way via = way_udp_by(&to, socket);
		outbox_ping(&h->env->outbox, h->peer, &via, false, now);
		remotes_count_ping(&partner(h)->remotes, &to, socket, false);
	}
}

static void tick_asked(struct hard *h, mono_ns now)
{
	if (h->asked_again) {
		fail(h, ATTEMPT_UNANSWERED, now);
		return;
	}
	h->asked_again = true;
	say(h, partner(h), DISCO_STEP_ASK, h->nonce);
}

/* Asks the peer that has been due for the longest time. */
static void look(struct hard *h, mono_ns now)
{
	struct peer_path *next = NULL;
	mono_ns later = MONO_NEVER;
	for (uint32_t id = 0; id < h->peers_max; id++) {
		struct peer_path *peer = &h->peers[id];
		mono_ns due = peer->used ? hard_budget_due(&peer->budget) : MONO_NEVER;
		if (due > now)
			later = mono_min(later, due);
		else if (!is_possible(h, peer, now))
			later = mono_min(later, now + SECOND);
		else if (!next || due < hard_budget_due(&next->budget))
			next = peer;
	}
	h->look_at = later;
	if (next)
		ask(h, next, now);
}

void hard_tick(struct hard *h, mono_ns now)
{
	if (h->sockets.sweep_at <= now)
		sockets_sweep(&h->sockets, h->peers, h->peers_max, now);
	if (h->state == HARD_IDLE && h->look_at <= now)
		look(h, now);
	if (state_deadline(h) > now)
		return;
	switch (h->state) {
	case HARD_IDLE:
		break;
	case HARD_ASKED:
		tick_asked(h, now);
		break;
	case HARD_SAMPLING:
		tick_sampling(h, now);
		break;
	case HARD_READY:
		fail(h, ATTEMPT_UNTOLD, now);
		break;
	case HARD_WORKING:
		tick_working(h, now);
		break;
	}
}
