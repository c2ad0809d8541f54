#include "lab/rewrite.h"

#include "crypto/seeded.h"
#include "unit/unit.h"
#include "wire/ip.h"

static struct seeded seeded;
static struct rewrite *box;
static uint8_t packet[200];
static size_t n_packet;

static struct ip host(void)
{
	return ip_v4(192, 168, 1, 20);
}

static struct ip far_end(void)
{
	return ip_v4(203, 0, 113, 1);
}

static struct ip external(void)
{
	return ip_v4(192, 0, 2, 1);
}

static struct ip v6(uint8_t net)
{
	const uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8, 0, net, [15] = 1};
	return ip_v6_from(b);
}

static int build(void **state)
{
	struct nat_config nat = {.external = external(),
				 .mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,
				 .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
				 .ports = NAT_PORT_SEQUENTIAL,
				 .port_first = 7000,
				 .hairpin = NAT_HAIRPIN_EXTERNAL_SOURCE};
	struct nat_config wall = {.firewall = true, .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT};
	seeded_init(&seeded, 1);
	struct rng rng = seeded_rng(&seeded);
	box = rewrite_new(&nat, &wall, &rng);
	return box == NULL;
}

static int tear_down(void **state)
{
	rewrite_free(box);
	return 0;
}

/* --- packets --- */

static void udp(struct ip src, uint16_t sport, struct ip dst, uint16_t dport)
{
	const uint8_t load[] = {1, 2, 3, 4, 5};
	struct wr w = wr_of(packet, sizeof(packet));
	ip_write(&w, &src, &dst, IP_UDP, 64, UDP_HEADER_LEN + sizeof(load));
	udp_write(&w, &src, &dst, sport, dport, BYTES_OF(load));
	n_packet = wr_done(&w).n;
}

static void echo(struct ip src, struct ip dst, uint8_t type, uint16_t id)
{
	const uint8_t load[] = {9, 8, 7, 6};
	struct wr w = wr_of(packet, sizeof(packet));
	ip_write(&w, &src, &dst, src.family == 4 ? IP_ICMP : IP_ICMP6, 64,
		 ICMP_HEADER_LEN + sizeof(load));
	icmp_write(&w, &src, &dst, type, 0, (uint32_t)id << 16 | 1, BYTES_OF(load));
	n_packet = wr_done(&w).n;
}

/* A TCP segment without data. */
static void tcp(struct ip src, uint16_t sport, struct ip dst, uint16_t dport)
{
	enum { SYN = 2 };
	uint8_t t[20] = {(uint8_t)(sport >> 8), (uint8_t)sport, (uint8_t)(dport >> 8),
			 (uint8_t)dport,        [12] = 0x50,    [13] = SYN};
	uint16_t sum =
		inet_fold(inet_sum(BYTES_OF(t), inet_pseudo_sum(&src, &dst, IP_TCP, sizeof(t))));
	t[16] = (uint8_t)(sum >> 8);
	t[17] = (uint8_t)sum;
	struct wr w = wr_of(packet, sizeof(packet));
	ip_write(&w, &src, &dst, IP_TCP, 64, sizeof(t));
	wr_bytes(&w, BYTES_OF(t));
	n_packet = wr_done(&w).n;
}

/* Every checksum of the packet holds, and it goes between these. */
static void is_whole(struct ip src, uint16_t sport, struct ip dst, uint16_t dport)
{
	struct ip_packet ip;
	assert_true(ip_read((struct bytes){packet, n_packet}, &ip));
	assert_true(ip_equal(&ip.src, &src));
	assert_true(ip_equal(&ip.dst, &dst));
	assert_int_equal(ip.ttl, 63);
	if (ip.src.family == 4)
		assert_int_equal(inet_fold(inet_sum((struct bytes){packet, IP4_HEADER_LEN}, 0)), 0);
	uint32_t pseudo = ip.proto == IP_ICMP ? 0
					      : inet_pseudo_sum(&ip.src, &ip.dst, ip.proto,
								(uint32_t)ip.payload.n);
	assert_int_equal(inet_fold(inet_sum(ip.payload, pseudo)), 0);
	if (ip.proto == IP_UDP || ip.proto == IP_TCP) {
		assert_int_equal(ip.payload.p[0] << 8 | ip.payload.p[1], sport);
		assert_int_equal(ip.payload.p[2] << 8 | ip.payload.p[3], dport);
	}
}

static enum rewrite_verdict out(mono_ns now)
{
	return rewrite_out(box, packet, n_packet, now);
}

static enum rewrite_verdict in(mono_ns now)
{
	return rewrite_in(box, packet, n_packet, now);
}

/* --- tests --- */

static void udp_is_translated_both_ways_with_whole_checksums(void **state)
{
	udp(host(), 5000, far_end(), 3478);
	assert_int_equal(out(0), REWRITE_PASS);
	is_whole(external(), 7000, far_end(), 3478);
	udp(far_end(), 3478, external(), 7000);
	assert_int_equal(in(1), REWRITE_PASS);
	is_whole(far_end(), 3478, host(), 5000);
	udp(far_end(), 3479, external(), 7000);
	assert_int_equal(in(1), REWRITE_DROP);
	assert_int_equal(rewrite_udp_stats(box)->filtered, 1);
}

static void a_checksum_of_zero_stays_and_a_wrong_one_stays_wrong(void **state)
{
	udp(host(), 5000, far_end(), 3478);
	packet[26] = packet[27] = 0;
	assert_int_equal(out(0), REWRITE_PASS);
	assert_int_equal(packet[26] | packet[27], 0);
	udp(host(), 5000, far_end(), 3478);
	packet[26] ^= 0x55;
	assert_int_equal(out(0), REWRITE_PASS);
	struct ip_packet ip;
	assert_true(ip_read((struct bytes){packet, n_packet}, &ip));
	assert_int_not_equal(
		inet_fold(inet_sum(ip.payload, inet_pseudo_sum(&ip.src, &ip.dst, IP_UDP,
							       (uint32_t)ip.payload.n))),
		0);
}

static void no_checksum_becomes_the_zero_that_says_there_is_none(void **state)
{
	udp(host(), 5000, far_end(), 3478);
	for (uint32_t sum = 1; sum <= UINT16_MAX; sum++) {
		uint8_t was[sizeof(packet)];
		memcpy(was, packet, n_packet);
		packet[26] = (uint8_t)(sum >> 8);
		packet[27] = (uint8_t)sum;
		assert_int_equal(out(0), REWRITE_PASS);
		assert_int_not_equal(packet[26] | packet[27], 0);
		memcpy(packet, was, n_packet);
	}
}

static void an_error_about_a_packet_of_another_family_is_dropped(void **state)
{
	uint8_t about[IP6_HEADER_LEN + UDP_HEADER_LEN];
	struct ip router = ip_v4(203, 0, 113, 99), me = external();
	udp(host(), 5000, far_end(), 3478);
	assert_int_equal(out(0), REWRITE_PASS);
	udp(v6(1), 5000, v6(2), 3478);
	memcpy(about, packet, sizeof(about));
	assert_int_equal(out(0), REWRITE_PASS);
	struct wr w = wr_of(packet, sizeof(packet));
	ip_write(&w, &router, &me, IP_ICMP, 64, ICMP_HEADER_LEN + sizeof(about));
	icmp_write(&w, &router, &me, 3, 3, 0, BYTES_OF(about));
	n_packet = wr_done(&w).n;
	assert_int_equal(in(1), REWRITE_DROP);
}

static void tcp_keeps_its_port_and_outlives_the_times_of_udp(void **state)
{
	tcp(host(), 40000, far_end(), 443);
	assert_int_equal(out(0), REWRITE_PASS);
	is_whole(external(), 40000, far_end(), 443);
	tcp(far_end(), 443, external(), 40000);
	assert_int_equal(in(1000 * SECOND), REWRITE_PASS);
	is_whole(far_end(), 443, host(), 40000);
	rewrite_flush(box);
	tcp(far_end(), 443, external(), 40000);
	assert_int_equal(in(1001 * SECOND), REWRITE_PASS);
	rewrite_reboot(box);
	tcp(far_end(), 443, external(), 40000);
	assert_int_equal(in(1002 * SECOND), REWRITE_DROP);
}

static void an_echo_comes_back_to_who_asked(void **state)
{
	echo(host(), far_end(), 8, 0x4000);
	assert_int_equal(out(0), REWRITE_PASS);
	is_whole(external(), 0, far_end(), 0);
	echo(far_end(), external(), 0, 0x4000);
	assert_int_equal(in(1), REWRITE_PASS);
	is_whole(far_end(), 0, host(), 0);
	echo(far_end(), external(), 8, 0x4000); /* nobody asked for a request */
	assert_int_equal(in(1), REWRITE_DROP);
}

static void an_error_finds_the_host_and_speaks_of_its_own_packet(void **state)
{
	uint8_t about[IP4_HEADER_LEN + 8];
	udp(host(), 5000, far_end(), 3478);
	assert_int_equal(out(0), REWRITE_PASS);
	memcpy(about, packet, sizeof(about));
	struct ip router = ip_v4(203, 0, 113, 99), me = external();
	struct wr w = wr_of(packet, sizeof(packet));
	ip_write(&w, &router, &me, IP_ICMP, 64, ICMP_HEADER_LEN + sizeof(about));
	icmp_write(&w, &router, &me, 3, 3, 0, BYTES_OF(about));
	n_packet = wr_done(&w).n;
	uint8_t again[sizeof(packet)];
	memcpy(again, packet, sizeof(again));
	assert_int_equal(in(1), REWRITE_PASS);
	is_whole(router, 0, host(), 0);
	const uint8_t *inner = packet + IP4_HEADER_LEN + ICMP_HEADER_LEN;
	struct ip src = ip_v4_from(inner + 12), want = host();
	assert_true(ip_equal(&src, &want));
	assert_int_equal(inner[20] << 8 | inner[21], 5000);
	assert_int_equal(inet_fold(inet_sum((struct bytes){inner, IP4_HEADER_LEN}, 0)), 0);
	memcpy(packet, again, sizeof(again));
	packet[IP4_HEADER_LEN + ICMP_HEADER_LEN + 21]++; /* about a packet that we never sent */
	assert_int_equal(in(1), REWRITE_DROP);
}

static void a_hairpin_turns_back(void **state)
{
	struct ip other = ip_v4(192, 168, 1, 21);
	udp(other, 6000, external(), 7001);
	assert_int_equal(out(0), REWRITE_DROP); /* opens 7000 towards 7001 */
	udp(host(), 5000, external(), 7000);
	assert_int_equal(out(0), REWRITE_TURN);
	is_whole(external(), 7001, other, 6000);
	assert_int_equal(rewrite_stats(box)->turned, 1);
}

static void ipv6_is_filtered_and_stays_as_it_is(void **state)
{
	udp(v6(2), 3478, v6(1), 5000);
	assert_int_equal(in(0), REWRITE_DROP);
	udp(v6(1), 5000, v6(2), 3478);
	assert_int_equal(out(0), REWRITE_PASS);
	is_whole(v6(1), 5000, v6(2), 3478);
	udp(v6(2), 3478, v6(1), 5000);
	assert_int_equal(in(0), REWRITE_PASS);
	is_whole(v6(2), 3478, v6(1), 5000);
	echo(v6(1), v6(2), 128, 5);
	assert_int_equal(out(0), REWRITE_PASS);
	echo(v6(2), v6(1), 129, 5);
	assert_int_equal(in(0), REWRITE_PASS);
}

static void what_cannot_be_carried_is_dropped(void **state)
{
	udp(host(), 5000, far_end(), 3478);
	packet[8] = 1; /* the last hop */
	assert_int_equal(out(0), REWRITE_DROP);
	udp(host(), 5000, far_end(), 3478);
	packet[6] = 0x20; /* a fragment */
	assert_int_equal(out(0), REWRITE_DROP);
	udp(host(), 5000, far_end(), 3478);
	packet[9] = 47; /* GRE */
	assert_int_equal(out(0), REWRITE_DROP);
	udp(host(), 5000, far_end(), 3478);
	packet[0] = 0x4f; /* a header longer than all */
	assert_int_equal(out(0), REWRITE_DROP);
	packet[0] = 0x70;
	assert_int_equal(out(0), REWRITE_DROP);
	for (size_t cut = 0; cut < 30; cut++) {
		udp(host(), 5000, far_end(), 3478);
		n_packet = cut;
		assert_int_equal(out(0), REWRITE_DROP);
		assert_int_equal(in(0), REWRITE_DROP);
	}
	assert_int_equal(rewrite_stats(box)->out, 0);
}

#define BOX(test) cmocka_unit_test_setup_teardown(test, build, tear_down)

static const struct CMUnitTest tests[] = {
	BOX(udp_is_translated_both_ways_with_whole_checksums),
	BOX(a_checksum_of_zero_stays_and_a_wrong_one_stays_wrong),
	BOX(no_checksum_becomes_the_zero_that_says_there_is_none),
	BOX(an_error_about_a_packet_of_another_family_is_dropped),
	BOX(tcp_keeps_its_port_and_outlives_the_times_of_udp),
	BOX(an_echo_comes_back_to_who_asked),
	BOX(an_error_finds_the_host_and_speaks_of_its_own_packet),
	BOX(a_hairpin_turns_back),
	BOX(ipv6_is_filtered_and_stays_as_it_is),
	BOX(what_cannot_be_carried_is_dropped),
};
RUN_TESTS(tests)
