/* app/relay/state.h - what a relay keeps on disk: its key, and a certificate that it made itself */
#ifndef APP_RELAY_STATE_H
#define APP_RELAY_STATE_H

#include <openssl/types.h>

#include "app/relay/options.h"
#include "crypto/keys.h"

/* Makes the folder, and takes the lock that keeps a second relay off. -1: why. */
int relay_state_lock(const struct relay_options *o, char why[static FAILURE_MAX]) MUST_USE;
/* Reads the relay's key; the first time it is made and written. The caller wipes it. */
bool relay_state_key(const struct relay_options *o, const struct rng *rng, struct node_private *key,
		     char why[static FAILURE_MAX]) MUST_USE;
/* The context with the certificate that is to be used now; one is made the first time, if it is to
 * be self-signed. The caller's (SSL_CTX_free). NULL: why. */
SSL_CTX *relay_state_tls(const struct relay_options *o, const struct node_key *server_key,
			 char why[static FAILURE_MAX]) MUST_USE;

#endif
