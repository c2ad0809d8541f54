#include "crypto/seeded.h"
#include "relay/frames.h"
#include "unit/unit.h"

static const struct frames_want want = {FRAMES_WANT(DERP_SEND_PACKET) | FRAMES_WANT(DERP_PING),
					5000};

static size_t put_frame(uint8_t *out, uint8_t type, uint32_t len, uint8_t fill)
{
	struct wr w = wr_of(out, DERP_HEADER_LEN + len);
	wr_u8(&w, type);
	wr_be32(&w, len);
	uint8_t *p = wr_room(&w, len);
	assert_non_null(p);
	memset(p, fill, len);
	return w.n;
}

/* Three wanted frames with two unwanted ones between them; in pieces of `step` bytes. */
static void read_in_steps(size_t step)
{
	static uint8_t stream[20000];
	size_t n = put_frame(stream, DERP_PING, 8, 1);
	n += put_frame(stream + n, 0x55, 9000, 2);
	n += put_frame(stream + n, DERP_SEND_PACKET, 3000, 3);
	n += put_frame(stream + n, DERP_KEEPALIVE, 0, 4);
	n += put_frame(stream + n, DERP_SEND_PACKET, 0, 5);
	struct frames f = {0};
	uint32_t lens[3] = {0};
	size_t got = 0;
	for (size_t at = 0; at < n; at += step) {
		struct bytes in = {stream + at, step < n - at ? step : n - at}, payload;
		uint8_t type;
		enum frames_got r;
		while ((r = frames_next(&f, &want, &in, &type, &payload)) == FRAMES_FRAME) {
			assert_true(got < 3);
			lens[got++] = (uint32_t)payload.n;
			for (size_t i = 0; i < payload.n; i++)
				assert_int_equal(payload.p[i], type == DERP_PING ? 1 : 3);
		}
		assert_int_equal(r, FRAMES_MORE);
		assert_int_equal(in.n, 0);
		assert_true(f.cap <= 3000);
	}
	assert_int_equal(got, 3);
	assert_int_equal(lens[0], 8);
	assert_int_equal(lens[1], 3000);
	assert_int_equal(lens[2], 0);
	assert_null(f.held); /* between frames nothing is held */
	frames_fini(&f);
}

static void reads_a_stream_in_pieces_of_any_size(void **state)
{
	static const size_t steps[] = {1,   2,   3,   4,   5,    6,    7,    13,
				       100, 511, 512, 513, 2999, 3005, 20000};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		read_in_steps(steps[i]);
}

static void a_whole_frame_is_handed_out_in_place(void **state)
{
	uint8_t b[64], type;
	struct bytes in = {b, put_frame(b, DERP_PING, 8, 7)}, payload;
	struct frames f = {0};
	assert_int_equal(frames_next(&f, &want, &in, &type, &payload), FRAMES_FRAME);
	assert_ptr_equal(payload.p, b + DERP_HEADER_LEN);
	assert_int_equal(type, DERP_PING);
	assert_null(f.held);
}

static void an_announced_length_takes_no_memory(void **state)
{
	uint8_t b[8] = {DERP_SEND_PACKET, 0, 0, 0x13, 0x88, 1, 2, 3}, type;
	struct bytes in = BYTES_OF(b), payload;
	struct frames f = {0};
	assert_int_equal(frames_next(&f, &want, &in, &type, &payload), FRAMES_MORE);
	assert_int_equal(f.n, 3);
	assert_true(f.cap <= 512);
	frames_fini(&f);
}

static void lengths_that_are_lies_are_refused(void **state)
{
	static const struct {
		uint8_t type;
		uint32_t len;
		enum frames_got got;
	} v[] = {
		{DERP_SEND_PACKET, 5000, FRAMES_MORE},
		{DERP_SEND_PACKET, 5001, FRAMES_TOO_LONG},
		{DERP_SEND_PACKET, UINT32_MAX, FRAMES_TOO_LONG},
		{DERP_KEEPALIVE, 5001, FRAMES_MORE}, /* unwanted: passes through */
		{0xff, DERP_FRAME_MAX, FRAMES_MORE},
		{0xff, DERP_FRAME_MAX + 1, FRAMES_TOO_LONG},
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		uint8_t b[5], type;
		struct wr w = wr_of(b, sizeof(b));
		wr_u8(&w, v[i].type);
		wr_be32(&w, v[i].len);
		struct bytes in = BYTES_OF(b), payload;
		struct frames f = {0};
		assert_int_equal(frames_next(&f, &want, &in, &type, &payload), v[i].got);
		frames_fini(&f);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(reads_a_stream_in_pieces_of_any_size),
	cmocka_unit_test(a_whole_frame_is_handed_out_in_place),
	cmocka_unit_test(an_announced_length_takes_no_memory),
	cmocka_unit_test(lengths_that_are_lies_are_refused),
};
RUN_TESTS(tests)
