/* derp_peer: our DERP client as a program, for the interoperation tests; the twin of derpclient.
 *
 *   derp_peer HOST PORT PIN|plain echo
 *   derp_peer HOST PORT PIN|plain send nodekey:... TEXT
 *
 * echo prints its key and sends every packet back with "echo:" in front; send waits for the answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/relay_stream.h"
#include "io/clock.h"
#include "io/random.h"
#include "relay/client.h"

enum { REGION = 1 };

struct derp_peer {
	struct loop *loop;
	struct dialer *dialer;
	struct relay_stream *link;
	struct relay_client *client;
	struct loop_timer *deadline;
	struct stream_config where;
	struct node_key self, to;
	const char *text; /* NULL: echo */
	int status;
};

static void settle(struct derp_peer *p);

static void up(void *self, uint16_t region, const struct node_key *server_key)
{
	struct derp_peer *p = self;
	fprintf(stderr, "%s\n", server_key ? "fast start" : "normal start");
	relay_client_up(p->client, server_key, loop_now(p->loop));
	settle(p);
}

static void bytes(void *self, uint16_t region, struct bytes b)
{
	struct derp_peer *p = self;
	relay_client_input(p->client, b, loop_now(p->loop));
	settle(p);
}

static void writable(void *self, uint16_t region)
{
	settle(self);
}

static void down(void *self, uint16_t region, const char *why)
{
	struct derp_peer *p = self;
	fprintf(stderr, "down: %s\n", why);
	p->status = 1;
	loop_stop(p->loop);
}

static void on_packet(struct derp_peer *p, const struct relay_client_event *ev)
{
	char key[KEY_TEXT_MAX];
	uint8_t answer[2048];
	struct wr w = wr_of(answer, sizeof(answer));
	if (p->text) {
		printf("%s %.*s\n", key_format(key, KEY_NODE, ev->peer.b), (int)ev->packet.n,
		       (const char *)ev->packet.p);
		loop_stop(p->loop);
		return;
	}
	wr_put(&w, "echo:", 5);
	wr_bytes(&w, ev->packet);
	if (!w.bad)
		relay_client_send(p->client, &ev->peer, wr_done(&w), loop_now(p->loop));
}

static void on_event(struct derp_peer *p, const struct relay_client_event *ev)
{
	const struct relay_stream_calls calls = {up, bytes, writable, down, p};
	char key[KEY_TEXT_MAX];
	switch (ev->kind) {
	case RELAY_DIAL:
		p->link = relay_stream_open(p->dialer, REGION, &p->where, &calls);
		break;
	case RELAY_READY:
		if (!p->text) {
			printf("%s\n", key_format(key, KEY_NODE, p->self.b));
			fflush(stdout);
		}
		break;
	case RELAY_PACKET:
		on_packet(p, ev);
		break;
	case RELAY_PEER_GONE:
		printf("gone %s\n", key_format(key, KEY_NODE, ev->peer.b));
		p->status = 3;
		loop_stop(p->loop);
		break;
	case RELAY_HANGUP:
	case RELAY_LOST:
		down(p, REGION, ev->why);
		break;
	case RELAY_HEALTH:
		break;
	}
}

static void settle(struct derp_peer *p)
{
	struct relay_client_event ev;
	uint8_t chunk[4096];
	while (relay_client_event(p->client, &ev))
		on_event(p, &ev);
	while (p->link && relay_stream_room(p->link) >= sizeof(chunk)) {
		size_t n = relay_client_output(p->client, chunk, sizeof(chunk), loop_now(p->loop));
		if (n == 0 || !relay_stream_write(p->link, (struct bytes){chunk, n}))
			break;
	}
	loop_timer_set(p->deadline, relay_client_deadline(p->client));
}

static void on_deadline(void *self)
{
	struct derp_peer *p = self;
	relay_client_tick(p->client, loop_now(p->loop));
	settle(p);
}

static bool read_arguments(struct derp_peer *p, int argc, char **argv)
{
	bool sends = argc == 7 && strcmp(argv[4], "send") == 0;
	if (!sends && (argc != 5 || strcmp(argv[4], "echo") != 0))
		return false;
	p->where = (struct stream_config){
		.host = argv[1], .port = (uint16_t)strtoul(argv[2], NULL, 10), .trust = STREAM_PIN};
	if (strcmp(argv[3], "plain") == 0)
		p->where.trust = STREAM_PLAIN;
	else if (!pin_parse(p->where.pin, argv[3]))
		return false;
	p->text = sends ? argv[6] : NULL;
	return !sends || key_parse(p->to.b, KEY_NODE, argv[5]);
}

int main(int argc, char **argv)
{
	struct derp_peer p = {0};
	struct rng rng = random_source();
	if (!crypto_init() || !read_arguments(&p, argc, argv)) {
		fprintf(stderr, "usage: derp_peer HOST PORT PIN|plain echo | send KEY TEXT\n");
		return 2;
	}
	struct relay_client_config cfg = {.rng = rng, .home = true};
	key_generate(cfg.key.b, &rng);
	key_public(p.self.b, cfg.key.b);
	p.loop = loop_new();
	p.dialer = dialer_new(p.loop);
	p.deadline = loop_timer_new(p.loop, (struct loop_call){on_deadline, &p});
	p.client = relay_client_new(&cfg, loop_now(p.loop));
	if (p.text)
		relay_client_send(p.client, &p.to,
				  (struct bytes){(const uint8_t *)p.text, strlen(p.text)},
				  loop_now(p.loop));
	settle(&p);
	loop_run(p.loop);

	relay_stream_close(p.link);
	relay_client_free(p.client);
	loop_timer_free(p.deadline);
	dialer_free(p.dialer);
	loop_free(p.loop);
	return p.status;
}
