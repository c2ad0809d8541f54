/* io/stream.h - a byte stream to a server: TCP, through an HTTP proxy if there is one, with TLS or
 * not
 *
 * host and port -> addresses (evdns; a literal needs no DNS) -> IPv6 and IPv4 raced, IPv6 with a
 * head start -> CONNECT -> TLS and its verification -> up.  All of it within a time limit.  Every
 * failure is one sentence.
 *
 * Calls come from the loop, never from inside stream_open, stream_write or stream_close.  In any of
 * them the stream may be closed.  Nothing is called after stream_close, nor after `down`; a stream
 * that went down must still be closed.
 *
 * Source: RFC 8305 (happy eyeballs, two lanes), RFC 9110 s.9.3.6 (CONNECT); reference, data
 * plane 3.1, 3.9, 3.10.
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
	STREAM_PLAIN, /* no TLS */
	STREAM_ROOTS, /* the system's roots */
	STREAM_CA,    /* the roots in ca_file (PEM) and no other */
	STREAM_PIN,   /* one certificate with this SHA-256, self-signed or not. Names and dates are
			 not   looked at: the pin names the one certificate that is meant */
	STREAM_UNTESTED /* TLS with anybody; for tests */
};

struct stream_up {
	int tls;                     /* 0: none, 0x0303: TLS 1.2, 0x0304: TLS 1.3 */
	char meta_cn[STREAM_CN_MAX]; /* common name of a relay's meta certificate; empty: none */
	struct endpoint remote;      /* whom we are connected to: the server, or the proxy */
	bool by_proxy;
};

struct stream_calls {
	void (*up)(void *self, const struct stream_up *up);
	void (*bytes)(void *self, struct bytes b); /* all must be taken */
	void (*writable)(void *self);              /* stream_room has grown */
	void (*down)(void *self, const char *why); /* could not be had, or is over */
	void *self;
};

struct stream_config {
	const char *host; /* name or address; copied */
	uint16_t port;
	enum stream_trust trust;
	const char *ca_file;      /* STREAM_CA; copied */
	const char *name;         /* the name that the certificate must have; NULL: host. Copied */
	uint8_t pin[PIN_LEN];     /* STREAM_PIN */
	struct ip known4, known6; /* where host is, if known: then DNS is not asked */
	/* NULL: as the environment says (https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY; http_proxy
	 * for STREAM_PLAIN; no_proxy, NO_PROXY). "": none. Else its URL:
	 * http://[user:password@]host[:port]. */
	const char *proxy;
	mono_ns limit; /* to be up within; 0: STREAM_CONNECT_LIMIT */
	struct stream_calls calls;
};

struct stream;
/* NULL: out of memory. Every other failure comes by `down`. */
struct stream *stream_open(struct dialer *d, const struct stream_config *cfg) MUST_USE;
void stream_close(struct stream *s); /* NULL is allowed */
/* It goes, or is being dialled, from an address that this machine does not have any more: nothing
 * will come of it, although it will take a while until it says so. */
bool stream_is_stranded(const struct stream *s);
/* The proxy that it goes through, "host:port"; NULL: none, or not chosen yet. Borrowed. */
const char *stream_proxy(const struct stream *s);
/* Bytes that stream_write takes now; 0 before `up`. */
size_t stream_room(const struct stream *s);
/* Queues the bytes, copied. False, and nothing is queued, if there is not that much room. */
bool stream_write(struct stream *s, struct bytes b) MUST_USE;

#endif
