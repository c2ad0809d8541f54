#include "reach/pump.h"

static void follow_sockets(struct pump *p)
{
	const struct socket_wish *w = reach_sockets(p->reach);
	if (w->version == p->sockets_version)
		return;
	p->sockets_version = w->version;
	p->effects->follow(p->effects_self, w);
}

static bool drain(struct pump *p, mono_ns now)
{
	const struct reach_out *out;
	struct pump_refused refused = {.n = 0};
	bool more = p->machine->drain(p->machine_self, &out, now);
	follow_sockets(p);
	if (!more)
		return false;
	if (out->n_udp > 0)
		p->effects->send(p->effects_self, out->udp, out->n_udp, &refused, now);
	if (p->machine->deliver)
		p->machine->deliver(p->machine_self, now);
	for (size_t i = 0; i < refused.n; i++)
		reach_udp_unreachable(p->reach, &refused.v[i], now);
	return true;
}

bool pump_turn(struct pump *p, mono_ns now)
{
	bool filled = false;
	/* Streams are filled after each drain: a turn may bring more than a relay client's queue
	 * holds. */
	while (drain(p, now))
		filled |= p->effects->fill(p->effects_self, now);
	return p->effects->fill(p->effects_self, now) || filled;
}

static bool take_events(struct pump *p, mono_ns now)
{
	struct reach_event ev;
	bool any = false;
	while (reach_event(p->reach, &ev)) {
		any = true;
		p->effects->event(p->effects_self, &ev, now);
	}
	return any;
}

bool pump_settle(struct pump *p, unsigned rounds_max, mono_ns now)
{
	bool more = true;
	for (unsigned i = 0; more && i < rounds_max; i++) {
		more = drain(p, now);
		more |= take_events(p, now);
		(void)p->effects->fill(p->effects_self, now);
	}
	p->effects->arm(p->effects_self, p->machine->deadline(p->machine_self));
	return !more;
}
