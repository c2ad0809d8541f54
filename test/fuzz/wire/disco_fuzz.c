/* An inner message, as a peer with our key could send it: written again and read again it is the
 * same. And the same bytes as a datagram from anybody. */
#include "wire/disco.h"

#include "fuzz/fuzz.h"

enum { SIZE_MAX_HERE = 8192 };

static void check_frame(struct bytes d)
{
	static const struct box_shared shared;
	struct disco_key sender;
	struct bytes sealed;
	struct disco_msg m;
	if (!disco_open_frame(d, &sender, &sealed))
		return;
	FUZZ_ASSERT(disco_is(d));
	FUZZ_ASSERT(sealed.n == d.n - DISCO_HEADER_LEN);
	if (disco_open(sealed, &shared, &m))
		FUZZ_ASSERT(m.type >= DISCO_PING && m.type <= DISCO_EXTENSION);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t first[SIZE_MAX_HERE], second[SIZE_MAX_HERE];
	struct wr a = wr_of(first, sizeof(first)), b = wr_of(second, sizeof(second));
	struct bytes d = {data, size};
	struct disco_msg m;
	if (size > SIZE_MAX_HERE)
		return 0;
	check_frame(d);
	if (!disco_read(d, &m))
		return 0;
	disco_write(&a, &m);
	/* Endpoints over the limit and bytes of the future are left out, nothing is added but the
	 * count that an extension of version 1 did not have. */
	FUZZ_ASSERT(!a.bad && a.n <= size + (m.type == DISCO_EXTENSION));
	FUZZ_ASSERT(disco_read(wr_done(&a), &m));
	disco_write(&b, &m);
	FUZZ_ASSERT(bytes_equal(wr_done(&a), wr_done(&b)));
	return 0;
}
