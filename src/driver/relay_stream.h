/* driver/relay_stream.h - a node's connection to a relay: a stream, upgraded from HTTP to DERP
 *
 * Where TLS 1.3 showed us the relay's meta certificate, nothing is waited for (fast start), and its
 * key is known.  The rules of calls are those of io/stream.h.
 *
 * Source: reference, data plane 3.1.
 */
#ifndef DRIVER_RELAY_STREAM_H
#define DRIVER_RELAY_STREAM_H

#include "crypto/keys.h"
#include "io/stream.h"

struct relay_stream_calls {
	/* The upgrade is done. server_key: by fast start, or NULL: the ServerKey frame will tell.
	 */
	void (*up)(void *self, const struct node_key *server_key);
	void (*bytes)(void *self, struct bytes b); /* DERP; all must be taken */
	void (*writable)(void *self);
	void (*down)(void *self, const char *why);
	void *self;
};

struct relay_stream;
/* cfg says how to get the stream; its calls are not used. NULL: out of memory. */
struct relay_stream *relay_stream_open(struct dialer *d, const struct stream_config *cfg,
				       const struct relay_stream_calls *calls) MUST_USE;
void relay_stream_close(struct relay_stream *k);              /* NULL is allowed */
bool relay_stream_is_stranded(const struct relay_stream *k);  /* as stream_is_stranded */
const char *relay_stream_proxy(const struct relay_stream *k); /* as stream_proxy */
size_t relay_stream_room(const struct relay_stream *k);       /* 0 before `up` */
bool relay_stream_write(struct relay_stream *k,
			struct bytes b) MUST_USE; /* false: not that much room */

#endif
