#include "io/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct tun {
	int fd, index;
	bool gone;
	char name[TUN_NAME_MAX];
	struct tun_stats stats;
	uint8_t memory[BATCH_MAX][PACKET_SIZE];
};

static bool device_failed(char *why, int error)
{
	static const char *const container =
		"in a container, start it with --device /dev/net/tun --cap-add NET_ADMIN";
	if (error == ENOENT || error == ENODEV || error == ENXIO)
		return failure_say(why, "there is no /dev/net/tun: load it with `modprobe tun`; %s",
				   container);
	if (error == EACCES || error == EPERM)
		return failure_say(
			why,
			"not allowed to use /dev/net/tun: run as root or give CAP_NET_ADMIN; %s",
			container);
	return failure_say(why, "cannot open /dev/net/tun: %s", strerror(error));
}

static bool create_failed(char *why, const char *name, int error)
{
	if (error == EBUSY)
		return failure_say(why,
				   "the interface %s is in use by another program: stop it, or "
				   "choose another name",
				   name);
	if (error == EPERM)
		return failure_say(
			why,
			"not allowed to create the interface %s: run as root or give "
			"CAP_NET_ADMIN; in a container, start it with --cap-add NET_ADMIN",
			name);
	if (error == EINVAL)
		return failure_say(
			why,
			"cannot create the interface %s: there is another kind of interface with "
			"that name, or it is no name for an interface; choose another",
			name);
	return failure_say(why, "cannot create the interface %s: %s", name, strerror(error));
}

static int index_of(const char *name)
{
	return (int)if_nametoindex(name);
}

static bool tun_create(struct tun *t, const char *name, char *why)
{
	struct ifreq ifr = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	if (strlen(name) >= sizeof(ifr.ifr_name))
		return failure_say(why, "the interface name %.32s is too long: at most %d letters",
				   name, TUN_NAME_MAX - 1);
	memcpy(ifr.ifr_name, name, strlen(name));
	t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0)
		return device_failed(why, errno);
	if (ioctl(t->fd, TUNSETIFF, &ifr))
		return create_failed(why, name, errno);
	memcpy(t->name, ifr.ifr_name, sizeof(t->name));
	t->name[TUN_NAME_MAX - 1] = 0;
	t->index = index_of(t->name);
	if (t->index == 0)
		return failure_say(why, "the interface %s went away at once", t->name);
	return true;
}

struct tun *tun_open(const char *name, char why[static FAILURE_MAX])
{
	struct tun *t = calloc(1, sizeof(*t));
	if (!t) {
		failure_say(why, "no memory for the packets of the interface %s", name);
		return NULL;
	}
	t->fd = -1;
	if (tun_create(t, name, why))
		return t;
	tun_close(t);
	return NULL;
}

void tun_close(struct tun *t)
{
	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}

const char *tun_name(const struct tun *t)
{
	return t->name;
}

int tun_index(const struct tun *t)
{
	return t->index;
}

int tun_fd(const struct tun *t)
{
	return t->fd;
}

const struct tun_stats *tun_stats(const struct tun *t)
{
	return &t->stats;
}

size_t tun_read(struct tun *t, struct packet *v, size_t max)
{
	size_t n = 0;
	while (n < max && n < BATCH_MAX) {
		struct packet p = packet_in(t->memory[n], PACKET_SIZE, PACKET_HEADROOM);
		/* One byte more than is allowed: a packet that fills it is too long. */
		ssize_t got = read(t->fd, p.data, PACKET_CONTENT_MAX + 1);
		if (got <= 0) {
			t->gone = got < 0 && (errno == EBADFD || errno == EIO);
			break;
		}
		if (got > PACKET_CONTENT_MAX) {
			t->stats.rx_too_long++;
			continue;
		}
		p.len = (uint32_t)got;
		p.tail -= p.len;
		v[n++] = p;
	}
	t->stats.rx += n;
	return n;
}

bool tun_is_gone(const struct tun *t)
{
	return t->gone;
}

void tun_write(struct tun *t, struct packet *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (write(t->fd, v[i].data, v[i].len) < 0)
			t->stats.tx_dropped++;
		else
			t->stats.tx++;
	}
}
