/* Asks the daemon, or, with relays named, a driver of our own: both give the same JSON. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "app/warren/cli.h"
#include "app/warren/netcheck_local.h"
#include "app/warren/print.h"
#include "config/load.h"
#include "config/value.h"
#include "netcheck/binding_life.h"

#define LIMIT (15 * SECOND) /* two reports, one after the other */

enum { WATCH_S = 5, WATCH_MAX_S = 3600, LONGEST_S = 180, LONGEST_MIN_S = 5 };
enum { LONGEST_MAX_S = (int)(BINDING_LIFE_LONGEST / SECOND), SAY_EVERY_S = 10 };

struct asker {
	struct cli *c;
	struct netcheck_local *own; /* NULL: ask the daemon */
	uint32_t watch_s, longest_s;
	const char *file;
};

/* NULL: there was none, and that has been said, or we were stopped. */
static json_t *checked(const struct asker *a, json_t *answer)
{
	const char *error = answer ? cli_error(answer) : NULL;
	if (!error)
		return answer;
	(void)cli_failed(a->c, "%s", error);
	json_decref(answer);
	return NULL;
}

static json_t *netcheck(const struct asker *a, bool full)
{
	if (a->own)
		return checked(a, netcheck_local_netcheck(a->own, full));
	json_t *r = cli_ask(a->c, json_pack("{s:s, s:b}", "verb", "netcheck", "full", full), LIMIT);
	if (!r && !a->c->json)
		fputs("warren: without it: warren netcheck RELAY, or: warren netcheck --config "
		      "FILE\n",
		      a->c->err);
	return checked(a, r);
}

static json_t *lifetime(const struct asker *a, uint32_t longest_s)
{
	if (a->own)
		return checked(a, netcheck_local_lifetime(a->own, longest_s));
	return checked(
		a, cli_ask(a->c,
			   json_pack("{s:s, s:i}", "verb", "lifetime", "longest_s", (int)longest_s),
			   LIMIT));
}

static bool rest(const struct asker *a, uint32_t seconds)
{
	if (a->own)
		return netcheck_local_wait(a->own, seconds * SECOND);
	return nanosleep(&(struct timespec){.tv_sec = (time_t)seconds}, NULL) == 0;
}

/* --- reports --- */

static bool report(const struct asker *a, bool full)
{
	json_t *r = netcheck(a, full);
	if (r && a->c->json)
		cli_json(a->c, r);
	else if (r)
		netcheck_print(a->c->out, r);
	fflush(a->c->out);
	json_decref(r);
	return r != NULL && !ferror(a->c->out);
}

/* On a terminal one line that changes; else a line now and then. */
static void say_so_far(const struct asker *a, const json_t *l, uint32_t second)
{
	bool terminal = isatty(fileno(a->c->err)) == 1;
	if (a->c->json || (!terminal && second % SAY_EVERY_S != 0))
		return;
	fputs(terminal ? "\r" : "", a->c->err);
	lifetime_print_so_far(a->c->err, l);
	fputs(terminal ? "   " : "\n", a->c->err);
	fflush(a->c->err);
}

static void clear_line(const struct asker *a)
{
	if (!a->c->json && isatty(fileno(a->c->err)) == 1)
		fprintf(a->c->err, "\r%*s\r", 79, "");
}

static bool measure(const struct asker *a)
{
	json_t *l = lifetime(a, a->longest_s);
	for (uint32_t second = 0; l && lifetime_runs(l); second++) {
		say_so_far(a, l, second);
		json_decref(l);
		l = rest(a, 1) ? lifetime(a, 0) : NULL;
	}
	clear_line(a);
	if (l && !a->c->json)
		lifetime_print(a->c->out, l);
	fflush(a->c->out);
	json_decref(l);
	return l != NULL;
}

static void say_unresolved(const struct asker *a)
{
	const char *name, *why;
	size_t i = 0;
	while (a->own && !a->c->json && (name = netcheck_local_unresolved(a->own, &i, &why)))
		fprintf(a->c->err, "warren: relay %s: %s\n", name, why);
}

/* What is measured stands in the report: for programs it comes afterwards, and once. */
static bool run(const struct asker *a)
{
	if (a->longest_s && a->c->json && !measure(a))
		return false;
	if (!report(a, true))
		return false;
	say_unresolved(a);
	if (a->longest_s && !a->c->json && !measure(a))
		return false;
	while (a->watch_s)
		if (!rest(a, a->watch_s) || !report(a, false))
			return false;
	return true;
}

/* --- words --- */

static struct netcheck_local *look_ourselves(struct cli *c, const char *file, char *const *words,
					     size_t n)
{
	char bad[CONFIG_WHY_MAX], why[FAILURE_MAX];
	struct config *cfg = NULL;
	if (!crypto_init())
		snprintf(bad, sizeof(bad), "libsodium cannot work on this machine");
	else
		cfg = file ? config_load_relays(file, bad) : netcheck_local_config(words, n, bad);
	if (!cfg) {
		(void)cli_failed(c, "%s", bad);
		return NULL;
	}
	if (cfg->map.n_relays == 0) {
		(void)cli_failed(c, "%s: found no [Relay], expected one at least, to be seen by",
				 file);
		config_free(cfg);
		return NULL;
	}
	struct netcheck_local *o = netcheck_local_open(cfg, why);
	if (!o)
		(void)cli_failed(c, "%s", why);
	return o;
}

static int read_options(struct asker *a, int argc, char **argv)
{
	static const struct option longs[] = {{"watch", optional_argument, NULL, 'w'},
					      {"lifetime", optional_argument, NULL, 'l'},
					      {"config", required_argument, NULL, 'c'},
					      CLI_OPTIONS};
	for (int o; (o = cli_option(a->c, argc, argv, "c:", longs));) {
		if (o < 0)
			return cli_stopped(a->c);
		if (o == 'c') {
			a->file = optarg;
			continue;
		}
		uint32_t *s = o == 'w' ? &a->watch_s : &a->longest_s;
		uint32_t least = o == 'w' ? 1 : LONGEST_MIN_S,
			 most = o == 'w' ? WATCH_MAX_S : LONGEST_MAX_S;
		*s = o == 'w' ? WATCH_S : LONGEST_S;
		if (optarg && !value_number(s, least, most, optarg))
			return cli_misused(a->c,
					   "--%s: found \"%s\", expected seconds from %u to %u",
					   o == 'w' ? "watch" : "lifetime", optarg, least, most);
	}
	if (a->file && optind < argc)
		return cli_misused(a->c, "found \"%s\" beside --config, expected one of them",
				   argv[optind]);
	return -1;
}

int cli_netcheck(struct cli *c, int argc, char **argv)
{
	struct asker a = {.c = c};
	int status = read_options(&a, argc, argv);
	if (status >= 0)
		return status;
	if (a.file || optind < argc) {
		a.own = look_ourselves(c, a.file, argv + optind, (size_t)(argc - optind));
		if (!a.own)
			return CLI_FAILED;
	}
	bool ok = run(&a);
	netcheck_local_close(a.own);
	return ok ? CLI_OK : CLI_FAILED;
}
