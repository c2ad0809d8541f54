#include "localapi/counters.h"

#include <string.h>

_Static_assert(sizeof(struct udp_stats) == COUNTERS_UDP * sizeof(uint64_t), "all have names");
_Static_assert(sizeof(struct tun_stats) == COUNTERS_TUN * sizeof(uint64_t), "all have names");

void counters_udp(const struct udp_stats *s, struct status_counter out[static COUNTERS_UDP])
{
	const struct status_counter v[COUNTERS_UDP] = {
		{"rx", s->rx},
		{"tx", s->tx},
		{"rx_calls", s->rx_calls},
		{"tx_calls", s->tx_calls},
		{"rx_merged", s->rx_merged},
		{"tx_merged", s->tx_merged},
		{"rx_too_long", s->rx_too_long},
		{"tx_full", s->tx_full},
		{"tx_refused", s->tx_refused},
		{"extra_failed", s->extra_failed},
		{"tx_no_socket", s->tx_no_socket},
		{"gso_failed", s->gso_failed},
	};
	memcpy(out, v, sizeof(v));
}

void counters_tun(const struct tun_stats *s, struct status_counter out[static COUNTERS_TUN])
{
	const struct status_counter v[COUNTERS_TUN] = {
		{"rx", s->rx},
		{"tx", s->tx},
		{"rx_too_long", s->rx_too_long},
		{"tx_dropped", s->tx_dropped},
	};
	memcpy(out, v, sizeof(v));
}
