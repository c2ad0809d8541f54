/* io/proxy.h - HTTP proxies: whether to use one, how to ask it, and what it answered; text only
 *
 * Source: derp.md 6.1; RFC 9110 s.9.3.6 (CONNECT), RFC 7617 (Basic); the environment as curl(1)
 * reads it.
 */
#ifndef IO_PROXY_H
#define IO_PROXY_H

#include "base/bytes.h"
#include "io/failure.h"

enum {
	PROXY_HOST_MAX = 256,
	PROXY_USER_MAX = 384,    /* user:password, decoded */
	PROXY_ANSWER_MAX = 4096, /* a longer answer head is refused */
	PROXY_REQUEST_MAX = 1536,
	PROXY_TEXT_MAX = PROXY_HOST_MAX + 16
};

struct proxy {
	char host[PROXY_HOST_MAX]; /* empty: no proxy */
	uint16_t port;
	char user[PROXY_USER_MAX]; /* "user:password"; empty: none. A secret */
};

/* http://[user:password@]host[:port][/], or without the "http://". False: why. */
bool proxy_parse(struct proxy *p, const char *url, char why[static FAILURE_MAX]) MUST_USE;
/* What the environment says for this server; p->host is empty: no proxy. With TLS https_proxy,
 * HTTPS_PROXY, all_proxy and ALL_PROXY count; without it http_proxy, all_proxy and ALL_PROXY.
 * no_proxy and NO_PROXY exclude servers. False: why. */
bool proxy_from_environment(struct proxy *p, const char *host, uint16_t port, bool tls,
			    char why[static FAILURE_MAX]) MUST_USE;
/* Does no_proxy exclude the server? Its items are "*", names, .domains, addresses and prefixes,
 * each with or without :port. Loopback is always excluded. no_proxy NULL: nothing else is. */
bool proxy_is_bypassed(const char *no_proxy, const char *host, uint16_t port);

/* Appends the CONNECT request. */
void proxy_request(struct wr *out, const struct proxy *p, const char *host, uint16_t port);
/* Judges the head of the proxy's answer, NUL-terminated. False: the proxy does not connect; why. */
bool proxy_answer(const struct proxy *p, const char *head, char why[static FAILURE_MAX]) MUST_USE;
/* "host:port" without the secret; NULL for no proxy. */
const char *proxy_format(char out[static PROXY_TEXT_MAX], const struct proxy *p);

#endif
