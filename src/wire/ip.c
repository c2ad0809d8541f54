#include "wire/ip.h"

enum {
	IP4_OFFSET = 0x1fff,
	IP6_FRAGMENT_OFFSET = 0xfff8,
	/* Each costs the receiver a step; RFC 8200 section 4.1 knows seven at most. */
	EXTENSIONS_MAX = 8,

	EXT_HOP_BY_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_AUTHENTICATION = 51,
	EXT_DESTINATION = 60,
	EXT_MOBILITY = 135,
	EXT_HIP = 139,
	EXT_SHIM6 = 140
};

/* --- reading --- */

static struct ip read_v4(struct rd *r)
{
	uint8_t b[4];
	rd_copy(r, b, sizeof(b));
	return ip_v4_from(b);
}

static struct ip read_v6(struct rd *r)
{
	uint8_t b[16];
	rd_copy(r, b, sizeof(b));
	return ip_v6_from(b);
}

static bool read_ip4(struct bytes b, struct ip_packet *out)
{
	struct rd r = rd_of(b);
	size_t header = (size_t)(rd_u8(&r) & 15) * 4;
	rd_skip(&r, 1);
	out->len = rd_be16(&r);
	rd_skip(&r, 2);
	out->fragment = rd_be16(&r) & IP4_OFFSET;
	out->ttl = rd_u8(&r);
	out->proto = rd_u8(&r);
	rd_skip(&r, 2);
	out->src = read_v4(&r);
	out->dst = read_v4(&r);
	if (r.bad || header < IP4_HEADER_LEN || out->len < header || out->len > b.n)
		return false;
	rd_skip(&r, header - IP4_HEADER_LEN);
	out->payload = rd_take(&r, out->len - header);
	return true;
}

/* The length of an extension header, from its first two bytes. 0: it is none. */
static size_t extension_len(uint8_t type, uint8_t len)
{
	switch (type) {
	case EXT_HOP_BY_HOP:
	case EXT_ROUTING:
	case EXT_DESTINATION:
	case EXT_MOBILITY:
	case EXT_HIP:
	case EXT_SHIM6:
		return (size_t)(len + 1) * 8;
	case EXT_FRAGMENT:
		return 8;
	case EXT_AUTHENTICATION:
		return (size_t)(len + 2) * 4;
	default:
		return 0;
	}
}

/* Skips the extension headers, to the transport header or the data of a later fragment. */
static bool skip_extensions(struct rd *r, struct ip_packet *out)
{
	for (int i = 0; i < EXTENSIONS_MAX && !out->fragment; i++) {
		if (extension_len(out->proto, 0) == 0)
			return true;
		uint8_t type = out->proto;
		out->proto = rd_u8(r);
		size_t len = extension_len(type, rd_u8(r));
		struct bytes body = rd_take(r, len - 2);
		if (r->bad)
			return false;
		if (type == EXT_FRAGMENT)
			out->fragment = ((body.p[0] << 8 | body.p[1]) & IP6_FRAGMENT_OFFSET) != 0;
	}
	return out->fragment || extension_len(out->proto, 0) == 0;
}

static bool read_ip6(struct bytes b, struct ip_packet *out)
{
	struct rd r = rd_of(b);
	rd_skip(&r, 4);
	size_t payload_len = rd_be16(&r);
	out->proto = rd_u8(&r);
	out->ttl = rd_u8(&r);
	out->src = read_v6(&r);
	out->dst = read_v6(&r);
	out->fragment = false;
	out->len = (uint16_t)(IP6_HEADER_LEN + payload_len);
	struct rd rest = rd_of(rd_take(&r, payload_len));
	if (r.bad || IP6_HEADER_LEN + payload_len > UINT16_MAX)
		return false;
	if (out->src.family != 6 || out->dst.family != 6 || !skip_extensions(&rest, out))
		return false;
	out->payload = rd_rest(&rest);
	return true;
}

bool ip_read(struct bytes b, struct ip_packet *out)
{
	switch (b.n > 0 ? b.p[0] >> 4 : 0) {
	case 4:
		return read_ip4(b, out);
	case 6:
		return read_ip6(b, out);
	default:
		return false;
	}
}

bool ip_read_dst(struct bytes b, struct ip *dst)
{
	struct rd r = rd_of(b);
	int version = b.n > 0 ? b.p[0] >> 4 : 0;
	if (version == 4) {
		rd_skip(&r, 16);
		*dst = read_v4(&r);
	} else {
		rd_skip(&r, 24);
		*dst = read_v6(&r);
	}
	return !r.bad && dst->family == version;
}

bool ip_read_src(struct bytes b, struct ip *src, size_t *len)
{
	struct rd r = rd_of(b);
	int version = rd_u8(&r) >> 4;
	size_t least = IP4_HEADER_LEN;
	if (version == 4) {
		rd_skip(&r, 1);
		*len = rd_be16(&r);
		rd_skip(&r, 8);
		*src = read_v4(&r);
	} else {
		least = IP6_HEADER_LEN;
		rd_skip(&r, 3);
		*len = IP6_HEADER_LEN + (size_t)rd_be16(&r);
		rd_skip(&r, 2);
		*src = read_v6(&r);
	}
	return !r.bad && src->family == version && *len >= least && *len <= b.n;
}

/* --- checksums --- */

uint32_t inet_sum(struct bytes b, uint32_t sum)
{
	uint64_t wide = sum;
	size_t i = 0;
	for (; i + 1 < b.n; i += 2)
		wide += (uint32_t)(b.p[i] << 8 | b.p[i + 1]);
	if (i < b.n)
		wide += (uint32_t)(b.p[i] << 8);
	/* Carries are added in again, so the result fits however much is summed. */
	while (wide >> 32)
		wide = (wide & UINT32_MAX) + (wide >> 32);
	return (uint32_t)wide;
}

uint16_t inet_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint32_t inet_pseudo_sum(const struct ip *src, const struct ip *dst, uint8_t proto, uint32_t len)
{
	uint32_t sum = inet_sum((struct bytes){src->b, ip_len(src)}, 0);
	sum = inet_sum((struct bytes){dst->b, ip_len(dst)}, sum);
	uint8_t b[8];
	struct wr w = wr_of(b, sizeof(b));
	wr_be32(&w, len);
	wr_be32(&w, proto);
	return inet_sum(BYTES_OF(b), sum);
}

/* Fills in the checksum, at `start + at`, of all that was written since `start`. */
static void write_checksum(struct wr *out, size_t start, size_t at, uint32_t sum, bool zero_is_none)
{
	if (out->bad)
		return;
	uint16_t checksum =
		inet_fold(inet_sum((struct bytes){out->p + start, out->n - start}, sum));
	struct wr w = wr_of(out->p + start + at, 2);
	wr_be16(&w, checksum == 0 && zero_is_none ? 0xffff : checksum);
}

/* 169.254/16 may be routed on purpose. */
static bool is_ipv6_of_link(const struct ip *ip)
{
	return ip->family == 6 && ip_is_link_local(ip);
}

bool ip_is_of_link(struct bytes b)
{
	struct rd r = rd_of(b);
	if (rd_u8(&r) >> 4 != 6)
		return false;
	rd_skip(&r, 7);
	struct ip src = read_v6(&r), dst = read_v6(&r);
	return !r.bad && (is_ipv6_of_link(&src) || is_ipv6_of_link(&dst));
}

/* --- writing --- */

static void write_ip4(struct wr *out, const struct ip *src, const struct ip *dst, uint8_t proto,
		      uint8_t ttl, size_t payload_len)
{
	size_t start = out->n;
	wr_be16(out, 0x4500);
	wr_be16(out, (uint16_t)(IP4_HEADER_LEN + payload_len));
	wr_be32(out, 0);
	wr_u8(out, ttl);
	wr_u8(out, proto);
	wr_be16(out, 0);
	wr_put(out, src->b, 4);
	wr_put(out, dst->b, 4);
	write_checksum(out, start, 10, 0, false);
}

static void write_ip6(struct wr *out, const struct ip *src, const struct ip *dst, uint8_t proto,
		      uint8_t ttl, size_t payload_len)
{
	wr_be32(out, 0x60000000);
	wr_be16(out, (uint16_t)payload_len);
	wr_u8(out, proto);
	wr_u8(out, ttl);
	wr_put(out, src->b, 16);
	wr_put(out, dst->b, 16);
}

void ip_write(struct wr *out, const struct ip *src, const struct ip *dst, uint8_t proto,
	      uint8_t ttl, size_t payload_len)
{
	size_t header = src->family == 4 ? IP4_HEADER_LEN : IP6_HEADER_LEN;
	if (ip_len(src) == 0 || src->family != dst->family || payload_len > UINT16_MAX - header)
		out->bad = true;
	else if (src->family == 4)
		write_ip4(out, src, dst, proto, ttl, payload_len);
	else
		write_ip6(out, src, dst, proto, ttl, payload_len);
}

/* --- transport --- */

bool udp_read(struct bytes b, struct udp_header *out, struct bytes *payload)
{
	struct rd r = rd_of(b);
	out->src = rd_be16(&r);
	out->dst = rd_be16(&r);
	out->len = rd_be16(&r);
	out->checksum = rd_be16(&r);
	if (r.bad || out->len < UDP_HEADER_LEN)
		return false;
	*payload = rd_take(&r, (size_t)out->len - UDP_HEADER_LEN);
	return !r.bad;
}

void udp_write(struct wr *out, const struct ip *src, const struct ip *dst, uint16_t sport,
	       uint16_t dport, struct bytes payload)
{
	size_t len = UDP_HEADER_LEN + payload.n, start = out->n;
	if (len > UINT16_MAX) {
		out->bad = true;
		return;
	}
	wr_be16(out, sport);
	wr_be16(out, dport);
	wr_be16(out, (uint16_t)len);
	wr_be16(out, 0);
	wr_bytes(out, payload);
	write_checksum(out, start, 6, inet_pseudo_sum(src, dst, IP_UDP, (uint32_t)len), true);
}

void icmp_write(struct wr *out, const struct ip *src, const struct ip *dst, uint8_t type,
		uint8_t code, uint32_t rest, struct bytes payload)
{
	size_t len = ICMP_HEADER_LEN + payload.n, start = out->n;
	if (len > UINT16_MAX) {
		out->bad = true;
		return;
	}
	wr_u8(out, type);
	wr_u8(out, code);
	wr_be16(out, 0);
	wr_be32(out, rest);
	wr_bytes(out, payload);
	uint32_t sum = src->family == 6 ? inet_pseudo_sum(src, dst, IP_ICMP6, (uint32_t)len) : 0;
	write_checksum(out, start, 2, sum, false);
}
