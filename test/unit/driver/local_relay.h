/* local_relay.h - a relay and its STUN server on the loopback, in the loop of the test */
#ifndef LOCAL_RELAY_H
#define LOCAL_RELAY_H

#include "io/random.h"
#include "serve/listen.h"
#include "serve/relay_route.h"
#include "serve/stun_listen.h"
#include "serve/web.h"
#include "unit/free_port.h"
#include "unit/unit.h"

enum { LOCAL_RELAY_CLIENTS_MAX = 8 };

struct local_relay {
	struct loop *loop;
	struct web *web;
	struct relay_server *server;
	struct relay_route *route;
	struct listen *listen;
	struct stun_listen *stun;
	uint16_t port, stun_port;
};

/* Plain HTTP at this address of ours; r->port says where. Its STUN port is silent. */
static inline void local_relay_open_at(struct local_relay *r, struct loop *l, struct log *log,
				       const struct ip *ip)
{
	struct relay_server_config cfg = {.rng = random_source(),
					  .clients_max = LOCAL_RELAY_CLIENTS_MAX};
	const struct endpoint at = {.ip = *ip};
	char why[FAILURE_MAX];
	*r = (struct local_relay){.loop = l, .web = web_new()};
	key_generate(cfg.key.b, &cfg.rng);
	r->server = relay_server_new(&cfg, loop_now(l));
	r->route = relay_route_new(
		&(struct relay_route_config){.loop = l,
					     .log = log,
					     .server = r->server,
					     .clients_max = LOCAL_RELAY_CLIENTS_MAX});
	assert_true(r->web && r->server && r->route);
	assert_true(relay_route_add(r->route, web_routes(r->web)));
	r->listen = listen_new(&(struct listen_config){.loop = l,
						       .log = log,
						       .streams_max = 2 * LOCAL_RELAY_CLIENTS_MAX,
						       .accept = web_accept(r->web)});
	assert_non_null(r->listen);
	if (!listen_open(r->listen, &at, false, &r->port, why))
		fail_msg("%s", why);
}

/* Plain HTTP and STUN on 127.0.0.1; r->port and r->stun_port say where. */
static inline void local_relay_open(struct local_relay *r, struct loop *l, struct log *log)
{
	const struct ip ip = ip_v4(127, 0, 0, 1);
	const struct stun_listen_config stun = {.at = {ip, free_udp_port()}};
	char why[FAILURE_MAX];
	assert_int_not_equal(stun.at.port, 0);
	local_relay_open_at(r, l, log, &ip);
	r->stun_port = stun.at.port;
	r->stun = stun_listen_open(l, &stun, why);
	if (!r->stun)
		fail_msg("%s", why);
}

/* Its streams break; what dials it is refused. May be called again. */
static inline void local_relay_close(struct local_relay *r)
{
	stun_listen_close(r->stun);
	listen_free(r->listen);
	relay_route_free(r->route);
	relay_server_free(r->server);
	web_free(r->web);
	*r = (struct local_relay){0};
}

#endif
