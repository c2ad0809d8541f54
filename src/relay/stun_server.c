#include "relay/stun_server.h"

static uint16_t other_port(const struct stun_places *p, uint16_t port)
{
	return p->port[port == p->port[0] ? 1 : 0];
}

/* Family 0: there is no other. */
static struct ip other_address(const struct stun_places *p, const struct ip *ip)
{
	const struct ip *second = &p->second[ip->family == 6];
	if (ip->family == 0 || ip_equal(second, ip))
		return (struct ip){0};
	return *second;
}

static bool change(const struct stun_places *p, const struct endpoint *at, uint8_t what,
		   struct endpoint *leave)
{
	*leave = *at;
	if (what & STUN_CHANGE_PORT)
		leave->port = other_port(p, at->port);
	if (what & STUN_CHANGE_ADDRESS)
		leave->ip = other_address(p, &at->ip);
	return leave->port != 0 && (leave->ip.family != 0 || !(what & STUN_CHANGE_ADDRESS));
}

/* The other port at the other address; at this address if there is no other. */
static struct endpoint elsewhere(const struct stun_places *p, const struct endpoint *at)
{
	struct endpoint e = {other_address(p, &at->ip), other_port(p, at->port)};
	if (e.ip.family == 0)
		e.ip = at->ip;
	return e.port ? e : (struct endpoint){0};
}

bool stun_server_answer(const struct stun_places *places, const struct endpoint *at,
			const struct endpoint *from, struct bytes question, struct stun_way *way,
			struct wr *answer)
{
	struct stun_question q;
	struct stun_answer a = {.reflexive = *from};
	if (!stun_read_question(question, &q))
		return false;
	a.txid = q.txid;
	*way = (struct stun_way){.leave = *at, .to = *from};
	if (q.wants_origin) {
		if (!change(places, at, q.change, &way->leave))
			return false;
		a.origin = way->leave;
		a.other = elsewhere(places, at);
	}
	if (q.elsewhere) {
		if (q.response_port < STUN_RESPONSE_PORT_MIN)
			return false;
		way->to.port = q.response_port;
	}
	size_t before = answer->n;
	stun_write_answer(answer, &a);
	bool plain = !q.wants_origin && !q.elsewhere;
	if (!answer->bad && (plain || answer->n - before <= question.n))
		return true;
	answer->n = before;
	return false;
}
