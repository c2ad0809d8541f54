/* Any text is either a node's file that keeps its promises, or an error that says where. */
#include "fuzz/fuzz.h"

#include "config/config.h"

#include <string.h>

static void check_peer(const struct config *c, const struct config_peer *p)
{
	char label[CONFIG_NAME_MAX];
	FUZZ_ASSERT(!key_is_zero(p->key.b));
	FUZZ_ASSERT(p->plain == (p->home == 0));
	FUZZ_ASSERT(p->plain || config_relay(c, p->home));
	FUZZ_ASSERT(config_peer(c, &p->key) == p);
	FUZZ_ASSERT(config_peer_label(p, label)[0] != '\0');
	FUZZ_ASSERT(p->n_allowed <= CONFIG_ALLOWED_MAX && p->n_hints <= PATHS_HINTS_MAX);
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
	FUZZ_ASSERT(c->node.n_addresses >= 1 && c->node.n_addresses <= NODE_ADDRESSES_MAX);
	FUZZ_ASSERT(c->node.key_file[0] || !key_is_zero(c->node.key.b));
	for (size_t i = 0; i < c->n_relays; i++) {
		FUZZ_ASSERT(c->relays[i].region && c->relays[i].port && c->relays[i].host[0]);
		FUZZ_ASSERT(config_relay(c, c->relays[i].region) == &c->relays[i]);
	}
	for (size_t i = 0; i < c->n_peers; i++)
		check_peer(c, &c->peers[i]);
	config_free(c);
	return 0;
}
