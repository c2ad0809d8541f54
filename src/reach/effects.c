/* What is to be sent and told, until the owner takes it.  Packets of a batch lie in the owner's
 * memory, packets of our own in slots.  Both stay as they are until the owner has acted on a drain
 * and calls again. */
#include "reach/inside.h"

void reach_begin(struct reach *r)
{
	if (!r->handed)
		return;
	r->handed = false;
	r->out.n_udp = r->out.n_relayed = 0;
	r->slots_used = 0;
}

const struct reach_out *reach_hand_out(struct reach *r)
{
	r->handed = true;
	return &r->out;
}

size_t reach_used(const struct reach *r)
{
	return r->slots_used;
}

bool reach_has_room(const struct reach *r)
{
	return r->slots_used < REACH_SLOTS && r->out.n_udp + 3 <= REACH_OUT_MAX;
}

bool reach_slot(struct reach *r, struct packet *out)
{
	if (r->slots_used == REACH_SLOTS) {
		r->stats.no_room++;
		return false;
	}
	*out = packet_in(r->slots[r->slots_used++], PACKET_SIZE, PACKET_HEADROOM);
	return true;
}

void reach_slot_back(struct reach *r)
{
	r->slots_used--;
}

static void send_from(struct reach *r, const struct packet *p, const struct way *to,
		      const struct ip *from, bool dont_fragment)
{
	if (r->out.n_udp == REACH_OUT_MAX) {
		r->stats.no_room++;
		return;
	}
	r->out.udp[r->out.n_udp++] = (struct datagram){.packet = *p,
						       .at = nat64_out(&r->nat64, &to->ep),
						       .from = *from,
						       .socket = to->socket,
						       .dont_fragment = dont_fragment};
}

void reach_send_udp(struct reach *r, const struct packet *p, const struct way *to)
{
	send_from(r, p, to, &(struct ip){0}, false);
}

void reach_send_probe(struct reach *r, const struct packet *p, const struct paths_send *to)
{
	send_from(r, p, &to->via, &to->from, to->dont_fragment);
}

void reach_emit(struct reach *r, const struct reach_event *ev)
{
	if (r->n_events == REACH_EVENTS_MAX) {
		r->event_first = (r->event_first + 1) % REACH_EVENTS_MAX;
		r->n_events--;
	}
	r->events[(r->event_first + r->n_events++) % REACH_EVENTS_MAX] = *ev;
}

bool reach_event(struct reach *r, struct reach_event *ev)
{
	if (relays_event(r, ev))
		return true;
	struct upnp_ask upnp;
	if (paths_upnp_ask(r->paths, &upnp)) {
		*ev = (struct reach_event){.kind = REACH_UPNP, .upnp = upnp};
		return true;
	}
	if (r->n_events == 0)
		return false;
	*ev = r->events[r->event_first];
	r->event_first = (r->event_first + 1) % REACH_EVENTS_MAX;
	r->n_events--;
	return true;
}
