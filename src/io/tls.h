/* io/tls.h - TLS for client streams: contexts, what the certificate must be, and sentences
 *
 * TLS 1.2 or later, no ALPN, no resumption (a resumed session shows no certificates).
 * Source: reference, data plane 3.1 and 3.9.
 */
#ifndef IO_TLS_H
#define IO_TLS_H

#include <openssl/ssl.h>

#include "io/stream.h"

/* ca_file for STREAM_CA only. NULL: why. */
SSL_CTX *tls_context(enum stream_trust trust, const char *ca_file,
		     char why[static FAILURE_MAX]) MUST_USE;
/* A connection that will ask for `host` (as SNI, if it is a name), and take a certificate for
 * `name`. NULL: out of memory. */
SSL *tls_new(SSL_CTX *ctx, enum stream_trust trust, const char *host, const char *name) MUST_USE;
/* After the handshake: is this the certificate that the pin means? `where` is "host:port". */
bool tls_check_pin(SSL *ssl, const uint8_t pin[static PIN_LEN], const char *where,
		   char why[static FAILURE_MAX]) MUST_USE;
/* Common name of the relay's meta certificate, or "". */
void tls_meta_cn(SSL *ssl, char cn[static STREAM_CN_MAX]);
/* Why the handshake or the connection failed; error as from bufferevent_get_openssl_error. */
void tls_failure(SSL *ssl, unsigned long error, const char *where, char why[static FAILURE_MAX]);

#endif
