/* path/table.h - inside of paths.h: all peers, found by id, by node key and by disco key
 *
 * Seen by the files that make up paths.h: paths.c, receive.c, status.c, facts.c.
 */
#ifndef PATH_TABLE_H
#define PATH_TABLE_H

#include "base/heap.h"
#include "crypto/hash.h"
#include "path/hard_nats.h"
#include "path/paths.h"
#include "path/peer_path.h"

struct paths {
	struct node_key self;
	struct disco_private disco;
	struct disco_key disco_public;
	struct hash_secret secret;
	struct peer_path *peers; /* by id */
	uint32_t peers_max;
	struct index by_node;
	struct index by_disco; /* peers may share a disco key: one device in two networks */
	struct heap timers;    /* by peer id; an entry for each peer whose `timer` is set */
	struct env env;
	struct hard hard;
};

/* The used peer of this id, or NULL. */
struct peer_path *paths_peer_of(const struct paths *p, peer_id id);
struct peer_path *paths_peer_by_node(const struct paths *p, const struct node_key *key);
uint64_t paths_hash(const struct paths *p, const uint8_t key[static KEY_LEN]);

/* Takes the peer out of by_disco. */
void paths_unindex_disco(struct paths *p, const struct peer_path *peer);
/* The peer has this disco key from now on.  Our own key, a key that everybody could compute, and
 * one that is not new change nothing. */
void paths_take_disco(struct paths *p, struct peer_path *peer, const struct disco_key *key,
		      mono_ns now);
/* The peer told this key.  paths_take_told_disco takes it, if not too many came before (disco.md
 * 4.2): every new key costs a key agreement and ends what was known of the path.  Not while
 * by_disco is walked. */
void paths_note_told_disco(struct paths *p, struct peer_path *peer, const struct disco_key *key);
void paths_take_told_disco(struct paths *p, struct peer_path *peer, mono_ns now);

/* After each report to a peer's machine: does what is due and sets the timer. */
void paths_settle(struct paths *p, struct peer_path *peer, mono_ns now);
/* After each report to the finders: tells the owner and the peers what is new. */
void paths_settle_gather(struct paths *p, mono_ns now);

#endif
