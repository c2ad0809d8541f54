/* sim/gateway.h - a home router that maps ports on request: PCP, NAT-PMP, or UPnP
 *
 * The gateway answers PCP and NAT-PMP as datagrams at its inside address.  UPnP is a function call:
 * a real node leaves UPnP to another process (path/portmap/upnp_mapper.h).
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
	struct ip inside6;  /* family 0: it opens no firewall */
	struct ip asker[2]; /* the host that asked last, by IPv4 and IPv6; family 0: none */
	mono_ns started;
	uint64_t asked, unsent; /* requests that it understood; answers that it could not send */
};

/* Must live as long as the net. */
void gateway_init(struct gateway *g, enum gateway_kind kind, struct box *router,
		  const struct ip *inside, mono_ns now);
/* A gateway that speaks PCP then also opens holes in the router's IPv6 firewall. */
void gateway_add_ipv6(struct gateway *g, const struct ip *inside);
/* Forgets all mappings and tells the host that asked last.  A real gateway tells the whole link. */
void gateway_restart(struct gateway *g, mono_ns now);
struct upnp_report gateway_upnp(struct gateway *g, const struct upnp_ask *ask, mono_ns now);

#endif
