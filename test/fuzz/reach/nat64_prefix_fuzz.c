/* The machine with the prefixes, driven by bytes: calls and steps of time. Whatever it is told, a
 * datagram is answered to where it came from, and it never wants to be woken for a time that it was
 * woken for. */
#include "reach/nat64.h"

#include "fuzz/fuzz.h"

static struct ip any_v6(struct rd *r)
{
	struct ip ip = {.family = 6};
	rd_copy(r, ip.b, 16);
	return ip_v6_from(ip.b);
}

/* A look-up's answer; half of the addresses hold the well-known one. */
static void answer(struct nat64 *n, struct rd *r, mono_ns now)
{
	struct ip v[3], well_known = ip_v4(192, 0, 0, 170);
	size_t count = rd_u8(r) % 4;
	static const uint8_t lengths[] = {32, 40, 48, 56, 64, 96};
	for (size_t i = 0; i < count; i++) {
		v[i] = any_v6(r);
		struct prefix p = prefix_of(
			&v[i], v[i].family == 6 ? lengths[rd_u8(r) % sizeof(lengths)] : 0);
		if (nat64_prefix_is_good(&p))
			v[i] = nat64_embed(&p, &well_known);
	}
	uint32_t ttl_s = rd_be32(r);
	nat64_answer(n, v, count, ttl_s, rd_u8(r) & 1, now);
}

static void advertise(struct nat64 *n, struct rd *r, mono_ns now)
{
	struct prefix p;
	uint32_t life_s;
	struct bytes option = rd_take(r, PREF64_OPTION_LEN);
	if (pref64_read(option, &p, &life_s))
		nat64_advertised(n, &p, life_s, now);
}

static void interfaces(struct nat64 *n, struct rd *r, mono_ns now)
{
	struct own_address v[3] = {0};
	size_t count = rd_u8(r) % 4;
	for (size_t i = 0; i < count; i++) {
		v[i].ip = any_v6(r);
		v[i].bits = v[i].ip.family == 4 ? 24 : 64;
	}
	nat64_set_interfaces(n, v, count, now);
}

static void check(struct nat64 *n, struct rd *r, mono_ns now)
{
	struct endpoint from = {any_v6(r), 9};
	struct endpoint in = nat64_in(n, &from), back = nat64_out(n, &in);
	FUZZ_ASSERT(from.ip.family == 4 || endpoint_equal(&back, &from));
	FUZZ_ASSERT(!nat64_settle(n, now)); /* at rest */
	FUZZ_ASSERT(nat64_deadline(n) > now || nat64_wants_lookup(n, now));
	FUZZ_ASSERT(nat64_deadline(n) > now && n->n <= NAT64_KNOWN_MAX);
	const struct prefix *p = nat64_prefix(n);
	FUZZ_ASSERT(!p || nat64_prefix_is_good(p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of((struct bytes){data, size});
	struct nat64 n;
	mono_ns now = SECOND;
	nat64_init(&n);
	while (r.left && !r.bad) {
		switch (rd_u8(&r) % 6) {
		case 0:
			answer(&n, &r, now);
			break;
		case 1:
			advertise(&n, &r, now);
			break;
		case 2:
			interfaces(&n, &r, now);
			break;
		case 3:
			nat64_link_changed(&n, now);
			break;
		case 4:
			now += rd_be32(&r) * MSEC;
			break;
		case 5:
			nat64_set_route4(&n, rd_u8(&r) & 1, now);
			break;
		}
		bool changed = nat64_settle(&n, now);
		(void)changed;
		check(&n, &r, now);
	}
	return 0;
}
