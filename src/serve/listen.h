/* serve/listen.h - the streams of a server: ports, accepting, TLS, limits
 *
 * Knows no protocol.  Each accepted stream gets an owner, which takes its bytes.  The first owner
 * has a time limit for its work (TLS handshake included).  Until then it must have given the stream
 * to another owner, which has no limit; otherwise the stream is closed.  Made for very many streams
 * that are silent.
 *
 * A stream is closed by the verdict of its owner's `input`, by listen_close(), by the other side,
 * by the time limit, and with the listener.  In every case the owner's `gone` is called, once.
 *
 * Source: the limits: docs/protocol/derp.md 5.6.
 */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include <openssl/types.h>

#include "base/addr.h"
#include "io/failure.h"
#include "io/log.h"
#include "io/loop.h"

enum {
	LISTEN_PORTS_MAX = 4,
	LISTEN_INPUT_MAX = 16 * 1024, /* bytes that wait to be taken; one TLS record */
	LISTEN_UNSENT_MAX = 32 * 1024 /* bytes: an owner writes no more while so many wait */
};
#define LISTEN_GREETING_MAX (20 * SECOND)

struct listen;
struct listen_stream;

enum listen_verdict {
	LISTEN_ON,     /* go on; what was not taken comes again, with more */
	LISTEN_LINGER, /* close when all that was written is sent; `input` is called no more */
	LISTEN_CLOSE   /* close at once */
};

struct listen_owner {
	/* Bytes have come; borrowed. *used: how many of them were taken. Called again at once for
	 * the rest if any were taken. */
	enum listen_verdict (*input)(void *self, struct bytes b, size_t *used);
	void (*writable)(void *self); /* few bytes wait to be sent; NULL: of no interest */
	void (*gone)(void *self);     /* the stream is closed, and must not be used any more */
	void *self;
};

struct listen_accept {
	/* A new stream; sets its first owner. False: close it, without `gone`. */
	bool (*fn)(void *self, struct listen_stream *s, struct listen_owner *owner);
	void *self;
};

struct listen_config {
	struct loop *loop; /* kept */
	struct log *log;   /* kept */
	uint32_t streams_max;
	uint32_t host_streams_max; /* of one host; 0: any number */
	mono_ns greeting_max;      /* the time limit; 0: LISTEN_GREETING_MAX */
	struct listen_accept accept;
};

struct listen *listen_new(const struct listen_config *cfg) MUST_USE; /* NULL: out of memory */
/* Closes all its streams: what owns them must still be there. NULL is allowed. */
void listen_free(struct listen *l);

/* Opens a port, with TLS or without. *port: the one that was taken, if at->port is 0. */
bool listen_open(struct listen *l, const struct endpoint *at, bool tls, uint16_t *port,
		 char why[static FAILURE_MAX]) MUST_USE;
/* The certificate of streams that come from now on; a reference of its own is taken. */
void listen_set_tls(struct listen *l, SSL_CTX *ctx);
/* Closes the ports. The streams stay. */
void listen_stop(struct listen *l);

struct listen_stats {
	uint32_t streams; /* now */
	uint64_t accepted;
	uint64_t refused; /* too many, in all or of one host; or no file descriptors left */
	uint64_t tls_failed;
	uint64_t slow; /* closed by the time limit */
};
const struct listen_stats *listen_stats(const struct listen *l);

/* --- a stream, for its owner --- */

/* The stream has another owner from now on, and no time limit any more. `gone` of the owner before
 * is not called. */
void listen_give(struct listen_stream *s, const struct listen_owner *owner);
/* Queues the bytes, copied. */
void listen_write(struct listen_stream *s, struct bytes b);
/* The same number for all streams of one host; the loopback is one host. */
uint64_t listen_host(const struct listen_stream *s);
/* How many bytes wait to be sent. */
size_t listen_unsent(const struct listen_stream *s);
/* Not for use inside the stream's own `input`: that returns LISTEN_CLOSE. */
void listen_close(struct listen_stream *s);

#endif
