/* sim/places.h - the kinds of place a host can be in: one list, for the simulator and for the lab
 *
 * The parameters are those of sim/nat_words.h.  `warren-matrix -l` prints the list as JSON, and
 * lab/places.py builds the same places from that.
 */
#ifndef SIM_PLACES_H
#define SIM_PLACES_H

#include "sim/nat_words.h"
#include "sim/world.h"

struct place {
	const char *name, *what;
	const char *nat;     /* of the home's router; NULL: the host is in the internet itself */
	unsigned addresses;  /* of the outermost NAT; 0: one */
	const char *carrier; /* of the NAT above the home's; NULL: none */
	bool shares_carrier; /* two of this kind stand below the same one */
	const char *wall6;   /* the firewall before its IPv6; NULL: it has no IPv6 */
	const char *nat64;   /* the NAT64 that it has instead of IPv4; NULL: it has IPv4 */
	const char *second;  /* of the router of a second uplink; NULL: there is only one uplink */
	const char *second_wall6;
	enum gateway_kind portmap; /* the protocol for port mappings that the router speaks */
};

extern const struct place places[];
size_t places_count(void);
const struct place *place_find(const char *name); /* NULL: there is none */
const char *place_portmap_word(const struct place *p);

/* The easiest technique of Warren's by which two places can reach each other directly. */
enum place_way {
	TECHNIQUE_PLAIN,    /* simple probing of what STUN and the interfaces say */
	TECHNIQUE_IPV6,     /* the same, and IPv4 alone would be harder */
	TECHNIQUE_PORTMAP,  /* after asking a gateway */
	TECHNIQUE_PREDICT,  /* guessing the next port of a NAT that counts */
	TECHNIQUE_BLOCK,    /* trying the ports of a block */
	TECHNIQUE_BIRTHDAY, /* many ports of a NAT that is random, from an easy one */
	TECHNIQUE_GUESS,    /* at both sides, or at several addresses: fits now and then */
	TECHNIQUE_SLOW,     /* many against many: the slow mode, off by default */
	TECHNIQUE_NONE      /* the relay only */
};
enum place_way place_way(const struct place *a, const struct place *b);
const char *place_way_word(enum place_way way);

/* Builds two homes with nodes in these places, with lines of this kind.  The relays must exist. */
void places_build(struct world *w, const struct place *a, const struct place *b,
		  const struct link_config *line, struct household *out[static 2]);

#endif
