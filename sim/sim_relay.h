/* sim/sim_relay.h - the real relay (relay/server.h) and a STUN server on a simulated host */
#ifndef SIM_RELAY_H
#define SIM_RELAY_H

#include "relay/server.h"
#include "sim/pipe.h"

enum { SIM_RELAY_CLIENTS_MAX = 64, SIM_RELAY_STUN_PORT2 = 3479 };

struct sim_relay {
	struct box *box;
	struct rng rng;
	struct node_private key;
	uint16_t region;
	bool fast_start;             /* its key comes with TLS, which saves a round trip */
	struct relay_server *server; /* NULL: not running */
	struct pipe *pipes[SIM_RELAY_CLIENTS_MAX];
	struct alarm alarm;
	uint64_t stun_answered;
};

void sim_relay_init(struct sim_relay *r, struct box *box, uint16_t region, const struct rng *rng);
void sim_relay_fini(struct sim_relay *r);
void sim_relay_start(struct sim_relay *r, mono_ns now); /* with the key that it always had */
void sim_relay_stop(struct sim_relay *r, mono_ns now);  /* all streams are closed */
/* Round trips of TCP, TLS and HTTP before a stream can be used. */
unsigned sim_relay_round_trips(const struct sim_relay *r);

#endif
