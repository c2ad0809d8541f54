#include "app/warren/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/unix_socket.h"

static const struct verb verbs[] = {
	{"up", cli_up, "", "bring the network up", ""},
	{"down", cli_down, "", "bring it down; the daemon stays", ""},
	{"status", cli_status, "", "show this node and its peers",
	 "  --peers=false   this node only\n"
	 "Exit status 1 when the network is not up.\n"},
	{"ping", cli_ping, "PEER",
	 "ask a peer (its name or address) for an answer, and show which way it came",
	 "  -c N                  so many pings at most; default 10, 0: no limit\n"
	 "  --timeout SECONDS     wait so long for each answer; default 5\n"
	 "  --until-direct=false  go on after an answer came directly\n"
	 "Exit status 1 when nothing came, or nothing came directly until then.\n"},
	{"why", cli_why, "PEER", "say why a peer is reached as it is, and what could be changed",
	 ""},
	{"netcheck", cli_netcheck, "[RELAY...]",
	 "show what the network around this machine lets through",
	 "With relays named, by host name or address, as HOST or HOST:STUNPORT, or in a file,\n"
	 "it needs no warrend and no privileges; any STUN server will do.\n\n"
	 "  --config FILE          the relays of this file; see warren.conf(5)\n"
	 "  --watch[=SECONDS]      again and again; default every 5 seconds\n"
	 "  --lifetime[=SECONDS]   also measure how long the NAT keeps a binding without traffic,\n"
	 "                         trying silences up to this long, default 180; takes up to twice "
	 "that\n"},
	{"genkey", cli_genkey, "", "print a new private key",
	 "  --base64   in the form of wg(8)\n"},
	{"pubkey", cli_pubkey, "< PRIVATE-KEY", "print the public key of a private key",
	 "  --base64   in the form of wg(8)\n"},
};

static const char common_options[] =
	"  --json          for programs: JSON, one object a line\n"
	"  --socket PATH   where warrend listens; default " CLI_SOCKET "\n"
	"  --help\n";

static void print_help(FILE *out)
{
	fprintf(out, "Usage: warren VERB [options]\n\n");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
	fprintf(out, "\nwarren VERB --help says more; warren --version says which.\n%s",
		common_options);
}

static void print_verb_help(const struct cli *c)
{
	const struct verb *v = c->verb;
	fprintf(c->out, "Usage: warren %s [options]%s%s\n%c%s.\n\n%s%s", v->name,
		v->arguments[0] ? " " : "", v->arguments, v->summary[0] - 'a' + 'A', v->summary + 1,
		v->options, common_options);
}

/* --- options --- */

/* Options that stand before the verb or behind it. */
static bool take_common(struct cli *c, int o)
{
	if (o == 'j')
		c->json = true;
	else if (o == 's')
		c->socket = optarg;
	return o == 'j' || o == 's';
}

int cli_option(struct cli *c, int argc, char **argv, const char *letters,
	       const struct option *longs)
{
	char all[32];
	snprintf(all, sizeof(all), ":%ss:h", letters);
	opterr = 0;
	for (int o; (o = getopt_long(argc, argv, all, longs, NULL)) != -1;) {
		if (take_common(c, o))
			continue;
		switch (o) {
		case 'h':
			print_verb_help(c);
			c->verb = NULL; /* nothing is wrong */
			return -1;
		case '?':
			(void)cli_misused(
				c, "found the option \"%s\", expected one that the help lists",
				argv[optind - 1]);
			return -1;
		case ':':
			(void)cli_misused(c, "found \"%s\" without a value", argv[optind - 1]);
			return -1;
		default:
			return o;
		}
	}
	return 0;
}

int cli_stopped(const struct cli *c)
{
	return c->verb ? CLI_USAGE : CLI_OK;
}

int cli_misused(struct cli *c, const char *fmt, ...)
{
	va_list args;
	fprintf(c->err, "warren %s: ", c->verb->name);
	va_start(args, fmt);
	vfprintf(c->err, fmt, args);
	va_end(args);
	fprintf(c->err, "; warren %s --help says more\n", c->verb->name);
	return CLI_USAGE;
}

/* --- answers --- */

void cli_json(struct cli *c, const json_t *object)
{
	json_dumpf(object, c->out, JSON_COMPACT | JSON_REAL_PRECISION(9));
	fputc('\n', c->out);
	fflush(c->out);
}

/* JSON is UTF-8; a file name may be none, and a text that was cut may end within a letter. */
static json_t *error_object(char *text)
{
	json_t *error = json_pack("{s:s}", "error", text);
	if (error)
		return error;
	for (char *p = text; *p; p++)
		if (*p & 0x80)
			*p = '?';
	return json_pack("{s:s}", "error", text);
}

int cli_failed(struct cli *c, const char *fmt, ...)
{
	char text[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!c->json) {
		fprintf(c->err, "warren: %s\n", text);
		return CLI_FAILED;
	}
	json_t *error = error_object(text);
	cli_json(c, error);
	json_decref(error);
	return CLI_FAILED;
}

const char *cli_error(const json_t *answer)
{
	return json_string_value(json_object_get(answer, "error"));
}

static bool is_there(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 || errno != ENOENT;
}

json_t *cli_ask(struct cli *c, json_t *request, mono_ns limit)
{
	char why[FAILURE_MAX];
	size_t n;
	if (!request) { /* what a person wrote is all that JSON could refuse */
		cli_failed(c, "found a word that is no UTF-8, expected a peer's name or address");
		return NULL;
	}
	char *text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (!is_there(c->socket)) {
		cli_failed(c,
			   "warrend is not running (there is no %s). Start it: systemctl start "
			   "warrend, or: "
			   "warrend --config /etc/warren/warren.conf",
			   c->socket);
		free(text);
		return NULL;
	}
	char *line = text ? unix_call(c->socket, text, limit, &n, why) : NULL;
	json_t *answer = line ? json_loadb(line, n, 0, NULL) : NULL;
	if (!text)
		cli_failed(c, "out of memory");
	else if (!line)
		cli_failed(c, "%s", why);
	else if (!json_is_object(answer))
		cli_failed(c, "%s: found something else than warrend's answer", c->socket);
	free(text);
	free(line);
	if (json_is_object(answer))
		return answer;
	json_decref(answer);
	return NULL;
}

/* --- verbs --- */

static int unknown_verb(struct cli *c, const char *name)
{
	fprintf(c->err, "warren: found the verb \"%.40s\", expected one of:", name);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		fprintf(c->err, " %s", verbs[i].name);
	fprintf(c->err, "\n");
	return CLI_USAGE;
}

static int run_verb(struct cli *c, int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(verbs[i].name, argv[0]) != 0)
			continue;
		c->verb = &verbs[i];
		optind = 0; /* glibc: begin anew */
		return verbs[i].run(c, argc, argv);
	}
	return unknown_verb(c, argv[0]);
}

/* Options before the verb are the common ones. */
static int run(struct cli *c, int argc, char **argv)
{
	static const struct option longs[] = {{"version", no_argument, NULL, 'V'}, CLI_OPTIONS};
	opterr = 0;
	optind = 0;
	for (int o; (o = getopt_long(argc, argv, "+s:hV", longs, NULL)) != -1;) {
		if (take_common(c, o))
			continue;
		switch (o) {
		case 'V':
			fprintf(c->out, "warren %s\n", WARREN_VERSION);
			return CLI_OK;
		case 'h':
			print_help(c->out);
			return CLI_OK;
		default:
			fprintf(c->err,
				"warren: found the option \"%s\"; warren --help lists them\n",
				argv[optind - 1]);
			return CLI_USAGE;
		}
	}
	if (optind < argc)
		return run_verb(c, argc - optind, argv + optind);
	print_help(c->err);
	return CLI_USAGE;
}

/* Whoever reads our answer must not take half of it, or nothing, for the whole. */
int cli_run(struct cli *c, int argc, char **argv)
{
	int status = run(c, argc, argv);
	bool flushed = fflush(c->out) == 0;
	int error = flushed ? 0 : errno;
	if (flushed && !ferror(c->out))
		return status;
	fprintf(c->err, "warren: the answer could not be written%s%s\n", error ? ": " : "",
		error ? strerror(error) : "");
	return status == CLI_USAGE ? status : CLI_FAILED;
}
