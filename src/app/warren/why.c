#include "app/warren/cli.h"
#include "app/warren/fields.h"
#include "app/warren/print.h"

#define LIMIT (10 * SECOND)

static void print_list(FILE *out, const char *heading, const json_t *list)
{
	size_t i;
	const json_t *line;
	if (json_array_size(list) > 0)
		fprintf(out, "\n%s\n", heading);
	json_array_foreach(list, i, line)
	{
		const char *s = json_string_value(line);
		fprintf(out, "  - %s\n", s ? s : "");
	}
}

static void print_past(FILE *out, const json_t *past)
{
	const json_t *rtt = json_object_get(past, "rtt_ms");
	const char *time = field_text(past, "time"), *from = field_text(past, "from"),
		   *way = field_text(past, "way");
	if (field_yes(past, "in_doubt"))
		fprintf(out, "  %s  %s in doubt, and %s: %s", time, from, way,
			field_text(past, "reason"));
	else
		fprintf(out, "  %s  %s -> %s: %s", time, from, way, field_text(past, "reason"));
	if (json_is_number(rtt))
		fprintf(out, ", %.1f ms", json_number_value(rtt));
	fprintf(out, "\n");
}

void why_print(FILE *out, const json_t *why)
{
	const json_t *history = json_object_get(why, "history"), *past;
	size_t i;
	fprintf(out, "%s\n", field_text(why, "now"));
	print_list(out, "What failed", json_object_get(why, "failed"));
	print_list(out, "What could be changed", json_object_get(why, "advice"));
	print_list(out, "What was tried", json_object_get(why, "tried"));
	print_list(out, "What was seen", json_object_get(why, "seen"));
	if (json_array_size(history) > 0)
		fprintf(out, "\nIts path before\n");
	json_array_foreach(history, i, past) print_past(out, past);
}

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
