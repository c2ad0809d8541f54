/* app/relay/options.h - what warren-relay is to do, by its command line and its file
 *
 * Both know the same words: `--stun-port 3478` is `stun-port = 3478` in the file.  The command line
 * overrides the file.
 */
#ifndef APP_RELAY_OPTIONS_H
#define APP_RELAY_OPTIONS_H

#include "base/addr.h"
#include "io/failure.h"
#include "io/log.h"

enum { RELAY_PATH_MAX = 512, RELAY_HOST_MAX = 256 };

#define STREAMS_PER_HOST_UNSAID UINT32_MAX

struct relay_options {
	struct endpoint listen; /* no address: all; port 0: one that is free */
	bool no_tls;            /* --listen none */
	struct endpoint http_listen;
	bool http; /* --http-listen was given */
	bool stun;
	uint16_t stun_port, stun_second_port; /* second 0: none */
	bool stun_second_given;   /* by an option: the relay does not start without that port */
	struct ip stun_second[2]; /* IPv4, IPv6: this machine's other address; family 0: none */
	char certfile[RELAY_PATH_MAX], keyfile[RELAY_PATH_MAX]; /* empty: self-signed */
	char self_signed[RELAY_PATH_MAX];                       /* folder; empty: state */
	char host[RELAY_HOST_MAX]; /* by which nodes reach the relay; empty: this machine's name */
	char state[RELAY_PATH_MAX];
	uint32_t clients_max;      /* 0: as many as there may be open files */
	uint32_t streams_per_host; /* of an IPv4 address or IPv6 /64; 0: any number; or unsaid */
	enum log_level level;
	bool json;
};

enum relay_options_got {
	RELAY_OPTIONS_RUN,
	RELAY_OPTIONS_SHOWN, /* --help or --version was printed: end with success */
	RELAY_OPTIONS_BAD    /* why */
};
/* state_default: the folder that the service manager made (STATE_DIRECTORY), or NULL. */
enum relay_options_got relay_options_read(struct relay_options *o, int argc, char **argv,
					  const char *state_default,
					  char why[static FAILURE_MAX]) MUST_USE;
/* Reads the text of a file, and cuts it up. `name` is the file's name for the sentences. */
bool relay_options_text(struct relay_options *o, const char *name, char *text,
			char why[static FAILURE_MAX]) MUST_USE;

#endif
