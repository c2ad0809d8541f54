/* explain/sentences.h - sentences that say why a peer is reached as it is, and what could be
 * changed
 *
 * Facts go in; which sentences hold is a table in rules.h: condition, sentence, advice.
 */
#ifndef EXPLAIN_SENTENCES_H
#define EXPLAIN_SENTENCES_H

#include "base/def.h"

enum { WHY_SENTENCE_MAX = 400, WHY_SENTENCES_MAX = 24 };

/* All false, 0 or NULL is allowed everywhere. Texts are borrowed. */
struct why_facts {
	const char *peer;
	const char *relay;      /* the peer's; NULL: none */
	const char *relay_lost; /* why it is not connected; NULL: it is */
	const char *proxy;      /* the HTTP proxy that the relay is reached through; NULL: none */
	uint16_t port;          /* ours */

	bool direct, doubted, aside,
		plain;    /* how it is reached; none of them: through the relay, if any */
	bool active;      /* traffic within the last 45 s */
	bool session;     /* of WireGuard */
	bool knows_disco; /* the peer has told us its disco key */
	unsigned rtt_ms, relay_rtt_ms, loss_percent; /* 0: unknown */

	bool stun_asked, stun_answered; /* STUN servers at all; at least one answered */
	bool mapping_varies;            /* our NAT gives each destination another port */
	bool own_public; /* we have an address that needs no NAT, or a mapped or given one */
	bool own_ipv6, peer_ipv6; /* a global one */
	bool peer_told;           /* it told us where it may be reached */
	bool peer_public;         /* at least one public IPv4 address among that */
	unsigned pings, pongs;    /* to and from the peer, by UDP */
	unsigned pings_heard;     /* from the peer, by UDP */
	unsigned calls_sent, calls_taken;
	const char *doubt; /* why it is doubted; NULL: not known */
	unsigned falls;    /* how often a direct path fell silent, of what is remembered */

	/* crossing hard NATs */
	bool hard_off, hard_under_way, hard_soon, hard_broke, hard_busy; /* now */
	bool hard_unanswered, hard_refused, hard_exhausted; /* how the last attempt ended */
	bool hard_heard;                          /* the peer has said something about it */
	bool peer_varies, both_random, hard_slow; /* as the last attempt that had a plan saw it */
	unsigned hard_sent, hard_next_s, hard_peer_left,
		hard_host_left; /* packets; 0 s: not known */

	/* port mapping by the IPv4 gateway */
	enum why_map {
		WHY_MAP_UNKNOWN,
		WHY_MAP_OFF, /* by the configuration */
		WHY_MAP_NO_GATEWAY,
		WHY_MAP_ASKING,
		WHY_MAP_UNSPOKEN, /* no protocol of them */
		WHY_MAP_REFUSED,
		WHY_MAP_NO_OUTSIDE, /* refused, since it has no address on the internet itself */
		WHY_MAP_NEAR,       /* mapped, but only as far as the next NAT */
		WHY_MAP_CARRIER,    /* the same, and that is the provider's */
		WHY_MAP_FAR         /* mapped */
	} map;
	const char *gateway, *outside, *outside_ip, *refusal, *reach; /* NULL: not known */
	unsigned outside_port;
};

struct why_sentences {
	char v[WHY_SENTENCES_MAX][WHY_SENTENCE_MAX];
	size_t n;
};

/* How it is reached now: one sentence. */
void why_now(const struct why_facts *f, char out[static WHY_SENTENCE_MAX]);
/* Which steps failed, the most likely first; empty when nothing did. */
void why_failed(const struct why_facts *f, struct why_sentences *out);
/* What somebody could change; empty when there is nothing to gain. */
void why_advice(const struct why_facts *f, struct why_sentences *out);

#endif
