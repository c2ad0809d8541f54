/* netmap/settings.h - what the person who runs this node decides, and the network does not tell */
#ifndef NETMAP_SETTINGS_H
#define NETMAP_SETTINGS_H

#include "base/addr.h"
#include "crypto/keys.h"

enum {
	SETTINGS_IFNAME_MAX = 16, /* with the NUL: IFNAMSIZ */
	SETTINGS_FIXED_MAX = 8
};

struct settings {
	struct node_private key;
	char interface[SETTINGS_IFNAME_MAX];
	struct endpoint fixed[SETTINGS_FIXED_MAX]; /* candidates of ours, by hand */
	size_t n_fixed;
	bool port_mapping; /* gateways may be asked to map our port */
	bool hard_nat;     /* hard NATs may be crossed by probing, with peers that agree */
	bool slow_punch;   /* also random against random, which takes half an hour */
	uint16_t port;     /* 0: any that is free */
	uint16_t mtu;
};

#endif
