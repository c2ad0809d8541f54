#include "sim/sim_relay.h"

#include "relay/stun_server.h"

static void pump(struct sim_relay *r, mono_ns now)
{
	static uint8_t buf[1 << 16];
	uint32_t client;
	while (relay_server_ready(r->server, &client)) {
		size_t n;
		while ((n = relay_server_output(r->server, client, buf, sizeof(buf), now)) > 0)
			if (client < SIM_RELAY_CLIENTS_MAX && r->pipes[client])
				pipe_write(r->pipes[client], PIPE_SERVER, (struct bytes){buf, n},
					   now);
	}
	while (relay_server_expired(r->server, &client)) {
		if (client >= SIM_RELAY_CLIENTS_MAX || !r->pipes[client])
			continue;
		pipe_close(r->pipes[client], PIPE_SERVER, now);
		r->pipes[client] = NULL;
	}
	alarm_set(&r->alarm, relay_server_deadline(r->server));
}

static void on_alarm(void *self, mono_ns now)
{
	struct sim_relay *r = self;
	if (!r->server)
		return;
	relay_server_tick(r->server, now);
	pump(r, now);
}

static void on_bytes(void *self, struct pipe *p, struct bytes b, mono_ns now)
{
	struct sim_relay *r = self;
	uint32_t client = pipe_tag(p);
	if (!relay_server_input(r->server, client, b, now)) {
		pipe_close(p, PIPE_SERVER, now);
		r->pipes[client] = NULL;
	}
	pump(r, now);
}

static void on_down(void *self, struct pipe *p, const char *why, mono_ns now)
{
	struct sim_relay *r = self;
	uint32_t client = pipe_tag(p);
	r->pipes[client] = NULL;
	relay_server_gone(r->server, client, now);
	pump(r, now);
}

static bool accept_stream(void *self, struct pipe *p, mono_ns now)
{
	struct sim_relay *r = self;
	uint32_t client;
	if (!r->server || !relay_server_open(r->server, 0, now, &client))
		return false;
	r->pipes[client] = p;
	pipe_set_tag(p, client);
	pipe_take(p, &(struct pipe_owner){.bytes = on_bytes, .down = on_down, .self = r});
	/* The server's first bytes must not overtake the upgrade: they leave in an event of their
	 * own. */
	alarm_set(&r->alarm, now);
	return true;
}

/* The other address, for RFC 5780, is the host's second one of each family. */
static struct stun_places places_of(const struct sim_relay *r)
{
	struct stun_places p = {.port = {STUN_PORT, SIM_RELAY_STUN_PORT2}};
	bool seen[2] = {false};
	for (size_t i = 0; i < r->box->n_addresses; i++) {
		const struct ip *ip = &r->box->addresses[i];
		bool v6 = ip->family == 6;
		if (seen[v6])
			p.second[v6] = *ip;
		seen[v6] = true;
	}
	return p;
}

static void on_datagram(void *self, const struct net_datagram *d, mono_ns now)
{
	struct sim_relay *r = self;
	uint8_t buf[STUN_ANSWER_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	struct stun_places places = places_of(r);
	struct stun_way way;
	if (!r->server || (d->dst.port != places.port[0] && d->dst.port != places.port[1]) ||
	    !stun_server_answer(&places, &d->dst, &d->src, (struct bytes){d->b, d->n}, &way, &w))
		return;
	if (net_send_from(r->box, &way.leave, &way.to, wr_done(&w), now))
		r->stun_answered++;
}

void sim_relay_init(struct sim_relay *r, struct box *box, uint16_t region, const struct rng *rng)
{
	*r = (struct sim_relay){.box = box, .rng = *rng, .region = region};
	r->alarm = alarm_of(box->net->events, on_alarm, r);
	key_generate(r->key.b, rng);
	box_attach(box,
		   &(struct box_owner){.receive = on_datagram, .accept = accept_stream, .self = r});
}

void sim_relay_fini(struct sim_relay *r)
{
	if (r->server)
		relay_server_free(r->server);
	r->server = NULL;
}

void sim_relay_start(struct sim_relay *r, mono_ns now)
{
	struct relay_server_config cfg = {
		.key = r->key, .rng = r->rng, .clients_max = SIM_RELAY_CLIENTS_MAX};
	sim_relay_fini(r);
	r->server = relay_server_new(&cfg, now);
	alarm_set(&r->alarm, relay_server_deadline(r->server));
}

void sim_relay_stop(struct sim_relay *r, mono_ns now)
{
	for (size_t i = 0; i < SIM_RELAY_CLIENTS_MAX; i++) {
		if (r->pipes[i])
			pipe_close(r->pipes[i], PIPE_SERVER, now);
		r->pipes[i] = NULL;
	}
	sim_relay_fini(r);
}

unsigned sim_relay_round_trips(const struct sim_relay *r)
{
	return r->fast_start ? 2 : 3;
}
