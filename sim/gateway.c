#include "sim/gateway.h"

#include "wire/natpmp.h"
#include "wire/pcp.h"

enum { LIFETIME_MAX_S = 7200, VERSION_NATPMP = 0, VERSION_PCP = 2 };

/* A mapping lives as long as was asked for, up to our limit.  0 removes it. */
static bool map(struct gateway *g, const struct endpoint *inside, uint16_t wish,
		uint32_t *lifetime_s, struct endpoint *external, mono_ns now)
{
	if (*lifetime_s > LIFETIME_MAX_S)
		*lifetime_s = LIFETIME_MAX_S;
	*external = (struct endpoint){0};
	struct nat *nat = inside->ip.family == 6 ? g->router->nat6 : g->router->nat4;
	return nat_map(nat, inside, wish, now + *lifetime_s * SECOND, now, external) ||
	       *lifetime_s == 0;
}

static uint32_t epoch_s(const struct gateway *g, mono_ns now)
{
	return (uint32_t)((now - g->started) / SECOND);
}

static void answer_natpmp(struct gateway *g, const struct net_datagram *d, struct wr *w,
			  mono_ns now)
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
	bool is6 = d->dst.ip.family == 6;
	if (d->dst.port != PCP_PORT || !ip_equal(&d->dst.ip, is6 ? &g->inside6 : &g->inside) ||
	    d->n < 2)
		return;
	g->asker[is6] = d->src.ip;
	if (g->kind == GATEWAY_PCP && d->b[0] == VERSION_PCP)
		answer_pcp(g, d, &w, now);
	else if (!is6 && (g->kind == GATEWAY_PCP || g->kind == GATEWAY_NATPMP))
		answer_natpmp(g, d, &w, now);
	struct bytes out = wr_done(&w);
	if (out.n && !net_send_from(g->router, &d->dst, &d->src, out, now))
		g->unsent++;
}

void gateway_init(struct gateway *g, enum gateway_kind kind, struct box *router,
		  const struct ip *inside, mono_ns now)
{
	*g = (struct gateway){.kind = kind, .router = router, .inside = *inside, .started = now};
	box_add_address(router, inside);
	box_attach(router, &(struct box_owner){.receive = on_datagram, .self = g});
}

void gateway_add_ipv6(struct gateway *g, const struct ip *inside)
{
	g->inside6 = *inside;
	box_add_address(g->router, inside);
}

static void announce(struct gateway *g, const struct ip *from, const struct ip *asker, mono_ns now)
{
	const struct endpoint src = {*from, PCP_PORT}, dst = {*asker, PCP_ANNOUNCE_PORT};
	uint8_t buf[PCP_HEADER_LEN];
	struct wr w = wr_of(buf, sizeof(buf));
	if (g->kind == GATEWAY_PCP)
		pcp_write_response(
			&w, &(struct pcp_response){.op = PCP_ANNOUNCE, .epoch_s = epoch_s(g, now)});
	else
		natpmp_write_response(&w, &(struct natpmp_response){
						  .op = NATPMP_ADDRESS,
						  .address = nat_config(g->router->nat4)->external,
						  .epoch_s = epoch_s(g, now)});
	if (asker->family != 0 && !net_send_from(g->router, &src, &dst, wr_done(&w), now))
		g->unsent++;
}

void gateway_restart(struct gateway *g, mono_ns now)
{
	g->started = now;
	nat_reboot(g->router->nat4);
	if (g->router->nat6)
		nat_reboot(g->router->nat6);
	if (g->kind != GATEWAY_PCP && g->kind != GATEWAY_NATPMP)
		return;
	announce(g, &g->inside, &g->asker[0], now);
	announce(g, &g->inside6, &g->asker[1], now);
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
