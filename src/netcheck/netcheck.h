/* netcheck/netcheck.h - where we are: what the relays' STUN servers see of us, how far they are,
 * and what the NAT in between does
 *
 * A machine that makes one report at a time.  A full report asks all relays and examines the NAT
 * (nat_probe.h); an incremental one asks the nearest few, and keeps what the last full one said of
 * the NAT. It sends from two sockets: our own port, and a fresh one for each full report (`socket`,
 * an extra one as in socket_wish.h).
 *
 * What it cannot do itself it asks its owner for by events: latencies over HTTPS when no UDP comes
 * back, and a look for a captive portal.
 *
 * Source: reference, data plane 5; RFC 5780.
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
	struct endpoint seen4, seen6; /* from where we seemed to come */
};

/* Of the NAT or firewall over one family. */
struct netcheck_nat {
	enum tristate present;    /* it changes addresses */
	enum dest_mapping varies; /* its mapping, by destination */
	enum behaviour mapping, filtering;
	enum tristate port_preserved; /* some mapping has our own port */
	enum tristate hairpin;
	int step;          /* of a NAT that counts; 0: it does not, or unknown */
	uint8_t n_outside; /* outside addresses of it that were seen */
};

struct netcheck_report {
	mono_ns began, ended;
	bool full;
	bool udp, ipv4, ipv6;             /* a STUN answer at all; over that family */
	bool has4, has6;                  /* we have an address of that family */
	struct endpoint global4, global6; /* first seen; unset: none */
	struct netcheck_relay relays[RELAYS_MAX];
	size_t n_relays;
	uint16_t preferred; /* region of the relay that is nearest, with hysteresis (home.h); 0:
			       none */

	struct netcheck_nat nat4, nat6; /* as the last full report found them */

	struct prefix
		nat64; /* by which IPv4 is reached without an address of it; no family: none */

	enum tristate captive_portal;
};

/* The least of what was measured; 0: it did not answer. */
mono_ns netcheck_latency(const struct netcheck_relay *r);

struct netcheck;
struct netcheck *netcheck_new(const struct rng *rng,
			      uint16_t port) MUST_USE; /* rng kept. NULL: out of memory */
void netcheck_free(struct netcheck *n);

/* --- what it is to know --- */

void netcheck_set_relays(struct netcheck *n, const struct relay_place *v, size_t count);
/* Another set than before, or another port, is another network (netcheck_link_changed). Was it? */
bool netcheck_set_interfaces(struct netcheck *n, const struct own_address *v, size_t count,
			     mono_ns now);
void netcheck_set_port(struct netcheck *n, uint16_t port, mono_ns now);
/* The network is another one: the next report is full. One that is being made begins anew. */
void netcheck_link_changed(struct netcheck *n, mono_ns now);
/* IPv4 is reached through a NAT64 of this prefix; NULL: through none. */
void netcheck_set_nat64(struct netcheck *n, const struct prefix *p);
/* Something came from this relay by its stream. */
void netcheck_heard(struct netcheck *n, uint16_t region, mono_ns now);

/* The STUN servers that it knows, of this family, the nearest of the last report first. Returns how
 * many. */
size_t netcheck_servers(const struct netcheck *n, uint8_t family, struct endpoint *v, size_t max);

/* --- making a report --- */

/* Begins one, unless one is being made. It is full if that is wanted, or if the last full one is
 * five minutes old. */
void netcheck_begin(struct netcheck *n, bool full, mono_ns now);
/* NETCHECK_HTTPS: one relay's latency; then, when there is no more to come, done. */
void netcheck_https(struct netcheck *n, uint16_t region, mono_ns latency);
void netcheck_https_done(struct netcheck *n, mono_ns now);
/* NETCHECK_CAPTIVE: what came of it. */
void netcheck_captive(struct netcheck *n, bool captive);

/* A datagram that came by UDP; false: not for this machine. */
bool netcheck_input(struct netcheck *n, const struct endpoint *from, struct bytes datagram,
		    mono_ns now) MUST_USE;
/* socket: 0 is our own port, else netcheck_socket. */
bool netcheck_output(struct netcheck *n, struct endpoint *to, uint16_t *socket, struct wr *out,
		     mono_ns now) MUST_USE;
/* The number of the extra socket that is to be open now; 0: none. */
uint16_t netcheck_socket(const struct netcheck *n);
mono_ns netcheck_deadline(const struct netcheck *n);
void netcheck_tick(struct netcheck *n, mono_ns now);

enum netcheck_event {
	NETCHECK_NOTHING,
	NETCHECK_CAPTIVE, /* a full report is 200 ms old and no UDP came back: is there a captive
			     portal? */
	NETCHECK_HTTPS,   /* no UDP came back at all: what are the relays' latencies over HTTPS? */
	NETCHECK_DONE     /* netcheck_last is a new report */
};
enum netcheck_event netcheck_event(struct netcheck *n) MUST_USE; /* until nothing */

/* NULL: there is none yet. Borrowed until the next call. */
const struct netcheck_report *netcheck_last(const struct netcheck *n);

#endif
