/* driver/relay_streams.h - the streams to relays that a node asks for
 *
 * The node says dial and hang up; here the relay is looked up in the configuration and reached.
 */
#ifndef DRIVER_RELAY_STREAMS_H
#define DRIVER_RELAY_STREAMS_H

#include "base/place.h"
#include "driver/relay_stream.h"
#include "netmap/netmap.h"

/* What became of a stream; the region names it. */
struct relay_streams_calls {
	void (*up)(void *self, uint16_t region, const struct node_key *server_key);
	void (*bytes)(void *self, uint16_t region, struct bytes b);
	void (*writable)(void *self, uint16_t region);
	void (*down)(void *self, uint16_t region, const char *why); /* it is closed already */
	void *self;
};

struct relay_streams;

/* How to get a stream to this relay; what it names stays the configuration's. */
void relay_streams_stream_config(const struct netmap_relay *relay, struct stream_config *out);

struct relay_streams *
relay_streams_new(struct loop *l,
		  const struct relay_streams_calls *calls) MUST_USE; /* NULL: out of memory */
void relay_streams_free(struct relay_streams *l);
/* False: out of memory. Every other failure comes as `down`. */
bool relay_streams_dial(struct relay_streams *l, const struct netmap_relay *relay) MUST_USE;
void relay_streams_hangup(struct relay_streams *l, uint16_t region);
/* The network changed: DNS is read anew, and streams from addresses that are gone are `down` at
 * once. */
void relay_streams_network_changed(struct relay_streams *l);
/* The HTTP proxy that the relay's stream goes through, "host:port"; NULL: none, or there is no
 * stream. Borrowed. */
const char *relay_streams_proxy(const struct relay_streams *l, uint16_t region);
struct dialer *
relay_streams_dialer(struct relay_streams *l); /* borrowed until relay_streams_free */

/* Moves bytes from `take` into every stream that has room for them, until take gives 0. True: some
 * were moved; they are written in the next turn of the loop. */
typedef size_t relay_streams_take(void *self, uint16_t region, uint8_t *out, size_t cap);
bool relay_streams_fill(struct relay_streams *l, relay_streams_take *take, void *self);

#endif
