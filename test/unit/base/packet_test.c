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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(grows_and_shrinks_in_place),
	cmocka_unit_test(refuses_what_does_not_fit),
};
RUN_TESTS(tests)
