#include "app/why_text.h"

#include <stdio.h>
#include <string.h>

enum { RELAY_IS_FAR = 150, FALLS_OFTEN = 5 };

/* --- what holds --- */

static bool needs_help(const struct why_facts *f)
{
	return !f->direct && !f->plain;
}

static bool speaks_no_disco(const struct why_facts *f)
{
	return f->plain;
}

static bool has_no_relay(const struct why_facts *f)
{
	return needs_help(f) && !f->relay;
}

static bool lost_relay(const struct why_facts *f)
{
	return needs_help(f) && f->relay && f->relay_lost;
}

static bool has_no_session(const struct why_facts *f)
{
	return needs_help(f) && !f->session && !lost_relay(f);
}

static bool keeps_its_key(const struct why_facts *f)
{
	return needs_help(f) && f->session && !f->knows_disco;
}

/* From here on both sides can talk, so a direct path could be. */
static bool could_be(const struct why_facts *f)
{
	return needs_help(f) && !f->aside && f->session && f->knows_disco;
}

static bool is_asleep(const struct why_facts *f)
{
	return could_be(f) && !f->active;
}

static bool has_no_udp(const struct why_facts *f)
{
	return could_be(f) && f->stun_asked && !f->stun_answered;
}

static bool has_no_stun(const struct why_facts *f)
{
	return could_be(f) && !f->stun_asked && !f->own_public;
}

static bool was_not_called(const struct why_facts *f)
{
	return could_be(f) && !f->peer_told && f->calls_taken == 0;
}

static bool peer_is_private(const struct why_facts *f)
{
	return could_be(f) && f->peer_told && !f->peer_public && !f->peer_ipv6;
}

static bool fell_silent(const struct why_facts *f)
{
	return could_be(f) && f->doubted;
}

static bool hears_only(const struct why_facts *f)
{
	return could_be(f) && !f->doubted && f->pings > 0 && f->pongs == 0 && f->pings_heard > 0;
}

static bool nothing_passes(const struct why_facts *f)
{
	return could_be(f) && !f->doubted && f->pings > 0 && f->pongs == 0 && f->pings_heard == 0 &&
	       !has_no_udp(f) && f->peer_told && !peer_is_private(f);
}

static bool is_hard_here(const struct why_facts *f)
{
	return f->mapping_varies && !f->own_public && (nothing_passes(f) || hears_only(f));
}

static bool is_hard_there(const struct why_facts *f)
{
	return !is_hard_here(f) && nothing_passes(f);
}

static bool lost_it(const struct why_facts *f)
{
	return could_be(f) && !f->doubted && f->pongs > 0;
}

static bool is_aside(const struct why_facts *f)
{
	return f->aside;
}

static bool relay_is_far(const struct why_facts *f)
{
	return needs_help(f) && !f->aside && f->relay_rtt_ms > RELAY_IS_FAR;
}

static bool falls_often(const struct why_facts *f)
{
	return f->falls >= FALLS_OFTEN;
}

static bool could_use_ipv6(const struct why_facts *f)
{
	return (is_hard_here(f) || is_hard_there(f)) && !(f->own_ipv6 && f->peer_ipv6);
}

/* --- the table: condition, what failed, what to do; NULL: nothing to say of it --- */

static const struct {
	bool (*holds)(const struct why_facts *f);
	const char *failed, *advice;
} rules[] = {
	{speaks_no_disco,
	 "{peer} has no Relay in the configuration, so it counts as one that speaks WireGuard only: "
	 "no path is looked for, and it is answered where it was last heard.",
	 "If {peer} runs Warren, give it a Relay in the configuration."},
	{has_no_relay,
	 "No relay is known for {peer}, so the two sides cannot tell each other where to find them.",
	 "Name the relay of {peer} in the configuration (Relay in its [Peer] section)."},
	{lost_relay,
	 "The relay \"{relay}\" is not connected ({lost}), so {peer} cannot be told where to find us.",
	 "See that this machine reaches the relay \"{relay}\" over TCP."},
	{has_no_session,
	 "{peer} has not answered a WireGuard handshake: it is switched off, or its home relay is another "
	 "one than \"{relay}\", or it does not have our public key.",
	 "See on {peer} with `warren status` that it is up, connected to \"{relay}\", and knows this node's "
	 "key."},
	{keeps_its_key,
	 "There is a session, but {peer} has not told its disco key: what runs there may be plain WireGuard.",
	 "Run Warren on {peer}."},
	{is_asleep, "There was no traffic for 45 seconds, so no path is being looked for.",
	 "Send something, for example: warren ping {peer}"},
	{has_no_udp,
	 "No STUN server answered: UDP does not leave this network, or the answers do not come back.",
	 "Allow UDP from this machine to everywhere, or at least its answers; the local port is {port}."},
	{has_no_stun,
	 "No relay has a STUN server, so this node does not know its address outside of its NAT.",
	 "Give a relay a STUNPort, or tell this node's address outside by hand (Endpoint in [Node])."},
	{was_not_called,
	 "{peer} has not told us where it may be reached: nothing of it has come over the relay.",
	 "See on {peer} with `warren status` that its relay is connected."},
	{peer_is_private,
	 "{peer} told private addresses only: UDP from its network to STUN servers seems to be blocked.",
	 "Allow UDP to everywhere on the network of {peer}."},
	{fell_silent,
	 "The direct path fell silent while we were sending; it is being probed, and the relay is used "
	 "beside it.",
	 NULL},
	{is_hard_here,
	 "The NAT of this network gives each destination another port (it is \"hard\"), so {peer} cannot "
	 "know "
	 "which port to send to.",
	 "Forward UDP port {port} to this machine on its router, or let the router do it: enable PCP, "
	 "NAT-PMP or UPnP "
	 "there."},
	{is_hard_there,
	 "None of {pings} pings was answered, and none of {peer}'s came through: a firewall, or a NAT that "
	 "gives "
	 "each destination another port, is likely before {peer}.",
	 "Forward the UDP port of {peer} to it on its router, or enable PCP, NAT-PMP or UPnP there."},
	{hears_only,
	 "Pings of {peer} reach us, but none of our {pings} reached it: its side lets nothing in that it did "
	 "not "
	 "ask for, from the port that we have.",
	 "Open the UDP port of {peer} in its firewall for what comes from outside."},
	{lost_it,
	 "There was a direct path, and it does not answer any more; it is looked for again with pauses of up "
	 "to a "
	 "minute.",
	 NULL},
	{is_aside,
	 "There is a direct path, but it is clearly worse than the relay ({rtt} ms and {loss} % lost, "
	 "against "
	 "{relay_rtt} ms), so the relay has the traffic.",
	 "See why UDP is slow or lossy between the two networks; what is measured decides, and is measured "
	 "on."},
	{relay_is_far, NULL,
	 "Put a relay nearer to the two: the way through \"{relay}\" takes {relay_rtt} ms."},
	{could_use_ipv6, NULL, "Use IPv6 on both sides: it needs no NAT, and firewalls alone are crossed."},
	{falls_often, "Direct paths to {peer} fell silent {falls} times of late.",
	 "A NAT or firewall that forgets quickly, or a line that breaks, is likely; see the history."},
};

/* --- filling in --- */

static void put(char *out, size_t cap, size_t *n, const char *text, size_t len)
{
	for (size_t i = 0; i < len && *n + 1 < cap; i++)
		out[(*n)++] = text[i];
	out[*n] = '\0';
}

static const char *value(const struct why_facts *f, const char *name, size_t len, char number[static 16])
{
	const struct {
		const char *name, *text;
		unsigned n;
	} known[] = {
		{"peer", f->peer ? f->peer : "the peer", 0},
		{"relay", f->relay ? f->relay : "none", 0},
		{"lost", f->relay_lost ? f->relay_lost : "connected", 0},
		{"port", NULL, f->port},
		{"rtt", NULL, f->rtt_ms},
		{"relay_rtt", NULL, f->relay_rtt_ms},
		{"loss", NULL, f->loss_percent},
		{"pings", NULL, f->pings},
		{"falls", NULL, f->falls},
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strlen(known[i].name) != len || memcmp(known[i].name, name, len) != 0)
			continue;
		snprintf(number, 16, "%u", known[i].n);
		return known[i].text ? known[i].text : number;
	}
	return "?";
}

/* Puts what is known in the place of each {name}. */
static void fill(const struct why_facts *f, const char *form, char out[static WHY_SENTENCE_MAX])
{
	size_t n = 0;
	char number[16];
	out[0] = '\0';
	while (*form) {
		const char *end = *form == '{' ? strchr(form, '}') : NULL;
		if (!end) {
			put(out, WHY_SENTENCE_MAX, &n, form++, 1);
			continue;
		}
		const char *text = value(f, form + 1, (size_t)(end - form - 1), number);
		put(out, WHY_SENTENCE_MAX, &n, text, strlen(text));
		form = end + 1;
	}
}

void why_now(const struct why_facts *f, char out[static WHY_SENTENCE_MAX])
{
	const char *form = "There is no way to {peer} at present.";
	if (f->plain)
		form = "{peer} speaks WireGuard only, and is reached where it was last heard or is said to "
		       "be.";
	else if (f->direct && f->rtt_ms > 0)
		form = "{peer} is reached directly; a round trip takes {rtt} ms.";
	else if (f->direct)
		form = "{peer} is reached directly.";
	else if (f->aside)
		form = "{peer} is reached through the relay \"{relay}\", which is faster than the direct "
		       "path.";
	else if (f->doubted)
		form = "{peer} is reached over a direct path in doubt and through the relay \"{relay}\" "
		       "together.";
	else if (f->relay && !f->relay_lost && f->relay_rtt_ms > 0)
		form = "{peer} is reached through the relay \"{relay}\"; a round trip takes {relay_rtt} ms.";
	else if (f->relay && !f->relay_lost)
		form = "{peer} is reached through the relay \"{relay}\".";
	fill(f, form, out);
}

static void collect(const struct why_facts *f, bool advice, struct why_sentences *out)
{
	out->n = 0;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const char *form = advice ? rules[i].advice : rules[i].failed;
		if (form && out->n < WHY_SENTENCES_MAX && rules[i].holds(f))
			fill(f, form, out->v[out->n++]);
	}
}

void why_failed(const struct why_facts *f, struct why_sentences *out)
{
	collect(f, false, out);
}

void why_advice(const struct why_facts *f, struct why_sentences *out)
{
	collect(f, true, out);
}
