/* Later versions append to a frame, so bytes behind the known fields are ignored (derp.md 3.1).  In
 * some frames the last field is data that runs to the end. */
#include "wire/derp.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ENDPOINT_LEN = 18, PING_MAX = 1000, MESH_KEY_HEX = 2 * KEY_LEN };

static const uint8_t magic[8] = {'D', 'E', 'R', 'P', 0xf0, 0x9f, 0x94, 0x91};

bool derp_read_header(struct bytes b, uint8_t *type, uint32_t *len)
{
	struct rd r = rd_of(b);
	*type = rd_u8(&r);
	*len = rd_be32(&r);
	return !r.bad;
}

/* --- reading --- */

static void read_key(struct rd *r, struct node_key *key)
{
	rd_copy(r, key->b, KEY_LEN);
}

static bool read_packet(struct rd *r, struct bytes *packet)
{
	*packet = rd_rest(r);
	return packet->n <= DERP_PACKET_MAX;
}

static bool read_server_key(struct rd *r, struct node_key *key)
{
	bool known = bytes_equal(rd_take(r, sizeof(magic)), BYTES_OF(magic));
	read_key(r, key);
	return known;
}

/* Older servers send the key alone, or the key and the endpoint without the flags. */
static void read_present(struct rd *r, struct derp_frame *f)
{
	static const struct endpoint unsaid = {.ip.family = 6};
	f->present.at = (struct endpoint){0};
	f->present.flags = 0;
	read_key(r, &f->present.peer);
	if (r->left < ENDPOINT_LEN)
		return;
	uint8_t b[16];
	rd_copy(r, b, sizeof(b));
	struct endpoint at = {.ip = ip_v6_from(b), .port = rd_be16(r)};
	if (!endpoint_equal(&at, &unsaid))
		f->present.at = at;
	if (r->left > 0)
		f->present.flags = rd_u8(r);
}

static void read_gone(struct rd *r, struct derp_frame *f)
{
	read_key(r, &f->gone.peer);
	uint8_t reason = r->left > 0 ? rd_u8(r) : DERP_GONE_DISCONNECTED;
	f->gone.reason = reason == DERP_GONE_NOT_HERE ? DERP_GONE_NOT_HERE : DERP_GONE_DISCONNECTED;
}

/* False: the payload breaks a rule. A payload that is too short sets r->bad instead. */
static bool read_payload(struct rd *r, struct derp_frame *f)
{
	size_t n = r->left;
	switch (f->type) {
	case DERP_SERVER_KEY:
		return read_server_key(r, &f->server_key);
	case DERP_CLIENT_INFO:
		read_key(r, &f->client_info.key);
		f->client_info.sealed = rd_rest(r);
		return n >= DERP_INFO_MIN && n <= DERP_INFO_MAX;
	case DERP_SERVER_INFO:
		f->server_info.sealed = rd_rest(r);
		return n >= BOX_OVERHEAD;
	case DERP_SEND_PACKET:
	case DERP_RECV_PACKET:
		read_key(r, &f->packet.peer);
		return read_packet(r, &f->packet.packet);
	case DERP_FORWARD_PACKET:
		read_key(r, &f->forward.from);
		read_key(r, &f->forward.to);
		return read_packet(r, &f->forward.packet);
	case DERP_NOTE_PREFERRED:
		f->preferred = rd_u8(r) != 0;
		return n == 1;
	case DERP_PEER_GONE:
		read_gone(r, f);
		return true;
	case DERP_PEER_PRESENT:
		read_present(r, f);
		return true;
	case DERP_CLOSE_PEER:
		read_key(r, &f->close);
		return true;
	case DERP_PING:
	case DERP_PONG:
		rd_copy(r, f->ping, DERP_PING_LEN);
		return n <= PING_MAX;
	case DERP_HEALTH:
		f->health = rd_rest(r);
		return true;
	case DERP_RESTARTING:
		f->restarting.reconnect_ms = rd_be32(r);
		f->restarting.keep_trying_ms = rd_be32(r);
		return true;
	case DERP_KEEPALIVE:
	case DERP_WATCH_CONNS:
		return true;
	}
	return false;
}

static bool is_known(uint8_t type)
{
	return (type >= DERP_SERVER_KEY && type <= DERP_FORWARD_PACKET) ||
	       (type >= DERP_WATCH_CONNS && type <= DERP_RESTARTING);
}

enum derp_read derp_read(uint8_t type, struct bytes payload, struct derp_frame *out)
{
	if (!is_known(type))
		return DERP_UNKNOWN;
	struct rd r = rd_of(payload);
	out->type = (enum derp_type)type;
	return payload.n <= DERP_FRAME_MAX && read_payload(&r, out) && !r.bad ? DERP_READ
									      : DERP_MALFORMED;
}

/* --- writing --- */

static void write_key(struct wr *w, const struct node_key *key)
{
	wr_put(w, key->b, KEY_LEN);
}

static void write_present(struct wr *w, const struct derp_frame *f)
{
	uint8_t b[16];
	ip_to_16(&f->present.at.ip, b);
	write_key(w, &f->present.peer);
	wr_put(w, b, sizeof(b));
	wr_be16(w, f->present.at.port);
	wr_u8(w, f->present.flags);
}

static void write_payload(struct wr *w, const struct derp_frame *f)
{
	switch (f->type) {
	case DERP_SERVER_KEY:
		wr_put(w, magic, sizeof(magic));
		write_key(w, &f->server_key);
		break;
	case DERP_CLIENT_INFO:
		write_key(w, &f->client_info.key);
		wr_bytes(w, f->client_info.sealed);
		break;
	case DERP_SERVER_INFO:
		wr_bytes(w, f->server_info.sealed);
		break;
	case DERP_SEND_PACKET:
	case DERP_RECV_PACKET:
		write_key(w, &f->packet.peer);
		wr_bytes(w, f->packet.packet);
		break;
	case DERP_FORWARD_PACKET:
		write_key(w, &f->forward.from);
		write_key(w, &f->forward.to);
		wr_bytes(w, f->forward.packet);
		break;
	case DERP_NOTE_PREFERRED:
		wr_u8(w, f->preferred);
		break;
	case DERP_PEER_GONE:
		write_key(w, &f->gone.peer);
		wr_u8(w, (uint8_t)f->gone.reason);
		break;
	case DERP_PEER_PRESENT:
		write_present(w, f);
		break;
	case DERP_CLOSE_PEER:
		write_key(w, &f->close);
		break;
	case DERP_PING:
	case DERP_PONG:
		wr_put(w, f->ping, DERP_PING_LEN);
		break;
	case DERP_HEALTH:
		wr_bytes(w, f->health);
		break;
	case DERP_RESTARTING:
		wr_be32(w, f->restarting.reconnect_ms);
		wr_be32(w, f->restarting.keep_trying_ms);
		break;
	case DERP_KEEPALIVE:
	case DERP_WATCH_CONNS:
		break;
	}
}

void derp_write(struct wr *out, const struct derp_frame *frame)
{
	wr_u8(out, (uint8_t)frame->type);
	uint8_t *len = wr_room(out, 4);
	size_t start = out->n;
	write_payload(out, frame);
	if (out->bad)
		return;
	struct wr w = wr_of(len, 4);
	wr_be32(&w, (uint32_t)(out->n - start));
}

/* --- the JSON in the boxes --- */

/* Each reads one member of an object. False: the wrong JSON type, or out of range. */
static bool read_bool(const json_t *v, bool *out)
{
	*out = json_is_true(v);
	return json_is_boolean(v);
}

static bool read_integer(const json_t *v, int64_t min, int64_t max, int64_t *out)
{
	*out = json_integer_value(v);
	return json_is_integer(v) && *out >= min && *out <= max;
}

static bool read_version(const json_t *v, int *out)
{
	int64_t n;
	bool ok = read_integer(v, 0, INT32_MAX, &n);
	*out = (int)n;
	return ok;
}

/* 64 hexadecimal digits; white space around them is allowed. */
static bool read_mesh_key(const json_t *v, uint8_t key[static KEY_LEN])
{
	static const char space[] = " \t\r\n\v\f";
	const char *text = json_string_value(v);
	if (!text)
		return false;
	text += strspn(text, space);
	size_t n = strcspn(text, space);
	return text[n + strspn(text + n, space)] == '\0' && hex_parse(key, KEY_LEN, text, n);
}

/* Names match in any case, as in the stock server. null counts as absent. */
static bool read_client_member(const char *name, const json_t *v, struct derp_client_info *out)
{
	if (json_is_null(v))
		return true;
	if (strcasecmp(name, "meshKey") == 0)
		return read_mesh_key(v, out->mesh_key);
	if (strcasecmp(name, "version") == 0)
		return read_version(v, &out->version);
	if (strcasecmp(name, "CanAckPings") == 0)
		return read_bool(v, &out->can_ack_pings);
	if (strcasecmp(name, "IsProber") == 0)
		return read_bool(v, &out->is_prober);
	return true;
}

static bool read_server_member(const char *name, const json_t *v, struct derp_server_info *out)
{
	if (json_is_null(v))
		return true;
	if (strcasecmp(name, "version") == 0)
		return read_version(v, &out->version);
	if (strcasecmp(name, "TokenBucketBytesPerSecond") == 0)
		return read_integer(v, 0, INT64_MAX, &out->bytes_per_second);
	if (strcasecmp(name, "TokenBucketBytesBurst") == 0)
		return read_integer(v, 0, INT64_MAX, &out->burst_bytes);
	return true;
}

bool derp_read_client_info(struct bytes json, struct derp_client_info *out)
{
	*out = (struct derp_client_info){0};
	json_t *root = json_loadb((const char *)json.p, json.n, 0, NULL);
	bool ok = json_is_object(root);
	const char *name;
	json_t *v;
	json_object_foreach(root, name, v) ok = ok && read_client_member(name, v, out);
	json_decref(root);
	return ok;
}

bool derp_read_server_info(struct bytes json, struct derp_server_info *out)
{
	*out = (struct derp_server_info){0};
	json_t *root = json_loadb((const char *)json.p, json.n, 0, NULL);
	bool ok = json_is_object(root);
	const char *name;
	json_t *v;
	json_object_foreach(root, name, v) ok = ok && read_server_member(name, v, out);
	json_decref(root);
	return ok;
}

static void write_text(struct wr *w, const char *text)
{
	wr_put(w, text, strlen(text));
}

static void write_integer(struct wr *w, const char *before, int64_t v)
{
	char text[24];
	snprintf(text, sizeof(text), "%lld", (long long)v);
	write_text(w, before);
	write_text(w, text);
}

void derp_write_client_info(struct wr *out, const struct derp_client_info *info)
{
	write_text(out, "{");
	if (!key_is_zero(info->mesh_key)) {
		char hex[MESH_KEY_HEX + 1];
		hex_format(hex, BYTES_OF(info->mesh_key));
		write_text(out, "\"meshKey\":\"");
		write_text(out, hex);
		write_text(out, "\",");
		key_wipe(hex, sizeof(hex));
	}
	write_integer(out, "\"version\":", info->version);
	write_text(out, info->can_ack_pings ? ",\"CanAckPings\":true" : ",\"CanAckPings\":false");
	if (info->is_prober)
		write_text(out, ",\"IsProber\":true");
	write_text(out, "}");
}

void derp_write_server_info(struct wr *out, const struct derp_server_info *info)
{
	write_integer(out, "{\"version\":", info->version);
	if (info->bytes_per_second != 0)
		write_integer(out, ",\"TokenBucketBytesPerSecond\":", info->bytes_per_second);
	if (info->burst_bytes != 0)
		write_integer(out, ",\"TokenBucketBytesBurst\":", info->burst_bytes);
	write_text(out, "}");
}
