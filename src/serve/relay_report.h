/* serve/relay_report.h - what a relay tells its operator: its counters, and lines for a node */
#ifndef SERVE_RELAY_REPORT_H
#define SERVE_RELAY_REPORT_H

#include <stdio.h>

#include "relay/server.h"
#include "serve/listen.h"
#include "serve/relay_route.h"
#include "serve/stun_listen.h"
#include "serve/web.h"

struct relay_counters {
	const struct relay_server_stats *server;
	const struct listen_stats *listen;
	const struct web_stats *web;
	const struct relay_route_stats *route;
	const struct stun_listen_stats *stun; /* NULL: there is no STUN server */
};
/* One line of JSON. The caller's (free). NULL: out of memory. */
char *relay_report_counters(const struct relay_counters *c) MUST_USE;

/* What a node's configuration needs to use this relay. */
struct relay_for_node {
	const char *host;
	uint16_t port;
	uint16_t stun_port; /* 0: there is no STUN server */
	const char *pin;    /* NULL: the node does not pin */
	bool plain;         /* HTTP without TLS */
};
/* A [Relay] section of the configuration file. */
void relay_report_section(FILE *out, const struct relay_for_node *r);
/* The same as an object of JSON on one line; a stun_port of -1 means that there is none. */
void relay_report_json(FILE *out, const struct relay_for_node *r);

#endif
