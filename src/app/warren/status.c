#include "app/warren/cli.h"
#include "app/warren/text.h"
#include "config/value.h"

#define LIMIT (10 * SECOND)

static int show(struct cli *c, json_t *status, bool peers)
{
	if (!peers)
		json_object_del(status, "peers");
	if (c->json)
		cli_json(c, status);
	else
		status_print(c->out, status, peers);
	return json_is_true(json_object_get(status, "up")) ? CLI_OK : CLI_FAILED;
}

int cli_status(struct cli *c, int argc, char **argv)
{
	static const struct option longs[] = {{"peers", optional_argument, NULL, 'p'}, CLI_OPTIONS};
	bool peers = true;
	for (int o; (o = cli_option(c, argc, argv, "", longs));) {
		if (o < 0)
			return cli_stopped(c);
		if (!value_yes(&peers, optarg ? optarg : "true"))
			return cli_misused(c, "--peers: found \"%s\", expected true or false",
					   optarg);
	}
	if (optind < argc)
		return cli_misused(c, "found \"%s\", expected no more words", argv[optind]);
	json_t *status =
		cli_ask(c, json_pack("{s:s, s:b}", "verb", "status", "peers", (int)peers), LIMIT);
	if (!status)
		return CLI_FAILED;
	const char *error = cli_error(status);
	int exit_status = error ? cli_failed(c, "%s", error) : show(c, status, peers);
	json_decref(status);
	return exit_status;
}
