/* server.c - the server's side of DERP
 *
 * A client is GREETING as soon as its stream was upgraded: it is sent ServerKey, and has
 * HANDSHAKE_MAX to send a ClientInfo that opens.  From then on it is REGISTERED.  While nothing
 * waits for it, it costs its row in the table (struct client) and a place in the heap of deadlines,
 * but no buffer.
 *
 * A packet goes from the sender's stream straight into a queue of its receiver, as one finished
 * frame.  No sender waits for a receiver that does not read.  A full queue drops from the host that
 * has most in it, and there from the key that has most, the oldest.  So the flood of one sender
 * pushes out its own packets, and others have a share.
 *
 * Bounded:
 *
 *   entries of a queue             RELAY_QUEUE_MAX
 *   bytes of all queues            queued_bytes_max
 *   bytes of incomplete frames     the same again, and HELD_SMALL for each client
 *   time of an incomplete frame    HALF_FRAME_MAX, looked at with each keepalive
 *   receivers noted for a sender   RECEIVERS_MAX
 *   PeerGone(NotHere) to a sender  not_here_rate
 *
 * A client that lets much pile up must not take the room of the others.  If the queues are full,
 * the oldest frame of all makes room: its receiver does not read.  If incomplete frames hold too
 * much, a client that holds a large one must go; one that holds HELD_SMALL or less (a tunnel's
 * packet fits) may stay.
 */
#include "relay/server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "crypto/box.h"
#include "relay/clients.h"
#include "wire/disco.h"

_Static_assert((int)RELAY_QUEUE_MAX <= (int)OUTBOX_FAIR_MAX, "the whole queue is looked at");

enum {
	QUEUED_BYTES_DEFAULT = 256 << 20,
	DISCO_LOOKS_MIN = 62, /* shorter packets are queued as data; derp.md 5.2 */
	/* Reverse proxies cut a stream that was silent for 60 s. */
	KEEPALIVE_MS = 45 * 1000,
	KEEPALIVE_JITTER_MS = 3 * 1000,
	INFO_ROOM = 256, /* our ServerInfo, sealed */
	/* Anybody may send one: what it costs to open and parse is bounded. */
	CLIENT_INFO_MAX = 4096,
	HELD_SMALL = 2048
};

/* derp.md 5.6 */
#define HANDSHAKE_MAX  (10 * SECOND)
#define HALF_FRAME_MAX (30 * SECOND)
/* Clients with one key that take the active place from each other for TWINS_AFTER, with pauses of
 * at most TWINS_PAUSE, are two machines (derp.md 5.4).  A stream that one machine left behind is
 * dead after 15 s. */
#define TWINS_AFTER (30 * SECOND)
#define TWINS_PAUSE (10 * SECOND)

static const char twin_text[] = "another machine uses the same node key, so each loses packets: "
				"give every machine a key of its own (warren genkey)";

/* Of PeerGone(NotHere) to one client; derp.md 5.3. */
static const struct bucket_rate not_here_rate = {1, SECOND, 3};

struct relay_server {
	struct relay_server_config cfg;
	struct node_key key;
	struct clients clients;
	struct heap deadlines;
	size_t queued_bytes, held_bytes;
	struct outbox_frame *oldest, *newest;  /* of all queues */
	uint32_t reconnect_ms, keep_trying_ms; /* of a drain */
	struct relay_server_stats stats;
};

struct relay_server *relay_server_new(const struct relay_server_config *cfg, mono_ns now)
{
	struct relay_server *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->cfg = *cfg;
	if (!s->cfg.queued_bytes_max)
		s->cfg.queued_bytes_max = QUEUED_BYTES_DEFAULT;
	key_public(s->key.b, cfg->key.b);
	if (clients_init(&s->clients, cfg->clients_max, &cfg->rng) &&
	    heap_init(&s->deadlines, cfg->clients_max))
		return s;
	relay_server_free(s);
	return NULL;
}

const struct node_key *relay_server_key(const struct relay_server *s)
{
	return &s->key;
}

const struct relay_server_stats *relay_server_stats(const struct relay_server *s)
{
	return &s->stats;
}

/* --- queues --- */

static void free_frame(struct relay_server *s, struct outbox_frame *f)
{
	if (!f)
		return;
	assert(s->queued_bytes >= outbox_cost(f));
	s->queued_bytes -= outbox_cost(f);
	free(f);
}

static void queue_push(struct relay_server *s, struct outbox_queue *q, struct outbox_frame *f)
{
	outbox_push(q, f);
	f->older = s->newest;
	f->newer = NULL;
	*(s->newest ? &s->newest->newer : &s->oldest) = f;
	s->newest = f;
}

/* Out of the list of all frames. */
static void forget_age(struct relay_server *s, struct outbox_frame *f)
{
	*(f->older ? &f->older->newer : &s->oldest) = f->newer;
	*(f->newer ? &f->newer->older : &s->newest) = f->older;
}

static struct outbox_frame *queue_pop(struct relay_server *s, struct outbox_queue *q)
{
	struct outbox_frame *f = outbox_pop(q);
	if (f)
		forget_age(s, f);
	return f;
}

/* f was taken out of its queue. */
static void drop(struct relay_server *s, struct outbox_frame *f)
{
	assert(f);
	forget_age(s, f);
	free_frame(s, f);
	s->stats.dropped_oldest++;
}

/* Makes room by dropping older frames. A frame that still does not fit is dropped itself. */
static void enqueue(struct relay_server *s, uint32_t to, enum client_queue which,
		    const struct derp_frame *frame, const struct outbox_sender *sender)
{
	struct outbox_queue *q = &s->clients.v[to].queue[which];
	struct outbox_frame *f = outbox_frame_new(frame);
	if (!f) {
		s->stats.dropped_full++;
		return;
	}
	f->sender = *sender;
	if (q->n >= RELAY_QUEUE_MAX)
		drop(s, outbox_take_fair(q, sender));
	const size_t room = s->cfg.queued_bytes_max;
	while (s->queued_bytes + outbox_cost(f) > room && s->oldest)
		drop(s,
		     outbox_pop(s->oldest->queue)); /* the oldest of all is the first of its own */
	if (s->queued_bytes + outbox_cost(f) > room) {
		s->stats.dropped_full++;
		free(f);
		return;
	}
	s->queued_bytes += outbox_cost(f);
	queue_push(s, q, f);
	clients_ready_add(&s->clients, to);
}

static void owe(struct relay_server *s, uint32_t i, enum client_owes what)
{
	s->clients.v[i].owes |= (uint8_t)what;
	clients_ready_add(&s->clients, i);
}

static void notify_gone(struct relay_server *s, uint32_t to, const struct node_key *peer,
			enum derp_gone reason)
{
	struct derp_frame f = {.type = DERP_PEER_GONE};
	f.gone.peer = *peer;
	f.gone.reason = reason;
	enqueue(s, to, QUEUE_NOTICES, &f, &(struct outbox_sender){0});
	s->stats.peer_gone_sent++;
}

/* --- clients come and go --- */

bool relay_server_open(struct relay_server *s, uint64_t host, mono_ns now, uint32_t *client)
{
	uint32_t i = clients_take(&s->clients);
	if (i == CLIENT_NONE) {
		s->stats.refused++;
		return false;
	}
	struct client *c = &s->clients.v[i];
	c->host = host;
	c->keepalive_ms = KEEPALIVE_MS + (uint32_t)rng_below(&s->cfg.rng, KEEPALIVE_JITTER_MS);
	heap_set(&s->deadlines, i, now + HANDSHAKE_MAX);
	owe(s, i, OWES_SERVER_KEY);
	s->stats.accepted++;
	s->stats.clients++;
	*client = i;
	return true;
}

static void tell_receivers(struct relay_server *s, const struct client *gone)
{
	for (uint32_t i = 0; i < gone->receivers.n; i++) {
		struct receiver r = gone->receivers.v[i];
		struct client *c = clients_get(&s->clients, r.client);
		if (c && c != gone && c->generation == r.generation)
			notify_gone(s, r.client, &gone->key, DERP_GONE_DISCONNECTED);
	}
}

static void set_twin(struct relay_server *s, uint32_t i, bool twin)
{
	struct client *c = &s->clients.v[i];
	if (c->twin == twin)
		return;
	c->twin = twin;
	owe(s, i, OWES_HEALTH);
}

/* The client took the active place from another one with its key.  One machine that reconnects
 * does so too, for what its old stream still brings. */
static void took_place(struct relay_server *s, uint32_t i, mono_ns now)
{
	struct client *c = &s->clients.v[i];
	if (c->taken_at == 0 || mono_since(c->taken_at, now) > TWINS_PAUSE)
		c->taken_since = now;
	c->taken_at = now;
	if (mono_since(c->taken_since, now) < TWINS_AFTER)
		return;
	set_twin(s, i, true);
	for (uint32_t k = c->ring_after; k != i; k = s->clients.v[k].ring_after)
		set_twin(s, k, true);
}

/* One of several clients with a key is gone. */
static void lost_twin(struct relay_server *s, uint32_t left)
{
	struct client *c = &s->clients.v[left];
	if (c->ring_after != left)
		return;
	c->taken_at = 0;
	set_twin(s, left, false);
}

static void unregister(struct relay_server *s, uint32_t i)
{
	struct client *c = &s->clients.v[i];
	if (c->state != CLIENT_REGISTERED)
		return;
	s->stats.registered--;
	uint32_t other = clients_unregister(&s->clients, i);
	if (other == CLIENT_NONE) {
		tell_receivers(s, c);
		return;
	}
	receivers_move(&s->clients.v[other].receivers, &c->receivers);
	lost_twin(s, other);
}

/* Gives back all that the client holds, and tells its receivers. The caller gives back its
 * number. */
static void end_client(struct relay_server *s, uint32_t i)
{
	struct client *c = &s->clients.v[i];
	unregister(s, i);
	clients_ready_remove(&s->clients, i);
	heap_set(&s->deadlines, i, MONO_NEVER);
	assert(s->held_bytes >= c->frames.cap);
	s->held_bytes -= c->frames.cap;
	frames_fini(&c->frames);
	s->stats.dropped_gone += c->queue[QUEUE_DISCO].n + c->queue[QUEUE_DATA].n;
	for (int q = 0; q < CLIENT_QUEUES; q++)
		for (struct outbox_frame *f; (f = queue_pop(s, &c->queue[q]));)
			free_frame(s, f);
	free_frame(s, c->writing.frame);
	c->writing = (struct outbox_writing){0};
	receivers_fini(&c->receivers);
	s->stats.clients--;
}

void relay_server_gone(struct relay_server *s, uint32_t client, mono_ns now)
{
	if (!clients_get(&s->clients, client))
		return;
	end_client(s, client);
	clients_give_back(&s->clients, client);
}

void relay_server_free(struct relay_server *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->clients.used; i++)
		relay_server_gone(s, i, 0);
	clients_fini(&s->clients);
	heap_fini(&s->deadlines);
	key_wipe(&s->cfg.key, sizeof(s->cfg.key));
	free(s);
}

/* --- frames that come; false: it broke the protocol --- */

static bool open_client_info(struct relay_server *s, const struct derp_frame *f)
{
	struct box_shared shared;
	struct derp_client_info info;
	struct bytes sealed = f->client_info.sealed;
	if (sealed.n < BOX_OVERHEAD || !box_shared_of(&shared, s->cfg.key.b, f->client_info.key.b))
		return false;
	uint8_t *plain = malloc(sealed.n);
	struct wr w = wr_of(plain, plain ? sealed.n : 0);
	bool ok = box_open(&shared, &w, sealed) && derp_read_client_info(wr_done(&w), &info);
	key_wipe(&shared, sizeof(shared));
	free(plain);
	return ok;
}

static bool on_client_info(struct relay_server *s, uint32_t i, const struct derp_frame *f,
			   mono_ns now)
{
	struct client *c = &s->clients.v[i];
	if (!open_client_info(s, f) || !clients_register(&s->clients, i, &f->client_info.key))
		return false;
	s->stats.registered++;
	c->keepalive_at = now + c->keepalive_ms * MSEC;
	heap_set(&s->deadlines, i, c->keepalive_at);
	owe(s, i, OWES_SERVER_INFO);
	return true;
}

static void not_here(struct relay_server *s, uint32_t sender, const struct node_key *peer,
		     mono_ns now)
{
	struct client *c = &s->clients.v[sender];
	if (bucket_take(&c->not_here, &not_here_rate, 1, now))
		notify_gone(s, sender, peer, DERP_GONE_NOT_HERE);
}

static void on_packet(struct relay_server *s, uint32_t i, const struct derp_frame *f, mono_ns now)
{
	struct bytes packet = f->packet.packet;
	bool disco = packet.n >= DISCO_LOOKS_MIN && disco_is(packet);
	uint32_t to = clients_find(&s->clients, &f->packet.peer);
	s->stats.packets_in++;
	s->stats.bytes_in += packet.n;
	if (to == CLIENT_NONE) {
		s->stats.dropped_unknown++;
		if (disco)
			not_here(s, i, &f->packet.peer, now);
		return;
	}
	struct client *c = &s->clients.v[i];
	receivers_note(&c->receivers, to, s->clients.v[to].generation);
	struct derp_frame out = {.type = DERP_RECV_PACKET};
	out.packet.peer = c->key;
	out.packet.packet = packet;
	const struct outbox_sender sender = {c->host, c->hash};
	enqueue(s, to, disco ? QUEUE_DISCO : QUEUE_DATA, &out, &sender);
}

static bool on_frame(struct relay_server *s, uint32_t i, uint8_t type, struct bytes payload,
		     mono_ns now)
{
	struct client *c = &s->clients.v[i];
	struct derp_frame f;
	if (derp_read(type, payload, &f) != DERP_READ)
		return false; /* malformed: only known types are wanted */
	if (clients_activate(&s->clients, i))
		took_place(s, i, now);
	switch (f.type) {
	case DERP_CLIENT_INFO:
		return on_client_info(s, i, &f, now);
	case DERP_SEND_PACKET:
		on_packet(s, i, &f, now);
		return true;
	case DERP_NOTE_PREFERRED:
		c->preferred = f.preferred;
		return true;
	case DERP_PING:
		if (!(c->owes & OWES_PONG))
			memcpy(c->ping, f.ping, sizeof(c->ping));
		owe(s, i, OWES_PONG);
		return true;
	case DERP_WATCH_CONNS: /* these three are for mesh peers, and we have none */
	case DERP_CLOSE_PEER:
	case DERP_FORWARD_PACKET:
		return false;
	case DERP_SERVER_KEY:
	case DERP_SERVER_INFO:
	case DERP_RECV_PACKET:
	case DERP_KEEPALIVE:
	case DERP_PEER_GONE:
	case DERP_PEER_PRESENT:
	case DERP_PONG:
	case DERP_HEALTH:
	case DERP_RESTARTING:
		return true;
	}
	return true;
}

static struct frames_want wanted(const struct client *c)
{
	if (c->state == CLIENT_GREETING)
		return (struct frames_want){FRAMES_WANT(DERP_CLIENT_INFO), CLIENT_INFO_MAX};
	return (struct frames_want){
		FRAMES_WANT(DERP_SEND_PACKET) | FRAMES_WANT(DERP_NOTE_PREFERRED) |
			FRAMES_WANT(DERP_PING) | FRAMES_WANT(DERP_WATCH_CONNS) |
			FRAMES_WANT(DERP_CLOSE_PEER) | FRAMES_WANT(DERP_FORWARD_PACKET),
		2 * KEY_LEN + DERP_PACKET_MAX};
}

/* The heap stays as it is, for most reads of a busy stream end in the middle of a frame. The next
 * keepalive looks. */
static void note_half(struct client *c, enum frames_got got, mono_ns now)
{
	if (got != FRAMES_MORE || !frames_half(&c->frames))
		c->half_since = MONO_NEVER;
	else if (c->half_since == MONO_NEVER)
		c->half_since = now;
}

/* Reads frames until no whole one is left. False: close the stream. */
static bool read_frames(struct relay_server *s, uint32_t i, struct bytes b, mono_ns now)
{
	struct client *c = &s->clients.v[i];
	uint8_t type;
	struct bytes payload;
	for (;;) {
		struct frames_want want = wanted(c);
		s->held_bytes -= c->frames.cap;
		enum frames_got got = frames_next(&c->frames, &want, &b, &type, &payload);
		s->held_bytes += c->frames.cap;
		note_half(c, got, now);
		if (got == FRAMES_MORE)
			return s->held_bytes <= s->cfg.queued_bytes_max ||
			       c->frames.cap <= HELD_SMALL;
		if (got != FRAMES_FRAME || !on_frame(s, i, type, payload, now))
			return false;
	}
}

bool relay_server_input(struct relay_server *s, uint32_t client, struct bytes b, mono_ns now)
{
	if (!clients_get(&s->clients, client))
		return false;
	if (read_frames(s, client, b, now))
		return true;
	s->stats.broke_protocol++;
	relay_server_gone(s, client, now);
	return false;
}

/* --- frames that go --- */

static struct outbox_frame *server_info_for(struct relay_server *s, const struct client *c)
{
	uint8_t json[INFO_ROOM], sealed[INFO_ROOM];
	struct wr plain = wr_of(json, sizeof(json)), box = wr_of(sealed, sizeof(sealed));
	struct box_shared shared;
	if (!box_shared_of(&shared, s->cfg.key.b, c->key.b))
		return NULL;
	derp_write_server_info(&plain, &(struct derp_server_info){.version = DERP_VERSION});
	box_seal(&shared, &box, wr_done(&plain), &s->cfg.rng);
	key_wipe(&shared, sizeof(shared));
	struct derp_frame f = {.type = DERP_SERVER_INFO};
	f.server_info.sealed = wr_done(&box);
	return outbox_frame_new(&f);
}

static struct outbox_frame *owed_frame(struct relay_server *s, struct client *c)
{
	uint8_t what = (uint8_t)(c->owes &
				 -c->owes); /* the lowest bit: in the order of enum client_owes */
	struct derp_frame f = {.type = DERP_KEEPALIVE};
	c->owes &= (uint8_t)~what;
	if (what == OWES_SERVER_INFO)
		return server_info_for(s, c);
	if (what == OWES_SERVER_KEY) {
		f.type = DERP_SERVER_KEY;
		f.server_key = s->key;
	} else if (what == OWES_RESTARTING) {
		f.type = DERP_RESTARTING;
		f.restarting.reconnect_ms = s->reconnect_ms;
		f.restarting.keep_trying_ms = s->keep_trying_ms;
	} else if (what == OWES_PONG) {
		f.type = DERP_PONG;
		memcpy(f.ping, c->ping, sizeof(f.ping));
	} else if (what == OWES_HEALTH) {
		f.type = DERP_HEALTH;
		f.health = (struct bytes){(const uint8_t *)twin_text,
					  c->twin ? sizeof(twin_text) - 1 : 0};
	} else {
		s->stats.keepalives_sent++;
	}
	return outbox_frame_new(&f);
}

static struct outbox_frame *queued_frame(struct relay_server *s, struct client *c)
{
	for (int tries = 0; tries < CLIENT_QUEUES; tries++) {
		uint8_t q = c->turn;
		c->turn = (uint8_t)((c->turn + 1) % CLIENT_QUEUES);
		struct outbox_frame *f = queue_pop(s, &c->queue[q]);
		if (!f)
			continue;
		if (q != QUEUE_NOTICES) {
			s->stats.packets_out++;
			s->stats.bytes_out += f->n - DERP_HEADER_LEN - KEY_LEN;
		}
		return f;
	}
	return NULL;
}

static bool next_frame(struct relay_server *s, struct client *c)
{
	while (c->owes && !c->writing.frame) {
		c->writing.frame = owed_frame(s, c);
		if (c->writing.frame)
			s->queued_bytes += outbox_cost(c->writing.frame);
	}
	if (!c->writing.frame)
		c->writing.frame = queued_frame(s, c);
	return c->writing.frame != NULL;
}

static bool has_output(const struct client *c)
{
	return c->owes || c->writing.frame || c->queue[QUEUE_NOTICES].n ||
	       c->queue[QUEUE_DISCO].n || c->queue[QUEUE_DATA].n;
}

size_t relay_server_output(struct relay_server *s, uint32_t client, uint8_t *out, size_t cap,
			   mono_ns now)
{
	struct client *c = clients_get(&s->clients, client);
	size_t n = 0;
	if (!c)
		return 0;
	while (n < cap && (c->writing.frame || next_frame(s, c))) {
		size_t cost = outbox_cost(c->writing.frame);
		n += outbox_write(&c->writing, out + n, cap - n);
		if (!c->writing.frame)
			s->queued_bytes -= cost;
	}
	if (!has_output(c)) {
		clients_ready_remove(&s->clients, client);
		c->listed = false;
	}
	return n;
}

bool relay_server_ready(struct relay_server *s, uint32_t *client)
{
	return clients_ready_take(&s->clients, client);
}

/* --- time --- */

mono_ns relay_server_deadline(const struct relay_server *s)
{
	return heap_first(&s->deadlines);
}

static mono_ns half_until(const struct client *c)
{
	return c->half_since == MONO_NEVER ? MONO_NEVER : c->half_since + HALF_FRAME_MAX;
}

static void expire(struct relay_server *s, uint32_t i)
{
	end_client(s, i);
	clients_expired_add(&s->clients, i);
}

static void keep_alive(struct relay_server *s, uint32_t i, mono_ns now)
{
	struct client *c = &s->clients.v[i];
	if (now >= c->keepalive_at) {
		c->keepalive_at = now + c->keepalive_ms * MSEC;
		owe(s, i, OWES_KEEPALIVE);
	}
	heap_set(&s->deadlines, i, mono_min(c->keepalive_at, half_until(c)));
}

void relay_server_tick(struct relay_server *s, mono_ns now)
{
	uint32_t i;
	while (heap_due(&s->deadlines, now, &i)) {
		struct client *c = &s->clients.v[i];
		assert(c->state == CLIENT_GREETING || c->state == CLIENT_REGISTERED);
		if (c->state == CLIENT_GREETING || now >= half_until(c))
			expire(s, i);
		else
			keep_alive(s, i, now);
	}
}

bool relay_server_expired(struct relay_server *s, uint32_t *client)
{
	return clients_expired_take(&s->clients, client);
}

static uint32_t whole_ms(mono_ns t)
{
	return t / MSEC > UINT32_MAX ? UINT32_MAX : (uint32_t)(t / MSEC);
}

void relay_server_drain(struct relay_server *s, mono_ns reconnect, mono_ns keep_trying, mono_ns now)
{
	s->reconnect_ms = whole_ms(reconnect);
	s->keep_trying_ms = whole_ms(keep_trying);
	for (uint32_t i = 0; i < s->clients.used; i++)
		if (s->clients.v[i].state == CLIENT_REGISTERED)
			owe(s, i, OWES_RESTARTING);
}
