/* A datagram: what is read as a binding message looks like one, and its answer comes back. */
#include "wire/stun.h"

#include <string.h>

#include "fuzz.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes d = {data, size};
	check_request(d);
	check_response(d);
	return 0;
}
