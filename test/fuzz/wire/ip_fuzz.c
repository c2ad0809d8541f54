/* A packet from the tunnel or the system: its parts lie within it, and UDP and ICMP come back. */
#include "wire/ip.h"

#include "fuzz/fuzz.h"
#include "unit/wire/icmp.h"

static uint8_t out[1 << 16];

static void check_udp(const struct ip_packet *p)
{
	struct udp_header h, back;
	struct bytes payload, again;
	struct ip_packet q;
	struct wr w = wr_of(out, sizeof(out));
	if (!udp_read(p->payload, &h, &payload))
		return;
	ip_write(&w, &p->src, &p->dst, IP_UDP, p->ttl, UDP_HEADER_LEN + payload.n);
	udp_write(&w, &p->src, &p->dst, h.src, h.dst, payload);
	FUZZ_ASSERT(!w.bad && ip_read(wr_done(&w), &q) && udp_read(q.payload, &back, &again));
	FUZZ_ASSERT(ip_equal(&p->src, &q.src) && ip_equal(&p->dst, &q.dst) && q.ttl == p->ttl);
	FUZZ_ASSERT(h.src == back.src && h.dst == back.dst && bytes_equal(payload, again));
	uint32_t sum = inet_pseudo_sum(&q.src, &q.dst, IP_UDP, (uint32_t)q.payload.n);
	FUZZ_ASSERT(inet_fold(inet_sum(q.payload, sum)) == 0);
}

static void check_icmp(const struct ip_packet *p)
{
	struct icmp_header h, back;
	struct bytes payload, again;
	struct wr w = wr_of(out, sizeof(out));
	if (!icmp_read(p->payload, &h, &payload))
		return;
	icmp_write(&w, &p->src, &p->dst, h.type, h.code, h.rest, payload);
	FUZZ_ASSERT(!w.bad && icmp_read(wr_done(&w), &back, &again));
	FUZZ_ASSERT(h.type == back.type && h.code == back.code && h.rest == back.rest);
	FUZZ_ASSERT(bytes_equal(payload, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes d = {data, size};
	struct ip_packet p;
	struct ip src, dst;
	size_t len = 0;
	bool has_dst = ip_read_dst(d, &dst), has_src = ip_read_src(d, &src, &len);
	FUZZ_ASSERT(!has_src || (len <= size && src.family == data[0] >> 4));
	if (!ip_read(d, &p))
		return 0;
	FUZZ_ASSERT(has_dst && ip_equal(&dst, &p.dst));
	FUZZ_ASSERT(has_src && ip_equal(&src, &p.src) && len == p.len);
	FUZZ_ASSERT(p.src.family == p.dst.family && p.src.family == data[0] >> 4);
	FUZZ_ASSERT(p.len <= size && p.payload.p >= data &&
		    p.payload.p + p.payload.n == data + p.len);
	check_udp(&p);
	check_icmp(&p);
	return 0;
}
