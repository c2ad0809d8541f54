/* The relay clients, one a region.  The streams are the owner's: it is told to dial and to hang up.
 * The home relay is always connected.  The others are connected when there is something to send to
 * a peer that is reached there, and hung up when idle. */
#include <assert.h>
#include <string.h>

#include "reach/inside.h"

static struct relay_slot *find(struct reach *r, uint16_t region)
{
	for (size_t i = 0; i < r->relays_end; i++)
		if (r->relays[i].used && r->relays[i].region == region)
			return &r->relays[i];
	return NULL;
}

/* A dial that the owner has not heard of needs no hanging up. */
static void hang_up(struct reach *r, struct relay_slot *s)
{
	if (s->open && !s->dial)
		s->hangup_from = s->region;
	s->open = s->dial = false;
	r->streams_owed = true;
}

static void drop(struct reach *r, struct relay_slot *s)
{
	relay_client_free(s->client);
	hang_up(r, s);
	*s = (struct relay_slot){.region = s->region, .hangup_from = s->hangup_from};
}

static void add(struct reach *r, uint16_t region, bool home, mono_ns now)
{
	struct relay_slot *free_slot = NULL;
	for (size_t i = 0; i < RELAYS_MAX && !free_slot; i++)
		if (!r->relays[i].used)
			free_slot = &r->relays[i];
	assert(free_slot); /* there are as many as relays */
	size_t end = (size_t)(free_slot - r->relays) + 1;
	r->relays_end = end > r->relays_end ? end : r->relays_end;
	struct relay_client_config cfg = {.key = r->key, .rng = r->rng, .home = home};
	*free_slot = (struct relay_slot){.region = region,
					 .client = relay_client_new(&cfg, now),
					 .hangup_from = free_slot->hangup_from};
	free_slot->used = free_slot->client != NULL;
	key_wipe(&cfg, sizeof(cfg));
}

void reach_set_relays(struct reach *r, const struct relay_place *v, size_t count, uint16_t home,
		      mono_ns now)
{
	count = count < RELAYS_MAX ? count : RELAYS_MAX;
	for (size_t i = 0; i < r->relays_end; i++) {
		bool keep = false;
		for (size_t k = 0; k < count; k++)
			keep |= v[k].region == r->relays[i].region;
		if (!r->relays[i].used || keep)
			continue;
		paths_on_relay_lost(r->paths, r->relays[i].region, now);
		drop(r, &r->relays[i]);
	}
	for (size_t k = 0; k < count; k++) {
		struct relay_slot *s = find(r, v[k].region);
		if (s)
			relay_client_set_home(s->client, v[k].region == home, now);
		else
			add(r, v[k].region, v[k].region == home, now);
	}
	paths_set_relays(r->paths, v, count, now);
	netcheck_set_relays(r->netcheck, v, count);
}

void relays_free(struct reach *r)
{
	for (size_t i = 0; i < r->relays_end; i++)
		if (r->relays[i].used)
			relay_client_free(r->relays[i].client);
}

void relays_send(struct reach *r, uint16_t region, const struct node_key *to, struct bytes b,
		 mono_ns now)
{
	struct relay_slot *s = find(r, region);
	if (s)
		relay_client_send(s->client, to, b, now);
	else
		r->stats.no_way++;
}

void reach_stream_up(struct reach *r, uint16_t region, const struct node_key *server_key,
		     mono_ns now)
{
	struct relay_slot *s = find(r, region);
	if (s && s->open)
		relay_client_up(s->client, server_key, now);
}

void reach_stream_down(struct reach *r, uint16_t region, const char *why, mono_ns now)
{
	struct relay_slot *s = find(r, region);
	if (!s || !s->open)
		return;
	s->open = false;
	relay_client_down(s->client, why, now);
}

void relays_hangup_all(struct reach *r, const char *why, mono_ns now)
{
	for (size_t i = 0; i < r->relays_end; i++) {
		struct relay_slot *s = &r->relays[i];
		if (!s->used || !s->open)
			continue;
		hang_up(r, s);
		relay_client_down(s->client, why, now);
	}
}

void reach_from_stream(struct reach *r, uint16_t region, struct bytes b, mono_ns now)
{
	reach_begin(r);
	struct relay_slot *s = find(r, region);
	if (!s || !s->open)
		return;
	netcheck_heard(r->netcheck, region, now);
	relay_client_input(s->client, b, now);
}

size_t reach_to_stream(struct reach *r, uint16_t region, uint8_t *out, size_t cap, mono_ns now)
{
	struct relay_slot *s = find(r, region);
	return s && s->open ? relay_client_output(s->client, out, cap, now) : 0;
}

static void on_lost(struct reach *r, const struct relay_slot *s, const char *why, mono_ns now)
{
	struct reach_event lost = {.kind = REACH_RELAY, .region = s->region};
	paths_on_relay_lost(r->paths, s->region, now);
	memcpy(lost.why, why, sizeof(lost.why));
	reach_emit(r, &lost);
}

/* Takes what a client says about its stream.  False: it is about a peer. */
static bool on_stream_event(struct reach *r, struct relay_slot *s,
			    const struct relay_client_event *ev, mono_ns now)
{
	switch (ev->kind) {
	case RELAY_DIAL:
		s->open = s->dial = r->streams_owed = true;
		break;
	case RELAY_HANGUP:
		hang_up(r, s);
		break;
	case RELAY_READY:
		reach_emit(r, &(struct reach_event){
				      .kind = REACH_RELAY, .region = s->region, .ready = true});
		break;
	case RELAY_LOST:
		on_lost(r, s, ev->why, now);
		break;
	case RELAY_HEALTH: /* shown by reach_relay_status */
		break;
	case RELAY_PEER_GONE:
	case RELAY_PACKET:
		return false;
	}
	return true;
}

bool relays_next(struct reach *r, uint16_t *region, struct relay_client_event *ev, mono_ns now)
{
	for (size_t i = 0; i < r->relays_end; i++) {
		struct relay_slot *s = &r->relays[i];
		while (s->used && relay_client_event(s->client, ev)) {
			*region = s->region;
			if (!on_stream_event(r, s, ev, now))
				return true;
		}
	}
	return false;
}

bool relays_event(struct reach *r, struct reach_event *ev)
{
	if (!r->streams_owed)
		return false;
	/* All hang-ups go first: a new stream must not be taken for the old one of its region. */
	for (size_t i = 0; i < r->relays_end; i++) {
		struct relay_slot *s = &r->relays[i];
		if (s->hangup_from == 0)
			continue;
		*ev = (struct reach_event){.kind = REACH_HANGUP, .region = s->hangup_from};
		s->hangup_from = 0;
		return true;
	}
	for (size_t i = 0; i < r->relays_end; i++) {
		struct relay_slot *s = &r->relays[i];
		if (!s->dial)
			continue;
		*ev = (struct reach_event){.kind = REACH_DIAL, .region = s->region};
		s->dial = false;
		return true;
	}
	r->streams_owed = false;
	return false;
}

mono_ns relays_deadline(const struct reach *r)
{
	mono_ns first = MONO_NEVER;
	for (size_t i = 0; i < r->relays_end; i++)
		if (r->relays[i].used)
			first = mono_min(first, relay_client_deadline(r->relays[i].client));
	return first;
}

void relays_tick(struct reach *r, mono_ns now)
{
	for (size_t i = 0; i < r->relays_end; i++)
		if (r->relays[i].used)
			relay_client_tick(r->relays[i].client, now);
}

bool reach_relay_status(const struct reach *r, uint16_t region, struct relay_client_status *out)
{
	for (size_t i = 0; i < r->relays_end; i++)
		if (r->relays[i].used && r->relays[i].region == region) {
			relay_client_status(r->relays[i].client, out);
			return true;
		}
	return false;
}
