/* Any text is either a node's file that keeps its promises, or an error that says where. */
#include "fuzz/fuzz.h"

#include "config/config.h"

#include <string.h>

static void check_peer(const struct config *c, const struct netmap_peer *p)
{
	char label[NETMAP_NAME_MAX];
	FUZZ_ASSERT(!key_is_zero(p->key.b));
	FUZZ_ASSERT(p->plain == (p->home == 0));
	FUZZ_ASSERT(p->plain || netmap_relay(&c->map, p->home));
	FUZZ_ASSERT(netmap_peer(&c->map, &p->key) == p);
	FUZZ_ASSERT(netmap_peer_label(p, label)[0] != '\0');
	FUZZ_ASSERT(p->n_allowed <= NETMAP_ALLOWED_MAX && p->n_hints <= NETMAP_HINTS_MAX);
	for (size_t i = 0; i < p->n_hints; i++)
		FUZZ_ASSERT(endpoint_is_set(&p->hints[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[CONFIG_WHY_MAX];
	if (!crypto_init())
		abort();
	struct config *c = config_parse("f", (struct bytes){data, size}, why);
	if (!c) {
		FUZZ_ASSERT(strncmp(why, "f:", 2) == 0 && strlen(why) > 4);
		return 0;
	}
	FUZZ_ASSERT(c->map.self.n_addresses >= 1 &&
		    c->map.self.n_addresses <= NETMAP_ADDRESSES_MAX);
	FUZZ_ASSERT(c->key_file[0] || !key_is_zero(c->settings.key.b));
	for (size_t i = 0; i < c->map.n_relays; i++) {
		FUZZ_ASSERT(c->map.relays[i].region && c->map.relays[i].port &&
			    c->map.relays[i].host[0]);
		FUZZ_ASSERT(netmap_relay(&c->map, c->map.relays[i].region) == &c->map.relays[i]);
	}
	for (size_t i = 0; i < c->map.n_peers; i++)
		check_peer(c, &c->map.peers[i]);
	config_free(c);
	return 0;
}
