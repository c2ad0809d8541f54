#include "localapi/pings.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* How long a pong of another way waits for that of the way in use. */
static const mono_ns OTHER_WAY = 200 * MSEC;

struct waiting {
	void *ask; /* NULL: this place is free */
	peer_id peer;
	mono_ns began, until;
	struct way via; /* of the best pong; WAY_NONE: none so far */
	mono_ns rtt;
};

struct pings {
	struct loop *loop;
	struct driver *driver;
	pings_answer *answer;
	struct loop_timer *timer;
	struct waiting v[PINGS_MAX];
};

static void answer(struct pings *p, void *ask, json_t *consumed)
{
	p->answer(ask, consumed);
	json_decref(consumed);
}

static void refuse(struct pings *p, void *ask, const char *why)
{
	answer(p, ask, json_pack("{s:s}", "error", why));
}

static void set_timer(struct pings *p)
{
	mono_ns first = MONO_NEVER;
	for (size_t i = 0; i < PINGS_MAX; i++) {
		if (p->v[i].ask)
			first = mono_min(first, p->v[i].until);
	}
	loop_timer_set(p->timer, first);
}

/* --- answers --- */

static const struct netmap_peer *peer_of(struct pings *p, peer_id id, struct node_peer_status *st)
{
	struct node *n = driver_node(p->driver);
	if (!n || !node_peer_status(n, id, loop_now(p->loop), st))
		return NULL;
	return netmap_peer(driver_netmap(p->driver), &st->key);
}

static json_t *pong_json(struct pings *p, const struct waiting *w)
{
	char label[NETMAP_NAME_MAX], text[ENDPOINT_TEXT_MAX] = "";
	struct node_peer_status st;
	struct ip ip = {0};
	const struct netmap_peer *peer = peer_of(p, w->peer, &st);
	if (!peer)
		return json_pack("{s:s}", "error", "this peer was taken out of the configuration");
	json_t *pong =
		json_pack("{s:s, s:b, s:f}", "name", netmap_peer_label(peer, label), "direct",
			  w->via.kind == WAY_UDP, "rtt_ms", (double)w->rtt / (double)MSEC);
	if (netmap_peer_address(peer, &ip))
		json_object_set_new(pong, "ip", json_string(ip_format(&ip, text)));
	const struct netmap_relay *r = netmap_relay(driver_netmap(p->driver), w->via.region);
	bool direct = w->via.kind == WAY_UDP;
	json_object_set_new(pong, "endpoint",
			    direct ? json_string(endpoint_format(&w->via.ep, text)) : json_null());
	json_object_set_new(pong, "relay",
			    direct ? json_null() : json_string(r ? r->name : "unknown"));
	return pong;
}

/* The most likely reason first. */
static void why_silent(struct pings *p, const struct waiting *w, char *out, size_t cap)
{
	char label[NETMAP_NAME_MAX];
	struct node_peer_status st;
	struct relay_client_status relay;
	struct node *n = driver_node(p->driver);
	const struct netmap_peer *peer = peer_of(p, w->peer, &st);
	const struct netmap_relay *home =
		peer ? netmap_relay(driver_netmap(p->driver), peer->home) : NULL;
	double s = (double)(loop_now(p->loop) - w->began) / (double)SECOND;
	if (!peer) {
		snprintf(out, cap, "this peer was taken out of the configuration");
		return;
	}
	netmap_peer_label(peer, label);
	if (home && reach_relay_status(node_reach(n), home->region, &relay) && !relay.ready)
		snprintf(out, cap,
			 "no reply from %s in %.0f s: its relay \"%s\" is not connected (%s)",
			 label, s, home->name, relay.why[0] ? relay.why : "still trying");
	else if (!st.tunnel.session)
		snprintf(out, cap,
			 "no reply from %s in %.0f s, and no WireGuard session with it: is it up, "
			 "is \"%s\" "
			 "its home "
			 "relay, and does it have our public key?",
			 label, s, home ? home->name : "none");
	else
		snprintf(out, cap, "no reply from %s in %.0f s", label, s);
}

static void finish(struct pings *p, struct waiting *w)
{
	char why[512];
	void *ask = w->ask;
	json_t *a;
	if (w->via.kind != WAY_NONE) {
		a = pong_json(p, w);
	} else {
		why_silent(p, w, why, sizeof(why));
		a = json_pack("{s:s, s:b}", "error", why, "timeout", 1);
	}
	*w = (struct waiting){0};
	answer(p, ask, a);
}

static void on_timer(void *self)
{
	struct pings *p = self;
	for (size_t i = 0; i < PINGS_MAX; i++) {
		if (p->v[i].ask && p->v[i].until <= loop_now(p->loop))
			finish(p, &p->v[i]);
	}
	set_timer(p);
}

static bool is_main_way(struct pings *p, peer_id id, const struct way *via)
{
	struct node_peer_status st;
	struct node *n = driver_node(p->driver);
	return n && node_peer_status(n, id, loop_now(p->loop), &st) && st.path.route.n > 0 &&
	       way_equal(&st.path.route.via[0], via);
}

static void on_path(void *self, const struct path_event *ev)
{
	struct pings *p = self;
	if (ev->kind != PATH_PONG)
		return;
	bool main_way = is_main_way(p, ev->peer, &ev->via);
	for (size_t i = 0; i < PINGS_MAX; i++) {
		struct waiting *w = &p->v[i];
		if (!w->ask || w->peer != ev->peer)
			continue;
		if (!main_way && w->via.kind != WAY_NONE)
			continue;
		w->until = main_way ? w->until : mono_min(w->until, loop_now(p->loop) + OTHER_WAY);
		w->via = ev->via;
		w->rtt = ev->rtt;
		if (main_way)
			finish(p, w);
	}
	set_timer(p);
}

/* --- asks --- */

static bool is_ourselves(const struct netmap_self *self, const char *name)
{
	struct ip ip;
	bool address = ip_parse(&ip, name);
	for (size_t i = 0; address && i < self->n_addresses; i++) {
		if (ip_equal(&self->address[i], &ip))
			return true;
	}
	return self->name[0] && strcasecmp(self->name, name) == 0;
}

static struct waiting *free_place(struct pings *p)
{
	for (size_t i = 0; i < PINGS_MAX; i++) {
		if (!p->v[i].ask)
			return &p->v[i];
	}
	return NULL;
}

/* The peer of this name. PEER_NONE: it cannot be pinged; why. */
static peer_id meant(struct pings *p, const char *name, char *why, size_t cap)
{
	const struct netmap *c = driver_netmap(p->driver);
	struct node *n = driver_node(p->driver);
	const struct netmap_peer *peer = netmap_peer_named(c, name);
	if (!n)
		snprintf(why, cap, "Warren is down. Bring it up with: warren up");
	else if (is_ourselves(&c->self, name))
		snprintf(why, cap, "%.64s is this node itself", name);
	else if (!peer)
		snprintf(why, cap,
			 "no peer is called or has the address \"%.64s\"; `warren status` lists "
			 "them",
			 name);
	else if (peer->plain)
		snprintf(why, cap,
			 "%.64s has no Relay in the configuration, so it speaks WireGuard only and "
			 "knows no "
			 "such "
			 "ping; try: ping %.64s",
			 name, name);
	else
		return reach_peer_find(node_reach(n), &peer->key);
	return PEER_NONE;
}

void pings_ask(struct pings *p, void *ask, const char *peer, mono_ns limit)
{
	char why[256] = "the node does not know this peer";
	mono_ns now = loop_now(p->loop);
	peer_id id = meant(p, peer, why, sizeof(why));
	struct waiting *w = free_place(p);
	if (id == PEER_NONE || !w) {
		refuse(p, ask, w ? why : "too many pings at a time");
		return;
	}
	*w = (struct waiting){.ask = ask, .peer = id, .began = now, .until = now + limit};
	if (!node_ping(driver_node(p->driver), id, now)) {
		*w = (struct waiting){0};
		refuse(p, ask, "it speaks WireGuard only");
		return;
	}
	driver_settle(p->driver);
	set_timer(p);
}

void pings_forget(struct pings *p, const char *why)
{
	for (size_t i = 0; i < PINGS_MAX; i++) {
		void *ask = p->v[i].ask;
		p->v[i] = (struct waiting){0};
		if (ask)
			refuse(p, ask, why);
	}
	set_timer(p);
}

struct pings *pings_new(struct loop *l, struct driver *d, pings_answer *answer_fn)
{
	struct pings *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	*p = (struct pings){.loop = l, .driver = d, .answer = answer_fn};
	p->timer = loop_timer_new(l, (struct loop_call){on_timer, p});
	if (!p->timer) {
		free(p);
		return NULL;
	}
	driver_on_path(d, on_path, p);
	return p;
}

void pings_free(struct pings *p)
{
	if (!p)
		return;
	driver_on_path(p->driver, NULL, NULL);
	loop_timer_free(p->timer);
	free(p);
}
