/* io/dialer_inside.h - a dialer as the streams that share it see it; for io/ alone */
#ifndef IO_DIALER_INSIDE_H
#define IO_DIALER_INSIDE_H

#include <event2/dns.h>

#include "io/dialer.h"
#include "io/tls.h"

struct dialer {
	struct loop *l;
	struct evdns_base *dns;
	unsigned lookups;    /* whose answer has not come yet, stopped ones too */
	bool closed;         /* freed when the answers have come: evdns uses its base until then */
	bool dns_stale;      /* resolv.conf is read before the next lookup; also after a failure */
	struct prefix nat64; /* family 0: none */
	SSL_CTX *roots, *unasked; /* made when first needed; unasked: no roots, for pins */
};

/* A new reference, to be freed by SSL_CTX_free. ca_file: for STREAM_CA. NULL: why. */
SSL_CTX *dialer_context(struct dialer *d, enum stream_trust trust, const char *ca_file,
			char why[static FAILURE_MAX]) MUST_USE;

#endif
