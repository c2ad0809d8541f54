/* A packet from the tunnel: an advert that is read, written again, is the same advert. */
#include "wire/tsmp.h"

#include <string.h>

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[TSMP_ADVERT_MAX];
	struct wr w = wr_of(out, sizeof(out));
	struct ip_packet p, q;
	struct disco_key key, back;
	if (!ip_read((struct bytes){data, size}, &p) || !tsmp_read_advert(&p, &key))
		return 0;
	tsmp_write_advert(&w, &p.src, &p.dst, &key);
	FUZZ_ASSERT(!w.bad && ip_read(wr_done(&w), &q) && tsmp_read_advert(&q, &back));
	FUZZ_ASSERT(ip_equal(&p.src, &q.src) && ip_equal(&p.dst, &q.dst));
	FUZZ_ASSERT(memcmp(&key, &back, sizeof(key)) == 0);
	return 0;
}
