/* alice_and_bob.h - alice's file, in which bob is her only peer, for the tests of what is told */
#ifndef UNIT_REPORT_ALICE_AND_BOB_H
#define UNIT_REPORT_ALICE_AND_BOB_H

#include "unit/config/parsed.h"

static inline struct config *config(void)
{
	return good("[Node]\nPrivateKey = "
		    "privkey:0100000000000000000000000000000000000000000000000000000000000041\n"
		    "Address = 100.64.0.1\nName = alice\n"
		    "[Relay]\nName = lab\nHost = 192.0.2.10\nPlain = yes\n"
		    "[Peer]\nName = bob\nPublicKey = " KEY1 "\n"
		    "AllowedIPs = 100.64.0.2, 10.9.0.0/16\nRelay = lab\n");
}

/* The peer of this configuration, with a place where it may be; it is valid as long as c. */
static inline struct netmap_peer bob_with_hint(const struct config *c)
{
	const struct netmap_peer *bob = &c->map.peers[0];
	return (struct netmap_peer){.key = bob->key,
				    .home = 1,
				    .hints = {{ip_v4(192, 0, 2, 9), 9}},
				    .n_hints = 1,
				    .allowed = bob->allowed,
				    .n_allowed = bob->n_allowed};
}

#endif
