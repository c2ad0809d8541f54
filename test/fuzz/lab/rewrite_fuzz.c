/* Packets from both sides, and steps of time, to the NAT box of the lab. What must hold: nothing is
 * touched outside the packet; its length and its version stay; checksums that were right stay
 * right, and wrong ones wrong; a UDP checksum never becomes the 0 that says that there is none.
 *
 *   kind of NAT u8, u8 | step = what u8 | for a packet: length u8, bytes; an answer turns the last
 *   one around */
#include "lab/rewrite.h"

#include <string.h>

#include "crypto/seeded.h"
#include "fuzz/fuzz.h"
#include "wire/ip.h"

enum { PACKET_MAX = 255, OUT = 0, IN, ANSWER, ERROR, TIME, FLUSH, REBOOT, STEPS };

struct setting {
	struct seeded seeded;
	struct rng rng;
	struct rewrite *box;
	mono_ns now;
	uint8_t last[PACKET_MAX + 64]; /* that went out */
	size_t n_last;
};

static void make_box(struct setting *s, uint8_t kind, uint8_t more)
{
	struct nat_config nat = {.external = ip_v4(192, 0, 2, 1),
				 .pool = {ip_v4(192, 0, 2, 2)},
				 .n_pool = more & 1,
				 .paired = more & 2,
				 .inbound_refreshes = more & 4,
				 .firewall = (more & 24) == 24,
				 .mapping = (enum nat_scope)(kind % 3),
				 .filtering = (enum nat_scope)(kind / 3 % 3),
				 .ports = (enum nat_ports)(kind / 9 % 5),
				 .hairpin = (enum nat_hairpin)(kind / 45 % 3),
				 .mappings_max = more & 32 ? 2 : 0};
	struct nat_config wall = {.firewall = true, .filtering = nat.filtering};
	seeded_init(&s->seeded, kind);
	s->rng = seeded_rng(&s->seeded);
	s->box = rewrite_new(&nat, more & 64 ? &wall : NULL, &s->rng);
	FUZZ_ASSERT(s->box);
}

/* --- sums --- */

/* What must stay the same: 0xffff and 0 are both zero in this arithmetic. */
struct sums {
	uint16_t header, transport;
	bool has_transport, zero_udp;
};

static uint16_t folded(uint32_t sum)
{
	uint16_t v = inet_fold(sum);
	return v == 0xffff ? 0 : v;
}

static bool is_error(const struct ip_packet *p)
{
	uint8_t type = p->payload.n ? p->payload.p[0] : 0;
	return (p->proto == IP_ICMP && type != 0 && type != 8) ||
	       (p->proto == IP_ICMP6 && type < 128);
}

static struct sums sums_of(const uint8_t *b, size_t n)
{
	struct ip_packet p;
	struct sums s = {0};
	if (!ip_read((struct bytes){b, n}, &p))
		return s;
	size_t header = (size_t)(p.payload.p - b), least = p.proto == IP_UDP   ? 8
							   : p.proto == IP_TCP ? 18
									       : 4;
	uint32_t pseudo = p.proto == IP_ICMP ? 0 : inet_pseudo_sum(&p.src, &p.dst, p.proto, 0);
	s.header = b[0] >> 4 == 4 ? folded(inet_sum((struct bytes){b, header}, 0)) : 0;
	s.zero_udp =
		p.proto == IP_UDP && p.payload.n >= 8 && p.payload.p[6] == 0 && p.payload.p[7] == 0;
	s.has_transport = p.payload.n >= least && !s.zero_udp && !is_error(&p);
	if (s.has_transport)
		s.transport = folded(inet_sum(p.payload, pseudo));
	return s;
}

static void check(const uint8_t *was, const uint8_t *is, size_t n)
{
	struct sums a = sums_of(was, n), b = sums_of(is, n);
	FUZZ_ASSERT(was[0] == is[0]);
	FUZZ_ASSERT(a.header == b.header && a.zero_udp == b.zero_udp);
	FUZZ_ASSERT(a.has_transport == b.has_transport && a.transport == b.transport);
}

/* --- steps --- */

/* In memory of its own size, so that the sanitizer sees each byte beside it. */
static void pass(struct setting *s, const uint8_t *b, size_t n, bool out)
{
	uint8_t *packet = malloc(n ? n : 1);
	FUZZ_ASSERT(packet);
	if (n)
		memcpy(packet, b, n);
	enum rewrite_verdict v = out ? rewrite_out(s->box, packet, n, s->now)
				     : rewrite_in(s->box, packet, n, s->now);
	FUZZ_ASSERT(out || v != REWRITE_TURN);
	if (v != REWRITE_DROP) {
		FUZZ_ASSERT(n >= IP4_HEADER_LEN);
		check(b, packet, n);
	}
	if (out && v == REWRITE_PASS) {
		memcpy(s->last, packet, n);
		s->n_last = n;
	}
	free(packet);
}

static void swap(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t room[16];
	memcpy(room, a, n);
	memcpy(a, b, n);
	memcpy(b, room, n);
}

/* Who was spoken to speaks back. */
static void answer(struct setting *s)
{
	uint8_t b[sizeof(s->last)];
	bool four = s->n_last && s->last[0] >> 4 == 4;
	size_t header = four ? (size_t)(s->last[0] & 15) * 4 : IP6_HEADER_LEN;
	if (s->n_last < header + 4)
		return;
	memcpy(b, s->last, s->n_last);
	swap(b + (four ? 12 : 8), b + (four ? 16 : 24), four ? 4 : 16);
	if (b[four ? 9 : 6] == IP_ICMP)
		b[header] = 0;
	else if (b[four ? 9 : 6] == IP_ICMP6)
		b[header] = 129;
	else
		swap(b + header, b + header + 2, 2);
	pass(s, b, s->n_last, false);
}

/* Somebody on the way complains about what went out. */
static void complain(struct setting *s)
{
	uint8_t room[sizeof(s->last) + 64];
	struct wr w = wr_of(room, sizeof(room));
	struct ip from = ip_v4(203, 0, 113, 9), to;
	if (s->n_last < IP4_HEADER_LEN || s->last[0] >> 4 != 4)
		return;
	to = ip_v4_from(s->last + 12);
	ip_write(&w, &from, &to, IP_ICMP, 64, ICMP_HEADER_LEN + s->n_last);
	icmp_write(&w, &from, &to, 3, 3, 0, (struct bytes){s->last, s->n_last});
	if (!w.bad)
		pass(s, room, wr_done(&w).n, false);
}

static void step(struct setting *s, uint8_t what, struct rd *in)
{
	uint8_t n;
	switch (what % STEPS) {
	case OUT:
	case IN:
		n = rd_u8(in);
		if (n <= in->left)
			pass(s, rd_take(in, n).p, n, what % STEPS == OUT);
		return;
	case ANSWER:
		answer(s);
		return;
	case ERROR:
		complain(s);
		return;
	case TIME:
		s->now += (mono_ns)rd_u8(in) * SECOND;
		return;
	case FLUSH:
		rewrite_flush(s->box);
		return;
	default:
		rewrite_reboot(s->box);
		return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct setting s;
	struct rd in = rd_of((struct bytes){data, size});
	if (size < 2)
		return 0;
	s = (struct setting){.now = SECOND};
	uint8_t kind = rd_u8(&in), more = rd_u8(&in);
	make_box(&s, kind, more);
	while (in.left > 0)
		step(&s, rd_u8(&in), &in);
	FUZZ_ASSERT(rewrite_udp_stats(s.box)->mappings <= 1024);
	rewrite_free(s.box);
	return 0;
}
