/* How long the NAT keeps a binding, as JSON and as words. */
#include "report/netcheck.h"

#include <string.h>

static const char *state_name(enum lifetime_state s)
{
	switch (s) {
	case LIFETIME_NONE:
		break;
	case LIFETIME_RUNS:
		return "running";
	case LIFETIME_MEASURED:
		return "measured";
	case LIFETIME_SILENT:
		return "no-answer";
	case LIFETIME_NO_SERVER:
		return "no-server";
	case LIFETIME_ADDRESSES:
		return "several-addresses";
	case LIFETIME_DISTURBED:
		return "network-changed";
	}
	return "none";
}

static double seconds(mono_ns t)
{
	mono_ns tenths = t / (100 * MSEC);
	return (double)tenths / 10;
}

static json_t *family_json(const struct lifetime_report *r, mono_ns now)
{
	if (!r || r->state == LIFETIME_NONE)
		return json_null();
	bool runs = r->state == LIFETIME_RUNS;
	json_t *dead = r->dead ? json_real(seconds(r->dead + 99 * MSEC)) : json_null();
	json_t *left = runs ? json_real(seconds(r->ended > now ? r->ended - now : 0)) : json_null();
	return json_pack("{s:s, s:f, s:o, s:f, s:o, s:i}", "state", state_name(r->state),
			 "at_least_s", seconds(r->alive), "less_than_s", dead, "longest_s",
			 seconds(r->longest), "left_s", left, "sent", (int)r->sent);
}

json_t *netcheck_lifetime_json(const struct lifetime_report *v4, const struct lifetime_report *v6,
			       mono_ns now)
{
	return json_pack("{s:o, s:o}", "ipv4", family_json(v4, now), "ipv6", family_json(v6, now));
}

static const char *state_of(const json_t *family)
{
	const char *s = json_string_value(json_object_get(family, "state"));
	return s ? s : "";
}

bool netcheck_lifetime_runs(const json_t *lifetime)
{
	return strcmp(state_of(json_object_get(lifetime, "ipv4")), "running") == 0 ||
	       strcmp(state_of(json_object_get(lifetime, "ipv6")), "running") == 0;
}

static double number(const json_t *family, const char *name)
{
	return json_number_value(json_object_get(family, name));
}

static long rounded_up(double x)
{
	return (long)x + (x > (double)(long)x);
}

/* In whole seconds, on the safe side. */
static void print_range(FILE *out, const json_t *family)
{
	long alive = (long)number(family, "at_least_s"),
	     dead = rounded_up(number(family, "less_than_s"));
	if (dead == 0)
		fprintf(out, "at least %ld s", alive);
	else if (alive == 0)
		fprintf(out, "less than %ld s", dead);
	else
		fprintf(out, "%ld to %ld s", alive, dead);
}

static void print_family(FILE *out, const char *name, const json_t *family)
{
	static const struct {
		const char *state, *words;
	} reasons[] = {
		{"running", "being measured"},
		{"no-answer", "unknown, no relay answered"},
		{"no-server", "unknown, no relay can answer to another port (warren-relay can)"},
		{"several-addresses", "unknown, the NAT gives each socket another outside address"},
		{"network-changed", "unknown, the network changed meanwhile"},
	};
	const char *state = state_of(family);
	if (!state[0])
		return;
	fprintf(out, "\t* BindingLifetime: %s, ", name);
	if (strcmp(state, "measured") == 0)
		print_range(out, family);
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (strcmp(state, reasons[i].state) == 0)
			fputs(reasons[i].words, out);
	fputc('\n', out);
}

void netcheck_print_lifetime(FILE *out, const json_t *lifetime)
{
	const json_t *v6 = json_object_get(lifetime, "ipv6");
	print_family(out, "IPv4", json_object_get(lifetime, "ipv4"));
	if (strcmp(state_of(v6), "no-answer") != 0) /* most networks have none */
		print_family(out, "IPv6", v6);
}

void netcheck_print_lifetime_so_far(FILE *out, const json_t *lifetime)
{
	const json_t *v4 = json_object_get(lifetime, "ipv4"),
		     *v6 = json_object_get(lifetime, "ipv6");
	const json_t *f = strcmp(state_of(v4), "running") == 0 ? v4 : v6;
	double left4 = number(v4, "left_s"), left6 = number(v6, "left_s");
	fprintf(out, "measuring how long a binding lives: ");
	if (number(f, "at_least_s") > 0 || number(f, "less_than_s") > 0) {
		print_range(out, f);
		fprintf(out, " so far; ");
	}
	fprintf(out, "done in %ld s or sooner", rounded_up(left4 > left6 ? left4 : left6));
}
