#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/warren/cli.h"
#include "app/warren/fields.h"
#include "app/warren/print.h"
#include "config/value.h"

static const mono_ns BETWEEN = 1 * SECOND;
static const mono_ns SPARE = 2 * SECOND; /* for the daemon to say that nothing came */

struct pinging {
	const char *peer;
	uint32_t count; /* 0: no limit */
	uint32_t timeout_ms;
	bool until_direct;
	bool any, direct; /* what came so far */
};

/* "5", "0.5", "5s", "500ms" */
static bool parse_seconds(uint32_t *ms, const char *text)
{
	char *end;
	double v = strtod(text, &end);
	if (end == text || !(v > 0))
		return false;
	if (strcmp(end, "ms") == 0)
		v /= 1000;
	else if (*end && strcmp(end, "s") != 0)
		return false;
	if (v < 0.001 || v > 60)
		return false;
	*ms = (uint32_t)(v * 1000 + 0.5);
	return true;
}

static bool set_option(struct cli *c, struct pinging *p, int o)
{
	switch (o) {
	case 'c':
		if (value_number(&p->count, 0, UINT32_MAX, optarg))
			return true;
		(void)cli_misused(c, "-c: found \"%s\", expected a number", optarg);
		return false;
	case 't':
		if (parse_seconds(&p->timeout_ms, optarg))
			return true;
		(void)cli_misused(
			c, "--timeout: found \"%s\", expected seconds up to 60, such as 5 or 0.5",
			optarg);
		return false;
	default:
		if (value_yes(&p->until_direct, optarg ? optarg : "true"))
			return true;
		(void)cli_misused(c, "--until-direct: found \"%s\", expected true or false",
				  optarg);
		return false;
	}
}

static void wait_until_next(void)
{
	struct timespec ts = {.tv_sec = (time_t)(BETWEEN / SECOND),
			      .tv_nsec = (long)(BETWEEN % SECOND)};
	(void)nanosleep(&ts, NULL);
}

void pong_print(FILE *out, const json_t *pong)
{
	const char *endpoint = field_text(pong, "endpoint"), *ip = field_text(pong, "ip");
	double ms = json_number_value(json_object_get(pong, "rtt_ms"));
	fprintf(out, "pong from %s", field_text(pong, "name"));
	if (ip[0])
		fprintf(out, " (%s)", ip);
	if (endpoint[0])
		fprintf(out, " via %s", endpoint);
	else
		fprintf(out, " via relay(%s)", field_text(pong, "relay"));
	fprintf(out, " in %.0fms\n", ms < 1 ? 1 : ms);
}

/* One ping. False: no use to go on. */
static bool ping_once(struct cli *c, struct pinging *p)
{
	json_t *answer = cli_ask(c,
				 json_pack("{s:s, s:s, s:I}", "verb", "ping", "peer", p->peer,
					   "timeout_ms", (json_int_t)p->timeout_ms),
				 p->timeout_ms * MSEC + SPARE);
	if (!answer)
		return false;
	const char *error = cli_error(answer);
	bool timeout = json_is_true(json_object_get(answer, "timeout"));
	if (c->json)
		cli_json(c, answer);
	else if (error)
		fprintf(c->err, "warren: %s\n", error);
	else
		pong_print(c->out, answer);
	fflush(c->out);
	p->any |= !error;
	p->direct |= json_is_true(json_object_get(answer, "direct"));
	json_decref(answer);
	return (!error || timeout) && !ferror(c->out);
}

static int ping(struct cli *c, struct pinging *p)
{
	for (uint32_t i = 0; p->count == 0 || i < p->count; i++) {
		if (i > 0)
			wait_until_next();
		if (!ping_once(c, p))
			return CLI_FAILED;
		if (p->direct && p->until_direct)
			return CLI_OK;
	}
	if (p->any && !p->until_direct)
		return CLI_OK;
	if (p->any && !c->json)
		fprintf(c->err, "direct connection not established\n");
	return CLI_FAILED;
}

int cli_ping(struct cli *c, int argc, char **argv)
{
	static const struct option longs[] = {{"count", required_argument, NULL, 'c'},
					      {"timeout", required_argument, NULL, 't'},
					      {"until-direct", optional_argument, NULL, 'u'},
					      CLI_OPTIONS};
	struct pinging p = {.count = 10, .timeout_ms = 5000, .until_direct = true};
	for (int o; (o = cli_option(c, argc, argv, "c:", longs));) {
		if (o < 0)
			return cli_stopped(c);
		if (!set_option(c, &p, o))
			return CLI_USAGE;
	}
	if (optind + 1 != argc)
		return cli_misused(c, "expected one peer, by its name or address");
	p.peer = argv[optind];
	return ping(c, &p);
}
