/* The node's relay clients, one a region. The streams are the owner's: he is told to dial and to
 * hang up.  The first relay that was set is home, and always connected; the others connect when
 * something is to be sent to a peer that lives there, and are let go when idle. */
#include <assert.h>
#include <string.h>

#include "node/inside.h"

static struct relay_slot *find(struct node *n, uint16_t region)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (n->relays[i].used && n->relays[i].region == region)
			return &n->relays[i];
	return NULL;
}

/* A dial that the owner has not heard of needs no hanging up. */
static void hang_up(struct relay_slot *r)
{
	if (r->open && !r->dial)
		r->hangup_from = r->region;
	r->open = r->dial = false;
}

static void drop(struct relay_slot *r)
{
	relay_client_free(r->client);
	hang_up(r);
	*r = (struct relay_slot){.region = r->region, .hangup_from = r->hangup_from};
}

static void add(struct node *n, uint16_t region, bool home, mono_ns now)
{
	struct relay_slot *free_slot = NULL;
	for (size_t i = 0; i < RELAYS_MAX && !free_slot; i++)
		if (!n->relays[i].used)
			free_slot = &n->relays[i];
	assert(free_slot); /* there are as many as relays */
	struct relay_client_config cfg = {.key = n->key, .rng = n->rng, .home = home};
	*free_slot = (struct relay_slot){.region = region,
					 .client = relay_client_new(&cfg, now),
					 .hangup_from = free_slot->hangup_from};
	free_slot->used = free_slot->client != NULL;
	key_wipe(&cfg, sizeof(cfg));
}

void node_set_relays(struct node *n, const struct relay_place *v, size_t count, mono_ns now)
{
	count = count < RELAYS_MAX ? count : RELAYS_MAX;
	for (size_t i = 0; i < RELAYS_MAX; i++) {
		bool keep = false;
		for (size_t k = 0; k < count; k++)
			keep |= v[k].region == n->relays[i].region;
		if (!n->relays[i].used || keep)
			continue;
		paths_on_relay_lost(n->paths, n->relays[i].region, now);
		drop(&n->relays[i]);
	}
	for (size_t k = 0; k < count; k++) {
		struct relay_slot *r = find(n, v[k].region);
		if (r)
			relay_client_set_home(r->client, k == 0, now);
		else
			add(n, v[k].region, k == 0, now);
	}
	paths_set_relays(n->paths, v, count, now);
	netcheck_set_relays(n->netcheck, v, count);
}

void relays_free(struct node *n)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (n->relays[i].used)
			relay_client_free(n->relays[i].client);
}

void relays_send(struct node *n, uint16_t region, const struct node_key *to, struct bytes b,
		 mono_ns now)
{
	struct relay_slot *r = find(n, region);
	if (r)
		relay_client_send(r->client, to, b, now);
	else
		n->stats.no_way++;
}

void node_stream_up(struct node *n, uint16_t region, const struct node_key *server_key, mono_ns now)
{
	struct relay_slot *r = find(n, region);
	if (r && r->open)
		relay_client_up(r->client, server_key, now);
}

void node_stream_down(struct node *n, uint16_t region, const char *why, mono_ns now)
{
	struct relay_slot *r = find(n, region);
	if (!r || !r->open)
		return;
	r->open = false;
	relay_client_down(r->client, why, now);
}

void relays_hangup_all(struct node *n, const char *why, mono_ns now)
{
	for (size_t i = 0; i < RELAYS_MAX; i++) {
		struct relay_slot *r = &n->relays[i];
		if (!r->used || !r->open)
			continue;
		hang_up(r);
		relay_client_down(r->client, why, now);
	}
}

void node_from_stream(struct node *n, uint16_t region, struct bytes b, mono_ns now)
{
	node_begin(n);
	struct relay_slot *r = find(n, region);
	if (!r || !r->open)
		return;
	netcheck_heard(n->netcheck, region, now);
	relay_client_input(r->client, b, now);
}

size_t node_to_stream(struct node *n, uint16_t region, uint8_t *out, size_t cap, mono_ns now)
{
	struct relay_slot *r = find(n, region);
	return r && r->open ? relay_client_output(r->client, out, cap, now) : 0;
}

static void on_event(struct node *n, struct relay_slot *r, const struct relay_client_event *ev,
		     mono_ns now)
{
	struct node_event tell = {.kind = NODE_RELAY, .region = r->region};
	switch (ev->kind) {
	case RELAY_DIAL:
		r->open = r->dial = true;
		break;
	case RELAY_HANGUP:
		hang_up(r);
		break;
	case RELAY_READY:
		tell.ready = true;
		node_tell(n, &tell);
		break;
	case RELAY_LOST:
		paths_on_relay_lost(n->paths, r->region, now);
		memcpy(tell.why, ev->why, sizeof(tell.why));
		node_tell(n, &tell);
		break;
	case RELAY_PEER_GONE:
		tunnel_unreached(n->tunnel, tunnel_peer_find(n->tunnel, &ev->peer), now);
		break;
	case RELAY_PACKET: /* relays_packet */
	case RELAY_HEALTH: /* shown by node_relay_status */
		break;
	}
}

bool relays_packet(struct node *n, uint16_t *region, struct relay_client_event *ev, mono_ns now)
{
	for (size_t i = 0; i < RELAYS_MAX; i++) {
		struct relay_slot *r = &n->relays[i];
		while (r->used && relay_client_event(r->client, ev)) {
			*region = r->region;
			if (ev->kind == RELAY_PACKET)
				return true;
			on_event(n, r, ev, now);
		}
	}
	return false;
}

bool relays_event(struct node *n, struct node_event *ev)
{
	/* Hang up first, all of them: a new stream must not be taken for the old one of its region.
	 */
	for (size_t i = 0; i < RELAYS_MAX; i++) {
		struct relay_slot *r = &n->relays[i];
		if (r->hangup_from == 0)
			continue;
		*ev = (struct node_event){.kind = NODE_HANGUP, .region = r->hangup_from};
		r->hangup_from = 0;
		return true;
	}
	for (size_t i = 0; i < RELAYS_MAX; i++) {
		struct relay_slot *r = &n->relays[i];
		if (!r->dial)
			continue;
		*ev = (struct node_event){.kind = NODE_DIAL, .region = r->region};
		r->dial = false;
		return true;
	}
	return false;
}

mono_ns relays_deadline(const struct node *n)
{
	mono_ns first = MONO_NEVER;
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (n->relays[i].used)
			first = mono_min(first, relay_client_deadline(n->relays[i].client));
	return first;
}

void relays_tick(struct node *n, mono_ns now)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (n->relays[i].used)
			relay_client_tick(n->relays[i].client, now);
}

bool node_relay_status(const struct node *n, uint16_t region, struct relay_client_status *out)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (n->relays[i].used && n->relays[i].region == region) {
			relay_client_status(n->relays[i].client, out);
			return true;
		}
	return false;
}
