#include "app/relay/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/file.h"
#include "wire/stun.h"

enum { FILE_MAX = 64 * 1024, TLS_PORT = 443, HTTP_PORT = 80 };

static const char help[] =
	"usage: warren-relay [OPTION]...\n"
	"\n"
	"A relay: carries sealed packets between nodes that cannot reach each other\n"
	"(DERP over HTTPS or HTTP), and tells nodes their public address (STUN).\n"
	"\n"
	"  --listen ADDR:PORT       HTTPS; \":443\" (default) is all addresses,\n"
	"                           \"none\" is no HTTPS\n"
	"  --http-listen ADDR:PORT  plain HTTP as well (\":80\" serves captive-portal\n"
	"                           checks)\n"
	"  --stun-port PORT         STUN over UDP; the default is 3478\n"
	"  --stun-port2 PORT        a second port, by which nodes find out how their\n"
	"                           NAT behaves; the default is the STUN port + 1,\n"
	"                           0 is none\n"
	"  --stun-address2 IP       another address of this machine, for the same; may\n"
	"                           be given twice, for IPv4 and for IPv6\n"
	"  --no-stun                no STUN\n"
	"  --certfile FILE          certificate chain (PEM); read again on SIGHUP\n"
	"  --keyfile FILE           its key (PEM); the default is the certificate's file\n"
	"  --self-signed DIR        without --certfile a certificate is made at the first\n"
	"                           start and kept here; the default is the state\n"
	"                           directory\n"
	"  --host NAME|IP           by which nodes reach this relay, for that\n"
	"                           certificate; also --hostname; the default is the name\n"
	"                           of this machine\n"
	"  --state DIR              the relay's own key; the default is\n"
	"                           /var/lib/warren-relay\n"
	"  --clients-max N          the default is as many as open files allow\n"
	"  --streams-per-host N     connections of one IPv4 address or IPv6 /64; 0 is\n"
	"                           any number; the default is a quarter of what there\n"
	"                           may be, from 64 to 1000; a proxy on this machine is\n"
	"                           not limited\n"
	"  --log-level LEVEL        error, warning, notice, info (default) or debug\n"
	"  --config FILE            the same words, one `word = value` a line\n"
	"  --json                   print what to put into a node's file as JSON\n"
	"  --version, --help\n"
	"\n"
	"On SIGUSR1 the relay writes its counters to the log, as one line of JSON. On\n"
	"SIGHUP it reads the certificate again. On SIGTERM it tells clients to come back,\n"
	"and ends within two seconds.\n";

/* --- values; false: the text is no such value --- */

static bool read_number(const char *text, unsigned long max, unsigned long *v)
{
	char *end;
	errno = 0;
	*v = strtoul(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *v <= max;
}

static bool read_endpoint(const char *text, struct endpoint *e)
{
	unsigned long port;
	if (text[0] != ':' || !read_number(text + 1, UINT16_MAX, &port))
		return endpoint_parse(e, text);
	*e = (struct endpoint){.port = (uint16_t)port};
	return true;
}

static bool copy(char *out, size_t cap, const char *text)
{
	size_t n = strlen(text);
	if (n == 0 || n >= cap)
		return false;
	memcpy(out, text, n + 1);
	return true;
}

static bool set_listen(struct relay_options *o, const char *v)
{
	o->no_tls = strcmp(v, "none") == 0;
	return o->no_tls || read_endpoint(v, &o->listen);
}

static bool set_http_listen(struct relay_options *o, const char *v)
{
	o->http = true;
	return read_endpoint(v, &o->http_listen);
}

static bool set_stun_port(struct relay_options *o, const char *v)
{
	unsigned long port = 0;
	bool ok = read_number(v, UINT16_MAX, &port) && port != 0;
	o->stun_port = (uint16_t)port;
	o->stun = true;
	return ok;
}

static bool set_stun_port2(struct relay_options *o, const char *v)
{
	unsigned long port = 0;
	bool ok = read_number(v, UINT16_MAX, &port);
	o->stun_second_port = (uint16_t)port;
	o->stun_second_given = true;
	return ok;
}

static bool set_stun_address2(struct relay_options *o, const char *v)
{
	struct ip ip;
	if (!ip_parse(&ip, v))
		return false;
	o->stun_second[ip.family == 6] = ip;
	return true;
}

static bool set_no_stun(struct relay_options *o, const char *v)
{
	o->stun = strcmp(v, "no") == 0;
	return o->stun || strcmp(v, "yes") == 0;
}

static bool set_certfile(struct relay_options *o, const char *v)
{
	return copy(o->certfile, sizeof(o->certfile), v);
}

static bool set_keyfile(struct relay_options *o, const char *v)
{
	return copy(o->keyfile, sizeof(o->keyfile), v);
}

static bool set_self_signed(struct relay_options *o, const char *v)
{
	return copy(o->self_signed, sizeof(o->self_signed), v);
}

static bool set_host(struct relay_options *o, const char *v)
{
	if (!copy(o->host, sizeof(o->host), v))
		return false;
	size_t n = strlen(o->host);
	if (n > 1 && o->host[n - 1] == '.') /* certificates name a host without its final dot */
		o->host[n - 1] = '\0';
	return true;
}

static bool set_state(struct relay_options *o, const char *v)
{
	return copy(o->state, sizeof(o->state), v);
}

static bool set_clients_max(struct relay_options *o, const char *v)
{
	unsigned long n = 0;
	bool ok = read_number(v, 10000000, &n) && n > 0;
	o->clients_max = (uint32_t)n;
	return ok;
}

static bool set_streams_per_host(struct relay_options *o, const char *v)
{
	unsigned long n = 0;
	bool ok = read_number(v, 10000000, &n);
	o->streams_per_host = (uint32_t)n;
	return ok;
}

static bool set_log_level(struct relay_options *o, const char *v)
{
	return log_level_parse(&o->level, v);
}

static bool set_json(struct relay_options *o, const char *v)
{
	o->json = strcmp(v, "yes") == 0;
	return o->json || strcmp(v, "no") == 0;
}

static const struct word {
	const char *name;
	bool flag; /* takes no value on the command line */
	bool (*set)(struct relay_options *o, const char *value);
	const char *expected;
} words[] = {
	{"listen", false, set_listen, "an address and a port such as 192.0.2.1:443, :443, or none"},
	{"http-listen", false, set_http_listen,
	 "an address and a port such as 192.0.2.1:80 or :80"},
	{"stun-port", false, set_stun_port, "a port"},
	{"stun-port2", false, set_stun_port2, "a port, or 0"},
	{"stun-address2", false, set_stun_address2, "an IP address of this machine"},
	{"no-stun", true, set_no_stun, "yes or no"},
	{"certfile", false, set_certfile, "a file name"},
	{"keyfile", false, set_keyfile, "a file name"},
	{"self-signed", false, set_self_signed, "a folder"},
	{"host", false, set_host, "a name or an IP address"},
	{"hostname", false, set_host, "a name or an IP address"},
	{"state", false, set_state, "a folder"},
	{"clients-max", false, set_clients_max, "a number from 1 to 10000000"},
	{"streams-per-host", false, set_streams_per_host, "a number from 0 to 10000000"},
	{"log-level", false, set_log_level, "error, warning, notice, info or debug"},
	{"json", true, set_json, "yes or no"},
};

static const struct word *find_word(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i].name) == n && strncmp(words[i].name, name, n) == 0)
			return &words[i];
	return NULL;
}

/* --- the file --- */

static bool read_line(struct relay_options *o, const char *name, int number, char *line,
		      char why[static FAILURE_MAX])
{
	line[strcspn(line, "#")] = '\0';
	line = text_trim(line);
	if (!*line)
		return true;
	char *value = strchr(line, '=');
	if (!value)
		return failure_say(why,
				   "%s:%d: found \"%.60s\", expected a line like: listen = :443",
				   name, number, line);
	*value++ = '\0';
	line = text_trim(line);
	value = text_trim(value);
	const struct word *w = find_word(line, strlen(line));
	if (!w)
		return failure_say(why,
				   "%s:%d: \"%.60s\" is not a word of this file (warren-relay "
				   "--help lists them)",
				   name, number, line);
	return w->set(o, value) || failure_say(why, "%s:%d: %s: found \"%.60s\", expected %s", name,
					       number, w->name, value, w->expected);
}

bool relay_options_text(struct relay_options *o, const char *name, char *text,
			char why[static FAILURE_MAX])
{
	int number = 1;
	text = text_begin(text);
	for (char *line; (line = strsep(&text, "\n"));)
		if (!read_line(o, name, number++, line, why))
			return false;
	return true;
}

static bool read_file(struct relay_options *o, const char *path, char why[static FAILURE_MAX])
{
	size_t n;
	char *text = malloc(FILE_MAX + 1);
	if (!text)
		return failure_say(why, "out of memory for %s", path);
	bool ok = file_read(path, (uint8_t *)text, FILE_MAX, &n, why);
	if (ok) {
		text[n] = '\0';
		const char *wrong = text_wrong(text, n);
		ok = wrong ? failure_say(why, "%s: %s", path, wrong)
			   : relay_options_text(o, path, text, why);
	}
	free(text);
	return ok;
}

/* --- the command line --- */

struct args {
	char **v;
	int n, at;
};

/* "--word=value" or "--word value"; NULL: there is none. */
static const char *value_of(struct args *a, const char *arg)
{
	const char *value = strchr(arg, '=');
	if (value)
		return value + 1;
	return a->at < a->n ? a->v[a->at++] : NULL;
}

static bool is_word(const char *arg, const char *name)
{
	size_t n = strlen(name);
	return strncmp(arg, name, n) == 0 && (arg[n] == '\0' || arg[n] == '=');
}

static bool read_arg(struct relay_options *o, struct args *a, bool file,
		     char why[static FAILURE_MAX])
{
	const char *arg = a->v[a->at++];
	if (strncmp(arg, "--", 2) != 0)
		return failure_say(why, "\"%.60s\" is not an option: see warren-relay --help", arg);
	arg += 2;
	bool is_config = is_word(arg, "config");
	const struct word *w = find_word(arg, strcspn(arg, "="));
	if (!w && !is_config)
		return failure_say(why, "--%.60s is not an option: see warren-relay --help", arg);
	const char *value = w && w->flag ? "yes" : value_of(a, arg);
	if (!value)
		return failure_say(why, "--%s wants a value: %s", arg,
				   w ? w->expected : "a file name");
	if (is_config)
		return !file || read_file(o, value, why);
	if (file)
		return true;
	return w->set(o, value) ||
	       failure_say(why, "--%s: found \"%.60s\", expected %s", w->name, value, w->expected);
}

/* Twice over the command line: first the file, then what overrides it. */
static bool read_args(struct relay_options *o, int argc, char **argv, char why[static FAILURE_MAX])
{
	for (int file = 1; file >= 0; file--)
		for (struct args a = {argv, argc, 1}; a.at < a.n;)
			if (!read_arg(o, &a, file, why))
				return false;
	return true;
}

static bool shown(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return fputs(help, stdout) >= 0;
		if (strcmp(argv[i], "--version") == 0)
			return printf("warren-relay " WARREN_VERSION "\n") > 0;
	}
	return false;
}

enum relay_options_got relay_options_read(struct relay_options *o, int argc, char **argv,
					  const char *state_default, char why[static FAILURE_MAX])
{
	*o = (struct relay_options){
		.listen.port = TLS_PORT,
		.http_listen.port = HTTP_PORT,
		.stun = true,
		.stun_port = STUN_PORT,
		.streams_per_host = STREAMS_PER_HOST_UNSAID,
		.level = LOG_AT_INFO,
	};
	if (!state_default || !copy(o->state, sizeof(o->state), state_default))
		(void)copy(o->state, sizeof(o->state), "/var/lib/warren-relay");
	if (shown(argc, argv))
		return RELAY_OPTIONS_SHOWN;
	if (!read_args(o, argc, argv, why))
		return RELAY_OPTIONS_BAD;
	if (!o->stun_second_given && o->stun_port != 0 && o->stun_port < UINT16_MAX)
		o->stun_second_port = (uint16_t)(o->stun_port + 1);
	if (o->keyfile[0] && !o->certfile[0])
		(void)failure_say(why, "--keyfile without --certfile: name the certificate too");
	else if (o->stun && o->stun_second_port == o->stun_port)
		(void)failure_say(why, "--stun-port and --stun-port2 are the same port: give two");
	else if (o->no_tls && !o->http)
		(void)failure_say(why, "neither HTTPS nor HTTP is to be listened on: give --listen "
				       "or --http-listen");
	else
		return RELAY_OPTIONS_RUN;
	return RELAY_OPTIONS_BAD;
}
