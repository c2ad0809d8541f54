#include <string.h>

#include "app/warren/cli.h"
#include "app/warren/fields.h"
#include "app/warren/print.h"
#include "config/value.h"

#define LIMIT (10 * SECOND)

/* --- for people --- */

static const char *first_address(const json_t *object)
{
	const char *s = json_string_value(json_array_get(json_object_get(object, "addresses"), 0));
	return s ? s : "-";
}

/* The widths of the first two columns. */
struct columns {
	int address, name;
};

static void make_room(struct columns *c, const json_t *node)
{
	int address = (int)strlen(first_address(node)),
	    name = (int)strlen(field_text(node, "name"));
	c->address = address > c->address ? address : c->address;
	c->name = name > c->name ? name : c->name;
}

static void print_names(FILE *out, const struct columns *c, const json_t *node)
{
	const char *name = field_text(node, "name");
	fprintf(out, "%-*s  %-*s  ", c->address, first_address(node), c->name,
		name[0] ? name : "-");
}

static void print_mappings(FILE *out, const json_t *mappings)
{
	size_t i;
	const json_t *m;
	json_array_foreach(mappings, i, m)
	{
		fprintf(out, "; %s mapped by %s%s", field_text(m, "endpoint"),
			field_text(m, "protocol"),
			field_yes(m, "double_nat") ? " (behind another NAT)" : "");
	}
}

static const char *proxy_to(const json_t *relays, const char *name)
{
	size_t i;
	const json_t *relay;
	json_array_foreach(relays, i, relay)
	{
		if (!strcmp(field_text(relay, "name"), name))
			return field_text(relay, "proxy");
	}
	return "";
}

static void print_self(FILE *out, const struct columns *c, const json_t *status)
{
	const json_t *self = json_object_get(status, "self");
	const char *relay = field_text(self, "relay"),
		   *proxy = proxy_to(json_object_get(status, "relays"), relay);
	print_names(out, c, self);
	fprintf(out, "this node");
	if (relay[0])
		fprintf(out, "; relay \"%s\"", relay);
	if (proxy[0])
		fprintf(out, " through the proxy %s", proxy);
	print_mappings(out, json_object_get(json_object_get(self, "port_mapping"), "mappings"));
	fprintf(out, "\n");
}

static void print_direct(FILE *out, const json_t *peer, const char *endpoint)
{
	const char *second = field_text(peer, "second_endpoint");
	fprintf(out, "; direct %s%s", endpoint, field_yes(peer, "nat64") ? " via NAT64" : "");
	if (second[0])
		fprintf(out, " (ready beside it: %s)", second);
}

static void print_way(FILE *out, const json_t *peer)
{
	const char *endpoint = field_text(peer, "endpoint"), *relay = field_text(peer, "relay");
	if (field_yes(peer, "in_doubt") && endpoint[0] && relay[0])
		fprintf(out, "; direct %s in doubt, and relay \"%s\"", endpoint, relay);
	else if (endpoint[0])
		print_direct(out, peer, endpoint);
	else if (relay[0])
		fprintf(out, "; relay \"%s\"%s", relay,
			field_yes(peer, "relay_faster") ? " (faster than the direct path)" : "");
	else
		fprintf(out, "; no way to it now");
}

static void print_peer(FILE *out, const struct columns *c, const json_t *peer)
{
	json_int_t tx = field_number(peer, "tx_bytes"), rx = field_number(peer, "rx_bytes");
	bool active = field_yes(peer, "active");
	print_names(out, c, peer);
	if (!active && tx == 0 && rx == 0) {
		fprintf(out, "-\n");
		return;
	}
	fprintf(out, "%s", active ? "active" : "idle");
	if (active)
		print_way(out, peer);
	fprintf(out, ", tx %" JSON_INTEGER_FORMAT " rx %" JSON_INTEGER_FORMAT "\n", tx, rx);
}

static void print_health(FILE *out, const json_t *relays)
{
	size_t i;
	const json_t *relay;
	bool first = true;
	json_array_foreach(relays, i, relay)
	{
		const char *why = field_text(relay, "why"), *health = field_text(relay, "health");
		if (!why[0] && !health[0])
			continue;
		if (first)
			fprintf(out, "\n# Health check:\n");
		first = false;
		fprintf(out, "#     - relay \"%s\"%s: %s\n", field_text(relay, "name"),
			why[0] ? "" : " says", why[0] ? why : health);
	}
}

void status_print(FILE *out, const json_t *status, bool peers)
{
	const json_t *self = json_object_get(status, "self"),
		     *all = json_object_get(status, "peers"), *peer;
	struct columns c = {0};
	size_t i;
	if (!field_yes(status, "up")) {
		fprintf(out, "Warren is down. Bring it up with: warren up\n");
		return;
	}
	make_room(&c, self);
	if (peers) {
		json_array_foreach(all, i, peer) make_room(&c, peer);
	}
	print_self(out, &c, status);
	if (peers) {
		json_array_foreach(all, i, peer) print_peer(out, &c, peer);
	}
	print_health(out, json_object_get(status, "relays"));
}

/* --- the verb --- */

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
