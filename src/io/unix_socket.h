/* io/unix_socket.h - the control socket: one request and one answer on each connection
 *
 * A request is one line (JSON or words), or all that the client writes before it shuts down its
 * side.  The answer is all that comes until the server closes.  Sizes, times and the number of
 * connections are bounded: the server hangs up on a client that exceeds them.
 *
 * Source: unix(7) (SO_PEERCRED).
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
	UNIX_CLIENTS_MAX = 16 /* at a time */
};
#define UNIX_ASK_LIMIT    (5 * SECOND)  /* from connecting to the whole request */
#define UNIX_ANSWER_LIMIT (10 * SECOND) /* until the client has read the whole answer */

struct unix_server;
struct unix_ask; /* a request that waits for its answer */

/* The process that asks, as the kernel knows it. */
struct unix_peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

struct unix_server_config {
	const char *path; /* copied; a file left over from a program that ended is replaced */
	unsigned mode;    /* of the socket's file: 0600, 0660 */
	/* A request came: NUL-terminated, without the end of the line. It and the peer are
	 * borrowed. The owner must answer it once, now or later. An answer to a client that is gone
	 * is dropped. */
	void (*asked)(void *self, struct unix_ask *a, const char *request,
		      const struct unix_peer *peer);
	void *self;
};

/* When all UNIX_CLIENTS_MAX are connected, the one that has taken longest without a whole request
 * makes room for a new one. cfg is copied, l is kept. NULL: why; also when another program listens
 * there. */
struct unix_server *unix_server_open(struct loop *l, const struct unix_server_config *cfg,
				     char why[static FAILURE_MAX]) MUST_USE;
/* Removes the file, and frees asks without an answer: they must not be answered any more. */
void unix_server_close(struct unix_server *s); /* NULL is allowed */
/* Sends the answer, copied, and then closes. The ask is consumed. More than UNIX_ANSWER_MAX bytes
 * are a mistake of the owner. */
void unix_answer(struct unix_ask *a, struct bytes answer);

/* --- the client; it blocks --- */

/**
 * unix_call() - asks, and waits for the whole answer
 * @limit:	for all of it together
 * @n:	set: the length of the answer without its NUL
 *
 * Return: the answer, NUL-terminated and not empty; the caller frees it. NULL: why.
 */
char *unix_call(const char *path, const char *request, mono_ns limit, size_t *n,
		char why[static FAILURE_MAX]) MUST_USE;

#endif
