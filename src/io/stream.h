/* io/stream.h - a byte stream to a server: TCP, perhaps through an HTTP proxy, with TLS or without
 *
 *   addresses of the host   from DNS; a literal or known address needs none
 *   TCP                     IPv6 and IPv4 are raced, IPv6 has a head start
 *   CONNECT                 if there is a proxy
 *   TLS                     and the check of the certificate
 *   up
 *
 * One time limit holds for all of that together.  Every failure is one sentence.
 *
 * Source: derp.md 2.1 (CONNECT, TLS), 6.1 (dialling) and 6.2 (which certificate is right);
 * RFC 8305 (happy eyeballs, two lanes), RFC 9110 s.9.3.6 (CONNECT).
 */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include "base/addr.h"
#include "base/bytes.h"
#include "crypto/pin.h"
#include "io/dialer.h"
#include "io/failure.h"
#include "io/loop.h"

enum {
	STREAM_HOST_MAX = 256,
	STREAM_WRITE_MAX = 128 << 10, /* bytes that may wait to be sent */
	STREAM_CN_MAX = 80
};
#define STREAM_CONNECT_LIMIT (10 * SECOND)

enum stream_trust {
	STREAM_PLAIN,   /* no TLS */
	STREAM_ROOTS,   /* the system's roots */
	STREAM_CA,      /* the roots in ca_file (PEM) and no other */
	STREAM_PIN,     /* the one certificate with this SHA-256, self-signed or not; its names and
			 dates are not looked at */
	STREAM_UNTESTED /* TLS with anybody; for tests */
};

/* How the stream went up; borrowed. */
struct stream_up {
	int tls;                     /* 0: none, 0x0303: TLS 1.2, 0x0304: TLS 1.3 */
	char meta_cn[STREAM_CN_MAX]; /* the CN of a relay's meta certificate (derp.md 2.3), or "" */
	struct endpoint remote;      /* the server, or the proxy if by_proxy */
	bool by_proxy;
};

/* What a stream tells its owner.
 *
 * Calls come from the loop, never from inside stream_open, stream_write or stream_close.  In any of
 * them the stream may be closed.  No call comes after stream_close, nor after `down`; a stream that
 * went down must still be closed.
 *
 * An owner of several streams gives each a `self` of its own, which says what the stream is for.  A
 * layer above, which is a stream itself, makes the same calls under the same rules.
 */
struct stream_calls {
	void (*up)(void *self, const struct stream_up *up);
	void (*bytes)(void *self, struct bytes b); /* borrowed; the owner must take them all */
	void (*writable)(void *self);              /* there is more room than before */
	void (*down)(void *self, const char *why); /* it could not go up, or is over; borrowed */
	void *self;
};

struct stream_config {
	const char *host; /* name or address; copied */
	uint16_t port;
	enum stream_trust trust;
	const char *ca_file;      /* STREAM_CA; copied */
	const char *name;         /* the name that the certificate must have; NULL: host. Copied */
	uint8_t pin[PIN_LEN];     /* STREAM_PIN */
	struct ip known4, known6; /* addresses of host; if one is set, DNS is not asked */
	/* NULL: as the environment says (io/proxy.h). "": none. Else its URL, copied:
	 * http://[user:password@]host[:port]. */
	const char *proxy;
	mono_ns limit; /* until it is up; 0: STREAM_CONNECT_LIMIT */
	struct stream_calls calls;
};

struct stream;
/* cfg is copied, d is kept. NULL: out of memory. Every other failure comes by `down`. */
struct stream *stream_open(struct dialer *d, const struct stream_config *cfg) MUST_USE;
void stream_close(struct stream *s); /* NULL is allowed */
/* True: our end of the stream has an address that this machine has lost. Nothing will come of the
 * stream, although it can take a while until it goes down. */
bool stream_is_stranded(const struct stream *s);
/* The proxy that the stream goes through, "host:port"; NULL: none, or not chosen yet. Borrowed. */
const char *stream_proxy(const struct stream *s);
/* How many bytes stream_write takes now; 0 before `up` and after `down`. */
size_t stream_room(const struct stream *s);
/* Queues the bytes, copied. False: there is not that much room, or no memory; nothing is queued. */
bool stream_write(struct stream *s, struct bytes b) MUST_USE;

#endif
