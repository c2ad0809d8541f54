/* What is to be sent and told, until the owner takes it.  Packets of a batch lie in the owner's
 * memory, our own in slots; both stay as they are until the owner, having acted on what node_drain
 * gave, calls again. */
#include "node/inside.h"

void node_begin(struct node *n)
{
	if (!n->handed)
		return;
	n->handed = false;
	n->out.n_udp = n->out.n_tun = 0;
	n->slots_used = 0;
}

bool node_slot(struct node *n, struct packet *out)
{
	if (n->slots_used == NODE_SLOTS) {
		n->stats.no_room++;
		return false;
	}
	*out = packet_in(n->slots[n->slots_used++], PACKET_SIZE, PACKET_HEADROOM);
	return true;
}

bool node_send_udp(struct node *n, const struct packet *p, const struct way *to)
{
	return node_send_udp_from(n, p, to, &(struct ip){0});
}

bool node_send_udp_from(struct node *n, const struct packet *p, const struct way *to,
			const struct ip *from)
{
	if (n->out.n_udp == NODE_OUT_MAX) {
		n->stats.no_room++;
		return false;
	}
	n->out.udp[n->out.n_udp++] = (struct datagram){.packet = *p,
						       .at = nat64_out(&n->nat64, &to->ep),
						       .from = *from,
						       .socket = to->socket};
	return true;
}

bool node_send_probe(struct node *n, const struct packet *p, const struct paths_send *to)
{
	if (!node_send_udp_from(n, p, &to->via, &to->from))
		return false;
	n->out.udp[n->out.n_udp - 1].dont_fragment = to->dont_fragment;
	return true;
}

void node_tell(struct node *n, const struct node_event *ev)
{
	if (n->n_events == NODE_EVENTS_MAX) {
		n->event_first = (n->event_first + 1) % NODE_EVENTS_MAX;
		n->n_events--;
	}
	n->events[(n->event_first + n->n_events++) % NODE_EVENTS_MAX] = *ev;
}
