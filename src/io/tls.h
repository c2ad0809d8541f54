/* io/tls.h - TLS for client streams: contexts, what the certificate must be, and sentences
 *
 * TLS 1.2 or later, no ALPN, no resumption (a resumed session shows no certificates).
 *
 * Source: derp.md 2.1, 2.3 (meta certificate) and 6.2.
 */
#ifndef IO_TLS_H
#define IO_TLS_H

#include <openssl/ssl.h>

#include "io/stream.h"

/* ca_file for STREAM_CA only. NULL: why. */
SSL_CTX *tls_context(enum stream_trust trust, const char *ca_file,
		     char why[static FAILURE_MAX]) MUST_USE;
/* A connection that asks for `host` (as SNI, if it is a name) and takes a certificate for `name`.
 * ctx is referenced. NULL: out of memory, or no certificate can have the name. */
SSL *tls_new(SSL_CTX *ctx, enum stream_trust trust, const char *host, const char *name) MUST_USE;
/* After the handshake: is this the certificate that the pin names? `where` is "host:port". False:
 * why. */
bool tls_check_pin(SSL *ssl, const uint8_t pin[static PIN_LEN], const char *where,
		   char why[static FAILURE_MAX]) MUST_USE;
/* Sets cn to the common name of the relay's meta certificate, or "". */
void tls_meta_cn(SSL *ssl, char cn[static STREAM_CN_MAX]);
/* Says why the handshake or the connection failed; error is OpenSSL's (ERR_get_error(3)). */
void tls_failure(SSL *ssl, unsigned long error, const char *where, char why[static FAILURE_MAX]);

#endif
