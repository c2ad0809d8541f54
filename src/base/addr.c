#include "base/addr.h"

#include <arpa/inet.h> /* inet_pton, inet_ntop: text only, no socket is touched */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct ip ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ip){.family = 4, .b = {a, b, c, d}};
}

struct ip ip_v4_from(const uint8_t b[static 4])
{
	return ip_v4(b[0], b[1], b[2], b[3]);
}

struct ip ip_v6_from(const uint8_t b[static 16])
{
	if (memcmp(b, mapped_prefix, sizeof(mapped_prefix)) == 0)
		return ip_v4_from(b + 12);
	struct ip ip = {.family = 6};
	memcpy(ip.b, b, 16);
	return ip;
}

void ip_to_16(const struct ip *ip, uint8_t out[static 16])
{
	if (ip->family == 4) {
		memcpy(out, mapped_prefix, 12);
		memcpy(out + 12, ip->b, 4);
	} else {
		memcpy(out, ip->b, 16);
	}
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->b, b->b, 16) == 0;
}

size_t ip_len(const struct ip *ip)
{
	return ip->family == 4 ? 4 : ip->family == 6 ? 16 : 0;
}

bool ip_parse(struct ip *ip, const char *text)
{
	uint8_t b[16];
	if (inet_pton(AF_INET, text, b) == 1)
		*ip = ip_v4_from(b);
	else if (inet_pton(AF_INET6, text, b) == 1)
		*ip = ip_v6_from(b);
	else
		return false;
	return true;
}

const char *ip_format(const struct ip *ip, char out[static IP_TEXT_MAX])
{
	out[0] = '\0';
	if (ip->family == 4)
		inet_ntop(AF_INET, ip->b, out, IP_TEXT_MAX);
	else if (ip->family == 6)
		inet_ntop(AF_INET6, ip->b, out, IP_TEXT_MAX);
	else
		snprintf(out, IP_TEXT_MAX, "none");
	return out;
}

bool ip_is_loopback(const struct ip *ip)
{
	static const uint8_t one[16] = {[15] = 1};
	return ip->family == 4 ? ip->b[0] == 127 : ip->family == 6 && memcmp(ip->b, one, 16) == 0;
}

bool ip_is_link_local(const struct ip *ip)
{
	if (ip->family == 4)
		return ip->b[0] == 169 && ip->b[1] == 254;
	return ip->family == 6 && ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

bool ip_is_private(const struct ip *ip)
{
	if (ip->family == 4)
		return ip->b[0] == 10 || (ip->b[0] == 172 && (ip->b[1] & 0xf0) == 16) ||
		       (ip->b[0] == 192 && ip->b[1] == 168);
	return ip->family == 6 && (ip->b[0] & 0xfe) == 0xfc;
}

bool ip_is_shared(const struct ip *ip)
{
	return ip->family == 4 && ip->b[0] == 100 && (ip->b[1] & 0xc0) == 64;
}

bool ip_is_multicast(const struct ip *ip)
{
	return ip->family == 4 ? (ip->b[0] & 0xf0) == 0xe0 : ip->family == 6 && ip->b[0] == 0xff;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && a->scope == b->scope && ip_equal(&a->ip, &b->ip);
}

bool endpoint_is_set(const struct endpoint *e)
{
	return e->ip.family != 0 && e->port != 0;
}

/* A decimal number of at most `max`, digits only; -1 otherwise. */
static long parse_number(const char *text, long max)
{
	if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 5)
		return -1;
	long v = strtol(text, NULL, 10);
	return v <= max ? v : -1;
}

bool endpoint_parse(struct endpoint *e, const char *text)
{
	char host[IP_TEXT_MAX + 2];
	const char *colon = strrchr(text, ':');
	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return false;
	size_t n = (size_t)(colon - text);
	memcpy(host, text, n);
	host[n] = '\0';

	bool bracketed = n >= 2 && host[0] == '[' && host[n - 1] == ']';
	if (bracketed)
		host[n - 1] = '\0';
	struct endpoint parsed = {.scope = 0};
	long port = parse_number(colon + 1, UINT16_MAX);
	if (port < 0 || !ip_parse(&parsed.ip, host + bracketed))
		return false;
	/* An IPv6 address without brackets could be cut at any of its colons. */
	if (!bracketed && strchr(host, ':'))
		return false;
	parsed.port = (uint16_t)port;
	*e = parsed;
	return true;
}

const char *endpoint_format(const struct endpoint *e, char out[static ENDPOINT_TEXT_MAX])
{
	char ip[IP_TEXT_MAX];
	const char *form = e->ip.family == 6 ? "[%s]:%u" : "%s:%u";
	snprintf(out, ENDPOINT_TEXT_MAX, form, ip_format(&e->ip, ip), (unsigned)e->port);
	return out;
}

struct prefix prefix_of(const struct ip *ip, uint8_t bits)
{
	struct prefix p = {.ip = *ip, .bits = bits};
	for (size_t i = 0; i < 16; i++) {
		size_t first = i * 8;
		if (first >= bits)
			p.ip.b[i] = 0;
		else if (bits - first < 8)
			p.ip.b[i] &= (uint8_t)(0xff << (8 - (bits - first)));
	}
	return p;
}

bool prefix_parse(struct prefix *p, const char *text)
{
	char host[IP_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	if (n >= sizeof(host))
		return false;
	memcpy(host, text, n);
	host[n] = '\0';

	struct ip ip;
	if (!ip_parse(&ip, host))
		return false;
	long max = (long)ip_len(&ip) * 8;
	long bits = slash ? parse_number(slash + 1, max) : max;
	if (bits < 0)
		return false;
	*p = prefix_of(&ip, (uint8_t)bits);
	return true;
}

const char *prefix_format(const struct prefix *p, char out[static PREFIX_TEXT_MAX])
{
	char ip[IP_TEXT_MAX];
	snprintf(out, PREFIX_TEXT_MAX, "%s/%u", ip_format(&p->ip, ip), (unsigned)p->bits);
	return out;
}

bool prefix_contains(const struct prefix *p, const struct ip *ip)
{
	if (p->ip.family != ip->family)
		return false;
	struct prefix other = prefix_of(ip, p->bits);
	return ip_equal(&p->ip, &other.ip);
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->bits == b->bits && ip_equal(&a->ip, &b->ip);
}
