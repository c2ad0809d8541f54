#include "driver/relay_streams.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16384 /* bytes moved at a time: one TLS record */ };
/* A little less than the relay client waits: the stream can say what it waited for. */
#define DIAL_LIMIT (9500 * MSEC)

struct place {
	uint16_t region; /* 0: free */
	struct relay_stream *stream;
};

struct relay_streams {
	struct dialer *dialer;
	struct relay_stream_calls calls;
	struct place v[RELAYS_MAX];
};

struct relay_streams *relay_streams_new(struct loop *loop, const struct relay_stream_calls *calls)
{
	struct relay_streams *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->calls = *calls;
	l->dialer = dialer_new(loop);
	if (l->dialer)
		return l;
	free(l);
	return NULL;
}

static void vacate(struct place *k)
{
	relay_stream_close(k->stream);
	*k = (struct place){0};
}

void relay_streams_free(struct relay_streams *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < RELAYS_MAX; i++)
		vacate(&l->v[i]);
	dialer_free(l->dialer);
	free(l);
}

static struct place *find(struct relay_streams *l, uint16_t region)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (l->v[i].region == region)
			return &l->v[i];
	return NULL;
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
	struct place *k = find(l, 0);
	if (!k)
		return false;
	struct stream_config cfg;
	relay_streams_stream_config(r, &cfg);
	k->stream = relay_stream_open(l->dialer, r->region, &cfg, &l->calls);
	if (k->stream)
		k->region = r->region;
	return k->stream != NULL;
}

void relay_streams_hangup(struct relay_streams *l, uint16_t region)
{
	struct place *k = region ? find(l, region) : NULL;
	if (k)
		vacate(k);
}

void relay_streams_network_changed(struct relay_streams *l)
{
	dialer_network_changed(l->dialer);
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (l->v[i].stream && relay_stream_is_stranded(l->v[i].stream))
			l->calls.down(l->calls.self, l->v[i].region,
				      "the address of this machine that it went from is gone");
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

static bool fill(struct place *k, relay_streams_take *take, void *self)
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
