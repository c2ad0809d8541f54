/* netcheck/netcheck.h - where we are: what the relays' STUN servers see of us, how far they are,
 * and what the NAT in between does
 *
 * A machine that makes one report at a time.  A full report asks all relays and examines the NAT
 * (nat_probe.h).  An incremental report asks the nearest relays only, and keeps what the last full
 * one found about the NAT.  Requests leave from two sockets: our own port, and a fresh extra socket
 * for each full report (socket_wish.h).
 *
 * Two things the owner does, asked for by events: latencies over HTTPS when no UDP comes back, and
 * the look for a captive portal.
 *
 * Source: netcheck.md 2 to 7; RFC 5780.
 */
#ifndef NETCHECK_NETCHECK_H
#define NETCHECK_NETCHECK_H

#include "base/place.h"
#include "base/rng.h"
#include "base/time.h"
#include "netcheck/behaviour.h"
#include "wire/mapping.h"

enum tristate { TRISTATE_UNKNOWN, TRISTATE_NO, TRISTATE_YES };

struct netcheck_relay {
	uint16_t region;
	mono_ns v4, v6, https;        /* round trips; 0: no answer that way */
	struct endpoint seen4, seen6; /* what the relay's STUN server saw of us */
};

/* The NAT or firewall over one family. */
struct netcheck_nat {
	enum tristate present;    /* it changes addresses */
	enum dest_mapping varies; /* its mapping, by destination */
	enum behaviour mapping, filtering;
	enum tristate port_preserved; /* some mapping has our own port */
	enum tristate hairpin;
	int step;          /* of a NAT that counts; 0: it does not count, or unknown */
	uint8_t n_outside; /* outside addresses that were seen */
};

struct netcheck_report {
	mono_ns began, ended;
	bool full;
	bool udp, ipv4, ipv6;             /* a STUN answer came: any; over that family */
	bool has4, has6;                  /* we have an address of that family */
	struct endpoint global4, global6; /* first seen; unset: none */
	struct netcheck_relay relays[RELAYS_MAX];
	size_t n_relays;
	uint16_t preferred; /* region of the nearest relay, with hysteresis (home.h); 0: none */

	struct netcheck_nat nat4, nat6; /* as the last full report found them */
	struct prefix nat64;            /* the NAT64 that carries our IPv4; no family: none */
	enum tristate captive_portal;
};

/* The shortest round trip; 0: the relay did not answer. */
mono_ns netcheck_latency(const struct netcheck_relay *r);

struct netcheck;
/* rng: kept.  port: our UDP port.  NULL: out of memory. */
struct netcheck *netcheck_new(const struct rng *rng, uint16_t port) MUST_USE;
void netcheck_free(struct netcheck *n);

/* --- what it is to know --- */

void netcheck_set_relays(struct netcheck *n, const struct relay_place *v, size_t count);
/* Another set of addresses than before, or another port, is another network: the same as
 * netcheck_link_changed.  True: the set was another one. */
bool netcheck_set_interfaces(struct netcheck *n, const struct own_address *v, size_t count,
			     mono_ns now);
void netcheck_set_port(struct netcheck *n, uint16_t port, mono_ns now);
/* The network changed: the next report is full.  A report that is being made begins anew. */
void netcheck_link_changed(struct netcheck *n, mono_ns now);
/* IPv4 is reached through a NAT64 of this prefix (copied); NULL: through none. */
void netcheck_set_nat64(struct netcheck *n, const struct prefix *p);
/* A frame came from this relay by its stream. */
void netcheck_heard(struct netcheck *n, uint16_t region, mono_ns now);

/* Fills in the STUN servers of this family, at most max, the nearest of the last report first.
 * Returns how many. */
size_t netcheck_servers(const struct netcheck *n, uint8_t family, struct endpoint *v, size_t max);

/* --- making a report --- */

/* Begins a report, unless one is being made.  It is full if that is asked for, or by the rules of
 * netcheck.md 3.2: the last full one is five minutes old, or the network changed. */
void netcheck_begin(struct netcheck *n, bool full, mono_ns now);
/* After NETCHECK_HTTPS: one relay's latency; and done, when no more will come. */
void netcheck_https(struct netcheck *n, uint16_t region, mono_ns latency);
void netcheck_https_done(struct netcheck *n, mono_ns now);
/* After NETCHECK_CAPTIVE: whether a captive portal answered. */
void netcheck_captive(struct netcheck *n, bool captive);

/* A datagram that came by UDP; false: not for this machine. */
bool netcheck_input(struct netcheck *n, const struct endpoint *from, struct bytes datagram,
		    mono_ns now) MUST_USE;
/* socket: 0 is our own port, else netcheck_socket. */
bool netcheck_output(struct netcheck *n, struct endpoint *to, uint16_t *socket, struct wr *out,
		     mono_ns now) MUST_USE;
/* The number of the extra socket that must be open now; 0: none. */
uint16_t netcheck_socket(const struct netcheck *n);
mono_ns netcheck_deadline(const struct netcheck *n);
void netcheck_tick(struct netcheck *n, mono_ns now);

enum netcheck_event {
	NETCHECK_NOTHING,
	NETCHECK_CAPTIVE, /* no UDP for 200 ms in a full report: is there a captive portal? */
	NETCHECK_HTTPS,   /* no UDP at all: what are the relays' latencies over HTTPS? */
	NETCHECK_DONE     /* netcheck_last is a new report */
};
/* Call until NETCHECK_NOTHING. */
enum netcheck_event netcheck_event(struct netcheck *n) MUST_USE;

/* The last report; NULL: there is none yet.  Borrowed until the next call. */
const struct netcheck_report *netcheck_last(const struct netcheck *n);

#endif
