/* warren-lab-link: an Ethernet cable between two network namespaces, with delay, jitter and loss
 *
 * Many kernels come without netem, and all of them have TAP devices: this makes one in each of two
 * namespaces and carries the frames between them (lab/cable.h decides when and whether).  One loop
 * over the two devices, one timer and the standard input:
 *
 *   cut            nothing gets through any more, what is under way is lost
 *   mend           it works again
 *   loss 2.5%      and `delay 25ms`, `jitter 3ms`: from now on
 *   stats          prints one line with counters
 *
 * A value may be `X`, or `X/Y` for A to B and B to A.  Each order is answered by a line `ok`, `up` is
 * printed once both devices are there, and the end of the standard input ends the program, and with
 * it the cable: nothing is left behind when the lab dies.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "crypto/seeded.h"
#include "lab/cable.h"

enum { FRAMES_PER_TURN = 64, ORDER_MAX = 128 };

struct end {
	char *where; /* namespace: a path or a process id */
	char *name;  /* of the device */
	int fd;
};

struct link {
	struct cable *cable;
	struct end end[2]; /* A, B */
	int timer, loop;
	char order[ORDER_MAX];
	size_t n_order;
};

static void die(const char *what)
{
	fprintf(stderr, "warren-lab-link: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void wrong(const char *what, const char *found)
{
	fprintf(stderr, "warren-lab-link: %s: \"%s\"\n", what, found);
	exit(2);
}

static mono_ns clock_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (mono_ns)t.tv_sec * SECOND + (mono_ns)t.tv_nsec;
}

/* --- the devices --- */

static void enter(const char *where)
{
	char path[64];
	if (where[0] != '/') {
		snprintf(path, sizeof(path), "/proc/%.20s/ns/net", where);
		where = path;
	}
	int fd = open(where, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(where);
	close(fd);
}

/* A TAP belongs to the namespace in which its file was opened. */
static int tap_open(const struct end *e)
{
	struct ifreq req = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	enter(e->where);
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		die("/dev/net/tun");
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", e->name);
	if (ioctl(fd, TUNSETIFF, &req) < 0)
		die(e->name);
	return fd;
}

static void read_frames(struct link *l, enum cable_way way)
{
	uint8_t b[CABLE_FRAME_MAX + 1];
	mono_ns now = clock_now();
	for (int i = 0; i < FRAMES_PER_TURN; i++) {
		ssize_t n = read(l->end[way == CABLE_AB ? 0 : 1].fd, b, sizeof(b));
		if (n <= 0)
			return;
		cable_input(l->cable, way, (struct bytes){b, (size_t)n}, now);
	}
}

static void write_due(struct link *l)
{
	enum cable_way way;
	struct bytes frame;
	/* A device that is down or full refuses a frame: that one is lost, as at a real port. */
	while (cable_output(l->cable, &way, &frame, clock_now()))
		if (write(l->end[way == CABLE_AB ? 1 : 0].fd, frame.p, frame.n) < 0 && errno == EBADFD)
			exit(0);
}

static void arm(struct link *l)
{
	mono_ns at = cable_deadline(l->cable);
	struct itimerspec t = {0};
	if (at != MONO_NEVER) {
		t.it_value.tv_sec = (time_t)(at / SECOND);
		t.it_value.tv_nsec = (long)(at % SECOND);
	}
	if (timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &t, NULL) < 0)
		die("timerfd_settime");
}

/* --- orders: values with units --- */

static bool parse_delay(const char *s, char **end, mono_ns *out)
{
	double v = strtod(s, end);
	mono_ns unit = MSEC;
	if (*end == s || !(v >= 0 && v <= 3600000))
		return false;
	if (strncmp(*end, "ms", 2) == 0)
		*end += 2;
	else if (strncmp(*end, "us", 2) == 0)
		unit = USEC, *end += 2;
	else if (**end == 's')
		unit = SECOND, *end += 1;
	*out = (mono_ns)(v * (double)unit);
	return true;
}

static bool parse_loss(const char *s, char **end, mono_ns *ppm)
{
	double v = strtod(s, end);
	if (*end == s || !(v >= 0 && v <= 100))
		return false;
	if (**end == '%')
		*end += 1;
	*ppm = (mono_ns)(v * CABLE_PPM / 100);
	return true;
}

/* `X` or `X/Y`, to the end of the text. */
static bool parse_pair(const char *s, bool (*one)(const char *, char **, mono_ns *), mono_ns v[2])
{
	char *end;
	if (!one(s, &end, &v[0]))
		return false;
	v[1] = v[0];
	if (*end == '/' && !one(end + 1, &end, &v[1]))
		return false;
	return *end == 0;
}

static bool set_quality(struct cable *c, const char *key, const char *value)
{
	mono_ns v[2];
	bool loss = strcmp(key, "loss") == 0;
	if (!parse_pair(value, loss ? parse_loss : parse_delay, v))
		return false;
	for (int way = CABLE_AB; way <= CABLE_BA; way++) {
		struct cable_quality q = *cable_get(c, (enum cable_way)way);
		if (loss)
			q.loss_ppm = (uint32_t)v[way];
		else if (strcmp(key, "delay") == 0)
			q.delay = v[way];
		else if (strcmp(key, "jitter") == 0)
			q.jitter = v[way];
		else
			return false;
		cable_set(c, (enum cable_way)way, &q);
	}
	return true;
}

static void print_stats(const struct cable *c)
{
	for (int way = CABLE_AB; way <= CABLE_BA; way++) {
		const struct cable_stats *s = cable_stats(c, (enum cable_way)way);
		printf("%s carried %llu lost %llu cut %llu full %llu too_long %llu%s",
		       way == CABLE_AB ? "ab" : "ba", (unsigned long long)s->carried,
		       (unsigned long long)s->lost, (unsigned long long)s->cut, (unsigned long long)s->full,
		       (unsigned long long)s->too_long, way == CABLE_AB ? " " : "\n");
	}
}

static void obey(struct link *l, char *line)
{
	char *value = strchr(line, ' ');
	if (value)
		*value++ = 0;
	if (strcmp(line, "cut") == 0)
		cable_cut(l->cable);
	else if (strcmp(line, "mend") == 0)
		cable_mend(l->cable);
	else if (strcmp(line, "stats") == 0)
		print_stats(l->cable);
	else if (!value || !set_quality(l->cable, line, value)) {
		printf("what? %s\n", line);
		return;
	}
	printf("ok\n");
}

static void read_orders(struct link *l)
{
	ssize_t n = read(STDIN_FILENO, l->order + l->n_order, ORDER_MAX - l->n_order);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		exit(0);
	l->n_order += (size_t)n;
	char *nl;
	while ((nl = memchr(l->order, '\n', l->n_order))) {
		*nl = 0;
		obey(l, l->order);
		l->n_order -= (size_t)(nl + 1 - l->order);
		memmove(l->order, nl + 1, l->n_order);
	}
	if (l->n_order == ORDER_MAX)
		l->n_order = 0;
	fflush(stdout);
}

/* --- start --- */

static const char usage[] =
	"usage: warren-lab-link --a NAMESPACE:DEVICE --b NAMESPACE:DEVICE\n"
	"         [--delay 25ms] [--jitter 0ms] [--loss 0%] [--seed 1]\n"
	"A namespace is a path (/proc/PID/ns/net, /proc/self/fd/N) or a process id; X/Y gives A to B and\n"
	"B to A their own values. Orders on the standard input: cut, mend, loss, delay, jitter, stats.\n";

static void parse_end(struct end *e, char *arg)
{
	char *colon = strrchr(arg, ':');
	if (!colon || !colon[1] || strlen(colon + 1) >= IFNAMSIZ)
		wrong("expected NAMESPACE:DEVICE, found", arg);
	*colon = 0;
	*e = (struct end){.where = arg, .name = colon + 1, .fd = -1};
}

static void parse_options(struct link *l, struct seeded *seed, int argc, char **argv)
{
	static const struct option options[] = {
		{"a", 1, NULL, 'a'},     {"b", 1, NULL, 'b'},
		{"delay", 1, NULL, 'q'}, {"jitter", 1, NULL, 'q'},
		{"loss", 1, NULL, 'q'},  {"seed", 1, NULL, 's'},
		{"help", 0, NULL, 'h'},  {0},
	};
	int which;
	for (int o; (o = getopt_long(argc, argv, "", options, &which)) != -1;) {
		if (o == 'a' || o == 'b')
			parse_end(&l->end[o - 'a'], optarg);
		else if (o == 's')
			seeded_init(seed, strtoull(optarg, NULL, 10));
		else if (o == 'h' || o == '?') {
			fputs(usage, o == 'h' ? stdout : stderr);
			exit(o == 'h' ? 0 : 2);
		} else if (!set_quality(l->cable, options[which].name, optarg))
			wrong(options[which].name, optarg);
	}
	if (optind < argc)
		wrong("what is this?", argv[optind]);
	if (!l->end[0].where || !l->end[1].where) {
		fputs(usage, stderr);
		exit(2);
	}
}

static void watch(struct link *l, int fd)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
	if (epoll_ctl(l->loop, EPOLL_CTL_ADD, fd, &e) < 0)
		die("epoll_ctl");
}

static void open_all(struct link *l)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < 2; i++) {
		l->end[i].fd = tap_open(&l->end[i]);
		/* A path such as /proc/self/ns/net for the second end means where we started. */
		if (here < 0 || setns(here, CLONE_NEWNET) < 0)
			die("/proc/self/ns/net");
	}
	close(here);
	l->loop = epoll_create1(EPOLL_CLOEXEC);
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->loop < 0 || l->timer < 0)
		die("epoll");
	watch(l, l->end[0].fd);
	watch(l, l->end[1].fd);
	watch(l, l->timer);
	watch(l, STDIN_FILENO);
}

static void turn(struct link *l)
{
	struct epoll_event events[4];
	int n = epoll_wait(l->loop, events, 4, -1);
	if (n < 0 && errno != EINTR)
		die("epoll_wait");
	for (int i = 0; i < n; i++) {
		if (events[i].data.fd == l->end[0].fd)
			read_frames(l, CABLE_AB);
		else if (events[i].data.fd == l->end[1].fd)
			read_frames(l, CABLE_BA);
		else if (events[i].data.fd == STDIN_FILENO)
			read_orders(l);
	}
	write_due(l);
	/* Setting the timer also takes away what it had to say. */
	arm(l);
}

int main(int argc, char **argv)
{
	struct seeded seed;
	seeded_init(&seed, 1);
	struct rng rng = seeded_rng(&seed);
	struct link l = {.cable = cable_new(&rng)};
	if (!l.cable)
		die("memory");
	parse_options(&l, &seed, argc, argv);
	/* Being late is jitter that nobody asked for: keep the kernel from batching our wake-ups. */
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	open_all(&l);
	puts("up");
	fflush(stdout);
	for (;;)
		turn(&l);
}
