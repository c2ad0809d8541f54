/* wire/disco_extension.h - Warren's own disco message: two nodes agree to cross a hard NAT together
 *
 * The inner message has a type of its own, 0x57, which stock peers do not know and drop.  Its
 * version says what is in it; a later version may only append, so that bytes behind what is known
 * are ignored.
 *
 *   nonce u64 | step u8 | flags u8 | mapping u8 | count of samples u8 | sockets u16 | reflexive[18]
 *   then for each sample: milliseconds u16 | port u16
 *   since version 2: count of addresses u8, and 4 bytes for each
 *
 * It goes over the side channel only (a relay), like a call-me-maybe.
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
	DISCO_STEP_ASK = 1,   /* I am Warren, the simple ways failed: shall we try the hard ones? */
	DISCO_STEP_AGREE = 2, /* yes: look at your NAT now, as I do */
	DISCO_STEP_REFUSE = 3, /* not now: switched off, busy, or over the budget */
	DISCO_STEP_READY = 4   /* this is what I have seen of my NAT; I begin when I have yours */
};

/* Does its NAT give each destination another mapping, as far as it knows? */

/* A fresh socket's port outside, as a STUN server saw it. */
struct disco_sample {
	uint16_t at_ms; /* since the first was sent */
	uint16_t port;
};

struct disco_extension {
	uint64_t nonce; /* of the attempt, chosen by who asked */
	enum disco_step step;
	bool slow; /* it would also go the slow way of random against random */
	enum dest_mapping mapping;
	uint16_t sockets;          /* how many it is going to open */
	struct endpoint reflexive; /* its main port outside, IPv4; unset: unknown */
	struct disco_sample samples[DISCO_SAMPLES_MAX]; /* in the order of sending */
	size_t n_samples;
	struct ip addresses[DISCO_ADDRESSES_MAX]; /* IPv4: from which the samples came */
	size_t n_addresses;
};

/* What follows type and version. False: of version 0, short, or with a step or mapping that is
 * unknown; samples and addresses over the limit are ignored. */
bool disco_extension_read(struct rd *r, uint8_t version, struct disco_extension *out) MUST_USE;
void disco_extension_write(struct wr *w, const struct disco_extension *e);

#endif
