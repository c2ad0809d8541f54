/* io/dialer.h - what the streams of a program share: DNS, a NAT64 prefix, the system's roots
 *
 * Names are asked of the servers in /etc/resolv.conf, after /etc/hosts; over libevent's evdns, in
 * the loop.  The roots are read when first needed.
 *
 * Source: derp.md 6.1; netcheck.md 10.5 and 10.9 (NAT64).
 */
#ifndef IO_DIALER_H
#define IO_DIALER_H

#include "base/addr.h"
#include "io/failure.h"
#include "io/loop.h"

enum { LOOKUP_MAX = 8 }; /* addresses taken from one answer */

struct dialer;
/* l is kept. NULL: out of memory. */
struct dialer *dialer_new(struct loop *l) MUST_USE;
/* All its streams must have been closed, and its lookups stopped. NULL is allowed. */
void dialer_free(struct dialer *d);
struct loop *dialer_loop(const struct dialer *d);
/* The network changed: before the next lookup /etc/resolv.conf and /etc/hosts are read again. */
void dialer_network_changed(struct dialer *d);
/* From now on IPv4 addresses are dialled through the NAT64 with this prefix, copied. NULL: as they
 * are. */
void dialer_set_nat64(struct dialer *d, const struct prefix *p);

/* --- the addresses of a name, in both families --- */

struct lookup_call {
	/* Called once: n addresses, borrowed; or 0 and why. */
	void (*fn)(void *self, const struct ip *v, size_t n, const char *why);
	void *self;
};
struct lookup;
/* NULL: the call has come already, from inside. */
struct lookup *lookup_start(struct dialer *d, const char *host, struct lookup_call call) MUST_USE;
/* No call comes any more. Not after the call. NULL is allowed. */
void lookup_stop(struct lookup *k);

/* --- the IPv6 addresses of a name, asked of DNS alone --- */

struct lookup64_answer {
	struct ip v[LOOKUP_MAX];
	size_t n;       /* 0 and not failed: the name has none */
	uint32_t ttl_s; /* how long the answer holds */
	bool failed;    /* DNS did not answer */
};
struct lookup64_call {
	/* Called once, never from inside lookup64_start. The answer is borrowed. */
	void (*fn)(void *self, const struct lookup64_answer *a);
	void *self;
};
struct lookup64;
/* NULL: the question could not be asked, and no call comes. */
struct lookup64 *lookup64_start(struct dialer *d, const char *host,
				struct lookup64_call call) MUST_USE;
/* No call comes any more. Not after the call. NULL is allowed. */
void lookup64_stop(struct lookup64 *k);

#endif
