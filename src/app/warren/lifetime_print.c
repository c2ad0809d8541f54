#include <string.h>

#include "app/warren/fields.h"
#include "app/warren/print.h"
#include "base/def.h"

bool lifetime_runs(const json_t *lifetime)
{
	return strcmp(field_text(json_object_get(lifetime, "ipv4"), "state"), "running") == 0 ||
	       strcmp(field_text(json_object_get(lifetime, "ipv6"), "state"), "running") == 0;
}

static double number(const json_t *family, const char *name)
{
	return json_number_value(json_object_get(family, name));
}

/* x is not negative. */
static long rounded_up(double x)
{
	return (long)x + (x > (double)(long)x);
}

/* In whole seconds: the lower bound is rounded down, the upper one up. */
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
	const char *state = field_text(family, "state");
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

void lifetime_print(FILE *out, const json_t *lifetime)
{
	const json_t *v6 = json_object_get(lifetime, "ipv6");
	print_family(out, "IPv4", json_object_get(lifetime, "ipv4"));
	if (strcmp(field_text(v6, "state"), "no-answer") != 0) /* most networks have no IPv6 */
		print_family(out, "IPv6", v6);
}

void lifetime_print_so_far(FILE *out, const json_t *lifetime)
{
	const json_t *v4 = json_object_get(lifetime, "ipv4"),
		     *v6 = json_object_get(lifetime, "ipv6");
	const json_t *f = strcmp(field_text(v4, "state"), "running") == 0 ? v4 : v6;
	double left4 = number(v4, "left_s"), left6 = number(v6, "left_s");
	fprintf(out, "measuring how long a binding lives: ");
	if (number(f, "at_least_s") > 0 || number(f, "less_than_s") > 0) {
		print_range(out, f);
		fprintf(out, " so far; ");
	}
	fprintf(out, "done in %ld s or sooner", rounded_up(left4 > left6 ? left4 : left6));
}
