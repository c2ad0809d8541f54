/* Bytes are prefixes put in, taken out and looked up; a plain list must agree. */
#include "fuzz/fuzz.h"
#include "tunnel/allowed_ips.h"

#define LIST_MAX 64 /* with another one the corpus means something else */
#include "unit/tunnel/prefix_list.h"

enum { PEERS = 8 };

static struct ip read_ip(struct rd *r, uint8_t family)
{
	uint8_t b[16];
	rd_copy(r, b, family == 6 ? 16 : 4);
	return family == 6 ? ip_v6_from(b) : ip_v4_from(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of((struct bytes){data, size});
	struct allowed_ips a = {0};
	static struct list l;
	l.n = 0;
	while (r.left > 0 && !r.bad) {
		uint8_t what = rd_u8(&r);
		peer_id id = what % PEERS;
		struct ip ip = read_ip(&r, what & 0x80 ? 6 : 4);
		struct prefix p = prefix_of(&ip, (uint8_t)(rd_u8(&r) % (ip_len(&ip) * 8 + 1)));
		if ((what & 0x70) == 0x70) {
			list_remove(&l, id);
			allowed_ips_remove(&a, id);
		} else if ((what & 0x60) == 0x20) {
			FUZZ_ASSERT(allowed_ips_remove_prefix(&a, &p, id) ==
				    list_remove_prefix(&l, &p, id));
		} else if (what & 0x40 && list_add(&l, &p, id)) {
			FUZZ_ASSERT(allowed_ips_add(&a, &p, id));
		}
		FUZZ_ASSERT(allowed_ips_find(&a, &ip) == list_find(&l, &ip));
		for (size_t i = 0; i < l.n; i++)
			FUZZ_ASSERT(allowed_ips_find(&a, &l.p[i].ip) == list_find(&l, &l.p[i].ip));
	}
	for (peer_id id = 0; id < PEERS; id++)
		allowed_ips_remove(&a, id);
	FUZZ_ASSERT(a.root[0] == 0 && a.root[1] == 0);
	allowed_ips_fini(&a);
	return 0;
}
