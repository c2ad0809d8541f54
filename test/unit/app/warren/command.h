/* command.h - "warren ..." as a function call, and a daemon whose answers are canned
 *
 * The daemon answers one connection after the other, and writes down what it was asked.
 */
#ifndef APP_WARREN_COMMAND_H
#define APP_WARREN_COMMAND_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/warren/cli.h"
#include "crypto/keys.h"
#include "unit/unit.h"

/* RFC 7748, section 6.1: Alice's. */
#define ALICE_PRIVATE "77076d0a7318a57d3c16c17251b26645df4bc8e1f6e4eaa5cd5b5b4a5b5b4a5b"

static char folder[] = "/tmp/warren-cli-XXXXXX";
static char socket_path[64], asked_path[64];
static char *out, *err;

static inline void forget(void)
{
	free(out);
	free(err);
	out = err = NULL;
}

/* Runs "warren WORD WORD ..." with this standard input; the socket is the test's. */
static inline int run(const char *input, const char *line)
{
	char words[256], program[] = "warren", *argv[16] = {program}, *rest = words;
	size_t out_n, err_n;
	int argc = 1;
	snprintf(words, sizeof(words), "%s", line);
	for (char *w; (w = strsep(&rest, " "));) {
		if (*w)
			argv[argc++] = w;
	}
	forget();
	struct cli c = {.out = open_memstream(&out, &out_n),
			.err = open_memstream(&err, &err_n),
			.in = fmemopen((void *)(uintptr_t)input, strlen(input) + 1, "r"),
			.socket = socket_path};
	int status = cli_run(&c, argc, argv);
	fclose(c.in);
	fclose(c.out);
	fclose(c.err);
	return status;
}

/* --- the daemon --- */

static pid_t daemon_pid;

static inline int listen_here(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", socket_path);
	unlink(socket_path); /* of a test that failed */
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
		    listen(fd, 8) == 0);
	return fd;
}

static inline void answer_one(int fd, int notes, const char *answer)
{
	char request[1024];
	int one = accept(fd, NULL, NULL);
	ssize_t n = one < 0 ? -1 : read(one, request, sizeof(request));
	if (n <= 0 || dprintf(notes, "%.*s\n", (int)n, request) != n + 1 ||
	    write(one, answer, strlen(answer)) != (ssize_t)strlen(answer))
		_exit(1);
	shutdown(one, SHUT_WR);
	while (read(one, request, sizeof(request)) > 0)
		;
	close(one);
}

static inline void canned(const char *const *answers)
{
	int fd = listen_here(), notes = open(asked_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(notes >= 0);
	daemon_pid = fork();
	assert_true(daemon_pid >= 0);
	if (daemon_pid > 0) {
		close(fd);
		close(notes);
		return;
	}
	alarm(30); /* nobody may wait for ever for a question that does not come */
	for (; *answers; answers++)
		answer_one(fd, notes, *answers);
	_exit(0);
}

static inline void daemon_ends(void)
{
	int status = -1;
	assert_int_equal(waitpid(daemon_pid, &status, 0), daemon_pid);
	assert_int_equal(status, 0);
	unlink(socket_path);
}

/* It has given all its answers, and this is what it was asked, a line each. */
static inline void daemon_was_asked(const char *want)
{
	char text[4096] = "";
	daemon_ends();
	FILE *f = fopen(asked_path, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(text, want);
}

/* Runs the verb with a standard output on which nothing can be written. */
static inline int run_full(const char *verb)
{
	char program[] = "warren", word[32], input[] = "privkey:" ALICE_PRIVATE "\n",
	     *argv[] = {program, word};
	size_t n;
	snprintf(word, sizeof(word), "%s", verb);
	forget();
	struct cli c = {.out = fopen("/dev/full", "w"),
			.err = open_memstream(&err, &n),
			.in = fmemopen(input, sizeof(input), "r"),
			.socket = socket_path};
	assert_non_null(c.out);
	int status = cli_run(&c, 2, argv);
	fclose(c.in);
	fclose(c.out);
	fclose(c.err);
	return status;
}

static inline int command_start(void **state)
{
	if (!crypto_init() || !mkdtemp(folder))
		return -1;
	snprintf(socket_path, sizeof(socket_path), "%s/sock", folder);
	snprintf(asked_path, sizeof(asked_path), "%s/asked", folder);
	return 0;
}

static inline int command_end(void **state)
{
	forget();
	unlink(socket_path);
	unlink(asked_path);
	return rmdir(folder);
}

#endif
