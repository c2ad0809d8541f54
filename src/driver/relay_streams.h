/* driver/relay_streams.h - the streams to relays that a node asks for
 *
 * At most one for each region.  The calls are those of the streams themselves: whoever gets `down`
 * hangs up (or dials anew, which hangs up first).
 */
#ifndef DRIVER_RELAY_STREAMS_H
#define DRIVER_RELAY_STREAMS_H

#include "base/place.h"
#include "driver/relay_stream.h"
#include "netmap/netmap.h"

struct relay_streams;

/* How to get a stream to this relay; out borrows the relay's texts. */
void relay_streams_stream_config(const struct netmap_relay *relay, struct stream_config *out);

/* The loop is kept, the calls are copied. NULL: out of memory. */
struct relay_streams *relay_streams_new(struct loop *loop,
					const struct relay_stream_calls *calls) MUST_USE;
void relay_streams_free(struct relay_streams *l); /* NULL is allowed */
/* A stream to it that is there already is closed first. False: there are RELAYS_MAX, or no memory.
 * Every other failure comes as `down`. */
bool relay_streams_dial(struct relay_streams *l, const struct netmap_relay *relay) MUST_USE;
void relay_streams_hangup(struct relay_streams *l, uint16_t region); /* nothing, if there is none */
/* The network changed: DNS is read anew, and `down` comes from inside for streams from addresses
 * that are gone. */
void relay_streams_network_changed(struct relay_streams *l);
/* The HTTP proxy that the relay's stream goes through, "host:port"; NULL: none, or there is no
 * stream. Borrowed. */
const char *relay_streams_proxy(const struct relay_streams *l, uint16_t region);
struct dialer *
relay_streams_dialer(struct relay_streams *l); /* borrowed until relay_streams_free */

/* Moves bytes from `take` into every stream that has room, until take gives 0. True: some were
 * moved; the next turn of the loop writes them. */
typedef size_t relay_streams_take(void *self, uint16_t region, uint8_t *out, size_t cap);
bool relay_streams_fill(struct relay_streams *l, relay_streams_take *take, void *self);

#endif
