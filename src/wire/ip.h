/* wire/ip.h - headers of IPv4 (RFC 791), IPv6 (RFC 8200), UDP (RFC 768), ICMP (RFC 792, 4443)
 *
 * No reader believes a length field beyond the bytes that are there.
 */
#ifndef WIRE_IP_H
#define WIRE_IP_H

#include "base/addr.h"

enum { IP4_HEADER_LEN = 20, IP6_HEADER_LEN = 40, UDP_HEADER_LEN = 8, ICMP_HEADER_LEN = 8 };

enum ip_proto { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMP6 = 58, IP_TSMP = 99 };

struct ip_packet {
	struct ip src, dst;
	uint8_t proto; /* of the payload, behind IPv6 extension headers */
	uint8_t ttl;
	bool fragment;        /* a later fragment: it has no transport header */
	uint16_t len;         /* of the whole packet, by its own header */
	struct bytes payload; /* transport header and data, borrowed */
};

/* False: not IP, truncated, with impossible lengths or more than eight extension headers, or an
 * IPv6 packet with an IPv4-mapped address, which would pass for the IPv4 address. Bytes behind the
 * packet's own length (WireGuard's padding) do not belong to the payload. IPv4 header checksums are
 * not verified: the tunnel authenticates its packets. */
bool ip_read(struct bytes b, struct ip_packet *out) MUST_USE;
/* The destination alone, for packets that go out. False: not IP, or IPv4-mapped in an IPv6
 * packet. */
bool ip_read_dst(struct bytes b, struct ip *dst) MUST_USE;
/* Source and own length alone, for packets that come in. False: not IP, longer than b, or
 * IPv4-mapped in an IPv6 packet. */
bool ip_read_src(struct bytes b, struct ip *src, size_t *len) MUST_USE;
/* An IPv6 packet with an address of fe80::/10: it belongs to one link (RFC 4291 s.2.5.6). */
bool ip_is_of_link(struct bytes b);
/* Appends the header of a packet whose payload has `payload_len` bytes, IPv4 checksum included. The
 * writer goes bad if the families differ or the packet would be longer than 65535 bytes. */
void ip_write(struct wr *out, const struct ip *src, const struct ip *dst, uint8_t proto,
	      uint8_t ttl, size_t payload_len);

struct udp_header {
	uint16_t src, dst, len, checksum;
};
bool udp_read(struct bytes b, struct udp_header *out, struct bytes *payload) MUST_USE;
/* Appends header and payload, checksum included. */
void udp_write(struct wr *out, const struct ip *src, const struct ip *dst, uint16_t sport,
	       uint16_t dport, struct bytes payload);

/* Appends an ICMP or ICMPv6 message, by the family of src, checksum included. */
void icmp_write(struct wr *out, const struct ip *src, const struct ip *dst, uint8_t type,
		uint8_t code, uint32_t rest, struct bytes payload);

/* The sum of RFC 1071 over b, to be folded. sum: 0, or the sum of the bytes before, whose number
 * must be even. */
uint32_t inet_sum(struct bytes b, uint32_t sum);
/* The checksum for a header: folded and inverted. Over a message with a right checksum it is 0. */
uint16_t inet_fold(uint32_t sum);
/* The sum of the pseudo header of UDP, TCP and ICMPv6. */
uint32_t inet_pseudo_sum(const struct ip *src, const struct ip *dst, uint8_t proto, uint32_t len);

#endif
