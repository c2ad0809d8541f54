#include "serve/relay_report.h"

#include <jansson.h>

#include "wire/stun.h"

struct counter {
	const char *name;
	uint64_t value;
};

static json_t *object_of(const struct counter *v, size_t n)
{
	json_t *object = json_object();
	for (size_t i = 0; i < n; i++)
		json_object_set_new(object, v[i].name, json_integer((json_int_t)v[i].value));
	return object;
}

static json_t *server_counters(const struct relay_server_stats *s)
{
	const struct counter v[] = {
		{"clients", s->clients},
		{"registered", s->registered},
		{"accepted", s->accepted},
		{"refused", s->refused},
		{"broke_protocol", s->broke_protocol},
		{"packets_in", s->packets_in},
		{"packets_out", s->packets_out},
		{"bytes_in", s->bytes_in},
		{"bytes_out", s->bytes_out},
		{"dropped_unknown", s->dropped_unknown},
		{"dropped_oldest", s->dropped_oldest},
		{"dropped_full", s->dropped_full},
		{"dropped_gone", s->dropped_gone},
		{"peer_gone_sent", s->peer_gone_sent},
		{"keepalives_sent", s->keepalives_sent},
	};
	return object_of(v, ARRAY_LEN(v));
}

static json_t *stream_counters(const struct relay_counters *c)
{
	const struct counter v[] = {
		{"open", c->listen->streams},    {"accepted", c->listen->accepted},
		{"refused", c->listen->refused}, {"tls_failed", c->listen->tls_failed},
		{"pages", c->web->pages},        {"slow", c->listen->slow + c->route->slow},
	};
	return object_of(v, ARRAY_LEN(v));
}

static json_t *stun_counters(const struct stun_listen_stats *s)
{
	if (!s)
		return json_null();
	const struct counter v[] = {
		{"answered", s->answered}, {"ignored", s->ignored}, {"failed", s->failed}};
	return object_of(v, ARRAY_LEN(v));
}

char *relay_report_counters(const struct relay_counters *c)
{
	json_t *all = json_object();
	json_object_set_new(all, "relay", server_counters(c->server));
	json_object_set_new(all, "streams", stream_counters(c));
	json_object_set_new(all, "stun", stun_counters(c->stun));
	char *text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return text;
}

void relay_report_section(FILE *out, const struct relay_for_node *r)
{
	fprintf(out,
		"# for the configuration of a node\n[Relay]\nName = lab\nRegion = 1\nHost = %s\n"
		"Port = %u\n",
		r->host, r->port);
	if (r->pin)
		fprintf(out, "Pin = %s\n", r->pin);
	if (r->plain)
		fprintf(out, "Plain = yes\n");
	if (r->stun_port != STUN_PORT)
		fprintf(out, "STUNPort = %u\n", r->stun_port);
}

void relay_report_json(FILE *out, const struct relay_for_node *r)
{
	json_t *j = json_object();
	json_object_set_new(j, "name", json_string("lab"));
	json_object_set_new(j, "region", json_integer(1));
	json_object_set_new(j, "host", json_string(r->host));
	json_object_set_new(j, "port", json_integer(r->port));
	if (r->pin)
		json_object_set_new(j, "pin", json_string(r->pin));
	json_object_set_new(j, "plain", json_boolean(r->plain));
	json_object_set_new(j, "stun_port", json_integer(r->stun_port ? r->stun_port : -1));
	json_dumpf(j, out, JSON_COMPACT);
	json_decref(j);
	fprintf(out, "\n");
}
