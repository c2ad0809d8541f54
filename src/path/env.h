/* path/env.h - what the paths of all peers share: the queue of messages to send, the pings that
 * wait for an answer, our own candidates, and the events for the owner
 *
 * A message is queued as an intent and sealed when it leaves (paths_output), so a queue of a
 * thousand is small, and a call-me-maybe carries the candidates of that moment.
 */
#ifndef PATH_ENV_H
#define PATH_ENV_H

#include "path/gather.h"
#include "path/probe.h"
#include "path/types.h"

enum {
	OUTBOX_MAX =
		1024, /* full: the new message is dropped; all of them are repeated or not needed */
	PATH_EVENTS_MAX = 1024, /* full: the oldest is lost */
};

struct outgoing {
	enum disco_type type; /* ping, pong, call-me-maybe or extension */
	peer_id peer;
	struct via via;
	struct disco_txid txid;
	uint16_t padded;      /* ping: to so many bytes; 0: not */
	struct endpoint seen; /* pong: where the ping came from */
	uint64_t nonce;       /* extension */
	uint8_t step;
};

struct means {
	struct rng rng;
	struct gather gather;
	struct probes probes;
	struct outgoing *outbox; /* ring */
	uint32_t out_first, n_out;
	struct path_event *events; /* ring */
	uint32_t event_first, n_events;
	uint16_t regions[RELAYS_MAX]; /* of the relays we know */
	size_t n_regions;
	uint16_t inner_mtu; /* of the tunnel */
	uint32_t n_active;  /* peers with traffic */
	mono_ns lifetime
		[2]; /* of our NAT's bindings, as in lifetime.h, over IPv4 and IPv6; 0: not known */
	struct paths_stats stats;
};

/* False: out of memory. */
bool means_init(struct means *m, const struct rng *rng, uint16_t port, uint32_t peers_max) MUST_USE;
void means_fini(struct means *m);
static inline mono_ns means_lifetime(const struct means *m, const struct endpoint *to)
{
	return m->lifetime[to->ip.family == 6];
}
bool means_know_region(const struct means *m, uint16_t region);

void means_ping(struct means *m, peer_id peer, const struct via *via, bool for_person, mono_ns now);
/* One that must not be cut on its way, of so many bytes. */
void means_ping_padded(struct means *m, peer_id peer, const struct via *via, uint16_t size,
		       mono_ns now);
void means_pong(struct means *m, peer_id peer, const struct via *via,
		const struct disco_txid *txid);
void means_call(struct means *m, peer_id peer, const struct via *via);
void means_extend(struct means *m, peer_id peer, const struct via *via, uint64_t nonce,
		  uint8_t step);
bool means_next(struct means *m, struct outgoing *out) MUST_USE;

void means_tell(struct means *m, const struct path_event *ev);
bool means_event(struct means *m, struct path_event *ev) MUST_USE;

/* The peer is gone: nothing more is sent to it or expected of it. */
void means_forget(struct means *m, peer_id peer);

#endif
