/* main.c - warren-relay: DERP over HTTPS or HTTP, STUN over UDP
 *
 * Reads the options and the state, opens the ports, gives up every right that is not needed any
 * more, and runs the loop.
 */
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/relay/options.h"
#include "io/file.h"
#include "io/notify.h"
#include "io/random.h"
#include "io/sandbox.h"
#include "serve/certificate.h"
#include "serve/listen.h"
#include "serve/relay_report.h"
#include "serve/relay_route.h"
#include "serve/relay_state.h"
#include "serve/stun_listen.h"
#include "serve/web.h"

enum {
	FILES_BESIDE = 64, /* open files that are not streams of clients */
	EXIT_BAD_USE = 2
};
#define COME_BACK_IN (2 * SECOND)
#define KEEP_TRYING  (60 * SECOND)
#define LAST_WORDS   SECOND                   /* from SIGTERM until the streams are closed */
#define RENEW_META   (7 * 24 * 3600 * SECOND) /* it is valid for 30 days; derp.md 2.3 */

struct relay {
	struct relay_options o;
	struct log log;
	struct loop *loop;
	struct notify notify;
	int lock;
	SSL_CTX *tls;
	struct relay_server *server;
	struct relay_route *route;
	struct web *web;
	struct listen *listen;
	struct stun_listen *stun;
	uint16_t port, http_port;
	struct loop_signal *signals[4];
	struct loop_timer *end, *renew;
};

/* --- what it says --- */

static void on_say_counters(void *self)
{
	struct relay *r = self;
	struct relay_counters counters = {.server = relay_server_stats(r->server),
					  .listen = listen_stats(r->listen),
					  .web = web_stats(r->web),
					  .route = relay_route_stats(r->route),
					  .stun = r->stun ? stun_listen_stats(r->stun) : NULL};
	char *text = relay_report_counters(&counters);
	if (text)
		log_say(&r->log, LOG_AT_NOTICE, "counters %s", text);
	free(text);
}

/* What a node's file needs to use this relay. Only a self-signed certificate is pinned. */
static void say_node_lines(const struct relay *r)
{
	uint8_t pin[PIN_LEN];
	char text[PIN_TEXT_MAX];
	struct relay_for_node node = {.host = r->o.host,
				      .port = r->o.no_tls ? r->http_port : r->port,
				      .stun_port = r->o.stun ? r->o.stun_port : 0,
				      .plain = r->o.no_tls};
	if (!r->o.no_tls && !r->o.certfile[0]) {
		if (!certificate_pin(r->tls, pin))
			return;
		node.pin = pin_format(text, pin);
	}
	if (r->o.json)
		relay_report_json(stdout, &node);
	else
		relay_report_section(stdout, &node);
	fflush(stdout);
}

/* --- signals --- */

static SSL_CTX *read_certificate(const struct relay *r, char why[static FAILURE_MAX])
{
	const struct relay_options *o = &r->o;
	struct relay_certificate c = {.chain = o->certfile[0] ? o->certfile : NULL,
				      .key = o->keyfile[0] ? o->keyfile : NULL,
				      .folder = o->self_signed[0] ? o->self_signed : o->state,
				      .host = o->host};
	return relay_state_tls(&c, relay_server_key(r->server), why);
}

/* It is in use all the same: some distributions give it to a group of daemons. */
static void warn_of_open_key(struct relay *r)
{
	const char *path = r->o.keyfile[0] ? r->o.keyfile : r->o.certfile;
	unsigned mode;
	if (path[0] && file_is_open_to_others(path, &mode) && (mode & 07))
		log_say(&r->log, LOG_AT_WARNING,
			"everybody on this machine may use %s, which holds the private key (mode "
			"%04o): chmod o= it",
			path, mode);
}

/* False: why; the one in use, if there is one, stays. */
static bool use_certificate(struct relay *r, char why[static FAILURE_MAX])
{
	loop_timer_set(r->renew, loop_now(r->loop) + RENEW_META);
	SSL_CTX *tls = read_certificate(r, why);
	if (!tls)
		return false;
	SSL_CTX_free(r->tls);
	r->tls = tls;
	listen_set_tls(r->listen, tls);
	return true;
}

/* False: the certificate in use stays. */
static bool reload(struct relay *r)
{
	char why[FAILURE_MAX];
	if (r->o.no_tls)
		return false;
	if (use_certificate(r, why))
		return true;
	log_say(&r->log, LOG_AT_ERROR, "%s; the certificate in use stays", why);
	return false;
}

static void on_renew(void *self)
{
	(void)reload(self);
}

static void on_hangup_signal(void *self)
{
	struct relay *r = self;
	notify_reloading(&r->notify);
	if (reload(r)) {
		log_say(&r->log, LOG_AT_NOTICE, "certificate read again");
		warn_of_open_key(r);
	}
	notify_ready(&r->notify);
}

static void on_end(void *self)
{
	struct relay *r = self;
	loop_stop(r->loop);
}

static void on_terminate(void *self)
{
	struct relay *r = self;
	uint32_t clients = relay_server_stats(r->server)->registered;
	notify_stopping(&r->notify);
	log_say(&r->log, LOG_AT_NOTICE, "ending: %u clients are told to come back", clients);
	listen_stop(r->listen);
	relay_route_drain(r->route, COME_BACK_IN, KEEP_TRYING);
	loop_timer_set(r->end, clients ? loop_now(r->loop) + LAST_WORDS : loop_now(r->loop));
}

static bool watch_signals(struct relay *r)
{
	static const struct {
		int signo;
		void (*fn)(void *self);
	} v[] = {{SIGTERM, on_terminate},
		 {SIGINT, on_terminate},
		 {SIGHUP, on_hangup_signal},
		 {SIGUSR1, on_say_counters}};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		if (!(r->signals[i] =
			      loop_signal_new(r->loop, v[i].signo, (struct loop_call){v[i].fn, r})))
			return false;
	return true;
}

/* --- beginning --- */

/* Raises the limit of open files as far as this process may. Returns how many clients it allows. */
static uint32_t raise_files(uint32_t wanted)
{
	struct rlimit l = {0};
	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)!setrlimit(RLIMIT_NOFILE, &l);
		(void)!getrlimit(RLIMIT_NOFILE, &l);
	}
	uint32_t most = 1000000;
	if (l.rlim_cur < most)
		most = l.rlim_cur > 2 * FILES_BESIDE ? (uint32_t)l.rlim_cur - FILES_BESIDE
						     : FILES_BESIDE;
	return wanted && wanted < most ? wanted : most;
}

/* An office may stand behind one address.  Still, nobody takes all places alone. */
static uint32_t streams_per_host(const struct relay *r, uint32_t clients_max)
{
	if (r->o.streams_per_host != STREAMS_PER_HOST_UNSAID)
		return r->o.streams_per_host;
	uint32_t quarter = clients_max / 4;
	return quarter < 64 ? 64 : quarter > 1000 ? 1000 : quarter;
}

static bool begin_web(struct relay *r, uint32_t clients_max)
{
	r->web = web_new();
	r->route = relay_route_new(&(struct relay_route_config){
		.loop = r->loop, .log = &r->log, .server = r->server, .clients_max = clients_max});
	if (!r->web || !r->route || !relay_route_add(r->route, web_routes(r->web)))
		return false;
	r->listen = listen_new(
		&(struct listen_config){.loop = r->loop,
					.log = &r->log,
					.streams_max = clients_max,
					.host_streams_max = streams_per_host(r, clients_max),
					.accept = web_accept(r->web)});
	return r->listen != NULL;
}

static bool begin_server(struct relay *r, char why[static FAILURE_MAX])
{
	uint32_t clients_max = raise_files(r->o.clients_max);
	struct relay_server_config cfg = {.rng = random_source(), .clients_max = clients_max};
	if (!relay_state_key(r->o.state, &cfg.rng, &cfg.key, why))
		return false;
	r->server = relay_server_new(&cfg, loop_now(r->loop));
	key_wipe(&cfg.key, sizeof(cfg.key));
	return (r->server && begin_web(r, clients_max)) ||
	       failure_say(why, "out of memory for %u clients: lower it with --clients-max",
			   clients_max);
}

static bool begin_tls(struct relay *r, char why[static FAILURE_MAX])
{
	if (r->o.no_tls)
		return true;
	if (!use_certificate(r, why))
		return false;
	warn_of_open_key(r);
	return listen_open(r->listen, &r->o.listen, true, &r->port, why);
}

/* The default second port may be in use by another program: then the relay works without it. */
static bool open_stun(struct relay *r, char why[static FAILURE_MAX])
{
	struct stun_listen_config cfg = {
		.at = {r->o.no_tls ? r->o.http_listen.ip : r->o.listen.ip, r->o.stun_port},
		.second_port = r->o.stun_second_port,
		.second = {r->o.stun_second[0], r->o.stun_second[1]}};
	r->stun = stun_listen_open(r->loop, &cfg, why);
	if (r->stun || r->o.stun_second_given || cfg.second_port == 0)
		return r->stun != NULL;
	char second[FAILURE_MAX];
	(void)failure_say(second, "%s", why);
	cfg.second_port = r->o.stun_second_port = 0;
	r->stun = stun_listen_open(r->loop, &cfg, why);
	if (r->stun)
		log_say(&r->log, LOG_AT_WARNING, "no second STUN port: %s", second);
	return r->stun != NULL;
}

static bool open_ports(struct relay *r, char why[static FAILURE_MAX])
{
	if (r->o.http && !listen_open(r->listen, &r->o.http_listen, false, &r->http_port, why))
		return false;
	return !r->o.stun || open_stun(r, why);
}

static bool begin(struct relay *r, char why[static FAILURE_MAX])
{
	if (!crypto_init())
		return failure_say(why, "the crypto library does not work on this machine");
	if (!r->o.host[0] && gethostname(r->o.host, sizeof(r->o.host) - 1) != 0)
		return failure_say(why, "this machine has no name: give --host");
	r->lock = relay_state_lock(r->o.state, why);
	if (r->lock < 0)
		return false;
	r->loop = loop_new();
	if (!r->loop)
		return failure_say(why, "no event loop: out of memory or of file descriptors");
	r->end = loop_timer_new(r->loop, (struct loop_call){on_end, r});
	r->renew = loop_timer_new(r->loop, (struct loop_call){on_renew, r});
	if (!r->end || !r->renew || !watch_signals(r))
		return failure_say(why, "out of memory");
	return begin_server(r, why) && begin_tls(r, why) && open_ports(r, why);
}

/* A stage that this machine does not allow is logged, and the relay goes on without it. */
static void isolate(struct relay *r)
{
	char why[FAILURE_MAX];
	if (!sandbox_no_dumps(why))
		log_say(&r->log, LOG_AT_WARNING, "%s", why);
	if (!sandbox_no_new_privileges(why))
		log_say(&r->log, LOG_AT_WARNING, "%s", why);
	if (!sandbox_drop_capabilities(0, why))
		log_say(&r->log, LOG_AT_WARNING, "%s", why);
	if (!sandbox_filter_calls(SANDBOX_RELAY, why))
		log_say(&r->log, LOG_AT_WARNING, "%s", why);
}

static void finish(struct relay *r)
{
	listen_free(r->listen);
	relay_route_free(r->route);
	relay_server_free(r->server);
	web_free(r->web);
	stun_listen_close(r->stun);
	SSL_CTX_free(r->tls);
	for (size_t i = 0; i < ARRAY_LEN(r->signals); i++)
		loop_signal_free(r->signals[i]);
	loop_timer_free(r->end);
	loop_timer_free(r->renew);
	loop_free(r->loop);
	notify_fini(&r->notify);
	if (r->lock >= 0)
		close(r->lock);
}

static void say_ports(struct relay *r)
{
	if (!r->o.no_tls)
		log_say(&r->log, LOG_AT_NOTICE, "relay on TCP port %u (HTTPS)", r->port);
	if (r->o.http)
		log_say(&r->log, LOG_AT_NOTICE, "relay on TCP port %u (HTTP)", r->http_port);
	if (r->stun && r->o.stun_second_port)
		log_say(&r->log, LOG_AT_NOTICE, "STUN on UDP ports %u and %u", r->o.stun_port,
			r->o.stun_second_port);
	else if (r->stun)
		log_say(&r->log, LOG_AT_NOTICE, "STUN on UDP port %u", r->o.stun_port);
}

int main(int argc, char **argv)
{
	static struct relay r = {.lock = -1, .notify = {.fd = -1}};
	char why[FAILURE_MAX];
	switch (relay_options_read(&r.o, argc, argv, getenv("STATE_DIRECTORY"), why)) {
	case RELAY_OPTIONS_SHOWN:
		return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
	case RELAY_OPTIONS_BAD:
		fprintf(stderr, "warren-relay: %s\n", why);
		return EXIT_BAD_USE;
	case RELAY_OPTIONS_RUN:
		break;
	}
	log_init(&r.log, STDERR_FILENO, r.o.level);
	notify_init(&r.notify);
	bool ok = begin(&r, why);
	if (ok) {
		say_ports(&r);
		say_node_lines(&r);
		isolate(&r);
		notify_ready(&r.notify);
		loop_run(r.loop);
	} else {
		log_say(&r.log, LOG_AT_ERROR, "%s", why);
	}
	finish(&r);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
