#include "driver/relay_streams.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16384 /* bytes moved at a time: one TLS record */ };
/* A little less than the relay client waits: this side knows what it waited for, and can say it. */
#define DIAL_LIMIT (9500 * MSEC)

struct link {
	struct relay_streams *owner;
	uint16_t region; /* 0: free */
	struct relay_stream *stream;
};

struct relay_streams {
	struct dialer *dialer;
	struct relay_streams_calls calls;
	struct link v[RELAYS_MAX];
};

struct relay_streams *relay_streams_new(struct loop *loop, const struct relay_streams_calls *calls)
{
	struct relay_streams *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->calls = *calls;
	l->dialer = dialer_new(loop);
	for (size_t i = 0; i < RELAYS_MAX; i++)
		l->v[i].owner = l;
	if (l->dialer)
		return l;
	free(l);
	return NULL;
}

static void close_link(struct link *k)
{
	relay_stream_close(k->stream);
	k->stream = NULL;
	k->region = 0;
}

void relay_streams_free(struct relay_streams *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < RELAYS_MAX; i++)
		close_link(&l->v[i]);
	dialer_free(l->dialer);
	free(l);
}

static struct link *find(struct relay_streams *l, uint16_t region)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (l->v[i].region == region)
			return &l->v[i];
	return NULL;
}

static void on_up(void *self, const struct node_key *server_key)
{
	struct link *k = self;
	k->owner->calls.up(k->owner->calls.self, k->region, server_key);
}

static void on_bytes(void *self, struct bytes b)
{
	struct link *k = self;
	k->owner->calls.bytes(k->owner->calls.self, k->region, b);
}

static void on_writable(void *self)
{
	struct link *k = self;
	k->owner->calls.writable(k->owner->calls.self, k->region);
}

static void on_down(void *self, const char *why)
{
	struct link *k = self;
	char kept[FAILURE_MAX];
	uint16_t region = k->region;
	failure_say(kept, "%s", why); /* the stream's own text goes with it */
	close_link(k);
	k->owner->calls.down(k->owner->calls.self, region, kept);
}

static enum stream_trust trust_of(const struct netmap_relay *r)
{
	if (r->plain)
		return STREAM_PLAIN;
	if (r->pinned)
		return STREAM_PIN;
	return r->ca_file[0] ? STREAM_CA : STREAM_ROOTS;
}

void relay_streams_stream_config(const struct netmap_relay *r, struct stream_config *out)
{
	*out = (struct stream_config){.host = r->host,
				      .port = r->port,
				      .trust = trust_of(r),
				      .ca_file = r->ca_file,
				      .known4 = r->ip4,
				      .known6 = r->ip6,
				      .limit = DIAL_LIMIT};
	memcpy(out->pin, r->pin, sizeof(out->pin));
}

bool relay_streams_dial(struct relay_streams *l, const struct netmap_relay *r)
{
	relay_streams_hangup(l, r->region);
	struct link *k = find(l, 0);
	if (!k)
		return false;
	struct stream_config cfg;
	relay_streams_stream_config(r, &cfg);
	const struct relay_stream_calls calls = {.up = on_up,
						 .bytes = on_bytes,
						 .writable = on_writable,
						 .down = on_down,
						 .self = k};
	k->stream = relay_stream_open(l->dialer, &cfg, &calls);
	if (k->stream)
		k->region = r->region;
	return k->stream != NULL;
}

void relay_streams_hangup(struct relay_streams *l, uint16_t region)
{
	struct link *k = region ? find(l, region) : NULL;
	if (k)
		close_link(k);
}

void relay_streams_network_changed(struct relay_streams *l)
{
	dialer_network_changed(l->dialer);
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (l->v[i].stream && relay_stream_is_stranded(l->v[i].stream))
			on_down(&l->v[i], "the address of this machine that it went from is gone");
}

const char *relay_streams_proxy(const struct relay_streams *l, uint16_t region)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (l->v[i].region == region && l->v[i].stream)
			return relay_stream_proxy(l->v[i].stream);
	return NULL;
}

struct dialer *relay_streams_dialer(struct relay_streams *l)
{
	return l->dialer;
}

static bool fill(struct link *k, relay_streams_take *take, void *self)
{
	uint8_t chunk[CHUNK];
	size_t room;
	bool filled = false;
	while ((room = relay_stream_room(k->stream)) > 0) {
		size_t n = take(self, k->region, chunk, room < CHUNK ? room : CHUNK);
		if (n == 0 || !relay_stream_write(k->stream, (struct bytes){chunk, n}))
			break;
		filled = true;
	}
	return filled;
}

bool relay_streams_fill(struct relay_streams *l, relay_streams_take *take, void *self)
{
	bool filled = false;
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (l->v[i].stream)
			filled |= fill(&l->v[i], take, self);
	return filled;
}
