#include "explain/rules.h"

#include "explain/hard.h"

static const mono_ns RELAY_IS_FAR = 150 * MSEC;
enum { FALLS_OFTEN = 5 }; /* of the changes that the path remembers */

/* --- conditions: the peer and its relay --- */

static bool is(const struct explain_facts *f, enum peer_state state)
{
	return f->path->state == state;
}

static bool needs_help(const struct explain_facts *f)
{
	return !is(f, PEER_DIRECT) && !is(f, PEER_PLAIN);
}

static bool speaks_no_disco(const struct explain_facts *f)
{
	return is(f, PEER_PLAIN);
}

static bool has_no_relay(const struct explain_facts *f)
{
	return needs_help(f) && !f->relay;
}

static bool lost_relay(const struct explain_facts *f)
{
	return needs_help(f) && f->relay && f->relay_lost;
}

static bool relay_complains(const struct explain_facts *f)
{
	return f->home && f->home_says;
}

static bool has_no_session(const struct explain_facts *f)
{
	return needs_help(f) && !f->session && !lost_relay(f);
}

static bool peer_keeps_its_key(const struct explain_facts *f)
{
	return needs_help(f) && f->session && !f->path->knows_disco;
}

/* --- conditions: a direct path --- */

/* Both sides can talk, so a direct path is possible. What follows asks what is in its way. */
static bool could_be_direct(const struct explain_facts *f)
{
	return needs_help(f) && !is(f, PEER_ASIDE) && f->session && f->path->knows_disco;
}

static bool is_asleep(const struct explain_facts *f)
{
	return could_be_direct(f) && !f->path->active;
}

static bool has_no_udp(const struct explain_facts *f)
{
	return could_be_direct(f) && f->path->n_servers > 0 && !f->stun_answered;
}

static bool has_no_stun(const struct explain_facts *f)
{
	return could_be_direct(f) && f->path->n_servers == 0 && !f->own_public;
}

static bool peer_told_nothing(const struct explain_facts *f)
{
	return could_be_direct(f) && !f->peer_told && f->path->calls_taken == 0;
}

static bool peer_is_private(const struct explain_facts *f)
{
	return could_be_direct(f) && f->peer_told && !f->peer_public && !f->peer_ipv6;
}

static bool fell_silent(const struct explain_facts *f)
{
	return could_be_direct(f) && is(f, PEER_DOUBTED);
}

static bool hears_pings_only(const struct explain_facts *f)
{
	return could_be_direct(f) && !is(f, PEER_DOUBTED) && f->pings > 0 && f->pongs == 0 &&
	       f->path->pings_heard > 0;
}

static bool nothing_passes(const struct explain_facts *f)
{
	return could_be_direct(f) && !is(f, PEER_DOUBTED) && f->pings > 0 && f->pongs == 0 &&
	       f->path->pings_heard == 0 && !has_no_udp(f) && f->peer_told && !peer_is_private(f);
}

/* Pings of this node leave, and no answer comes back: a NAT or a firewall is shut. */
static bool is_shut(const struct explain_facts *f)
{
	return nothing_passes(f) || hears_pings_only(f);
}

static bool is_hard_here(const struct explain_facts *f)
{
	return f->mapping_varies && !f->own_public && is_shut(f);
}

/* The peer told so in an attempt to cross hard NATs. */
static bool is_hard_there(const struct explain_facts *f)
{
	return f->last_planned && f->last_planned->their_mapping == MAPPING_VARIES && is_shut(f);
}

static bool is_shut_there(const struct explain_facts *f)
{
	return !is_hard_here(f) && !is_hard_there(f) && nothing_passes(f);
}

/* One open port is enough, here or there: a mapped port of this node would be one. */
static bool wants_port(const struct explain_facts *f)
{
	return is_shut(f) && !f->own_public;
}

static bool maps_off(const struct explain_facts *f)
{
	return wants_port(f) && f->map == EXPLAIN_MAP_OFF;
}

/* No protocol answers, or none has answered yet. */
static bool maps_nothing(const struct explain_facts *f)
{
	return wants_port(f) && f->map <= EXPLAIN_MAP_UNSPOKEN && f->map != EXPLAIN_MAP_OFF;
}

static bool maps_refused(const struct explain_facts *f)
{
	return wants_port(f) && f->map == EXPLAIN_MAP_REFUSED;
}

static bool maps_without_outside(const struct explain_facts *f)
{
	return wants_port(f) && f->map == EXPLAIN_MAP_NO_OUTSIDE;
}

static bool maps_near(const struct explain_facts *f)
{
	return wants_port(f) && f->map == EXPLAIN_MAP_NEAR;
}

static bool maps_carrier(const struct explain_facts *f)
{
	return wants_port(f) && f->map == EXPLAIN_MAP_CARRIER;
}

/* --- conditions: crossing hard NATs --- */

static bool hard_is(const struct explain_facts *f, enum hard_now now)
{
	return f->path->hard.now == now;
}

static bool last_ended(const struct explain_facts *f, enum attempt_end end)
{
	return f->last_attempt && f->last_attempt->end == end;
}

static bool was_slow(const struct explain_facts *f)
{
	return f->last_planned && f->last_planned->slow;
}

static bool attempt_comes_soon(const struct explain_facts *f)
{
	return is_shut(f) && hard_is(f, HARD_NOW_SOON);
}

static bool attempt_runs(const struct explain_facts *f)
{
	return is_shut(f) && hard_is(f, HARD_NOW_UNDER_WAY) && !was_slow(f);
}

static bool slow_attempt_runs(const struct explain_facts *f)
{
	return is_shut(f) && hard_is(f, HARD_NOW_UNDER_WAY) && was_slow(f);
}

static bool hard_is_off_here(const struct explain_facts *f)
{
	return is_shut(f) && hard_is(f, HARD_NOW_OFF);
}

static bool hard_is_unknown_there(const struct explain_facts *f)
{
	return is_shut(f) && !hard_is(f, HARD_NOW_OFF) && last_ended(f, ATTEMPT_UNANSWERED) &&
	       !f->path->hard.heard;
}

static bool peer_did_not_answer(const struct explain_facts *f)
{
	return is_shut(f) && !hard_is(f, HARD_NOW_OFF) && last_ended(f, ATTEMPT_UNANSWERED) &&
	       f->path->hard.heard;
}

static bool peer_refused(const struct explain_facts *f)
{
	return is_shut(f) && !hard_is(f, HARD_NOW_OFF) && last_ended(f, ATTEMPT_REFUSED);
}

static bool both_are_random(const struct explain_facts *f)
{
	return is_shut(f) && f->last_planned && explain_hard_are_both_random(f->last_planned) &&
	       !was_slow(f) && !hard_is(f, HARD_NOW_UNDER_WAY);
}

static bool attempts_were_in_vain(const struct explain_facts *f)
{
	return is_shut(f) && last_ended(f, ATTEMPT_EXHAUSTED) && !both_are_random(f);
}

static bool budget_is_used_up(const struct explain_facts *f)
{
	return is_shut(f) && hard_is(f, HARD_NOW_BROKE);
}

static bool another_peer_has_its_turn(const struct explain_facts *f)
{
	return is_shut(f) && hard_is(f, HARD_NOW_BUSY);
}

static bool attempt_comes_again(const struct explain_facts *f)
{
	return is_shut(f) && f->next_attempt_s > 0 &&
	       (last_ended(f, ATTEMPT_EXHAUSTED) || last_ended(f, ATTEMPT_REFUSED) ||
		last_ended(f, ATTEMPT_UNANSWERED));
}

/* --- conditions: quality --- */

static bool direct_path_is_lost(const struct explain_facts *f)
{
	return could_be_direct(f) && !is(f, PEER_DOUBTED) && f->pongs > 0;
}

static bool relay_is_better(const struct explain_facts *f)
{
	return is(f, PEER_ASIDE);
}

static bool relay_is_far(const struct explain_facts *f)
{
	return needs_help(f) && !is(f, PEER_ASIDE) && f->path->relay_rtt > RELAY_IS_FAR;
}

static bool falls_often(const struct explain_facts *f)
{
	return f->falls >= FALLS_OFTEN;
}

static bool could_use_ipv6(const struct explain_facts *f)
{
	return is_shut(f) && !(f->own_ipv6 && f->peer_ipv6);
}

/* --- the table: condition, what failed, what a person could change --- */

const struct explain_rule explain_rules[] = {
	{speaks_no_disco,
	 "{peer} has no Relay in the configuration, so it counts as one that speaks WireGuard "
	 "only: no path is looked for, and it is answered where it was last heard.",
	 "If {peer} runs Warren, give it a Relay in the configuration."},
	{has_no_relay,
	 "No relay is known for {peer}, so the two sides cannot tell each other where to find "
	 "them.",
	 "Name the relay of {peer} in the configuration (Relay in its [Peer] section)."},
	{lost_relay,
	 "The relay \"{relay}\" is not connected ({lost}), so {peer} cannot be told where to find "
	 "us.",
	 "See that this machine reaches the relay \"{relay}\" over TCP, or name the HTTP proxy of "
	 "this network to warrend (https_proxy in its environment)."},
	{relay_complains, "The relay \"{home}\" says: {home_says}.", NULL},
	{has_no_session,
	 "{peer} has not answered a WireGuard handshake: it is switched off, or its home relay is "
	 "another one than \"{relay}\", or it does not have our public key.",
	 "See on {peer} with `warren status` that it is up, connected to \"{relay}\", and knows "
	 "this node's key."},
	{peer_keeps_its_key,
	 "There is a session, but {peer} has not told its disco key: what runs there may be plain "
	 "WireGuard.",
	 "Run Warren on {peer}."},
	{is_asleep, "There was no traffic for 45 seconds, so no path is being looked for.",
	 "Send something, for example: warren ping {peer}"},
	{has_no_udp,
	 "No STUN server answered: UDP does not leave this network, or the answers do not come "
	 "back.",
	 "Allow UDP from this machine to everywhere, or at least its answers; the local port is "
	 "{port}."},
	{has_no_stun,
	 "No relay has a STUN server, so this node does not know its address outside of its NAT.",
	 "Give a relay a STUNPort, or tell this node's address outside by hand (Endpoint in "
	 "[Node])."},
	{peer_told_nothing,
	 "{peer} has not told us where it may be reached: nothing of it has come over the relay.",
	 "See on {peer} with `warren status` that its relay is connected."},
	{peer_is_private,
	 "{peer} told private addresses only: UDP from its network to STUN servers seems to be "
	 "blocked.",
	 "Allow UDP to everywhere on the network of {peer}."},
	{fell_silent,
	 "The direct path is in doubt ({doubt}); it is being probed, and the relay is used beside "
	 "it.",
	 NULL},
	{is_hard_here,
	 "The NAT of this network gives each destination another port (it is \"hard\"), so {peer} "
	 "cannot know which port to send to.",
	 NULL},
	{is_hard_there,
	 "The NAT before {peer} gives each destination another port (it is \"hard\"), so we cannot "
	 "know which port to send to.",
	 "Forward the UDP port of {peer} to it on its router, or enable PCP, NAT-PMP or UPnP "
	 "there."},
	{is_shut_there,
	 "None of {pings} pings was answered, and none of {peer}'s came through: a firewall, or a "
	 "NAT that gives each destination another port, is likely before {peer}.",
	 "Forward the UDP port of {peer} to it on its router, or enable PCP, NAT-PMP or UPnP "
	 "there."},
	{hears_pings_only,
	 "Pings of {peer} reach us, but it has not answered any of our {pings}: its side lets "
	 "nothing in that it did not ask for, from the port that we have.",
	 "Open the UDP port of {peer} in its firewall for what comes from outside."},
	{maps_off, "This node does not ask its router to map a port (PortMapping = no).",
	 "Set PortMapping = yes if the router speaks PCP, NAT-PMP or UPnP; or forward UDP port "
	 "{port} to this machine there, and name the address outside (Endpoint in [Node])."},
	{maps_nothing, NULL,
	 "Enable PCP, NAT-PMP or UPnP on the router of this network; or forward UDP port {port} to "
	 "this machine there, and name the address outside (Endpoint in [Node]). One side is "
	 "enough."},
	{maps_refused, "The router {gateway} refused to map our port: {refusal}.",
	 "Allow this machine to map ports on the router {gateway}; or forward UDP port {port} to "
	 "it there, and name the address outside (Endpoint in [Node])."},
	{maps_without_outside,
	 "The router {gateway} refused to map our port: it has no address on the internet itself, "
	 "so another NAT is before it, or it is offline.",
	 "Where two routers stand in a row, set one of them to bridge mode; where the second one "
	 "is the provider's, ask the provider for a public IPv4 address."},
	{maps_near,
	 "The router {gateway} mapped {outside} to us, which leads no farther than the next NAT: "
	 "{reach}.",
	 "Two NATs stand in a row: set one of the two routers to bridge mode, or forward UDP port "
	 "{outside_port} on the outer one to {outside_ip}."},
	{maps_carrier,
	 "The router {gateway} mapped {outside} to us, which leads no farther than the next NAT: "
	 "{reach}.",
	 "Ask the provider for a public IPv4 address; nothing that is changed on the router "
	 "helps."},
	{attempt_comes_soon,
	 "Ways to cross hard NATs come next, when simple punching has failed for two seconds.",
	 NULL},
	{attempt_runs,
	 "Ways to cross hard NATs are being tried now; that takes up to half a minute.", NULL},
	{slow_attempt_runs,
	 "Random ports against random ports are being tried now (SlowPunch = yes); that takes up "
	 "to half an hour.",
	 NULL},
	{hard_is_off_here,
	 "Nothing but simple punching is tried: crossing hard NATs is switched off on this node "
	 "(HardNat = no).",
	 "Set HardNat = yes, here and on {peer}."},
	{hard_is_unknown_there,
	 "{peer} does not answer when it is asked to cross hard NATs together: it does not run "
	 "Warren, or an old one, or it is switched off there (HardNat = no).",
	 "Run Warren on {peer}, without HardNat = no."},
	{peer_did_not_answer,
	 "{peer} did not answer when it was last asked to cross hard NATs together.", NULL},
	{peer_refused,
	 "{peer} refused to cross hard NATs together for now: it was busy with another peer, had "
	 "used up its budget of packets, or got no STUN answer itself.",
	 NULL},
	{both_are_random,
	 "Both NATs seem to give ports at random; such a pair is crossed by the slow mode only, "
	 "which is off.",
	 "Mapping or forwarding a port on one side is best. If that cannot be, set SlowPunch = yes "
	 "on both nodes: up to 170,000 packets in half an hour are tried then."},
	{attempts_were_in_vain,
	 "Ways to cross hard NATs were tried with {hard_sent} packets of ours, and nothing "
	 "answered.",
	 NULL},
	{budget_is_used_up,
	 "The budget for crossing hard NATs is used up for now: {peer_left} of {peer_max} packets "
	 "are left for {peer}, {host_left} of {host_max} for this node, and what a NAT may still "
	 "remember counts as a flow for two minutes.",
	 NULL},
	{another_peer_has_its_turn,
	 "Hard NATs are crossed with one peer at a time, and now it is another one's turn.", NULL},
	{attempt_comes_again, "Crossing hard NATs is tried again in {next} s at the earliest.",
	 NULL},
	{direct_path_is_lost,
	 "There was a direct path, and it does not answer any more; it is looked for again with "
	 "pauses of up to a minute.",
	 NULL},
	{relay_is_better,
	 "There is a direct path, but it is clearly worse than the relay ({rtt} ms and {loss} % "
	 "lost, against {relay_rtt} ms), so the relay has the traffic.",
	 "See why UDP is slow or lossy between the two networks; what is measured decides, and is "
	 "measured on."},
	{relay_is_far, NULL,
	 "Put a relay nearer to the two: the way through \"{relay}\" takes {relay_rtt} ms."},
	{could_use_ipv6, NULL,
	 "Use IPv6 on both sides: it needs no NAT, and firewalls alone are crossed."},
	{falls_often, "Direct paths to {peer} fell silent {falls} times of late.",
	 "A NAT or firewall that forgets quickly, or a line that breaks, is likely; see the "
	 "history."},
};
const size_t explain_rules_n = ARRAY_LEN(explain_rules);
