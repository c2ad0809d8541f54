/* A datagram: what is read as a request or a response of PCP comes back when it is written. */
#include "wire/pcp.h"

#include <string.h>

#include "fuzz/fuzz.h"

static bool same_map(const struct pcp_map *a, const struct pcp_map *b)
{
	return memcmp(a->nonce, b->nonce, PCP_NONCE_LEN) == 0 && a->protocol == b->protocol &&
	       a->internal == b->internal && endpoint_equal(&a->external, &b->external);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pcp_request q, q_back;
	struct pcp_response a, a_back;
	uint8_t room[PCP_MAP_LEN];
	struct wr w = wr_of(room, sizeof(room));
	if (pcp_read_request((struct bytes){data, size}, &q)) {
		pcp_write_request(&w, &q);
		FUZZ_ASSERT(!w.bad && pcp_read_request(wr_done(&w), &q_back));
		FUZZ_ASSERT(q.op == q_back.op && ip_equal(&q.client, &q_back.client));
		FUZZ_ASSERT(same_map(&q.map, &q_back.map));
	}
	w = wr_of(room, sizeof(room));
	if (pcp_read_response((struct bytes){data, size}, &a)) {
		pcp_write_response(&w, &a);
		FUZZ_ASSERT(!w.bad && pcp_read_response(wr_done(&w), &a_back));
		FUZZ_ASSERT(a.op == a_back.op && a.result == a_back.result &&
			    same_map(&a.map, &a_back.map));
	}
	return 0;
}
