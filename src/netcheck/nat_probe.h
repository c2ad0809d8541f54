/* netcheck/nat_probe.h - finds out what the NAT or firewall in front of us does, over one family of
 * addresses
 *
 * A machine, run once for each full report and family.  It sends from two sockets: our own port,
 * whose mapping is the one that matters, and a fresh one, "the probe", which nothing has been let
 * in for yet.
 *
 *   describe  probe: asks every server what other port and address it has
 *   filter    probe: one such server is to answer from there; own: asks there, to compare mappings
 *   step      probe: asks every place that is left, in a row, if the mapping varies: does the NAT
 *             count?
 *   hairpin   both: to the outside endpoint of the other
 *
 * Every request is repeated twice.  A run takes two to three seconds, most of it waiting for what a
 * filter swallows.  Source: RFC 5780 s. 4, RFC 4787 s. 4 to 6.
 */
#ifndef NETCHECK_NAT_PROBE_H
#define NETCHECK_NAT_PROBE_H

#include "base/rng.h"
#include "base/time.h"
#include "netcheck/behaviour.h"
#include "wire/stun_ask.h"

enum {
	NAT_TEST_SERVERS_MAX = 4,
	NAT_TEST_ASKS_MAX = 24,
	NAT_TEST_SAMPLES_MAX = 24,
	NAT_TEST_TRIES = 3
};

enum nat_test_socket { NAT_TEST_OWN, NAT_TEST_PROBE };

struct nat_test {
	struct rng rng;
	uint8_t family;
	enum nat_test_step {
		NAT_TEST_REST,
		NAT_TEST_DESCRIBE,
		NAT_TEST_FILTER,
		NAT_TEST_STEP,
		NAT_TEST_HAIRPIN,
		NAT_TEST_OVER
	} step;
	struct nat_test_server {
		struct endpoint at, second_port, second_address; /* unset: it has none */
	} servers[NAT_TEST_SERVERS_MAX];
	size_t n_servers;
	struct nat_test_ask {
		enum nat_test_step step;
		enum nat_test_socket socket;
		size_t server;
		struct stun_ask ask;
		int change; /* STUN_CHANGE_ bits; -1: a plain request */
		mono_ns asked_at;
		bool answered;        /* by a server */
		struct endpoint seen; /* answered by a server: from where it came */
	} asks[NAT_TEST_ASKS_MAX];
	size_t n_asks;
	mono_ns rtt; /* the longest so far */

	/* What was found. */
	struct sample own[NAT_TEST_SAMPLES_MAX]; /* in any order */
	size_t n_own;
	enum arrival other_port, other_address, hairpin;
	bool behind_nat;
};

void nat_test_init(struct nat_test *t, const struct rng *rng);
/* A new run over this family, 4 or 6; forgets what was found. */
void nat_test_begin(struct nat_test *t, uint8_t family, const struct endpoint *servers, size_t n,
		    mono_ns now);
void nat_test_stop(struct nat_test *t);
/* Somebody else asked from our own port. behind_nat: what was seen is no address of ours. */
void nat_test_note(struct nat_test *t, const struct sample *s, bool behind_nat);

/* False: not for this machine. */
bool nat_test_input(struct nat_test *t, const struct endpoint *from, struct bytes datagram,
		    mono_ns now) MUST_USE;
bool nat_test_output(struct nat_test *t, struct endpoint *to, enum nat_test_socket *socket,
		     struct wr *out, mono_ns now) MUST_USE;
mono_ns nat_test_deadline(const struct nat_test *t);
void nat_test_tick(struct nat_test *t, mono_ns now);
/* What was seen of the probe, in the order of asking. Returns how many. */
size_t nat_test_probe_samples(const struct nat_test *t,
			      struct sample out[static NAT_TEST_SAMPLES_MAX]);
static inline bool nat_test_runs(const struct nat_test *t)
{
	return t->step != NAT_TEST_REST && t->step != NAT_TEST_OVER;
}

#endif
