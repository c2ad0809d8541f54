#include "path/env.h"

#include "path/mtu.h"

#include <stdlib.h>

bool means_init(struct means *m, const struct rng *rng, uint16_t port, uint32_t peers_max)
{
	*m = (struct means){.rng = *rng, .inner_mtu = MTU_INNER};
	gather_init(&m->gather, rng, port);
	m->outbox = calloc(OUTBOX_MAX, sizeof(*m->outbox));
	m->events = calloc(PATH_EVENTS_MAX, sizeof(*m->events));
	if (m->outbox && m->events && probes_init(&m->probes, peers_max))
		return true;
	free(m->outbox);
	free(m->events);
	return false;
}

void means_fini(struct means *m)
{
	probes_fini(&m->probes);
	free(m->outbox);
	free(m->events);
}

bool means_know_region(const struct means *m, uint16_t region)
{
	for (size_t i = 0; i < m->n_regions; i++)
		if (m->regions[i] == region)
			return true;
	return false;
}

static void post(struct means *m, const struct outgoing *o)
{
	if (m->n_out < OUTBOX_MAX)
		m->outbox[(m->out_first + m->n_out++) % OUTBOX_MAX] = *o;
}

void means_ping(struct means *m, peer_id peer, const struct via *via, bool for_person, mono_ns now)
{
	if (m->n_out == OUTBOX_MAX)
		return;
	const struct probe *p = probes_begin(&m->probes, peer, via, for_person, &m->rng, now);
	post(m, &(struct outgoing){.type = DISCO_PING, .peer = peer, .via = *via, .txid = p->txid});
}

void means_ping_padded(struct means *m, peer_id peer, const struct via *via, uint16_t size,
		       mono_ns now)
{
	if (m->n_out == OUTBOX_MAX)
		return;
	struct probe *p = probes_begin(&m->probes, peer, via, false, &m->rng, now);
	p->padded = size;
	post(m, &(struct outgoing){.type = DISCO_PING,
				   .peer = peer,
				   .via = *via,
				   .txid = p->txid,
				   .padded = size});
}

void means_pong(struct means *m, peer_id peer, const struct via *via, const struct disco_txid *txid)
{
	struct endpoint seen = via->kind == VIA_RELAY ? disco_relay_endpoint(via->region) : via->ep;
	post(m,
	     &(struct outgoing){
		     .type = DISCO_PONG, .peer = peer, .via = *via, .txid = *txid, .seen = seen});
}

void means_call(struct means *m, peer_id peer, const struct via *via)
{
	post(m, &(struct outgoing){.type = DISCO_CALL_ME_MAYBE, .peer = peer, .via = *via});
}

void means_extend(struct means *m, peer_id peer, const struct via *via, uint64_t nonce,
		  uint8_t step)
{
	post(m, &(struct outgoing){.type = DISCO_EXTENSION,
				   .peer = peer,
				   .via = *via,
				   .nonce = nonce,
				   .step = step});
}

bool means_next(struct means *m, struct outgoing *out)
{
	while (m->n_out > 0) {
		*out = m->outbox[m->out_first];
		m->out_first = (m->out_first + 1) % OUTBOX_MAX;
		m->n_out--;
		if (out->peer != PEER_NONE)
			return true;
	}
	return false;
}

void means_tell(struct means *m, const struct path_event *ev)
{
	if (m->n_events == PATH_EVENTS_MAX) {
		m->event_first = (m->event_first + 1) % PATH_EVENTS_MAX;
		m->n_events--;
	}
	m->events[(m->event_first + m->n_events++) % PATH_EVENTS_MAX] = *ev;
}

bool means_event(struct means *m, struct path_event *ev)
{
	if (m->n_events == 0)
		return false;
	*ev = m->events[m->event_first];
	m->event_first = (m->event_first + 1) % PATH_EVENTS_MAX;
	m->n_events--;
	return true;
}

void means_forget(struct means *m, peer_id peer)
{
	probes_forget(&m->probes, peer);
	for (uint32_t i = 0; i < m->n_out; i++) {
		struct outgoing *o = &m->outbox[(m->out_first + i) % OUTBOX_MAX];
		if (o->peer == peer)
			o->peer = PEER_NONE;
	}
}
