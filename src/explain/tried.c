#include "explain/tried.h"

#include <stdio.h>

#include "explain/hard.h"

_Static_assert(2 * FACTS_REMOTES_MAX + ATTEMPTS_KEPT + 2 * UPLINKS_MAX + 4 <= SENTENCES_MAX,
	       "all that was tried fits the list");
_Static_assert(CANDIDATES_MAX + FACTS_SERVERS_MAX + 3 <= SENTENCES_MAX,
	       "all that was seen fits the list");

/* --- tried --- */

const char *explain_named_by(const struct remote_facts *r)
{
	return r->by_hand ? "configured" : r->told ? "told by it" : "seen in its pings";
}

enum { LOST_TEXT_MAX = 32 };

/* "" where it lost none. */
static const char *lost_of_late(const struct remote_facts *r, char out[static LOST_TEXT_MAX])
{
	out[0] = '\0';
	if (r->loss_percent > 0)
		snprintf(out, LOST_TEXT_MAX, ", %u %% lost of late", r->loss_percent);
	return out;
}

static void tell_remote(struct sentences *out, const struct remote_facts *r)
{
	char text[ENDPOINT_TEXT_MAX], lost[LOST_TEXT_MAX];
	const char *ep = endpoint_format(&r->ep, text), *by = explain_named_by(r);
	const char *s = words_plural(r->pings);
	double ms = (double)r->rtt / (double)MSEC;
	if (r->pongs > 0)
		sentences_add(out, "%s (%s): %u ping%s, %u answered, %.1f ms%s.", ep, by, r->pings,
			      s, r->pongs, ms, lost_of_late(r, lost));
	else if (r->pings > 0)
		sentences_add(out, "%s (%s): %u ping%s, no answer.", ep, by, r->pings, s);
	else
		sentences_add(out, "%s (%s): not pinged yet.", ep, by);
	if (r->padded_pings > 0)
		sentences_add(out,
			      "%s: %u padded ping%s, to see how large a packet passes whole, %u "
			      "answered.",
			      ep, r->padded_pings, words_plural(r->padded_pings), r->padded_pongs);
}

void explain_tried(const struct explain_facts *f, struct sentences *out)
{
	const struct path_facts *path = f->path;
	char sent[WORDS_SPAN_MAX], taken[WORDS_SPAN_MAX];
	out->n = 0;
	if (path->calls_sent + path->calls_taken > 0)
		sentences_add(out,
			      "Over the relay we told %s where we may be reached %s, and were told "
			      "so by it %s.",
			      f->peer, words_times(path->calls_sent, sent),
			      words_times(path->calls_taken, taken));
	for (size_t i = 0; i < path->n_remotes; i++)
		tell_remote(out, &path->remotes[i]);
	if (path->pings_heard > 0)
		sentences_add(out, "%s pinged us by UDP %s.", f->peer,
			      words_times(path->pings_heard, taken));
	explain_hard_tried(out, &path->hard, f->peer, f->now);
	explain_portmap_tried(out, &path->portmap, f->port_mapping);
}

/* --- seen --- */

static const char *nat_sentence(enum dest_mapping mapping)
{
	switch (mapping) {
	case MAPPING_SAME:
		return "Our NAT, if there is one, uses one port for all destinations (an easy "
		       "one).";
	case MAPPING_VARIES:
		return "Our NAT uses another port for each destination (a hard one).";
	case MAPPING_UNKNOWN:
		break;
	}
	return "Whether our NAT, if there is one, is easy or hard is not known: one STUN server "
	       "does not tell. Find out with: warren netcheck";
}

void explain_seen(const struct explain_facts *f, struct sentences *out)
{
	const struct path_facts *path = f->path;
	char prefix[PREFIX_TEXT_MAX], text[ENDPOINT_TEXT_MAX];
	out->n = 0;
	for (size_t i = 0; i < path->own.n; i++)
		sentences_add(out, "This node may be reached at %s (%s).",
			      endpoint_format(&path->own.v[i].ep, text),
			      candidate_kind_name(path->own.v[i].kind));
	if (f->nat64)
		sentences_add(out,
			      "This network has only IPv6: IPv4 is reached through its NAT64 (%s).",
			      prefix_format(f->nat64, prefix));
	if (f->proxy)
		sentences_add(out,
			      "The relay \"%s\" is reached through the HTTP proxy %s, which "
			      "carries no UDP.",
			      f->relay, f->proxy);
	for (size_t i = 0; i < path->n_servers; i++)
		if (!endpoint_is_set(&path->servers[i].seen))
			sentences_add(out, "The STUN server %s did not answer.",
				      endpoint_format(&path->servers[i].at, text));
	sentences_add(out, "%s", nat_sentence(path->mapping));
}
