/* couple_calls.h - what a target may do to two machines (couple.h)
 *
 * One byte chooses the call, a second one its details. */
#ifndef FUZZ_COUPLE_CALLS_H
#define FUZZ_COUPLE_CALLS_H

#include "fuzz/couple.h"

static inline void couple_set_relays(struct couple_end *e, uint8_t arg)
{
	struct relay_place v[COUPLE_RELAYS] = {0};
	for (size_t k = 0; k < COUPLE_RELAYS; k++) {
		v[k].region = (uint16_t)(k + 1);
		if (arg & 4)
			v[k].stun4 = (struct endpoint){couple_relay_ip(k), STUN_PORT};
	}
	reach_set_relays(e->reach, v + (arg >> 3 & 1), arg % 4u % (3u - (arg >> 3 & 1)),
			 1 + (arg >> 4 & 1), e->couple->now);
}

/* It is at another address from now on; 0: at the one that it had first. */
static inline void couple_set_interfaces(struct couple_end *e, uint8_t arg)
{
	size_t i = (size_t)(e - e->couple->ends);
	struct own_address v[2] = {
		{.ip = ip_v4(192, 0, 2, (uint8_t)(1 + i + (arg & 0x3e))), .bits = 24},
		{.ip = ip_v6_from((const uint8_t[16]){0xfd, [15] = (uint8_t)(i + 1)}), .bits = 64}};
	e->ip = v[0].ip;
	reach_set_interfaces(e->reach, v + (arg >> 6 == 1), arg >> 7 ? 2 : 1, e->couple->now);
}

static inline void couple_set_uplinks(struct couple_end *e, uint8_t arg)
{
	const struct uplink v = {
		.gateway = ip_v4(192, 0, 2, 254), .self = e->ip, .ifindex = arg >> 1};
	reach_set_uplinks(e->reach, &v, arg & 1, e->couple->now);
}

static inline void couple_set_nat64(struct couple_end *e, uint8_t arg)
{
	const struct ip v = ip_v6_from(
		(const uint8_t[16]){0, 0x64, 0xff, 0x9b, [12] = 192, 0, 0, 170 + (arg >> 3 & 1)});
	const struct prefix p = prefix_of(&v, 96);
	switch (arg % 4) {
	case 0:
		reach_set_route4(e->reach, arg & 4, e->couple->now);
		break;
	case 1:
		reach_nat64_answer(e->reach, &v, arg >> 2 & 1, arg, arg >> 4 & 1, e->couple->now);
		break;
	default:
		reach_nat64_advertised(e->reach, &p, arg & 0xf0, e->couple->now);
		break;
	}
}

static inline void couple_set_own(struct couple_end *e, uint8_t arg)
{
	const struct hard_config hard = {.enabled = arg & 4, .slow = arg & 8};
	const struct endpoint fixed = {ip_v4(198, 51, 100, arg), 5000};
	switch (arg % 4) {
	case 0:
		reach_set_hard(e->reach, &hard, e->couple->now);
		break;
	case 1:
		reach_set_mtu(e->reach, (uint16_t)(1280 + (arg >> 2) * 4));
		break;
	case 2:
		reach_set_fixed(e->reach, &fixed, arg >> 2 & 1, e->couple->now);
		break;
	default:
		reach_set_port(e->reach, (uint16_t)(COUPLE_PORT - (arg >> 2 & 1)), e->couple->now);
		break;
	}
}

static inline void couple_disturb(struct couple_end *e, uint8_t arg)
{
	switch (arg % 4) {
	case 0:
		reach_link_changed(e->reach, e->couple->now);
		break;
	case 1:
		reach_slept(e->reach, arg * (SECOND / 8), e->couple->now);
		break;
	case 2:
		reach_release(e->reach, e->couple->now);
		break;
	default:
		reach_udp_unreachable(
			e->reach,
			&(struct endpoint){e->couple->ends[e == e->couple->ends].ip, COUPLE_PORT},
			e->couple->now);
		break;
	}
}

static inline void couple_check_network(struct couple_end *e, uint8_t arg)
{
	switch (arg % 4) {
	case 0:
		reach_netcheck(e->reach, arg & 4, e->couple->now);
		break;
	case 1:
		reach_netcheck_https(e->reach, 1 + (arg >> 2 & 1), arg * MSEC);
		break;
	case 2:
		reach_netcheck_captive(e->reach, arg & 4);
		reach_netcheck_https_done(e->reach, e->couple->now);
		break;
	default:
		reach_lifetime_begin(e->reach, arg * SECOND, e->couple->now);
		break;
	}
}

/* What a process of UPnP tells. */
static inline void couple_report_upnp(struct couple_end *e, uint8_t arg)
{
	struct upnp_report r = {.kind = arg % 5,
				.outside = {ip_v4(198, 51, 100, arg), (uint16_t)(5000 + arg)},
				.lifetime_s = arg >> 4};
	reach_upnp_report(e->reach, &r, e->couple->now);
}

static inline void couple_set_line(struct couple_end *e, uint8_t arg)
{
	e->mute = arg & 1;
	e->refused = arg & 2;
}

static inline void couple_set_relay(struct couple *c, size_t k, uint8_t arg)
{
	c->relay_off[k] = arg & 1;
	for (size_t i = 0; i < 2; i++)
		if ((arg & 1) && c->ends[i].streams[k].state == STREAM_UP)
			couple_break(&c->ends[i], k, "closed");
	if (arg & 2)
		relay_server_drain(c->relays[k], (arg >> 2) * SECOND, (arg >> 4) * SECOND, c->now);
}

/* Bytes from somebody: the other end, a relay's STUN server, or the gateway. */
static inline void couple_forge(struct couple_end *e, uint8_t arg, struct bytes b)
{
	const struct couple *c = e->couple;
	const struct endpoint from[] = {{c->ends[e == c->ends].ip, COUPLE_PORT},
					{couple_relay_ip(arg >> 2 & 1), STUN_PORT},
					{ip_v4(192, 0, 2, 254), 5351},
					{ip_v4(198, 51, 100, arg), arg}};
	couple_datagram_to(e, &from[arg % 4], 0, b);
	if (arg & 8)
		(void)reach_gateway_announced(e->reach, &from[2], b, c->now);
}

/* The last datagram once more, with one byte changed. */
static inline void couple_replay(struct couple_end *e, uint8_t arg)
{
	struct couple_datagram d = e->couple->last;
	if (d.n == 0)
		return;
	if (arg & 1)
		d.b[(size_t)arg * 7 % d.n] ^= arg;
	if (arg & 2)
		d.from.port++;
	couple_datagram_to(e, &d.from, d.socket, (struct bytes){d.b, d.n});
}

/* The calls that any machine has; true: `what` was one.  More bytes of a call come from r. */
static inline bool couple_call(struct couple_end *e, uint8_t what, uint8_t arg, struct rd *r)
{
	switch (what) {
	case 0:
		couple_pass(e->couple, arg * 10 * MSEC);
		break;
	case 1:
		couple_pass(e->couple, arg * (SECOND / 4));
		break;
	case 2:
		couple_set_line(e, arg);
		break;
	case 3:
		couple_set_relay(e->couple, arg >> 7, arg);
		break;
	case 4:
		couple_set_relays(e, arg);
		break;
	case 5:
		couple_set_interfaces(e, arg);
		break;
	case 6:
		couple_set_uplinks(e, arg);
		break;
	case 7:
		couple_set_nat64(e, arg);
		break;
	case 8:
		couple_set_own(e, arg);
		break;
	case 9:
		couple_disturb(e, arg);
		break;
	case 10:
		couple_check_network(e, arg);
		break;
	case 11:
		couple_report_upnp(e, arg);
		break;
	case 12:
		couple_forge(e, arg, rd_take(r, arg >> 4));
		break;
	case 13:
		reach_from_stream(e->reach, 1 + (arg & 1), rd_take(r, arg >> 1), e->couple->now);
		break;
	case 14:
		couple_replay(e, arg);
		break;
	default:
		return false;
	}
	return true;
}

/* Nothing is in the way any more. */
static inline void couple_mend(struct couple *c)
{
	c->n = 0;
	for (size_t k = 0; k < COUPLE_RELAYS; k++)
		c->relay_off[k] = false;
	for (size_t i = 0; i < 2; i++) {
		couple_set_line(&c->ends[i], 0);
		couple_set_interfaces(&c->ends[i], 0);
		couple_set_relays(&c->ends[i], 2);
		couple_settle(&c->ends[i]);
	}
}

#endif
