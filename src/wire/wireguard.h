/* wire/wireguard.h - the four WireGuard messages; all numbers are little-endian (tunnel.md 2)
 */
#ifndef WIRE_WIREGUARD_H
#define WIRE_WIREGUARD_H

#include "base/bytes.h"

enum {
	WG_INITIATION_LEN = 148,
	WG_RESPONSE_LEN = 92,
	WG_COOKIE_LEN = 64,
	WG_TRANSPORT_HEADER_LEN = 16,
	WG_TAG_LEN = 16,
	WG_TRANSPORT_MIN = WG_TRANSPORT_HEADER_LEN + WG_TAG_LEN,
	WG_MAC_LEN = 16,
	WG_TAI64N_LEN = 12,
	WG_COOKIE_NONCE_LEN = 24
};

enum wg_type { WG_NONE = 0, WG_INITIATION = 1, WG_RESPONSE = 2, WG_COOKIE = 3, WG_TRANSPORT = 4 };

struct wg_initiation {
	uint32_t sender;
	uint8_t ephemeral[32];
	uint8_t sealed_static[32 + WG_TAG_LEN];
	uint8_t sealed_stamp[WG_TAI64N_LEN + WG_TAG_LEN];
	uint8_t mac1[WG_MAC_LEN], mac2[WG_MAC_LEN];
};

struct wg_response {
	uint32_t sender, receiver;
	uint8_t ephemeral[32];
	uint8_t sealed_nothing[WG_TAG_LEN];
	uint8_t mac1[WG_MAC_LEN], mac2[WG_MAC_LEN];
};

struct wg_cookie {
	uint32_t receiver;
	uint8_t nonce[WG_COOKIE_NONCE_LEN];
	uint8_t sealed_cookie[WG_MAC_LEN + WG_TAG_LEN];
};

struct wg_transport {
	uint32_t receiver;
	uint64_t counter;
	struct bytes sealed; /* borrowed; at least a tag long */
};

/* The type of a datagram if its length is right for that type, else WG_NONE. */
enum wg_type wg_type_of(struct bytes datagram);
/* False: the datagram is not of this type and length. */
bool wg_read_initiation(struct bytes d, struct wg_initiation *out) MUST_USE;
bool wg_read_response(struct bytes d, struct wg_response *out) MUST_USE;
bool wg_read_cookie(struct bytes d, struct wg_cookie *out) MUST_USE;
bool wg_read_transport(struct bytes d, struct wg_transport *out) MUST_USE;
void wg_write_initiation(struct wr *out, const struct wg_initiation *m);
void wg_write_response(struct wr *out, const struct wg_response *m);
void wg_write_cookie(struct wr *out, const struct wg_cookie *m);
void wg_write_transport_header(struct wr *out, uint32_t receiver, uint64_t counter);

#endif
