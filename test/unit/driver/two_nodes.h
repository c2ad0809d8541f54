/* two_nodes.h - two whole drivers with real sockets, and a relay, in one loop on the loopback
 *
 *   alice 100.64.0.1  fake0  --- relay "lab" ---  fake1  100.64.0.2 bob
 *
 * Each node's configuration is text in three parts; a test rewrites a part and calls side_load, and
 * then driver_change.  The test turns the loop until what it waits for has happened (TURN_UNTIL);
 * nothing sleeps.  All log lines are kept.
 */
#ifndef TWO_NODES_H
#define TWO_NODES_H

#include <stdlib.h>
#include <sys/mman.h>

#include "config/config.h"
#include "driver/driver.h"
#include "io/clock.h"
#include "unit/driver/fake_inside.h"
#include "unit/driver/local_relay.h"

enum { NODES = 2, MOVES_MAX = 32, LOG_TEXT_MAX = 1 << 16 };
#define TURN_LIMIT (10 * SECOND)

struct side {
	char node[512], relays[1024], peers[16384];
	struct config *cfg;
	struct driver *driver;
	struct path_event moves[MOVES_MAX]; /* PATH_MOVED, in their order */
	size_t n_moves;
};

struct world {
	struct loop *loop;
	struct log log;
	int log_fd;
	char log_text[LOG_TEXT_MAX];
	struct local_relay relay;
	struct side side[NODES];
};

static const char *const node_names[NODES] = {"alice", "bob"};
static const char *const node_addresses[NODES] = {"100.64.0.1", "100.64.0.2"};

/* --- the log --- */

static inline const char *world_log(struct world *w)
{
	ssize_t n = pread(w->log_fd, w->log_text, sizeof(w->log_text) - 1, 0);
	w->log_text[n > 0 ? n : 0] = '\0';
	return w->log_text;
}

static inline unsigned world_logged(struct world *w, const char *line)
{
	unsigned count = 0;
	for (const char *p = world_log(w); (p = strstr(p, line)); p += strlen(line))
		count++;
	return count;
}

#define EXPECT_LOGGED(w, line)                                                          \
	do {                                                                            \
		if (!world_logged((w), (line)))                                         \
			fail_msg("not logged: \"%s\", but:\n%s", (line), world_log(w)); \
	} while (0)

#define TURN_UNTIL(w, condition)                                                       \
	do {                                                                           \
		mono_ns limit_ = clock_now() + TURN_LIMIT;                             \
		bool holds_;                                                           \
		while (!(holds_ = (condition)) && clock_now() < limit_)                \
			loop_turn((w)->loop, 20 * MSEC);                               \
		if (!holds_)                                                           \
			fail_msg("not within 10 s: %s\n%s", #condition, world_log(w)); \
	} while (0)

static inline void turn_for(struct world *w, mono_ns time)
{
	mono_ns until = clock_now() + time;
	while (clock_now() < until)
		loop_turn(w->loop, 5 * MSEC);
}

/* --- configurations --- */

/* Keys are made of a small number: 1 is alice, 2 is bob, others are peers that are not there. */
static inline struct node_private private_key(uint8_t number)
{
	struct node_private k = {{0}};
	memset(k.b, number, sizeof(k.b));
	return k;
}

static inline const char *public_key(uint8_t number, char out[static KEY_TEXT_MAX])
{
	struct node_private k = private_key(number);
	struct node_key pub;
	key_public(pub.b, k.b);
	return key_format(out, KEY_NODE, pub.b);
}

/* Node i, with the key of that number. more: lines that come last. */
static inline void write_node(struct side *s, int i, uint8_t number, const char *more)
{
	char key[2 * sizeof(struct node_private) + 1];
	struct node_private k = private_key(number);
	for (size_t b = 0; b < sizeof(k.b); b++)
		snprintf(key + 2 * b, 3, "%02x", k.b[b]);
	snprintf(s->node, sizeof(s->node),
		 "[Node]\nName = %s\nPrivateKey = privkey:%s\nAddress = %s\n"
		 "Interface = fake%d\n%sPortMapping = no\nHardNat = no\n%s",
		 node_names[i], key, node_addresses[i], i,
		 strstr(more, "ListenPort") ? "" : "ListenPort = 0\n", more);
}

static inline void write_relay(struct side *s, const char *name, uint16_t region, uint16_t port,
			       uint16_t stun_port)
{
	size_t n = strlen(s->relays);
	snprintf(s->relays + n, sizeof(s->relays) - n,
		 "[Relay]\nName = %s\nRegion = %u\nHost = 127.0.0.1\nPlain = yes\nPort = %u\n"
		 "STUNPort = %u\n",
		 name, region, port, stun_port);
}

/* more: AllowedIPs, Relay, ... */
static inline void write_peer(struct side *s, const char *name, uint8_t number, const char *more)
{
	char key[KEY_TEXT_MAX];
	size_t n = strlen(s->peers);
	snprintf(s->peers + n, sizeof(s->peers) - n, "[Peer]\nName = %s\nPublicKey = %s\n%s", name,
		 public_key(number, key), more);
}

/* The configuration of its text; the caller frees it. */
static inline struct config *side_parse(const struct side *s)
{
	char text[sizeof(s->node) + sizeof(s->relays) + sizeof(s->peers)], why[CONFIG_WHY_MAX];
	int n = snprintf(text, sizeof(text), "%s%s%s", s->node, s->relays, s->peers);
	struct config *c =
		config_parse("w.conf", (struct bytes){(const uint8_t *)text, (size_t)n}, why);
	if (!c)
		fail_msg("%s\n%s", why, text);
	return c;
}

/* driver_change to what its text says now. False: why; the old configuration stays. */
static inline bool side_change(struct side *s, char why[static FAILURE_MAX])
{
	struct config *c = side_parse(s);
	bool ok = driver_change(s->driver, &c->settings, &c->map, why);
	config_free(ok ? s->cfg : c);
	if (ok)
		s->cfg = c;
	return ok;
}

/* --- the scene --- */

static inline void on_path(void *self, const struct path_event *ev)
{
	struct side *s = self;
	if (ev->kind == PATH_MOVED && s->n_moves < MOVES_MAX)
		s->moves[s->n_moves++] = *ev;
}

/* Both are down, and know each other. */
static inline struct world *world_begin(void)
{
	struct world *w = malloc(sizeof(*w));
	fakes_reset();
	*w = (struct world){.loop = loop_new(), .log_fd = memfd_create("log", MFD_CLOEXEC)};
	assert_true(w->loop && w->log_fd >= 0 && crypto_init());
	log_init(&w->log, w->log_fd, LOG_AT_DEBUG);
	local_relay_open(&w->relay, w->loop, &w->log);
	for (size_t i = 0; i < NODES; i++) {
		struct side *s = &w->side[i];
		char peer[128];
		write_node(s, (int)i, (uint8_t)(i + 1), "");
		write_relay(s, "lab", 1, w->relay.port, w->relay.stun_port);
		snprintf(peer, sizeof(peer), "AllowedIPs = %s/32\nRelay = lab\n",
			 node_addresses[1 - i]);
		write_peer(s, node_names[1 - i], (uint8_t)(2 - i), peer);
	}
	return w;
}

/* The drivers, of the text as it is now. */
static inline void world_make(struct world *w)
{
	const struct driver_config cfg = {.loop = w->loop, .log = &w->log, .inside = &fake_inside};
	for (size_t i = 0; i < NODES; i++) {
		struct side *s = &w->side[i];
		s->cfg = side_parse(s);
		s->driver = driver_new(&cfg, &s->cfg->settings, &s->cfg->map);
		assert_non_null(s->driver);
		driver_on_path(s->driver, on_path, s);
	}
}

static inline void side_up(struct side *s)
{
	char why[FAILURE_MAX];
	if (!driver_set_up(s->driver, true, why))
		fail_msg("%s", why);
}

static inline void side_down(struct side *s)
{
	char why[FAILURE_MAX];
	assert_true(driver_set_up(s->driver, false, why));
}

static inline bool side_is_ready(const struct side *s)
{
	struct relay_client_status st;
	struct node *n = driver_node(s->driver);
	return n && reach_relay_status(node_reach(n), 1, &st) && st.ready;
}

/* Both are connected to the relay: a handshake that is sent before is lost, and takes its time. */
static inline void world_wait(struct world *w)
{
	TURN_UNTIL(w, side_is_ready(&w->side[0]) && side_is_ready(&w->side[1]));
}

static inline struct world *world_up(void)
{
	struct world *w = world_begin();
	world_make(w);
	for (size_t i = 0; i < NODES; i++)
		side_up(&w->side[i]);
	world_wait(w);
	return w;
}

static inline void world_end(struct world *w)
{
	for (size_t i = 0; i < NODES; i++) {
		driver_free(w->side[i].driver);
		config_free(w->side[i].cfg);
		fake_hang_up(&fakes[i]);
	}
	local_relay_close(&w->relay);
	for (int i = 0; i < 3; i++)
		loop_turn(w->loop, 0);
	loop_free(w->loop);
	close(w->log_fd);
	free(w);
}

/* --- packets --- */

static inline void send_from(size_t i, const char *text)
{
	fake_send(&fakes[i], node_addresses[i], node_addresses[1 - i], text);
}

/* From node i to the other. */
static inline void expect_passage(struct world *w, size_t i, const char *text)
{
	send_from(i, text);
	TURN_UNTIL(w, fake_heard(&fakes[1 - i], text));
}

#endif
