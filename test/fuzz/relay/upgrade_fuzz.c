/* Both halves of the upgrade: any bytes, in two pieces, give the same as in one. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "relay/upgrade.h"

static const struct node_key key = {{1}};

struct asked {
	enum upgrade_want want;
	size_t used, n;
	bool close;
	uint8_t answer[UPGRADE_HEADER_MAX];
};

static void ask(struct asked *r, struct bytes b, size_t cut)
{
	struct upgrade_asked *a = upgrade_asked_new();
	struct bytes part[2] = {{b.p, cut}, {b.p + cut, b.n - cut}};
	*r = (struct asked){.want = WANT_MORE};
	struct wr w = wr_of(r->answer, sizeof(r->answer));
	for (int i = 0; i < 2 && r->want == WANT_MORE; i++) {
		size_t used;
		r->want = upgrade_asked_input(a, part[i], &used, &key, &w, &r->close);
		FUZZ_ASSERT(used <= part[i].n);
		FUZZ_ASSERT(r->want != WANT_MORE || used == part[i].n);
		r->used += used;
	}
	FUZZ_ASSERT(!w.bad);
	r->n = w.n;
	upgrade_asked_free(a);
}

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
	static struct asked whole, cut;
	if (size == 0)
		return 0;
	size_t at = data[0] < size ? data[0] : size - 1, n1, n2;
	struct bytes b = {data + 1, size - 1};
	ask(&whole, b, 0);
	ask(&cut, b, at);
	FUZZ_ASSERT(whole.want == cut.want && whole.close == cut.close && whole.n == cut.n);
	FUZZ_ASSERT(whole.want == WANT_BAD || whole.used == cut.used);
	FUZZ_ASSERT(memcmp(whole.answer, cut.answer, whole.n) == 0);
	FUZZ_ASSERT(answered(b, 0, &n1) == answered(b, at, &n2));
	return 0;
}
