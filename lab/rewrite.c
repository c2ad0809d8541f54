/* Six engines: for UDP, TCP and ICMP echo (whose identifier is the port), each for IPv4 and IPv6.
 * A packet is read once, the engine gets its two endpoints, and what has changed is written
 * back. Checksums are changed by the difference (RFC 1624), so that a wrong one stays wrong. */
#include "lab/rewrite.h"

#include <stdlib.h>
#include <string.h>

#include "wire/ip.h"

enum {
	KINDS = 3,
	UDP_SUM = 6,
	TCP_SUM = 16,
	ICMP_SUM = 2,
	IP4_SUM = 10,
	IP4_SRC = 12,
	IP4_DST = 16,
	TTL4 = 8,
	TTL6 = 7
};
enum kind { UDP, TCP, ECHO };

static const mono_ns stream_timeout = 3600 * SECOND;

struct rewrite {
	struct nat *nat4[KINDS], *nat6[KINDS]; /* nat6: all or none */
	struct rewrite_stats stats;
};

/* A packet on its way through: its endpoints for the engine, and where they are in its bytes. */
struct flow {
	enum kind kind;
	uint8_t *ip, *transport;
	size_t n_transport;
	uint8_t family;
	struct endpoint src, dst;
	bool icmp_error;
};

/* --- set-up --- */

/* The same box, for a protocol that is only carried. */
static struct nat_config carried(const struct nat_config *cfg, enum kind kind)
{
	struct nat_config c = *cfg;
	c.blocks_udp = false;
	c.mapping = c.filtering =
		kind == TCP ? NAT_ADDRESS_AND_PORT_DEPENDENT : NAT_ADDRESS_DEPENDENT;
	c.ports = NAT_PORT_PRESERVE;
	c.paired = true;
	c.hairpin = NAT_HAIRPIN_EXTERNAL_SOURCE;
	c.timeout = stream_timeout;
	c.inbound_refreshes = true;
	c.mappings_max = c.host_mappings_max = c.sessions_max = c.permissions_max = 0;
	return c;
}

static void make(struct nat *out[KINDS], const struct nat_config *cfg, const struct rng *rng)
{
	for (int kind = UDP; kind < KINDS; kind++) {
		struct nat_config c = kind == UDP ? *cfg : carried(cfg, (enum kind)kind);
		out[kind] = nat_new(&c, rng);
	}
}

struct rewrite *rewrite_new(const struct nat_config *nat4, const struct nat_config *wall6,
			    const struct rng *rng)
{
	struct rewrite *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	make(r->nat4, nat4, rng);
	if (wall6)
		make(r->nat6, wall6, rng);
	return r;
}

void rewrite_free(struct rewrite *r)
{
	if (!r)
		return;
	for (int kind = UDP; kind < KINDS; kind++) {
		nat_free(r->nat4[kind]);
		nat_free(r->nat6[kind]);
	}
	free(r);
}

void rewrite_flush(struct rewrite *r)
{
	nat_flush(r->nat4[UDP]);
	if (r->nat6[UDP])
		nat_flush(r->nat6[UDP]);
}

void rewrite_reboot(struct rewrite *r)
{
	for (int kind = UDP; kind < KINDS; kind++) {
		nat_reboot(r->nat4[kind]);
		if (r->nat6[kind])
			nat_reboot(r->nat6[kind]);
	}
}

const struct rewrite_stats *rewrite_stats(const struct rewrite *r)
{
	return &r->stats;
}

const struct nat_stats *rewrite_udp_stats(const struct rewrite *r)
{
	return nat_stats(r->nat4[UDP]);
}

/* --- reading --- */

static uint16_t be16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static bool is_error(uint8_t family, uint8_t type)
{
	return family == 4 ? type == 3 || type == 11 || type == 12 : type >= 1 && type <= 4;
}

static bool is_echo(uint8_t family, uint8_t type, bool *reply)
{
	*reply = type == (family == 4 ? 0 : 129);
	return *reply || type == (family == 4 ? 8 : 128);
}

/* The identifier of an echo is the port of the asking side. */
static bool read_icmp(struct flow *f)
{
	bool reply;
	const uint8_t *t = f->transport;
	if (f->n_transport < ICMP_HEADER_LEN)
		return false;
	f->kind = ECHO;
	f->icmp_error = is_error(f->family, t[0]);
	if (f->icmp_error)
		return true;
	if (!is_echo(f->family, t[0], &reply))
		return false;
	*(reply ? &f->dst.port : &f->src.port) = be16(t + 4);
	return true;
}

static bool read_ports(struct flow *f, uint8_t proto)
{
	if (proto == IP_ICMP || proto == IP_ICMP6)
		return read_icmp(f);
	if ((proto != IP_UDP && proto != IP_TCP) || f->n_transport < UDP_HEADER_LEN)
		return false;
	f->kind = proto == IP_UDP ? UDP : TCP;
	f->src.port = be16(f->transport);
	f->dst.port = be16(f->transport + 2);
	return true;
}

/* whole: false for the packet inside an ICMP error, which may be cut short. */
static bool read_flow(struct flow *f, uint8_t *b, size_t n, bool whole)
{
	*f = (struct flow){.ip = b, .family = n > 0 ? b[0] >> 4 : 0};
	size_t header = f->family == 4 && n > 0 ? (size_t)(b[0] & 15) * 4 : IP6_HEADER_LEN;
	if ((f->family != 4 && f->family != 6) || header < IP4_HEADER_LEN || n < header)
		return false;
	size_t len = f->family == 4 ? be16(b + 2) : (size_t)be16(b + 4) + IP6_HEADER_LEN;
	if (len < header || (whole && len > n) || (f->family == 4 && (be16(b + 6) & 0x3fff)))
		return false;
	f->transport = b + header;
	f->n_transport = (len < n ? len : n) - header;
	if (f->family == 4) {
		f->src.ip = ip_v4_from(b + IP4_SRC);
		f->dst.ip = ip_v4_from(b + IP4_DST);
		return read_ports(f, b[9]);
	}
	f->src.ip = ip_v6_from(b + 8);
	f->dst.ip = ip_v6_from(b + 24);
	return read_ports(f, b[6]);
}

/* --- writing --- */

/* RFC 1624: HC' = ~(~HC + ~m + m'); n is even. */
static void mend_sum(uint8_t *sum, const uint8_t *was, const uint8_t *is, size_t n)
{
	uint32_t s = (uint16_t)~be16(sum);
	for (size_t i = 0; i < n; i += 2)
		s += (uint32_t)(uint16_t)~be16(was + i) + be16(is + i);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	s = ~s & 0xffff;
	sum[0] = (uint8_t)(s >> 8);
	sum[1] = (uint8_t)s;
}

/* Where the checksum over the ports and addresses is; NULL: there is none (or it was cut off). */
static uint8_t *sum_of(const struct flow *f)
{
	size_t at = f->kind == UDP ? UDP_SUM : f->kind == TCP ? TCP_SUM : ICMP_SUM;
	if (f->n_transport < at + 2 || (f->kind == UDP && be16(f->transport + at) == 0))
		return NULL;
	return f->transport + at;
}

static void put(uint8_t *at, const uint8_t *is, size_t n, uint8_t *sum)
{
	if (sum)
		mend_sum(sum, at, is, n);
	memcpy(at, is, n);
}

/* Where the port of one end stands; ICMP echo has one place for both. */
static uint8_t *port_at(const struct flow *f, bool src)
{
	return f->kind == ECHO ? f->transport + 4 : f->transport + (src ? 0 : 2);
}

/* IPv4 only: IPv6 is not translated.  The address is in the pseudo header too, but ICMP has none.
 */
static void write_end(struct flow *f, bool src, const struct endpoint *to)
{
	const struct endpoint *was = src ? &f->src : &f->dst;
	const uint8_t port[2] = {(uint8_t)(to->port >> 8), (uint8_t)to->port};
	uint8_t *address = f->ip + (src ? IP4_SRC : IP4_DST), *sum = sum_of(f);
	if (endpoint_equal(was, to))
		return;
	if (sum && f->kind != ECHO)
		mend_sum(sum, address, to->ip.b, 4);
	put(address, to->ip.b, 4, f->ip + IP4_SUM);
	if (was->port != to->port)
		put(port_at(f, src), port, 2, sum);
	/* 0 would mean that there is no checksum: RFC 768. */
	if (sum && f->kind == UDP && be16(sum) == 0)
		sum[0] = sum[1] = 0xff;
}

/* A router decrements the hop limit.  False: this was the last hop. */
static bool live_on(struct flow *f)
{
	uint8_t *ttl = f->ip + (f->family == 4 ? TTL4 : TTL6);
	if (*ttl <= 1)
		return false;
	if (f->family == 4) {
		const uint8_t is[2] = {(uint8_t)(ttl[0] - 1), ttl[1]};
		put(ttl, is, 2, f->ip + IP4_SUM);
	} else {
		--*ttl;
	}
	return true;
}

/* --- passing --- */

static struct nat *nat_for(const struct rewrite *r, const struct flow *f)
{
	return f->family == 4 ? r->nat4[f->kind] : r->nat6[f->kind];
}

static enum rewrite_verdict drop(struct rewrite *r)
{
	r->stats.dropped++;
	return REWRITE_DROP;
}

static enum rewrite_verdict turn(struct rewrite *r, struct nat *nat, struct flow *f, mono_ns now)
{
	struct endpoint src = f->src, dst = f->dst;
	if (!nat_hairpin(nat, &src, &dst, now))
		return drop(r);
	write_end(f, true, &src);
	write_end(f, false, &dst);
	r->stats.turned++;
	return REWRITE_TURN;
}

enum rewrite_verdict rewrite_out(struct rewrite *r, uint8_t *packet, size_t n, mono_ns now)
{
	struct flow f;
	if (!read_flow(&f, packet, n, true) || f.icmp_error || !live_on(&f))
		return drop(r);
	struct nat *nat = nat_for(r, &f);
	if (nat && nat_owns(nat, &f.dst.ip))
		return turn(r, nat, &f, now);
	struct endpoint src = f.src;
	if (nat && !nat_out(nat, &src, &f.dst, now))
		return drop(r);
	write_end(&f, true, &src);
	r->stats.out++;
	return REWRITE_PASS;
}

/* The error is about a packet that we sent, and quotes source and destination as the outside saw
 * them.  Its checksum covers the quoted packet, so it is computed anew. */
static enum rewrite_verdict error_in(struct rewrite *r, struct flow *f, mono_ns now)
{
	struct flow about;
	uint8_t *t = f->transport;
	size_t n = f->n_transport;
	if (!read_flow(&about, t + ICMP_HEADER_LEN, n - ICMP_HEADER_LEN, false) ||
	    about.icmp_error || about.family != f->family)
		return drop(r);
	struct nat *nat = nat_for(r, &about);
	struct endpoint inside = about.src;
	if (nat && !nat_inside(nat, &about.src, &about.dst, now, &inside))
		return drop(r);
	r->stats.errors++;
	if (f->family == 6 || endpoint_equal(&inside, &about.src))
		return REWRITE_PASS;
	write_end(&about, true, &inside);
	put(f->ip + IP4_DST, inside.ip.b, 4, f->ip + IP4_SUM);
	t[ICMP_SUM] = t[ICMP_SUM + 1] = 0;
	uint16_t sum = inet_fold(inet_sum((struct bytes){t, n}, 0));
	t[ICMP_SUM] = (uint8_t)(sum >> 8);
	t[ICMP_SUM + 1] = (uint8_t)sum;
	return REWRITE_PASS;
}

enum rewrite_verdict rewrite_in(struct rewrite *r, uint8_t *packet, size_t n, mono_ns now)
{
	struct flow f;
	if (!read_flow(&f, packet, n, true) || !live_on(&f))
		return drop(r);
	if (f.icmp_error)
		return error_in(r, &f, now);
	struct nat *nat = nat_for(r, &f);
	struct endpoint dst = f.dst;
	if (nat && !nat_in(nat, &f.src, &dst, now))
		return drop(r);
	write_end(&f, false, &dst);
	r->stats.in++;
	return REWRITE_PASS;
}
