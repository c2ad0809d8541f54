/* driver/relay_stream.c - theory of operation
 *
 *   STREAM    the stream is on its way up
 *   ASKED     the request to upgrade is sent, its answer is being read; what follows is DERP
 *   UP        bytes pass
 *   DOWN      the owner was told; it has yet to close
 *   CLOSED    freed when the outermost call returns
 *
 * The time limit of the stream holds for the upgrade, too: it runs from relay_stream_open.
 */
#include "driver/relay_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/dialer.h"
#include "relay/upgrade.h"

struct relay_stream {
	struct relay_stream_calls calls;
	uint16_t region;
	struct stream *s;
	struct upgrade_answer *answer;
	struct loop_timer *limit;
	enum { STREAM, ASKED, UP, DOWN, CLOSED } state;
	unsigned depth; /* calls from the stream or the timer under way: freed by the outermost */
	mono_ns limit_length;
	char host[STREAM_HOST_MAX + 16]; /* of the Host header, with the port */
};

static void release(struct relay_stream *k)
{
	stream_close(k->s);
	upgrade_answer_free(k->answer);
	loop_timer_free(k->limit);
	free(k);
}

static void leave(struct relay_stream *k)
{
	if (--k->depth == 0 && k->state == CLOSED)
		release(k);
}

void relay_stream_close(struct relay_stream *k)
{
	if (!k)
		return;
	k->state = CLOSED;
	if (k->depth == 0)
		release(k);
}

static void fail(struct relay_stream *k, const char *why)
{
	if (k->state == DOWN || k->state == CLOSED)
		return;
	k->state = DOWN;
	loop_timer_set(k->limit, MONO_NEVER);
	k->calls.down(k->calls.self, k->region, why);
}

static void go_up(struct relay_stream *k, const struct node_key *server_key)
{
	k->state = UP;
	loop_timer_set(k->limit, MONO_NEVER);
	k->calls.up(k->calls.self, k->region, server_key);
}

static void on_up(void *self, const struct stream_up *up)
{
	struct relay_stream *k = self;
	struct node_key key;
	uint8_t request[UPGRADE_HEADER_MAX];
	struct wr w = wr_of(request, sizeof(request));
	bool fast = up->tls >= 0x0304 && upgrade_meta_parse(&key, up->meta_cn);
	k->depth++;
	upgrade_request(&w, k->host, fast);
	if (w.bad || !stream_write(k->s, wr_done(&w)))
		fail(k, "out of memory");
	else if (fast)
		go_up(k, &key);
	else
		k->state = ASKED;
	leave(k);
}

/* Returns what follows the answer; nothing while it is not whole. */
static struct bytes read_answer(struct relay_stream *k, struct bytes b)
{
	char what[UPGRADE_WHY_MAX] = "", why[FAILURE_MAX];
	size_t used = 0;
	switch (upgrade_answer_input(k->answer, b, &used, what)) {
	case UPGRADE_MORE:
		break;
	case UPGRADE_DONE:
		go_up(k, NULL);
		return (struct bytes){b.p + used, b.n - used};
	case UPGRADE_REFUSED:
		failure_say(why, "%s is no relay, or refuses: %s", k->host, what);
		fail(k, why);
		break;
	}
	return (struct bytes){0};
}

static void on_bytes(void *self, struct bytes b)
{
	struct relay_stream *k = self;
	k->depth++;
	if (k->state == ASKED)
		b = read_answer(k, b);
	if (k->state == UP && b.n > 0)
		k->calls.bytes(k->calls.self, k->region, b);
	leave(k);
}

static void on_writable(void *self)
{
	struct relay_stream *k = self;
	k->depth++;
	if (k->state == UP)
		k->calls.writable(k->calls.self, k->region);
	leave(k);
}

static void on_down(void *self, const char *why)
{
	struct relay_stream *k = self;
	k->depth++;
	fail(k, why);
	leave(k);
}

static void on_limit(void *self)
{
	struct relay_stream *k = self;
	char why[FAILURE_MAX];
	k->depth++;
	failure_say(why, "%s did not answer the request to upgrade within %.3g s: is it a relay?",
		    k->host, (double)k->limit_length / (double)SECOND);
	fail(k, why);
	leave(k);
}

struct relay_stream *relay_stream_open(struct dialer *d, uint16_t region,
				       const struct stream_config *cfg,
				       const struct relay_stream_calls *calls)
{
	struct loop *l = dialer_loop(d);
	struct relay_stream *k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->calls = *calls;
	k->region = region;
	k->limit_length = cfg->limit ? cfg->limit : STREAM_CONNECT_LIMIT;
	const char *form = strchr(cfg->host, ':') ? "[%s]" : "%s";
	int n = snprintf(k->host, sizeof(k->host), form, cfg->host);
	if (cfg->port != 443 && n > 0 && (size_t)n < sizeof(k->host))
		snprintf(k->host + n, sizeof(k->host) - (size_t)n, ":%u", cfg->port);
	struct stream_config own = *cfg;
	own.calls = (struct stream_calls){on_up, on_bytes, on_writable, on_down, k};
	k->answer = upgrade_answer_new();
	k->limit = loop_timer_new(l, (struct loop_call){on_limit, k});
	if (k->answer && k->limit)
		k->s = stream_open(d, &own);
	if (!k->s) {
		release(k);
		return NULL;
	}
	/* A little more than the stream has: if both are late, the stream knows better why. */
	loop_timer_set(k->limit, loop_now(l) + k->limit_length + 10 * MSEC);
	return k;
}

bool relay_stream_is_stranded(const struct relay_stream *k)
{
	return stream_is_stranded(k->s);
}

const char *relay_stream_proxy(const struct relay_stream *k)
{
	return stream_proxy(k->s);
}

size_t relay_stream_room(const struct relay_stream *k)
{
	return k->state == UP ? stream_room(k->s) : 0;
}

bool relay_stream_write(struct relay_stream *k, struct bytes b)
{
	return k->state == UP && stream_write(k->s, b);
}
