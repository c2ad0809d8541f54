/* localapi/counters.h - the counters of the sockets and the TUN device, by name, for the status */
#ifndef LOCALAPI_COUNTERS_H
#define LOCALAPI_COUNTERS_H

#include "io/tun.h"
#include "io/udp.h"
#include "report/status.h"

enum { COUNTERS_UDP = 12, COUNTERS_TUN = 4 };

void counters_udp(const struct udp_stats *s, struct status_counter out[static COUNTERS_UDP]);
void counters_tun(const struct tun_stats *s, struct status_counter out[static COUNTERS_TUN]);

#endif
