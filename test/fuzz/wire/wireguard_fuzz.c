/* A datagram: what is read is written again byte for byte. */
#include "wire/wireguard.h"

#include "fuzz/fuzz.h"

enum { SIZE_MAX_HERE = 8192 };

static bool rewrite(struct bytes d, struct wr *w)
{
	struct wg_initiation initiation;
	struct wg_response response;
	struct wg_cookie cookie;
	struct wg_transport transport;
	if (wg_read_initiation(d, &initiation)) {
		wg_write_initiation(w, &initiation);
	} else if (wg_read_response(d, &response)) {
		wg_write_response(w, &response);
	} else if (wg_read_cookie(d, &cookie)) {
		wg_write_cookie(w, &cookie);
	} else if (wg_read_transport(d, &transport)) {
		wg_write_transport_header(w, transport.receiver, transport.counter);
		wr_bytes(w, transport.sealed);
	} else {
		return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[SIZE_MAX_HERE];
	struct wr w = wr_of(out, sizeof(out));
	struct bytes d = {data, size};
	if (size > SIZE_MAX_HERE)
		return 0;
	bool read = rewrite(d, &w);
	FUZZ_ASSERT(read == (wg_type_of(d) != WG_NONE));
	if (read)
		FUZZ_ASSERT(bytes_equal(wr_done(&w), d));
	return 0;
}
