/* A datagram: what is read as a binding message looks like one, and its answer comes back. */
#include "wire/stun.h"

#include <string.h>

#include "fuzz/fuzz.h"
#include "unit/wire/plain_stun.h"

static void check_request(struct bytes d)
{
	struct stun_txid txid, back;
	uint8_t out[STUN_REQUEST_LEN];
	struct wr w = wr_of(out, sizeof(out));
	if (!stun_read_request(d, &txid))
		return;
	FUZZ_ASSERT(stun_is(d));
	stun_write_request(&w, &txid);
	FUZZ_ASSERT(stun_read_request(wr_done(&w), &back));
	FUZZ_ASSERT(memcmp(&txid, &back, sizeof(txid)) == 0);
}

static void check_response(struct bytes d)
{
	struct stun_txid txid, back;
	struct endpoint e, e_back;
	uint8_t out[STUN_RESPONSE_MAX];
	struct wr w = wr_of(out, sizeof(out));
	if (!stun_read_response(d, &txid, &e))
		return;
	FUZZ_ASSERT(stun_is(d));
	stun_write_response(&w, &txid, &e);
	FUZZ_ASSERT(!w.bad);
	FUZZ_ASSERT(stun_read_response(wr_done(&w), &back, &e_back));
	FUZZ_ASSERT(memcmp(&txid, &back, sizeof(txid)) == 0 && endpoint_equal(&e, &e_back));
}

static void check_question(struct bytes d)
{
	struct stun_question q, back;
	struct stun_txid txid;
	uint8_t out[STUN_CHANGE_LEN];
	struct wr w = wr_of(out, sizeof(out));
	if (!stun_read_question(d, &q))
		return;
	FUZZ_ASSERT(stun_read_request(d, &txid) == (!q.wants_origin && !q.elsewhere));
	stun_write_change_request(&w, &q.txid, q.change);
	FUZZ_ASSERT(stun_read_question(wr_done(&w), &back) && back.change == q.change);
	w = wr_of(out, sizeof(out));
	stun_write_elsewhere_request(&w, &q.txid, q.response_port);
	FUZZ_ASSERT(stun_read_question(wr_done(&w), &back) && back.elsewhere);
	FUZZ_ASSERT(back.response_port == q.response_port);
}

static void check_answer(struct bytes d)
{
	struct stun_answer a, back;
	uint8_t out[STUN_ANSWER_MAX];
	struct wr w = wr_of(out, sizeof(out));
	if (!stun_read_answer(d, &a))
		return;
	stun_write_answer(&w, &a);
	FUZZ_ASSERT(!w.bad && stun_read_answer(wr_done(&w), &back));
	FUZZ_ASSERT(endpoint_equal(&a.reflexive, &back.reflexive));
	FUZZ_ASSERT(endpoint_equal(&a.origin, &back.origin) &&
		    endpoint_equal(&a.other, &back.other));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes d = {data, size};
	check_request(d);
	check_response(d);
	check_question(d);
	check_answer(d);
	return 0;
}
