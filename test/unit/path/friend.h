/* friend.h - one `paths` machine, and hand-made peers who seal what they like: for the tests and
 * fuzz targets of what the network may send */
#ifndef PATH_FRIEND_H
#define PATH_FRIEND_H

#include <string.h>

#include "crypto/seeded.h"
#include "path/paths.h"
#include "wire/disco.h"

enum { FRIEND_REGION = 1 };

struct friend
{
	struct node_key node;
	struct disco_private disco;
	struct disco_key disco_public;
	struct box_shared shared; /* with the machine */
};

static inline void friend_make(struct friend *f, const struct paths *p, const struct rng *rng)
{
	rng_fill(rng, f->node.b, KEY_LEN);
	key_generate(f->disco.b, rng);
	key_public(f->disco_public.b, f->disco.b);
	if (!box_shared_of(&f->shared, f->disco.b, paths_disco_key(p)->b))
		memset(&f->shared, 0, sizeof(f->shared));
}

/* Makes the machine know it as peer `id`. */
static inline void friend_introduce(const struct friend *f, struct paths *p, peer_id id,
				    mono_ns now)
{
	struct paths_peer cfg = {.key = f->node, .home = FRIEND_REGION};
	paths_peer_set(p, id, &cfg, now);
	paths_peer_disco(p, id, &f->disco_public, now);
}

static inline enum paths_input friend_say(const struct friend *f, struct paths *p,
					  const struct way *from, const struct disco_msg *msg,
					  const struct rng *rng, mono_ns now)
{
	uint8_t memory[2048];
	struct wr out = wr_of(memory, sizeof(memory));
	disco_seal(&out, &f->disco_public, &f->shared, msg, rng);
	return paths_input(p, from, from->kind == WAY_RELAY ? &f->node : NULL, wr_done(&out), now);
}

/* Opens what the machine sent to it; false: nothing that it understands. */
static inline bool friend_read(const struct friend *f, struct bytes datagram, struct disco_msg *msg)
{
	struct disco_key sender;
	struct bytes sealed;
	return disco_open_frame(datagram, &sender, &sealed) && disco_open(sealed, &f->shared, msg);
}

#endif
