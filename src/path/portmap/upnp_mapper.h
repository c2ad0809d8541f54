/* path/portmap/upnp_mapper.h - a mapping by UPnP IGD, which another process talks
 *
 * UPnP is HTTP and XML, and its library waits for answers.  So the owner of the node has it done in
 * another process (io/upnp.h).  This machine says what to ask, and gets a report.
 *
 * Source: portmap.md 8.
 */
#ifndef PATH_PORTMAP_UPNP_MAPPER_H
#define PATH_PORTMAP_UPNP_MAPPER_H

#include "path/portmap/mapper.h"

struct upnp_ask {
	enum { UPNP_FIND, UPNP_MAP, UPNP_UNMAP } kind;
	struct ip self, gateway;
	uint16_t port;       /* ours */
	uint16_t outside;    /* MAP: the wished port; UNMAP: that of the mapping */
	uint32_t lifetime_s; /* MAP */
};

struct upnp_report {
	enum {
		UPNP_FOUND,   /* a gateway speaks UPnP */
		UPNP_NONE,    /* no gateway speaks UPnP, or it gives no usable answer */
		UPNP_MAPPED,  /* `outside` is mapped */
		UPNP_REFUSED, /* this port is not mapped, or none at all */
		UPNP_OFF      /* the process that talks UPnP is gone for good */
	} kind;
	struct endpoint outside;
	uint32_t lifetime_s; /* 0: without an end */
};

struct upnp_mapper {
	struct mapper m;
	struct ip self, gateway;
	uint16_t port;
	uint16_t ended; /* the outside port of the mapping to take back */
	bool found, may_map, off;
};

void upnp_mapper_init(struct upnp_mapper *u, const struct ip *self, const struct ip *gateway,
		      uint16_t port);
void upnp_mapper_ask(struct upnp_mapper *u, mono_ns now);
/* A gateway was found, and may not be asked for a mapping yet. */
bool upnp_mapper_waits(const struct upnp_mapper *u);
void upnp_mapper_allow(struct upnp_mapper *u, mono_ns now);
void upnp_mapper_report(struct upnp_mapper *u, const struct upnp_report *r, mono_ns now);
void upnp_mapper_release(struct upnp_mapper *u);
/* What to ask now; false: nothing. */
bool upnp_mapper_output(struct upnp_mapper *u, struct upnp_ask *out) MUST_USE;
void upnp_mapper_tick(struct upnp_mapper *u, const struct rng *rng, mono_ns now);

#endif
