/* The TUN and its routes, in a network of the test's own. */
#include "driver/tun_inside.h"

#include <arpa/inet.h>

#include "config/config.h"
#include "unit/own_network.h"
#include "wire/ip.h"

static const char bob[] = "[Peer]\nName = bob\nPublicKey = "
			  "nodekey:"
			  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a\n"
			  "AllowedIPs = 100.64.0.2/32, fd7a::2/128, 10.9.0.0/16, 0.0.0.0/0\n"
			  "Endpoint = 192.0.2.7:7\n";
#define CAROL                                                                           \
	"[Peer]\nName = carol\nPublicKey = "                                            \
	"0900000000000000000000000000000000000000000000000000000000000000\nEndpoint = " \
	"192.0.2.8:7\nAllowedIPs = "

/* --- the scene --- */

static struct config *config_of(const char *peers)
{
	static const char node[] =
		"[Node]\nPrivateKey = "
		"privkey:01000000000000000000000000000000000000000000000000000000000000"
		"41\nAddress = 100.64.0.1/32, fd7a::1/128\nInterface = ours0\nMTU = 1400\n";
	char text[2048], why[CONFIG_WHY_MAX] = "";
	int n = snprintf(text, sizeof(text), "%s%s", node, peers);
	struct config *c =
		config_parse("w.conf", (struct bytes){(const uint8_t *)text, (size_t)n}, why);
	CHECK_WHY(c, why);
	return c;
}

static void *open_inside(const struct config *c, char warning[static FAILURE_MAX])
{
	char why[FAILURE_MAX] = "";
	if (access("/dev/net/tun", R_OK | W_OK))
		own_network_skip("no /dev/net/tun");
	void *t = tun_inside.open(&c->settings, &c->map, warning, why);
	CHECK_WHY(t, why);
	return t;
}

static struct prefix prefix_in_text(const char *text)
{
	struct prefix p;
	CHECK(prefix_parse(&p, text));
	return p;
}

/* The prefix as /proc/net/route and /proc/net/ipv6_route write it. */
static void route_line(const struct prefix *p, char out[static 64])
{
	char *end = out;
	if (p->ip.family == 4) {
		uint32_t dst, mask = p->bits ? htonl(UINT32_MAX << (32 - p->bits)) : 0;
		memcpy(&dst, p->ip.b, sizeof(dst));
		snprintf(out, 64, "%08X\t00000000\t%s\t0\t0\t0\t%08X", dst,
			 p->bits == 32 ? "0005" : "0001", mask);
		return;
	}
	for (size_t i = 0; i < 16; i++)
		end += sprintf(end, "%02x", p->ip.b[i]);
	sprintf(end, " %02x", p->bits);
}

static bool has_route(const char *interface, const char *prefix)
{
	struct prefix p = prefix_in_text(prefix);
	char want[64], line[256];
	bool found = false;
	route_line(&p, want);
	FILE *f = fopen(p.ip.family == 4 ? "/proc/net/route" : "/proc/net/ipv6_route", "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		bool ipv4 = p.ip.family == 4;
		found |= strstr(line, interface) && (ipv4 ? strstr(line, want) != NULL
							  : strncmp(line, want, strlen(want)) == 0);
	}
	fclose(f);
	return found;
}

/* Somebody's hand takes away a route of ours: whoever touches it again is seen. */
static void take_route(void *t, const char *prefix)
{
	struct netlink *nl = own_network_netlink();
	struct prefix p = prefix_in_text(prefix);
	char why[FAILURE_MAX];
	CHECK_WHY(netlink_route_remove(nl, tun_inside.ifindex(t), &p, why), why);
	CHECK(!has_route("ours0", prefix));
	netlink_close(nl);
}

static void change(void *t, struct config **c, const char *peers)
{
	char why[FAILURE_MAX] = "";
	struct config *now = config_of(peers);
	CHECK_WHY(tun_inside.change(t, &(*c)->map, &now->map, why), why);
	config_free(*c);
	*c = now;
}

/* --- tests --- */

static void it_opens_with_addresses_and_routes(void)
{
	char warning[FAILURE_MAX] = "x";
	struct config *c = config_of(bob);
	void *t = open_inside(c, warning);
	CHECK(warning[0] == '\0');
	CHECK(strcmp(tun_inside.name(t), "ours0") == 0);
	CHECK(tun_inside.ifindex(t) > 0 && tun_inside.fd(t) >= 0);
	CHECK(has_route("ours0", "100.64.0.2/32"));
	CHECK(has_route("ours0", "10.9.0.0/16"));
	CHECK(has_route("ours0", "fd7a::2/128"));
	CHECK(!has_route("ours0", "0.0.0.0/0"));
	tun_inside.close(t);
	CHECK(!has_route("ours0", "10.9.0.0/16"));
	config_free(c);
}
IN_OWN_NETWORK(it_opens_with_addresses_and_routes)

static void a_change_moves_only_what_changed(void)
{
	char warning[FAILURE_MAX], both[1024];
	struct config *c = config_of(bob);
	void *t = open_inside(c, warning);
	take_route(t, "10.9.0.0/16");
	snprintf(both, sizeof(both), "%s%s", bob, CAROL "10.10.0.0/16, fd7b::/64\n");
	change(t, &c, both);
	CHECK(has_route("ours0", "10.10.0.0/16") && has_route("ours0", "fd7b::/64"));
	CHECK(has_route("ours0", "100.64.0.2/32"));
	CHECK(!has_route("ours0", "10.9.0.0/16")); /* it did not change */
	snprintf(both, sizeof(both), "%s%s", bob, CAROL "10.11.0.0/16, fd7b::/64\n");
	change(t, &c, both);
	CHECK(!has_route("ours0", "10.10.0.0/16") && has_route("ours0", "10.11.0.0/16"));
	change(t, &c, bob);
	CHECK(!has_route("ours0", "10.11.0.0/16") && !has_route("ours0", "fd7b::/64"));
	CHECK(has_route("ours0", "fd7a::2/128"));
	tun_inside.close(t);
	config_free(c);
}
IN_OWN_NETWORK(a_change_moves_only_what_changed)

static void a_prefix_that_moves_to_another_peer_keeps_its_route(void)
{
	static const char bob_less[] =
		"[Peer]\nName = bob\nPublicKey = "
		"nodekey:8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a\n"
		"AllowedIPs = 100.64.0.2/32\nEndpoint = 192.0.2.7:7\n";
	char warning[FAILURE_MAX], before[1024], after[1024];
	snprintf(before, sizeof(before), "%s%s", bob, CAROL "100.64.0.3/32\n");
	snprintf(after, sizeof(after), "%s%s", bob_less, CAROL "100.64.0.3/32, 10.9.0.0/16\n");
	struct config *c = config_of(before);
	void *t = open_inside(c, warning);
	change(t, &c, after);
	CHECK(has_route("ours0", "10.9.0.0/16") && !has_route("ours0", "fd7a::2/128"));
	take_route(t, "10.9.0.0/16");
	change(t, &c, before);
	CHECK(!has_route("ours0", "10.9.0.0/16") && has_route("ours0", "fd7a::2/128"));
	tun_inside.close(t);
	config_free(c);
}
IN_OWN_NETWORK(a_prefix_that_moves_to_another_peer_keeps_its_route)

static void a_foreign_route_is_a_warning_and_the_others_are_there(void)
{
	char warning[FAILURE_MAX], why[FAILURE_MAX] = "", both[1024];
	struct tun *other = own_network_tun("other0");
	struct netlink *nl = own_network_netlink();
	struct prefix p = prefix_in_text("10.9.0.0/16"), q = prefix_in_text("10.10.0.0/16");
	CHECK_WHY(netlink_link_up(nl, tun_index(other), 1400, why), why);
	CHECK_WHY(netlink_route_add(nl, tun_index(other), &p, why), why);
	CHECK_WHY(netlink_route_add(nl, tun_index(other), &q, why), why);
	struct config *c = config_of(bob), *now;
	void *t = open_inside(c, warning);
	CHECK(strstr(warning, "10.9.0.0/16"));
	CHECK(has_route("ours0", "100.64.0.2/32") && has_route("ours0", "fd7a::2/128"));
	CHECK(has_route("other0", "10.9.0.0/16") && !has_route("ours0", "10.9.0.0/16"));
	snprintf(both, sizeof(both), "%s%s", bob, CAROL "10.10.0.0/16, 10.11.0.0/16\n");
	now = config_of(both);
	CHECK(!tun_inside.change(t, &c->map, &now->map, why));
	CHECK(strstr(why, "10.10.0.0/16"));
	CHECK(has_route("ours0", "10.11.0.0/16")); /* the failure of one is not that of the rest */
	tun_inside.close(t);
	tun_close(other);
	netlink_close(nl);
	config_free(c);
	config_free(now);
}
IN_OWN_NETWORK(a_foreign_route_is_a_warning_and_the_others_are_there)

static void an_interface_that_is_there_already_is_a_failure_and_leaves_nothing(void)
{
	char warning[FAILURE_MAX], why[FAILURE_MAX] = "";
	struct tun *other = own_network_tun("ours0");
	struct config *c = config_of(bob);
	CHECK(!tun_inside.open(&c->settings, &c->map, warning, why));
	CHECK(strstr(why, "ours0"));
	tun_close(other);
	void *t = open_inside(c, warning);
	tun_inside.close(t);
	config_free(c);
}
IN_OWN_NETWORK(an_interface_that_is_there_already_is_a_failure_and_leaves_nothing)

static void packets_pass_until_it_is_taken_away(void)
{
	char warning[FAILURE_MAX];
	struct config *c = config_of(bob);
	void *t = open_inside(c, warning);
	struct packet v[BATCH_MAX];
	struct ip dst, want = ip_v4(10, 9, 0, 5);
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(7),
				       .sin_addr.s_addr = inet_addr("10.9.0.5")};
	bool seen = false;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(sendto(fd, "hello", 5, 0, (const struct sockaddr *)&to, sizeof(to)) == 5);
	for (int i = 0; i < 10 && !seen; i++) { /* the kernel says things of its own, too */
		wait_for_fd(tun_inside.fd(t));
		size_t n = tun_inside.read(t, v, BATCH_MAX);
		for (size_t k = 0; k < n; k++)
			seen |= ip_read_dst(packet_bytes(&v[k]), &dst) && ip_equal(&dst, &want);
	}
	CHECK(seen && tun_inside.stats(t)->rx > 0 && !tun_inside.is_gone(t));
	interface_remove(tun_inside.ifindex(t));
	wait_for_fd(tun_inside.fd(t));
	while (!tun_inside.is_gone(t))
		(void)!tun_inside.read(t, v, BATCH_MAX);
	tun_inside.close(t);
	close(fd);
	config_free(c);
}
IN_OWN_NETWORK(packets_pass_until_it_is_taken_away)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_it_opens_with_addresses_and_routes),
	cmocka_unit_test(test_a_change_moves_only_what_changed),
	cmocka_unit_test(test_a_prefix_that_moves_to_another_peer_keeps_its_route),
	cmocka_unit_test(test_a_foreign_route_is_a_warning_and_the_others_are_there),
	cmocka_unit_test(test_an_interface_that_is_there_already_is_a_failure_and_leaves_nothing),
	cmocka_unit_test(test_packets_pass_until_it_is_taken_away),
};
RUN_TESTS(tests)
