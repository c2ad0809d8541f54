#include "localapi/localapi.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/netchecks.h"
#include "io/clock.h"
#include "io/unix_socket.h"
#include "localapi/counters.h"
#include "localapi/pings.h"
#include "report/netcheck.h"
#include "report/status.h"
#include "report/why.h"

enum { PING_MS = 5000, PING_MS_MAX = 60000 };

struct localapi {
	struct loop *loop;
	struct log *log;
	struct driver *driver;
	struct unix_server *server;
	struct pings *pings;
	struct netchecks *netchecks;
};

static void answer(void *ask, const json_t *answer)
{
	static const char broken[] = "{\"error\": \"out of memory\"}";
	static const char large[] = "{\"error\": \"the answer is larger than this socket carries; "
				    "for less, ask: warren "
				    "status --peers=false, or warren why PEER\"}";
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	const char *out = !text ? broken : strlen(text) > UNIX_ANSWER_MAX ? large : text;
	unix_answer(ask, (struct bytes){(const uint8_t *)out, strlen(out)});
	free(text);
}

static void answer_new(struct unix_ask *ask, json_t *consumed)
{
	answer(ask, consumed);
	json_decref(consumed);
}

static void refuse(struct unix_ask *ask, const char *why)
{
	answer_new(ask, json_pack("{s:s}", "error", why));
}

static void answer_netcheck(void *ask, const struct netcheck_source *report, const char *why)
{
	if (report)
		answer_new(ask, netcheck_json(report));
	else
		refuse(ask, why);
}

/* --- verbs --- */

static void find_proxies(const struct driver *d, const char *out[static RELAYS_MAX])
{
	const struct netmap *map = driver_netmap(d);
	for (size_t i = 0; i < map->n_relays && i < RELAYS_MAX; i++)
		out[i] = driver_relay_proxy(d, map->relays[i].region);
}

static void verb_status(struct localapi *c, struct unix_ask *ask, const json_t *request)
{
	const struct tun_stats *tun = driver_tun_stats(c->driver);
	const struct udp *udp = driver_udp(c->driver);
	const char *proxies[RELAYS_MAX];
	struct status_counter of_udp[COUNTERS_UDP], of_tun[COUNTERS_TUN];
	find_proxies(c->driver, proxies);
	if (udp)
		counters_udp(udp_stats(udp), of_udp);
	if (tun)
		counters_tun(tun, of_tun);
	const struct status_source s = {.map = driver_netmap(c->driver),
					.settings = driver_settings(c->driver),
					.node = driver_node(c->driver),
					.proxies = proxies,
					.interface = driver_inside_name(c->driver),
					.port = udp ? udp_port(udp) : 0,
					.no_peers =
						json_is_false(json_object_get(request, "peers")),
					.udp = udp ? of_udp : NULL,
					.tun = tun ? of_tun : NULL,
					.n_udp = COUNTERS_UDP,
					.n_tun = COUNTERS_TUN,
					.now = loop_now(c->loop)};
	answer_new(ask, status_json(&s));
}

static void set_up(struct localapi *c, struct unix_ask *ask, bool up)
{
	char why[FAILURE_MAX];
	bool changed = driver_is_up(c->driver) != up;
	if (!driver_set_up(c->driver, up, why)) {
		log_say(c->log, LOG_AT_ERROR, "%s", why);
		refuse(ask, why);
		return;
	}
	if (changed) {
		log_say(c->log, LOG_AT_NOTICE, "%s, as `warren` asked", up ? "up" : "down");
		pings_forget(c->pings, "Warren went down");
		netchecks_forget(c->netchecks, "Warren went down");
	}
	answer_new(ask, json_pack("{s:b, s:b}", "up", up, "changed", changed));
}

static void verb_up(struct localapi *c, struct unix_ask *ask, const json_t *request)
{
	set_up(c, ask, true);
}

static void verb_down(struct localapi *c, struct unix_ask *ask, const json_t *request)
{
	set_up(c, ask, false);
}

static void verb_ping(struct localapi *c, struct unix_ask *ask, const json_t *request)
{
	const char *peer = json_string_value(json_object_get(request, "peer"));
	const json_t *timeout = json_object_get(request, "timeout_ms");
	json_int_t ms = timeout ? json_integer_value(timeout) : PING_MS;
	if (!peer || ms < 1 || ms > PING_MS_MAX) {
		refuse(ask, "a ping needs a peer, and a timeout_ms from 1 to 60000");
		return;
	}
	pings_ask(c->pings, ask, peer, (mono_ns)ms * MSEC);
}

static void verb_why(struct localapi *c, struct unix_ask *ask, const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "peer"));
	struct node *n = driver_node(c->driver);
	const struct netmap_peer *peer =
		name ? netmap_peer_named(driver_netmap(c->driver), name) : NULL;
	const char *proxies[RELAYS_MAX];
	find_proxies(c->driver, proxies);
	const struct why_source s = {.map = driver_netmap(c->driver),
				     .settings = driver_settings(c->driver),
				     .node = n,
				     .proxies = proxies,
				     .peer = peer,
				     .port = n ? udp_port(driver_udp(c->driver)) : 0,
				     .now = loop_now(c->loop),
				     .wall_offset_ns = clock_wall_offset_ns()};
	if (!n)
		refuse(ask, "Warren is down. Bring it up with: warren up");
	else if (!peer)
		refuse(ask, "no peer is called so or has that address; `warren status` lists them");
	else
		answer_new(ask, why_json(&s));
}

static void verb_netcheck(struct localapi *c, struct unix_ask *ask, const json_t *request)
{
	netchecks_ask(c->netchecks, ask, !json_is_false(json_object_get(request, "full")));
}

static void verb_lifetime(struct localapi *c, struct unix_ask *ask, const json_t *request)
{
	const json_t *longest = json_object_get(request, "longest_s");
	json_int_t s = json_integer_value(longest);
	struct node *n = driver_node(c->driver);
	mono_ns now = loop_now(c->loop);
	if (!n) {
		refuse(ask,
		       "the network is down, so there is nothing to measure from; try: warren up");
		return;
	}
	if ((longest && !json_is_integer(longest)) || s < 0 ||
	    (mono_ns)s > BINDING_LIFE_LONGEST / SECOND) {
		refuse(ask, "a lifetime needs a longest_s from 0 to 600");
		return;
	}
	if (s > 0) {
		reach_lifetime_begin(node_reach(n), (mono_ns)s * SECOND, now);
		driver_settle(c->driver);
	}
	answer_new(ask, netcheck_lifetime_json(reach_lifetime(node_reach(n), 4),
					       reach_lifetime(node_reach(n), 6), now));
}

static const struct {
	const char *name;
	void (*run)(struct localapi *c, struct unix_ask *ask, const json_t *request);
} verbs[] = {{"status", verb_status},     {"up", verb_up},
	     {"down", verb_down},         {"ping", verb_ping},
	     {"why", verb_why},

	     {"netcheck", verb_netcheck}, {"lifetime", verb_lifetime}};

/* --- requests --- */

static void run(struct localapi *c, struct unix_ask *ask, const json_t *request)
{
	const char *verb = json_string_value(json_object_get(request, "verb"));
	for (size_t i = 0; verb && i < ARRAY_LEN(verbs); i++) {
		if (strcmp(verbs[i].name, verb) == 0) {
			verbs[i].run(c, ask, request);
			return;
		}
	}
	refuse(ask, verb ? "this warrend does not know that verb: is it older than this warren?"
			 : "expected a JSON object with a \"verb\"");
}

static void asked(void *self, struct unix_ask *ask, const char *text, const struct unix_peer *peer)
{
	struct localapi *c = self;
	if (peer->uid != 0 && peer->uid != geteuid()) {
		refuse(ask, "only root and the user of warrend may ask it; try: sudo warren ...");
		return;
	}
	json_t *request = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	run(c, ask, request);
	json_decref(request);
}

void localapi_reloaded(struct localapi *c)
{
	static const char why[] = "the configuration was loaded again; ask once more";
	pings_forget(c->pings, why);
	netchecks_forget(c->netchecks, why);
}

struct localapi *localapi_open(const struct localapi_config *cfg, char why[static FAILURE_MAX])
{
	struct localapi *c = calloc(1, sizeof(*c));
	if (!c) {
		failure_say(why, "out of memory");
		return NULL;
	}
	*c = (struct localapi){.loop = cfg->loop, .log = cfg->log, .driver = cfg->driver};
	const struct unix_server_config server = {
		.path = cfg->path, .mode = 0600, .asked = asked, .self = c};
	c->pings = pings_new(cfg->loop, cfg->driver, answer);
	c->netchecks = netchecks_new(cfg->loop, cfg->driver, answer_netcheck);
	if (!c->pings || !c->netchecks)
		failure_say(why, "out of memory");
	else
		c->server = unix_server_open(cfg->loop, &server, why);
	if (c->server)
		return c;
	localapi_close(c);
	return NULL;
}

void localapi_close(struct localapi *c)
{
	if (!c)
		return;
	unix_server_close(c->server);
	pings_free(c->pings);
	netchecks_free(c->netchecks);
	free(c);
}
