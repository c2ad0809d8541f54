/* asked.h - the machine of path/portmap/portmap.h at one gateway, which the test plays */
#ifndef PATH_ASKED_H
#define PATH_ASKED_H

#include "crypto/seeded.h"
#include "path/portmap/portmap.h"
#include "unit/unit.h"

enum { PORT = 41641, OUTSIDE_PORT = 50000 };

static const mono_ns T0 = 1000 * SECOND;

struct fixture {
	struct seeded seeded;
	struct rng rng;
	struct portmap p;
	struct endpoint gw;
	/* What it asked since the last look. */
	struct pcp_request pcp;
	struct natpmp_request natpmp;
	unsigned n_pcp, n_natpmp;
	struct upnp_ask upnp;
	unsigned n_upnp;
};

static inline struct uplink home_gateway(void)
{
	return (struct uplink){ip_v4(192, 168, 1, 1), ip_v4(192, 168, 1, 5), 2};
}

static inline void look(struct fixture *f)
{
	uint8_t room[PCP_MESSAGE_MAX];
	struct wr out = wr_of(room, sizeof(room));
	struct endpoint to;
	f->n_pcp = f->n_natpmp = f->n_upnp = 0;
	for (; portmap_finder.output(&f->p, &to, &out); out = wr_of(room, sizeof(room))) {
		struct ip from = portmap_source(&f->p, &to);
		assert_true(endpoint_equal(&to, &f->gw));
		assert_true(from.family != 0);
		if (pcp_read_request(wr_done(&out), &f->pcp))
			f->n_pcp++;
		else if (natpmp_read_request(wr_done(&out), &f->natpmp))
			f->n_natpmp++;
		else
			fail();
	}
	while (portmap_upnp_ask(&f->p, &f->upnp))
		f->n_upnp++;
}

static inline void begin_with(struct fixture *f, const struct uplink *gw)
{
	*f = (struct fixture){
		.gw = {gw->gateway, PCP_PORT, ip_is_link_local(&gw->gateway) ? gw->ifindex : 0}};
	seeded_init(&f->seeded, 1);
	f->rng = seeded_rng(&f->seeded);
	portmap_init(&f->p, &f->rng, PORT);
	portmap_set_gateways(&f->p, gw, 1, T0);
	look(f);
}

static inline void begin(struct fixture *f)
{
	struct uplink gw = home_gateway();
	begin_with(f, &gw);
}

static inline bool give(struct fixture *f, struct bytes b, mono_ns now)
{
	bool taken = portmap_finder.input(&f->p, &f->gw, b, now);
	look(f);
	return taken;
}

static inline struct pcp_response granted(const struct fixture *f, uint32_t epoch_s)
{
	struct pcp_response a = {.op = PCP_MAP,
				 .lifetime_s = 7200,
				 .epoch_s = epoch_s,
				 .has_map = true,
				 .map = f->pcp.map};
	a.map.external = (struct endpoint){ip_v4(203, 0, 113, 5), OUTSIDE_PORT};
	return a;
}

static inline bool give_pcp(struct fixture *f, const struct pcp_response *a, mono_ns now)
{
	uint8_t room[PCP_MAP_LEN];
	struct wr w = wr_of(room, sizeof(room));
	pcp_write_response(&w, a);
	return give(f, wr_done(&w), now);
}

static inline bool give_natpmp(struct fixture *f, const struct natpmp_response *a, mono_ns now)
{
	uint8_t room[NATPMP_RESPONSE_MAX];
	struct wr w = wr_of(room, sizeof(room));
	natpmp_write_response(&w, a);
	return give(f, wr_done(&w), now);
}

static const struct natpmp_response natpmp_address = {
	.op = NATPMP_ADDRESS, .epoch_s = 100, .address = {.family = 4, .b = {203, 0, 113, 5}}};
static const struct natpmp_response natpmp_mapped = {.op = NATPMP_MAP_UDP,
						     .epoch_s = 100,
						     .internal = PORT,
						     .external = OUTSIDE_PORT,
						     .lifetime_s = 3600};

/* Lets time pass as the owner does; gives how many requests of each kind it sent meanwhile. */
static inline void pass(struct fixture *f, mono_ns until, unsigned *pcp, unsigned *natpmp)
{
	unsigned turns = 0;
	*pcp = *natpmp = 0;
	while (portmap_finder.deadline(&f->p) <= until) {
		mono_ns now = portmap_finder.deadline(&f->p);
		portmap_finder.tick(&f->p, now);
		look(f);
		*pcp += f->n_pcp;
		*natpmp += f->n_natpmp;
		assert_true(portmap_finder.deadline(&f->p) > now);
		assert_true(++turns < 10000);
	}
}

/* To everybody on the link, as from there. */
static inline bool announce_from(struct fixture *f, const struct endpoint *from, struct bytes b,
				 mono_ns now)
{
	bool news = portmap_announced(&f->p, from, b, now);
	look(f);
	return news;
}

static inline bool announce_pcp(struct fixture *f, uint32_t epoch_s, mono_ns now)
{
	uint8_t room[PCP_HEADER_LEN];
	struct wr w = wr_of(room, sizeof(room));
	pcp_write_response(&w, &(struct pcp_response){.op = PCP_ANNOUNCE, .epoch_s = epoch_s});
	return announce_from(f, &f->gw, wr_done(&w), now);
}

static inline bool announce_natpmp(struct fixture *f, struct ip outside, uint32_t epoch_s,
				   mono_ns now)
{
	uint8_t room[NATPMP_RESPONSE_MAX];
	struct wr w = wr_of(room, sizeof(room));
	natpmp_write_response(&w, &(struct natpmp_response){.op = NATPMP_ADDRESS,
							    .address = outside,
							    .epoch_s = epoch_s});
	return announce_from(f, &f->gw, wr_done(&w), now);
}

static inline struct candidates found(const struct fixture *f)
{
	struct candidates c = {.n = 0};
	portmap_finder.candidates(&f->p, &c);
	return c;
}

static inline void expect_one(const struct fixture *f, const char *want, bool near)
{
	struct candidates c = found(f);
	char text[ENDPOINT_TEXT_MAX];
	assert_int_equal(c.n, 1);
	assert_int_equal(c.v[0].kind, CANDIDATE_PORTMAP);
	assert_string_equal(endpoint_format(&c.v[0].ep, text), want);
	assert_int_equal(c.v[0].near, near);
}

static inline void map_by_pcp(struct fixture *f)
{
	begin(f);
	struct pcp_response a = granted(f, 100);
	assert_true(give_pcp(f, &a, T0));
	expect_one(f, "203.0.113.5:50000", false);
}

static inline void map_by_natpmp(struct fixture *f)
{
	unsigned pcp, natpmp;
	begin(f);
	assert_true(give_natpmp(f, &natpmp_address, T0));
	pass(f, T0 + 300 * MSEC, &pcp, &natpmp);
	assert_int_equal(natpmp, 1);
	assert_int_equal(f->natpmp.op, NATPMP_MAP_UDP);
	assert_true(give_natpmp(f, &natpmp_mapped, T0 + 300 * MSEC));
	expect_one(f, "203.0.113.5:50000", false);
}

/* UPnP is found, and after a second in which the others were silent it is asked for a mapping. */
static inline void ask_upnp_to_map(struct fixture *f)
{
	unsigned pcp, natpmp;
	begin(f);
	portmap_upnp_report(&f->p, &(struct upnp_report){.kind = UPNP_FOUND}, T0);
	pass(f, T0 + 1 * SECOND, &pcp, &natpmp);
	assert_int_equal(f->n_upnp, 1);
	assert_int_equal(f->upnp.kind, UPNP_MAP);
}

/* It maps, one second later. */
static inline void map_by_upnp(struct fixture *f, uint16_t outside_port)
{
	struct upnp_report mapped = {.kind = UPNP_MAPPED,
				     .outside = {ip_v4(203, 0, 113, 5), outside_port}};
	char text[ENDPOINT_TEXT_MAX];
	ask_upnp_to_map(f);
	portmap_upnp_report(&f->p, &mapped, T0 + 2 * SECOND);
	expect_one(f, endpoint_format(&mapped.outside, text), false);
}

#endif
