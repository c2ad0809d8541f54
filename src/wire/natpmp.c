#include "wire/natpmp.h"

enum { VERSION = 0, RESPONSE = 0x80, HEADER_LEN = 8 };

void natpmp_write_request(struct wr *out, const struct natpmp_request *r)
{
	wr_u8(out, VERSION);
	wr_u8(out, (uint8_t)r->op);
	if (r->op == NATPMP_ADDRESS)
		return;
	wr_zero(out, 2);
	wr_be16(out, r->internal);
	wr_be16(out, r->external);
	wr_be32(out, r->lifetime_s);
}

/* The operation of a message of version 0, without the bit for responses. False: an unknown one. */
static bool read_op(struct rd *r, uint8_t response, enum natpmp_op *op)
{
	uint8_t version = rd_u8(r), code = rd_u8(r);
	if (r->bad || version != VERSION || (code & RESPONSE) != response)
		return false;
	code = (uint8_t)(code & ~RESPONSE);
	*op = code == NATPMP_ADDRESS ? NATPMP_ADDRESS : NATPMP_MAP_UDP;
	return code == NATPMP_ADDRESS || code == NATPMP_MAP_UDP;
}

bool natpmp_read_request(struct bytes b, struct natpmp_request *out)
{
	struct rd r = rd_of(b);
	struct natpmp_request q = {.op = NATPMP_ADDRESS};
	if (!read_op(&r, 0, &q.op))
		return false;
	if (q.op == NATPMP_MAP_UDP) {
		rd_skip(&r, 2);
		q.internal = rd_be16(&r);
		q.external = rd_be16(&r);
		q.lifetime_s = rd_be32(&r);
	}
	if (!rd_done(&r))
		return false;
	*out = q;
	return true;
}

bool natpmp_read_response(struct bytes b, struct natpmp_response *out)
{
	struct rd r = rd_of(b);
	struct natpmp_response a = {.op = NATPMP_ADDRESS};
	if (b.n < HEADER_LEN || b.n > NATPMP_RESPONSE_MAX || !read_op(&r, RESPONSE, &a.op))
		return false;
	a.result = rd_be16(&r);
	a.epoch_s = rd_be32(&r);
	if (a.result != NATPMP_OK) {
		*out = a;
		return true;
	}
	if (a.op == NATPMP_ADDRESS) {
		uint8_t ip[4];
		rd_copy(&r, ip, sizeof(ip));
		a.address = ip_v4_from(ip);
	} else {
		a.internal = rd_be16(&r);
		a.external = rd_be16(&r);
		a.lifetime_s = rd_be32(&r);
	}
	if (!rd_done(&r))
		return false;
	*out = a;
	return true;
}

void natpmp_write_response(struct wr *out, const struct natpmp_response *a)
{
	wr_u8(out, VERSION);
	wr_u8(out, (uint8_t)(RESPONSE | a->op));
	wr_be16(out, a->result);
	wr_be32(out, a->epoch_s);
	if (a->op == NATPMP_ADDRESS) {
		wr_put(out, a->address.b, 4);
		return;
	}
	wr_be16(out, a->internal);
	wr_be16(out, a->external);
	wr_be32(out, a->lifetime_s);
}
