#include "path/outbox.h"

#include <stdlib.h>

bool outbox_init(struct outbox *o, const struct rng *rng, uint32_t peers_max)
{
	*o = (struct outbox){.rng = *rng};
	o->v = calloc(OUTBOX_MAX, sizeof(*o->v));
	if (o->v && probes_init(&o->probes, peers_max))
		return true;
	free(o->v);
	*o = (struct outbox){0};
	return false;
}

void outbox_fini(struct outbox *o)
{
	probes_fini(&o->probes);
	free(o->v);
}

static void post(struct outbox *o, const struct outgoing *message)
{
	if (o->n < OUTBOX_MAX)
		o->v[(o->first + o->n++) % OUTBOX_MAX] = *message;
}

void outbox_ping(struct outbox *o, peer_id peer, const struct way *via, bool for_person,
		 mono_ns now)
{
	if (o->n == OUTBOX_MAX)
		return;
	const struct probe *p = probes_begin(&o->probes, peer, via, for_person, &o->rng, now);
	post(o, &(struct outgoing){.type = DISCO_PING, .peer = peer, .via = *via, .txid = p->txid});
}

void outbox_ping_padded(struct outbox *o, peer_id peer, const struct way *via, uint16_t size,
			mono_ns now)
{
	if (o->n == OUTBOX_MAX)
		return;
	struct probe *p = probes_begin(&o->probes, peer, via, false, &o->rng, now);
	p->padded = size;
	post(o, &(struct outgoing){.type = DISCO_PING,
				   .peer = peer,
				   .via = *via,
				   .txid = p->txid,
				   .padded = size});
}

void outbox_pong(struct outbox *o, peer_id peer, const struct way *via,
		 const struct disco_txid *txid)
{
	struct endpoint seen = via->kind == WAY_RELAY ? disco_relay_endpoint(via->region) : via->ep;
	post(o,
	     &(struct outgoing){
		     .type = DISCO_PONG, .peer = peer, .via = *via, .txid = *txid, .seen = seen});
}

void outbox_call(struct outbox *o, peer_id peer, const struct way *via)
{
	post(o, &(struct outgoing){.type = DISCO_CALL_ME_MAYBE, .peer = peer, .via = *via});
}

void outbox_extend(struct outbox *o, peer_id peer, const struct way *via, uint64_t nonce,
		   uint8_t step)
{
	post(o, &(struct outgoing){.type = DISCO_EXTENSION,
				   .peer = peer,
				   .via = *via,
				   .nonce = nonce,
				   .step = step});
}

void outbox_receipt(struct outbox *o, peer_id peer, const struct way *via)
{
	post(o, &(struct outgoing){
			.type = DISCO_RECEIPT, .peer = peer, .via = *via, .nonce = ++o->receipts});
}

bool outbox_next(struct outbox *o, struct outgoing *out)
{
	while (o->n > 0) {
		*out = o->v[o->first];
		o->first = (o->first + 1) % OUTBOX_MAX;
		o->n--;
		if (out->peer != PEER_NONE)
			return true;
	}
	return false;
}

void outbox_forget(struct outbox *o, peer_id peer)
{
	probes_forget(&o->probes, peer);
	for (uint32_t i = 0; i < o->n; i++) {
		struct outgoing *message = &o->v[(o->first + i) % OUTBOX_MAX];
		if (message->peer == peer)
			message->peer = PEER_NONE;
	}
}
