/* What begins with a brace is JSON, the rest a frame: written again and read again both are the
 * same. */
#include "wire/derp.h"

#include <string.h>

#include "fuzz/fuzz.h"

enum { SIZE_MAX_HERE = 1 << 17 };

static void check_json(struct bytes d)
{
	struct derp_client_info client, client_back;
	struct derp_server_info server, server_back;
	uint8_t out[256];
	if (derp_read_client_info(d, &client)) {
		struct wr w = wr_of(out, sizeof(out));
		derp_write_client_info(&w, &client);
		FUZZ_ASSERT(!w.bad && derp_read_client_info(wr_done(&w), &client_back));
		FUZZ_ASSERT(memcmp(client.mesh_key, client_back.mesh_key, KEY_LEN) == 0);
		FUZZ_ASSERT(client.version == client_back.version);
		FUZZ_ASSERT(client.can_ack_pings == client_back.can_ack_pings);
		FUZZ_ASSERT(client.is_prober == client_back.is_prober);
	}
	if (derp_read_server_info(d, &server)) {
		struct wr w = wr_of(out, sizeof(out));
		derp_write_server_info(&w, &server);
		FUZZ_ASSERT(!w.bad && derp_read_server_info(wr_done(&w), &server_back));
		FUZZ_ASSERT(server.version == server_back.version);
		FUZZ_ASSERT(server.bytes_per_second == server_back.bytes_per_second);
		FUZZ_ASSERT(server.burst_bytes == server_back.burst_bytes);
	}
}

static enum derp_read read_frame(struct bytes d, struct derp_frame *out)
{
	uint8_t type;
	uint32_t len;
	struct rd r = rd_of(d);
	if (!derp_read_header(d, &type, &len))
		return DERP_MALFORMED;
	rd_skip(&r, DERP_HEADER_LEN);
	return derp_read(type, rd_take(&r, len < r.left ? len : r.left), out);
}

static void check_frame(struct bytes d)
{
	static uint8_t first[SIZE_MAX_HERE + 64], second[SIZE_MAX_HERE + 64];
	struct wr a = wr_of(first, sizeof(first)), b = wr_of(second, sizeof(second));
	struct derp_frame f;
	if (read_frame(d, &f) != DERP_READ)
		return;
	derp_write(&a, &f);
	FUZZ_ASSERT(!a.bad);
	FUZZ_ASSERT(read_frame(wr_done(&a), &f) == DERP_READ);
	derp_write(&b, &f);
	FUZZ_ASSERT(bytes_equal(wr_done(&a), wr_done(&b)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes d = {data, size};
	if (size > SIZE_MAX_HERE)
		return 0;
	if (size > 0 && data[0] == '{')
		check_json(d);
	else
		check_frame(d);
	return 0;
}
