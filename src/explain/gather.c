#include "explain/gather.h"

/* A carrier's address, 100.64.0.0/10, has the carrier's NAT before it. */
static bool is_public(const struct ip *ip)
{
	return !ip_is_private(ip) && !ip_is_shared(ip) && !ip_is_loopback(ip) &&
	       !ip_is_link_local(ip);
}

/* Nothing shuts it from outside. An address that STUN saw is the NAT's, and does not count. */
static bool is_open(const struct candidate *c)
{
	bool known = c->kind == CANDIDATE_LOCAL || c->kind == CANDIDATE_FIXED ||
		     c->kind == CANDIDATE_PORTMAP;
	return known && !c->near && c->ep.ip.family == 4 && is_public(&c->ep.ip);
}

static void gather_own(struct explain_facts *f, const struct path_facts *path)
{
	f->own_ipv6 = f->own_public = f->stun_answered = false;
	for (size_t i = 0; i < path->own.n; i++) {
		const struct candidate *c = &path->own.v[i];
		f->own_ipv6 |= c->ep.ip.family == 6 && is_public(&c->ep.ip);
		f->own_public |= is_open(c);
	}
	for (size_t i = 0; i < path->n_servers; i++)
		f->stun_answered |= endpoint_is_set(&path->servers[i].seen);
	f->mapping_varies = path->mapping == MAPPING_VARIES;
}

static void gather_peer(struct explain_facts *f, const struct path_facts *path)
{
	f->peer_told = f->peer_public = f->peer_ipv6 = false;
	f->pings = f->pongs = 0;
	for (size_t i = 0; i < path->n_remotes; i++) {
		const struct remote_facts *r = &path->remotes[i];
		bool public = is_public(&r->ep.ip);
		f->peer_told |= r->told || r->by_hand;
		f->peer_public |= r->ep.ip.family == 4 && public;
		f->peer_ipv6 |= r->ep.ip.family == 6 && public;
		f->pings += r->pings;
		f->pongs += r->pongs;
	}
}

static void gather_history(struct explain_facts *f, const struct path_facts *path)
{
	const struct path_past *last = path->n_past ? &path->past[path->n_past - 1] : NULL;
	f->doubt = last && last->doubt ? path_reason_text(last->reason) : NULL;
	f->falls = 0;
	for (size_t i = 0; i < path->n_past; i++)
		f->falls += path->past[i].doubt && path->past[i].reason == PATH_SILENT;
}

/* An attempt may have found out that our NAT varies where STUN could not. */
static void gather_hard(struct explain_facts *f, const struct hard_facts *hard)
{
	bool known = hard->next != MONO_NEVER;
	f->next_attempt_s =
		known ? (unsigned)((mono_since(f->now, hard->next) + SECOND - 1) / SECOND) : 0;
	f->last_attempt = hard->n_past ? &hard->past[hard->n_past - 1] : NULL;
	f->last_planned = NULL;
	for (size_t i = 0; i < hard->n_past; i++) {
		if (!hard->past[i].planned)
			continue;
		f->last_planned = &hard->past[i];
		f->mapping_varies |= f->last_planned->our_mapping == MAPPING_VARIES;
	}
}

void explain_gather(struct explain_facts *f, const struct path_facts *path,
		    const struct tunnel_peer_status *tunnel)
{
	f->path = path;
	f->session = tunnel->session;
	gather_own(f, path);
	gather_peer(f, path);
	gather_history(f, path);
	gather_hard(f, &path->hard);
	f->gateway = explain_portmap_gateway(&path->portmap);
	f->map = explain_portmap_map(f->gateway, f->port_mapping);
}
