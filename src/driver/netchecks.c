#include "driver/netchecks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/relay_streams.h"
#include "io/http_get.h"
#include "report/netcheck.h"

#define PORTAL_LIMIT (3 * SECOND)
#define AGAIN_AFTER  (300 * SECOND)

enum { GETS_MAX = RELAYS_MAX + NETCHECKS_PORTALS_MAX };

/* A request to a relay that is under way. */
struct get {
	struct netchecks *owner;
	struct http_get *http; /* NULL: this place is free */
	uint16_t region;
	bool portal;
	char expected[NETMAP_HOST_MAX + 32]; /* a relay's answer to our challenge */
};

struct netchecks {
	struct loop *loop;
	struct driver *driver;
	netchecks_answer *answer;
	struct dialer *dialer; /* NULL until it is needed; it outlives the streams of a node */
	struct loop_timer *again;
	struct {
		void *ask; /* NULL: this place is free */
		bool full;
	} waiting[NETCHECKS_MAX];
	struct get gets[GETS_MAX];
};

/* --- asks --- */

static void refuse(struct netchecks *c, void *ask, const char *why)
{
	c->answer(ask, NULL, why);
}

/* Begins the report that the asks want. While one is being made, they wait for its end. */
static void begin(struct netchecks *c)
{
	bool any = false, full = false;
	for (size_t i = 0; i < NETCHECKS_MAX; i++) {
		any |= c->waiting[i].ask != NULL;
		full |= c->waiting[i].ask && c->waiting[i].full;
	}
	if (!any || !driver_node(c->driver))
		return;
	reach_netcheck(node_reach(driver_node(c->driver)), full, loop_now(c->loop));
	driver_settle(c->driver);
}

void netchecks_ask(struct netchecks *c, void *ask, bool full)
{
	size_t i = 0;
	if (!driver_node(c->driver)) {
		refuse(c, ask,
		       "the network is down, so there is nothing to check from; try: warren up");
		return;
	}
	while (i < NETCHECKS_MAX && c->waiting[i].ask)
		i++;
	if (i == NETCHECKS_MAX) {
		refuse(c, ask, "too many ask for a netcheck at a time; try again");
		return;
	}
	c->waiting[i].ask = ask;
	c->waiting[i].full = full;
	begin(c);
}

/* --- requests to relays --- */

static void stop_gets(struct netchecks *c)
{
	for (size_t i = 0; i < GETS_MAX; i++) {
		http_get_stop(c->gets[i].http);
		c->gets[i].http = NULL;
	}
}

static bool any_timed(const struct netchecks *c)
{
	for (size_t i = 0; i < GETS_MAX; i++)
		if (c->gets[i].http && !c->gets[i].portal)
			return true;
	return false;
}

static void on_portal(struct node *n, const struct get *g, const struct http_get_answer *a)
{
	bool ours = http_get_header_is(a->head, "X-Tailscale-Response", g->expected);
	if (a->status != 0) /* silence proves nothing */
		reach_netcheck_captive(node_reach(n), a->status != 204 || !ours);
}

static void on_answer(void *self, const struct http_get_answer *a)
{
	struct get *g = self;
	struct netchecks *c = g->owner;
	struct node *n = driver_node(c->driver);
	struct http_get *http = g->http;
	g->http = NULL;
	if (n && g->portal)
		on_portal(n, g, a);
	else if (n && a->status >= 200 && a->status <= 299)
		reach_netcheck_https(node_reach(n), g->region, a->took);
	if (n && !g->portal && !any_timed(c)) {
		reach_netcheck_https_done(node_reach(n), loop_now(c->loop));
		driver_settle(c->driver);
	}
	http_get_stop(http);
}

/* Where the node goes through a NAT64, so do our requests. */
static bool ready_dialer(struct netchecks *c)
{
	if (!c->dialer)
		c->dialer = dialer_new(c->loop);
	if (c->dialer)
		dialer_set_nat64(c->dialer, reach_nat64(node_reach(driver_node(c->driver))));
	return c->dialer != NULL;
}

/* NULL: all are in use, or there is no memory. */
static struct get *free_get(struct netchecks *c)
{
	if (!ready_dialer(c))
		return NULL;
	for (size_t i = 0; i < GETS_MAX; i++)
		if (!c->gets[i].http)
			return &c->gets[i];
	return NULL;
}

static void time_relay(struct netchecks *c, const struct netmap_relay *r)
{
	struct get *g = free_get(c);
	struct http_get_config cfg = {
		.path = "/derp/latency-check", .headers = "", .done = on_answer, .self = g};
	if (!g)
		return;
	relay_streams_stream_config(r, &cfg.stream);
	*g = (struct get){.owner = c, .region = r->region};
	g->http = http_get_start(c->loop, c->dialer, &cfg);
}

static void look_for_portal(struct netchecks *c, const struct netmap_relay *r)
{
	struct get *g = free_get(c);
	char headers[NETMAP_HOST_MAX + 64];
	uint16_t port = r->plain ? r->port : r->http_port;
	struct http_get_config cfg = {.stream = {.host = r->host,
						 .port = port,
						 .trust = STREAM_PLAIN,
						 .known4 = r->ip4,
						 .known6 = r->ip6,
						 .proxy = "",
						 .limit = PORTAL_LIMIT},
				      .path = "/generate_204",
				      .headers = headers,
				      .done = on_answer,
				      .self = g};
	if (!g)
		return;
	snprintf(headers, sizeof(headers), "X-Tailscale-Challenge: ts_%s\r\n", r->host);
	*g = (struct get){.owner = c, .region = r->region, .portal = true};
	snprintf(g->expected, sizeof(g->expected), "response ts_%s", r->host);
	g->http = http_get_start(c->loop, c->dialer, &cfg);
}

static void look_for_portals(struct netchecks *c)
{
	const struct netmap *map = driver_netmap(c->driver);
	size_t asked = 0;
	for (size_t i = 0; i < map->n_relays && asked < NETCHECKS_PORTALS_MAX; i++) {
		const struct netmap_relay *r = &map->relays[i];
		if (!r->plain && r->http_port == 0)
			continue;
		look_for_portal(c, r);
		asked++;
	}
}

static void time_relays(struct netchecks *c)
{
	const struct netmap *map = driver_netmap(c->driver);
	for (size_t i = 0; i < map->n_relays && i < RELAYS_MAX; i++)
		time_relay(c, &map->relays[i]);
	if (any_timed(c))
		return;
	reach_netcheck_https_done(node_reach(driver_node(c->driver)), loop_now(c->loop));
	driver_settle(c->driver);
}

/* --- reports --- */

static void answer_all(struct netchecks *c, const struct netcheck_source *report)
{
	for (size_t i = 0; i < NETCHECKS_MAX; i++) {
		void *ask = c->waiting[i].ask;
		if (!ask || (c->waiting[i].full && !report->report->full))
			continue;
		c->waiting[i].ask = NULL;
		c->answer(ask, report, NULL);
	}
}

static void on_done(struct netchecks *c)
{
	mono_ns now = loop_now(c->loop);
	const struct reach *r = node_reach_of(driver_node(c->driver));
	struct portmap_status portmap;
	reach_portmap(r, now, &portmap);
	stop_gets(c);
	loop_timer_set(c->again, now + AGAIN_AFTER);
	answer_all(c, &(struct netcheck_source){.map = driver_netmap(c->driver),
						.report = reach_netcheck_report(r),
						.portmap = &portmap,
						.lifetime4 = reach_lifetime(r, 4),
						.lifetime6 = reach_lifetime(r, 6),
						.now = now});
	begin(c);
}

static void on_event(void *self, enum netcheck_event ev)
{
	struct netchecks *c = self;
	switch (ev) {
	case NETCHECK_NOTHING:
		break;
	case NETCHECK_CAPTIVE:
		look_for_portals(c);
		break;
	case NETCHECK_HTTPS:
		if (c->dialer)
			dialer_network_changed(c->dialer);
		time_relays(c);
		break;
	case NETCHECK_DONE:
		on_done(c);
		break;
	}
}

static bool any_traffic(struct netchecks *c)
{
	struct node *n = driver_node(c->driver);
	const struct netmap *map = driver_netmap(c->driver);
	for (size_t i = 0; n && i < map->n_peers; i++) {
		struct node_peer_status st;
		peer_id id = reach_peer_find(node_reach(n), &map->peers[i].key);
		if (id != PEER_NONE && node_peer_status(n, id, loop_now(c->loop), &st) &&
		    st.path.active)
			return true;
	}
	return false;
}

static void on_again(void *self)
{
	struct netchecks *c = self;
	loop_timer_set(c->again, loop_now(c->loop) + AGAIN_AFTER);
	if (!any_traffic(c))
		return;
	reach_netcheck(node_reach(driver_node(c->driver)), false, loop_now(c->loop));
	driver_settle(c->driver);
}

/* --- its life --- */

void netchecks_forget(struct netchecks *c, const char *why)
{
	stop_gets(c);
	for (size_t i = 0; i < NETCHECKS_MAX; i++) {
		void *ask = c->waiting[i].ask;
		c->waiting[i].ask = NULL;
		if (ask)
			refuse(c, ask, why);
	}
}

struct netchecks *netchecks_new(struct loop *l, struct driver *d, netchecks_answer *fn)
{
	struct netchecks *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	*c = (struct netchecks){.loop = l, .driver = d, .answer = fn};
	c->again = loop_timer_new(l, (struct loop_call){on_again, c});
	if (!c->again) {
		free(c);
		return NULL;
	}
	loop_timer_set(c->again, loop_now(l) + AGAIN_AFTER);
	driver_on_netcheck(d, on_event, c);
	return c;
}

void netchecks_free(struct netchecks *c)
{
	if (!c)
		return;
	driver_on_netcheck(c->driver, NULL, NULL);
	stop_gets(c);
	if (c->dialer)
		dialer_free(c->dialer);
	loop_timer_free(c->again);
	free(c);
}
