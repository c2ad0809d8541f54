#include "app/warren/text.h"

#include <string.h>

static const char *text(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));
	return s ? s : "";
}

static bool yes(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static json_int_t number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static const char *first_address(const json_t *object)
{
	const char *s = json_string_value(json_array_get(json_object_get(object, "addresses"), 0));
	return s ? s : "-";
}

/* Width of the columns, so that they stand under each other. */
struct columns {
	int address, name;
};

static void make_room(struct columns *c, const json_t *node)
{
	int address = (int)strlen(first_address(node)), name = (int)strlen(text(node, "name"));
	c->address = address > c->address ? address : c->address;
	c->name = name > c->name ? name : c->name;
}

static void print_names(FILE *out, const struct columns *c, const json_t *node)
{
	const char *name = text(node, "name");
	fprintf(out, "%-*s  %-*s  ", c->address, first_address(node), c->name,
		name[0] ? name : "-");
}

static void print_mappings(FILE *out, const json_t *mappings)
{
	size_t i;
	const json_t *m;
	json_array_foreach(mappings, i, m)
	{
		fprintf(out, "; %s mapped by %s%s", text(m, "endpoint"), text(m, "protocol"),
			yes(m, "double_nat") ? " (behind another NAT)" : "");
	}
}

static const char *proxy_to(const json_t *relays, const char *name)
{
	size_t i;
	const json_t *relay;
	json_array_foreach(relays, i, relay)
	{
		if (!strcmp(text(relay, "name"), name))
			return text(relay, "proxy");
	}
	return "";
}

static void print_self(FILE *out, const struct columns *c, const json_t *status)
{
	const json_t *self = json_object_get(status, "self");
	const char *relay = text(self, "relay"),
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
	const char *second = text(peer, "second_endpoint");
	fprintf(out, "; direct %s%s", endpoint, yes(peer, "nat64") ? " via NAT64" : "");
	if (second[0])
		fprintf(out, " (ready beside it: %s)", second);
}

static void print_way(FILE *out, const json_t *peer)
{
	const char *endpoint = text(peer, "endpoint"), *relay = text(peer, "relay");
	if (yes(peer, "in_doubt") && endpoint[0] && relay[0])
		fprintf(out, "; direct %s in doubt, and relay \"%s\"", endpoint, relay);
	else if (endpoint[0])
		print_direct(out, peer, endpoint);
	else if (relay[0])
		fprintf(out, "; relay \"%s\"%s", relay,
			yes(peer, "relay_faster") ? " (faster than the direct path)" : "");
	else
		fprintf(out, "; no way to it now");
}

static void print_peer(FILE *out, const struct columns *c, const json_t *peer)
{
	json_int_t tx = number(peer, "tx_bytes"), rx = number(peer, "rx_bytes");
	bool active = yes(peer, "active");
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
		const char *why = text(relay, "why");
		if (!why[0])
			continue;
		if (first)
			fprintf(out, "\n# Health check:\n");
		first = false;
		fprintf(out, "#     - relay \"%s\": %s\n", text(relay, "name"), why);
	}
}

void status_print(FILE *out, const json_t *status, bool peers)
{
	const json_t *self = json_object_get(status, "self"),
		     *all = json_object_get(status, "peers"), *peer;
	struct columns c = {0};
	size_t i;
	if (!yes(status, "up")) {
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
	const char *time = text(past, "time"), *from = text(past, "from"), *way = text(past, "way");
	if (yes(past, "in_doubt"))
		fprintf(out, "  %s  %s in doubt, and %s: %s", time, from, way,
			text(past, "reason"));
	else
		fprintf(out, "  %s  %s -> %s: %s", time, from, way, text(past, "reason"));
	if (json_is_number(rtt))
		fprintf(out, ", %.1f ms", json_number_value(rtt));
	fprintf(out, "\n");
}

void why_print(FILE *out, const json_t *why)
{
	const json_t *history = json_object_get(why, "history"), *past;
	size_t i;
	fprintf(out, "%s\n", text(why, "now"));
	print_list(out, "What failed", json_object_get(why, "failed"));
	print_list(out, "What could be changed", json_object_get(why, "advice"));
	print_list(out, "What was tried", json_object_get(why, "tried"));
	print_list(out, "What was seen", json_object_get(why, "seen"));
	if (json_array_size(history) > 0)
		fprintf(out, "\nIts path before\n");
	json_array_foreach(history, i, past) print_past(out, past);
}

void pong_print(FILE *out, const json_t *pong)
{
	const char *endpoint = text(pong, "endpoint"), *ip = text(pong, "ip");
	double ms = json_number_value(json_object_get(pong, "rtt_ms"));
	fprintf(out, "pong from %s", text(pong, "name"));
	if (ip[0])
		fprintf(out, " (%s)", ip);
	if (endpoint[0])
		fprintf(out, " via %s", endpoint);
	else
		fprintf(out, " via relay(%s)", text(pong, "relay"));
	fprintf(out, " in %.0fms\n", ms < 1 ? 1 : ms);
}
