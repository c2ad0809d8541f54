/* path/peer_path.h - how one peer is reached: a state machine; peer_path.c has the table of states
 *
 * Everything is reported to it: what the owner sends and hears, and what disco says.  It answers
 * with messages and events through struct env.  After each report its owner calls peer_path_tick
 * and then takes the new deadline.
 *
 * Source: disco.md 6 and 7.
 */
#ifndef PATH_PEER_PATH_H
#define PATH_PEER_PATH_H

#include "base/bucket.h"
#include "path/call.h"
#include "path/choose.h"
#include "path/env.h"
#include "path/hard/attempts.h"
#include "path/hard/budget.h"
#include "path/heartbeat.h"
#include "path/history.h"
#include "path/liveness.h"
#include "path/mtu.h"
#include "path/pace.h"
#include "path/past_pings.h"
#include "path/receipts.h"
#include "path/remotes.h"

struct peer_path {
	peer_id id;
	bool used;
	mono_ns timer; /* of table.c: when this peer's timer goes off; MONO_NEVER: not at all */
	/* the peer */
	struct node_key key;
	struct disco_key disco;      /* zero: not known yet */
	struct disco_key disco_told; /* as paths_peer_set told it; zero: not told */
	struct disco_key disco_next; /* told by the peer, and not taken yet (table.h); zero: none */
	struct bucket disco_rate;    /* of keys that the peer tells (table.h) */
	struct box_shared shared;
	uint16_t home;         /* its home relay by configuration; 0: none */
	uint16_t reached;      /* the relay over which it last reached us; 0: none */
	struct endpoint heard; /* from where its last WireGuard message by UDP came */
	struct endpoint hint;  /* the first of its hints */
	struct remotes remotes;
	struct past_pings past_pings;
	/* the path */
	enum peer_state state;
	struct direct_path best;  /* set exactly in DIRECT, ASIDE and DOUBTED */
	struct liveness liveness; /* of the way in use; DOUBTED: of the way before */
	mono_ns since;            /* when the state began */
	enum path_reason reason;  /* DOUBTED: the reason */
	bool attempt_under_way;   /* to cross hard NATs with this peer (hard_nats.h) */
	struct hard_budget_peer budget;
	struct attempts attempts;
	/* the efforts */
	bool active;     /* traffic within the last 45 s */
	mono_ns sent_at; /* the last data that we sent; MONO_NEVER: none */
	struct pace pace;
	struct call call;
	struct heartbeat heartbeat;
	struct rivalry rivalry;
	struct mtu mtu; /* of the best */
	struct receipts receipts;
	uint64_t receipt_taken; /* the number of the last receipt that came by disco; 0: none */
	struct history history;
	uint32_t calls_sent, calls_taken, pings_heard;
};

void peer_path_init(struct peer_path *p, peer_id id, const struct node_key *key, bool plain,
		    mono_ns now);
/* Ends its efforts and wipes its secret. */
void peer_path_fini(struct peer_path *p, struct env *m);
bool peer_path_has_disco(const struct peer_path *p);

void peer_path_set_hints(struct peer_path *p, const struct endpoint *v, size_t n, mono_ns now);
/* A new disco key: the peer restarted.  shared: of this key and ours; copied. */
void peer_path_set_disco(struct peer_path *p, struct env *m, const struct disco_key *key,
			 const struct box_shared *shared, mono_ns now);

/* Data goes to the peer. */
void peer_path_on_send(struct peer_path *p, struct env *m, mono_ns now);
/* An authentic WireGuard message of the peer came. */
void peer_path_on_heard(struct peer_path *p, const struct env *m, const struct way *from,
			mono_ns now);
/* The same, and it was data.  True: a receipt is due at some time now, and was not before. */
bool peer_path_on_data(struct peer_path *p, const struct env *m, const struct way *from,
		       mono_ns now);
/* A ping by UDP.  answers: the pong is this peer's to send, and not that of another peer with the
 * same key.  False: it is a copy of one that came before, and nothing was done. */
bool peer_path_on_ping(struct peer_path *p, struct env *m, const struct way *from,
		       const struct disco_txid *txid, bool answers, mono_ns now) MUST_USE;
void peer_path_on_relay_ping(struct peer_path *p, struct env *m, const struct way *from,
			     const struct disco_txid *txid);
/* A pong that was expected, for a ping by UDP: the remote that was pinged is proven. */
void peer_path_on_pong(struct peer_path *p, struct env *m, const struct probe *probe, mono_ns now);
void peer_path_on_relay_pong(struct peer_path *p, struct env *m, const struct probe *probe,
			     mono_ns now);
/* The peer called: it has no path to us, and has just pinged the endpoints of ours that it knows.
 */
void peer_path_on_call(struct peer_path *p, struct env *m, const struct endpoint *v, size_t n,
		       mono_ns now);
void peer_path_on_unreachable(struct peer_path *p, struct env *m, mono_ns now);
/* The connection to this relay was lost. */
void peer_path_on_relay_lost(struct peer_path *p, struct env *m, uint16_t region, mono_ns now);
void peer_path_on_link_change(struct peer_path *p, struct env *m, mono_ns now);
/* Our own candidates changed. */
void peer_path_on_own_candidates(struct peer_path *p, struct env *m, mono_ns now);
void peer_path_ping_for_person(struct peer_path *p, struct env *m, mono_ns now);

void peer_path_tick(struct peer_path *p, struct env *m, mono_ns now);
mono_ns peer_path_deadline(const struct peer_path *p, const struct env *m);

/* The relay for this peer's traffic; WAY_NONE: none is known. */
struct way peer_path_relay(const struct peer_path *p, const struct env *m);
void peer_path_route(const struct peer_path *p, const struct env *m, struct route *out);
/* As paths_mtu. */
uint16_t peer_path_mtu(const struct peer_path *p);
/* DIRECT or DOUBTED: a direct path has traffic. */
bool peer_path_is_direct(const struct peer_path *p);
/* DIRECT or ASIDE: a direct path is proven and not in doubt, so there is no need to look for one.
 */
bool peer_path_is_settled(const struct peer_path *p);
/* Is the peer behind the same outer NAT as we: did it call with an address that STUN told us, too?
 */
bool peer_path_is_near(const struct peer_path *p, const struct candidates *own);

#endif
