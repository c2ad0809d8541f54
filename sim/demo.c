/* warren-sim-demo [SEED] - the story of `make demo` on the simulated internet, in virtual time
 *
 * Two homes behind NAT routers, a relay, and a stream of 50 packets a second each way.  Alice's NAT
 * is flushed under the stream.  Then a second run, in which bob's home blocks UDP.
 *
 * The program prints one event a line as JSON, in order of time.  The lab's demo prints the same.
 * lab/run.py reads the events and says what each one means:
 *
 *   {"t": seconds, "event": "scenario", "name": "two_homes" | "udp_blocked"}
 *   {"t": .., "event": "sent" | "got", "way": "alice>bob" | "bob>alice", "seq": n}
 *   {"t": .., "event": "path", "node": .., "peer": .., "from": where, "to": where,
 *    "also": where | null, "reason": text, "rtt_ms": number | null}
 *                                        where: "relay(lab)" | "203.0.113.7:41641"
 *   {"t": .., "event": "flush", "home": "alice" | "bob"}
 *   {"t": .., "event": "end"}
 *
 * Exit status 1 only if the simulation itself went wrong.  The reader of the events judges how the
 * story ends.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim/world.h"

enum { NODE_PORT = 41641, WHERE_MAX = ENDPOINT_TEXT_MAX };

#define UPLINK_DELAY (25 * MSEC)
#define RELAY_DELAY  (10 * MSEC)
#define LOOK         (2 * SECOND) /* how long a state lasts, so that the picture shows it */
#define PACE         (20 * MSEC)

static void say(mono_ns now, const char *event)
{
	printf("{\"t\": %.6f, \"event\": \"%s\"", (double)now / (double)SECOND, event);
}

static const char *where(const struct way *via, char out[static WHERE_MAX])
{
	switch (via->kind) {
	case WAY_UDP:
		return endpoint_format(&via->ep, out);
	case WAY_RELAY:
		return "relay(lab)";
	case WAY_NONE:
		break;
	}
	return "relay(none)";
}

static void on_event(void *self, struct household *h, const struct reach_event *ev, mono_ns now)
{
	const struct world *w = self;
	char to[WHERE_MAX], from[WHERE_MAX];
	if (ev->kind != REACH_PATH || (ev->path.kind != PATH_MOVED && ev->path.kind != PATH_DOUBT))
		return;
	bool doubt = ev->path.kind == PATH_DOUBT;
	const struct household *peer =
		h == &w->households[0] ? &w->households[1] : &w->households[0];
	const char *was = where(&ev->path.was, from);
	say(now, "path");
	printf(", \"node\": \"%s\", \"peer\": \"%s\", \"from\": \"%s\", \"to\": \"%s\"",
	       h->node.name, peer->node.name, was, where(&ev->path.via, to));
	printf(doubt ? ", \"also\": \"%s\"" : ", \"also\": null", was);
	printf(", \"reason\": \"%s\"", path_reason_text(ev->path.reason));
	if (ev->path.rtt)
		printf(", \"rtt_ms\": %.1f}\n", (double)ev->path.rtt / (double)MSEC);
	else
		printf(", \"rtt_ms\": null}\n");
}

static void on_packet(const struct traffic *s, const char *event, size_t seq, mono_ns now)
{
	say(now, event);
	printf(", \"way\": \"%s>%s\", \"seq\": %zu}\n", s->from->name, s->to->name, seq);
}

static void on_sent(void *self, struct traffic *s, size_t seq, mono_ns now)
{
	on_packet(s, "sent", seq, now);
}

static void on_arrived(void *self, struct traffic *s, size_t seq, mono_ns now)
{
	on_packet(s, "got", seq, now);
}

/* --- the stage, with the addresses and delays of the lab --- */

static struct household *house(struct world *w, const char *name, struct ip external,
			       struct ip inside, bool blocked)
{
	struct household_config cfg = {.line = {.delay = UPLINK_DELAY},
				       .nat = {.mapping = NAT_ENDPOINT_INDEPENDENT,
					       .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
					       .ports = NAT_PORT_RANDOM},
				       .external = external,
				       .inside = inside,
				       .port = NODE_PORT,
				       .blocks_udp = blocked};
	return world_household(w, name, &cfg);
}

static struct world *stage(const char *name, uint64_t seed, bool blocked)
{
	struct world *w = world_new(seed);
	struct ip relay = ip_v4(192, 0, 2, 10);
	world_relay(w, RELAY_DELAY, &relay);
	struct household *alice =
		house(w, "alice", ip_v4(203, 0, 113, 7), ip_v4(192, 168, 1, 20), false);
	struct household *bob =
		house(w, "bob", ip_v4(198, 51, 100, 7), ip_v4(192, 168, 2, 20), blocked);
	world_know(w, alice, bob);
	say(world_now(w), "scenario");
	printf(", \"name\": \"%s\"}\n", name);
	w->event = on_event;
	w->self = w;
	world_run(w, SECOND);
	return w;
}

static void talk(struct world *w, struct household *from, struct household *to)
{
	struct traffic *s = world_traffic(w, from, to, PACE);
	s->sent = on_sent;
	s->arrived = on_arrived;
	traffic_start(s, world_now(w));
}

static void start_streams(struct world *w)
{
	talk(w, &w->households[0], &w->households[1]);
	world_run(w, PACE / 2);
	talk(w, &w->households[1], &w->households[0]);
}

static bool end(struct world *w)
{
	for (size_t i = 0; i < w->n_traffic; i++)
		traffic_stop(&w->traffic[i]);
	world_run(w, SECOND);
	say(world_now(w), "end");
	printf("}\n");
	bool well = w->fault[0] == '\0';
	if (!well)
		fprintf(stderr, "warren-sim-demo: %s\n", w->fault);
	world_free(w);
	return well;
}

static bool is_direct(struct world *w)
{
	return world_is_direct(w, &w->households[0], &w->households[1]);
}

static bool is_not_direct(struct world *w)
{
	return !is_direct(w);
}

static bool two_homes(uint64_t seed)
{
	struct world *w = stage("two_homes", seed, false);
	start_streams(w);
	if (world_wait(w, is_direct, 5 * SECOND)) {
		world_run(w, LOOK);
		say(world_now(w), "flush");
		printf(", \"home\": \"alice\"}\n");
		household_flush(&w->households[0]);
		if (world_wait(w, is_not_direct, 5 * SECOND) &&
		    world_wait(w, is_direct, 15 * SECOND))
			world_run(w, LOOK);
	}
	return end(w);
}

static bool udp_blocked(uint64_t seed)
{
	struct world *w = stage("udp_blocked", seed, true);
	start_streams(w);
	world_run(w, 2 * LOOK);
	return end(w);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	if (argc > 2 || !crypto_init()) {
		fprintf(stderr, "usage: warren-sim-demo [SEED]\n");
		return 2;
	}
	bool well = two_homes(seed);
	return udp_blocked(seed) && well ? 0 : 1;
}
