/* Netcheck: when it runs it sees every STUN message first, and has an extra socket of its own. */
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

/* The wish of paths, and netcheck's socket where there is room for it. */
static void wish(struct node *n)
{
	const struct socket_wish *paths = paths_sockets(n->paths);
	uint16_t own = netcheck_socket(n->netcheck);
	if (paths->version == n->paths_wish && own == n->check_socket)
		return;
	uint32_t version = n->sockets.version + 1;
	n->paths_wish = paths->version;
	n->check_socket = own;
	n->sockets = *paths;
	n->sockets.version = version;
	if (own && n->sockets.n < SOCKETS_MAX)
		n->sockets.v[n->sockets.n++] = own;
}

void checks_pump(struct node *n, mono_ns now)
{
	struct packet p;
	struct endpoint to;
	enum netcheck_event what;
	uint16_t socket;
	while (n->slots_used < NODE_SLOTS && n->out.n_udp < NODE_OUT_MAX && node_slot(n, &p)) {
		struct wr w = wr_of(p.data, p.tail);
		if (!netcheck_output(n->netcheck, &to, &socket, &w, now)) {
			n->slots_used--;
			break;
		}
		struct via via = via_udp_by(&to, socket);
		if (packet_append(&p, w.n))
			(void)node_send_udp(n, &p, &via);
	}
	while ((what = netcheck_event(n->netcheck)) != NETCHECK_NOTHING)
		node_tell(n, &(struct node_event){.kind = NODE_NETCHECK, .netcheck = what});
	wish(n);
}
