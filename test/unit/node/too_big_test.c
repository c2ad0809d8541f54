/* Two nodes on a simulated line of 1280 bytes, and packets of alice's that do not fit it whole. */
#include "sim/pair.h"
#include "unit/unit.h"
#include "unit/wire/icmp.h"
#include "wire/ip.h"

static struct answer {
	size_t n;
	uint8_t b[2048];
	unsigned count;
	bool arrived; /* at the other side */
} answer;

static void on_packet(void *self, struct sim_node *n, struct bytes packet, const struct way *how,
		      mono_ns now)
{
	struct pair *p = self;
	if (n != &p->alice->node) {
		answer.arrived = true;
		return;
	}
	answer.count++;
	answer.n = packet.n;
	memcpy(answer.b, packet.p, packet.n);
}

static struct world *narrow(struct pair *p, uint32_t mtu)
{
	struct world *w = world_new(7);
	struct household_config house = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	house.line.mtu = mtu;
	*p = pair_build(w, &house, &house);
	traffic_start(p->there, world_now(w));
	world_run(w, 60 * SECOND);
	assert_string_equal(w->fault, "");
	pair_hush(p);
	p->alice->node.observer.packet = p->bob->node.observer.packet = on_packet;
	p->alice->node.observer.self = p->bob->node.observer.self = p;
	answer = (struct answer){0};
	return w;
}

static size_t packet4(uint8_t out[static 1500], const struct pair *p, size_t len, bool dont_cut)
{
	struct wr w = wr_of(out, 1500);
	ip_write(&w, &p->alice->node.address, &p->bob->node.address, IP_UDP, 64,
		 len - IP4_HEADER_LEN);
	wr_zero(&w, len - IP4_HEADER_LEN);
	if (dont_cut) {
		out[6] |= 0x40;
		out[10] = out[11] = 0;
		uint16_t sum = inet_fold(inet_sum((struct bytes){out, IP4_HEADER_LEN}, 0));
		out[10] = (uint8_t)(sum >> 8);
		out[11] = (uint8_t)sum;
	}
	return w.n;
}

static void send(struct pair *p, size_t len, bool dont_cut)
{
	uint8_t b[1500];
	size_t n = packet4(b, p, len, dont_cut);
	sim_node_tun(&p->alice->node, (struct bytes){b, n}, world_now(p->w));
	world_run(p->w, SECOND);
}

static void whoever_can_make_it_smaller_is_told_what_fits(void **state)
{
	struct pair p;
	struct world *w = narrow(&p, 1280);
	struct ip_packet ip;
	struct icmp_header icmp;
	struct bytes quoted;
	uint8_t sent[1500];
	size_t n = packet4(sent, &p, 1280, true);
	send(&p, 1280, true);
	assert_int_equal(answer.count, 1);
	assert_false(answer.arrived);
	assert_true(answer.n <= 576);
	assert_true(ip_read((struct bytes){answer.b, answer.n}, &ip));
	assert_true(ip_equal(&ip.src, &p.bob->node.address));
	assert_true(ip_equal(&ip.dst, &p.alice->node.address));
	assert_int_equal(ip.proto, IP_ICMP);
	assert_int_equal(inet_fold(inet_sum(ip.payload, 0)), 0);
	assert_true(icmp_read(ip.payload, &icmp, &quoted));
	assert_int_equal(icmp.type, 3);
	assert_int_equal(icmp.code, 4);
	assert_int_equal(icmp.rest, 1216);
	assert_int_equal(quoted.n, 548);
	assert_true(n > quoted.n);
	assert_memory_equal(quoted.p, sent, quoted.n);
	assert_int_equal(node_stats(p.alice->node.node)->too_big, 1);
	world_free(w);
}

static void what_fits_and_what_may_be_cut_goes_out(void **state)
{
	static const struct {
		size_t len;
		bool dont_cut;
	} rows[] = {{1216, true}, {1217, false}, {1280, false}, {40, true}};
	struct pair p;
	struct world *w = narrow(&p, 1280);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		answer = (struct answer){0};
		send(&p, rows[i].len, rows[i].dont_cut);
		assert_int_equal(answer.count, 0);
		assert_true(answer.arrived);
	}
	world_free(w);
}

static void a_wide_line_is_no_limit(void **state)
{
	struct pair p;
	struct world *w = narrow(&p, 1500);
	send(&p, 1280, true);
	assert_int_equal(answer.count, 0);
	assert_true(answer.arrived);
	world_free(w);
}

static int start(void **state)
{
	return crypto_init() ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_can_make_it_smaller_is_told_what_fits),
		cmocka_unit_test(what_fits_and_what_may_be_cut_goes_out),
		cmocka_unit_test(a_wide_line_is_no_limit),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
