/* stun_here.h - a STUN server on the loopback, in a child, on two ports that were free */
#ifndef APP_WARREN_STUN_HERE_H
#define APP_WARREN_STUN_HERE_H

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/keys.h"
#include "serve/stun_listen.h"
#include "unit/free_port.h"
#include "unit/unit.h"

static pid_t stun_pid;
static char stun_name[32]; /* as a person would write it */
static uint16_t stun_port;

static inline void stun_serve(int ready)
{
	char why[FAILURE_MAX];
	struct loop *l = loop_new();
	struct stun_listen *s = NULL;
	uint16_t port = 0;
	for (int i = 0; l && !s && i < 100; i++) {
		port = free_udp_port();
		if (!port)
			_exit(1);
		struct stun_listen_config cfg = {.at = {ip_v4(127, 0, 0, 1), port},
						 .second_port = (uint16_t)(port + 1)};
		if (port < UINT16_MAX)
			s = stun_listen_open(l, &cfg, why);
	}
	if (!s || write(ready, &port, sizeof(port)) != sizeof(port))
		_exit(1);
	loop_run(l);
	_exit(0);
}

static inline int stun_begin(void **state)
{
	int fd[2];
	if (!crypto_init() || pipe(fd))
		return -1;
	stun_pid = fork();
	if (stun_pid == 0)
		stun_serve(fd[1]);
	close(fd[1]);
	ssize_t n = read(fd[0], &stun_port, sizeof(stun_port));
	close(fd[0]);
	snprintf(stun_name, sizeof(stun_name), "127.0.0.1:%u", stun_port);
	return stun_pid > 0 && n == sizeof(stun_port) ? 0 : -1;
}

static inline int stun_end(void **state)
{
	kill(stun_pid, SIGKILL);
	waitpid(stun_pid, NULL, 0);
	return 0;
}

#endif
