#include "sim/sim_relay.h"

#include "wire/stun.h"

static void pump(struct sim_relay *r, mono_ns now)
{
	static uint8_t buf[1 << 16];
	uint32_t client;
	while (relay_server_ready(r->server, &client)) {
		size_t n;
		while ((n = relay_server_output(r->server, client, buf, sizeof(buf), now)) > 0)
			if (client < SIM_RELAY_CLIENTS_MAX && r->pipes[client])
				pipe_write(r->pipes[client], PIPE_SERVER, (struct bytes){buf, n}, now);
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
	if (!r->server || !relay_server_open(r->server, now, &client))
		return false;
	r->pipes[client] = p;
	pipe_set_tag(p, client);
	pipe_take(p, &(struct pipe_owner){.bytes = on_bytes, .down = on_down, .self = r});
	/* What it says first must not overtake the upgrade: it goes out in an event of its own. */
	alarm_set(&r->alarm, now);
	return true;
}

static void on_datagram(void *self, const struct net_datagram *d, mono_ns now)
{
	struct sim_relay *r = self;
	struct stun_txid txid;
	uint8_t buf[STUN_RESPONSE_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	if (!r->server || d->dst.port != STUN_PORT || !stun_read_request((struct bytes){d->b, d->n}, &txid))
		return;
	stun_write_response(&w, &txid, &d->src);
	if (net_send(r->box, STUN_PORT, &d->src, wr_done(&w), now))
		r->stun_answered++;
}

void sim_relay_init(struct sim_relay *r, struct box *box, uint16_t region, const struct rng *rng)
{
	*r = (struct sim_relay){.box = box, .rng = *rng, .region = region};
	r->alarm = alarm_of(box->net->events, on_alarm, r);
	key_generate(r->key.b, rng);
	box_attach(box, &(struct box_owner){.receive = on_datagram, .accept = accept_stream, .self = r});
}

void sim_relay_fini(struct sim_relay *r)
{
	if (r->server)
		relay_server_free(r->server);
	r->server = NULL;
}

void sim_relay_start(struct sim_relay *r, mono_ns now)
{
	struct relay_server_config cfg = {.key = r->key, .rng = r->rng, .clients_max = SIM_RELAY_CLIENTS_MAX};
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
