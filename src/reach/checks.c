/* Netcheck, and the measuring of binding lifetimes.  While one of them runs, it sees every STUN
 * message before the paths do, and it has extra sockets of its own. */
#include "reach/inside.h"

void reach_netcheck(struct reach *r, bool full, mono_ns now)
{
	reach_begin(r);
	netcheck_set_nat64(r->netcheck, reach_nat64(r));
	netcheck_begin(r->netcheck, full, now);
}

void reach_netcheck_https(struct reach *r, uint16_t region, mono_ns latency)
{
	netcheck_https(r->netcheck, region, latency);
}

void reach_netcheck_https_done(struct reach *r, mono_ns now)
{
	netcheck_https_done(r->netcheck, now);
}

void reach_netcheck_captive(struct reach *r, bool captive)
{
	netcheck_captive(r->netcheck, captive);
}

const struct netcheck_report *reach_netcheck_report(const struct reach *r)
{
	return netcheck_last(r->netcheck);
}

const struct socket_wish *reach_sockets(const struct reach *r)
{
	return &r->sockets;
}

void reach_lifetime_begin(struct reach *r, mono_ns longest, mono_ns now)
{
	struct endpoint v[BINDING_LIFE_SERVERS_MAX];
	reach_begin(r);
	for (int i = 0; i < 2; i++) {
		size_t count = netcheck_servers(r->netcheck, i ? 6 : 4, v, ARRAY_LEN(v));
		binding_life_begin(&r->lifetime[i], v, count, longest, now);
	}
}

const struct lifetime_report *reach_lifetime(const struct reach *r, uint8_t family)
{
	return binding_life_report(&r->lifetime[family == 6]);
}

void checks_link_changed(struct reach *r, mono_ns now)
{
	for (int i = 0; i < 2; i++)
		binding_life_link_changed(&r->lifetime[i], now);
}

bool checks_input(struct reach *r, const struct way *from, struct bytes datagram, mono_ns now)
{
	return netcheck_input(r->netcheck, &from->ep, datagram, now) ||
	       binding_life_input(&r->lifetime[0], from->socket, datagram, now) ||
	       binding_life_input(&r->lifetime[1], from->socket, datagram, now);
}

/* Paths are kept open according to what was measured. */
static void tell_lifetimes(struct reach *r)
{
	for (int i = 0; i < 2; i++) {
		const struct lifetime_report *l = binding_life_report(&r->lifetime[i]);
		bool known = l->state == LIFETIME_MEASURED && l->dead != 0;
		paths_set_lifetime(r->paths, i ? 6 : 4, known ? mono_max(l->alive, SECOND) : 0);
	}
}

/* First the sockets of the checks, then those of the paths as far as there is room.  If a resting
 * socket of a measurement were closed and opened again, its binding would seem to have died. */
static void wish(struct reach *r)
{
	const struct socket_wish *paths = paths_sockets(r->paths);
	uint16_t own = netcheck_socket(r->netcheck);
	bool same = paths->version == r->paths_wish && own == r->check_socket;
	for (int i = 0; i < 2; i++) {
		same = same && binding_life_version(&r->lifetime[i]) == r->lifetime_wish[i];
		r->lifetime_wish[i] = binding_life_version(&r->lifetime[i]);
	}
	if (same)
		return;
	uint32_t version = r->sockets.version + 1;
	r->paths_wish = paths->version;
	r->check_socket = own;
	r->sockets.n = 0;
	r->sockets.version = version;
	if (own)
		socket_wish_add(&r->sockets, own);
	for (int i = 0; i < 2; i++) {
		uint16_t v[BINDING_LIFE_SOCKETS_MAX];
		size_t count = binding_life_sockets(&r->lifetime[i], v);
		for (size_t k = 0; k < count; k++)
			socket_wish_add(&r->sockets, v[k]);
	}
	for (size_t i = 0; i < paths->n; i++)
		socket_wish_add(&r->sockets, paths->v[i]);
}

static bool output(struct reach *r, struct way *to, struct wr *out, mono_ns now)
{
	struct endpoint ep;
	uint16_t socket;
	bool any = netcheck_output(r->netcheck, &ep, &socket, out, now) ||
		   binding_life_output(&r->lifetime[0], &ep, &socket, out, now) ||
		   binding_life_output(&r->lifetime[1], &ep, &socket, out, now);
	if (any)
		*to = way_udp_by(&ep, socket);
	return any;
}

void reach_output_checks(struct reach *r, mono_ns now)
{
	struct packet p;
	struct way to;
	enum netcheck_event what;
	while (r->slots_used < REACH_SLOTS && r->out.n_udp < REACH_OUT_MAX && reach_slot(r, &p)) {
		struct wr w = wr_of(p.data, p.tail);
		if (!output(r, &to, &w, now)) {
			reach_slot_back(r);
			break;
		}
		if (packet_append(&p, w.n))
			reach_send_udp(r, &p, &to);
	}
	while ((what = netcheck_event(r->netcheck)) != NETCHECK_NOTHING)
		reach_emit(r, &(struct reach_event){.kind = REACH_NETCHECK, .netcheck = what});
	wish(r);
	tell_lifetimes(r);
}

mono_ns checks_deadline(const struct reach *r)
{
	mono_ns lifetimes = mono_min(binding_life_deadline(&r->lifetime[0]),
				     binding_life_deadline(&r->lifetime[1]));
	return mono_min(netcheck_deadline(r->netcheck), lifetimes);
}

void checks_tick(struct reach *r, mono_ns now)
{
	netcheck_tick(r->netcheck, now);
	binding_life_tick(&r->lifetime[0], now);
	binding_life_tick(&r->lifetime[1], now);
}
