/* warren up, warren down */
#include "app/warren/cli.h"

#define LIMIT (15 * SECOND)

static int set_up(struct cli *c, int argc, char **argv, bool up)
{
	static const struct option longs[] = {CLI_OPTIONS};
	if (cli_option(c, argc, argv, "", longs))
		return cli_stopped(c);
	if (optind < argc)
		return cli_misused(c, "found \"%s\", expected no more words", argv[optind]);
	json_t *answer = cli_ask(c, json_pack("{s:s}", "verb", up ? "up" : "down"), LIMIT);
	if (!answer)
		return CLI_FAILED;
	const char *error = cli_error(answer);
	int status = error ? cli_failed(c, "%s", error) : CLI_OK;
	if (!error && c->json)
		cli_json(c, answer);
	else if (!error && json_is_false(json_object_get(answer, "changed")))
		fprintf(c->out, "Warren is %s already.\n", up ? "up" : "down");
	json_decref(answer);
	return status;
}

int cli_up(struct cli *c, int argc, char **argv)
{
	return set_up(c, argc, argv, true);
}

int cli_down(struct cli *c, int argc, char **argv)
{
	return set_up(c, argc, argv, false);
}
