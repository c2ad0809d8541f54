/* Answers of gateways and steps of time.  What must hold: after a tick the deadline is in the
 * future; requests are bounded whatever gateways say; each candidate is an address that a host can
 * have.
 *
 *   step = what u8 | argument u8 | for an answer: length u8, bytes */
#include "path/portmap/portmap.h"

#include "crypto/seeded.h"
#include "fuzz/fuzz.h"

enum { GATEWAYS = 4, PER_ASKING = 32 };

struct setting {
	struct seeded seeded;
	struct rng rng;
	struct portmap p;
	mono_ns now;
	struct pcp_request pcp;
	unsigned sent;
};

static void set_gateways(struct setting *s, uint8_t arg)
{
	struct uplink v[GATEWAYS] = {{ip_v4(192, 168, arg & 3, 1), ip_v4(192, 168, arg & 3, 5), 2},
				     {.gateway = {6, {0xfe, 0x80, [15] = 1}},
				      .self = {6, {0x20, 1, [15] = 5}},
				      .ifindex = 3},
				     {ip_v4(10, 0, 0, 1), ip_v4(10, 0, 0, 5), 4},
				     {.gateway = {6, {0xfe, 0x80, [15] = 1}},
				      .self = {6, {0x20, 2, [15] = 5}},
				      .ifindex = 5}};
	portmap_set_gateways(&s->p, v, (arg >> 2) % (GATEWAYS + 1), s->now);
}

static void drain(struct setting *s)
{
	uint8_t room[PCP_MESSAGE_MAX];
	struct wr out = wr_of(room, sizeof(room));
	struct endpoint to;
	struct upnp_ask ask;
	struct pcp_request q;
	for (; portmap_finder.output(&s->p, &to, &out); out = wr_of(room, sizeof(room))) {
		FUZZ_ASSERT(!out.bad && portmap_source(&s->p, &to).family != 0);
		if (pcp_read_request(wr_done(&out), &q))
			s->pcp = q;
		s->sent++;
	}
	while (portmap_upnp_ask(&s->p, &ask))
		s->sent++;
	struct candidates c = {.n = 0};
	portmap_finder.candidates(&s->p, &c);
	FUZZ_ASSERT(c.n <= GATEWAYS);
	for (size_t i = 0; i < c.n; i++)
		FUZZ_ASSERT(endpoint_is_set(&c.v[i].ep) && !ip_is_loopback(&c.v[i].ep.ip));
}

static void pass_time(struct setting *s, mono_ns until)
{
	unsigned turns = 0;
	while (portmap_finder.deadline(&s->p) <= until) {
		s->now = mono_max(s->now, portmap_finder.deadline(&s->p));
		portmap_finder.tick(&s->p, s->now);
		drain(s);
		FUZZ_ASSERT(portmap_finder.deadline(&s->p) > s->now && turns++ < 100000);
	}
	s->now = until;
}

/* From the gateway itself; where the first bit says so with the right nonce and port. */
static void answer(struct setting *s, uint8_t arg, struct bytes b)
{
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));
	struct pcp_response a;
	if (s->p.n == 0)
		return;
	struct endpoint from = s->p.v[(arg >> 1) % s->p.n].to;
	if (arg & 1 && pcp_read_response(b, &a) && a.has_map) {
		for (size_t i = 0; i < PCP_NONCE_LEN; i++)
			a.map.nonce[i] = s->pcp.map.nonce[i];
		a.map.protocol = PCP_UDP;
		a.map.internal = s->pcp.map.internal;
		pcp_write_response(&w, &a);
		b = wr_done(&w);
	}
	if (arg & 0x80)
		(void)!portmap_announced(&s->p, &from, b, s->now);
	else
		portmap_finder.input(&s->p, &from, b, s->now);
}

static void report(struct setting *s, uint8_t arg)
{
	struct upnp_report r = {.outside = {ip_v4(203, 0, 113, arg), (uint16_t)(arg * 257)},
				.lifetime_s = (uint32_t)arg * 60};
	static const struct upnp_report kinds[] = {{.kind = UPNP_FOUND},
						   {.kind = UPNP_NONE},
						   {.kind = UPNP_MAPPED},
						   {.kind = UPNP_REFUSED},
						   {.kind = UPNP_OFF}};
	r.kind = kinds[arg % ARRAY_LEN(kinds)].kind;
	portmap_upnp_report(&s->p, &r, s->now);
}

static void step(struct setting *s, uint8_t what, uint8_t arg, struct rd *r)
{
	switch (what % 8) {
	case 0:
		set_gateways(s, arg);
		break;
	case 1:
	case 2:
		answer(s, arg, rd_take(r, rd_u8(r)));
		break;
	case 3:
		pass_time(s, s->now + arg * 10 * MSEC);
		break;
	case 4:
		pass_time(s, s->now + arg * 60 * SECOND);
		break;
	case 5:
		report(s, arg);
		break;
	case 6:
		portmap_finder.refresh(&s->p, arg & 1, s->now);
		break;
	case 7:
		if (arg & 1)
			portmap_release(&s->p, s->now);
		else
			portmap_set_port(&s->p, (uint16_t)(arg >> 1));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct setting s;
	struct rd r = rd_of((struct bytes){data, size});
	if (size > 2048)
		return 0;
	s = (struct setting){.now = 1000 * SECOND};
	seeded_init(&s.seeded, 1);
	s.rng = seeded_rng(&s.seeded);
	portmap_init(&s.p, &s.rng, 41641);
	unsigned steps = 0;
	mono_ns begun = s.now;
	while (r.left >= 2 && !r.bad) {
		uint8_t what = rd_u8(&r), arg = rd_u8(&r);
		step(&s, what, arg, &r);
		drain(&s);
		steps++;
	}
	/* A step may begin each question anew; time alone asks no more often than each five
	 * seconds. */
	uint64_t askings = steps + (s.now - begun) / (5 * SECOND) + 1;
	FUZZ_ASSERT(s.sent <= askings * PER_ASKING);
	return 0;
}
