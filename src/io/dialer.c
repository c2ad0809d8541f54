/* io/dialer.c - theory of operation
 *
 * evdns answers each lookup, also one that was cancelled, and then from a later turn of the loop.
 * So a lookup that is stopped stays until its answer comes, and a dialer that is freed stays until
 * the answers of all its lookups have come.
 *
 * After a failure the servers are read again before the next lookup: the network may have changed
 * and nobody noticed.
 *
 * Bounded: the addresses taken from an answer, half of them of each family, so that many of one do
 * not crowd out the other; the time of a question (2 s, three attempts).
 */
#include "io/dialer_inside.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "io/socket_address.h"

static const char RESOLV_CONF[] = "/etc/resolv.conf";
static const char HOSTS[] = "/etc/hosts";

struct dialer *dialer_new(struct loop *l)
{
	struct dialer *d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	*d = (struct dialer){.l = l, .dns_stale = true};
	d->dns = evdns_base_new(loop_base(l), EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!d->dns) {
		free(d);
		return NULL;
	}
	return d;
}

static void release(evutil_socket_t fd, short what, void *self)
{
	struct dialer *d = self;
	evdns_base_free(d->dns, 0);
	SSL_CTX_free(d->roots);
	SSL_CTX_free(d->unasked);
	free(d);
}

/* In a turn of its own: evdns is still inside a call of its own, and uses its base after it. */
static void release_soon(struct dialer *d)
{
	static const struct timeval now = {0, 0};
	(void)event_base_once(loop_base(d->l), -1, EV_TIMEOUT, release, d, &now);
}

void dialer_free(struct dialer *d)
{
	if (!d)
		return;
	d->closed = true;
	if (d->lookups == 0)
		release_soon(d);
}

struct loop *dialer_loop(const struct dialer *d)
{
	return d->l;
}

void dialer_network_changed(struct dialer *d)
{
	d->dns_stale = true;
}

void dialer_set_nat64(struct dialer *d, const struct prefix *p)
{
	d->nat64 = p ? *p : (struct prefix){0};
}

/* Questions under way go to the new servers. */
static void read_servers(struct dialer *d)
{
	int what = DNS_OPTION_SEARCH | DNS_OPTION_NAMESERVERS | DNS_OPTION_MISC;
	evdns_base_clear_nameservers_and_suspend(d->dns);
	evdns_base_resolv_conf_parse(d->dns, what, RESOLV_CONF);
	evdns_base_set_option(d->dns, "timeout:", "2");
	evdns_base_set_option(d->dns, "attempts:", "3");
	evdns_base_resume(d->dns);
	evdns_base_clear_host_addresses(d->dns);
	evdns_base_load_hosts(d->dns, HOSTS);
	d->dns_stale = false;
}

struct lookup {
	struct dialer *d;
	struct lookup_call call; /* fn NULL: stopped */
	struct evdns_getaddrinfo_request *request;
	bool starting, done;
};

static void on_answer(int error, struct evutil_addrinfo *found, void *self)
{
	struct lookup *k = self;
	struct ip v[LOOKUP_MAX];
	size_t n = 0, n4 = 0, n6 = 0;
	for (struct evutil_addrinfo *a = found; a && n < LOOKUP_MAX; a = a->ai_next) {
		struct sockaddr_storage sa = {0};
		struct endpoint e;
		memcpy(&sa, a->ai_addr, a->ai_addrlen);
		if (socket_address_read(&e, &sa) &&
		    (e.ip.family == 4 ? n4++ : n6++) < LOOKUP_MAX / 2)
			v[n++] = e.ip;
	}
	if (found)
		evutil_freeaddrinfo(found);
	k->done = true;
	k->request = NULL;
	struct lookup_call call = k->call;
	struct dialer *d = k->d;
	d->dns_stale |= error == EVUTIL_EAI_AGAIN || error == EVUTIL_EAI_FAIL;
	if (!k->starting)
		free(k);
	if (--d->lookups == 0 && d->closed)
		release_soon(d);
	else if (call.fn)
		call.fn(call.self, v, n,
			n ? "" : evutil_gai_strerror(error ? error : EVUTIL_EAI_NODATA));
}

struct lookup *lookup_start(struct dialer *d, const char *host, struct lookup_call call)
{
	struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct lookup *k = calloc(1, sizeof(*k));
	if (!k) {
		call.fn(call.self, NULL, 0, "out of memory");
		return NULL;
	}
	if (d->dns_stale)
		read_servers(d);
	*k = (struct lookup){.d = d, .call = call, .starting = true};
	d->lookups++;
	k->request = evdns_getaddrinfo(d->dns, host, NULL, &hints, on_answer, k);
	k->starting = false;
	if (!k->done)
		return k;
	free(k);
	return NULL;
}

void lookup_stop(struct lookup *k)
{
	if (!k)
		return;
	k->call.fn = NULL;
	if (k->request)
		evdns_getaddrinfo_cancel(k->request);
}

struct lookup64 {
	struct lookup64_call call; /* fn NULL: stopped */
	struct dialer *d;
	struct evdns_request *request;
};

static void on_answer64(int result, char type, int count, int ttl, void *addresses, void *self)
{
	struct lookup64 *k = self;
	struct lookup64_answer a = {.ttl_s = ttl > 0 ? (uint32_t)ttl : 0};
	const uint8_t *v = addresses;
	if (result == DNS_ERR_NONE && type == DNS_IPv6_AAAA)
		for (int i = 0; i < count && a.n < LOOKUP_MAX; i++)
			a.v[a.n++] = ip_v6_from(v + 16 * (size_t)i);
	a.failed = result != DNS_ERR_NONE && result != DNS_ERR_NODATA && result != DNS_ERR_NOTEXIST;
	struct lookup64_call call = k->call;
	struct dialer *d = k->d;
	d->dns_stale |= a.failed && result != DNS_ERR_CANCEL;
	free(k);
	if (--d->lookups == 0 && d->closed)
		release_soon(d);
	else if (call.fn)
		call.fn(call.self, &a);
}

struct lookup64 *lookup64_start(struct dialer *d, const char *host, struct lookup64_call call)
{
	struct lookup64 *k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	if (d->dns_stale)
		read_servers(d);
	*k = (struct lookup64){.call = call, .d = d};
	k->request = evdns_base_resolve_ipv6(d->dns, host, DNS_QUERY_NO_SEARCH, on_answer64, k);
	if (k->request) {
		d->lookups++;
		return k;
	}
	free(k);
	return NULL;
}

void lookup64_stop(struct lookup64 *k)
{
	if (!k)
		return;
	k->call.fn = NULL;
	evdns_cancel_request(k->d->dns, k->request);
}

static SSL_CTX *shared(SSL_CTX **kept, enum stream_trust trust, char *why)
{
	if (!*kept)
		*kept = tls_context(trust, NULL, why);
	if (*kept)
		SSL_CTX_up_ref(*kept);
	return *kept;
}

SSL_CTX *dialer_context(struct dialer *d, enum stream_trust trust, const char *ca_file,
			char why[static FAILURE_MAX])
{
	switch (trust) {
	case STREAM_ROOTS:
		return shared(&d->roots, trust, why);
	case STREAM_CA:
		return tls_context(trust, ca_file, why);
	case STREAM_PLAIN:
	case STREAM_PIN:
	case STREAM_UNTESTED:
		return shared(&d->unasked, trust, why);
	}
	return NULL;
}
