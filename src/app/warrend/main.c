/* warrend - the node daemon: options, configuration, lock, open, isolate, notify, loop */
#include <errno.h>
#include <getopt.h>
#include <linux/capability.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/load.h"
#include "driver/tun_inside.h"
#include "io/file.h"
#include "io/notify.h"
#include "io/sandbox.h"
#include "localapi/localapi.h"

static const char help[] =
	"Usage: warrend --config FILE [options]\n"
	"The Warren node: makes the network interface and keeps a way to every peer.\n"
	"\n"
	"  --config FILE   what to be: see warren.conf(5); default /etc/warren/warren.conf\n"
	"  --socket PATH   where `warren` asks; default /run/warren/warren.sock\n"
	"  --state DIR     where the lock is; default /var/lib/warren\n"
	"  --check         check the configuration, say what it is, and start nothing\n"
	"  --verbose       say more\n"
	"  --version, --help\n"
	"\n"
	"SIGHUP loads the configuration again; SIGTERM and SIGINT stop. warrend(8) says more.\n";

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

struct options {
	const char *config, *socket, *state;
	bool check, verbose;
};

struct daemon {
	struct options opt;
	struct log log;
	struct loop *loop;
	struct config *cfg;
	struct driver *driver;
	struct localapi *localapi;
	struct notify notify;
	struct upnp *upnp;
	struct loop_signal *on_hup, *on_term, *on_int;
	int lock;
};

/* What was printed has arrived, or not: then a script must not take it for good. */
static int written(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return STATUS_OK;
	fputs("warrend: standard output cannot be written\n", stderr);
	return STATUS_FAILED;
}

/* Returns an exit status, or -1: go on. */
static int read_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'}, {"socket", required_argument, NULL, 's'},
		{"state", required_argument, NULL, 'S'},  {"check", no_argument, NULL, 'k'},
		{"verbose", no_argument, NULL, 'v'},      {"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},         {0},
	};
	for (int opt; (opt = getopt_long(argc, argv, "c:s:vVh", longs, NULL)) != -1;) {
		switch (opt) {
		case 'c':
			o->config = optarg;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'S':
			o->state = optarg;
			break;
		case 'k':
			o->check = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'V':
			printf("warrend %s\n", WARREN_VERSION);
			return written();
		case 'h':
			fputs(help, stdout);
			return written();
		default:
			fputs("warrend --help lists the options.\n", stderr);
			return STATUS_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "warrend: found \"%s\", expected options only; warrend --help lists them\n",
		argv[optind]);
	return STATUS_USAGE;
}

static void say_checked(const struct config *c)
{
	char key[KEY_TEXT_MAX], label[NETMAP_NAME_MAX], ip[IP_TEXT_MAX];
	struct node_key self;
	key_public(self.b, c->settings.key.b);
	printf("node   %s  %s\n", ip_format(&c->map.self.address[0], ip),
	       key_format(key, KEY_NODE, self.b));
	for (size_t i = 0; i < c->map.n_relays; i++)
		printf("relay  %s  %s:%u%s\n", c->map.relays[i].name, c->map.relays[i].host,
		       c->map.relays[i].port,
		       c->map.relays[i].region == c->map.self.home ? "  (home)" : "");
	for (size_t i = 0; i < c->map.n_peers; i++) {
		const struct netmap_peer *p = &c->map.peers[i];
		const struct netmap_relay *home = netmap_relay(&c->map, p->home);
		printf("peer   %s  ", netmap_peer_label(p, label));
		if (home)
			printf("by relay %s and directly\n", home->name);
		else
			printf("plain WireGuard%s\n", p->n_hints ? "" : ", has to call us first");
	}
}

/* --- signals --- */

static void on_stop(void *self)
{
	struct daemon *d = self;
	loop_stop(d->loop);
}

static void on_reload(void *self)
{
	struct daemon *d = self;
	char bad[CONFIG_WHY_MAX], why[FAILURE_MAX];
	notify_reloading(&d->notify);
	struct config *cfg = config_load(d->opt.config, bad);
	if (!cfg) {
		log_say(&d->log, LOG_AT_ERROR, "%s; the old configuration stays", bad);
	} else if (!driver_change(d->driver, &cfg->settings, &cfg->map, why)) {
		log_say(&d->log, LOG_AT_ERROR, "%s: %s; the old configuration stays", d->opt.config,
			why);
		config_free(cfg);
	} else {
		config_free(d->cfg);
		d->cfg = cfg;
		log_say(&d->log, LOG_AT_NOTICE, "%s: loaded again, %zu peers", d->opt.config,
			cfg->map.n_peers);
	}
	localapi_reloaded(d->localapi);
	notify_ready(&d->notify);
}

/* --- start --- */

static bool take_lock(struct daemon *d, char why[static FAILURE_MAX])
{
	char path[NETMAP_PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/lock", d->opt.state);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		failure_say(why, "--state: the path is too long");
		return false;
	}
	if (!file_make_folder(d->opt.state, 0700, why))
		return false;
	d->lock = file_lock(path, "the state of warrend", why);
	return d->lock >= 0;
}

/* The folder of the socket; systemd makes it, other starters do not. */
static bool make_socket_folder(const struct daemon *d, char why[static FAILURE_MAX])
{
	char folder[NETMAP_PATH_MAX];
	const char *slash = strrchr(d->opt.socket, '/');
	if (!slash || slash == d->opt.socket)
		return true;
	int n = snprintf(folder, sizeof(folder), "%.*s", (int)(slash - d->opt.socket),
			 d->opt.socket);
	if ((size_t)n >= sizeof(folder))
		return failure_say(why, "--socket: the path is too long");
	return file_make_folder(folder, 0755, why);
}

static bool open_all(struct daemon *d, char why[static FAILURE_MAX])
{
	d->loop = loop_new();
	const struct driver_config driver = {
		.loop = d->loop, .log = &d->log, .upnp = d->upnp, .inside = &tun_inside};
	if (d->loop)
		d->driver = driver_new(&driver, &d->cfg->settings, &d->cfg->map);
	if (!d->driver)
		return failure_say(why, "out of memory or of file descriptors");
	d->on_hup = loop_signal_new(d->loop, SIGHUP, (struct loop_call){on_reload, d});
	d->on_term = loop_signal_new(d->loop, SIGTERM, (struct loop_call){on_stop, d});
	d->on_int = loop_signal_new(d->loop, SIGINT, (struct loop_call){on_stop, d});
	if (!d->on_hup || !d->on_term || !d->on_int)
		return failure_say(why, "out of memory or of file descriptors");
	const struct localapi_config localapi = {
		.loop = d->loop, .log = &d->log, .driver = d->driver, .path = d->opt.socket};
	d->localapi = make_socket_folder(d, why) ? localapi_open(&localapi, why) : NULL;
	return d->localapi && driver_set_up(d->driver, true, why);
}

/* What the kernel refuses is logged, and we go on: an old kernel must not keep a network down. */
static void isolate(struct daemon *d)
{
	char why[FAILURE_MAX];
	if (!sandbox_no_dumps(why))
		log_say(&d->log, LOG_AT_WARNING, "%s", why);
	if (!sandbox_no_new_privileges(why))
		log_say(&d->log, LOG_AT_WARNING, "%s", why);
	if (!sandbox_drop_capabilities(SANDBOX_CAPABILITY(CAP_NET_ADMIN), why))
		log_say(&d->log, LOG_AT_WARNING, "%s", why);
	if (!sandbox_filter_calls(SANDBOX_NODE, why))
		log_say(&d->log, LOG_AT_WARNING, "%s", why);
}

static void close_all(struct daemon *d)
{
	localapi_close(d->localapi);
	driver_free(d->driver);
	upnp_stop(d->upnp);
	if (d->loop) {
		loop_signal_free(d->on_hup);
		loop_signal_free(d->on_term);
		loop_signal_free(d->on_int);
		loop_free(d->loop);
	}
	config_free(d->cfg);
	if (d->lock >= 0)
		close(d->lock);
}

static int serve(struct daemon *d)
{
	char why[FAILURE_MAX];
	/* First, because it is a copy of this process, and nothing is open yet. Always, because a
	 * new configuration may want UPnP when the sandbox lets us make no process any more. It
	 * costs little as long as nobody asks it. */
	d->upnp = upnp_start(why);
	if (!d->upnp)
		log_say(&d->log, LOG_AT_WARNING, "%s", why);
	notify_init(&d->notify);
	if (!take_lock(d, why) || !open_all(d, why)) {
		log_say(&d->log, LOG_AT_ERROR, "%s", why);
		close_all(d);
		notify_fini(&d->notify);
		return STATUS_FAILED;
	}
	isolate(d);
	log_say(&d->log, LOG_AT_NOTICE, "warrend %s: up on %s, UDP port %u, %zu peers",
		WARREN_VERSION, driver_inside_name(d->driver), udp_port(driver_udp(d->driver)),
		driver_netmap(d->driver)->n_peers);
	notify_ready(&d->notify);
	loop_run(d->loop);
	log_say(&d->log, LOG_AT_NOTICE, "stopping");
	notify_stopping(&d->notify);
	close_all(d);
	notify_fini(&d->notify);
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	static struct daemon d = {.lock = -1,
				  .opt = {.config = "/etc/warren/warren.conf",
					  .socket = "/run/warren/warren.sock",
					  .state = "/var/lib/warren"}};
	char why[CONFIG_WHY_MAX] = "libsodium cannot work on this machine";
	int status = read_options(&d.opt, argc, argv);
	if (status >= 0)
		return status;
	/* Every large table gets a mapping of its own, where rows that are not used cost nothing.
	 * Without this, glibc raises the threshold after the first large free. */
	mallopt(M_MMAP_THRESHOLD, 64 << 10);
	log_init(&d.log, STDERR_FILENO, d.opt.verbose ? LOG_AT_DEBUG : LOG_AT_INFO);
	d.cfg = crypto_init() ? config_load(d.opt.config, why) : NULL;
	if (!d.cfg) {
		fprintf(stderr, "warrend: %s\n", why);
		return STATUS_FAILED;
	}
	if (!d.opt.check)
		return serve(&d);
	say_checked(d.cfg);
	config_free(d.cfg);
	return written();
}
