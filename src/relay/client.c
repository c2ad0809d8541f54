/* client.c - the client's side of DERP
 *
 * States, and what leads out of them:
 *
 *   WAITING    there is no stream.
 *              A planned dial comes due, or a packet must go                     -> DIALLING
 *   DIALLING   the owner was asked for a stream (RELAY_DIAL).
 *              relay_client_up                                                   -> GREETING
 *   GREETING   waits for ServerKey, unless a fast start knows the key; sends ClientInfo as soon as
 *              the key is known.
 *              A ServerInfo that opens with that key                             -> READY
 *   READY      packets flow. Something of the server must come every 120 s.  After SILENCE_PING
 *              without it a ping goes out, so that a proxy on the way sees traffic.
 *
 * DIALLING and GREETING together may take CONNECT_MAX.  Every failure leads to WAITING.  If this is
 * the home relay, or packets wait, the next dial is planned, after a pause that grows with the
 * failures in a row (back_off.h).  They are forgotten when a connection has lasted STEADY, so that
 * a relay that accepts and hangs up again is not dialled without pause.
 *
 * Packets may follow right behind ClientInfo.  That saves a round trip and gives nothing away, for
 * they are sealed end to end.
 *
 * Bounded: SEND_QUEUE_MAX packets wait to be sent, for PACKET_LIFE; INBOX_MAX bytes wait for the
 * owner; one frame of RELAY_FRAME_MAX is being put together; one pong is owed.
 */
#include "relay/client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bucket.h"
#include "base/packet.h"
#include "base/text.h"
#include "crypto/box.h"
#include "relay/back_off.h"
#include "relay/frames.h"
#include "relay/inbox.h"
#include "relay/outbox.h"

enum {
	SEND_QUEUE_MAX = BATCH_MAX + 32, /* packets come in batches; derp.md 6.4 */
	GREETING_MAX = 1024,             /* bytes of a ServerKey frame; derp.md 3.1 */
	/* After so many failures in a row, packets for a relay that is not home are dropped. */
	GIVE_UP_AFTER = 3,
	INFO_ROOM = 256 /* our ClientInfo, sealed */
};

#define CONNECT_MAX  (10 * SECOND)  /* derp.md 6.1 */
#define READ_TIMEOUT (120 * SECOND) /* derp.md 6.6 */
#define PONG_TIMEOUT (3 * SECOND)   /* derp.md 6.6 */
/* Reverse proxies cut a stream that was silent for 60 s, and a stock relay is silent for up to 65.
 * Our own server sends something within 48 s. */
#define SILENCE_PING (50 * SECOND)
#define IDLE_CLOSE   (60 * SECOND)
/* After this time the tunnel has sent a new handshake, and the old one would only be in the way. */
#define PACKET_LIFE (5 * SECOND)
#define STEADY      (30 * SECOND)

enum state { WAITING, DIALLING, GREETING, READY };

struct relay_client {
	struct relay_client_config cfg;
	enum state state;
	mono_ns dial_at;    /* WAITING: MONO_NEVER: not planned */
	mono_ns connect_by; /* DIALLING, GREETING */
	mono_ns heard_at;   /* GREETING, READY: when the last whole frame came */
	mono_ns pinged_at;  /* READY: when SILENCE_PING last sent a ping, or the greeting's end */
	mono_ns sent_at;    /* when the owner last gave us a packet to send */
	mono_ns pong_by;    /* MONO_NEVER: no ping is out */
	mono_ns ready_at;
	mono_ns come_back_in; /* the server is restarting; MONO_NEVER: it is not */
	struct back_off back_off;

	struct node_key self, server;
	bool server_known;
	struct frames frames;
	struct inbox inbox;
	struct outbox_queue control; /* ClientInfo, NotePreferred, Ping: few, never dropped */
	struct outbox_queue packets;
	struct outbox_writing writing;
	bool owes_pong;
	uint8_t pong[DERP_PING_LEN], ping[DERP_PING_LEN];
	struct bucket_rate rate; /* what the server lets us send: bytes of frames */
	struct bucket bucket;

	bool tell_dial, tell_hangup, tell_ready, tell_lost;
	char why[RELAY_WHY_MAX];    /* last failure */
	char said[RELAY_WHY_MAX];   /* the last one that was told */
	char health[RELAY_WHY_MAX]; /* what the server last said of itself; empty: healthy */
	uint64_t rx_packets, tx_packets, dropped;
};

struct relay_client *relay_client_new(const struct relay_client_config *cfg, mono_ns now)
{
	struct relay_client *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->cfg = *cfg;
	if (!c->cfg.idle_close)
		c->cfg.idle_close = IDLE_CLOSE;
	key_public(c->self.b, cfg->key.b);
	c->dial_at = cfg->home ? now : MONO_NEVER;
	c->pong_by = c->ready_at = c->connect_by = c->come_back_in = MONO_NEVER;
	c->sent_at = now;
	back_off_init(&c->back_off);
	relay_client_tick(c, now);
	return c;
}

/* --- the stream --- */

static void forget_stream(struct relay_client *c)
{
	frames_fini(&c->frames);
	outbox_clear(&c->control);
	free(c->writing.frame);
	c->writing = (struct outbox_writing){0};
	c->pong_by = c->ready_at = c->connect_by = MONO_NEVER;
	c->owes_pong = c->server_known = c->tell_ready = c->tell_dial = false;
	c->rate = (struct bucket_rate){0};
	c->bucket = (struct bucket){0};
	c->health[0] = '\0';
	c->state = WAITING;
}

void relay_client_free(struct relay_client *c)
{
	if (!c)
		return;
	forget_stream(c);
	outbox_clear(&c->packets);
	inbox_fini(&c->inbox);
	key_wipe(&c->cfg.key, sizeof(c->cfg.key));
	free(c);
}

static void dial(struct relay_client *c, mono_ns now)
{
	assert(c->state == WAITING);
	c->state = DIALLING;
	c->dial_at = MONO_NEVER;
	c->connect_by = now + CONNECT_MAX;
	c->tell_dial = true;
	c->come_back_in = MONO_NEVER;
}

static void plan_dial(struct relay_client *c)
{
	if (!c->cfg.home && c->back_off.failures >= GIVE_UP_AFTER) {
		c->dropped += c->packets.n;
		outbox_clear(&c->packets);
	}
	/* Always planned, so that a packet that comes before then does not dial at once. */
	if (c->come_back_in == MONO_NEVER)
		c->dial_at = back_off_next(&c->back_off, &c->cfg.rng);
	else
		c->dial_at = back_off_asked(&c->back_off, &c->cfg.rng, c->come_back_in);
}

static bool wants_stream(const struct relay_client *c)
{
	return c->cfg.home || c->packets.n > 0;
}

/* The stream broke, or could not be made. */
static void fail(struct relay_client *c, const char *why, mono_ns now)
{
	bool was_ready = c->state == READY;
	assert(c->state != WAITING);
	if (was_ready && mono_since(c->ready_at, now) >= STEADY)
		back_off_forget(&c->back_off);
	back_off_failed(&c->back_off, now);
	forget_stream(c);
	snprintf(c->why, sizeof(c->why), "%s", why);
	if (was_ready || strcmp(c->why, c->said) != 0)
		c->tell_lost = true;
	plan_dial(c);
}

/* The same, but we end the stream ourselves. */
static void hang_up(struct relay_client *c, const char *why, mono_ns now)
{
	fail(c, why, now);
	c->tell_hangup = true;
}

static void queue_control(struct relay_client *c, const struct derp_frame *frame)
{
	struct outbox_frame *f = outbox_frame_new(frame);
	if (f) /* without memory the connection ends at its next time-out */
		outbox_push(&c->control, f);
}

static void send_preferred(struct relay_client *c)
{
	queue_control(c,
		      &(struct derp_frame){.type = DERP_NOTE_PREFERRED, .preferred = c->cfg.home});
}

static void send_client_info(struct relay_client *c, mono_ns now)
{
	uint8_t json[INFO_ROOM], sealed[INFO_ROOM];
	struct wr plain = wr_of(json, sizeof(json)), box = wr_of(sealed, sizeof(sealed));
	struct box_shared shared;

	if (!box_shared_of(&shared, c->cfg.key.b, c->server.b)) {
		hang_up(c, "the relay's key is not a usable key", now);
		return;
	}
	derp_write_client_info(
		&plain, &(struct derp_client_info){.version = DERP_VERSION, .can_ack_pings = true});
	box_seal(&shared, &box, wr_done(&plain), &c->cfg.rng);
	key_wipe(&shared, sizeof(shared));
	struct derp_frame f = {.type = DERP_CLIENT_INFO};
	f.client_info.key = c->self;
	f.client_info.sealed = wr_done(&box);
	queue_control(c, &f);
	c->server_known = true;
	if (c->cfg.home)
		send_preferred(c);
}

void relay_client_up(struct relay_client *c, const struct node_key *server_key, mono_ns now)
{
	if (c->state != DIALLING)
		return;
	c->state = GREETING;
	c->heard_at = now;
	c->sent_at = mono_max(c->sent_at, now);
	c->tell_dial = false;
	c->come_back_in = MONO_NEVER;
	if (!server_key)
		return;
	c->server = *server_key;
	send_client_info(c, now);
}

void relay_client_down(struct relay_client *c, const char *why, mono_ns now)
{
	if (c->state != WAITING)
		fail(c, why, now);
}

void relay_client_set_home(struct relay_client *c, bool home, mono_ns now)
{
	if (c->cfg.home == home)
		return;
	c->cfg.home = home;
	c->sent_at = now;
	if (c->server_known)
		send_preferred(c);
	if (home && c->state == WAITING && c->dial_at == MONO_NEVER)
		c->dial_at = now;
	relay_client_tick(c, now);
}

void relay_client_link_changed(struct relay_client *c, mono_ns now)
{
	back_off_forget(&c->back_off);
	if (c->state == WAITING)
		c->dial_at = now;
	if (c->state == WAITING && wants_stream(c))
		dial(c, now);
	if (c->state != READY || c->pong_by != MONO_NEVER)
		return;
	struct derp_frame f = {.type = DERP_PING};
	rng_fill(&c->cfg.rng, c->ping, sizeof(c->ping));
	memcpy(f.ping, c->ping, sizeof(f.ping));
	queue_control(c, &f);
	c->pong_by = now + PONG_TIMEOUT;
}

/* --- frames that come --- */

static void on_server_key(struct relay_client *c, const struct node_key *key, mono_ns now)
{
	if (c->state != GREETING)
		return;
	if (!c->server_known) {
		c->server = *key;
		send_client_info(c, now);
	} else if (!key_equal(key->b, c->server.b)) {
		hang_up(c, "the relay has another key than its certificate says", now);
	}
}

static bool read_server_info(struct relay_client *c, struct bytes sealed,
			     struct derp_server_info *info)
{
	struct box_shared shared;
	if (sealed.n < BOX_OVERHEAD || !box_shared_of(&shared, c->cfg.key.b, c->server.b))
		return false;
	uint8_t *plain = malloc(sealed.n);
	struct wr w = wr_of(plain, plain ? sealed.n : 0);
	bool ok = box_open(&shared, &w, sealed) && derp_read_server_info(wr_done(&w), info);
	key_wipe(&shared, sizeof(shared));
	free(plain);
	return ok;
}

static void on_server_info(struct relay_client *c, struct bytes sealed, mono_ns now)
{
	struct derp_server_info info = {0};
	if (c->state != GREETING || !c->server_known)
		return;
	if (!read_server_info(c, sealed, &info)) {
		hang_up(c, "the relay could not prove its key", now);
		return;
	}
	c->rate = bucket_rate_per_second(info.bytes_per_second, info.burst_bytes);
	c->state = READY;
	c->ready_at = c->pinged_at = now;
	c->connect_by = MONO_NEVER;
	c->said[0] = c->why[0] = '\0';
	c->tell_ready = true;
	c->tell_lost = false;
}

static void on_pong(struct relay_client *c, const uint8_t *ping)
{
	if (c->pong_by != MONO_NEVER && memcmp(ping, c->ping, DERP_PING_LEN) == 0)
		c->pong_by = MONO_NEVER;
}

/* A stranger's text goes to a terminal, and into JSON. */
static void health_text(char out[static RELAY_WHY_MAX], struct bytes said)
{
	size_t n = said.n < RELAY_WHY_MAX - 1 ? said.n : RELAY_WHY_MAX - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = said.p[i] < ' ' || said.p[i] == 0x7f ? ' ' : (char)said.p[i];
	out[n] = '\0';
	text_clean(out);
}

static void tell(struct relay_client *c, uint8_t type, struct bytes payload)
{
	if (c->state == READY && !inbox_add(&c->inbox, type, payload))
		c->dropped++;
}

static void on_frame(struct relay_client *c, uint8_t type, struct bytes payload, mono_ns now)
{
	struct derp_frame f;
	enum derp_read read = derp_read(type, payload, &f);
	if (read == DERP_MALFORMED)
		hang_up(c, "the relay sent a malformed frame", now);
	if (read != DERP_READ)
		return;
	switch (f.type) {
	case DERP_SERVER_KEY:
		on_server_key(c, &f.server_key, now);
		break;
	case DERP_SERVER_INFO:
		on_server_info(c, f.server_info.sealed, now);
		break;
	case DERP_RECV_PACKET:
		back_off_use(&c->back_off, now);
		tell(c, type, payload);
		break;
	case DERP_HEALTH:
		health_text(c->health, f.health);
		tell(c, type, payload);
		break;
	case DERP_PEER_GONE:
		tell(c, type, payload);
		break;
	case DERP_PING:
		memcpy(c->pong, f.ping, sizeof(c->pong));
		c->owes_pong = true;
		break;
	case DERP_PONG:
		on_pong(c, f.ping);
		break;
	case DERP_RESTARTING:
		c->come_back_in = f.restarting.reconnect_ms * MSEC;
		break;
	case DERP_KEEPALIVE: /* heard_at has it already */
	case DERP_CLIENT_INFO:
	case DERP_SEND_PACKET:
	case DERP_NOTE_PREFERRED:
	case DERP_PEER_PRESENT:
	case DERP_FORWARD_PACKET:
	case DERP_WATCH_CONNS:
	case DERP_CLOSE_PEER:
		break;
	}
}

static struct frames_want wanted(const struct relay_client *c)
{
	if (c->state == GREETING && !c->server_known)
		return (struct frames_want){FRAMES_WANT(DERP_SERVER_KEY), GREETING_MAX};
	return (struct frames_want){FRAMES_WANT(DERP_SERVER_KEY) | FRAMES_WANT(DERP_SERVER_INFO) |
					    FRAMES_WANT(DERP_RECV_PACKET) |
					    FRAMES_WANT(DERP_KEEPALIVE) |
					    FRAMES_WANT(DERP_PEER_GONE) | FRAMES_WANT(DERP_PING) |
					    FRAMES_WANT(DERP_PONG) | FRAMES_WANT(DERP_HEALTH) |
					    FRAMES_WANT(DERP_RESTARTING),
				    RELAY_FRAME_MAX};
}

void relay_client_input(struct relay_client *c, struct bytes b, mono_ns now)
{
	uint8_t type;
	struct bytes payload;
	while (c->state == GREETING || c->state == READY) {
		struct frames_want want = wanted(c);
		switch (frames_next(&c->frames, &want, &b, &type, &payload)) {
		case FRAMES_MORE:
			return;
		case FRAMES_FRAME:
			c->heard_at = now;
			on_frame(c, type, payload, now);
			break;
		case FRAMES_TOO_LONG:
			hang_up(c, "the relay announced an absurdly long frame", now);
			return;
		case FRAMES_NO_MEMORY:
			hang_up(c, "out of memory for a frame of the relay", now);
			return;
		}
	}
}

/* --- frames that go --- */

void relay_client_send(struct relay_client *c, const struct node_key *to, struct bytes packet,
		       mono_ns now)
{
	struct derp_frame f = {.type = DERP_SEND_PACKET};
	f.packet.peer = *to;
	f.packet.packet = packet;
	struct outbox_frame *o = packet.n <= RELAY_PACKET_MAX ? outbox_frame_new(&f) : NULL;
	if (!o) {
		c->dropped++;
		return;
	}
	o->queued_at = now;
	c->sent_at = now;
	bool was_idle = back_off_use(&c->back_off, now);
	if (c->packets.n >= SEND_QUEUE_MAX) {
		free(outbox_pop(&c->packets));
		c->dropped++;
	}
	outbox_push(&c->packets, o);
	if (c->state != WAITING)
		return;
	/* The dial was planned while no packet waited. A pause that the relay asked for stays. */
	if (was_idle && c->dial_at != MONO_NEVER && c->come_back_in == MONO_NEVER)
		c->dial_at = mono_min(c->dial_at, back_off_next(&c->back_off, &c->cfg.rng));
	if (c->dial_at == MONO_NEVER || c->dial_at <= now)
		dial(c, now);
}

static struct outbox_frame *next_packet(struct relay_client *c, mono_ns now)
{
	struct outbox_frame *f;
	if (!c->server_known)
		return NULL;
	while ((f = outbox_pop(&c->packets))) {
		if (mono_since(f->queued_at, now) <= PACKET_LIFE &&
		    bucket_take(&c->bucket, &c->rate, f->n, now)) {
			c->tx_packets++;
			return f;
		}
		free(f);
		c->dropped++;
	}
	return NULL;
}

static struct outbox_frame *next_frame(struct relay_client *c, mono_ns now)
{
	struct outbox_frame *f = outbox_pop(&c->control);
	if (f)
		return f;
	if (c->owes_pong && c->server_known) {
		struct derp_frame pong = {.type = DERP_PONG};
		memcpy(pong.ping, c->pong, sizeof(pong.ping));
		c->owes_pong = false;
		if ((f = outbox_frame_new(&pong)))
			return f;
	}
	return next_packet(c, now);
}

size_t relay_client_output(struct relay_client *c, uint8_t *out, size_t cap, mono_ns now)
{
	size_t n = 0;
	if (c->state != GREETING && c->state != READY)
		return 0;
	while (n < cap) {
		if (!c->writing.frame && !(c->writing.frame = next_frame(c, now)))
			break;
		n += outbox_write(&c->writing, out + n, cap - n);
	}
	return n;
}

/* --- time --- */

static mono_ns idle_at(const struct relay_client *c)
{
	if (c->cfg.home || c->packets.n || c->cfg.idle_close > MONO_NEVER - c->sent_at)
		return MONO_NEVER;
	return c->sent_at + c->cfg.idle_close;
}

static mono_ns ping_at(const struct relay_client *c)
{
	return mono_max(c->heard_at, c->pinged_at) + SILENCE_PING;
}

/* What each state may have. It is checked whenever the owner asks for the deadline. */
static void check_state(const struct relay_client *c)
{
	bool streams = c->state == GREETING || c->state == READY;
	assert(c->state == WAITING || c->dial_at == MONO_NEVER);
	assert((c->state == DIALLING || c->state == GREETING) == (c->connect_by != MONO_NEVER));
	assert((c->state == READY) == (c->ready_at != MONO_NEVER));
	assert(c->state != READY || c->server_known);
	assert(streams || (!c->server_known && !c->control.n && !c->writing.frame));
	assert(c->state == READY || c->pong_by == MONO_NEVER);
	assert(c->packets.n <= SEND_QUEUE_MAX);
}

mono_ns relay_client_deadline(const struct relay_client *c)
{
	check_state(c);
	switch (c->state) {
	case WAITING:
		return wants_stream(c) ? c->dial_at : MONO_NEVER;
	case DIALLING:
	case GREETING:
		return c->connect_by;
	case READY:
		return mono_min(mono_min(c->heard_at + READ_TIMEOUT, c->pong_by),
				mono_min(idle_at(c), ping_at(c)));
	}
	return MONO_NEVER;
}

static void go_idle(struct relay_client *c)
{
	forget_stream(c);
	back_off_forget(&c->back_off);
	c->dial_at = MONO_NEVER;
	c->tell_hangup = true;
}

static void tick_ready(struct relay_client *c, mono_ns now)
{
	if (now >= c->pong_by) {
		back_off_forget(&c->back_off);
		hang_up(c, "the relay does not answer since the network changed", now);
	} else if (now >= c->heard_at + READ_TIMEOUT) {
		hang_up(c, "the relay has been silent for two minutes", now);
	} else if (now >= idle_at(c)) {
		go_idle(c);
	} else {
		/* The answer is not waited for, so the bytes need not be hard to guess. */
		queue_control(c, &(struct derp_frame){.type = DERP_PING});
		c->pinged_at = now;
	}
}

void relay_client_tick(struct relay_client *c, mono_ns now)
{
	if (now < relay_client_deadline(c))
		return;
	switch (c->state) {
	case WAITING:
		dial(c, now);
		break;
	case DIALLING:
		hang_up(c, "no connection to the relay within 10 s", now);
		break;
	case GREETING:
		hang_up(c, "the relay took the connection but does not greet", now);
		break;
	case READY:
		tick_ready(c, now);
		break;
	}
}

/* --- what is told to the owner --- */

static void event_of_frame(struct relay_client *c, struct relay_client_event *ev, uint8_t type,
			   struct bytes payload)
{
	struct derp_frame f;
	if (derp_read(type, payload, &f) != DERP_READ)
		return; /* cannot happen: it was read before it went into the inbox */
	if (f.type == DERP_RECV_PACKET) {
		ev->kind = RELAY_PACKET;
		ev->peer = f.packet.peer;
		ev->packet = f.packet.packet;
		c->rx_packets++;
	} else if (f.type == DERP_PEER_GONE) {
		ev->kind = RELAY_PEER_GONE;
		ev->peer = f.gone.peer;
	} else {
		ev->kind = RELAY_HEALTH;
		health_text(ev->why, f.health);
	}
}

static bool take_flag(bool *flag)
{
	bool was = *flag;
	*flag = false;
	return was;
}

bool relay_client_event(struct relay_client *c, struct relay_client_event *ev)
{
	uint8_t type;
	struct bytes payload;
	*ev = (struct relay_client_event){0};
	if (take_flag(&c->tell_ready)) {
		ev->kind = RELAY_READY;
	} else if (inbox_take(&c->inbox, &type, &payload)) {
		event_of_frame(c, ev, type, payload);
	} else if (take_flag(&c->tell_hangup)) {
		ev->kind = RELAY_HANGUP;
	} else if (take_flag(&c->tell_lost)) {
		ev->kind = RELAY_LOST;
		memcpy(ev->why, c->why, sizeof(ev->why));
		memcpy(c->said, c->why, sizeof(c->said));
	} else if (take_flag(&c->tell_dial)) {
		ev->kind = RELAY_DIAL;
	} else {
		return false;
	}
	return true;
}

void relay_client_status(const struct relay_client *c, struct relay_client_status *out)
{
	*out = (struct relay_client_status){
		.ready = c->state == READY,
		.ready_at = c->ready_at,
		.next_dial = c->state == WAITING && wants_stream(c) ? c->dial_at : MONO_NEVER,
		.rx_packets = c->rx_packets,
		.tx_packets = c->tx_packets,
		.dropped_oldest = c->dropped,
	};
	if (c->server_known)
		out->server = c->server;
	memcpy(out->why, c->why, sizeof(out->why));
	memcpy(out->health, c->health, sizeof(out->health));
}
