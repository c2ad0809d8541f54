/* wire/tsmp.h - TSMP, small messages inside the tunnel: IP protocol 99 (tunnel.md 8)
 *
 * Warren sends and takes the disco key advert only.  It tells the peer, inside the authenticated
 * tunnel, with which disco key this node probes.
 */
#ifndef WIRE_TSMP_H
#define WIRE_TSMP_H

#include "crypto/keys.h"
#include "wire/ip.h"

enum { TSMP_ADVERT_MAX = IP6_HEADER_LEN + 33 };

/* A whole IP packet, 53 or 73 bytes. */
void tsmp_write_advert(struct wr *out, const struct ip *src, const struct ip *dst,
		       const struct disco_key *key);
/* False: not TSMP, a fragment, not an advert, malformed, or the zero key. */
bool tsmp_read_advert(const struct ip_packet *packet, struct disco_key *key) MUST_USE;

#endif
