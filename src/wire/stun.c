/* Our server is a basic one (RFC 8489 section 12): it asks for no credentials.  So it knows the
 * attributes that carry them, and ignores them, as section 6.3 demands of known attributes that are
 * not expected.  It does not know the attributes of ICE. */
#include "wire/stun.h"

#include <string.h>

enum {
	BINDING_REQUEST = 0x0001,
	BINDING_SUCCESS = 0x0101,

	ATTR_MAPPED_ADDRESS = 0x0001,
	ATTR_CHANGE_REQUEST = 0x0003,
	ATTR_USERNAME = 0x0006,
	ATTR_MESSAGE_INTEGRITY = 0x0008,
	ATTR_ERROR_CODE = 0x0009,
	ATTR_UNKNOWN_ATTRIBUTES = 0x000a,
	ATTR_REALM = 0x0014,
	ATTR_NONCE = 0x0015,
	ATTR_MESSAGE_INTEGRITY_SHA256 = 0x001c,
	ATTR_PASSWORD_ALGORITHM = 0x001d,
	ATTR_USERHASH = 0x001e,
	ATTR_XOR_MAPPED_ADDRESS = 0x0020,
	ATTR_PADDING = 0x0026,
	ATTR_RESPONSE_PORT = 0x0027,
	ATTR_OPTIONAL = 0x8000, /* from here on a reader may ignore what it does not know */
	ATTR_XOR_MAPPED_ADDRESS_OLD = 0x8020,
	ATTR_SOFTWARE = 0x8022,
	ATTR_FINGERPRINT = 0x8028,
	ATTR_RESPONSE_ORIGIN = 0x802b,
	ATTR_OTHER_ADDRESS = 0x802c,

	ATTR_HEADER_LEN = 4,
	FINGERPRINT_LEN = 4
};

#define COOKIE           UINT32_C(0x2112a442)
#define FINGERPRINT_MASK UINT32_C(0x5354554e)

static const char software[8] = {'t', 'a', 'i', 'l', 'n', 'o', 'd', 'e'};

uint32_t stun_crc32(struct bytes b)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < b.n; i++) {
		crc ^= b.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

bool stun_is(struct bytes datagram)
{
	struct rd r = rd_of(datagram);
	uint16_t type = rd_be16(&r);
	rd_skip(&r, 2);
	return datagram.n >= STUN_HEADER_LEN && (type & 0xc0ff) == 0x0001 && rd_be32(&r) == COOKIE;
}

/* --- reading --- */

struct attr {
	uint16_t type;
	struct bytes value;
};

/* Opens a message of this type and cuts it to its declared length. `attrs` is then at the first
 * attribute. */
static bool open_message(struct bytes *message, uint16_t type, struct stun_txid *txid,
			 struct rd *attrs)
{
	struct rd r = rd_of(*message);
	uint16_t got = rd_be16(&r);
	size_t len = rd_be16(&r);
	uint32_t cookie = rd_be32(&r);
	rd_copy(&r, txid->b, STUN_TXID_LEN);
	struct bytes body = rd_take(&r, len);
	if (r.bad || got != type || cookie != COOKIE || len % 4 != 0)
		return false;
	message->n = STUN_HEADER_LEN + len;
	*attrs = rd_of(body);
	return true;
}

/* FINGERPRINT covers everything before it, and must be the last attribute. */
static bool fingerprint_holds(struct bytes message, const struct attr *a, const struct rd *rest)
{
	if (a->value.n != FINGERPRINT_LEN || rest->left != 0)
		return false;
	struct rd r = rd_of(a->value);
	struct bytes covered = {message.p, message.n - ATTR_HEADER_LEN - FINGERPRINT_LEN};
	return rd_be32(&r) == (stun_crc32(covered) ^ FINGERPRINT_MASK);
}

/* The next attribute. False: there is none left, or the message is malformed or has a wrong
 * FINGERPRINT, and `attrs` is bad. */
static bool next_attr(struct bytes message, struct rd *attrs, struct attr *out)
{
	if (attrs->bad || attrs->left == 0)
		return false;
	out->type = rd_be16(attrs);
	size_t len = rd_be16(attrs);
	out->value = rd_take(attrs, len);
	rd_skip(attrs, -len % 4);
	if (!attrs->bad && out->type == ATTR_FINGERPRINT && !fingerprint_holds(message, out, attrs))
		attrs->bad = true;
	return !attrs->bad;
}

static bool is_known(uint16_t type)
{
	switch (type) {
	case ATTR_MAPPED_ADDRESS:
	case ATTR_USERNAME:
	case ATTR_MESSAGE_INTEGRITY:
	case ATTR_ERROR_CODE:
	case ATTR_UNKNOWN_ATTRIBUTES:
	case ATTR_REALM:
	case ATTR_NONCE:
	case ATTR_MESSAGE_INTEGRITY_SHA256:
	case ATTR_PASSWORD_ALGORITHM:
	case ATTR_USERHASH:
	case ATTR_XOR_MAPPED_ADDRESS:
		return true;
	default:
		return type >= ATTR_OPTIONAL;
	}
}

/* False: because of this attribute the request must not be answered. */
static bool take_question_attr(const struct attr *a, struct stun_question *out)
{
	struct rd r = rd_of(a->value);
	if (a->type == ATTR_PADDING)
		return true;
	if (a->type == ATTR_RESPONSE_PORT) {
		out->elsewhere = true;
		out->response_port = rd_be16(&r);
		/* Some clients count the two bytes of padding. */
		return !r.bad && (r.left == 0 || r.left == 2);
	}
	if (a->type != ATTR_CHANGE_REQUEST)
		return is_known(a->type);
	out->wants_origin = true;
	out->change = rd_be32(&r) & (STUN_CHANGE_PORT | STUN_CHANGE_ADDRESS);
	return rd_done(&r);
}

bool stun_read_question(struct bytes datagram, struct stun_question *out)
{
	struct bytes message = datagram;
	struct rd attrs;
	struct attr a;
	/* Attributes behind MESSAGE-INTEGRITY are not covered by it: ignore them (s. 14.5). */
	bool ignored = false;
	*out = (struct stun_question){0};
	if (!open_message(&message, BINDING_REQUEST, &out->txid, &attrs) || message.n != datagram.n)
		return false;
	while (next_attr(message, &attrs, &a)) {
		if (!ignored && !take_question_attr(&a, out))
			return false;
		if (a.type == ATTR_MESSAGE_INTEGRITY || a.type == ATTR_MESSAGE_INTEGRITY_SHA256)
			ignored = true;
	}
	return !attrs.bad;
}

/* Addresses are XORed with the cookie and the transaction id. */
static void address_mask(const struct stun_txid *txid, uint8_t mask[static 16])
{
	struct wr w = wr_of(mask, 16);
	wr_be32(&w, COOKIE);
	wr_put(&w, txid->b, STUN_TXID_LEN);
}

/* An address of an unknown family or length leaves `out` as it was. */
static void read_address(struct bytes value, const uint8_t mask[static 16], struct endpoint *out)
{
	struct rd r = rd_of(value);
	uint8_t b[16];
	rd_skip(&r, 1);
	uint8_t family = rd_u8(&r);
	uint16_t port = (uint16_t)(rd_be16(&r) ^ (mask[0] << 8 | mask[1]));
	size_t n = family == 1 ? 4 : 16;
	rd_copy(&r, b, n);
	if (!rd_done(&r) || (family != 1 && family != 2))
		return;
	for (size_t i = 0; i < n; i++)
		b[i] ^= mask[i];
	*out = (struct endpoint){.ip = n == 4 ? ip_v4_from(b) : ip_v6_from(b), .port = port};
}

bool stun_read_answer(struct bytes datagram, struct stun_answer *out)
{
	static const uint8_t no_mask[16];
	struct endpoint mapped = {0};
	uint8_t mask[16];
	struct rd attrs;
	struct attr a;
	*out = (struct stun_answer){0};
	if (!open_message(&datagram, BINDING_SUCCESS, &out->txid, &attrs))
		return false;
	address_mask(&out->txid, mask);
	while (next_attr(datagram, &attrs, &a)) {
		if (a.type == ATTR_XOR_MAPPED_ADDRESS || a.type == ATTR_XOR_MAPPED_ADDRESS_OLD)
			read_address(a.value, mask, &out->reflexive);
		else if (a.type == ATTR_MAPPED_ADDRESS)
			read_address(a.value, no_mask, &mapped);
		else if (a.type == ATTR_RESPONSE_ORIGIN)
			read_address(a.value, no_mask, &out->origin);
		else if (a.type == ATTR_OTHER_ADDRESS)
			read_address(a.value, no_mask, &out->other);
	}
	if (!out->reflexive.ip.family)
		out->reflexive = mapped;
	return !attrs.bad && out->reflexive.ip.family != 0;
}

/* --- writing --- */

static void write_header(struct wr *w, uint16_t type, size_t len, const struct stun_txid *txid)
{
	wr_be16(w, type);
	wr_be16(w, (uint16_t)len);
	wr_be32(w, COOKIE);
	wr_put(w, txid->b, STUN_TXID_LEN);
}

static void write_attr_header(struct wr *w, uint16_t type, size_t len)
{
	wr_be16(w, type);
	wr_be16(w, (uint16_t)len);
}

/* The beginning of a request of `len` bytes. */
static void begin_request(struct wr *w, const struct stun_txid *txid, size_t len)
{
	write_header(w, BINDING_REQUEST, len - STUN_HEADER_LEN, txid);
	write_attr_header(w, ATTR_SOFTWARE, sizeof(software));
	wr_put(w, software, sizeof(software));
}

static void end_request(struct wr *out, struct wr *w)
{
	uint32_t crc = stun_crc32(wr_done(w));
	write_attr_header(w, ATTR_FINGERPRINT, FINGERPRINT_LEN);
	wr_be32(w, crc ^ FINGERPRINT_MASK);
	wr_bytes(out, wr_done(w));
}

void stun_write_request(struct wr *out, const struct stun_txid *txid)
{
	uint8_t message[STUN_REQUEST_LEN];
	struct wr w = wr_of(message, sizeof(message));
	begin_request(&w, txid, sizeof(message));
	end_request(out, &w);
}

void stun_write_change_request(struct wr *out, const struct stun_txid *txid, uint8_t change)
{
	uint8_t message[STUN_CHANGE_LEN];
	struct wr w = wr_of(message, sizeof(message));
	begin_request(&w, txid, sizeof(message));
	write_attr_header(&w, ATTR_CHANGE_REQUEST, 4);
	wr_be32(&w, change);
	size_t padding = sizeof(message) - w.n - 2 * ATTR_HEADER_LEN - FINGERPRINT_LEN;
	write_attr_header(&w, ATTR_PADDING, padding);
	wr_zero(&w, padding);
	end_request(out, &w);
}

void stun_write_elsewhere_request(struct wr *out, const struct stun_txid *txid, uint16_t port)
{
	uint8_t message[STUN_ELSEWHERE_LEN];
	struct wr w = wr_of(message, sizeof(message));
	begin_request(&w, txid, sizeof(message));
	write_attr_header(&w, ATTR_RESPONSE_PORT, 4);
	wr_be16(&w, port);
	wr_be16(&w, 0);
	end_request(out, &w);
}

static size_t address_attr_len(const struct endpoint *e)
{
	return e->ip.family ? ATTR_HEADER_LEN + 4 + ip_len(&e->ip) : 0;
}

static void write_address(struct wr *w, uint16_t type, const struct endpoint *e,
			  const uint8_t mask[static 16])
{
	size_t n = ip_len(&e->ip);
	if (n == 0)
		return;
	write_attr_header(w, type, 4 + n);
	wr_u8(w, 0);
	wr_u8(w, n == 4 ? 1 : 2);
	wr_be16(w, (uint16_t)(e->port ^ (mask[0] << 8 | mask[1])));
	for (size_t i = 0; i < n; i++)
		wr_u8(w, e->ip.b[i] ^ mask[i]);
}

void stun_write_answer(struct wr *out, const struct stun_answer *a)
{
	static const uint8_t no_mask[16];
	uint8_t mask[16];
	size_t len = address_attr_len(&a->reflexive) + address_attr_len(&a->origin) +
		     address_attr_len(&a->other);
	if (a->reflexive.ip.family == 0) {
		out->bad = true;
		return;
	}
	address_mask(&a->txid, mask);
	write_header(out, BINDING_SUCCESS, len, &a->txid);
	write_address(out, ATTR_XOR_MAPPED_ADDRESS, &a->reflexive, mask);
	write_address(out, ATTR_RESPONSE_ORIGIN, &a->origin, no_mask);
	write_address(out, ATTR_OTHER_ADDRESS, &a->other, no_mask);
}
