#include <stdlib.h>
#include <time.h>

#include "app/cli.h"
#include "app/config_value.h"
#include "app/netcheck_json.h"

#define LIMIT (15 * SECOND) /* two reports, one after the other */

enum { WATCH_S = 5, WATCH_MAX_S = 3600 };

/* False: there was none, which has been said. */
static bool check_once(struct cli *c, bool full)
{
	json_t *report = cli_ask(c, json_pack("{s:s, s:b}", "verb", "netcheck", "full", full), LIMIT);
	const char *error = report ? cli_error(report) : NULL;
	bool ok = report && !error;
	if (error)
		(void)cli_failed(c, "%s", error);
	else if (ok && c->json)
		cli_json(c, report);
	else if (ok)
		netcheck_print(c->out, report);
	fflush(c->out);
	json_decref(report);
	return ok;
}

int cli_netcheck(struct cli *c, int argc, char **argv)
{
	static const struct option longs[] = {{"watch", optional_argument, NULL, 'w'}, CLI_OPTIONS};
	uint32_t watch_s = 0;
	for (int o; (o = cli_option(c, argc, argv, "", longs));) {
		if (o < 0)
			return cli_stopped(c);
		watch_s = WATCH_S;
		if (optarg && !value_number(&watch_s, 1, WATCH_MAX_S, optarg))
			return cli_misused(c, "--watch: found \"%s\", expected seconds from 1 to %d", optarg,
					   WATCH_MAX_S);
	}
	if (optind < argc)
		return cli_misused(c, "found \"%s\", expected no more words", argv[optind]);
	if (!check_once(c, true))
		return CLI_FAILED;
	while (watch_s) {
		(void)nanosleep(&(struct timespec){.tv_sec = (time_t)watch_s}, NULL);
		if (!check_once(c, false))
			return CLI_FAILED;
	}
	return CLI_OK;
}
