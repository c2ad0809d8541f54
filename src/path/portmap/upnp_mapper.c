#include "path/portmap/upnp_mapper.h"

/* The process that talks UPnP has shorter time-outs of its own. */
static const struct mapper_patience patience = {
	.first = 30 * SECOND, .most = 30 * SECOND, .tries = 1};

enum { RETRY_S = 300 };

void upnp_mapper_init(struct upnp_mapper *u, const struct ip *self, const struct ip *gateway,
		      uint16_t port)
{
	bool off = u->off;
	*u = (struct upnp_mapper){.self = *self, .gateway = *gateway, .port = port, .off = off};
	mapper_init(&u->m);
}

void upnp_mapper_ask(struct upnp_mapper *u, mono_ns now)
{
	if (!u->off)
		mapper_ask(&u->m, now);
}

bool upnp_mapper_waits(const struct upnp_mapper *u)
{
	return u->m.state == MAPPER_ASKING && u->found && !u->may_map;
}

void upnp_mapper_allow(struct upnp_mapper *u, mono_ns now)
{
	if (!upnp_mapper_waits(u))
		return;
	u->may_map = true;
	mapper_ask_on(&u->m, now);
}

static void found(struct upnp_mapper *u, mono_ns now)
{
	u->found = u->m.heard = true;
	u->m.owed = false;
	if (u->may_map)
		mapper_ask_on(&u->m, now);
	else
		u->m.next = MONO_NEVER; /* until it is allowed */
}

void upnp_mapper_report(struct upnp_mapper *u, const struct upnp_report *r, mono_ns now)
{
	u->off |= r->kind == UPNP_OFF;
	if (u->off)
		mapper_off(&u->m);
	if (u->m.state != MAPPER_ASKING)
		return;
	switch (r->kind) {
	case UPNP_FOUND:
		if (!u->found)
			found(u, now);
		break;
	case UPNP_MAPPED:
		if (!u->may_map)
			break;
		/* A mapping without an end is renewed like any other: the gateway may forget it. */
		if (!mapper_granted(&u->m, &r->outside,
				    r->lifetime_s ? r->lifetime_s : MAPPER_LIFETIME_S, now))
			mapper_refused(&u->m, MAPPER_REFUSED_SOMEHOW, RETRY_S, now);
		break;
	case UPNP_NONE:
		u->found = false;
		mapper_refused(&u->m, MAPPER_UNSPOKEN, UINT32_MAX, now);
		break;
	case UPNP_REFUSED:
		mapper_refused(&u->m, MAPPER_REFUSED_SOMEHOW, RETRY_S, now);
		break;
	case UPNP_OFF:
		break;
	}
}

void upnp_mapper_release(struct upnp_mapper *u)
{
	u->ended = u->m.outside.port;
	mapper_release(&u->m);
}

bool upnp_mapper_output(struct upnp_mapper *u, struct upnp_ask *out)
{
	struct upnp_ask ask = {.self = u->self,
			       .gateway = u->gateway,
			       .port = u->port,
			       .lifetime_s = MAPPER_LIFETIME_S};
	if (!u->m.owed && !u->m.owed_end)
		return false;
	if (u->m.owed_end) {
		ask.kind = UPNP_UNMAP;
		ask.outside = u->ended;
	} else {
		ask.kind = u->found && u->may_map ? UPNP_MAP : UPNP_FIND;
		ask.outside = u->m.wish ? u->m.wish : u->port;
	}
	if (u->m.owed_end)
		u->m.owed_end = false;
	else
		u->m.owed = false;
	*out = ask;
	return true;
}

void upnp_mapper_tick(struct upnp_mapper *u, const struct rng *rng, mono_ns now)
{
	mapper_tick(&u->m, &patience, rng, now);
}
