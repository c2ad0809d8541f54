/* Theory of operation.  A gateway gets three questions at once: PCP is asked for the mapping
 * itself, NAT-PMP and UPnP only whether they are there.  So one mapping is made, and not three.
 * The next best protocol may map when the better one has refused, is silent to the last try, or has
 * not answered for PCP_HEAD or UPNP_HEAD.
 *
 * When a better protocol maps after all, the other mapping is left to run out.  Many gateways write
 * all three protocols into one table, where a delete would remove the new mapping.  Only a mapping
 * by UPnP of another outside port is deleted: it may have no end.
 *
 * A mapping is renewed at half its life.  It is also renewed when the paths ask to look again (a
 * lost path may mean that the gateway restarted), at most once each LOOK_APART.  A gateway that
 * restarted shows that by its epoch, in each answer and in its announcements.
 *
 * Our datagrams leave by the first gateway of a family, so what STUN servers see is the address of
 * that one.
 *
 * Bounded: UPLINKS_MAX gateways, and the requests of each by mapper.c. */
#include "path/portmap/portmap.h"

#include <string.h>

#define PCP_HEAD   (250 * MSEC)
#define UPNP_HEAD  (1 * SECOND)
#define LOOK_APART (10 * SECOND)
#define TELL_APART (10 * SECOND) /* between announcements of a gateway that count */

enum { ANSWER_MIN = 8, FROM_GATEWAY = 0x80 };

static const struct upnp_mapper no_upnp = {
	.m = {.until = MONO_NEVER, .next = MONO_NEVER, .asked_at = MONO_NEVER}};

void portmap_init(struct portmap *p, const struct rng *rng, uint16_t port)
{
	*p = (struct portmap){.rng = *rng, .port = port, .upnp = no_upnp};
}

/* --- the gateways --- */

static void ask_gateway(struct portmap_gateway *g, mono_ns now)
{
	g->begun = now;
	mapper_ask(&g->pcp.m, now);
	if (g->at.self.family == 4)
		natpmp_mapper_ask(&g->natpmp, now);
}

static struct endpoint gateway_of(const struct uplink *at)
{
	bool local = at->gateway.family == 6 && ip_is_link_local(&at->gateway);
	return (struct endpoint){
		.ip = at->gateway, .port = PCP_PORT, .scope = local ? at->ifindex : 0};
}

static void gateway_init(struct portmap *p, struct portmap_gateway *g, const struct uplink *at)
{
	*g = (struct portmap_gateway){.at = *at, .to = gateway_of(at), .told = MONO_NEVER};
	pcp_mapper_init(&g->pcp, &at->self, p->port, &p->rng);
	natpmp_mapper_init(&g->natpmp, p->port);
}

static void settle(struct portmap *p, mono_ns now);

static const struct portmap_gateway *first_of_ipv4(const struct portmap *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].at.self.family == 4)
			return &p->v[i];
	return NULL;
}

static void begin_upnp(struct portmap *p, mono_ns now)
{
	const struct portmap_gateway *g = first_of_ipv4(p);
	if (!g || p->port == 0)
		return;
	upnp_mapper_init(&p->upnp, &g->at.self, &g->at.gateway, p->port);
	upnp_mapper_ask(&p->upnp, now);
}

static void begin(struct portmap *p, mono_ns now)
{
	for (size_t i = 0; i < p->n && p->port != 0; i++)
		ask_gateway(&p->v[i], now);
	begin_upnp(p, now);
	settle(p, now);
}

static bool same_gateways(const struct portmap *p, const struct uplink *v, size_t n)
{
	bool same = p->n == n;
	for (size_t i = 0; same && i < n; i++)
		same = uplink_equal(&p->v[i].at, &v[i]);
	return same;
}

/* A gateway that stays keeps its mapping, and the nonce that lets us renew it. */
static void take_gateway(struct portmap *p, struct portmap_gateway *g, const struct uplink *at,
			 const struct portmap_gateway *was, size_t n_was, mono_ns now)
{
	for (size_t i = 0; i < n_was; i++)
		if (uplink_equal(&was[i].at, at) && was[i].pcp.m.state != MAPPER_OFF) {
			*g = was[i];
			return;
		}
	gateway_init(p, g, at);
	if (p->port != 0)
		ask_gateway(g, now);
}

/* A way out without a gateway has nobody to ask. */
static size_t keep_gateways(struct uplink out[static UPLINKS_MAX], const struct uplink *v, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n && kept < UPLINKS_MAX; i++)
		if (v[i].gateway.family != 0)
			out[kept++] = v[i];
	return kept;
}

void portmap_set_gateways(struct portmap *p, const struct uplink *v, size_t n, mono_ns now)
{
	struct portmap_gateway was[UPLINKS_MAX];
	size_t n_was = p->n;
	struct uplink with_gateway[UPLINKS_MAX];
	n = keep_gateways(with_gateway, v, n);
	v = with_gateway;
	if (same_gateways(p, v, n))
		return;
	memcpy(was, p->v, sizeof(was));
	p->n = n;
	for (size_t i = 0; i < n; i++)
		take_gateway(p, &p->v[i], &v[i], was, n_was, now);
	const struct portmap_gateway *first = first_of_ipv4(p);
	if (!first || !ip_equal(&first->at.gateway, &p->upnp.gateway) ||
	    !ip_equal(&first->at.self, &p->upnp.self)) {
		upnp_mapper_release(&p->upnp);
		begin_upnp(p, now);
	}
	settle(p, now);
}

void portmap_set_port(struct portmap *p, uint16_t port)
{
	if (port == p->port)
		return;
	p->port = port;
	for (size_t i = 0; i < p->n; i++) {
		const struct uplink at = p->v[i].at;
		gateway_init(p, &p->v[i], &at);
	}
}

void portmap_release(struct portmap *p, mono_ns now)
{
	for (size_t i = 0; i < p->n; i++) {
		mapper_release(&p->v[i].pcp.m);
		mapper_release(&p->v[i].natpmp.m);
	}
	upnp_mapper_release(&p->upnp);
}

void portmap_set_seen(struct portmap *p, const struct candidates *seen)
{
	p->seen = *seen;
}

/* --- which protocol --- */

/* The better protocol has had its chance. */
static bool had_chance(const struct mapper *better, mono_ns until, mono_ns now)
{
	return !mapper_holds(better) && (mapper_is_hopeless(better) || now >= until);
}

static bool failed(const struct mapper *m)
{
	return mapper_is_hopeless(m) && !mapper_holds(m);
}

static void choose(struct portmap_gateway *g, mono_ns now)
{
	if (g->natpmp.m.state == MAPPER_OFF && g->at.self.family == 4 && failed(&g->pcp.m))
		natpmp_mapper_ask(&g->natpmp, now);
	if (natpmp_mapper_waits(&g->natpmp) && had_chance(&g->pcp.m, g->begun + PCP_HEAD, now))
		natpmp_mapper_allow(&g->natpmp, now);
	if (mapper_holds(&g->pcp.m) && mapper_holds(&g->natpmp.m))
		mapper_off(&g->natpmp.m);
}

/* A better protocol has mapped.  On a gateway with one table for all protocols, deleting the same
 * outside port would take the new mapping away: then UPnP's is left to run out. */
static void end_upnp(struct portmap *p, const struct portmap_gateway *g)
{
	uint16_t port = p->upnp.m.outside.port;
	if (g->pcp.m.outside.port == port || g->natpmp.m.outside.port == port)
		mapper_off(&p->upnp.m);
	else
		upnp_mapper_release(&p->upnp);
}

static void choose_upnp(struct portmap *p, const struct portmap_gateway *g, mono_ns now)
{
	bool better = mapper_holds(&g->pcp.m) || mapper_holds(&g->natpmp.m);
	if (p->upnp.m.state == MAPPER_OFF && failed(&g->pcp.m) && failed(&g->natpmp.m))
		upnp_mapper_ask(&p->upnp, now);
	if (!better && upnp_mapper_waits(&p->upnp) &&
	    had_chance(&g->pcp.m, g->begun + UPNP_HEAD, now) &&
	    had_chance(&g->natpmp.m, g->begun + UPNP_HEAD, now))
		upnp_mapper_allow(&p->upnp, now);
	if (better && mapper_holds(&p->upnp.m))
		end_upnp(p, g);
}

static struct portmap_gateway *gateway_at(struct portmap *p, const struct endpoint *from)
{
	for (size_t i = 0; i < p->n; i++)
		if (endpoint_equal(&p->v[i].to, from))
			return &p->v[i];
	return NULL;
}

/* The router is silent: another machine of its network may be the PCP server.  That one is asked at
 * the anycast address, unless another router's request uses the address already.  The next attempt
 * begins with the router again. */
static void try_elsewhere(struct portmap *p, struct portmap_gateway *g, mono_ns now)
{
	const struct endpoint gateway = gateway_of(&g->at),
			      nearest = {.ip = pcp_anycast6(), .port = PCP_PORT};
	bool was_gateway = endpoint_equal(&g->to, &gateway);
	if (g->at.self.family != 6 || (was_gateway && gateway_at(p, &nearest)))
		return;
	g->to = was_gateway ? nearest : gateway;
	if (was_gateway)
		mapper_ask(&g->pcp.m, now);
}

static void tick_pcp(struct portmap *p, struct portmap_gateway *g, mono_ns now)
{
	bool asked = g->pcp.m.state == MAPPER_ASKING;
	pcp_mapper_tick(&g->pcp, &p->rng, now);
	if (!asked || g->pcp.m.state != MAPPER_SILENT)
		return;
	try_elsewhere(p, g, now);
	pcp_mapper_tick(&g->pcp, &p->rng, now);
}

static void settle(struct portmap *p, mono_ns now)
{
	for (size_t i = 0; i < p->n; i++) {
		tick_pcp(p, &p->v[i], now);
		natpmp_mapper_tick(&p->v[i].natpmp, &p->rng, now);
		choose(&p->v[i], now);
		natpmp_mapper_tick(&p->v[i].natpmp, &p->rng, now);
	}
	const struct portmap_gateway *g = first_of_ipv4(p);
	upnp_mapper_tick(&p->upnp, &p->rng, now);
	if (g)
		choose_upnp(p, g, now);
	upnp_mapper_tick(&p->upnp, &p->rng, now);
}

/* --- datagrams --- */

bool portmap_is(const struct endpoint *from, struct bytes b)
{
	return from->port == PCP_PORT && b.n >= ANSWER_MIN && (b.p[0] == 0 || b.p[0] == 2) &&
	       b.p[1] & FROM_GATEWAY;
}

struct ip portmap_source(const struct portmap *p, const struct endpoint *to)
{
	for (size_t i = 0; i < p->n; i++)
		if (endpoint_equal(&p->v[i].to, to))
			return p->v[i].at.self;
	return (struct ip){0};
}

static bool is_news(const struct portmap_gateway *g, struct bytes b, mono_ns now)
{
	struct pcp_response pcp;
	struct natpmp_response natpmp;
	struct epoch e = g->pcp.m.epoch;
	if (pcp_read_response(b, &pcp))
		return pcp.op == PCP_ANNOUNCE && pcp.result == PCP_OK &&
		       (!e.known || epoch_restarted_pcp(&e, pcp.epoch_s, now));
	e = g->natpmp.m.epoch;
	return natpmp_read_response(b, &natpmp) && natpmp.op == NATPMP_ADDRESS &&
	       natpmp.result == NATPMP_OK &&
	       (!e.known || epoch_restarted_natpmp(&e, natpmp.epoch_s, now) ||
		(mapper_holds(&g->natpmp.m) &&
		 !ip_equal(&g->natpmp.m.outside.ip, &natpmp.address)));
}

static bool may_ask(const struct mapper *m)
{
	return m->state != MAPPER_OFF && m->state != MAPPER_ASKING;
}

static void ask_anew(struct portmap *p, struct portmap_gateway *g, mono_ns now)
{
	if (may_ask(&g->pcp.m))
		mapper_ask(&g->pcp.m, now);
	if (may_ask(&g->natpmp.m))
		natpmp_mapper_ask(&g->natpmp, now);
	if (may_ask(&p->upnp.m) && ip_equal(&p->upnp.gateway, &g->at.gateway))
		upnp_mapper_ask(&p->upnp, now);
	settle(p, now);
}

bool portmap_announced(struct portmap *p, const struct endpoint *from, struct bytes b, mono_ns now)
{
	for (size_t i = 0; i < p->n; i++) {
		struct endpoint gateway = gateway_of(&p->v[i].at);
		if (!endpoint_equal(&gateway, from) || mono_since(p->v[i].told, now) < TELL_APART ||
		    !is_news(&p->v[i], b, now))
			continue;
		p->v[i].told = now;
		ask_anew(p, &p->v[i], now);
		return true;
	}
	return false;
}

/* "Version not supported" comes in the version that the gateway speaks.  It answers our request in
 * the other one (portmap.md 4.3). */
static bool take(struct portmap_gateway *g, struct bytes b, mono_ns now)
{
	struct pcp_response pcp;
	struct natpmp_response natpmp;
	if (pcp_read_response(b, &pcp)) {
		if (pcp.result != PCP_UNSUPPORTED_VERSION)
			return pcp_mapper_input(&g->pcp, &pcp, now);
		if (g->natpmp.m.state == MAPPER_ASKING)
			mapper_refused(&g->natpmp.m, MAPPER_UNSPOKEN, UINT32_MAX, now);
		return true;
	}
	if (!natpmp_read_response(b, &natpmp))
		return false;
	if (natpmp.result != NATPMP_UNSUPPORTED_VERSION)
		return natpmp_mapper_input(&g->natpmp, &natpmp, now);
	if (g->pcp.m.state == MAPPER_ASKING)
		mapper_refused(&g->pcp.m, MAPPER_UNSPOKEN, UINT32_MAX, now);
	return true;
}

static bool portmap_input(void *self, const struct endpoint *from, struct bytes datagram,
			  mono_ns now)
{
	struct portmap *p = self;
	struct portmap_gateway *g = portmap_is(from, datagram) ? gateway_at(p, from) : NULL;
	if (!g)
		return false;
	if (!take(g, datagram, now))
		return portmap_announced(p, from, datagram, now);
	settle(p, now);
	return true;
}

static bool portmap_output(void *self, struct endpoint *to, struct wr *out)
{
	struct portmap *p = self;
	for (size_t i = 0; i < p->n; i++) {
		struct portmap_gateway *g = &p->v[i];
		if (!pcp_mapper_output(&g->pcp, out) && !natpmp_mapper_output(&g->natpmp, out))
			continue;
		*to = g->to;
		return true;
	}
	return false;
}

bool portmap_upnp_ask(struct portmap *p, struct upnp_ask *out)
{
	return upnp_mapper_output(&p->upnp, out);
}

void portmap_upnp_report(struct portmap *p, const struct upnp_report *r, mono_ns now)
{
	upnp_mapper_report(&p->upnp, r, now);
	settle(p, now);
}

/* --- time --- */

/* MONO_NEVER: UPnP does not wait, or waits for the end of a better mapping. */
static mono_ns upnp_may_map_at(const struct portmap *p)
{
	const struct portmap_gateway *g = first_of_ipv4(p);
	bool waits = g && upnp_mapper_waits(&p->upnp) && !mapper_holds(&g->pcp.m) &&
		     !mapper_holds(&g->natpmp.m);
	return waits ? g->begun + UPNP_HEAD : MONO_NEVER;
}

static mono_ns portmap_deadline(const void *self)
{
	const struct portmap *p = self;
	mono_ns first = mapper_deadline(&p->upnp.m);
	for (size_t i = 0; i < p->n; i++) {
		const struct portmap_gateway *g = &p->v[i];
		first = mono_min(first, mapper_deadline(&g->pcp.m));
		first = mono_min(first, mapper_deadline(&g->natpmp.m));
		if (natpmp_mapper_waits(&g->natpmp) && !mapper_holds(&g->pcp.m))
			first = mono_min(first, g->begun + PCP_HEAD);
	}
	return mono_min(first, upnp_may_map_at(p));
}

static void portmap_tick(void *self, mono_ns now)
{
	settle(self, now);
}

static bool is_renewable(const struct mapper *m, mono_ns now)
{
	return m->state == MAPPER_KEEPING && mono_since(m->asked_at, now) >= LOOK_APART;
}

static void look_again(struct portmap *p, mono_ns now)
{
	for (size_t i = 0; i < p->n; i++) {
		if (is_renewable(&p->v[i].pcp.m, now))
			mapper_ask(&p->v[i].pcp.m, now);
		if (is_renewable(&p->v[i].natpmp.m, now))
			natpmp_mapper_ask(&p->v[i].natpmp, now);
	}
	if (is_renewable(&p->upnp.m, now))
		upnp_mapper_ask(&p->upnp, now);
}

static void portmap_refresh(void *self, bool forget, mono_ns now)
{
	struct portmap *p = self;
	if (!forget) {
		look_again(p, now);
		settle(p, now);
		return;
	}
	for (size_t i = 0; i < p->n; i++) {
		mapper_forget(&p->v[i].pcp.m);
		mapper_forget(&p->v[i].natpmp.m);
		p->v[i].natpmp.may_map = false;
		p->v[i].to = gateway_of(&p->v[i].at);
	}
	begin(p, now);
}

/* --- what was found --- */

const struct mapper *portmap_held(const struct portmap *p, const struct portmap_gateway *g,
				  enum portmap_protocol *protocol)
{
	const struct mapper *m = &g->pcp.m;
	*protocol = PORTMAP_PCP;
	if (mapper_holds(m))
		return m;
	m = &g->natpmp.m;
	*protocol = PORTMAP_NATPMP;
	if (mapper_holds(m))
		return m;
	m = &p->upnp.m;
	*protocol = PORTMAP_UPNP;
	return mapper_holds(m) && ip_equal(&p->upnp.gateway, &g->at.gateway) ? m : NULL;
}

/* A gateway is behind one more NAT if its outside address is not global, or is not the address that
 * STUN servers see. */
enum portmap_reach portmap_reach(const struct portmap *p, const struct portmap_gateway *g,
				 const struct ip *outside)
{
	bool seen = false;
	if (outside->family != 4)
		return PORTMAP_FAR;
	if (ip_is_shared(outside))
		return PORTMAP_NEAR_SHARED;
	if (ip_is_private(outside) || ip_is_link_local(outside))
		return PORTMAP_NEAR_PRIVATE;
	if (g != first_of_ipv4(p))
		return PORTMAP_FAR;
	for (size_t i = 0; i < p->seen.n; i++) {
		const struct candidate *c = &p->seen.v[i];
		if (c->kind != CANDIDATE_STUN || c->ep.ip.family != 4)
			continue;
		if (ip_equal(&c->ep.ip, outside))
			return PORTMAP_FAR;
		seen = true;
	}
	return seen ? PORTMAP_NEAR_DIFFERENT : PORTMAP_FAR;
}

static void portmap_candidates(const void *self, struct candidates *out)
{
	const struct portmap *p = self;
	for (size_t i = 0; i < p->n; i++) {
		enum portmap_protocol protocol;
		const struct mapper *m = portmap_held(p, &p->v[i], &protocol);
		if (m && portmap_reach(p, &p->v[i], &m->outside.ip) != PORTMAP_FAR)
			candidates_add_near(out, &m->outside, CANDIDATE_PORTMAP);
		else if (m)
			candidates_add(out, &m->outside, CANDIDATE_PORTMAP);
	}
}

void portmap_status(const struct portmap *p, mono_ns now, struct portmap_status *out)
{
	*out = (struct portmap_status){.upnp = p->upnp.m.heard};
	for (size_t i = 0; i < p->n; i++) {
		enum portmap_protocol protocol;
		const struct portmap_gateway *g = &p->v[i];
		const struct mapper *m = portmap_held(p, g, &protocol);
		out->pcp |= g->pcp.m.heard;
		out->natpmp |= g->natpmp.m.heard;
		if (!m)
			continue;
		out->v[out->n].protocol = protocol;
		out->v[out->n].gateway = g->at.gateway;
		out->v[out->n].outside = m->outside;
		out->v[out->n].double_nat = portmap_reach(p, g, &m->outside.ip) != PORTMAP_FAR;
		out->v[out->n++].left = mono_since(now, m->until);
	}
}

const struct finder portmap_finder = {.input = portmap_input,
				      .output = portmap_output,
				      .deadline = portmap_deadline,
				      .tick = portmap_tick,
				      .candidates = portmap_candidates,
				      .refresh = portmap_refresh};
