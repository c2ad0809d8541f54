#include "io/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

void notify_init(struct notify *n)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	n->fd = -1;
	if ((len < 2) || len >= sizeof(sa.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(sa.sun_path, path, len);
	if (path[0] == '@')
		sa.sun_path[0] = 0; /* abstract */
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd >= 0 && connect(n->fd, (struct sockaddr *)&sa,
				  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)))
		notify_fini(n);
}

void notify_fini(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

static void tell(struct notify *n, const char *text)
{
	if (n->fd >= 0 && send(n->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return; /* there is nowhere to report that */
}

void notify_ready(struct notify *n)
{
	tell(n, "READY=1");
}

void notify_reloading(struct notify *n)
{
	char text[64];
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t); /* systemd compares with this clock, not with ours */
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)t.tv_sec * 1000000 + (unsigned long long)t.tv_nsec / 1000);
	tell(n, text);
}

void notify_stopping(struct notify *n)
{
	tell(n, "STOPPING=1");
}
