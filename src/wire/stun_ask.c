#include "wire/stun_ask.h"

#include <string.h>

void stun_ask_begin(struct stun_ask *a, const struct endpoint *to, uint8_t tries,
		    const struct rng *rng, mono_ns due)
{
	*a = (struct stun_ask){.to = *to, .tries_left = tries, .waits = true};
	rng_fill(rng, a->txid.b, STUN_TXID_LEN);
	(void)!stun_ask_again(a, due);
}

bool stun_ask_again(struct stun_ask *a, mono_ns due)
{
	if (a->tries_left == 0) {
		a->due = MONO_NEVER;
		return false;
	}
	a->tries_left--;
	a->owed = true;
	a->due = due;
	return true;
}

void stun_ask_end(struct stun_ask *a)
{
	a->waits = a->owed = false;
}

bool stun_ask_send(struct stun_ask *a, struct endpoint *to)
{
	if (!a->owed)
		return false;
	a->owed = false;
	*to = a->to;
	return true;
}

bool stun_ask_output(struct stun_ask *a, struct endpoint *to, struct wr *out)
{
	if (!stun_ask_send(a, to))
		return false;
	stun_write_request(out, &a->txid);
	return true;
}

bool stun_ask_is(const struct stun_ask *a, const struct stun_txid *txid)
{
	return a->to.ip.family != 0 && memcmp(a->txid.b, txid->b, STUN_TXID_LEN) == 0;
}

enum stun_ask_verdict stun_ask_input(struct stun_ask *a, const struct stun_answer *answer)
{
	if (!stun_ask_is(a, &answer->txid))
		return STUN_ASK_OTHER;
	if (!a->waits || !endpoint_is_set(&answer->reflexive) ||
	    answer->reflexive.ip.family != a->to.ip.family)
		return STUN_ASK_DROPPED;
	stun_ask_end(a);
	return STUN_ASK_ANSWERED;
}
