#include "lab/device.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool device_parse(struct device *d, char *text)
{
	char *colon = strrchr(text, ':');
	if (!colon || !colon[1] || strlen(colon + 1) >= IFNAMSIZ)
		return false;
	*colon = 0;
	*d = (struct device){.where = text, .name = colon + 1, .fd = -1};
	return true;
}

static bool enter(const char *where)
{
	char path[64];
	if (where[0] != '/') {
		snprintf(path, sizeof(path), "/proc/%.20s/ns/net", where);
		where = path;
	}
	int fd = open(where, O_RDONLY | O_CLOEXEC);
	bool in = fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
	if (fd >= 0)
		close(fd);
	return in;
}

/* The device belongs to the namespace in which its file was opened. */
static bool make(struct device *d, enum device_kind kind)
{
	short flags = kind == DEVICE_TAP ? IFF_TAP : IFF_TUN;
	struct ifreq req = {.ifr_flags = (short)(flags | IFF_NO_PI)};
	d->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (d->fd < 0)
		return false;
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", d->name);
	return ioctl(d->fd, TUNSETIFF, &req) == 0;
}

bool device_open(struct device *d, enum device_kind kind)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (here < 0)
		return false;
	bool made = enter(d->where) && make(d, kind);
	/* Back, because for the next device a path such as /proc/self/ns/net means where we
	 * started. */
	bool back = setns(here, CLONE_NEWNET) == 0;
	close(here);
	return made && back;
}
