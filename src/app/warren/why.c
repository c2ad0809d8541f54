#include "app/warren/cli.h"
#include "app/warren/text.h"

#define LIMIT (10 * SECOND)

int cli_why(struct cli *c, int argc, char **argv)
{
	static const struct option longs[] = {CLI_OPTIONS};
	if (cli_option(c, argc, argv, "", longs))
		return cli_stopped(c);
	if (optind + 1 != argc)
		return cli_misused(c, "expected one peer, by its name or address");
	json_t *why =
		cli_ask(c, json_pack("{s:s, s:s}", "verb", "why", "peer", argv[optind]), LIMIT);
	if (!why)
		return CLI_FAILED;
	const char *error = cli_error(why);
	int exit_status = CLI_OK;
	if (error)
		exit_status = cli_failed(c, "%s", error);
	else if (c->json)
		cli_json(c, why);
	else
		why_print(c->out, why);
	json_decref(why);
	return exit_status;
}
