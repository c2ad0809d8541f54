/* path/portmap/mapper.h - one mapping at one gateway, in whatever protocol: asking, keeping, losing
 *
 * A pure machine of times and states; the protocols (pcp_mapper.h, natpmp_mapper.h, upnp_mapper.h)
 * put the words to it.  A mapping that is held stays good until its lifetime is over, whatever
 * becomes of the requests to renew it.
 */
#ifndef PATH_PORTMAP_MAPPER_H
#define PATH_PORTMAP_MAPPER_H

#include "base/addr.h"
#include "base/rng.h"
#include "path/portmap/epoch.h"

enum { MAPPER_LIFETIME_S = 7200 }; /* that we ask for */

enum mapper_state {
	MAPPER_OFF,    /* nobody wants anything */
	MAPPER_ASKING, /* a request is out; an older mapping may be held meanwhile */
	MAPPER_KEEPING,
	MAPPER_REFUSED, /* it answered, and will not */
	MAPPER_SILENT   /* it never answered */
};

/* Why a gateway will not, as far as it says. */
enum mapper_refusal {
	MAPPER_REFUSED_SOMEHOW,
	MAPPER_FORBIDDEN,   /* switched off, or not for us */
	MAPPER_NO_OUTSIDE,  /* it has no address on the internet itself */
	MAPPER_NO_ROOM,     /* its table is full, or our share of it */
	MAPPER_NAT_BETWEEN, /* another NAT is between it and us */
	MAPPER_UNSPOKEN     /* it does not speak this protocol */
};

/* How a protocol wants its requests repeated: the wait doubles from first to most. */
struct mapper_patience {
	mono_ns first, most;
	unsigned tries;
	uint32_t jitter_percent; /* each way */
};

struct mapper {
	enum mapper_state state;
	struct endpoint outside; /* unset: nothing is held */
	mono_ns until;           /* MONO_NEVER: nothing is held */
	mono_ns next;            /* next try, renewal or second attempt; MONO_NEVER: none */
	mono_ns asked_at;        /* when this asking began; MONO_NEVER: never */
	mono_ns wait;            /* after the last try */
	unsigned tries;
	bool owed;                   /* a request is to be written */
	bool owed_end;               /* the mapping is to be taken back */
	bool heard;                  /* something at the gateway speaks this protocol */
	enum mapper_refusal refusal; /* REFUSED */
	uint16_t wish;               /* the outside port that we had last, or 0 */
	struct epoch epoch;
};

void mapper_init(struct mapper *m);
/* Begins to ask, or begins anew. Soon after the last time: does so a little later. */
void mapper_ask(struct mapper *m, mono_ns now);
/* One more thing is to be asked in the same attempt: tries count anew. */
void mapper_ask_on(struct mapper *m, mono_ns now);
/* False: the answer makes no sense (no address or port, or no time) and is not taken. */
bool mapper_granted(struct mapper *m, const struct endpoint *outside, uint32_t lifetime_s,
		    mono_ns now) MUST_USE;
/* It answered, but will not; is asked again after that long, within limits. What says that it does
 * not speak the protocol does not count as heard. */
void mapper_refused(struct mapper *m, enum mapper_refusal why, uint32_t retry_after_s, mono_ns now);
/* The gateway lost its state: what is held is gone there. */
void mapper_lost(struct mapper *m);
/* The network is another one: all is void but the wish. */
void mapper_forget(struct mapper *m);
void mapper_off(struct mapper *m);     /* wants nothing more; what is held ends by itself */
void mapper_release(struct mapper *m); /* the same, and takes back what is held */

bool mapper_holds(const struct mapper *m);
/* Has said that it will not, or has not said anything for too long. */
bool mapper_is_hopeless(const struct mapper *m);

mono_ns mapper_deadline(const struct mapper *m);
void mapper_tick(struct mapper *m, const struct mapper_patience *p, const struct rng *rng,
		 mono_ns now);

#endif
