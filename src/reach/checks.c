/* Netcheck and the measuring of lifetimes: while they run they see every STUN message first, and
 * have extra sockets of their own. */
#include "node/inside.h"

void node_netcheck(struct node *n, bool full, mono_ns now)
{
	node_begin(n);
	netcheck_set_nat64(n->netcheck, node_nat64(n));
	netcheck_begin(n->netcheck, full, now);
}

void node_netcheck_https(struct node *n, uint16_t region, mono_ns latency)
{
	netcheck_https(n->netcheck, region, latency);
}

void node_netcheck_https_done(struct node *n, mono_ns now)
{
	netcheck_https_done(n->netcheck, now);
}

void node_netcheck_captive(struct node *n, bool captive)
{
	netcheck_captive(n->netcheck, captive);
}

const struct netcheck_report *node_netcheck_report(const struct node *n)
{
	return netcheck_last(n->netcheck);
}

const struct socket_wish *node_sockets(const struct node *n)
{
	return &n->sockets;
}

void node_lifetime_begin(struct node *n, mono_ns longest, mono_ns now)
{
	struct endpoint v[BINDING_LIFE_SERVERS_MAX];
	node_begin(n);
	for (int i = 0; i < 2; i++) {
		size_t count = netcheck_servers(n->netcheck, i ? 6 : 4, v, ARRAY_LEN(v));
		binding_life_begin(&n->lifetime[i], v, count, longest, now);
	}
}

const struct lifetime_report *node_lifetime(const struct node *n, uint8_t family)
{
	return binding_life_report(&n->lifetime[family == 6]);
}

void checks_link_changed(struct node *n, mono_ns now)
{
	for (int i = 0; i < 2; i++)
		binding_life_link_changed(&n->lifetime[i], now);
}

bool checks_input(struct node *n, const struct way *from, struct bytes datagram, mono_ns now)
{
	return netcheck_input(n->netcheck, &from->ep, datagram, now) ||
	       binding_life_input(&n->lifetime[0], from->socket, datagram, now) ||
	       binding_life_input(&n->lifetime[1], from->socket, datagram, now);
}

/* What was measured tells how often a path must be used to stay open. */
static void tell_lifetimes(struct node *n)
{
	for (int i = 0; i < 2; i++) {
		const struct lifetime_report *r = binding_life_report(&n->lifetime[i]);
		bool known = r->state == LIFETIME_MEASURED && r->dead != 0;
		paths_set_lifetime(n->paths, i ? 6 : 4, known ? mono_max(r->alive, SECOND) : 0);
	}
}

/* The sockets of the checks, and the wish of paths as far as there is room: a socket that is closed
 * and opened again while its binding rests would be taken for a binding that died. */
static void wish(struct node *n)
{
	const struct socket_wish *paths = paths_sockets(n->paths);
	uint16_t own = netcheck_socket(n->netcheck);
	bool same = paths->version == n->paths_wish && own == n->check_socket;
	for (int i = 0; i < 2; i++) {
		same = same && binding_life_version(&n->lifetime[i]) == n->lifetime_wish[i];
		n->lifetime_wish[i] = binding_life_version(&n->lifetime[i]);
	}
	if (same)
		return;
	uint32_t version = n->sockets.version + 1;
	n->paths_wish = paths->version;
	n->check_socket = own;
	n->sockets.n = 0;
	n->sockets.version = version;
	if (own)
		socket_wish_add(&n->sockets, own);
	for (int i = 0; i < 2; i++) {
		uint16_t v[BINDING_LIFE_SOCKETS_MAX];
		size_t count = binding_life_sockets(&n->lifetime[i], v);
		for (size_t k = 0; k < count; k++)
			socket_wish_add(&n->sockets, v[k]);
	}
	for (size_t i = 0; i < paths->n; i++)
		socket_wish_add(&n->sockets, paths->v[i]);
}

static bool output(struct node *n, struct way *to, struct wr *out, mono_ns now)
{
	struct endpoint ep;
	uint16_t socket;
	bool any = netcheck_output(n->netcheck, &ep, &socket, out, now) ||
		   binding_life_output(&n->lifetime[0], &ep, &socket, out, now) ||
		   binding_life_output(&n->lifetime[1], &ep, &socket, out, now);
	if (any)
		*to = way_udp_by(&ep, socket);
	return any;
}

void checks_pump(struct node *n, mono_ns now)
{
	struct packet p;
	struct way to;
	enum netcheck_event what;
	while (n->slots_used < NODE_SLOTS && n->out.n_udp < NODE_OUT_MAX && node_slot(n, &p)) {
		struct wr w = wr_of(p.data, p.tail);
		if (!output(n, &to, &w, now)) {
			n->slots_used--;
			break;
		}
		if (packet_append(&p, w.n))
			(void)node_send_udp(n, &p, &to);
	}
	while ((what = netcheck_event(n->netcheck)) != NETCHECK_NOTHING)
		node_tell(n, &(struct node_event){.kind = NODE_NETCHECK, .netcheck = what});
	wish(n);
	tell_lifetimes(n);
}

mono_ns checks_deadline(const struct node *n)
{
	mono_ns lifetimes = mono_min(binding_life_deadline(&n->lifetime[0]),
				     binding_life_deadline(&n->lifetime[1]));
	return mono_min(netcheck_deadline(n->netcheck), lifetimes);
}

void checks_tick(struct node *n, mono_ns now)
{
	netcheck_tick(n->netcheck, now);
	binding_life_tick(&n->lifetime[0], now);
	binding_life_tick(&n->lifetime[1], now);
}
