/* relay/clients.h - the table of a relay's connections: by number, by node key, and in lists
 *
 * Connections with the same key form a ring.  One of them is active and receives the packets: the
 * newest, and later the one from which a frame came last (derp.md 5.4).
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
	CLIENT_GREETING,   /* the stream is open, and ClientInfo must come */
	CLIENT_REGISTERED, /* through the handshake: packets flow */
	CLIENT_EXPIRED     /* gone, but the owner does not know yet */
};

/* Frames that wait to be written. Each kind has its own queue; the queues are served in turn. */
enum client_queue { QUEUE_NOTICES, QUEUE_DISCO, QUEUE_DATA, CLIENT_QUEUES };

/* Small frames that are owed. At most one of each is, so a flag is enough. */
enum client_owes {
	OWES_SERVER_KEY = 1 << 0,
	OWES_SERVER_INFO = 1 << 1,
	OWES_RESTARTING = 1 << 2,
	OWES_PONG = 1 << 3,
	OWES_KEEPALIVE = 1 << 4,
	OWES_HEALTH = 1 << 5
};

/* The clients that received packets of a client, and will be told when that client goes. At most
 * RECEIVERS_MAX: then the least recent one makes room. */
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
	uint64_t host; /* from where its stream comes, as the owner tells hosts apart */
	struct frames frames;
	/* Since when half a frame is there, and none was served; MONO_NEVER: there is none. */
	mono_ns half_since;
	mono_ns keepalive_at;
	struct outbox_queue queue[CLIENT_QUEUES];
	struct outbox_writing writing;
	struct receivers receivers;
	struct bucket not_here; /* for PeerGone(NotHere) */
	mono_ns taken_since;    /* it takes the active place again and again since then */
	mono_ns taken_at;       /* when it last took it; 0: never */
	uint32_t keepalive_ms;  /* drawn once for each connection */
	uint32_t generation;    /* how often this number was given out */
	uint32_t before;        /* on the ready list */
	uint32_t after;         /* on the ready, the free or the expired list */
	uint32_t ring_before, ring_after;
	uint8_t ping[DERP_PING_LEN]; /* for the pong that is owed */
	uint8_t state;               /* enum client_state */
	uint8_t owes;                /* of enum client_owes */
	uint8_t turn;                /* the queue that is served next */
	bool active;
	bool preferred;
	bool twin;   /* another machine uses its key; it is told so */
	bool listed; /* on the ready list, or the owner knows that there is output */
	bool on_ready_list;
};

struct clients {
	struct client *v;
	uint32_t max, used; /* numbers below `used` were given out at least once */
	uint32_t free_first;
	uint32_t ready_first, ready_last;
	uint32_t expired_first;
	struct index by_key; /* the active ones */
	struct hash_secret secret;
};

bool clients_init(struct clients *t, uint32_t max, const struct rng *rng) MUST_USE;
void clients_fini(struct clients *t);

/* A free number, in state GREETING from now on. CLIENT_NONE: the table is full. */
uint32_t clients_take(struct clients *t);
void clients_give_back(struct clients *t, uint32_t i); /* the client must hold nothing any more */
struct client *clients_get(struct clients *t, uint32_t i); /* NULL: no client has this number */

/* Enters a client under its key, and makes it the active one. False: out of memory. */
bool clients_register(struct clients *t, uint32_t i, const struct node_key *key) MUST_USE;
/* The active client of a key; CLIENT_NONE: there is none. */
uint32_t clients_find(const struct clients *t, const struct node_key *key);
/* A frame came from it. True: it took the active place of another client with its key. Nothing
 * changes if it is not registered yet. */
bool clients_activate(struct clients *t, uint32_t i);
/* Takes it out of its ring. Gives another client with this key; CLIENT_NONE: it was the last. */
uint32_t clients_unregister(struct clients *t, uint32_t i);

void clients_ready_add(struct clients *t, uint32_t i);
void clients_ready_remove(struct clients *t, uint32_t i);
bool clients_ready_take(struct clients *t, uint32_t *i) MUST_USE;

void clients_expired_add(struct clients *t, uint32_t i);
/* Also gives the number back. */
bool clients_expired_take(struct clients *t, uint32_t *i) MUST_USE;

void receivers_note(struct receivers *r, uint32_t client, uint32_t generation);
void receivers_move(struct receivers *to, struct receivers *from); /* from is empty then */
void receivers_fini(struct receivers *r);

#endif
