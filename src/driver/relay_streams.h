/* driver/relay_streams.h - the streams to relays that a node asks for
 *
 * The node says dial and hang up; here the relay is looked up in the configuration and reached.
 */
#ifndef DRIVER_RELAY_STREAMS_H
#define DRIVER_RELAY_STREAMS_H

#include "config/config.h"
#include "driver/relay_stream.h"

/* What became of a stream; the region names it. */
struct links_calls {
	void (*up)(void *self, uint16_t region, const struct node_key *server_key);
	void (*bytes)(void *self, uint16_t region, struct bytes b);
	void (*writable)(void *self, uint16_t region);
	void (*down)(void *self, uint16_t region, const char *why); /* it is closed already */
	void *self;
};

struct links;

/* How to get a stream to this relay; what it names stays the configuration's. */
void links_stream_config(const struct config_relay *relay, struct stream_config *out);

struct links *links_new(struct loop *l,
			const struct links_calls *calls) MUST_USE; /* NULL: out of memory */
void links_free(struct links *l);
/* False: out of memory. Every other failure comes as `down`. */
bool links_dial(struct links *l, const struct config_relay *relay) MUST_USE;
void links_hangup(struct links *l, uint16_t region);
/* The network changed: DNS is read anew, and streams from addresses that are gone are `down` at
 * once. */
void links_network_changed(struct links *l);
/* The HTTP proxy that the relay's stream goes through, "host:port"; NULL: none, or there is no
 * stream. Borrowed. */
const char *links_proxy(const struct links *l, uint16_t region);
struct dialer *links_dialer(struct links *l); /* borrowed until links_free */

/* Moves bytes from `take` into every stream that has room for them, until take gives 0. True: some
 * were moved; they are written in the next turn of the loop. */
typedef size_t links_take(void *self, uint16_t region, uint8_t *out, size_t cap);
bool links_fill(struct links *l, links_take *take, void *self);

#endif
