#include "app/warren/netcheck_local.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/value.h"
#include "driver/driver.h"
#include "driver/netchecks.h"
#include "driver/resolver.h"
#include "io/random.h"
#include "report/netcheck.h"

#define SETTLE_LIMIT (4 * SECOND) /* for names, and for the NAT64 prefix */
#define GATEWAY_LIMIT \
	(3 * SECOND) /* until a gateway has said what it speaks, if it speaks at all */
#define REPORT_LIMIT (15 * SECOND)

enum { HTTPS_PORT = 443, HTTP_PORT = 80, LAST_TURNS = 3 /* DNS lets go of its things in them */ };

struct netcheck_local {
	struct config *cfg;
	struct log log;
	struct loop *loop;
	struct driver *driver;
	struct netchecks *checks;
	struct upnp *upnp;
	struct loop_signal *on_int, *on_term;
	mono_ns opened;
	bool stopped;
};

/* --- relays from words --- */

/* The port behind the last colon, which is cut off; without one the usual port. */
static bool cut_port(char *word, uint16_t *port)
{
	char *colon = strrchr(word, ':');
	uint32_t n;
	*port = STUN_PORT;
	if (!colon || (strchr(word, ':') != colon && colon[-1] != ']'))
		return true;
	if (!value_number(&n, 1, UINT16_MAX, colon + 1))
		return false;
	*colon = '\0';
	*port = (uint16_t)n;
	return true;
}

static bool relay_of_word(struct netmap_relay *r, const char *word, uint16_t region)
{
	char host[NETMAP_HOST_MAX + 8];
	struct ip ip;
	*r = (struct netmap_relay){.region = region, .port = HTTPS_PORT, .http_port = HTTP_PORT};
	if (snprintf(host, sizeof(host), "%s", word) >= (int)sizeof(host) ||
	    !cut_port(host, &r->stun_port) || !value_host(r->host, sizeof(r->host), host))
		return false;
	snprintf(r->name, sizeof(r->name), "%.*s", NETMAP_NAME_MAX - 1, word);
	if (ip_parse(&ip, r->host))
		*(ip.family == 4 ? &r->ip4 : &r->ip6) = ip;
	return true;
}

struct config *netcheck_local_config(char *const *words, size_t n, char why[static CONFIG_WHY_MAX])
{
	struct config *c = config_parse_relays("", (struct bytes){0}, why);
	if (c)
		c->map.relays = calloc(n ? n : 1, sizeof(*c->map.relays));
	if (!c || !c->map.relays) {
		snprintf(why, CONFIG_WHY_MAX, "out of memory");
		config_free(c);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		if (i < RELAYS_MAX &&
		    relay_of_word(&c->map.relays[i], words[i], (uint16_t)(i + 1))) {
			c->map.n_relays++;
			continue;
		}
		snprintf(why, CONFIG_WHY_MAX, "found \"%.60s\", expected %s", words[i],
			 i < RELAYS_MAX ? "a relay: its host name or address, with :PORT if its "
					  "STUN server "
					  "has another port than 3478"
					: "no more than 64 relays");
		config_free(c);
		return NULL;
	}
	return c;
}

/* --- waiting --- */

static void on_signal(void *self)
{
	struct netcheck_local *o = self;
	o->stopped = true;
}

/* Until the condition holds, time is up, or somebody wants us to stop. */
static bool wait_until(struct netcheck_local *o,
		       bool (*holds)(const struct netcheck_local *o, const void *of),
		       const void *of, mono_ns until)
{
	while (!o->stopped && !(holds && holds(o, of)) && loop_now(o->loop) < until)
		loop_turn(o->loop, mono_min(until - loop_now(o->loop), 100 * MSEC));
	return !o->stopped;
}

bool netcheck_local_wait(struct netcheck_local *o, mono_ns time)
{
	return wait_until(o, NULL, NULL, loop_now(o->loop) + time);
}

static bool is_settled(const struct netcheck_local *o, const void *of)
{
	return resolver_settled(driver_resolver(o->driver));
}

/* --- questions --- */

struct waiting {
	json_t *answer;
};

static void on_answer(void *ask, const struct netcheck_source *report, const char *why)
{
	struct waiting *w = ask;
	w->answer = report ? netcheck_json(report) : json_pack("{s:s}", "error", why);
}

static bool is_answered(const struct netcheck_local *o, const void *of)
{
	const struct waiting *w = of;
	return w->answer != NULL;
}

json_t *netcheck_local_netcheck(struct netcheck_local *o, bool full)
{
	struct waiting w = {0};
	if (full && o->cfg->settings.port_mapping &&
	    !wait_until(o, NULL, NULL, o->opened + GATEWAY_LIMIT))
		return NULL;
	netchecks_ask(o->checks, &w, full);
	(void)wait_until(o, is_answered, &w, loop_now(o->loop) + REPORT_LIMIT);
	if (!w.answer && o->stopped) {
		netchecks_forget(o->checks, "stopped");
		json_decref(w.answer);
		return NULL;
	}
	if (!w.answer)
		netchecks_forget(o->checks, "no report within 15 seconds");
	return w.answer;
}

json_t *netcheck_local_lifetime(struct netcheck_local *o, uint32_t longest_s)
{
	struct node *n = driver_node(o->driver);
	if (longest_s) {
		reach_lifetime_begin(node_reach(n), longest_s * SECOND, loop_now(o->loop));
		driver_settle(o->driver);
	}
	return netcheck_lifetime_json(reach_lifetime(node_reach(n), 4),
				      reach_lifetime(node_reach(n), 6), loop_now(o->loop));
}

const char *netcheck_local_unresolved(const struct netcheck_local *o, size_t *i, const char **why)
{
	for (; *i < o->cfg->map.n_relays; (*i)++) {
		const struct netmap_relay *r = &o->cfg->map.relays[*i];
		*why = resolver_failure(driver_resolver(o->driver), r->region);
		if (!(*why)[0])
			continue;
		(*i)++;
		return r->name;
	}
	return NULL;
}

/* --- life --- */

/* Nobody is to take us for the node of that file. */
static void be_nobody(struct config *cfg)
{
	struct rng rng = random_source();
	key_generate(cfg->settings.key.b, &rng);
	cfg->settings.port = 0;
	cfg->settings.n_fixed = 0;
	cfg->settings.hard_nat = cfg->settings.slow_punch = false;
	netmap_forget_peers(&cfg->map);
	cfg->map.self.home = 0; /* so no relay is dialled */
}

static bool open_all(struct netcheck_local *o, char why[static FAILURE_MAX])
{
	char quiet[FAILURE_MAX];
	be_nobody(o->cfg);
	loop_hush_library();
	/* Before anything is opened, because it is a copy of this process. Without it there is no
	 * UPnP. */
	o->upnp = o->cfg->settings.port_mapping ? upnp_start(quiet) : NULL;
	o->loop = loop_new();
	const struct driver_config driver = {.loop = o->loop, .log = &o->log, .upnp = o->upnp};
	if (o->loop)
		o->driver = driver_new(&driver, &o->cfg->settings, &o->cfg->map);
	if (!o->driver)
		return failure_say(why, "out of memory or of file descriptors");
	o->checks = netchecks_new(o->loop, o->driver, on_answer);
	o->on_int = loop_signal_new(o->loop, SIGINT, (struct loop_call){on_signal, o});
	o->on_term = loop_signal_new(o->loop, SIGTERM, (struct loop_call){on_signal, o});
	if (!o->checks || !o->on_int || !o->on_term)
		return failure_say(why, "out of memory");
	return driver_set_up(o->driver, true, why);
}

struct netcheck_local *netcheck_local_open(struct config *cfg, char why[static FAILURE_MAX])
{
	struct netcheck_local *o = calloc(1, sizeof(*o));
	if (!o) {
		(void)failure_say(why, "out of memory");
		config_free(cfg);
		return NULL;
	}
	o->cfg = cfg;
	log_init(&o->log, STDERR_FILENO, LOG_AT_ERROR);
	if (!open_all(o, why)) {
		netcheck_local_close(o);
		return NULL;
	}
	o->opened = loop_now(o->loop);
	(void)wait_until(o, is_settled, NULL, o->opened + SETTLE_LIMIT);
	return o;
}

void netcheck_local_close(struct netcheck_local *o)
{
	if (!o)
		return;
	netchecks_free(o->checks);
	driver_free(o->driver);
	upnp_stop(o->upnp);
	if (o->loop) {
		loop_signal_free(o->on_int);
		loop_signal_free(o->on_term);
		for (int i = 0; i < LAST_TURNS; i++)
			loop_turn(o->loop, 0);
		loop_free(o->loop);
	}
	config_free(o->cfg);
	free(o);
}
