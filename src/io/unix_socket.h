/* io/unix_socket.h - the control socket: one request and one answer on each connection
 *
 * A request is one line (JSON or words) or everything up to the end of what the client writes; the
 * answer is everything until the server closes.  Sizes, times and the number of connections are
 * bounded: a client that does not keep to them is hung up.
 */
#ifndef IO_UNIX_SOCKET_H
#define IO_UNIX_SOCKET_H

#include <sys/types.h>

#include "base/bytes.h"
#include "io/failure.h"
#include "io/loop.h"

enum {
	UNIX_REQUEST_MAX = 64 << 10,
	UNIX_ANSWER_MAX = 64 << 20,
	UNIX_CLIENTS_MAX =
		16 /* at a time; the one that waits longest to ask makes room for a new one */
};
#define UNIX_ASK_LIMIT    (5 * SECOND)  /* the request must be there by then */
#define UNIX_ANSWER_LIMIT (10 * SECOND) /* the answer must have been read by then */

struct unix_server;
struct unix_ask; /* a request that waits for its answer */

struct unix_peer { /* who asks */
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

struct unix_server_config {
	const char *path; /* copied; a socket that nobody listens on any more is replaced */
	unsigned mode;    /* of the socket's file: 0600, 0660 */
	/* A request came, NUL-terminated, without the end of the line; borrowed. It must be
	 * answered once, now or later; an answer for a client that is gone is thrown away. */
	void (*asked)(void *self, struct unix_ask *a, const char *request,
		      const struct unix_peer *peer);
	void *self;
};

/* NULL: why; also when another program listens there. */
struct unix_server *unix_server_open(struct loop *l, const struct unix_server_config *cfg,
				     char why[static FAILURE_MAX]) MUST_USE;
/* Removes the file. Asks that were not answered are gone: they must not be answered any more. */
void unix_server_close(struct unix_server *s); /* NULL is allowed */
/* Answers (the bytes are copied; at most UNIX_ANSWER_MAX, and whoever may have more says so
 * instead), closes, and ends the ask. */
void unix_answer(struct unix_ask *a, struct bytes answer);

/* --- the client, which waits --- */

/* Asks and waits at most `limit` for the whole answer: malloc'ed, NUL-terminated, *n without the
 * NUL. NULL: why. */
char *unix_call(const char *path, const char *request, mono_ns limit, size_t *n,
		char why[static FAILURE_MAX]) MUST_USE;

#endif
