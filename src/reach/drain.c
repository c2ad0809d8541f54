/* Takes from all parts what they want sent and what they have to tell, for the owner. */
#include "reach/inside.h"

static void owe_receipt(struct reach *r, const struct path_event *ev, mono_ns now)
{
	if (r->own_receipts)
		paths_send_receipt(r->paths, ev->peer, &ev->via);
	else if (r->n_receipts < REACH_RECEIPTS_MAX)
		r->receipts[r->n_receipts++] = (struct receipt_owed){ev->peer, ev->via};
}

static void output_messages(struct reach *r, mono_ns now)
{
	struct packet p;
	struct paths_send send;
	while (reach_has_room(r) && reach_slot(r, &p)) {
		struct wr w = wr_of(p.data, p.tail);
		if (!paths_output(r->paths, &send, &w, now)) {
			reach_slot_back(r);
			break;
		}
		if (!packet_append(&p, w.n))
			continue;
		if (send.via.kind == WAY_UDP)
			reach_send_probe(r, &p, &send);
		else if (send.via.kind == WAY_RELAY)
			relays_send(r, send.via.region, &send.to, packet_bytes(&p), now);
	}
}

void reach_output(struct reach *r, mono_ns now)
{
	struct path_event ev;
	output_messages(r, now);
	while (paths_event(r->paths, &ev)) {
		struct reach_event emit = {.kind = REACH_PATH, .peer = ev.peer, .path = ev};
		if (ev.kind == PATH_RECEIPT) {
			owe_receipt(r, &ev, now);
			continue;
		}
		if (ev.kind == PATH_SELF)
			emit.kind = REACH_SELF;
		reach_emit(r, &emit);
	}
	if (r->own_receipts) /* those that the events asked for */
		output_messages(r, now);
}

bool reach_receipt(struct reach *r, peer_id *id, struct way *by)
{
	if (r->n_receipts == 0)
		return false;
	*id = r->receipts[0].peer;
	*by = r->receipts[0].by;
	r->n_receipts--;
	for (size_t i = 0; i < r->n_receipts; i++)
		r->receipts[i] = r->receipts[i + 1];
	return true;
}

static void output_relayed(struct reach *r, mono_ns now)
{
	enum reach_relayed what = REACH_RELAYED_DATA;
	while (r->out.n_relayed < BATCH_MAX && what != REACH_RELAYED_NOTHING) {
		struct reach_arrival *a = &r->out.relayed[r->out.n_relayed];
		what = reach_relayed(r, &a->packet, &a->from, &a->source, now);
		r->out.n_relayed += what == REACH_RELAYED_DATA;
	}
}

/* A packet that goes to a relay is not in `out`, and may make room for more.  So the parts are
 * asked until a round brings nothing. */
bool reach_drain(struct reach *r, const struct reach_out **out, mono_ns now)
{
	reach_begin(r);
	size_t before;
	do {
		before = r->slots_used;
		output_relayed(r, now);
		reach_output(r, now);
		reach_output_checks(r, now);
	} while (r->slots_used > before && reach_has_room(r));
	*out = reach_hand_out(r);
	return r->out.n_udp > 0 || r->slots_used > 0;
}

mono_ns reach_deadline(const struct reach *r)
{
	mono_ns first = mono_min(paths_deadline(r->paths), checks_deadline(r));
	return mono_min(first, mono_min(nat64_deadline(&r->nat64), relays_deadline(r)));
}

/* The network first: another NAT64 prefix puts paths and relays in doubt. */
void reach_tick(struct reach *r, mono_ns now)
{
	reach_begin(r);
	network_tick(r, now);
	paths_tick(r->paths, now);
	checks_tick(r, now);
	relays_tick(r, now);
}
