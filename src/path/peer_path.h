/* path/peer_path.h - how one peer is reached: a state machine (the table of states is in
 * peer_path.c)
 *
 * Everything is reported to it: what the owner sends and hears, what disco says.  It answers with
 * messages and events through struct env.  After each report the owner of the machine calls
 * peer_path_tick and looks at the deadline again.
 */
#ifndef PATH_PEER_PATH_H
#define PATH_PEER_PATH_H

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
#include "path/receipts.h"
#include "path/remotes.h"

struct peer_path {
	peer_id id;
	bool used;
	mono_ns timer; /* of paths.c: when this peer's timer goes off */
	/* who it is */
	struct node_key key;
	struct disco_key disco;      /* all zero: not known yet */
	struct disco_key disco_told; /* by configuration; zero: not */
	struct box_shared shared;
	uint16_t home;         /* its relay by configuration; 0: none */
	uint16_t reached;      /* the relay over which it last reached us; 0: none */
	struct endpoint heard; /* where its WireGuard was last heard by UDP */
	struct endpoint hint;  /* the first of its hints */
	struct remotes remotes;
	/* the path */
	enum peer_state state;
	struct direct_path best;  /* unset in PLAIN and RELAYED */
	struct liveness liveness; /* of the way in use; in DOUBTED, of the one that was */
	mono_ns since;            /* when the state began */
	enum path_reason reason;  /* DOUBTED: why */
	bool attempt_under_way;   /* to cross hard NATs with it (hard_nats.h) */
	struct hard_budget_peer budget;
	struct attempts attempts;
	/* the efforts */
	bool active;     /* traffic within the last 45 s */
	mono_ns sent_at; /* last traffic; MONO_NEVER */
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
/* shared: with this disco key; copied. */
void peer_path_set_disco(struct peer_path *p, struct env *m, const struct disco_key *key,
			 const struct box_shared *shared, mono_ns now);

void peer_path_on_send(struct peer_path *p, struct env *m, mono_ns now); /* data goes to it */
void peer_path_on_heard(struct peer_path *p, const struct env *m, const struct way *from,
			mono_ns now);
/* The same of data. True: a sign of life is due now, and was not. */
bool peer_path_on_data(struct peer_path *p, const struct env *m, const struct way *from,
		       mono_ns now);
void peer_path_on_ping(struct peer_path *p, struct env *m, const struct way *from, mono_ns now);
void peer_path_on_pong(struct peer_path *p, struct env *m, const struct probe *probe, mono_ns now);
void peer_path_on_relay_pong(struct peer_path *p, struct env *m, const struct probe *probe,
			     mono_ns now);
void peer_path_on_call(struct peer_path *p, struct env *m, const struct endpoint *v, size_t n,
		       mono_ns now);
void peer_path_on_unreachable(struct peer_path *p, struct env *m, mono_ns now);
/* There is no connection to this relay at present. */
void peer_path_on_relay_lost(struct peer_path *p, struct env *m, uint16_t region, mono_ns now);
void peer_path_on_link_change(struct peer_path *p, struct env *m, mono_ns now);
/* Our own candidates are others now. */
void peer_path_on_own_candidates(struct peer_path *p, struct env *m, mono_ns now);
void peer_path_ping_for_person(struct peer_path *p, struct env *m, mono_ns now);

void peer_path_tick(struct peer_path *p, struct env *m, mono_ns now);
mono_ns peer_path_deadline(const struct peer_path *p, const struct env *m);

struct way peer_path_relay(const struct peer_path *p, const struct env *m);
void peer_path_route(const struct peer_path *p, const struct env *m, struct route *out);
/* As paths_mtu. */
uint16_t peer_path_mtu(const struct peer_path *p);
bool peer_path_is_direct(const struct peer_path *p);
/* There is a direct path that has been proven and is not in doubt, though the relay may be better
 * at present: no need to look for one. */
bool peer_path_is_settled(const struct peer_path *p);
/* Is it behind the same outer NAT as we: did it call us with a reflexive address of ours? */
bool peer_path_is_near(const struct peer_path *p, const struct candidates *own);

#endif
