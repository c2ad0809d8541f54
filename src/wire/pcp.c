#include "wire/pcp.h"

enum { VERSION = 2, RESPONSE = 0x80, HEADER_PAD = 12, MAP_PAD = 3 };

struct ip pcp_anycast6(void)
{
	static const uint8_t b[16] = {0x20, 0x01, 0x00, 0x01, [15] = 1};
	return ip_v6_from(b);
}

static void write_ip(struct wr *out, const struct ip *ip, uint8_t family)
{
	struct ip zero = {.family = family};
	uint8_t b[16];
	ip_to_16(ip->family ? ip : &zero, b);
	wr_put(out, b, sizeof(b));
}

static struct ip read_ip(struct rd *r)
{
	uint8_t b[16];
	rd_copy(r, b, sizeof(b));
	return ip_v6_from(b);
}

static void write_map(struct wr *out, const struct pcp_map *m, uint8_t family)
{
	wr_put(out, m->nonce, PCP_NONCE_LEN);
	wr_u8(out, m->protocol);
	wr_zero(out, MAP_PAD);
	wr_be16(out, m->internal);
	wr_be16(out, m->external.port);
	write_ip(out, &m->external.ip, family);
}

static void read_map(struct rd *r, struct pcp_map *m)
{
	rd_copy(r, m->nonce, PCP_NONCE_LEN);
	m->protocol = rd_u8(r);
	rd_skip(r, MAP_PAD);
	m->internal = rd_be16(r);
	m->external.port = rd_be16(r);
	m->external.ip = read_ip(r);
}

/* An option is a code, a reserved byte, a length, and data padded to four bytes. False: the options
 * are cut off. */
static bool skip_options(struct rd *r)
{
	while (r->left > 0) {
		rd_skip(r, 2);
		uint16_t len = rd_be16(r);
		rd_skip(r, ((size_t)len + 3) & ~(size_t)3);
		if (r->bad)
			return false;
	}
	return !r->bad;
}

static bool read_op(struct rd *r, uint8_t response, enum pcp_op *op)
{
	uint8_t version = rd_u8(r), code = rd_u8(r);
	if (r->bad || version != VERSION || (code & RESPONSE) != response)
		return false;
	code = (uint8_t)(code & ~RESPONSE);
	*op = code == PCP_MAP ? PCP_MAP : PCP_ANNOUNCE;
	return code == PCP_MAP || code == PCP_ANNOUNCE;
}

static bool has_a_size(struct bytes b)
{
	return b.n >= PCP_HEADER_LEN && b.n <= PCP_MESSAGE_MAX && b.n % 4 == 0;
}

void pcp_write_request(struct wr *out, const struct pcp_request *q)
{
	wr_u8(out, VERSION);
	wr_u8(out, (uint8_t)q->op);
	wr_zero(out, 2);
	wr_be32(out, q->lifetime_s);
	write_ip(out, &q->client, 6);
	if (q->op == PCP_MAP)
		write_map(out, &q->map, q->client.family);
}

bool pcp_read_request(struct bytes b, struct pcp_request *out)
{
	struct rd r = rd_of(b);
	struct pcp_request q = {.op = PCP_ANNOUNCE};
	if (!has_a_size(b) || !read_op(&r, 0, &q.op))
		return false;
	rd_skip(&r, 2);
	q.lifetime_s = rd_be32(&r);
	q.client = read_ip(&r);
	if (q.op == PCP_MAP)
		read_map(&r, &q.map);
	if (!skip_options(&r))
		return false;
	*out = q;
	return true;
}

bool pcp_read_response(struct bytes b, struct pcp_response *out)
{
	struct rd r = rd_of(b);
	struct pcp_response a = {.op = PCP_ANNOUNCE};
	if (!has_a_size(b) || !read_op(&r, RESPONSE, &a.op))
		return false;
	rd_skip(&r, 1);
	a.result = rd_u8(&r);
	a.lifetime_s = rd_be32(&r);
	a.epoch_s = rd_be32(&r);
	rd_skip(&r, HEADER_PAD);
	a.has_map = a.op == PCP_MAP && b.n >= PCP_MAP_LEN;
	if (a.has_map)
		read_map(&r, &a.map);
	if (a.op == PCP_MAP && a.result == PCP_OK && !a.has_map)
		return false;
	/* Behind an error there may be the request as it came, even with its options cut off. */
	if (a.result == PCP_OK && !skip_options(&r))
		return false;
	*out = a;
	return true;
}

void pcp_write_response(struct wr *out, const struct pcp_response *a)
{
	wr_u8(out, VERSION);
	wr_u8(out, (uint8_t)(RESPONSE | a->op));
	wr_u8(out, 0);
	wr_u8(out, a->result);
	wr_be32(out, a->lifetime_s);
	wr_be32(out, a->epoch_s);
	wr_zero(out, HEADER_PAD);
	if (a->has_map)
		write_map(out, &a->map, a->map.external.ip.family);
}
