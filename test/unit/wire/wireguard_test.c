#include "wire/wireguard.h"

#include "crypto/seeded.h"
#include "unit/spoil.h"

static bool reads_any(struct bytes d, void *arg)
{
	struct wg_initiation initiation;
	struct wg_response response;
	struct wg_cookie cookie;
	struct wg_transport transport;
	bool read[] = {false, wg_read_initiation(d, &initiation), wg_read_response(d, &response),
		       wg_read_cookie(d, &cookie), wg_read_transport(d, &transport)};
	/* Only the reader of its own type reads a datagram. */
	enum wg_type type = wg_type_of(d);
	for (size_t i = 1; i < ARRAY_LEN(read); i++)
		assert_int_equal(read[i], i == (size_t)type);
	return type != WG_NONE;
}

/* A datagram of this type and length. The bytes of its fields count up. */
static struct bytes datagram(uint8_t *out, uint32_t type, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)i;
	struct wr w = wr_of(out, 4);
	wr_le32(&w, type);
	return (struct bytes){out, n};
}

static void types_go_by_first_bytes_and_length(void **state)
{
	static const struct {
		uint32_t type;
		size_t n;
		enum wg_type is;
	} rows[] = {
		{1, 148, WG_INITIATION},   {1, 147, WG_NONE},     {1, 149, WG_NONE},
		{2, 92, WG_RESPONSE},      {2, 91, WG_NONE},      {2, 93, WG_NONE},
		{3, 64, WG_COOKIE},        {3, 63, WG_NONE},      {3, 65, WG_NONE},
		{4, 32, WG_TRANSPORT},     {4, 31, WG_NONE},      {4, 33, WG_TRANSPORT},
		{4, 1500, WG_TRANSPORT},   {0, 148, WG_NONE},     {5, 148, WG_NONE},
		{4, 4, WG_NONE},           {0x101, 148, WG_NONE}, {0x10002, 92, WG_NONE},
		{0x80000004, 32, WG_NONE},
	};
	uint8_t b[1500];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bytes d = datagram(b, rows[i].type, rows[i].n);
		assert_int_equal(wg_type_of(d), rows[i].is);
		reads_any(d, NULL);
	}
	assert_int_equal(wg_type_of((struct bytes){0}), WG_NONE);
	assert_int_equal(wg_type_of((struct bytes){b, 3}), WG_NONE);
}

/* The offsets are those of the paper, 5.4.2 to 5.4.7. */
static void fields_stand_where_the_paper_puts_them(void **state)
{
	uint8_t b[WG_INITIATION_LEN];
	struct wg_initiation i;
	assert_true(wg_read_initiation(datagram(b, 1, WG_INITIATION_LEN), &i));
	assert_int_equal(i.sender, 0x07060504);
	assert_memory_equal(i.ephemeral, b + 8, 32);
	assert_memory_equal(i.sealed_static, b + 40, 48);
	assert_memory_equal(i.sealed_stamp, b + 88, 28);
	assert_memory_equal(i.mac1, b + 116, 16);
	assert_memory_equal(i.mac2, b + 132, 16);

	struct wg_response r;
	assert_true(wg_read_response(datagram(b, 2, WG_RESPONSE_LEN), &r));
	assert_int_equal(r.sender, 0x07060504);
	assert_int_equal(r.receiver, 0x0b0a0908);
	assert_memory_equal(r.ephemeral, b + 12, 32);
	assert_memory_equal(r.sealed_nothing, b + 44, 16);
	assert_memory_equal(r.mac1, b + 60, 16);
	assert_memory_equal(r.mac2, b + 76, 16);

	struct wg_cookie c;
	assert_true(wg_read_cookie(datagram(b, 3, WG_COOKIE_LEN), &c));
	assert_int_equal(c.receiver, 0x07060504);
	assert_memory_equal(c.nonce, b + 8, 24);
	assert_memory_equal(c.sealed_cookie, b + 32, 32);

	struct wg_transport t;
	assert_true(wg_read_transport(datagram(b, 4, 48), &t));
	assert_int_equal(t.receiver, 0x07060504);
	assert_int_equal(t.counter, 0x0f0e0d0c0b0a0908);
	assert_ptr_equal(t.sealed.p, b + WG_TRANSPORT_HEADER_LEN);
	assert_int_equal(t.sealed.n, 32);
}

static void random_messages_come_back(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 5);
	struct rng rng = seeded_rng(&seeded);
	uint8_t out[WG_INITIATION_LEN];
	for (int n = 0; n < 200; n++) {
		struct wg_initiation i, i_back;
		rng_fill(&rng, &i, sizeof(i));
		struct wr w = wr_of(out, sizeof(out));
		wg_write_initiation(&w, &i);
		assert_int_equal(w.n, WG_INITIATION_LEN);
		assert_true(wg_read_initiation(wr_done(&w), &i_back));
		assert_memory_equal(&i, &i_back, sizeof(i));

		struct wg_response r, r_back;
		rng_fill(&rng, &r, sizeof(r));
		w = wr_of(out, sizeof(out));
		wg_write_response(&w, &r);
		assert_int_equal(w.n, WG_RESPONSE_LEN);
		assert_true(wg_read_response(wr_done(&w), &r_back));
		assert_memory_equal(&r, &r_back, sizeof(r));

		struct wg_cookie c, c_back;
		rng_fill(&rng, &c, sizeof(c));
		w = wr_of(out, sizeof(out));
		wg_write_cookie(&w, &c);
		assert_int_equal(w.n, WG_COOKIE_LEN);
		assert_true(wg_read_cookie(wr_done(&w), &c_back));
		assert_memory_equal(&c, &c_back, sizeof(c));

		struct wg_transport t;
		uint32_t receiver = rng_u32(&rng);
		uint64_t counter = rng_below(&rng, UINT64_MAX);
		w = wr_of(out, sizeof(out));
		wg_write_transport_header(&w, receiver, counter);
		assert_int_equal(w.n, WG_TRANSPORT_HEADER_LEN);
		wr_zero(&w, 16);
		assert_true(wg_read_transport(wr_done(&w), &t));
		assert_int_equal(t.receiver, receiver);
		assert_int_equal(t.counter, counter);
		assert_int_equal(t.sealed.n, 16);
	}
}

static void cut_messages_are_refused(void **state)
{
	static const struct {
		uint32_t type;
		size_t n;
	} rows[] = {{1, WG_INITIATION_LEN},
		    {2, WG_RESPONSE_LEN},
		    {3, WG_COOKIE_LEN},
		    {4, WG_TRANSPORT_MIN}};
	struct spoil any = {.read = reads_any};
	uint8_t b[WG_INITIATION_LEN];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bytes d = datagram(b, rows[i].type, rows[i].n);
		assert_int_equal(spoil_cut(&any, d), 0);
		/* Only a flip in the first four bytes is noticed here, the rest is for the seals.
		 * One flip turns a longer message into transport data. */
		size_t seen = 8 * (d.n - 4);
		assert_in_range(spoil_flip(&any, d), seen, seen + 1);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(types_go_by_first_bytes_and_length),
	cmocka_unit_test(fields_stand_where_the_paper_puts_them),
	cmocka_unit_test(random_messages_come_back),
	cmocka_unit_test(cut_messages_are_refused),
};
RUN_TESTS(tests)
