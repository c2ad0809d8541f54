/* path/portmap/mapper.h - one mapping at one gateway, in whatever protocol: asking, keeping, losing
 *
 * A pure machine of times and states.  The protocols (pcp_mapper.h, natpmp_mapper.h, upnp_mapper.h)
 * write and read the messages.  A mapping that is held stays good until its lifetime is over, even
 * if requests to renew it fail.
 *
 * Source: portmap.md 5.
 */
#ifndef PATH_PORTMAP_MAPPER_H
#define PATH_PORTMAP_MAPPER_H

#include "base/addr.h"
#include "base/rng.h"
#include "path/portmap/epoch.h"

enum { MAPPER_LIFETIME_S = 7200 }; /* that we ask for */

enum mapper_state {
	MAPPER_OFF,    /* no mapping is wanted */
	MAPPER_ASKING, /* a request is out; an older mapping may be held meanwhile */
	MAPPER_KEEPING,
	MAPPER_REFUSED, /* the gateway answered, and will not map */
	MAPPER_SILENT   /* the gateway never answered */
};

/* Why a gateway will not map, if it says so. */
enum mapper_refusal {
	MAPPER_REFUSED_SOMEHOW,
	MAPPER_FORBIDDEN,   /* switched off, or not for us */
	MAPPER_NO_OUTSIDE,  /* the gateway has no outside address itself */
	MAPPER_NO_ROOM,     /* its table is full, or our share of it */
	MAPPER_NAT_BETWEEN, /* another NAT is between the gateway and us */
	MAPPER_UNSPOKEN     /* the gateway does not speak this protocol */
};

/* How a protocol repeats its requests: the wait doubles from first to most. */
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
	bool heard;                  /* the gateway speaks this protocol */
	enum mapper_refusal refusal; /* REFUSED */
	uint16_t wish;               /* the outside port that we had last, or 0 */
	struct epoch epoch;
};

void mapper_init(struct mapper *m);
/* Begins an attempt, or begins it anew.  Soon after the last one: a little later. */
void mapper_ask(struct mapper *m, mono_ns now);
/* The same attempt has a next question: its tries count anew. */
void mapper_ask_on(struct mapper *m, mono_ns now);
/* The gateway mapped this outside endpoint.  False: the answer makes no sense (no address, port or
 * lifetime) and is not taken. */
bool mapper_granted(struct mapper *m, const struct endpoint *outside, uint32_t lifetime_s,
		    mono_ns now) MUST_USE;
/* The gateway answered, but will not map.  It is asked again after that time, within limits.  A
 * refusal because the protocol is unspoken does not count as heard. */
void mapper_refused(struct mapper *m, enum mapper_refusal why, uint32_t retry_after_s, mono_ns now);
/* The gateway lost its state, and with it our mapping. */
void mapper_lost(struct mapper *m);
/* The network changed: all is void but the wished port. */
void mapper_forget(struct mapper *m);
/* No mapping is wanted any more; one that is held runs out at the gateway. */
void mapper_off(struct mapper *m);
/* The same, but a mapping that is held is taken back. */
void mapper_release(struct mapper *m);

bool mapper_holds(const struct mapper *m);
/* The gateway refused, or did not answer the last try. */
bool mapper_is_hopeless(const struct mapper *m);

mono_ns mapper_deadline(const struct mapper *m);
void mapper_tick(struct mapper *m, const struct mapper_patience *p, const struct rng *rng,
		 mono_ns now);

#endif
