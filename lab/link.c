/* warren-lab-link: an Ethernet cable between two network namespaces, with delay, jitter and loss
 *
 * Many kernels come without netem, but all have TAP devices.  The program makes one in each of two
 * namespaces and carries frames between them; lab/cable.h decides whether and when a frame arrives.
 * One loop waits for the two devices, one timer and the standard input.
 *
 * Orders on the standard input:
 *
 *   cut            nothing gets through any more, and frames under way are lost
 *   mend           it works again
 *   loss 2.5%      also `delay 25ms`, `jitter 3ms`, `duplicate 1%`, `reorder 1%`: from now on
 *   stats          prints one line with counters
 *
 * A value may be `X`, or `X/Y` for A to B and B to A.  The program answers each order with a line
 * `ok`, and prints `up` once both devices exist.  The end of the standard input ends the program
 * and the cable, so that nothing is left when the lab dies.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "crypto/seeded.h"
#include "lab/cable_words.h"
#include "lab/device.h"

enum { FRAMES_PER_TURN = 64, ORDER_MAX = 128 };

struct link {
	struct cable *cable;
	struct device end[2]; /* A, B */
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
		if (write(l->end[way == CABLE_AB ? 1 : 0].fd, frame.p, frame.n) < 0 &&
		    errno == EBADFD)
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

/* --- orders --- */

static void print_stats(const struct cable *c)
{
	for (int way = CABLE_AB; way <= CABLE_BA; way++) {
		const struct cable_stats *s = cable_stats(c, (enum cable_way)way);
		printf("%s carried %llu lost %llu cut %llu full %llu too_long %llu%s",
		       way == CABLE_AB ? "ab" : "ba", (unsigned long long)s->carried,
		       (unsigned long long)s->lost, (unsigned long long)s->cut,
		       (unsigned long long)s->full, (unsigned long long)s->too_long,
		       way == CABLE_AB ? " " : "\n");
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
	else if (!value || !cable_set_by_name(l->cable, line, value)) {
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

static const char usage[] = "usage: warren-lab-link --a NAMESPACE:DEVICE --b NAMESPACE:DEVICE\n"
			    "         [--delay 25ms] [--jitter 0ms] [--loss 0%]\n"
			    "         [--duplicate 0%] [--reorder 0%] [--seed 1]\n"
			    "A namespace is a path (/proc/PID/ns/net, /proc/self/fd/N) or a "
			    "process id; X/Y gives A to B and\n"
			    "B to A their own values. Orders on the standard input: cut, mend, "
			    "loss, delay, jitter, stats.\n";

static void parse_options(struct link *l, struct seeded *seed, int argc, char **argv)
{
	static const struct option options[] = {
		{"a", 1, NULL, 'a'},       {"b", 1, NULL, 'b'},
		{"delay", 1, NULL, 'q'},   {"jitter", 1, NULL, 'q'},
		{"loss", 1, NULL, 'q'},    {"duplicate", 1, NULL, 'q'},
		{"reorder", 1, NULL, 'q'}, {"seed", 1, NULL, 's'},
		{"help", 0, NULL, 'h'},    {0},
	};
	int which;
	for (int o; (o = getopt_long(argc, argv, "", options, &which)) != -1;) {
		if (o == 'a' || o == 'b') {
			if (!device_parse(&l->end[o - 'a'], optarg))
				wrong("expected NAMESPACE:DEVICE, found", optarg);
		} else if (o == 's')
			seeded_init(seed, strtoull(optarg, NULL, 10));
		else if (o == 'h' || o == '?') {
			fputs(usage, o == 'h' ? stdout : stderr);
			exit(o == 'h' ? 0 : 2);
		} else if (!cable_set_by_name(l->cable, options[which].name, optarg))
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
	for (int i = 0; i < 2; i++)
		if (!device_open(&l->end[i], DEVICE_TAP))
			die(l->end[i].name);
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
	/* Setting the timer also clears its pending expiry. */
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
	/* A late wake-up is extra jitter: keep the kernel from batching our wake-ups. */
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	open_all(&l);
	puts("up");
	fflush(stdout);
	for (;;)
		turn(&l);
}
