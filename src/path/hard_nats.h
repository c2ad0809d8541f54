/* path/hard_nats.h - crossing hard NATs: the attempts of one node, one at a time
 *
 * When simple punching with a peer has failed for a while, we ask the peer over the relay whether
 * it would try with us.  Stock peers do not know the question and say nothing.  A Warren node that
 * agrees looks at its NAT as we look at ours: a few fresh sockets ask a STUN server.  Both sides
 * tell what they saw, and both work through a plan (path/hard/plan.h) at a limited pace
 * (path/hard/budget.h).  The pings, pongs and remotes are those of any path, so the first authentic
 * pong ends the attempt: the sockets that answered stay open, the others are closed.
 *
 * Source: disco.md 8.
 */
#ifndef PATH_HARD_NATS_H
#define PATH_HARD_NATS_H

#include "path/hard/plan.h"
#include "path/hard/samples.h"
#include "path/sockets.h"
#include "wire/disco.h"

enum hard_state {
	HARD_IDLE,
	HARD_ASKED,    /* we asked, and wait for the answer */
	HARD_SAMPLING, /* both agreed: we look at our NAT */
	HARD_READY,    /* we told our samples, and wait for those of the peer */
	HARD_WORKING
};

struct hard {
	struct env *env;         /* kept */
	struct peer_path *peers; /* kept: the table of all peers, by id */
	uint32_t peers_max;
	struct hard_config cfg;
	enum hard_state state;
	mono_ns since; /* when the state began */
	peer_id last;  /* the peer of the attempt before; PEER_NONE: there was none */
	peer_id peer;
	uint64_t nonce;
	bool asked_again;
	struct disco_extension ours, theirs; /* what each side says of its NAT */
	bool have_theirs;
	struct sockets sockets; /* of all peers, those of the attempt among them */
	struct hard_samples samples;
	struct hard_plan plan;
	mono_ns nothing_until; /* until then the plan has nothing to send */
	struct hard_budget budget;
	mono_ns look_at; /* when to look for a peer that is due; MONO_NEVER */
};

void hard_init(struct hard *h, struct env *env, struct peer_path *peers, uint32_t peers_max,
	       mono_ns now);
void hard_set(struct hard *h, const struct hard_config *cfg, mono_ns now);

/* After each report to this peer's machine: does simple punching fail, or does a path work now? */
void hard_on_peer(struct hard *h, struct peer_path *peer, mono_ns now);
/* Our network changed: the attempt under way is void, and what failed before may work now. */
void hard_link_changed(struct hard *h, mono_ns now);
/* The peer is about to be removed. */
void hard_forget(struct hard *h, peer_id peer, mono_ns now);
/* A message of the peer, over a relay. */
void hard_message_in(struct hard *h, struct peer_path *peer, const struct way *from,
		     const struct disco_extension *e, mono_ns now);
/* A STUN answer to an extra socket; borrowed.  False: it is not expected. */
bool hard_input(struct hard *h, uint16_t socket, struct bytes datagram, mono_ns now) MUST_USE;
/* The next STUN request of an extra socket; call until false. */
bool hard_output(struct hard *h, struct way *to, struct wr *out) MUST_USE;
/* The message of this step, when it leaves. */
void hard_message_out(const struct hard *h, uint64_t nonce, enum disco_step step,
		      struct disco_extension *out);
mono_ns hard_deadline(const struct hard *h);
void hard_tick(struct hard *h, mono_ns now);

#endif
