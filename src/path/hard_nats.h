/* path/hard_nats.h - crossing hard NATs: the attempts of one host, one at a time
 *
 * When simple punching with a peer has failed for a while, we ask it over the relay whether it
 * would try with us.  Stock peers do not know the question and say nothing.  A Warren node that
 * agrees looks at its NAT as we look at ours (a few fresh sockets ask a STUN server), both tell
 * what they saw, and both work through a plan (path/hard/plan.h) at a limited pace
 * (path/hard/budget.h).  The pings, pongs and targets are those of any path, so the first authentic
 * answer ends it: the sockets that answered stay, the others are closed.
 */
#ifndef PATH_HARD_NATS_H
#define PATH_HARD_NATS_H

#include "path/hard/plan.h"
#include "path/hard/samples.h"
#include "path/sockets.h"
#include "wire/disco.h"
#include "wire/stun.h"

enum hard_state {
	HARD_IDLE,
	HARD_ASKED,    /* waiting for the peer's answer */
	HARD_SAMPLING, /* both agreed: looking at our NAT */
	HARD_READY,    /* waiting for what the peer saw */
	HARD_WORKING
};

struct hard {
	struct env *env;         /* kept */
	struct peer_path *peers; /* kept: the table of all peers, by id */
	uint32_t peers_max;
	struct hard_config cfg;
	enum hard_state state;
	mono_ns since; /* when the state began */
	peer_id peer;
	uint64_t nonce;
	bool asked_again;
	struct disco_extension ours, theirs;
	bool have_theirs;
	struct sockets sockets; /* of all peers, those of the attempt among them */
	struct hard_samples samples;
	struct hard_plan plan;
	mono_ns nothing_until; /* the plan had nothing to send */
	struct hard_budget budget;
	mono_ns look_at; /* which peer may be due; MONO_NEVER */
};

void hard_init(struct hard *h, struct env *env, struct peer_path *peers, uint32_t peers_max,
	       mono_ns now);
void hard_set(struct hard *h, const struct hard_config *cfg, mono_ns now);

/* After anything happened to this peer: is simple punching failing, or does a path work now? */
void hard_on_peer(struct hard *h, struct peer_path *peer, mono_ns now);
/* The network is another one: what is under way is void, and what failed may work. */
void hard_link_changed(struct hard *h, mono_ns now);
/* The peer is going to be removed. */
void hard_forget(struct hard *h, peer_id peer, mono_ns now);
/* The peer's message, over a relay. */
void hard_message_in(struct hard *h, struct peer_path *peer, const struct way *from,
		     const struct disco_extension *e, mono_ns now);
/* A STUN answer to an extra socket. */
bool hard_input(struct hard *h, uint16_t socket, struct bytes datagram, mono_ns now) MUST_USE;
bool hard_output(struct hard *h, struct way *to, struct wr *out) MUST_USE;
/* What we say in this step. */
void hard_message_out(const struct hard *h, uint64_t nonce, enum disco_step step,
		      struct disco_extension *out);
mono_ns hard_deadline(const struct hard *h);
void hard_tick(struct hard *h, mono_ns now);
#endif
