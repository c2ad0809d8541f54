/* config/config.h - the node's file, in the style of wg.conf: text in, a checked description out
 *
 *   [Node]                           [Relay]                      [Peer]
 *   PrivateKeyFile = /etc/w/key      Name = lab                   Name = bob
 *   Address = 100.64.0.1/32          Host = relay.example         PublicKey = nodekey:...
 *                                    Pin = sha256-raw:...         AllowedIPs = 100.64.0.2/32
 *                                                                 Relay = lab
 *
 * Pure: no file is opened and no name is looked up here (config/load.h reads the files that it
 * names).  man/warren.conf.5 has every key.  Nothing is guessed: an unknown key, a second value for
 * a single one, or a contradiction is an error that names file, line, what was found and what was
 * expected; the first one is reported.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/place.h"
#include "netmap/netmap.h"
#include "netmap/settings.h"

enum {
	CONFIG_PEERS_MAX = 10000,
	/* Bytes of a file; a longer one is refused. Room for all peers, each with about 800. */
	CONFIG_TEXT_MAX = 8 << 20,
	CONFIG_MTU_MIN = 576,
	CONFIG_MTU_MAX = 1500,
	CONFIG_WHY_MAX = 512
};

enum { CONFIG_PORT = 41641, CONFIG_MTU = 1280 };

/* What the file says of a peer beside the netmap; only this room looks at it. */
struct config_peer_notes {
	char *psk_file; /* NULL: none */
	unsigned line;  /* of its [Peer] */
};

struct config {
	struct settings settings;             /* its key is zero until read from key_file */
	struct netmap map;                    /* its relays begin with our home relay */
	char key_file[NETMAP_PATH_MAX];       /* "": the key stood in the file itself */
	unsigned relay_line[RELAYS_MAX];      /* of each [Relay], as in map.relays */
	struct config_peer_notes *peer_notes; /* of each peer, as in map.peers */
	size_t n_peer_notes;
};

/* NULL: why has a sentence that begins with "FILE:LINE: " or "FILE: ". `file` is only for that. */
struct config *config_parse(const char *file, struct bytes text,
			    char why[static CONFIG_WHY_MAX]) MUST_USE;
/* The same of a file that need not have a [Node]: for a reader that only wants the relays. */
struct config *config_parse_relays(const char *file, struct bytes text,
				   char why[static CONFIG_WHY_MAX]) MUST_USE;
void config_free(struct config *c); /* wipes its secrets; NULL is fine */

/* What can only be said once the private key is known: none of the peers is ourselves. */
bool config_check_key(const struct config *c, const char *file,
		      char why[static CONFIG_WHY_MAX]) MUST_USE;

#endif
