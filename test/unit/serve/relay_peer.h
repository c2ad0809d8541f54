/* relay_peer.h - clients of a relay that is served on the loopback, on blocking sockets */
#ifndef RELAY_PEER_H
#define RELAY_PEER_H

#include "io/clock.h"
#include "io/random.h"
#include "relay/client.h"
#include "relay/upgrade.h"
#include "unit/serve/served.h"

struct peer {
	int fd;
	struct relay_client *c;
	struct node_key key;
	bool ready, lost;
	uint32_t received;
};

static inline void join(struct served *s, struct peer *p)
{
	struct relay_client_config cfg = {.rng = random_source(), .home = true};
	struct relay_client_event ev;
	uint8_t head[512];
	struct wr w = wr_of(head, sizeof(head));
	*p = (struct peer){.fd = dial(s)};
	key_generate(cfg.key.b, &cfg.rng);
	key_public(p->key.b, cfg.key.b);
	p->c = relay_client_new(&cfg, clock_now());
	assert_true(relay_client_event(p->c, &ev));
	upgrade_request(&w, "relay", true);
	assert_int_equal(write(p->fd, head, w.n), w.n);
	relay_client_up(p->c, NULL, clock_now());
}

/* Reads what is there, writes what the machine has. */
static inline void serve(struct peer *p)
{
	uint8_t b[4096];
	ssize_t n;
	while ((n = recv(p->fd, b, sizeof(b), MSG_DONTWAIT)) > 0) {
		struct relay_client_event ev;
		relay_client_input(p->c, (struct bytes){b, (size_t)n}, clock_now());
		while (relay_client_event(p->c, &ev)) {
			p->ready |= ev.kind == RELAY_READY;
			p->received += ev.kind == RELAY_PACKET;
		}
	}
	p->lost |= n == 0;
	while ((n = (ssize_t)relay_client_output(p->c, b, sizeof(b), clock_now())) > 0)
		assert_int_equal(send(p->fd, b, (size_t)n, MSG_NOSIGNAL), n);
}

static inline void join_until_ready(struct served *s, struct peer *p)
{
	join(s, p);
	for (int i = 0; i < 500 && !p->ready; i++) {
		turns(s, 1);
		serve(p);
	}
	assert_true(p->ready);
}

static inline void leave(struct peer *p)
{
	close(p->fd);
	relay_client_free(p->c);
}

#endif
