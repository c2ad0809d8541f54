/* PREF64 options and DNS answers: what is read is good, and is written and embedded the same again.
 */
#include "wire/nat64.h"

#include "fuzz/fuzz.h"
#include "unit/wire/pref64.h"

static void option(struct bytes b)
{
	uint8_t out[PREF64_OPTION_LEN];
	struct wr w = wr_of(out, sizeof(out));
	struct prefix p, q;
	uint32_t life_s, again_s;
	if (!pref64_read(b, &p, &life_s))
		return;
	FUZZ_ASSERT(nat64_prefix_is_good(&p));
	FUZZ_ASSERT(pref64_write(&w, &p, life_s) && pref64_read(wr_done(&w), &q, &again_s));
	FUZZ_ASSERT(prefix_equal(&p, &q) && life_s == again_s);
}

static void answer(struct bytes b)
{
	struct ip v[12];
	struct prefix found[NAT64_PREFIXES_MAX];
	size_t n = 0;
	struct rd r = rd_of(b);
	while (n < ARRAY_LEN(v) && r.left >= 16)
		v[n++] = ip_v6_from(rd_take(&r, 16).p);
	size_t n_found = nat64_discover(v, n, found);
	FUZZ_ASSERT(n_found <= n && n_found <= NAT64_PREFIXES_MAX);
	for (size_t i = 0; i < n_found; i++) {
		struct ip back, v4 = ip_v4(192, 0, 0, 170);
		FUZZ_ASSERT(nat64_prefix_is_good(&found[i]));
		for (size_t k = 0; k < n; k++)
			if (nat64_extract(&found[i], &v[k], &back)) {
				struct ip again = nat64_embed(&found[i], &back);
				FUZZ_ASSERT(ip_equal(&again, &v[k]));
			}
		struct ip v6 = nat64_embed(&found[i], &v4);
		FUZZ_ASSERT(nat64_extract(&found[i], &v6, &back) && ip_equal(&back, &v4));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	option((struct bytes){data, size});
	answer((struct bytes){data, size});
	return 0;
}
