/* wire/disco_extension.h - Warren's own disco message: two nodes agree to cross hard NATs together
 *
 * The inner message has a type of its own, 0x57, which stock peers drop.  A later version may only
 * append to an earlier one, so a reader ignores bytes behind the fields that it knows.
 *
 *   nonce u64 | step u8 | flags u8 | mapping u8 | count of samples u8 | sockets u16 | reflexive[18]
 *   then for each sample: milliseconds u16 | port u16
 *   since version 2: count of addresses u8, and 4 bytes for each
 *
 * Like a call-me-maybe it goes over a relay only.
 *
 * Source: disco.md 8.1.
 */
#ifndef WIRE_DISCO_EXTENSION_H
#define WIRE_DISCO_EXTENSION_H

#include "base/addr.h"
#include "wire/mapping.h"

enum {
	DISCO_EXTENSION_TYPE = 0x57,
	DISCO_EXTENSION_VERSION = 2,
	DISCO_SAMPLES_MAX = 16,
	DISCO_ADDRESSES_MAX = 8,
	DISCO_EXTENSION_MIN = 2 + 14 + 18 /* with type and version, of version 1 */
};

enum disco_step {
	DISCO_STEP_ASK = 1,    /* I am Warren, and simple punching failed: shall we try more? */
	DISCO_STEP_AGREE = 2,  /* yes: sample your NAT now, as I do */
	DISCO_STEP_REFUSE = 3, /* not now: switched off, busy, or over the budget */
	DISCO_STEP_READY = 4   /* these are my samples; I begin when I have yours */
};

/* The outside port of a fresh socket, as a STUN server saw it. */
struct disco_sample {
	uint16_t at_ms; /* since the first sample was sent */
	uint16_t port;
};

struct disco_extension {
	uint64_t nonce; /* names the attempt; the node that asks chooses it */
	enum disco_step step;
	bool slow;                 /* the sender also allows the slow way (disco.md 8.5) */
	enum dest_mapping mapping; /* of the sender's NAT, as far as it knows */
	uint16_t sockets;          /* how many the sender will open */
	struct endpoint reflexive; /* its main port outside, IPv4; unset: unknown */
	struct disco_sample samples[DISCO_SAMPLES_MAX]; /* in the order of sending */
	size_t n_samples;
	struct ip addresses[DISCO_ADDRESSES_MAX]; /* IPv4: outside addresses of the samples */
	size_t n_addresses;
};

/* Reads what follows type and version. False: version 0, too short, or an unknown step or mapping.
 * Samples and addresses over the limit are ignored. */
bool disco_extension_read(struct rd *r, uint8_t version, struct disco_extension *out) MUST_USE;
void disco_extension_write(struct wr *w, const struct disco_extension *e);

#endif
