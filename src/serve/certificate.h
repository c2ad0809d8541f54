/* serve/certificate.h - a relay's certificates, and the TLS context that its listeners use
 *
 * Source: docs/protocol/derp.md 2.3 (meta certificate), 6.2 (pins).
 */
#ifndef SERVE_CERTIFICATE_H
#define SERVE_CERTIFICATE_H

#include <openssl/types.h>

#include "crypto/keys.h"
#include "crypto/pin.h"
#include "io/failure.h"

/* Makes a self-signed certificate (EC P-256, 10 years) for a DNS name or an IP address, and writes
 * it with its key into one file (PEM, mode 0600). */
bool certificate_make(const char *path, const char *name, char why[static FAILURE_MAX]) MUST_USE;

/**
 * certificate_context() - a server's TLS context with a certificate
 * @chain:	PEM: the certificate, then those that signed it
 * @key:	PEM; may be the same file
 * @server_key:	named by the meta certificate, which is made afresh and goes last
 *
 * Return: the caller's (SSL_CTX_free), or NULL: why.
 */
SSL_CTX *certificate_context(const char *chain, const char *key, const struct node_key *server_key,
			     char why[static FAILURE_MAX]) MUST_USE;

/* The pin of the context's own certificate. False: the context has none. */
bool certificate_pin(const SSL_CTX *ctx, uint8_t pin[static PIN_LEN]) MUST_USE;
/* Is the context's own certificate for this DNS name or IP address? */
bool certificate_is_for(const SSL_CTX *ctx, const char *name) MUST_USE;

#endif
