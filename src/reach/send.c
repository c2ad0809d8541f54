/* The way out: the route of a peer says where its packets go. */
#include "reach/inside.h"

void reach_send_by(struct reach *r, peer_id id, const struct packet *p, const struct way *by,
		   mono_ns now)
{
	if (by->kind == WAY_UDP)
		reach_send_udp(r, p, by);
	else if (by->kind == WAY_RELAY)
		relays_send(r, by->region, &r->peers[id].key, packet_bytes(p), now);
}

void reach_send(struct reach *r, peer_id id, const struct packet *p, mono_ns now)
{
	struct route route;
	paths_on_send(r->paths, id, now);
	paths_route(r->paths, id, &route);
	for (uint8_t i = 0; i < route.n; i++)
		reach_send_by(r, id, p, &route.via[i], now);
	if (route.n == 0) {
		r->stats.no_way++;
		r->peers[id].lost_no_way++;
	}
}

void reach_reply(struct reach *r, const struct packet *p, const struct way *to,
		 const struct node_key *relay_source, mono_ns now)
{
	if (to->kind == WAY_RELAY)
		relays_send(r, to->region, relay_source, packet_bytes(p), now);
	else
		reach_send_udp(r, p, to);
}
