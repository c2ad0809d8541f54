/* program.h - a built program of ours as a child: its words, what it says, how it ends
 *
 * The programs stand one folder above the tests.  Each wait has an end, so a program that hangs
 * fails the test.
 */
#ifndef APP_PROGRAM_H
#define APP_PROGRAM_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit/unit.h"

enum { PROGRAM_SAYS_MAX = 32768, PROGRAM_WORDS_MAX = 24, PROGRAM_PATIENCE_MS = 20000 };

struct program {
	pid_t pid;
	int out, err; /* -1: at its end */
	char said[PROGRAM_SAYS_MAX], complained[PROGRAM_SAYS_MAX];
};

/* A folder of the test, in which the files below are made. */
static char program_folder[] = "/tmp/warren-program-XXXXXX";

static inline int program_make_folder(void **state)
{
	return mkdtemp(program_folder) ? 0 : -1;
}

static inline int program_remove_folder(void **state)
{
	char command[] = "rm", option[] = "-rf";
	pid_t pid = fork();
	if (pid == 0) {
		execlp(command, command, option, program_folder, (char *)NULL);
		_exit(1);
	}
	int status = -1;
	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

/* The path of a file in that folder; good until the fourth call from now. */
static inline const char *in_folder(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % ARRAY_LEN(paths)];
	snprintf(path, sizeof(paths[0]), "%s/%s", program_folder, name);
	return path;
}

static inline void write_file(const char *name, const char *text, mode_t mode)
{
	const char *path = in_folder(name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static inline void exec_program(const char *name, const char *line)
{
	char self[256] = "", path[512], words[2048], *argv[PROGRAM_WORDS_MAX] = {path}, *save;
	size_t n = 1;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		_exit(126);
	for (int i = 0; i < 2 && strrchr(self, '/'); i++)
		*strrchr(self, '/') = '\0';
	snprintf(path, sizeof(path), "%s/%s", self, name);
	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok_r(words, " ", &save); w && n + 1 < ARRAY_LEN(argv);
	     w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	execv(path, argv);
	_exit(127);
}

/* `out` is its standard output; -1: read by us. */
static inline void program_start_on(struct program *p, int out, const char *name, const char *line)
{
	int to_us[2], errors[2];
	*p = (struct program){0};
	assert_int_equal(pipe2(to_us, O_CLOEXEC), 0);
	assert_int_equal(pipe2(errors, O_CLOEXEC), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		dup2(out >= 0 ? out : to_us[1], STDOUT_FILENO);
		dup2(errors[1], STDERR_FILENO);
		exec_program(name, line);
	}
	close(to_us[1]);
	close(errors[1]);
	p->out = to_us[0];
	p->err = errors[0];
}

static inline void program_start(struct program *p, const char *name, const char *line)
{
	program_start_on(p, -1, name, line);
}

static inline void program_hear(int *fd, char *text)
{
	size_t n = strlen(text);
	ssize_t got = read(*fd, text + n, PROGRAM_SAYS_MAX - 1 - n);
	if (got > 0)
		return;
	close(*fd);
	*fd = -1;
}

static inline int64_t program_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads until `text` holds the sentence; NULL: until the program has closed both. */
static inline void program_read_until(struct program *p, const char *text, const char *sentence)
{
	const int64_t end = program_now_ms() + PROGRAM_PATIENCE_MS;
	while (!(sentence && strstr(text, sentence)) && (p->out >= 0 || p->err >= 0)) {
		struct pollfd v[] = {{.fd = p->out, .events = POLLIN},
				     {.fd = p->err, .events = POLLIN}};
		int64_t left = end - program_now_ms();
		if (left <= 0 || poll(v, 2, (int)left) <= 0) {
			kill(p->pid, SIGKILL);
			fail_msg("it hangs; said: %s\ncomplained: %s", p->said, p->complained);
		}
		if (v[0].revents)
			program_hear(&p->out, p->said);
		if (v[1].revents)
			program_hear(&p->err, p->complained);
	}
	if (sentence && !strstr(text, sentence)) {
		kill(p->pid, SIGKILL);
		fail_msg("no \"%s\"; said: %s\ncomplained: %s", sentence, p->said, p->complained);
	}
}

/* On standard error. */
static inline void program_complains(struct program *p, const char *sentence)
{
	program_read_until(p, p->complained, sentence);
}

/* Its exit status. */
static inline int program_ends(struct program *p)
{
	int status = -1;
	program_read_until(p, p->said, NULL);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	if (!WIFEXITED(status))
		fail_msg("it ended by signal %d: %s", WTERMSIG(status), p->complained);
	return WEXITSTATUS(status);
}

static inline int program_run(struct program *p, const char *name, const char *line)
{
	program_start(p, name, line);
	return program_ends(p);
}

/* It ends with this status, and with this and nothing else on standard error. */
static inline void program_refuses(const char *name, const char *line, int status, const char *want)
{
	struct program p;
	assert_int_equal(program_run(&p, name, line), status);
	assert_string_equal(p.complained, want);
	assert_string_equal(p.said, "");
}

/* What it says cannot be written. */
static inline int program_run_full(struct program *p, const char *name, const char *line)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(full >= 0);
	program_start_on(p, full, name, line);
	close(full);
	return program_ends(p);
}

#endif
