#include "tunnel/session.h"

#include <assert.h>
#include <string.h>

#include "wire/wireguard.h"

enum { PADDING = 16 };

bool session_begin(struct session *s, const struct noise_keys *keys, bool initiator, mono_ns now)
{
	assert(!s->live);
	*s = (struct session){.live = true, .initiator = initiator, .born = now};
	if (aead_key_init(&s->sealing, keys->send, AEAD_SEAL) &&
	    aead_key_init(&s->opening, keys->receive, AEAD_OPEN))
		return true;
	session_end(s);
	return false;
}

void session_end(struct session *s)
{
	aead_key_fini(&s->sealing);
	aead_key_fini(&s->opening);
	*s = (struct session){0};
}

void session_move(struct session *to, struct session *from)
{
	session_end(to);
	*to = *from;
	*from = (struct session){0};
}

bool session_may_send(const struct session *s, mono_ns now)
{
	return s->live && mono_since(s->born, now) < REJECT_AFTER_TIME &&
	       s->counter < REJECT_AFTER_MESSAGES;
}

bool session_may_receive(const struct session *s, mono_ns now)
{
	return s->live && mono_since(s->born, now) < REJECT_AFTER_TIME;
}

bool session_wants_rekey(const struct session *s, mono_ns responder_after, mono_ns now)
{
	return s->counter > REKEY_AFTER_MESSAGES ||
	       mono_since(s->born, now) >= (s->initiator ? REKEY_AFTER_TIME : responder_after);
}

bool session_seal(struct session *s, struct packet *p)
{
	assert(s->live);
	struct packet before = *p;
	size_t content = p->len, padding = (PADDING - content % PADDING) % PADDING;
	if (s->counter >= REJECT_AFTER_MESSAGES || p->head < WG_TRANSPORT_HEADER_LEN ||
	    p->tail < padding + WG_TAG_LEN)
		return false;
	uint8_t *end = packet_append(p, padding + WG_TAG_LEN);
	memset(end, 0, padding);
	if (!aead_key_seal(&s->sealing, s->counter, p->data, content + padding)) {
		*p = before;
		return false;
	}
	struct wr header = wr_of(packet_push(p, WG_TRANSPORT_HEADER_LEN), WG_TRANSPORT_HEADER_LEN);
	wg_write_transport_header(&header, s->remote, s->counter++);
	return true;
}

enum session_opened session_open(struct session *s, uint64_t counter, struct packet *p, mono_ns now)
{
	if (!session_may_receive(s, now) || counter >= REJECT_AFTER_MESSAGES)
		return SESSION_STALE;
	if (!replay_fresh(&s->replay, counter))
		return SESSION_REPLAYED;
	if (!packet_pull(p, WG_TRANSPORT_HEADER_LEN) || p->len < WG_TAG_LEN ||
	    !aead_key_open(&s->opening, counter, p->data, p->len))
		return SESSION_UNAUTHENTIC;
	replay_mark(&s->replay, counter);
	return packet_trim(p, p->len - WG_TAG_LEN) ? SESSION_OPENED : SESSION_UNAUTHENTIC;
}
