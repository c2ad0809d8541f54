/* driver/relay_stream.h - a node's connection to a relay: a stream, upgraded from HTTP to DERP
 *
 * Where TLS 1.3 showed the relay's meta certificate, the relay's key is known, and the stream does
 * not wait for the answer to the upgrade (fast start).
 *
 * Source: derp.md 2.1 and 2.2 (the upgrade), 2.3 (fast start, the meta certificate).
 */
#ifndef DRIVER_RELAY_STREAM_H
#define DRIVER_RELAY_STREAM_H

#include "crypto/keys.h"
#include "io/stream.h"

/* What a stream tells its owner, with the region of its relay, so that an owner of many needs no
 * object for each.  The rules are those of struct stream_calls: any call may close the stream, and
 * a stream that is down must still be closed. */
struct relay_stream_calls {
	/* The upgrade is done. server_key: by fast start, or NULL: the ServerKey frame will tell.
	 */
	void (*up)(void *self, uint16_t region, const struct node_key *server_key);
	void (*bytes)(void *self, uint16_t region, struct bytes b); /* DERP; all must be taken */
	void (*writable)(void *self, uint16_t region);
	void (*down)(void *self, uint16_t region, const char *why); /* why: borrowed */
	void *self;
};

struct relay_stream;
/* d is kept, cfg and calls are copied. cfg says how to get the stream; its calls are not used.
 * NULL: out of memory. */
struct relay_stream *relay_stream_open(struct dialer *d, uint16_t region,
				       const struct stream_config *cfg,
				       const struct relay_stream_calls *calls) MUST_USE;
void relay_stream_close(struct relay_stream *k);              /* NULL is allowed */
bool relay_stream_is_stranded(const struct relay_stream *k);  /* as stream_is_stranded */
const char *relay_stream_proxy(const struct relay_stream *k); /* as stream_proxy */
size_t relay_stream_room(const struct relay_stream *k);       /* 0 before `up` */
bool relay_stream_write(struct relay_stream *k,
			struct bytes b) MUST_USE; /* false: not that much room */

#endif
