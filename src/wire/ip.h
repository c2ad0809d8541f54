/* wire/ip.h - headers of IPv4 (RFC 791), IPv6 (RFC 8200), UDP (RFC 768), ICMP (RFC 792, 4443)
 *
 * Reading never believes a length field further than the bytes there are.
 */
#ifndef WIRE_IP_H
#define WIRE_IP_H

#include "base/addr.h"

enum { IP4_HEADER_LEN = 20, IP6_HEADER_LEN = 40, UDP_HEADER_LEN = 8, ICMP_HEADER_LEN = 8 };

enum ip_proto { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMP6 = 58, IP_TSMP = 99 };

struct ip_packet {
	struct ip src, dst;
	uint8_t proto; /* of the payload, IPv6 extension headers skipped */
	uint8_t ttl;
	bool fragment;        /* not the first: no transport header */
	uint16_t len;         /* whole packet by its own header */
	struct bytes payload; /* transport header and data, borrowed */
};

/* False: not IP, truncated, lengths that cannot be, more than eight extension headers, or an
 * IPv4-mapped address in an IPv6 packet: that would pass for the IPv4 address. Bytes behind the
 * packet's own length (WireGuard's padding) are left out of the payload. IPv4 header checksums are
 * not verified: the tunnel is. */
bool ip_read(struct bytes b, struct ip_packet *out) MUST_USE;
/* The destination alone, for the way out; false: not IP, or IPv4-mapped in an IPv6 packet. */
bool ip_read_dst(struct bytes b, struct ip *dst) MUST_USE;
/* Source and own length alone, for the way in; false: not IP, longer than b, or IPv4-mapped in an
 * IPv6 packet. */
bool ip_read_src(struct bytes b, struct ip *src, size_t *len) MUST_USE;
/* Appends the header of a packet with `payload_len` bytes behind it, IPv4 checksum included. The
 * writer goes bad when the families differ or the packet would be longer than 65535 bytes. */
void ip_write(struct wr *out, const struct ip *src, const struct ip *dst, uint8_t proto,
	      uint8_t ttl, size_t payload_len);

struct udp_header {
	uint16_t src, dst, len, checksum;
};
bool udp_read(struct bytes b, struct udp_header *out, struct bytes *payload) MUST_USE;
/* Appends header and payload, checksum included. */
void udp_write(struct wr *out, const struct ip *src, const struct ip *dst, uint16_t sport,
	       uint16_t dport, struct bytes payload);

/* Appends an ICMP or ICMPv6 message, checksum included (the family is src's). */
void icmp_write(struct wr *out, const struct ip *src, const struct ip *dst, uint8_t type,
		uint8_t code, uint32_t rest, struct bytes payload);

/* RFC 1071 sum over b, to be folded; start with 0, or with what came before (of even length). */
uint32_t inet_sum(struct bytes b, uint32_t sum);
/* The checksum that goes into a header: folded and inverted. 0 over a message that holds its own.
 */
uint16_t inet_fold(uint32_t sum);
/* The pseudo header of UDP, TCP and ICMPv6. */
uint32_t inet_pseudo_sum(const struct ip *src, const struct ip *dst, uint8_t proto, uint32_t len);

#endif
