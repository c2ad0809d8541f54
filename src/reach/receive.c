/* The way in: STUN and disco end here, everything else is the owner's. */
#include <string.h>

#include "reach/inside.h"

enum reach_input reach_input(struct reach *r, const struct datagram *d, mono_ns now,
			     struct way *from)
{
	struct endpoint at = nat64_in(&r->nat64, &d->at);
	*from = way_udp_by(&at, d->socket);
	if (checks_input(r, from, packet_bytes(&d->packet), now))
		return REACH_TAKEN;
	switch (paths_input(r->paths, from, NULL, packet_bytes(&d->packet), now)) {
	case PATHS_NOT_MINE:
		return REACH_DATA;
	case PATHS_TAKEN:
	case PATHS_DROPPED:
		break;
	}
	return REACH_TAKEN;
}

/* The bytes belong to the relay client.  The owner opens a packet in place, so it gets a copy. */
static bool copy_to_slot(struct reach *r, struct bytes b, struct packet *p)
{
	if (!reach_slot(r, p))
		return false;
	uint8_t *room = packet_append(p, b.n);
	if (!room) {
		r->stats.too_long++;
		reach_slot_back(r);
		return false;
	}
	memcpy(room, b.p, b.n);
	return true;
}

enum reach_relayed reach_relayed(struct reach *r, struct packet *p, struct way *from,
				 struct node_key *source, mono_ns now)
{
	struct relay_client_event ev;
	uint16_t region;
	/* If there is no room for one more, the rest stays in the clients until the next drain. */
	while (r->slots_used < REACH_SLOTS && relays_next(r, &region, &ev, now)) {
		*from = way_relay(region);
		*source = ev.peer;
		if (ev.kind == RELAY_PEER_GONE)
			return REACH_RELAYED_UNREACHED;
		if (paths_input(r->paths, from, &ev.peer, ev.packet, now) == PATHS_NOT_MINE &&
		    copy_to_slot(r, ev.packet, p))
			return REACH_RELAYED_DATA;
	}
	return REACH_RELAYED_NOTHING;
}
