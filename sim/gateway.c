#include "sim/gateway.h"

#include "wire/natpmp.h"
#include "wire/pcp.h"

enum { LIFETIME_MAX_S = 7200, VERSION_NATPMP = 0, VERSION_PCP = 2 };

/* Mapped as long as is asked for, up to our limit; 0 takes it back. */
static bool map(struct gateway *g, const struct endpoint *inside, uint16_t wish, uint32_t *lifetime_s,
		struct endpoint *external, mono_ns now)
{
	if (*lifetime_s > LIFETIME_MAX_S)
		*lifetime_s = LIFETIME_MAX_S;
	*external = (struct endpoint){0};
	return nat_map(g->router->nat4, inside, wish, now + *lifetime_s * SECOND, now, external) ||
	       *lifetime_s == 0;
}

static uint32_t epoch_s(const struct gateway *g, mono_ns now)
{
	return (uint32_t)((now - g->started) / SECOND);
}

static void answer_natpmp(struct gateway *g, const struct net_datagram *d, struct wr *w, mono_ns now)
{
	struct natpmp_request q;
	struct natpmp_response a = {.epoch_s = epoch_s(g, now)};
	struct endpoint external;
	if (d->b[0] != VERSION_NATPMP || g->kind != GATEWAY_NATPMP) {
		a.result = NATPMP_UNSUPPORTED_VERSION;
	} else if (!natpmp_read_request((struct bytes){d->b, d->n}, &q)) {
		return;
	} else if (q.op == NATPMP_ADDRESS) {
		a.address = nat_config(g->router->nat4)->external;
	} else {
		const struct endpoint inside = {d->src.ip, q.internal};
		a.op = NATPMP_MAP_UDP;
		a.internal = q.internal;
		a.lifetime_s = q.lifetime_s;
		if (!map(g, &inside, q.external, &a.lifetime_s, &external, now))
			a.result = NATPMP_NO_RESOURCES;
		a.external = external.port;
	}
	g->asked++;
	natpmp_write_response(w, &a);
}

static void answer_pcp(struct gateway *g, const struct net_datagram *d, struct wr *w, mono_ns now)
{
	struct pcp_request q;
	if (!pcp_read_request((struct bytes){d->b, d->n}, &q))
		return;
	struct pcp_response a = {
		.op = q.op, .epoch_s = epoch_s(g, now), .map = q.map, .lifetime_s = q.lifetime_s};
	a.has_map = q.op == PCP_MAP;
	if (!ip_equal(&q.client, &d->src.ip)) {
		a.result = PCP_ADDRESS_MISMATCH;
	} else if (a.has_map) {
		const struct endpoint inside = {d->src.ip, q.map.internal};
		if (!map(g, &inside, q.map.external.port, &a.lifetime_s, &a.map.external, now))
			a.result = PCP_NO_RESOURCES;
	}
	g->asked++;
	pcp_write_response(w, &a);
}

static void on_datagram(void *self, const struct net_datagram *d, mono_ns now)
{
	struct gateway *g = self;
	uint8_t buf[PCP_MESSAGE_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	if (d->dst.port != PCP_PORT || !ip_equal(&d->dst.ip, &g->inside) || d->n < 2)
		return;
	if (g->kind == GATEWAY_PCP && d->b[0] == VERSION_PCP)
		answer_pcp(g, d, &w, now);
	else if (g->kind == GATEWAY_PCP || g->kind == GATEWAY_NATPMP)
		answer_natpmp(g, d, &w, now);
	struct bytes out = wr_done(&w);
	if (out.n && !net_send_from(g->router, &d->dst, &d->src, out, now))
		g->unsent++;
}

void gateway_init(struct gateway *g, enum gateway_kind kind, struct box *router, const struct ip *inside,
		  mono_ns now)
{
	*g = (struct gateway){.kind = kind, .router = router, .inside = *inside, .started = now};
	box_add_address(router, inside);
	box_attach(router, &(struct box_owner){.receive = on_datagram, .self = g});
}

struct upnp_report gateway_upnp(struct gateway *g, const struct upnp_ask *ask, mono_ns now)
{
	struct upnp_report r = {.kind = UPNP_NONE};
	if (g->kind != GATEWAY_UPNP)
		return r;
	g->asked++;
	r.kind = UPNP_FOUND;
	if (ask->kind == UPNP_FIND)
		return r;
	const struct endpoint inside = {ask->self, ask->port};
	r.lifetime_s = ask->kind == UPNP_MAP ? ask->lifetime_s : 0;
	bool mapped = map(g, &inside, ask->outside, &r.lifetime_s, &r.outside, now);
	r.kind = mapped && ask->kind == UPNP_MAP ? UPNP_MAPPED : UPNP_REFUSED;
	return r;
}
