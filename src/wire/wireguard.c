#include "wire/wireguard.h"

/* The type is one byte and three reserved bytes of zero: together a little-endian number. */
enum wg_type wg_type_of(struct bytes datagram)
{
	struct rd r = rd_of(datagram);
	switch (rd_le32(&r)) {
	case WG_INITIATION:
		return datagram.n == WG_INITIATION_LEN ? WG_INITIATION : WG_NONE;
	case WG_RESPONSE:
		return datagram.n == WG_RESPONSE_LEN ? WG_RESPONSE : WG_NONE;
	case WG_COOKIE:
		return datagram.n == WG_COOKIE_LEN ? WG_COOKIE : WG_NONE;
	case WG_TRANSPORT:
		return datagram.n >= WG_TRANSPORT_MIN ? WG_TRANSPORT : WG_NONE;
	default:
		return WG_NONE;
	}
}

/* A cursor behind the type. False: the datagram is not of this type and length. */
static bool open_as(struct rd *r, struct bytes d, enum wg_type type)
{
	*r = rd_of(d);
	rd_skip(r, 4);
	return wg_type_of(d) == type;
}

bool wg_read_initiation(struct bytes d, struct wg_initiation *out)
{
	struct rd r;
	if (!open_as(&r, d, WG_INITIATION))
		return false;
	out->sender = rd_le32(&r);
	rd_copy(&r, out->ephemeral, sizeof(out->ephemeral));
	rd_copy(&r, out->sealed_static, sizeof(out->sealed_static));
	rd_copy(&r, out->sealed_stamp, sizeof(out->sealed_stamp));
	rd_copy(&r, out->mac1, sizeof(out->mac1));
	rd_copy(&r, out->mac2, sizeof(out->mac2));
	return rd_done(&r);
}

void wg_write_initiation(struct wr *out, const struct wg_initiation *m)
{
	wr_le32(out, WG_INITIATION);
	wr_le32(out, m->sender);
	wr_put(out, m->ephemeral, sizeof(m->ephemeral));
	wr_put(out, m->sealed_static, sizeof(m->sealed_static));
	wr_put(out, m->sealed_stamp, sizeof(m->sealed_stamp));
	wr_put(out, m->mac1, sizeof(m->mac1));
	wr_put(out, m->mac2, sizeof(m->mac2));
}

bool wg_read_response(struct bytes d, struct wg_response *out)
{
	struct rd r;
	if (!open_as(&r, d, WG_RESPONSE))
		return false;
	out->sender = rd_le32(&r);
	out->receiver = rd_le32(&r);
	rd_copy(&r, out->ephemeral, sizeof(out->ephemeral));
	rd_copy(&r, out->sealed_nothing, sizeof(out->sealed_nothing));
	rd_copy(&r, out->mac1, sizeof(out->mac1));
	rd_copy(&r, out->mac2, sizeof(out->mac2));
	return rd_done(&r);
}

void wg_write_response(struct wr *out, const struct wg_response *m)
{
	wr_le32(out, WG_RESPONSE);
	wr_le32(out, m->sender);
	wr_le32(out, m->receiver);
	wr_put(out, m->ephemeral, sizeof(m->ephemeral));
	wr_put(out, m->sealed_nothing, sizeof(m->sealed_nothing));
	wr_put(out, m->mac1, sizeof(m->mac1));
	wr_put(out, m->mac2, sizeof(m->mac2));
}

bool wg_read_cookie(struct bytes d, struct wg_cookie *out)
{
	struct rd r;
	if (!open_as(&r, d, WG_COOKIE))
		return false;
	out->receiver = rd_le32(&r);
	rd_copy(&r, out->nonce, sizeof(out->nonce));
	rd_copy(&r, out->sealed_cookie, sizeof(out->sealed_cookie));
	return rd_done(&r);
}

void wg_write_cookie(struct wr *out, const struct wg_cookie *m)
{
	wr_le32(out, WG_COOKIE);
	wr_le32(out, m->receiver);
	wr_put(out, m->nonce, sizeof(m->nonce));
	wr_put(out, m->sealed_cookie, sizeof(m->sealed_cookie));
}

bool wg_read_transport(struct bytes d, struct wg_transport *out)
{
	struct rd r;
	if (!open_as(&r, d, WG_TRANSPORT))
		return false;
	out->receiver = rd_le32(&r);
	out->counter = rd_le64(&r);
	out->sealed = rd_rest(&r);
	return rd_done(&r);
}

void wg_write_transport_header(struct wr *out, uint32_t receiver, uint64_t counter)
{
	wr_le32(out, WG_TRANSPORT);
	wr_le32(out, receiver);
	wr_le64(out, counter);
}
