/* relay_scene.h - a relay as a route of a web server on the loopback */
#ifndef RELAY_SCENE_H
#define RELAY_SCENE_H

#include "serve/relay_route.h"
#include "serve/web.h"
#include "unit/serve/relay_peer.h"

struct scene {
	struct served s;
	struct web *web;
	struct relay_server *server;
	struct relay_route *route;
};

/* Routes can be added between the two. */
static inline void begin_closed(struct scene *s, uint32_t clients_max, uint32_t streams_max)
{
	struct relay_server_config cfg = {.rng = random_source(), .clients_max = clients_max};
	served_begin(&s->s);
	key_generate(cfg.key.b, &cfg.rng);
	s->web = web_new();
	s->server = relay_server_new(&cfg, loop_now(s->s.loop));
	s->route = relay_route_new(&(struct relay_route_config){.loop = s->s.loop,
								.log = &s->s.log,
								.server = s->server,
								.clients_max = clients_max});
	assert_true(s->web && s->server && s->route);
	served_listen(&s->s, web_accept(s->web), streams_max);
}

static inline void begin_open(struct scene *s)
{
	assert_true(relay_route_add(s->route, web_routes(s->web)));
	served_open(&s->s, false);
}

static inline void begin(struct scene *s, uint32_t clients_max)
{
	begin_closed(s, clients_max, clients_max);
	begin_open(s);
}

static inline void end(struct scene *s)
{
	listen_free(s->s.listen);
	relay_route_free(s->route);
	relay_server_free(s->server);
	web_free(s->web);
	loop_free(s->s.loop);
}

#endif
