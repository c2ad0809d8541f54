/* wire/derp.h - the frames of the relay protocol DERP (derp.md 3)
 *
 *   frame = type u8 | length u32 BE | payload
 */
#ifndef WIRE_DERP_H
#define WIRE_DERP_H

#include "base/addr.h"
#include "crypto/box.h"

enum {
	DERP_HEADER_LEN = 5,
	DERP_PACKET_MAX = 65536,
	DERP_FRAME_MAX = 1 << 20,
	DERP_VERSION = 2,
	DERP_INFO_MIN = 56,
	DERP_INFO_MAX = 262144,
	DERP_PING_LEN = 8
};

enum derp_type {
	DERP_SERVER_KEY = 0x01,
	DERP_CLIENT_INFO = 0x02,
	DERP_SERVER_INFO = 0x03,
	DERP_SEND_PACKET = 0x04,
	DERP_RECV_PACKET = 0x05,
	DERP_KEEPALIVE = 0x06,
	DERP_NOTE_PREFERRED = 0x07,
	DERP_PEER_GONE = 0x08,
	DERP_PEER_PRESENT = 0x09,
	DERP_FORWARD_PACKET = 0x0a,
	DERP_WATCH_CONNS = 0x10,
	DERP_CLOSE_PEER = 0x11,
	DERP_PING = 0x12,
	DERP_PONG = 0x13,
	DERP_HEALTH = 0x14,
	DERP_RESTARTING = 0x15
};

/* A reason that is unknown here is read as DISCONNECTED. */
enum derp_gone { DERP_GONE_DISCONNECTED = 0, DERP_GONE_NOT_HERE = 1 };

enum {
	DERP_PRESENT_REGULAR = 1,
	DERP_PRESENT_MESH = 2,
	DERP_PRESENT_PROBER = 4,
	DERP_PRESENT_NOT_IDEAL = 8
};

/* One frame, read. All views are borrowed from its payload. */
struct derp_frame {
	enum derp_type type;
	union {
		struct node_key server_key; /* SERVER_KEY */
		struct {
			struct node_key key;
			struct bytes sealed;
		} client_info;
		struct {
			struct bytes sealed;
		} server_info;
		struct {
			struct node_key peer;
			struct bytes packet;
		} packet; /* SEND_PACKET: to; RECV_PACKET: from */
		struct {
			struct node_key from, to;
			struct bytes packet;
		} forward;
		bool preferred; /* NOTE_PREFERRED */
		struct {
			struct node_key peer;
			enum derp_gone reason;
		} gone;
		struct {
			struct node_key peer;
			struct endpoint at;
			uint8_t flags;
		} present;                   /* at unset: the server did not say */
		struct node_key close;       /* CLOSE_PEER */
		uint8_t ping[DERP_PING_LEN]; /* PING, PONG */
		struct bytes health;         /* HEALTH: UTF-8; empty: healthy */
		struct {
			uint32_t reconnect_ms, keep_trying_ms;
		} restarting;
	};
};

enum derp_read {
	DERP_READ,     /* out is set */
	DERP_UNKNOWN,  /* a type that is unknown here: skip the frame */
	DERP_MALFORMED /* a known type with a wrong payload */
};

/* Reads the header. False: fewer than 5 bytes are there. */
bool derp_read_header(struct bytes b, uint8_t *type, uint32_t *len) MUST_USE;
enum derp_read derp_read(uint8_t type, struct bytes payload, struct derp_frame *out) MUST_USE;
/* Appends header and payload. */
void derp_write(struct wr *out, const struct derp_frame *frame);

/* The JSON inside the boxes (derp.md 4.2 and 4.3). False: not JSON, a known member of the wrong
 * type, a mesh key of the wrong length, or a number that is negative or too large. The caller
 * judges the versions. jansson does the reading and frees its copy of a mesh key without wiping
 * it. */
struct derp_client_info {
	uint8_t mesh_key[KEY_LEN]; /* zero: none */
	int version;
	bool can_ack_pings, is_prober;
};
struct derp_server_info {
	int version;
	int64_t bytes_per_second, burst_bytes; /* 0: no limit */
};
void derp_write_client_info(struct wr *out, const struct derp_client_info *info);
bool derp_read_client_info(struct bytes json, struct derp_client_info *out) MUST_USE;
void derp_write_server_info(struct wr *out, const struct derp_server_info *info);
bool derp_read_server_info(struct bytes json, struct derp_server_info *out) MUST_USE;

#endif
