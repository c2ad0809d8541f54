#include "report/why.h"

#include "explain/sentences.h"
#include "explain/tried.h"
#include "node/node.h"
#include "report/time_text.h"
#include "report/way_text.h"
#include "report/why_hard.h"
#include "report/why_portmap.h"

static const char *const ways[] = {
	[PEER_PLAIN] = "wireguard only", [PEER_RELAYED] = "relayed",    [PEER_DIRECT] = "direct",
	[PEER_DOUBTED] = "in doubt",     [PEER_ASIDE] = "relay faster",
};
static const char *const mappings[] = {
	[MAPPING_UNKNOWN] = "unknown", [MAPPING_SAME] = "same", [MAPPING_VARIES] = "varies"};

/* --- facts and history --- */

/* With one decimal; 0: not known. */
static json_t *ms_or_null(mono_ns t)
{
	mono_ns tenths = t / (100 * USEC);
	return t == 0 ? json_null() : json_real((double)tenths / 10);
}

static json_t *own_json(const struct candidates *own)
{
	char text[ENDPOINT_TEXT_MAX];
	json_t *list = json_array();
	for (size_t i = 0; i < own->n; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "endpoint",
						      endpoint_format(&own->v[i].ep, text), "kind",
						      candidate_kind_name(own->v[i].kind)));
	return list;
}

static json_t *stun_json(const struct server_facts *v, size_t n)
{
	char at[ENDPOINT_TEXT_MAX], seen[ENDPOINT_TEXT_MAX];
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		bool answered = endpoint_is_set(&v[i].seen);
		json_array_append_new(
			list,
			json_pack("{s:s, s:s?}", "server", endpoint_format(&v[i].at, at), "seen",
				  answered ? endpoint_format(&v[i].seen, seen) : NULL));
	}
	return list;
}

static json_t *remotes_json(const struct remote_facts *v, size_t n)
{
	char text[ENDPOINT_TEXT_MAX];
	json_t *list = json_array();
	for (const struct remote_facts *r = v; r < v + n; r++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:o, s:i}", "endpoint",
					endpoint_format(&r->ep, text), "by", explain_named_by(r),
					"pings", (int)r->pings, "answers", (int)r->pongs,
					"padded_pings", (int)r->padded_pings, "padded_answers",
					(int)r->padded_pongs, "rtt_ms", ms_or_null(r->rtt),
					"loss_percent", (int)r->loss_percent));
	return list;
}

static json_t *facts_json(const struct why_source *s, const struct explain_facts *f)
{
	const struct path_facts *path = f->path;
	return json_pack(
		"{s:s, s:o, s:o, s:i, s:i, s:s, s:o, s:o, s:i, s:i, s:i, s:s?, s:o, s:o, s:o}",
		"way", ways[path->state], "rtt_ms", ms_or_null(path->rtt), "relay_rtt_ms",
		ms_or_null(path->relay_rtt), "loss_percent", (int)path->loss_percent,
		"relay_loss_percent", (int)path->relay_loss_percent, "mapping",
		mappings[path->mapping], "endpoints", own_json(&path->own), "stun",
		stun_json(path->servers, path->n_servers), "calls_sent", (int)path->calls_sent,
		"calls_taken", (int)path->calls_taken, "pings_heard", (int)path->pings_heard,
		"proxy", f->proxy, "candidates", remotes_json(path->remotes, path->n_remotes),
		"hard", why_hard_json(&path->hard, f->now, s->wall_offset_ns), "port_mapping",
		why_portmap_json(&path->portmap, f->port_mapping));
}

static json_t *past_json(const struct why_source *s, const struct path_past *p)
{
	char was[WAY_TEXT_MAX], via[WAY_TEXT_MAX], time[TIME_TEXT_MAX];
	return json_pack("{s:s, s:s, s:s, s:b, s:s, s:o}", "time",
			 time_text(p->at, s->wall_offset_ns, time), "from",
			 way_text(s->map, &p->was, was), "way", way_text(s->map, &p->via, via),
			 "in_doubt", (int)p->doubt, "reason", path_reason_text(p->reason), "rtt_ms",
			 ms_or_null(p->rtt));
}

/* --- the document --- */

static json_t *sentences_json(const struct explain_facts *f,
			      void (*collect)(const struct explain_facts *f, struct sentences *out))
{
	struct sentences v;
	json_t *list = json_array();
	collect(f, &v);
	for (size_t i = 0; i < v.n; i++)
		json_array_append_new(list, json_string(v.v[i]));
	return list;
}

static json_t *render(const struct why_source *s, const struct explain_facts *f)
{
	char now[SENTENCE_MAX];
	json_t *history = json_array();
	for (size_t i = 0; i < f->path->n_past; i++)
		json_array_append_new(history, past_json(s, &f->path->past[i]));
	explain_now(f, now);
	return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:i}", "name", f->peer,
			 "now", now, "direct", (int)(f->path->state == PEER_DIRECT), "tried",
			 sentences_json(f, explain_tried), "seen", sentences_json(f, explain_seen),
			 "failed", sentences_json(f, explain_failed), "advice",
			 sentences_json(f, explain_advice), "facts", facts_json(s, f), "history",
			 history, "forgotten", (int)f->path->forgotten);
}

/* --- gathering --- */

/* It was made where this node is now. */
static bool is_of_this_network(const struct path_facts *path, const struct netcheck_report *r)
{
	for (size_t i = 0; i < path->n_servers; i++)
		if (endpoint_is_set(&path->servers[i].seen) &&
		    ip_equal(&path->servers[i].seen.ip, &r->global4.ip))
			return true;
	return false;
}

/* The path may know too few STUN servers to tell how our NAT maps; a netcheck asks more of them. */
static void add_netcheck(struct path_facts *path, const struct netcheck_report *r)
{
	if (path->mapping != MAPPING_UNKNOWN || !r || !is_of_this_network(path, r))
		return;
	path->mapping = r->nat4.varies;
}

/* Fills `status`, since the facts borrow a text of it. */
static void name_relay(struct explain_facts *f, const struct why_source *s, uint16_t region,
		       struct relay_client_status *status)
{
	const struct netmap_relay *r = netmap_relay(s->map, region);
	if (!r)
		return;
	f->relay = r->name;
	if (reach_relay_status(node_reach_of(s->node), region, status) && !status->ready &&
	    status->why[0])
		f->relay_lost = status->why;
	else if (s->proxies)
		f->proxy = s->proxies[r - s->map->relays];
}

/* What our own relay says of this node: it can be why a path to any peer is bad. */
static void name_home(struct explain_facts *f, const struct why_source *s,
		      struct relay_client_status *status)
{
	const struct netmap_relay *r = netmap_relay(s->map, s->map->self.home);
	if (!r)
		return;
	f->home = r->name;
	if (reach_relay_status(node_reach_of(s->node), r->region, status) && status->health[0])
		f->home_says = status->health;
}

json_t *why_json(const struct why_source *s)
{
	char label[NETMAP_NAME_MAX];
	struct path_facts path;
	struct node_peer_status status;
	struct relay_client_status relay, home;
	struct explain_facts f = {.peer = netmap_peer_label(s->peer, label),
				  .nat64 = reach_nat64(node_reach_of(s->node)),
				  .port = s->port,
				  .port_mapping = s->settings->port_mapping,
				  .now = s->now};
	peer_id id = reach_peer_find(node_reach_of(s->node), &s->peer->key);
	if (!reach_peer_facts(node_reach_of(s->node), id, s->now, &path) ||
	    !node_peer_status(s->node, id, s->now, &status))
		return NULL;
	if (path.relay.kind == WAY_RELAY)
		name_relay(&f, s, path.relay.region, &relay);
	name_home(&f, s, &home);
	add_netcheck(&path, reach_netcheck_report(node_reach_of(s->node)));
	explain_gather(&f, &path, &status.tunnel);
	return render(s, &f);
}
