/* A datagram: what is read as a request or a response of NAT-PMP is written as it was. */
#include "wire/natpmp.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct natpmp_request q;
	struct natpmp_response a, back;
	uint8_t room[NATPMP_RESPONSE_MAX];
	struct wr w = wr_of(room, sizeof(room));
	if (natpmp_read_request((struct bytes){data, size}, &q)) {
		natpmp_write_request(&w, &q);
		FUZZ_ASSERT(!w.bad && w.n == size && natpmp_read_request(wr_done(&w), &q));
	}
	w = wr_of(room, sizeof(room));
	if (natpmp_read_response((struct bytes){data, size}, &a)) {
		natpmp_write_response(&w, &a);
		FUZZ_ASSERT(!w.bad && natpmp_read_response(wr_done(&w), &back));
		FUZZ_ASSERT(back.op == a.op && back.result == a.result &&
			    back.external == a.external);
	}
	return 0;
}
