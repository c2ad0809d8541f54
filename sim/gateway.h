/* sim/gateway.h - a home router that maps ports for who asks: PCP, NAT-PMP, or UPnP
 *
 * PCP and NAT-PMP are answered as datagrams at its inside address. UPnP is talked elsewhere in a
 * real node, too (path/portmap/upnp_mapper.h), so here it is a call.
 */
#ifndef SIM_GATEWAY_H
#define SIM_GATEWAY_H

#include "path/portmap/upnp_mapper.h"
#include "sim/net.h"

enum gateway_kind { GATEWAY_SILENT, GATEWAY_PCP, GATEWAY_NATPMP, GATEWAY_UPNP };

struct gateway {
	enum gateway_kind kind;
	struct box *router; /* has the NAT */
	struct ip inside;   /* its address there */
	struct ip inside6;  /* family 0: opens no firewall */
	struct ip asker[2]; /* IPv4, IPv6: who asked last; family 0: nobody */
	mono_ns started;
	uint64_t asked,
		unsent; /* requests that it understood; answers for which there was no way */
};

/* Must live as long as the net. */
void gateway_init(struct gateway *g, enum gateway_kind kind, struct box *router,
		  const struct ip *inside, mono_ns now);
/* Who speaks PCP can be asked for holes in the router's IPv6 firewall, too. */
void gateway_add_ipv6(struct gateway *g, const struct ip *inside);
/* Forgets all mappings, and says so to who asked it last, as a real one says it to everybody on the
 * link. */
void gateway_restart(struct gateway *g, mono_ns now);
struct upnp_report gateway_upnp(struct gateway *g, const struct upnp_ask *ask, mono_ns now);

#endif
