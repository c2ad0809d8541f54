/* path/portmap/upnp_mapper.h - a mapping by UPnP IGD, which somebody else talks
 *
 * UPnP is HTTP and XML, and its library waits for answers, so the owner of the node has it done
 * elsewhere (io/upnp.h): this machine says what it wants, and is told what came of it.
 */
#ifndef PATH_PORTMAP_UPNP_MAPPER_H
#define PATH_PORTMAP_UPNP_MAPPER_H

#include "path/portmap/mapper.h"

struct upnp_ask {
	enum { UPNP_FIND, UPNP_MAP, UPNP_UNMAP } kind;
	struct ip self, gateway;
	uint16_t port;       /* ours */
	uint16_t outside;    /* MAP: a wish; UNMAP: of the mapping */
	uint32_t lifetime_s; /* MAP */
};

struct upnp_report {
	enum {
		UPNP_FOUND,   /* there is a gateway that speaks it */
		UPNP_NONE,    /* there is none, or it cannot be talked to */
		UPNP_MAPPED,  /* outside */
		UPNP_REFUSED, /* not this port, or none at all */
		UPNP_OFF      /* nobody is there any more who could ask */
	} kind;
	struct endpoint outside;
	uint32_t lifetime_s; /* 0: until it is taken back */
};

struct upnp_mapper {
	struct mapper m;
	struct ip self, gateway;
	uint16_t port;
	uint16_t ended; /* the outside port that is to be taken back */
	bool found, may_map, off;
};

void upnp_mapper_init(struct upnp_mapper *u, const struct ip *self, const struct ip *gateway,
		      uint16_t port);
void upnp_mapper_ask(struct upnp_mapper *u, mono_ns now);
bool upnp_mapper_waits(const struct upnp_mapper *u); /* has found one, and waits for leave to map */
void upnp_mapper_allow(struct upnp_mapper *u, mono_ns now);
void upnp_mapper_report(struct upnp_mapper *u, const struct upnp_report *r, mono_ns now);
void upnp_mapper_release(struct upnp_mapper *u);
/* Something to have done; false: nothing. */
bool upnp_mapper_output(struct upnp_mapper *u, struct upnp_ask *out) MUST_USE;
void upnp_mapper_tick(struct upnp_mapper *u, const struct rng *rng, mono_ns now);

#endif
