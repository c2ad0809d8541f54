/* io/upnp_worker.c - theory of operation
 *
 * One request at a time.  The gateway that was found is kept between requests.  We use descriptions
 * and control URLs at the gateway's own address only, whatever else answers.
 *
 * Bounded: memory and processor time by resource limits; each request by an alarm, which ends the
 * process; system calls by a filter.
 *
 * Source: portmap.md 8.2 to 8.4; UPnP Forum, WANIPConnection 1.0 and 2.0 (the numbers of errors);
 * libminiupnpc 2.2, API 17.
 */
#include "io/upnp_worker.h"

#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/random.h"
#include "io/sandbox.h"
#include "path/portmap/upnp_mapper.h"

enum {
	REQUEST_S = 25,
	DISCOVER_MS = 400, /* for each of the five kinds of device that the library looks for */
	CPU_S = 30,
	MEMORY = 96 << 20,
	FILES = 16,
	DEVICES_MAX = 4, /* looked at, of those at the gateway's address */
	PORT_TRIES = 4,
	PORT_LOW = 1024
};

/* WANIPConnection: errors of AddPortMapping. */
enum {
	ERROR_INVALID_ACTION = 401,
	ERROR_INVALID_ARGS = 402,
	ERROR_CONFLICT = 718,
	ERROR_ONLY_PERMANENT = 725
};

static const char PROTOCOL[] = "UDP", NAME[] = "warren";

struct worker {
	int fd;
	bool found;
	struct UPNPUrls urls;
	struct IGDdatas data;
	struct ip self, gateway; /* of what was found */
	uint16_t mapped;         /* outside port; 0: none */
};

struct port_text {
	char text[8];
};

static struct port_text port_text(uint16_t port)
{
	struct port_text t;
	snprintf(t.text, sizeof(t.text), "%u", port);
	return t;
}

static void limit_all(void)
{
	char why[FAILURE_MAX];
	setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_S, CPU_S});
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0});
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){FILES, FILES});
#ifndef __SANITIZE_ADDRESS__
	setrlimit(RLIMIT_AS, &(struct rlimit){MEMORY, MEMORY});
#endif
	(void)!sandbox_filter_calls(SANDBOX_UPNP, why);
}

/* --- finding the gateway --- */

static bool is_at(const char *url, const struct ip *gateway)
{
	char start[sizeof("http://") + IP_TEXT_MAX], ip[IP_TEXT_MAX];
	int n = snprintf(start, sizeof(start), "http://%s", ip_format(gateway, ip));
	return url && strncmp(url, start, (size_t)n) == 0 && (url[n] == ':' || url[n] == '/');
}

static void forget(struct worker *w)
{
	if (w->found)
		FreeUPNPUrls(&w->urls);
	w->found = false;
}

/* The library gives two connections of a device, say one over IP and one over PPP. Often only one
 * of them is up. */
static void choose_connection(struct worker *w, const char *url)
{
	char status[64] = "", error[64] = "";
	unsigned uptime;
	if (!w->data.second.servicetype[0] ||
	    (UPNP_GetStatusInfo(w->urls.controlURL, w->data.first.servicetype, status, &uptime,
				error) == UPNPCOMMAND_SUCCESS &&
	     strcmp(status, "Connected") == 0))
		return;
	w->data.first = w->data.second;
	w->data.second.servicetype[0] = '\0';
	FreeUPNPUrls(&w->urls);
	GetUPNPUrls(&w->urls, &w->data, url, 0);
}

static bool try_device(struct worker *w, const char *url, const struct ip *gateway)
{
	char lan[IP_TEXT_MAX];
	memset(&w->urls, 0, sizeof(w->urls));
	memset(&w->data, 0, sizeof(w->data));
	if (!UPNP_GetIGDFromUrl(url, &w->urls, &w->data, lan, sizeof(lan)))
		return false;
	if (is_at(w->urls.controlURL, gateway))
		choose_connection(w, url);
	if (w->data.first.servicetype[0] && is_at(w->urls.controlURL, gateway))
		return true;
	FreeUPNPUrls(&w->urls);
	return false;
}

static bool find(struct worker *w, const struct upnp_ask *ask)
{
	char self[IP_TEXT_MAX];
	int error = 0, looked_at = 0;
	forget(w);
	struct UPNPDev *all = upnpDiscover(DISCOVER_MS, ip_format(&ask->self, self), "",
					   UPNP_LOCAL_PORT_ANY, 0, 2, &error);
	for (const struct UPNPDev *d = all; d && !w->found && looked_at < DEVICES_MAX;
	     d = d->pNext) {
		if (!is_at(d->descURL, &ask->gateway))
			continue;
		looked_at++;
		w->found = try_device(w, d->descURL, &ask->gateway);
	}
	freeUPNPDevlist(all);
	w->self = ask->self;
	w->gateway = ask->gateway;
	return w->found;
}

static bool have(struct worker *w, const struct upnp_ask *ask)
{
	return (w->found && ip_equal(&w->self, &ask->self) &&
		ip_equal(&w->gateway, &ask->gateway)) ||
	       find(w, ask);
}

/* --- mapping --- */

/* Gives the outside port, or 0 and the error. A service of version 2 may choose the port itself. */
static uint16_t add(struct worker *w, const struct upnp_ask *ask, uint16_t outside,
		    uint32_t lifetime_s, int *error)
{
	char self[IP_TEXT_MAX], lifetime[12], reserved[8] = "";
	struct port_text in = port_text(ask->port), out = port_text(outside);
	const char *url = w->urls.controlURL, *type = w->data.first.servicetype;
	size_t len = strlen(type);
	ip_format(&ask->self, self);
	snprintf(lifetime, sizeof(lifetime), "%u", lifetime_s);
	*error = ERROR_INVALID_ACTION;
	if (len > 2 && strcmp(type + len - 2, ":2") == 0)
		*error = UPNP_AddAnyPortMapping(url, type, out.text, in.text, self, NAME, PROTOCOL,
						NULL, lifetime, reserved);
	if (*error == UPNPCOMMAND_SUCCESS) {
		long port = strtol(reserved, NULL, 10);
		return port > 0 && port <= UINT16_MAX ? (uint16_t)port : outside;
	}
	if (*error == ERROR_ONLY_PERMANENT || *error == ERROR_INVALID_ARGS)
		return 0;
	*error = UPNP_AddPortMapping(url, type, out.text, in.text, self, NAME, PROTOCOL, NULL,
				     lifetime);
	return *error == UPNPCOMMAND_SUCCESS ? outside : 0;
}

static uint16_t any_port(void)
{
	struct rng rng = random_source();
	return (uint16_t)(PORT_LOW + rng_below(&rng, 65536 - PORT_LOW));
}

/* Many gateways know mappings without end only. If another host has the port, we try another one.
 */
static uint16_t add_somehow(struct worker *w, const struct upnp_ask *ask, uint32_t *lifetime_s)
{
	uint16_t outside = ask->outside >= PORT_LOW ? ask->outside : any_port();
	*lifetime_s = ask->lifetime_s;
	for (int i = 0; i < PORT_TRIES; i++) {
		int error;
		uint16_t port = add(w, ask, outside, *lifetime_s, &error);
		if (port)
			return port;
		if (error == ERROR_CONFLICT)
			outside = any_port();
		else if ((error == ERROR_ONLY_PERMANENT || error == ERROR_INVALID_ARGS) &&
			 *lifetime_s > 0)
			*lifetime_s = 0;
		else
			return 0;
	}
	return 0;
}

static bool take_back(struct worker *w)
{
	if (!w->mapped || !w->found)
		return false;
	struct port_text out = port_text(w->mapped);
	w->mapped = 0;
	return UPNP_DeletePortMapping(w->urls.controlURL, w->data.first.servicetype, out.text,
				      PROTOCOL, NULL) == UPNPCOMMAND_SUCCESS;
}

static struct upnp_report map(struct worker *w, const struct upnp_ask *ask)
{
	struct upnp_report r = {.kind = UPNP_REFUSED};
	char outside[40] = "";
	if (!have(w, ask))
		return (struct upnp_report){.kind = UPNP_NONE};
	uint16_t port = add_somehow(w, ask, &r.lifetime_s);
	if (!port)
		return r;
	if (w->mapped && w->mapped != port)
		(void)!take_back(w);
	w->mapped = port;
	int error =
		UPNP_GetExternalIPAddress(w->urls.controlURL, w->data.first.servicetype, outside);
	if (error == UPNPCOMMAND_SUCCESS && ip_parse(&r.outside.ip, outside) &&
	    r.outside.ip.family == 4) {
		r.kind = UPNP_MAPPED;
		r.outside.port = port;
		return r;
	}
	(void)!take_back(w);
	return r;
}

/* --- serving --- */

static void serve(struct worker *w, const struct upnp_ask *ask)
{
	struct upnp_report r = {.kind = UPNP_NONE};
	switch (ask->kind) {
	case UPNP_FIND:
		r.kind = find(w, ask) ? UPNP_FOUND : UPNP_NONE;
		break;
	case UPNP_MAP:
		r = map(w, ask);
		break;
	case UPNP_UNMAP:
		(void)!take_back(w);
		return;
	}
	(void)!send(w->fd, &r, sizeof(r), MSG_NOSIGNAL);
}

/* Then requests that still wait are not done. */
static bool program_is_gone(const struct worker *w)
{
	struct pollfd p = {.fd = w->fd, .events = POLLRDHUP};
	return poll(&p, 1, 0) == 1;
}

/* Only this process knows how to delete the mapping, so it is never idle while there is one. */
static bool is_idle(const struct worker *w, int idle_ms)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};
	return !w->mapped && poll(&p, 1, idle_ms) == 0;
}

int upnp_worker_run(int fd, int idle_ms)
{
	static struct worker w;
	struct upnp_ask ask;
	w.fd = fd;
	limit_all();
	for (;;) {
		if (is_idle(&w, idle_ms))
			return UPNP_WORKER_IDLE;
		if (recv(fd, &ask, sizeof(ask), 0) != (ssize_t)sizeof(ask) || program_is_gone(&w))
			break;
		alarm(REQUEST_S);
		serve(&w, &ask);
		alarm(0);
	}
	alarm(REQUEST_S);
	(void)!take_back(&w);
	return UPNP_WORKER_ENDED;
}
