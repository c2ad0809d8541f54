/* app/warren/cli.h - the command line `warren`: a table of verbs, one file for each (cli_*.c)
 *
 * Exit statuses: 0 done (and for status: up), 1 not done (why is on standard error), 2 the words of
 * the command line are wrong.  An answer that could not be written is not done.
 *
 * With --json the answer, also an error, is one JSON object a line on standard output.
 */
#ifndef APP_WARREN_CLI_H
#define APP_WARREN_CLI_H

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>

#include "base/time.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

#define CLI_SOCKET "/run/warren/warren.sock"

struct cli {
	FILE *in, *out, *err;
	const char *socket;
	bool json;
	const struct verb *verb; /* that is running */
};

struct verb {
	const char *name;
	int (*run)(struct cli *c, int argc, char **argv); /* argv[0] is the verb */
	const char *arguments;                            /* after its name, for the help */
	const char *summary;                              /* one line */
	const char *options;                              /* its own, as lines of help; "" */
};

int cli_run(struct cli *c, int argc, char **argv) MUST_USE;

/* --- for the verbs --- */

/* Every verb takes these; letters of a verb's own must be others. */
/* clang-format off */
#define CLI_OPTIONS {"json", no_argument, NULL, 'j'}, {"socket", required_argument, NULL, 's'}, \
		    {"help", no_argument, NULL, 'h'}, {0}
/* clang-format on */

/* The next option that is the verb's own, its value in optarg; 0: no more, the words begin at
 * optind; -1: the command line is wrong or help was asked for: return cli_stopped(c). */
int cli_option(struct cli *c, int argc, char **argv, const char *letters,
	       const struct option *longs) MUST_USE;
int cli_stopped(const struct cli *c) MUST_USE;
/* "warren VERB: ..." and where the help is. Returns CLI_USAGE. */
int cli_misused(struct cli *c, const char *fmt, ...) PRINTF(2, 3);
/* "warren: ..." or {"error": ...}. Returns CLI_FAILED. */
int cli_failed(struct cli *c, const char *fmt, ...) PRINTF(2, 3);
/* One JSON object on a line. */
void cli_json(struct cli *c, const json_t *object);

/* Asks the daemon; `request` is consumed. NULL: it did not answer, which has been said. */
json_t *cli_ask(struct cli *c, json_t *request, mono_ns limit) MUST_USE;
/* The sentence of an answer that is an error; NULL: it is none. */
const char *cli_error(const json_t *answer) MUST_USE;

int cli_genkey(struct cli *c, int argc, char **argv) MUST_USE;
int cli_pubkey(struct cli *c, int argc, char **argv) MUST_USE;
int cli_up(struct cli *c, int argc, char **argv) MUST_USE;
int cli_down(struct cli *c, int argc, char **argv) MUST_USE;
int cli_status(struct cli *c, int argc, char **argv) MUST_USE;
int cli_why(struct cli *c, int argc, char **argv) MUST_USE;
int cli_netcheck(struct cli *c, int argc, char **argv) MUST_USE;
int cli_ping(struct cli *c, int argc, char **argv) MUST_USE;

#endif
