/* The states of a report:
 *
 *   REST   -> ASKING  the lanes run, and in a full report the NAT probes beside them
 *   ASKING -> HTTPS   no answer came: the owner measures over HTTPS
 *   either -> REST    the report is done
 *
 * Bounded: RELAYS_MAX relays, the requests of lanes.c and nat_probe.c, and WHOLE for a report.
 */
#include "netcheck/netcheck.h"

#include <stdlib.h>
#include <string.h>

#include "base/socket_wish.h"
#include "netcheck/home.h"
#include "netcheck/lanes.h"
#include "netcheck/nat_probe.h"

#define WHOLE         (5 * SECOND) /* of a report: a person may be waiting */
#define FULL_EVERY    (300 * SECOND)
#define CAPTIVE_AFTER (200 * MSEC)

struct netcheck {
	struct rng rng;
	uint16_t port;
	struct prefix nat64;
	struct ip own[OWN_ADDRESSES_MAX];
	size_t n_own;
	struct relay_place relays[RELAYS_MAX];
	size_t n_relays;
	struct home home;
	mono_ns heard; /* the last frame from the preferred relay; MONO_NEVER: none */

	enum { REST, ASKING, HTTPS } state;
	struct lanes lanes; /* to now.relays */
	mono_ns captive_at;
	struct nat_probe probe4, probe6;
	uint16_t socket; /* the fresh one of the last probes */

	struct netcheck_report now, last;
	bool have_last;
	mono_ns full_at; /* when the last full report ended; MONO_NEVER: it does not count */
	bool tell_captive, tell_https, tell_done;
};

mono_ns netcheck_latency(const struct netcheck_relay *r)
{
	mono_ns best = MONO_NEVER;
	if (r->v4)
		best = r->v4;
	if (r->v6)
		best = mono_min(best, r->v6);
	if (r->https)
		best = mono_min(best, r->https);
	return best == MONO_NEVER ? 0 : best;
}

struct netcheck *netcheck_new(const struct rng *rng, uint16_t port)
{
	struct netcheck *n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->rng = *rng;
	n->port = port;
	n->heard = n->full_at = n->captive_at = MONO_NEVER;
	nat_probe_init(&n->probe4, rng);
	nat_probe_init(&n->probe6, rng);
	return n;
}

void netcheck_free(struct netcheck *n)
{
	free(n);
}

/* --- what it is to know --- */

void netcheck_set_relays(struct netcheck *n, const struct relay_place *v, size_t count)
{
	n->n_relays = count < RELAYS_MAX ? count : RELAYS_MAX;
	if (n->n_relays > 0)
		memcpy(n->relays, v, n->n_relays * sizeof(*v));
}

bool netcheck_set_interfaces(struct netcheck *n, const struct own_address *v, size_t count,
			     mono_ns now)
{
	struct ip own[OWN_ADDRESSES_MAX];
	size_t n_own = 0;
	for (size_t i = 0; i < count && n_own < OWN_ADDRESSES_MAX; i++)
		if (!v[i].loopback)
			own[n_own++] = v[i].ip;
	bool same = n_own == n->n_own;
	for (size_t i = 0; same && i < n_own; i++)
		same = ip_equal(&own[i], &n->own[i]);
	if (same)
		return false;
	memcpy(n->own, own, n_own * sizeof(own[0]));
	n->n_own = n_own;
	netcheck_link_changed(n, now);
	return true;
}

void netcheck_set_port(struct netcheck *n, uint16_t port, mono_ns now)
{
	if (port == n->port)
		return;
	n->port = port;
	netcheck_link_changed(n, now);
}

void netcheck_set_nat64(struct netcheck *n, const struct prefix *p)
{
	n->nat64 = p ? *p : (struct prefix){0};
}

void netcheck_heard(struct netcheck *n, uint16_t region, mono_ns now)
{
	if (region == n->home.preferred)
		n->heard = now;
}

static bool is_own(const struct netcheck *n, const struct ip *ip)
{
	for (size_t i = 0; i < n->n_own; i++)
		if (ip_equal(&n->own[i], ip))
			return true;
	return false;
}

static bool has_family(const struct netcheck *n, uint8_t family)
{
	for (size_t i = 0; i < n->n_own; i++)
		if (n->own[i].family == family && !ip_is_link_local(&n->own[i]))
			return true;
	return false;
}

/* --- beginning --- */

static mono_ns last_latency(const struct netcheck *n, uint16_t region)
{
	for (size_t i = 0; n->have_last && i < n->last.n_relays; i++)
		if (n->last.relays[i].region == region)
			return netcheck_latency(&n->last.relays[i]);
	return 0;
}

size_t netcheck_servers(const struct netcheck *n, uint8_t family, struct endpoint *v, size_t max)
{
	mono_ns far[RELAYS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < n->n_relays; i++) {
		const struct endpoint *e = family == 6 ? &n->relays[i].stun6 : &n->relays[i].stun4;
		mono_ns latency = last_latency(n, n->relays[i].region);
		size_t at = count;
		if (!endpoint_is_set(e) || max == 0)
			continue;
		latency = latency ? latency : MONO_NEVER;
		for (; at > 0 && far[at - 1] > latency; at--)
			if (at < max) {
				far[at] = far[at - 1];
				v[at] = v[at - 1];
			}
		if (at == max)
			continue;
		far[at] = latency;
		v[at] = *e;
		count += count < max;
	}
	return count;
}

static void plan(struct netcheck *n, mono_ns now)
{
	struct schedule_relay v[RELAYS_MAX] = {0};
	const struct schedule_host host = {.has4 = n->now.has4,
					   .has6 = n->now.has6,
					   .last_had4 = n->have_last && n->last.ipv4,
					   .last_had6 = n->have_last && n->last.ipv6,
					   .home = n->home.preferred};
	for (size_t i = 0; i < n->n_relays; i++)
		v[i] = (struct schedule_relay){.region = n->relays[i].region,
					       .has4 = endpoint_is_set(&n->relays[i].stun4),
					       .has6 = endpoint_is_set(&n->relays[i].stun6),
					       .last = last_latency(n, n->relays[i].region)};
	if (n->now.full)
		schedule_full(v, n->n_relays, &host);
	else
		schedule_incremental(v, n->n_relays, &host);
	for (size_t i = 0; i < n->n_relays; i++)
		n->now.relays[i].region = n->relays[i].region;
	n->now.n_relays = n->n_relays;
	lanes_begin(&n->lanes, n->relays, v, n->n_relays, n->now.full, now);
}

/* An incremental report repeats what the last full one found about the NAT. */
static void carry_over(struct netcheck *n)
{
	n->now.nat4 = n->last.nat4;
	n->now.nat6 = n->last.nat6;
	n->now.captive_portal = n->last.captive_portal;
}

/* Without an address of the family nothing is asked, and older findings are forgotten. */
static void begin_probe(struct netcheck *n, uint8_t family, bool has, mono_ns now)
{
	struct endpoint servers[RELAYS_MAX];
	size_t count = has ? netcheck_servers(n, family, servers, ARRAY_LEN(servers)) : 0;
	nat_probe_begin(family == 6 ? &n->probe6 : &n->probe4, family, servers, count, now);
}

/* Both families use one fresh socket: the two have no mapping in common. */
static void begin_probes(struct netcheck *n, mono_ns now)
{
	n->socket = n->socket == 0 || n->socket == SOCKETS_NETCHECK_LAST
			    ? SOCKETS_NETCHECK_FIRST
			    : (uint16_t)(n->socket + 1);
	begin_probe(n, 4, n->now.has4, now);
	begin_probe(n, 6, n->now.has6, now);
}

static void run_lanes(struct netcheck *n, mono_ns now);
static void finish_if_over(struct netcheck *n, mono_ns now);

static void begin(struct netcheck *n, bool full, mono_ns now)
{
	n->now = (struct netcheck_report){.began = now,
					  .full = full,
					  .nat64 = n->nat64,
					  .has4 = has_family(n, 4) || n->nat64.ip.family != 0,
					  .has6 = has_family(n, 6)};
	n->state = ASKING;
	n->captive_at = full ? now + CAPTIVE_AFTER : MONO_NEVER;
	n->tell_captive = n->tell_https = false;
	plan(n, now);
	if (full)
		begin_probes(n, now);
	else
		carry_over(n);
	run_lanes(n, now);
	finish_if_over(n, now);
}

void netcheck_begin(struct netcheck *n, bool full, mono_ns now)
{
	if (n->state != REST)
		return;
	bool due = !n->have_last || n->full_at == MONO_NEVER ||
		   mono_since(n->full_at, now) > FULL_EVERY;
	bool walled = n->have_last && !n->last.udp && n->last.captive_portal == TRISTATE_YES;
	begin(n, full || due || walled, now);
}

void netcheck_link_changed(struct netcheck *n, mono_ns now)
{
	home_forget(&n->home);
	n->full_at = MONO_NEVER;
	if (n->state != REST)
		begin(n, true, now);
}

/* --- ending --- */

/* Does the mapping vary by destination, after the NAT test?  seen: what the lanes have shown. */
static enum dest_mapping varies_by(enum behaviour mapping, enum dest_mapping seen)
{
	switch (mapping) {
	case BEHAVIOUR_UNKNOWN:
		break;
	case BEHAVIOUR_ENDPOINT_INDEPENDENT:
	case BEHAVIOUR_NOT_ON_PORT:
		return seen == MAPPING_UNKNOWN ? MAPPING_SAME : seen;
	case BEHAVIOUR_ADDRESS_DEPENDENT:
	case BEHAVIOUR_DEPENDENT:
		return seen == MAPPING_UNKNOWN ? MAPPING_VARIES : seen;
	case BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT:
		return MAPPING_VARIES;
	}
	return seen;
}

static enum tristate tristate_of(enum arrival a)
{
	switch (a) {
	case ARRIVAL_UNTRIED:
		break;
	case ARRIVAL_NO:
		return TRISTATE_NO;
	case ARRIVAL_YES:
		return TRISTATE_YES;
	}
	return TRISTATE_UNKNOWN;
}

static void conclude_nat(struct netcheck_nat *r, const struct nat_probe *t)
{
	struct sample fresh[NAT_PROBE_SAMPLES_MAX];
	size_t n_fresh = nat_probe_fresh_samples(t, fresh);
	r->mapping = behaviour_of_mapping(t->own, t->n_own);
	r->varies = varies_by(r->mapping, r->varies);
	r->filtering = behaviour_of_filtering(t->other_port, t->other_address);
	r->step = behaviour_step(fresh, n_fresh);
	r->hairpin = tristate_of(t->hairpin);
	for (size_t i = 0; i < t->n_own; i++) {
		bool is_new = true;
		for (size_t k = 0; k < i; k++)
			is_new &= !ip_equal(&t->own[i].seen.ip, &t->own[k].seen.ip);
		r->n_outside += is_new;
	}
}

static void stop_probes(struct netcheck *n)
{
	nat_probe_stop(&n->probe4);
	nat_probe_stop(&n->probe6);
}

static bool probes_run(const struct netcheck *n)
{
	return nat_probe_runs(&n->probe4) || nat_probe_runs(&n->probe6);
}

static void choose_home(struct netcheck *n, mono_ns now)
{
	struct home_latency v[RELAYS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < n->now.n_relays; i++) {
		mono_ns latency = netcheck_latency(&n->now.relays[i]);
		if (latency)
			v[count++] = (struct home_latency){n->now.relays[i].region, latency};
	}
	uint16_t before = n->home.preferred;
	const struct home_evidence evidence = {.began = n->now.began, .heard = n->heard};
	n->now.preferred = home_choose(&n->home, v, count, &evidence, now);
	if (n->now.preferred != before)
		n->heard = MONO_NEVER;
}

static void finish(struct netcheck *n, mono_ns now)
{
	if (n->now.full) {
		conclude_nat(&n->now.nat4, &n->probe4);
		conclude_nat(&n->now.nat6, &n->probe6);
		n->full_at = now;
	}
	stop_probes(n);
	choose_home(n, now);
	n->now.ended = now;
	n->last = n->now;
	n->have_last = true;
	n->state = REST;
	n->captive_at = MONO_NEVER;
	n->tell_captive = n->tell_https = false;
	n->tell_done = true;
}

static void finish_if_over(struct netcheck *n, mono_ns now)
{
	if (n->state == REST)
		return;
	if (mono_since(n->now.began, now) >= WHOLE) {
		finish(n, now);
		return;
	}
	if (n->state == HTTPS || !lanes_are_over(&n->lanes))
		return;
	if (!n->now.udp && n->now.n_relays > 0) {
		n->state = HTTPS;
		n->tell_https = true;
		stop_probes(n);
	} else if (!probes_run(n)) {
		finish(n, now);
	}
}

void netcheck_https(struct netcheck *n, uint16_t region, mono_ns latency)
{
	for (size_t i = 0; n->state == HTTPS && i < n->now.n_relays; i++)
		if (n->now.relays[i].region == region)
			n->now.relays[i].https = latency ? latency : 1;
}

void netcheck_https_done(struct netcheck *n, mono_ns now)
{
	if (n->state == HTTPS)
		finish(n, now);
}

/* A yes stays, whatever comes later. */
void netcheck_captive(struct netcheck *n, bool captive)
{
	enum tristate *t = n->state != REST ? &n->now.captive_portal : &n->last.captive_portal;
	if (*t != TRISTATE_YES)
		*t = captive ? TRISTATE_YES : TRISTATE_NO;
}

/* --- datagrams --- */

static void run_lanes(struct netcheck *n, mono_ns now)
{
	const struct lanes_need need = {.v4 = n->now.nat4.varies == MAPPING_UNKNOWN,
					.v6 = !n->now.ipv6};
	lanes_tick(&n->lanes, need, &n->rng, now);
}

static void see(struct netcheck *n, const struct sample *s)
{
	bool v6 = s->seen.ip.family == 6,
	     nat = !is_own(n, &s->seen.ip) && !ip_is_loopback(&s->seen.ip);
	struct netcheck_nat *r = v6 ? &n->now.nat6 : &n->now.nat4;
	struct endpoint *global = v6 ? &n->now.global6 : &n->now.global4;
	struct nat_probe *probe = v6 ? &n->probe6 : &n->probe4;
	if (!endpoint_is_set(global)) {
		*global = s->seen;
		r->present = nat ? TRISTATE_YES : TRISTATE_NO;
	} else if (!endpoint_equal(global, &s->seen)) {
		r->varies = MAPPING_VARIES;
	} else if (r->varies == MAPPING_UNKNOWN) {
		r->varies = MAPPING_SAME;
	}
	/* A hard NAT can give our own port to one mapping only. */
	if (s->seen.port == n->port)
		r->port_preserved = TRISTATE_YES;
	else if (r->port_preserved == TRISTATE_UNKNOWN)
		r->port_preserved = TRISTATE_NO;
	*(v6 ? &n->now.ipv6 : &n->now.ipv4) = true;
	if (nat_probe_runs(probe))
		nat_probe_note(probe, s, nat);
}

static void take(struct netcheck *n, const struct lanes_answer *a)
{
	struct netcheck_relay *r = &n->now.relays[a->relay];
	n->now.udp = true;
	*(a->v6 ? &r->v6 : &r->v4) = a->rtt;
	*(a->v6 ? &r->seen6 : &r->seen4) = a->sample.seen;
	see(n, &a->sample);
}

static bool take_from_lanes(struct netcheck *n, struct bytes datagram, mono_ns now)
{
	struct stun_answer answer;
	struct lanes_answer a;
	if (!stun_read_answer(datagram, &answer))
		return false;
	enum stun_ask_verdict verdict = lanes_input(&n->lanes, &answer, &a, now);
	if (verdict == STUN_ASK_ANSWERED)
		take(n, &a);
	return verdict != STUN_ASK_OTHER;
}

bool netcheck_input(struct netcheck *n, const struct endpoint *from, struct bytes datagram,
		    mono_ns now)
{
	if (n->state == REST || !stun_is(datagram))
		return false;
	bool taken = nat_probe_input(&n->probe4, from, datagram, now) ||
		     nat_probe_input(&n->probe6, from, datagram, now);
	n->now.udp |= taken && (n->probe4.answered || n->probe6.answered);
	taken = taken || take_from_lanes(n, datagram, now);
	if (taken)
		finish_if_over(n, now);
	return taken;
}

bool netcheck_output(struct netcheck *n, struct endpoint *to, uint16_t *socket, struct wr *out,
		     mono_ns now)
{
	enum nat_probe_socket which;
	*socket = 0;
	if (n->state != ASKING)
		return false;
	if (lanes_output(&n->lanes, to, out, now))
		return true;
	if (!nat_probe_output(&n->probe4, to, &which, out, now) &&
	    !nat_probe_output(&n->probe6, to, &which, out, now))
		return false;
	*socket = which == NAT_PROBE_FRESH ? n->socket : 0;
	return true;
}

uint16_t netcheck_socket(const struct netcheck *n)
{
	return n->state == ASKING && probes_run(n) ? n->socket : 0;
}

/* --- time and events --- */

mono_ns netcheck_deadline(const struct netcheck *n)
{
	if (n->state == REST)
		return MONO_NEVER;
	mono_ns first = mono_min(n->captive_at, n->now.began + WHOLE);
	if (n->state == HTTPS)
		return first;
	first = mono_min(first, lanes_deadline(&n->lanes));
	return mono_min(first,
			mono_min(nat_probe_deadline(&n->probe4), nat_probe_deadline(&n->probe6)));
}

void netcheck_tick(struct netcheck *n, mono_ns now)
{
	if (n->state == REST)
		return;
	if (n->captive_at <= now) {
		n->captive_at = MONO_NEVER;
		n->tell_captive = !n->now.udp;
	}
	if (n->state == ASKING) {
		run_lanes(n, now);
		nat_probe_tick(&n->probe4, now);
		nat_probe_tick(&n->probe6, now);
	}
	finish_if_over(n, now);
}

static bool told(bool *tell)
{
	bool was = *tell;
	*tell = false;
	return was;
}

enum netcheck_event netcheck_event(struct netcheck *n)
{
	if (told(&n->tell_captive))
		return NETCHECK_CAPTIVE;
	if (told(&n->tell_https))
		return NETCHECK_HTTPS;
	return told(&n->tell_done) ? NETCHECK_DONE : NETCHECK_NOTHING;
}

const struct netcheck_report *netcheck_last(const struct netcheck *n)
{
	return n->have_last ? &n->last : NULL;
}
