/* serve/relay_listen.h - the streams of a relay: TCP and TLS, HTTP, and then DERP
 *
 * Feeds a relay_server with what its clients write, and writes what it has for them.  Made for very
 * many streams that are silent.
 */
#ifndef SERVE_RELAY_LISTEN_H
#define SERVE_RELAY_LISTEN_H

#include <openssl/types.h>

#include "base/addr.h"
#include "io/failure.h"
#include "io/log.h"
#include "io/loop.h"
#include "relay/server.h"

enum { RELAY_LISTEN_PORTS_MAX = 4 };

struct relay_listen;

struct relay_listen_config {
	struct loop *loop;           /* kept */
	struct log *log;             /* kept */
	struct relay_server *server; /* kept; nobody else may drive it */
	uint32_t streams_max;        /* at least the server's clients_max */
};

struct relay_listen *
relay_listen_new(const struct relay_listen_config *cfg) MUST_USE; /* NULL: out of memory */
/* Closes all its streams. The server is the owner's to free, after this. */
void relay_listen_free(struct relay_listen *r);

/* Opens a port, with TLS or for plain HTTP. *port: the one that was taken, if at->port is 0. */
bool relay_listen_open(struct relay_listen *r, const struct endpoint *at, bool tls, uint16_t *port,
		       char why[static FAILURE_MAX]) MUST_USE;
/* The certificate of streams that come from now on; a reference of its own is taken. */
void relay_listen_set_tls(struct relay_listen *r, SSL_CTX *ctx);

/* Takes no more streams, and tells every client to come back. Call relay_listen_free a little
 * later. */
void relay_listen_drain(struct relay_listen *r, mono_ns reconnect, mono_ns keep_trying);

struct relay_listen_stats {
	uint32_t streams; /* now */
	uint64_t accepted;
	uint64_t refused; /* streams_max reached, or no file descriptors left */
	uint64_t tls_failed;
	uint64_t pages; /* HTTP requests for something else than DERP */
	uint64_t slow;  /* not upgraded in time */
};
const struct relay_listen_stats *relay_listen_stats(const struct relay_listen *r);

#endif
