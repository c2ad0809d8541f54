#include "base/packet.h"
#include "unit/unit.h"

static void grows_and_shrinks_in_place(void **state)
{
	uint8_t memory[32];
	struct packet p = packet_in(memory, sizeof(memory), 8);
	assert_int_equal(p.len, 0);
	memcpy(packet_append(&p, 4), "body", 4);
	memcpy(packet_push(&p, 4), "head", 4);
	assert_memory_equal(memory + 4, "headbody", 8);
	assert_int_equal(packet_bytes(&p).n, 8);
	assert_ptr_equal(packet_pull(&p, 4), memory + 4);
	assert_true(packet_trim(&p, 2));
	assert_memory_equal(p.data, "bo", 2);
	assert_int_equal(p.head + p.len + p.tail, 32);
}

static void refuses_what_does_not_fit(void **state)
{
	uint8_t memory[16];
	struct packet p = packet_in(memory, sizeof(memory), 8);
	assert_null(packet_push(&p, 9));
	assert_null(packet_append(&p, 9));
	assert_null(packet_pull(&p, 1));
	assert_false(packet_trim(&p, 1));
	assert_non_null(packet_append(&p, 8));
	assert_null(packet_append(&p, 1));
	assert_int_equal(p.len, 8);
	p = packet_in(memory, sizeof(memory), 99);
	assert_int_equal(p.head, 16);
}

static void an_ordinary_packet_has_room_for_all_headers(void **state)
{
	static uint8_t memory[PACKET_SIZE];
	struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	assert_ptr_equal(packet_append(&p, PACKET_CONTENT_MAX), memory + PACKET_HEADROOM);
	assert_ptr_equal(packet_push(&p, PACKET_HEADROOM), memory);
	assert_non_null(packet_append(&p, PACKET_TAILROOM));
	assert_int_equal(p.len, PACKET_SIZE);
	assert_int_equal(p.head + p.tail, 0);
	assert_null(packet_push(&p, 1));
	assert_null(packet_append(&p, 1));
}

static void each_gives_the_bytes_that_it_added_or_took(void **state)
{
	uint8_t memory[32];
	struct packet p = packet_in(memory, sizeof(memory), 8);
	assert_ptr_equal(packet_append(&p, 4), memory + 8);
	assert_ptr_equal(packet_append(&p, 2), memory + 12);
	assert_ptr_equal(packet_push(&p, 3), memory + 5);
	assert_ptr_equal(p.data, memory + 5);
	assert_ptr_equal(packet_pull(&p, 1), memory + 5);
	assert_ptr_equal(p.data, memory + 6);
	assert_int_equal(p.len, 8);
}

/* What was taken away at the front is room again, and so is what was cut off at the end. */
static void room_comes_back(void **state)
{
	uint8_t memory[16];
	struct packet p = packet_in(memory, sizeof(memory), 4);
	assert_non_null(packet_append(&p, 12));
	assert_non_null(packet_pull(&p, 12));
	assert_int_equal(p.len, 0);
	assert_int_equal(p.head, 16);
	assert_ptr_equal(packet_push(&p, 16), memory);
	assert_true(packet_trim(&p, 0));
	assert_int_equal(p.tail, 16);
	assert_ptr_equal(packet_append(&p, 16), memory);
}

static void nothing_can_be_added_and_taken_anywhere(void **state)
{
	uint8_t memory[4];
	struct packet p = packet_in(memory, sizeof(memory), 4);
	assert_ptr_equal(packet_append(&p, 0), memory + 4);
	assert_ptr_equal(packet_pull(&p, 0), memory + 4);
	assert_ptr_equal(packet_push(&p, 0), memory + 4);
	assert_true(packet_trim(&p, 0));
	assert_int_equal(p.len, 0);
}

/* A length from the network, past 32 bits, is not cut down to one that fits. */
static void absurd_lengths_change_nothing(void **state)
{
	static const size_t absurd[] = {SIZE_MAX, (size_t)UINT32_MAX + 1, (size_t)UINT32_MAX + 5};
	uint8_t memory[16];
	struct packet p = packet_in(memory, sizeof(memory), 8), was;
	assert_non_null(packet_append(&p, 4));
	was = p;
	for (size_t i = 0; i < ARRAY_LEN(absurd); i++) {
		assert_null(packet_push(&p, absurd[i]));
		assert_null(packet_pull(&p, absurd[i]));
		assert_null(packet_append(&p, absurd[i]));
		assert_false(packet_trim(&p, absurd[i]));
		assert_memory_equal(&p, &was, sizeof(p));
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(grows_and_shrinks_in_place),
	cmocka_unit_test(refuses_what_does_not_fit),
	cmocka_unit_test(an_ordinary_packet_has_room_for_all_headers),
	cmocka_unit_test(each_gives_the_bytes_that_it_added_or_took),
	cmocka_unit_test(room_comes_back),
	cmocka_unit_test(nothing_can_be_added_and_taken_anywhere),
	cmocka_unit_test(absurd_lengths_change_nothing),
};
RUN_TESTS(tests)
