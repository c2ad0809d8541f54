#include "io/proxy.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "base/addr.h"

enum { PROXY_PORT = 1080, PORT_TEXT_MAX = 5 };

/* "host", "host:port", "[v6]", "[v6]:port" */
static bool host_port_parse(char host[static PROXY_HOST_MAX], uint16_t *port, const char *text,
			    size_t len)
{
	const char *end = text + len, *host_end = end, *colon = NULL;
	if (len && *text == '[') {
		host_end = memchr(text, ']', len);
		if (!host_end)
			return false;
		text++;
		colon = host_end + 1 < end ? host_end + 1 : NULL;
	} else if ((colon = memchr(text, ':', len))) {
		host_end = colon;
	}
	size_t n = (size_t)(host_end - text);
	if (n == 0 || n >= PROXY_HOST_MAX || (colon && *colon != ':'))
		return false;
	if (colon) {
		unsigned long v = 0;
		if (end - colon < 2 || end - colon > 1 + PORT_TEXT_MAX)
			return false;
		for (const char *p = colon + 1; p < end; p++) {
			if (!isdigit((unsigned char)*p))
				return false;
			v = v * 10 + (unsigned long)(*p - '0');
		}
		if (v == 0 || v > UINT16_MAX)
			return false;
		*port = (uint16_t)v;
	}
	memcpy(host, text, n);
	host[n] = 0;
	return true;
}

static bool user_parse(char out[static PROXY_USER_MAX], const char *text, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)text[i];
		if (c == '%') {
			if (i + 2 >= len || !hex_parse(&c, 1, text + i + 1, 2))
				return false;
			i += 2;
		}
		if (n + 1 >= PROXY_USER_MAX || c < 0x20)
			return false;
		out[n++] = (char)c;
	}
	out[n] = 0;
	return true;
}

bool proxy_parse(struct proxy *p, const char *url, char why[static FAILURE_MAX])
{
	struct proxy new = {.port = PROXY_PORT};
	const char *scheme_end = url + strcspn(url, ":"), *at;
	if (strncmp(scheme_end, "://", 3) != 0)
		scheme_end = NULL;
	if (scheme_end && strncasecmp(url, "http://", 7) != 0)
		return failure_say(
			why, "the proxy %.*s://… cannot be used: only http:// proxies are known",
			(int)(scheme_end - url < 16 ? scheme_end - url : 16), url);
	if (scheme_end) {
		url = scheme_end + 3;
		new.port = 80;
	}
	size_t len = strcspn(url, "/");
	at = memrchr(url, '@', len);
	if (at) {
		if (!user_parse(new.user, url, (size_t)(at - url)))
			return failure_say(
				why, "the user and password in the proxy's URL cannot be read");
		len -= (size_t)(at + 1 - url);
		url = at + 1;
	}
	bool fits = host_port_parse(new.host, &new.port, url, len);
	if (!fits && strchr(url, '@')) /* what we took for the host is a part of the secret */
		return failure_say(why, "the user and password in the proxy's URL cannot be read: "
					"write / as %%2F, and @ as %%40");
	if (!fits)
		return failure_say(
			why,
			"the proxy's URL cannot be read: expected http://host:port, found %.*s",
			(int)(len < 64 ? len : 64), url);
	*p = new;
	return true;
}

static bool ends_with_domain(const char *host, const char *domain)
{
	if (*domain == '*')
		domain++;
	if (*domain == '.')
		domain++;
	size_t h = strlen(host), d = strlen(domain);
	d -= d > 0 && domain[d - 1] == '.'; /* "example." is the same name as "example" */
	h -= h > 0 && host[h - 1] == '.';
	if (d == 0 || h < d || strncasecmp(host + h - d, domain, d) != 0)
		return false;
	return h == d || host[h - d - 1] == '.';
}

static bool covers(const char *entry, size_t len, const char *host, uint16_t port)
{
	char name[PROXY_HOST_MAX];
	struct prefix net;
	struct ip ip;
	uint16_t only = port;
	if (len >= sizeof(name))
		return false;
	memcpy(name, entry, len);
	name[len] = 0;
	if (!strcmp(name, "*"))
		return true;
	if (prefix_parse(&net, name))
		return ip_parse(&ip, host) && prefix_contains(&net, &ip);
	if (!host_port_parse(name, &only, entry, len) || only != port)
		return false;
	if (ip_parse(&net.ip, name))
		return ip_parse(&ip, host) && ip_equal(&net.ip, &ip);
	return ends_with_domain(host, name);
}

bool proxy_is_bypassed(const char *no_proxy, const char *host, uint16_t port)
{
	struct ip ip;
	if (!strcasecmp(host, "localhost") || (ip_parse(&ip, host) && ip_is_loopback(&ip)))
		return true;
	while (no_proxy && *no_proxy) {
		size_t len = strcspn(no_proxy, ", \t");
		if (len && covers(no_proxy, len, host, port))
			return true;
		no_proxy += len + (no_proxy[len] != 0);
	}
	return false;
}

static const char *environment(const char *const *names)
{
	for (; *names; names++) {
		const char *v = getenv(*names);
		if (v && *v)
			return v;
	}
	return NULL;
}

bool proxy_from_environment(struct proxy *p, const char *host, uint16_t port, bool tls,
			    char why[static FAILURE_MAX])
{
	/* Not HTTP_PROXY in capitals: in a CGI program a client could set it. */
	static const char *const for_tls[] = {"https_proxy", "HTTPS_PROXY", "all_proxy",
					      "ALL_PROXY", NULL};
	static const char *const for_plain[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
	static const char *const not_for[] = {"no_proxy", "NO_PROXY", NULL};
	*p = (struct proxy){0};
	const char *url = environment(tls ? for_tls : for_plain);
	if (!url || proxy_is_bypassed(environment(not_for), host, port))
		return true;
	return proxy_parse(p, url, why);
}

static void put_text(struct wr *out, const char *text)
{
	wr_put(out, text, strlen(text));
}

static void place_format(char out[static PROXY_TEXT_MAX], const char *host, uint16_t port)
{
	snprintf(out, PROXY_TEXT_MAX, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

const char *proxy_format(char out[static PROXY_TEXT_MAX], const struct proxy *p)
{
	if (!p->host[0])
		return NULL;
	place_format(out, p->host, p->port);
	return out;
}

void proxy_request(struct wr *out, const struct proxy *p, const char *host, uint16_t port)
{
	char where[PROXY_TEXT_MAX];
	place_format(where, host, port);
	put_text(out, "CONNECT ");
	put_text(out, where);
	put_text(out, " HTTP/1.1\r\nHost: ");
	put_text(out, where);
	if (p->user[0]) {
		char coded[PROXY_USER_MAX * 4 / 3 + 8];
		EVP_EncodeBlock((uint8_t *)coded, (const uint8_t *)p->user, (int)strlen(p->user));
		put_text(out, "\r\nProxy-Authorization: Basic ");
		put_text(out, coded);
		OPENSSL_cleanse(coded, sizeof(coded));
	}
	put_text(out, "\r\n\r\n");
}

bool proxy_answer(const struct proxy *p, const char *head, char why[static FAILURE_MAX])
{
	unsigned major, minor, status;
	if (sscanf(head, "HTTP/%1u.%1u %3u", &major, &minor, &status) != 3)
		return failure_say(why, "what answered is no HTTP proxy");
	if (status >= 200 && status <= 299)
		return true;
	/* 401 is meant for servers, but tinyproxy gives it for a wrong password. */
	if ((status == 407 || status == 401) && p->user[0])
		return failure_say(
			why,
			"it does not accept the user and password (%u): correct them in its URL",
			status);
	if (status == 407)
		return failure_say(why, "it wants a user and password (407): put them into its "
					"URL, http://user:password@host:port");
	size_t len = strcspn(head, "\r\n");
	return failure_say(why, "it refused: %.*s", (int)(len < 80 ? len : 80), head);
}
