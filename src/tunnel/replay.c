#include "tunnel/replay.h"

enum { WORDS = REPLAY_BITS / 64 };

bool replay_fresh(const struct replay *r, uint64_t counter)
{
	if (counter >= r->next)
		return true;
	if (r->next - counter > REPLAY_WINDOW)
		return false;
	return !(r->seen[counter / 64 % WORDS] >> counter % 64 & 1);
}

static void advance(struct replay *r, uint64_t counter)
{
	uint64_t newest = r->next ? (r->next - 1) / 64 : 0;
	uint64_t steps = counter / 64 - newest;
	for (uint64_t i = 1; i <= steps && i <= WORDS; i++)
		r->seen[(newest + i) % WORDS] = 0;
	r->next = counter + 1;
}

void replay_mark(struct replay *r, uint64_t counter)
{
	if (counter >= r->next)
		advance(r, counter);
	r->seen[counter / 64 % WORDS] |= UINT64_C(1) << counter % 64;
}
