/* io/dialer.h - what the streams of a program share, as io/stream.c sees it */
#ifndef IO_DIALER_H
#define IO_DIALER_H

#include <event2/dns.h>

#include "io/tls.h"

struct dialer {
	struct loop *l;
	struct evdns_base *dns;
	unsigned resolver; /* whose answer is still to come, the stopped ones too */
	bool closed;       /* freed when they have come: evdns looks at its base until then */
	bool dns_stale; /* resolv.conf is to be read (again) before the next look-up: also after a
			     failure */
	struct prefix nat64;      /* family 0: none */
	SSL_CTX *roots, *unasked; /* made when first needed; unasked: no roots, for pins */
};

enum { LOOKUP_MAX = 8 }; /* addresses taken from one answer */

struct lookup;
struct lookup_call {
	/* n addresses, or 0 and why. */
	void (*fn)(void *self, const struct ip *v, size_t n, const char *why);
	void *self;
};
/* Both families. NULL: the call was made already. */
struct lookup *lookup_start(struct dialer *d, const char *host, struct lookup_call call) MUST_USE;
/* No call any more. NULL is allowed. */
void lookup_stop(struct lookup *k);

/* The IPv6 addresses of a name, asked of DNS alone, and for how long they hold. */
struct lookup64_answer {
	struct ip v[LOOKUP_MAX];
	size_t n; /* 0 and not failed: it has none */
	uint32_t ttl_s;
	bool failed; /* DNS did not answer */
};
struct lookup64_call {
	void (*fn)(void *self,
		   const struct lookup64_answer *a); /* never from inside lookup64_start */
	void *self;
};
struct lookup64;
/* NULL: it could not even be asked, and no call comes. */
struct lookup64 *lookup64_start(struct dialer *d, const char *host,
				struct lookup64_call call) MUST_USE;
/* No call any more. NULL is allowed. */
void lookup64_stop(struct lookup64 *k);

/* A new reference, to be freed by SSL_CTX_free. NULL: why. */
SSL_CTX *dialer_context(struct dialer *d, enum stream_trust trust, const char *ca_file,
			char why[static FAILURE_MAX]) MUST_USE;

#endif
