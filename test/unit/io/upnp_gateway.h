/* upnp_gateway.h - a gateway at 127.0.0.1 that speaks UPnP, and a worker that asks it
 *
 * SSDP has one fixed port, so all of it runs in a network of its own (unit/own_network.h).  What
 * the gateway says is text that a test chooses.
 */
#ifndef UPNP_GATEWAY_H
#define UPNP_GATEWAY_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>

#include "io/clock.h"
#include "io/upnp_worker.h"
#include "path/portmap/upnp_mapper.h"
#include "unit/own_network.h"

#define SERVICE_1 "urn:schemas-upnp-org:service:WANIPConnection:1"
#define SERVICE_2 "urn:schemas-upnp-org:service:WANIPConnection:2"
#define SERVICE_P "urn:schemas-upnp-org:service:WANPPPConnection:1"

enum { GATEWAY_TRIES = 8, GATEWAY_WAIT_MS = 20000 };

struct words {
	const char *p;
	size_t n;
};

#define WORDS(array)                       \
	{                                  \
		(array), sizeof(array) - 1 \
	}

struct gateway {
	/* what it says */
	const char *service, *second;  /* the services of its description; NULL: none */
	const char *locations[8];      /* of descriptions; %u is its port. [0] NULL: its own */
	const char *control;           /* the control URL; NULL: its own */
	struct words nonsense[12];     /* instead of its first descriptions; NULL: the good one */
	const char *outside;           /* its external address; NULL: an error */
	const char *reserved;          /* by AddAnyPortMapping; NULL: it does not know that */
	const char *status, *status2;  /* of the connections */
	int add_errors[GATEWAY_TRIES]; /* of AddPortMapping, one after another; 0: none */
	bool cuts_off;                 /* closes in the middle of an answer to a request */

	/* what it was asked */
	unsigned searches, gets, adds, any_adds, deletes, outsides, seconds;
	unsigned added[GATEWAY_TRIES], lifetimes[GATEWAY_TRIES], deleted;
	char last_add[2048];

	int ssdp, http, fd; /* fd: the program's end of the worker's socket */
	uint16_t port;
	pid_t worker;
};

static inline struct gateway gateway_good(void)
{
	return (struct gateway){.service = SERVICE_1, .outside = "203.0.113.9"};
}

static inline void gateway_listen(struct gateway *g)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(1900)};
	struct ip_mreq all = {{inet_addr("239.255.255.250")}, {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(sa);
	g->ssdp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(bind(g->ssdp, (struct sockaddr *)&sa, sizeof(sa)) == 0);
	CHECK(setsockopt(g->ssdp, IPPROTO_IP, IP_ADD_MEMBERSHIP, &all, sizeof(all)) == 0);
	g->http = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sa.sin_port = 0;
	CHECK(bind(g->http, (struct sockaddr *)&sa, sizeof(sa)) == 0 && listen(g->http, 16) == 0);
	CHECK(getsockname(g->http, (struct sockaddr *)&sa, &len) == 0);
	g->port = ntohs(sa.sin_port);
}

static inline void gateway_start(struct gateway *g, int idle_ms)
{
	char why[FAILURE_MAX];
	int pair[2];
	struct netlink *nl = own_network_netlink();
	CHECK_WHY(netlink_link_up(nl, 1, 65536, why), why);
	netlink_close(nl);
	gateway_listen(g);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	g->worker = fork();
	if (g->worker == 0) {
		close(pair[0]);
		close(g->ssdp);
		close(g->http);
		_exit(upnp_worker_run(pair[1], idle_ms));
	}
	close(pair[1]);
	g->fd = pair[0];
}

static inline void gateway_found(struct gateway *g)
{
	char in[1024], out[1024], url[256];
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	ssize_t n = recvfrom(g->ssdp, in, sizeof(in) - 1, 0, (struct sockaddr *)&sa, &len);
	CHECK(n > 0);
	in[n] = 0;
	if (!strstr(in, "InternetGatewayDevice:1")) /* what the library looks for first */
		return;
	g->searches++;
	for (size_t i = 0; i < ARRAY_LEN(g->locations) && (i == 0 || g->locations[i]); i++) {
		const char *form = g->locations[i] ? g->locations[i] : "http://127.0.0.1:%u/desc";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(url, sizeof(url), form, g->port);
#pragma GCC diagnostic pop
		snprintf(out, sizeof(out),
			 "HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:"
			 "InternetGatewayDevice:1\r\nUSN: uuid:%zu\r\nLOCATION: %s\r\n\r\n",
			 i, url);
		CHECK(sendto(g->ssdp, out, strlen(out), 0, (struct sockaddr *)&sa, len) > 0);
	}
}

static inline int service_text(char *out, size_t cap, const char *type, const char *control)
{
	return snprintf(out, cap,
			"<service><serviceType>%s</serviceType><controlURL>%s</controlURL>"
			"<eventSubURL>/e</eventSubURL><SCPDURL>/s</SCPDURL></service>",
			type, control);
}

static inline size_t gateway_describe(const struct gateway *g, char *out, size_t cap)
{
	char one[512], two[512] = "";
	service_text(one, sizeof(one), g->service, g->control ? g->control : "/control");
	if (g->second)
		service_text(two, sizeof(two), g->second, "/second");
	return (size_t)snprintf(
		out, cap,
		"<?xml version=\"1.0\"?><root><device><deviceType>urn:schemas-upnp-org:device:"
		"InternetGatewayDevice:1</deviceType><deviceList><device><deviceType>"
		"urn:schemas-upnp-org:device:WANDevice:1</deviceType><serviceList><service>"
		"<serviceType>urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1"
		"</serviceType><controlURL>/common</controlURL><eventSubURL>/e</eventSubURL>"
		"<SCPDURL>/s</SCPDURL></service></serviceList><deviceList><device><deviceType>"
		"urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType><serviceList>"
		"%s%s</serviceList></device></deviceList></device></deviceList></device></root>",
		one, two);
}

/* The number in an element of a request; 0: there is none. */
static inline unsigned number_in(const char *text, const char *element)
{
	const char *at = strstr(text, element);
	return at ? (unsigned)strtoul(at + strlen(element), NULL, 10) : 0;
}

/* Writes the answer to a request. Gives an error of UPnP; 0: none. */
static inline int gateway_act(struct gateway *g, const char *in, char *out, size_t cap)
{
	bool second = strncmp(in, "POST /second", 12) == 0;
	g->seconds += second;
	*out = 0;
	if (strstr(in, "#GetStatusInfo")) {
		const char *status = second ? g->status2 : g->status;
		snprintf(out, cap,
			 "<NewConnectionStatus>%s</NewConnectionStatus><NewUptime>9"
			 "</NewUptime>",
			 status ? status : "Connected");
	} else if (strstr(in, "#GetExternalIPAddress")) {
		g->outsides++;
		if (!g->outside)
			return 501;
		snprintf(out, cap, "<NewExternalIPAddress>%s</NewExternalIPAddress>", g->outside);
	} else if (strstr(in, "#AddAnyPortMapping")) {
		g->any_adds++;
		if (!g->reserved)
			return 401;
		snprintf(out, cap, "<NewReservedPort>%s</NewReservedPort>", g->reserved);
	} else if (strstr(in, "#AddPortMapping")) {
		unsigned i = g->adds++;
		CHECK(i < GATEWAY_TRIES);
		g->added[i] = number_in(in, "<NewExternalPort>");
		g->lifetimes[i] = number_in(in, "<NewLeaseDuration>");
		snprintf(g->last_add, sizeof(g->last_add), "%.2000s", in);
		return g->add_errors[i];
	} else if (strstr(in, "#DeletePortMapping")) {
		g->deletes++;
		g->deleted = number_in(in, "<NewExternalPort>");
	}
	return 0;
}

static inline size_t gateway_answer_text(struct gateway *g, const char *in, char *out, size_t cap)
{
	char body[1024];
	int error = gateway_act(g, in, body, sizeof(body));
	if (error)
		return (size_t)snprintf(out, cap,
					"<s:Envelope><s:Body><s:Fault><detail><UPnPError>"
					"<errorCode>%d</errorCode></UPnPError></detail></s:Fault>"
					"</s:Body></s:Envelope>",
					error);
	return (size_t)snprintf(out, cap,
				"<s:Envelope><s:Body><u:Response>%s</u:Response></s:Body>"
				"</s:Envelope>",
				body);
}

/* Reads a whole request. */
static inline void gateway_read(int fd, char *in, size_t cap)
{
	size_t have = 0;
	for (const char *end = NULL; !end;) {
		wait_for_fd(fd);
		ssize_t n = recv(fd, in + have, cap - 1 - have, 0);
		CHECK(n > 0);
		have += (size_t)n;
		in[have] = 0;
		end = strstr(in, "\r\n\r\n");
		const char *length = strcasestr(in, "Content-Length:");
		if (end && length && have < (size_t)(end + 4 - in) + strtoul(length + 15, NULL, 10))
			end = NULL;
	}
}

static inline void gateway_answer(struct gateway *g)
{
	static char in[8192], body[16384];
	char head[256];
	int fd = accept4(g->http, NULL, NULL, SOCK_CLOEXEC);
	CHECK(fd >= 0);
	gateway_read(fd, in, sizeof(in));
	const char *text = body;
	size_t n;
	if (strncmp(in, "GET ", 4) == 0) {
		n = gateway_describe(g, body, sizeof(body));
		if (g->gets < ARRAY_LEN(g->nonsense) && g->nonsense[g->gets].p) {
			text = g->nonsense[g->gets].p;
			n = g->nonsense[g->gets].n;
		}
		g->gets++;
	} else {
		n = gateway_answer_text(g, in, body, sizeof(body));
	}
	snprintf(head, sizeof(head),
		 "HTTP/1.1 %s\r\nContent-Type: text/xml\r\nContent-Length: %zu\r\n"
		 "Connection: close\r\n\r\n",
		 strstr(body, "errorCode") && text == body ? "500 No" : "200 OK", n);
	(void)!send(fd, head, strlen(head), MSG_NOSIGNAL);
	/* a stranger may go away in the middle, so we may too */
	(void)!send(fd, text, g->cuts_off ? n / 2 : n, MSG_NOSIGNAL);
	close(fd);
}

/* Plays the gateway until `fd` is readable. False: not in time. */
static inline bool gateway_play(struct gateway *g, int fd)
{
	mono_ns end = clock_now() + GATEWAY_WAIT_MS * MSEC;
	while (clock_now() < end) {
		struct pollfd p[] = {{.fd = g->ssdp, .events = POLLIN},
				     {.fd = g->http, .events = POLLIN},
				     {.fd = fd, .events = POLLIN}};
		if (poll(p, 3, 1000) < 0)
			return false;
		if (p[0].revents)
			gateway_found(g);
		if (p[1].revents)
			gateway_answer(g);
		if (p[2].revents && !p[1].revents)
			return true;
	}
	return false;
}

static inline void gateway_tell(const struct gateway *g, int kind, uint16_t outside)
{
	struct upnp_ask ask = {.self = ip_v4(127, 0, 0, 1),
			       .gateway = ip_v4(127, 0, 0, 1),
			       .port = 41641,
			       .outside = outside,
			       .lifetime_s = 7200};
	ask.kind = kind;
	CHECK(send(g->fd, &ask, sizeof(ask), 0) == (ssize_t)sizeof(ask));
}

static inline struct upnp_report gateway_ask(struct gateway *g, int kind, uint16_t outside)
{
	struct upnp_report r;
	gateway_tell(g, kind, outside);
	CHECK(gateway_play(g, g->fd));
	CHECK(recv(g->fd, &r, sizeof(r), 0) == (ssize_t)sizeof(r));
	return r;
}

/* The program is gone: plays on until the worker has ended. Its exit status; -1: an accident. */
static inline int gateway_end(struct gateway *g)
{
	int status;
	shutdown(g->fd, SHUT_WR);
	CHECK(gateway_play(g, g->fd)); /* the worker's end closes with it */
	CHECK(waitpid(g->worker, &status, 0) == g->worker);
	close(g->fd);
	close(g->ssdp);
	close(g->http);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
