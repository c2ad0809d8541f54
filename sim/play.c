/* warren-sim - plays scenarios over many seeds
 *
 *   warren-sim [-s SEED] [-n COUNT] [-v] NAME...
 *   warren-sim -l     lists the scenarios
 *
 * Without -s the seeds are 1..COUNT.  Without -n, COUNT is the scenario's own number, but at most
 * that of the environment's SIM_SEEDS.  For a seed that fails it prints what went wrong, and the
 * command that repeats the run.  -v shows the events of the nodes, -vv also each datagram and where
 * it ended.  Exit status 1 if any seed failed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/scenario.h"

/* clang-format off */
static const struct scenario *const tables[] = {
	scenarios_meet,
	scenarios_cut,
	scenarios_change,
	scenarios_cost,
	scenarios_endure,
	scenarios_hard,
	scenarios_hard_odds,
	scenarios_lifetime,
	scenarios_netcheck,
	scenarios_portmap,
	scenarios_quality,
	scenarios_silence,
	scenarios_attack,
	scenarios_where,
};
/* clang-format on */

struct options {
	uint64_t seed;  /* 0: all */
	unsigned count; /* 0: the scenario's own */
	unsigned most;  /* 0: no limit */
	int verbose;    /* 1: events of the nodes; 2: also each datagram */
};

/* The values of one measure over all seeds. */
struct column {
	const char *name;
	uint64_t *v;
	size_t n;
};

struct columns {
	struct column v[WORLD_MEASURES_MAX];
	size_t n;
};

static void collect(struct columns *c, const struct world *w, unsigned count)
{
	for (size_t i = 0; i < w->n_measures; i++) {
		size_t k = 0;
		while (k < c->n && strcmp(c->v[k].name, w->measures[i].name) != 0)
			k++;
		if (k == WORLD_MEASURES_MAX)
			continue;
		if (k == c->n)
			c->v[c->n++] = (struct column){.name = w->measures[i].name,
						       .v = sim_alloc(count * sizeof(uint64_t))};
		if (c->v[k].n < count)
			c->v[k].v[c->v[k].n++] = w->measures[i].value;
	}
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static void print_columns(struct columns *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct column *col = &c->v[i];
		qsort(col->v, col->n, sizeof(*col->v), by_value);
		printf("  %-32s least %" PRIu64 ", median %" PRIu64 ", most %" PRIu64 "\n",
		       col->name, col->v[0], col->v[col->n / 2], col->v[col->n - 1]);
		free(col->v);
	}
}

static void print_event(void *self, struct household *h, const struct reach_event *ev, mono_ns now)
{
	char ep[ENDPOINT_TEXT_MAX] = "relay";
	static const char *const path_kinds[] = {"moved", "doubt", "pong", "receipt", "self"};
	if (ev->path.via.kind == WAY_UDP)
		endpoint_format(&ev->path.via.ep, ep);
	if (ev->kind == REACH_PATH)
		printf("%12.6f %-6s %s %s (%s)\n", (double)now / (double)SECOND, h->node.name,
		       path_kinds[ev->path.kind], ep, path_reason_text(ev->path.reason));
	else if (ev->kind == REACH_RELAY)
		printf("%12.6f %-6s relay %s %s\n", (double)now / (double)SECOND, h->node.name,
		       ev->ready ? "ready" : "lost:", ev->ready ? "" : ev->why);
}

static void print_datagram(void *self, const struct box *at, const struct net_datagram *d,
			   enum net_fate fate, mono_ns now)
{
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];
	printf("%12.6f %s > %s, %zu bytes: %s at %s\n", (double)now / (double)SECOND,
	       endpoint_format(&d->src, src), endpoint_format(&d->dst, dst), d->n,
	       net_fate_name(fate), at->name);
}

static bool play_once(const struct scenario *s, uint64_t seed, const struct options *o,
		      struct columns *c)
{
	struct world *w = world_new(seed);
	if (o->verbose)
		w->event = print_event;
	if (o->verbose > 1)
		w->net.watch = print_datagram;
	s->play(w);
	bool good = w->fault[0] == '\0';
	if (good)
		collect(c, w, o->count);
	else
		printf("%s: seed %" PRIu64 " at %.6f s: %s\n  again: warren-sim -v -s %" PRIu64
		       " %s\n",
		       s->name, seed, (double)world_now(w) / (double)SECOND, w->fault, seed,
		       s->name);
	world_free(w);
	return good;
}

static unsigned play(const struct scenario *s, struct options o)
{
	struct columns c = {0};
	unsigned bad = 0;
	if (o.seed)
		o.count = 1;
	else if (!o.count)
		o.count = o.most && o.most < s->seeds ? o.most : s->seeds;
	for (unsigned i = 0; i < o.count && bad < 10; i++)
		bad += !play_once(s, o.seed ? o.seed : i + 1, &o, &c);
	printf("%s: %s: %u seeds, %s%u bad\n", s->name, s->what, o.count,
	       bad == 10 ? "at least " : "", bad);
	print_columns(&c);
	return bad;
}

static const struct scenario *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		for (const struct scenario *s = tables[i]; s->name; s++)
			if (strcmp(s->name, name) == 0)
				return s;
	return NULL;
}

static int list(void)
{
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		for (const struct scenario *s = tables[i]; s->name; s++)
			printf("%-22s %s\n", s->name, s->what);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	int opt;
	unsigned bad = 0;
	while ((opt = getopt(argc, argv, "ls:n:v")) != -1) {
		if (opt == 'l')
			return list();
		if (opt == 's')
			o.seed = strtoull(optarg, NULL, 10);
		else if (opt == 'n')
			o.count = (unsigned)strtoul(optarg, NULL, 10);
		else if (opt == 'v')
			o.verbose++;
		else
			return 2;
	}
	const char *most = getenv("SIM_SEEDS");
	if (most)
		o.most = (unsigned)strtoul(most, NULL, 10);
	if (optind == argc || !crypto_init()) {
		fprintf(stderr,
			"usage: warren-sim [-s SEED] [-n COUNT] [-v] NAME... (-l: list them)\n");
		return 2;
	}
	for (; optind < argc; optind++) {
		const struct scenario *s = find(argv[optind]);
		if (!s) {
			fprintf(stderr, "warren-sim: no scenario \"%s\"; -l lists them\n",
				argv[optind]);
			return 2;
		}
		bad += play(s, o);
	}
	return bad != 0;
}
