#include "path/portmap/facts.h"

static struct portmap_asked asked_of(const struct mapper *m)
{
	struct portmap_asked a = {.refusal = m->refusal};
	switch (m->state) {
	case MAPPER_OFF:
		a.state = m->heard ? ASKED_STANDBY : ASKED_NOT;
		break;
	case MAPPER_ASKING:
		a.state = m->heard ? ASKED_STANDBY : ASKED_NOW;
		break;
	case MAPPER_KEEPING:
		a.state = ASKED_MAPPED;
		break;
	case MAPPER_REFUSED:
		a.state = m->heard ? ASKED_REFUSED : ASKED_UNSPOKEN;
		break;
	case MAPPER_SILENT:
		a.state = ASKED_UNSPOKEN;
		break;
	}
	if (mapper_holds(m))
		a.state = ASKED_MAPPED;
	return a;
}

static void add_gateway(const struct portmap *p, const struct portmap_gateway *there, mono_ns now,
			struct portmap_facts *out)
{
	struct gateway_facts *g = &out->v[out->n++];
	g->at = there->at.gateway;
	g->asked[PORTMAP_PCP] = asked_of(&there->pcp.m);
	g->asked[PORTMAP_NATPMP] = asked_of(&there->natpmp.m);
	if (p->upnp.gateway.family != 0 && ip_equal(&p->upnp.gateway, &there->at.gateway))
		g->asked[PORTMAP_UPNP] = asked_of(&p->upnp.m);
	const struct mapper *held = portmap_held(p, there, &g->protocol);
	if (!held)
		return;
	g->outside = held->outside;
	g->reach = portmap_reach(p, there, &held->outside.ip);
	g->left = mono_since(now, held->until);
}

void portmap_facts(const struct portmap *p, mono_ns now, struct portmap_facts *out)
{
	*out = (struct portmap_facts){.port = p->port};
	for (size_t i = 0; i < p->n; i++)
		add_gateway(p, &p->v[i], now, out);
}
