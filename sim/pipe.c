/* Bytes go as segments.  When a segment is written, it passes all lines of the way at once:
 * link_pass_later gives the time for each line.  While a line loses the segment, it is tried again
 * after a growing time-out.  It is delivered after the segment before it.
 *
 * An end is open until its owner closes it or is told that it is down.  An end that is not open
 * swallows calls.
 */
#include "sim/pipe.h"

#include <stdlib.h>
#include <string.h>

enum { ACK_LEN = 40 /* bytes of a segment without data */ };

struct end {
	struct box *box;
	struct pipe_owner owner;
	bool open, mute;
	mono_ns last; /* arrival of the last segment sent to it */
};

struct hop_seen {
	struct box *box;
	uint32_t boots; /* of its NAT, when the stream began */
};

struct pipe {
	struct pipe *next;
	struct end ends[2];
	struct hop_seen nats[PIPE_HOPS_MAX];
	size_t n_nats;
	struct ip address; /* of the client at the start; once it is lost nothing passes */
	unsigned round_trips;
	uint32_t tag;
};

struct segment {
	struct pipe *pipe;
	size_t n;
	uint8_t b[];
};

static struct events *events_of(struct pipe *p)
{
	return p->ends[PIPE_CLIENT].box->net->events;
}

static bool is_above(const struct box *b, const struct box *top)
{
	for (; b; b = b->parent)
		if (b == top)
			return true;
	return false;
}

static bool pass_down(struct box *from_top, struct box *to, size_t len, mono_ns *at)
{
	if (to == from_top)
		return true;
	return pass_down(from_top, to->parent, len, at) && !to->off &&
	       link_pass_later(&to->down, len, *at, at);
}

static bool try_once(struct box *from, struct box *to, size_t len, mono_ns *at)
{
	if (from->off || to->off)
		return false;
	for (; !is_above(to, from); from = from->parent)
		if (from->off || !link_pass_later(&from->up, len, *at, at))
			return false;
	return pass_down(from, to, len, at);
}

static enum pipe_end other(enum pipe_end e)
{
	return e == PIPE_CLIENT ? PIPE_SERVER : PIPE_CLIENT;
}

bool pipe_has_address(const struct pipe *p)
{
	return box_owns(p->ends[PIPE_CLIENT].box, &p->address);
}

/* When a segment gets through.  MONO_NEVER: not within PIPE_GIVE_UP. */
static mono_ns travel(const struct pipe *p, enum pipe_end from, size_t len, mono_ns now)
{
	struct box *src = p->ends[from].box, *dst = p->ends[other(from)].box;
	if (!pipe_has_address(p))
		return MONO_NEVER;
	mono_ns wait = PIPE_RETRANSMIT;
	for (mono_ns sent = now; sent < now + PIPE_GIVE_UP; sent += wait, wait += wait) {
		mono_ns at = sent;
		if (try_once(src, dst, len, &at))
			return at;
	}
	return MONO_NEVER;
}

static void tell_down(struct pipe *p, enum pipe_end e, const char *why, mono_ns now)
{
	struct end *end = &p->ends[e];
	if (!end->open)
		return;
	end->open = false;
	if (end->owner.down)
		end->owner.down(end->owner.self, p, why, now);
}

static void give_up(void *self, void *arg, mono_ns now)
{
	pipe_cut(self, "timed out", now);
}

static void reset(void *self, void *arg, mono_ns now)
{
	pipe_cut(self, "connection reset", now);
}

static void refused(void *self, void *arg, mono_ns now)
{
	pipe_cut(self, "connection refused", now);
}

static void client_hears_end(void *self, void *arg, mono_ns now)
{
	tell_down(self, PIPE_CLIENT, "closed by the other side", now);
}

static void server_hears_end(void *self, void *arg, mono_ns now)
{
	tell_down(self, PIPE_SERVER, "closed by the other side", now);
}

/* The time after n more round trips.  MONO_NEVER: one fails. */
static mono_ns after_round_trips(struct pipe *p, unsigned n, mono_ns at)
{
	for (unsigned i = 0; i < 2 * n && at != MONO_NEVER; i++)
		at = travel(p, i % 2 ? PIPE_CLIENT : PIPE_SERVER, ACK_LEN, at);
	return at;
}

static void come_up(void *self, void *arg, mono_ns now)
{
	struct end *client = &((struct pipe *)self)->ends[PIPE_CLIENT];
	if (client->open)
		client->owner.up(client->owner.self, self, now);
}

/* The last round trip before the upgrade reaches the server, which accepts or refuses. */
static void knock(void *self, void *arg, mono_ns now)
{
	struct pipe *p = self;
	struct end *server = &p->ends[PIPE_SERVER];
	const struct box_owner *host = &server->box->owner;
	mono_ns back = travel(p, PIPE_SERVER, ACK_LEN, now);
	if (!p->ends[PIPE_CLIENT].open)
		return;
	server->open = !server->box->off && host->accept;
	if (server->open)
		server->open = host->accept(host->self, p, now);
	if (back == MONO_NEVER)
		events_at(events_of(p), now + PIPE_GIVE_UP, give_up, p, NULL);
	else
		events_at(events_of(p), back, server->open ? come_up : refused, p, NULL);
	p->ends[PIPE_CLIENT].last = back;
}

static void note_nats(struct pipe *p)
{
	for (struct box *b = p->ends[PIPE_CLIENT].box; b; b = b->parent)
		if (b->nat4 && p->n_nats < PIPE_HOPS_MAX)
			p->nats[p->n_nats++] = (struct hop_seen){b, nat_boots(b->nat4)};
}

static bool nats_remember(const struct pipe *p)
{
	for (size_t i = 0; i < p->n_nats; i++)
		if (!p->nats[i].box->nat4 || nat_boots(p->nats[i].box->nat4) != p->nats[i].boots)
			return false;
	return true;
}

struct pipe *pipe_open(struct box *client, struct box *server, unsigned round_trips,
		       const struct pipe_owner *owner, mono_ns now)
{
	if (server->n_addresses)
		client = box_way_out(client, &server->addresses[0]);
	struct pipe *p = sim_alloc(sizeof(*p));
	p->next = client->net->pipes;
	client->net->pipes = p;
	p->ends[PIPE_CLIENT] = (struct end){.box = client, .owner = *owner, .open = true};
	p->ends[PIPE_SERVER] = (struct end){.box = server};
	const struct ip *source =
		server->n_addresses ? box_source(client, &server->addresses[0]) : NULL;
	p->address = source ? *source : client->n_addresses ? client->addresses[0] : (struct ip){0};
	p->round_trips = round_trips ? round_trips : 1;
	note_nats(p);
	mono_ns at = travel(p, PIPE_CLIENT, ACK_LEN, now);
	if (at != MONO_NEVER)
		at = after_round_trips(p, p->round_trips - 1, at);
	if (at == MONO_NEVER)
		events_at(events_of(p), now + PIPE_GIVE_UP, give_up, p, NULL);
	else
		events_at(events_of(p), at, knock, p, NULL);
	return p;
}

void pipe_take(struct pipe *p, const struct pipe_owner *owner)
{
	p->ends[PIPE_SERVER].owner = *owner;
}

static void arrive(struct pipe *p, enum pipe_end e, const struct segment *s, mono_ns now)
{
	struct end *end = &p->ends[e];
	if (end->open)
		end->owner.bytes(end->owner.self, p, (struct bytes){s->b, s->n}, now);
}

static void arrive_at_client(void *self, void *arg, mono_ns now)
{
	arrive(self, PIPE_CLIENT, arg, now);
}

static void arrive_at_server(void *self, void *arg, mono_ns now)
{
	arrive(self, PIPE_SERVER, arg, now);
}

void pipe_write(struct pipe *p, enum pipe_end from, struct bytes b, mono_ns now)
{
	struct end *src = &p->ends[from], *dst = &p->ends[other(from)];
	if (!src->open || src->mute || b.n == 0)
		return;
	mono_ns at = travel(p, from, b.n, now);
	if (!nats_remember(p)) {
		if (from == PIPE_CLIENT && at != MONO_NEVER)
			events_at(events_of(p), at + (at - now), reset, p, NULL);
		return;
	}
	if (at == MONO_NEVER) {
		events_at(events_of(p), now + PIPE_GIVE_UP, give_up, p, NULL);
		return;
	}
	struct segment *s = sim_alloc(sizeof(*s) + b.n);
	s->n = b.n;
	memcpy(s->b, b.p, b.n);
	dst->last = mono_max(dst->last, at);
	events_at(events_of(p), dst->last,
		  from == PIPE_CLIENT ? arrive_at_server : arrive_at_client, p, s);
}

void pipe_close(struct pipe *p, enum pipe_end by, mono_ns now)
{
	struct end *src = &p->ends[by], *dst = &p->ends[other(by)];
	if (!src->open)
		return;
	src->open = false;
	mono_ns at = nats_remember(p) ? travel(p, by, ACK_LEN, now) : MONO_NEVER;
	if (at == MONO_NEVER)
		at = now + PIPE_GIVE_UP;
	dst->last = mono_max(dst->last, at);
	events_at(events_of(p), dst->last, by == PIPE_CLIENT ? server_hears_end : client_hears_end,
		  p, NULL);
}

void pipe_mute(struct pipe *p, enum pipe_end from, bool mute)
{
	p->ends[from].mute = mute;
}

void pipe_cut(struct pipe *p, const char *why, mono_ns now)
{
	tell_down(p, PIPE_CLIENT, why, now);
	tell_down(p, PIPE_SERVER, why, now);
}

const struct box *pipe_box(const struct pipe *p, enum pipe_end e)
{
	return p->ends[e].box;
}

void pipe_set_tag(struct pipe *p, uint32_t tag)
{
	p->tag = tag;
}

uint32_t pipe_tag(const struct pipe *p)
{
	return p->tag;
}

void pipes_free(struct net *n)
{
	while (n->pipes) {
		struct pipe *p = n->pipes;
		n->pipes = p->next;
		free(p);
	}
}
