/* relay/clients.h - the table of a relay's connections: by number, by node key, by what they wait
 * for
 *
 * Connections with the same key form a ring.  One of them is active and receives the packets: the
 * newest, and from then on the one that was heard last.
 */
#ifndef RELAY_CLIENTS_H
#define RELAY_CLIENTS_H

#include "base/bucket.h"
#include "base/index.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "relay/frames.h"
#include "relay/outbox.h"

#define CLIENT_NONE UINT32_MAX

enum client_state {
	CLIENT_FREE,
	CLIENT_GREETING,   /* the stream is open, ClientInfo is awaited */
	CLIENT_REGISTERED, /* through the handshake: packets flow */
	CLIENT_EXPIRED     /* gone, but its number is still to be told to the owner */
};

/* What waits to be written, each kind in its own queue; served in turn. */
enum client_queue { QUEUE_NOTICES, QUEUE_DISCO, QUEUE_DATA, CLIENT_QUEUES };

/* Small frames that are owed: one of each at most, so a flag will do. */
enum client_owes {
	OWES_SERVER_KEY = 1 << 0,
	OWES_SERVER_INFO = 1 << 1,
	OWES_RESTARTING = 1 << 2,
	OWES_PONG = 1 << 3,
	OWES_KEEPALIVE = 1 << 4
};

/* Who received packets from a client, and is to be told when that client goes. At most
 * RECEIVERS_MAX: then the one that has not been sent to for longest makes room. */
enum { RECEIVERS_MAX = 128 };
struct receivers {
	struct receiver {
		uint32_t client, generation;
	} * v; /* the latest first */
	uint32_t n, cap;
};

struct client {
	struct node_key key;
	uint64_t hash; /* of the key */
	struct frames frames;
	struct outbox_queue queue[CLIENT_QUEUES];
	struct outbox_writing writing;
	struct receivers receivers;
	struct bucket not_here; /* for PeerGone(NotHere) */
	uint32_t keepalive_ms;  /* drawn once for each connection */
	uint32_t generation;    /* of this number: how often it was given out */
	uint32_t before,
		after; /* on the ready list; after: also on the free and the expired list */
	uint32_t ring_before, ring_after;
	uint8_t ping[DERP_PING_LEN]; /* to be sent back */
	uint8_t state;               /* enum client_state */
	uint8_t owes;                /* of enum client_owes */
	uint8_t turn;                /* the queue that is served next */
	bool active;
	bool preferred;
	bool listed; /* on the ready list, or the owner knows and is at it */
	bool on_ready_list;
};

struct clients {
	struct client *v;
	uint32_t max, used; /* used: numbers below it were given out at least once */
	uint32_t free_first;
	uint32_t ready_first, ready_last;
	uint32_t expired_first;
	struct index by_key; /* the active ones */
	struct hash_secret secret;
};

bool clients_init(struct clients *t, uint32_t max, const struct rng *rng) MUST_USE;
void clients_fini(struct clients *t);

uint32_t clients_take(struct clients *t); /* a number in state GREETING; CLIENT_NONE: full */
void clients_give_back(struct clients *t, uint32_t i);     /* it holds nothing any more */
struct client *clients_get(struct clients *t, uint32_t i); /* NULL: nobody has that number */

/* By key. False: out of memory. */
bool clients_register(struct clients *t, uint32_t i, const struct node_key *key) MUST_USE;
uint32_t clients_find(const struct clients *t, const struct node_key *key);
void clients_activate(struct clients *t, uint32_t i); /* it was heard; nothing if it only greets */
/* Takes it from its ring; returns another with the same key, or CLIENT_NONE: it was the last. */
uint32_t clients_unregister(struct clients *t, uint32_t i);

void clients_ready_add(struct clients *t, uint32_t i);
void clients_ready_remove(struct clients *t, uint32_t i);
bool clients_ready_take(struct clients *t, uint32_t *i) MUST_USE;

void clients_expired_add(struct clients *t, uint32_t i);
bool clients_expired_take(struct clients *t, uint32_t *i) MUST_USE; /* and gives the number back */

void receivers_note(struct receivers *r, uint32_t client, uint32_t generation);
void receivers_move(struct receivers *to, struct receivers *from); /* from is empty then */
void receivers_fini(struct receivers *r);

#endif
