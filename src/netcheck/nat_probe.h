/* netcheck/nat_probe.h - finds out what the NAT or firewall in front of us does, over one family of
 * addresses
 *
 * A machine, run once for each full report and family.  It sends from two sockets: our own port,
 * whose mapping is the one that matters, and a fresh socket, for which no filter is open yet.
 *
 *   step      from   asks
 *   describe  fresh  every server: what other port and address have you?
 *   filter    fresh  one such server: answer from there
 *             own    every other port and address, to compare the mappings
 *   step      fresh  all those places in a row, if the mapping varies: does the NAT count?
 *   hairpin   both   the outside endpoint of the other socket
 *
 * Every request is repeated twice.  A run takes two to three seconds, most of it waiting for what a
 * filter drops.
 *
 * Source: RFC 5780 s. 4, RFC 4787 s. 4 to 6; netcheck.md 5.3.
 */
#ifndef NETCHECK_NAT_PROBE_H
#define NETCHECK_NAT_PROBE_H

#include "base/rng.h"
#include "base/time.h"
#include "netcheck/behaviour.h"
#include "wire/stun_ask.h"

enum {
	NAT_PROBE_SERVERS_MAX = 4,
	NAT_PROBE_ASKS_MAX = 24,
	NAT_PROBE_SAMPLES_MAX = 24,
	NAT_PROBE_TRIES = 3
};

enum nat_probe_socket { NAT_PROBE_OWN, NAT_PROBE_FRESH };

struct nat_probe {
	struct rng rng;
	uint8_t family;
	enum nat_probe_step {
		NAT_PROBE_REST,
		NAT_PROBE_DESCRIBE,
		NAT_PROBE_FILTER,
		NAT_PROBE_STEP,
		NAT_PROBE_HAIRPIN,
		NAT_PROBE_OVER
	} step;
	struct nat_probe_server {
		struct endpoint at, second_port, second_address; /* unset: the server has none */
	} servers[NAT_PROBE_SERVERS_MAX];
	size_t n_servers;
	struct nat_probe_ask {
		enum nat_probe_step step;
		enum nat_probe_socket socket;
		size_t server;
		struct stun_ask ask;
		int change; /* STUN_CHANGE_ bits; -1: a plain request */
		mono_ns asked_at;
		bool answered;        /* by a server */
		struct endpoint seen; /* answered: what the server saw */
	} asks[NAT_PROBE_ASKS_MAX];
	size_t n_asks;
	mono_ns rtt; /* the longest round trip so far */

	/* What was found. */
	struct sample own[NAT_PROBE_SAMPLES_MAX]; /* in any order */
	size_t n_own;
	enum arrival other_port, other_address, hairpin;
	bool behind_nat;
	bool answered; /* some server did */
};

void nat_probe_init(struct nat_probe *t, const struct rng *rng);
/* A new run over this family, 4 or 6; what was found is forgotten.  servers: the first
 * NAT_PROBE_SERVERS_MAX of this family are copied. */
void nat_probe_begin(struct nat_probe *t, uint8_t family, const struct endpoint *servers, size_t n,
		     mono_ns now);
void nat_probe_stop(struct nat_probe *t);
/* A sample of our own port that another part asked for.  behind_nat: the server saw an address that
 * is none of ours. */
void nat_probe_note(struct nat_probe *t, const struct sample *s, bool behind_nat);

/* False: not for this machine. */
bool nat_probe_input(struct nat_probe *t, const struct endpoint *from, struct bytes datagram,
		     mono_ns now) MUST_USE;
bool nat_probe_output(struct nat_probe *t, struct endpoint *to, enum nat_probe_socket *socket,
		      struct wr *out, mono_ns now) MUST_USE;
mono_ns nat_probe_deadline(const struct nat_probe *t);
void nat_probe_tick(struct nat_probe *t, mono_ns now);
/* The samples of the fresh socket, in the order of asking.  Returns how many. */
size_t nat_probe_fresh_samples(const struct nat_probe *t,
			       struct sample out[static NAT_PROBE_SAMPLES_MAX]);
static inline bool nat_probe_runs(const struct nat_probe *t)
{
	return t->step != NAT_PROBE_REST && t->step != NAT_PROBE_OVER;
}

#endif
