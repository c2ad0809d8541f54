/* serve/hosts.h - how many streams each host has, so that one host cannot take the room of all
 *
 * A host is an IPv4 address or an IPv6 /64: what one machine has to itself, whatever it costs to
 * have more.  The loopback is no host: what comes from there comes from this machine, most often
 * from a proxy that stands before the relay.
 *
 * Bounded: one place for each stream that there may be.
 *
 * Source: docs/protocol/derp.md 5.6.
 */
#ifndef SERVE_HOSTS_H
#define SERVE_HOSTS_H

#include "base/addr.h"
#include "base/index.h"
#include "base/rng.h"
#include "crypto/hash.h"

#define HOST_NONE UINT32_MAX

struct hosts {
	struct host {
		struct prefix prefix;
		uint64_t hash;
		uint32_t streams;
		uint32_t after; /* in the list of free places */
	} * v;
	uint32_t max, used, free_first;
	uint32_t streams_max; /* of one host; 0: any number */
	struct index by_prefix;
	struct hash_secret secret;
};

/* `max`: streams of all hosts together. False: out of memory; call hosts_fini() all the same. */
bool hosts_init(struct hosts *h, uint32_t max, uint32_t streams_max,
		const struct rng *rng) MUST_USE;
void hosts_fini(struct hosts *h);

/* A stream from this address begins. *host: for hosts_leave, or HOST_NONE: it is not counted.
 * False: its host has as many as it may, and nothing was counted. */
bool hosts_enter(struct hosts *h, const struct ip *ip, uint32_t *host) MUST_USE;
void hosts_leave(struct hosts *h, uint32_t host);

#endif
