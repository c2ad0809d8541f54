/* An attempt has two steps: the address, then the mapping.  A renewal does both again, because the
 * outside address may have changed. */
#include "path/portmap/natpmp_mapper.h"

/* RFC 6886 s. 3.1: nine tries, the first wait is 250 ms, each is twice the one before. */
static const struct mapper_patience patience = {
	.first = 250 * MSEC, .most = 64 * SECOND, .tries = 9};

enum { RETRY_S = 300 }; /* after a refusal: this protocol gives no time for it */

#define ADDRESS_YOUNG (10 * SECOND)

void natpmp_mapper_init(struct natpmp_mapper *p, uint16_t port)
{
	*p = (struct natpmp_mapper){.port = port};
	mapper_init(&p->m);
}

void natpmp_mapper_ask(struct natpmp_mapper *p, mono_ns now)
{
	p->address = (struct ip){0};
	mapper_ask(&p->m, now);
}

bool natpmp_mapper_waits(const struct natpmp_mapper *p)
{
	return p->m.state == MAPPER_ASKING && p->address.family == 4 && !p->may_map;
}

void natpmp_mapper_allow(struct natpmp_mapper *p, mono_ns now)
{
	if (!natpmp_mapper_waits(p))
		return;
	p->may_map = true;
	if (mono_since(p->m.asked_at, now) > ADDRESS_YOUNG)
		p->address = (struct ip){0};
	mapper_ask_on(&p->m, now);
}

static bool take_address(struct natpmp_mapper *p, const struct ip *address, mono_ns now)
{
	if (p->address.family != 0)
		return false;
	p->address = *address;
	if (p->may_map)
		mapper_ask_on(&p->m, now);
	else
		p->m.next = MONO_NEVER; /* until it is allowed */
	p->m.owed = false;
	return true;
}

static bool take_mapping(struct natpmp_mapper *p, const struct natpmp_response *a, mono_ns now)
{
	struct endpoint outside = {p->address, a->external};
	return p->address.family != 0 && a->internal == p->port &&
	       mapper_granted(&p->m, &outside, a->lifetime_s, now);
}

static enum mapper_refusal refusal_of(uint16_t result)
{
	switch (result) {
	case NATPMP_NOT_AUTHORISED:
		return MAPPER_FORBIDDEN;
	case NATPMP_NETWORK_FAILURE:
		return MAPPER_NO_OUTSIDE;
	case NATPMP_NO_RESOURCES:
		return MAPPER_NO_ROOM;
	default: /* a number of the network's */
		return MAPPER_REFUSED_SOMEHOW;
	}
}

/* This protocol has no nonce, so only answers to a request that is out are taken. */
bool natpmp_mapper_input(struct natpmp_mapper *p, const struct natpmp_response *a, mono_ns now)
{
	if (p->m.state != MAPPER_ASKING)
		return false;
	p->m.heard = true;
	if (epoch_restarted_natpmp(&p->m.epoch, a->epoch_s, now))
		mapper_lost(&p->m);
	if (a->result != NATPMP_OK) {
		mapper_refused(&p->m, refusal_of(a->result), RETRY_S, now);
		return true;
	}
	return a->op == NATPMP_ADDRESS ? take_address(p, &a->address, now)
				       : take_mapping(p, a, now);
}

bool natpmp_mapper_output(struct natpmp_mapper *p, struct wr *out)
{
	if (!p->m.owed && !p->m.owed_end)
		return false;
	struct natpmp_request q = {.op = NATPMP_MAP_UDP, .internal = p->port};
	if (p->m.owed && p->address.family == 0) {
		q.op = NATPMP_ADDRESS;
	} else if (p->m.owed) {
		q.external = p->m.wish ? p->m.wish : p->port;
		q.lifetime_s = MAPPER_LIFETIME_S;
	}
	p->m.owed = p->m.owed_end = false;
	natpmp_write_request(out, &q);
	return true;
}

void natpmp_mapper_tick(struct natpmp_mapper *p, const struct rng *rng, mono_ns now)
{
	if (p->m.state != MAPPER_ASKING && p->m.next <= now)
		p->address = (struct ip){0};
	mapper_tick(&p->m, &patience, rng, now);
}
