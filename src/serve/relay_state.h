/* serve/relay_state.h - what a relay keeps on disk: its key, and a certificate that it made itself
 *
 *   FOLDER/relay.lock   held while the relay runs
 *   FOLDER/relay.key    "privkey:" and 64 hexadecimal digits, mode 0600
 *   FOLDER/relay.pem    the self-signed certificate and its key, mode 0600
 */
#ifndef SERVE_RELAY_STATE_H
#define SERVE_RELAY_STATE_H

#include <openssl/types.h>

#include "crypto/keys.h"
#include "io/failure.h"

/* Makes the folder, and takes the lock that keeps a second relay off. The caller closes the file
 * descriptor. -1: why. */
int relay_state_lock(const char *folder, char why[static FAILURE_MAX]) MUST_USE;

/* Reads the relay's key; makes and writes it the first time. The caller wipes it. */
bool relay_state_key(const char *folder, const struct rng *rng, struct node_private *key,
		     char why[static FAILURE_MAX]) MUST_USE;

struct relay_certificate {
	const char *chain;  /* a PEM file of the operator's; NULL: self-signed */
	const char *key;    /* its key, PEM; NULL: in the same file */
	const char *folder; /* self-signed: where it is kept */
	const char *host;   /* self-signed: the name or address that it is for */
};
/* The context with the certificate of now; a self-signed one is made the first time. The caller's
 * (SSL_CTX_free). NULL: why. */
SSL_CTX *relay_state_tls(const struct relay_certificate *c, const struct node_key *server_key,
			 char why[static FAILURE_MAX]) MUST_USE;

#endif
