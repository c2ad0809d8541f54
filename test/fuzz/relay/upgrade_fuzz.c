/* A relay's answer to the upgrade: any bytes, in two pieces, give the same as in one. */
#include "fuzz/fuzz.h"
#include "relay/upgrade.h"

static enum upgrade_progress answered(struct bytes b, size_t cut, size_t *total)
{
	char why[UPGRADE_WHY_MAX];
	struct upgrade_answer *a = upgrade_answer_new();
	struct bytes part[2] = {{b.p, cut}, {b.p + cut, b.n - cut}};
	enum upgrade_progress r = UPGRADE_MORE;
	*total = 0;
	for (int i = 0; i < 2 && r == UPGRADE_MORE; i++) {
		size_t used;
		r = upgrade_answer_input(a, part[i], &used, why);
		FUZZ_ASSERT(used <= part[i].n);
		*total += used;
	}
	upgrade_answer_free(a);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	size_t at = data[0] < size ? data[0] : size - 1, n1, n2;
	struct bytes b = {data + 1, size - 1};
	enum upgrade_progress whole = answered(b, 0, &n1), cut = answered(b, at, &n2);
	FUZZ_ASSERT(whole == cut && (whole == UPGRADE_REFUSED || n1 == n2));
	return 0;
}
