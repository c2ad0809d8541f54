#include "report/why.h"

#include "explain/hard.h"
#include "explain/portmap.h"
#include "explain/words.h"
#include "node/node.h"
#include "report/way_text.h"

static const char *const ways[] = {
	[PEER_PLAIN] = "wireguard only", [PEER_RELAYED] = "relayed",    [PEER_DIRECT] = "direct",
	[PEER_DOUBTED] = "in doubt",     [PEER_ASIDE] = "relay faster",
};
static const char *const mappings[] = {
	[MAPPING_UNKNOWN] = "unknown", [MAPPING_SAME] = "same", [MAPPING_VARIES] = "varies"};

/* --- facts --- */

static bool is_public(const struct ip *ip)
{
	return !ip_is_private(ip) && !ip_is_loopback(ip) && !ip_is_link_local(ip);
}

static void gather_own(struct why_facts *f, const struct path_facts *w)
{
	for (size_t i = 0; i < w->own.n; i++) {
		const struct candidate *c = &w->own.v[i];
		bool public = is_public(&c->ep.ip);
		f->own_ipv6 |= c->ep.ip.family == 6 && public;
		f->own_public |= c->ep.ip.family == 4 && public && !c->near &&
				 (c->kind == CANDIDATE_LOCAL || c->kind == CANDIDATE_FIXED ||
				  c->kind == CANDIDATE_PORTMAP);
	}
	f->stun_asked = w->n_servers > 0;
	for (size_t i = 0; i < w->n_servers; i++)
		f->stun_answered |= endpoint_is_set(&w->servers[i].seen);
	f->mapping_varies = w->mapping == MAPPING_VARIES;
}

static void gather_peer(struct why_facts *f, const struct path_facts *w)
{
	for (size_t i = 0; i < w->n_remotes; i++) {
		const struct remote_facts *t = &w->remotes[i];
		bool public = is_public(&t->ep.ip);
		f->peer_told |= t->told || t->by_hand;
		f->peer_public |= t->ep.ip.family == 4 && public;
		f->peer_ipv6 |= t->ep.ip.family == 6 && public;
		f->pings += t->pings;
		f->pongs += t->pongs;
	}
	if (w->n_past > 0 && w->past[w->n_past - 1].doubt)
		f->doubt = path_reason_text(w->past[w->n_past - 1].reason);
	for (size_t i = 0; i < w->n_past; i++)
		f->falls += w->past[i].doubt && w->past[i].reason == PATH_SILENT;
}

void why_gather(struct why_facts *f, const struct path_facts *w,
		const struct tunnel_peer_status *tunnel)
{
	f->plain = w->state == PEER_PLAIN;
	f->direct = w->state == PEER_DIRECT;
	f->doubted = w->state == PEER_DOUBTED;
	f->aside = w->state == PEER_ASIDE;
	f->active = w->active;
	f->session = tunnel->session;
	f->knows_disco = w->knows_disco;
	f->rtt_ms = (unsigned)((w->rtt + MSEC / 2) / MSEC);
	f->relay_rtt_ms = (unsigned)((w->relay_rtt + MSEC / 2) / MSEC);
	f->loss_percent = w->loss_percent;
	f->calls_sent = w->calls_sent;
	f->calls_taken = w->calls_taken;
	f->pings_heard = w->pings_heard;
	gather_own(f, w);
	gather_peer(f, w);
}

/* --- sentences about what was tried and seen --- */

static const char *named_by(const struct remote_facts *t)
{
	return t->by_hand ? "configured" : t->told ? "told by it" : "seen in its pings";
}

enum { LOST_TEXT_MAX = 32 };

static const char *lost_of_late(const struct remote_facts *t, char text[static LOST_TEXT_MAX])
{
	text[0] = '\0';
	if (t->loss_percent > 0)
		snprintf(text, LOST_TEXT_MAX, ", %u %% lost of late", t->loss_percent);
	return text;
}

static void tell_target(json_t *list, const struct remote_facts *t)
{
	char text[ENDPOINT_TEXT_MAX], lost[LOST_TEXT_MAX];
	const char *ep = endpoint_format(&t->ep, text), *by = named_by(t);
	const char *s = why_plural(t->pings);
	double ms = (double)t->rtt / (double)MSEC;
	if (t->pongs > 0)
		why_line(list, "%s (%s): %u ping%s, %u answered, %.1f ms%s.", ep, by, t->pings, s,
			 t->pongs, ms, lost_of_late(t, lost));
	else if (t->pings > 0)
		why_line(list, "%s (%s): %u ping%s, no answer.", ep, by, t->pings, s);
	else
		why_line(list, "%s (%s): not pinged yet.", ep, by);
	if (t->padded_pings > 0)
		why_line(list,
			 "%s: %u padded ping%s, to see how large a packet passes whole, %u "
			 "answered.",
			 ep, t->padded_pings, why_plural(t->padded_pings), t->padded_pongs);
}

static json_t *tried(const struct why_source *s, const struct why_facts *f,
		     const struct path_facts *w)
{
	json_t *list = json_array();
	char sent[WHY_SPAN_TEXT_MAX], taken[WHY_SPAN_TEXT_MAX];
	if (w->calls_sent + w->calls_taken > 0)
		why_line(list,
			 "Over the relay we told %s where we may be reached %s, and were told so "
			 "by it %s.",
			 f->peer, why_times(w->calls_sent, sent), why_times(w->calls_taken, taken));
	for (size_t i = 0; i < w->n_remotes; i++)
		tell_target(list, &w->remotes[i]);
	if (w->pings_heard > 0)
		why_line(list, "%s pinged us by UDP %s.", f->peer,
			 why_times(w->pings_heard, taken));
	why_hard_tried(list, &w->hard, f->peer, s->now);
	why_portmap_tried(list, &w->portmap, s->cfg->node.port_mapping);
	return list;
}

static json_t *seen(const struct why_facts *f, const struct path_facts *w,
		    const struct prefix *nat64)
{
	char prefix[PREFIX_TEXT_MAX];
	char text[ENDPOINT_TEXT_MAX], server[ENDPOINT_TEXT_MAX];
	json_t *list = json_array();
	for (size_t i = 0; i < w->own.n; i++)
		why_line(list, "This node may be reached at %s (%s).",
			 endpoint_format(&w->own.v[i].ep, text),
			 candidate_kind_name(w->own.v[i].kind));
	if (nat64)
		why_line(list,
			 "This network has only IPv6: IPv4 is reached through its NAT64 (%s).",
			 prefix_format(nat64, prefix));
	if (f->proxy)
		why_line(list,
			 "The relay \"%s\" is reached through the HTTP proxy %s, which carries no "
			 "UDP.",
			 f->relay, f->proxy);
	for (size_t i = 0; i < w->n_servers; i++)
		if (!endpoint_is_set(&w->servers[i].seen))
			why_line(list, "The STUN server %s did not answer.",
				 endpoint_format(&w->servers[i].at, server));
	switch (w->mapping) {
	case MAPPING_SAME:
		why_line(list, "Our NAT, if there is one, uses one port for all destinations (an "
			       "easy one).");
		break;
	case MAPPING_VARIES:
		why_line(list, "Our NAT uses another port for each destination (a hard one).");
		break;
	case MAPPING_UNKNOWN:
		why_line(list,
			 "Whether our NAT, if there is one, is easy or hard is not known: one STUN "
			 "server does not "
			 "tell. Find out with: warren netcheck");
		break;
	}
	return list;
}

/* --- facts and history for programs --- */

static json_t *ms_or_null(mono_ns t)
{
	mono_ns tenths = t / (100 * USEC);
	return t == 0 ? json_null() : json_real((double)tenths / 10);
}

static json_t *remote_json(const struct remote_facts *t)
{
	char text[ENDPOINT_TEXT_MAX];
	return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:o, s:i}", "endpoint",
			 endpoint_format(&t->ep, text), "by", named_by(t), "pings", (int)t->pings,
			 "answers", (int)t->pongs, "padded_pings", (int)t->padded_pings,
			 "padded_answers", (int)t->padded_pongs, "rtt_ms", ms_or_null(t->rtt),
			 "loss_percent", (int)t->loss_percent);
}

static json_t *facts_json(const struct why_source *s, const struct why_facts *f,
			  const struct path_facts *w)
{
	char text[ENDPOINT_TEXT_MAX], seen_at[ENDPOINT_TEXT_MAX];
	json_t *own = json_array(), *stun = json_array(), *candidates = json_array();
	for (size_t i = 0; i < w->own.n; i++)
		json_array_append_new(own, json_pack("{s:s, s:s}", "endpoint",
						     endpoint_format(&w->own.v[i].ep, text), "kind",
						     candidate_kind_name(w->own.v[i].kind)));
	for (size_t i = 0; i < w->n_servers; i++) {
		const struct server_facts *v = &w->servers[i];
		bool answered = endpoint_is_set(&v->seen);
		json_array_append_new(
			stun,
			json_pack("{s:s, s:s?}", "server", endpoint_format(&v->at, text), "seen",
				  answered ? endpoint_format(&v->seen, seen_at) : NULL));
	}
	for (size_t i = 0; i < w->n_remotes; i++)
		json_array_append_new(candidates, remote_json(&w->remotes[i]));
	json_t *facts = json_pack(
		"{s:s, s:o, s:o, s:i, s:i, s:s, s:o, s:o, s:i, s:i, s:i, s:o}", "way",
		ways[w->state], "rtt_ms", ms_or_null(w->rtt), "relay_rtt_ms",
		ms_or_null(w->relay_rtt), "loss_percent", (int)w->loss_percent,
		"relay_loss_percent", (int)w->relay_loss_percent, "mapping", mappings[w->mapping],
		"endpoints", own, "stun", stun, "calls_sent", (int)w->calls_sent, "calls_taken",
		(int)w->calls_taken, "pings_heard", (int)w->pings_heard, "candidates", candidates);
	json_object_set_new(facts, "proxy", f->proxy ? json_string(f->proxy) : json_null());
	json_object_set_new(facts, "hard", why_hard_json(&w->hard, s->now, s->wall_offset_ns));
	json_object_set_new(facts, "port_mapping",
			    why_portmap_json(&w->portmap, s->cfg->node.port_mapping));
	return facts;
}

static json_t *past_json(const struct why_source *s, const struct path_past *p)
{
	char was[WAY_TEXT_MAX], via[WAY_TEXT_MAX], time[WHY_TIME_TEXT_MAX];
	return json_pack("{s:s, s:s, s:s, s:b, s:s, s:o}", "time",
			 why_time(p->at, s->wall_offset_ns, time), "from",
			 way_text(s->cfg, &p->was, was), "way", way_text(s->cfg, &p->via, via),
			 "in_doubt", (int)p->doubt, "reason", path_reason_text(p->reason), "rtt_ms",
			 ms_or_null(p->rtt));
}

/* --- what a netcheck found, where the STUN servers of the paths are too few to tell --- */

static bool is_of_this_network(const struct path_facts *w, const struct netcheck_report *r)
{
	for (size_t i = 0; i < w->n_servers; i++)
		if (endpoint_is_set(&w->servers[i].seen) &&
		    ip_equal(&w->servers[i].seen.ip, &r->global4.ip))
			return true;
	return false;
}

static void add_netcheck(struct path_facts *w, const struct netcheck_report *r)
{
	if (w->mapping == MAPPING_UNKNOWN && r && is_of_this_network(w, r))
		w->mapping = r->nat4.varies;
}

/* --- all of it --- */

static json_t *list_of(const struct why_sentences *v)
{
	json_t *list = json_array();
	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(list, json_string(v->v[i]));
	return list;
}

static json_t *sentences(const struct why_facts *f,
			 void (*collect)(const struct why_facts *f, struct why_sentences *out))
{
	struct why_sentences v;
	collect(f, &v);
	return list_of(&v);
}

static json_t *render(const struct why_source *s, const struct why_facts *f,
		      const struct path_facts *w)
{
	char now[WHY_SENTENCE_MAX];
	json_t *history = json_array();
	for (size_t i = 0; i < w->n_past; i++)
		json_array_append_new(history, past_json(s, &w->past[i]));
	why_now(f, now);
	return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:i}", "name", f->peer,
			 "now", now, "direct", (int)f->direct, "tried", tried(s, f, w), "seen",
			 seen(f, w, reach_nat64(node_reach_of(s->node))), "failed",
			 sentences(f, why_failed), "advice", sentences(f, why_advice), "facts",
			 facts_json(s, f, w), "history", history, "forgotten", (int)w->forgotten);
}

json_t *why_json(const struct why_source *s)
{
	char label[CONFIG_NAME_MAX];
	struct path_facts w;
	struct why_portmap_texts texts;
	struct node_peer_status status;
	struct relay_client_status relay;
	struct why_facts f = {.peer = config_peer_label(s->peer, label), .port = s->port};
	peer_id id = reach_peer_find(node_reach_of(s->node), &s->peer->key);
	if (!reach_peer_facts(node_reach_of(s->node), id, s->now, &w) ||
	    !node_peer_status(s->node, id, s->now, &status))
		return NULL;
	const struct config_relay *r =
		w.relay.kind == WAY_RELAY ? config_relay(s->cfg, w.relay.region) : NULL;
	f.relay = r ? r->name : NULL;
	if (r && reach_relay_status(node_reach_of(s->node), r->region, &relay) && !relay.ready &&
	    relay.why[0])
		f.relay_lost = relay.why;
	if (r && s->proxies && !f.relay_lost)
		f.proxy = s->proxies[r - s->cfg->relays];
	add_netcheck(&w, reach_netcheck_report(node_reach_of(s->node)));
	why_gather(&f, &w, &status.tunnel);
	why_hard_gather(&f, &w.hard, s->now);
	why_portmap_gather(&f, &w.portmap, s->cfg->node.port_mapping, &texts);
	return render(s, &f, &w);
}
