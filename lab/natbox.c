/* warren-lab-nat: a NAT box in user space between two network namespaces
 *
 * It makes a TUN device in each of two namespaces and carries IP packets between them.  The NAT of
 * the simulator translates them (sim/nat.h, through lab/rewrite.h), with parameters of the same
 * names.  On the outside of the box is a line with delay, jitter, loss, duplicates and reordering
 * each way (lab/cable.h).  The caller sets addresses and routes of the two devices.
 *
 * Orders on the standard input:
 *
 *   nat timeout=10s ports=random     a new table, with the old parameters but for these
 *   flush                            forgets every UDP mapping
 *   reboot                           forgets everything; SIGUSR1 does the same
 *   delay 25ms/30ms                  also jitter, loss, duplicate, reorder: outwards / inwards
 *   cut, mend                        cuts and mends the line
 *   stats                            prints one line with counters
 *
 * The box answers each order with `ok`.  It prints `up` once both devices exist.  The end of the
 * standard input ends the program.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "crypto/seeded.h"
#include "lab/cable_words.h"
#include "lab/device.h"
#include "lab/rewrite.h"
#include "sim/nat_words.h"

enum { PACKETS_PER_TURN = 64, ORDER_MAX = 512, OPTIONS_MAX = 64 };

struct box {
	struct nat_config nat, wall6;
	bool has_wall6;
	struct rng rng;
	struct rewrite *rewrite;
	struct cable *cable; /* A is the box, B is the outside */
	struct device inside, outside;
	int timer, signals, loop;
	char order[ORDER_MAX];
	size_t n_order;
};

static void die(const char *what)
{
	fprintf(stderr, "warren-lab-nat: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void wrong(const char *what, const char *found)
{
	fprintf(stderr, "warren-lab-nat: %s: \"%s\"\n", what, found);
	exit(2);
}

static mono_ns clock_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (mono_ns)t.tv_sec * SECOND + (mono_ns)t.tv_nsec;
}

static void make_tables(struct box *b)
{
	rewrite_free(b->rewrite);
	b->rewrite = rewrite_new(&b->nat, b->has_wall6 ? &b->wall6 : NULL, &b->rng);
	if (!b->rewrite)
		die("memory");
}

/* --- packets --- */

/* A device that is down or full refuses a packet: that one is lost, as at a real port. */
static void write_to(const struct device *d, const uint8_t *p, size_t n)
{
	if (write(d->fd, p, n) < 0 && errno == EBADFD)
		exit(0);
}

static void read_inside(struct box *b)
{
	uint8_t p[CABLE_FRAME_MAX];
	for (int i = 0; i < PACKETS_PER_TURN; i++) {
		ssize_t n = read(b->inside.fd, p, sizeof(p));
		if (n <= 0)
			return;
		mono_ns now = clock_now();
		enum rewrite_verdict v = rewrite_out(b->rewrite, p, (size_t)n, now);
		if (v == REWRITE_PASS)
			cable_input(b->cable, CABLE_AB, (struct bytes){p, (size_t)n}, now);
		else if (v == REWRITE_TURN)
			write_to(&b->inside, p, (size_t)n);
	}
}

static void read_outside(struct box *b)
{
	uint8_t p[CABLE_FRAME_MAX];
	for (int i = 0; i < PACKETS_PER_TURN; i++) {
		ssize_t n = read(b->outside.fd, p, sizeof(p));
		if (n <= 0)
			return;
		cable_input(b->cable, CABLE_BA, (struct bytes){p, (size_t)n}, clock_now());
	}
}

/* A packet from outside crosses the line first, and then meets the table. */
static void write_due(struct box *b)
{
	enum cable_way way;
	struct bytes due;
	mono_ns now = clock_now();
	while (cable_output(b->cable, &way, &due, now)) {
		uint8_t p[CABLE_FRAME_MAX];
		memcpy(p, due.p, due.n);
		if (way == CABLE_AB)
			write_to(&b->outside, p, due.n);
		else if (rewrite_in(b->rewrite, p, due.n, now) == REWRITE_PASS)
			write_to(&b->inside, p, due.n);
	}
}

static void arm(struct box *b)
{
	mono_ns at = cable_deadline(b->cable);
	struct itimerspec t = {0};
	if (at != MONO_NEVER) {
		t.it_value.tv_sec = (time_t)(at / SECOND);
		t.it_value.tv_nsec = (long)(at % SECOND);
	}
	if (timerfd_settime(b->timer, TFD_TIMER_ABSTIME, &t, NULL) < 0)
		die("timerfd_settime");
}

/* --- orders --- */

static void print_stats(const struct box *b)
{
	const struct rewrite_stats *r = rewrite_stats(b->rewrite);
	const struct nat_stats *n = rewrite_udp_stats(b->rewrite);
	printf("out %llu in %llu turned %llu errors %llu dropped %llu mappings %u sessions %u made "
	       "%llu "
	       "refused %llu no_mapping %llu filtered %llu blocked %llu\n",
	       (unsigned long long)r->out, (unsigned long long)r->in, (unsigned long long)r->turned,
	       (unsigned long long)r->errors, (unsigned long long)r->dropped, n->mappings,
	       n->sessions, (unsigned long long)n->made, (unsigned long long)n->refused_full,
	       (unsigned long long)n->no_mapping, (unsigned long long)n->filtered,
	       (unsigned long long)n->blocked);
}

static bool change_nat(struct box *b, const char *text)
{
	struct nat_config cfg = b->nat;
	if (!nat_set_all(&cfg, text))
		return false;
	b->nat = cfg;
	make_tables(b);
	return true;
}

static bool obey(struct box *b, char *line)
{
	char *value = strchr(line, ' ');
	if (value)
		*value++ = 0;
	if (strcmp(line, "flush") == 0)
		rewrite_flush(b->rewrite);
	else if (strcmp(line, "reboot") == 0)
		rewrite_reboot(b->rewrite);
	else if (strcmp(line, "cut") == 0)
		cable_cut(b->cable);
	else if (strcmp(line, "mend") == 0)
		cable_mend(b->cable);
	else if (strcmp(line, "stats") == 0)
		print_stats(b);
	else if (value && strcmp(line, "nat") == 0)
		return change_nat(b, value);
	else
		return value && cable_set_by_name(b->cable, line, value);
	return true;
}

static void read_orders(struct box *b)
{
	ssize_t n = read(STDIN_FILENO, b->order + b->n_order, ORDER_MAX - b->n_order);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		exit(0);
	b->n_order += (size_t)n;
	char *nl;
	while ((nl = memchr(b->order, '\n', b->n_order))) {
		*nl = 0;
		puts(obey(b, b->order) ? "ok" : "what?");
		b->n_order -= (size_t)(nl + 1 - b->order);
		memmove(b->order, nl + 1, b->n_order);
	}
	if (b->n_order == ORDER_MAX)
		b->n_order = 0;
	fflush(stdout);
}

static void read_signal(struct box *b)
{
	struct signalfd_siginfo s;
	if (read(b->signals, &s, sizeof(s)) == sizeof(s))
		rewrite_reboot(b->rewrite);
}

/* --- start --- */

static void print_usage(FILE *to)
{
	fputs("usage: warren-lab-nat --inside NAMESPACE:DEVICE --outside NAMESPACE:DEVICE "
	      "--external "
	      "ADDRESS[,...]\n"
	      "         [--wall6 PARAMETERS] [--delay X] [--jitter X] [--loss X] [--duplicate X] "
	      "[--reorder "
	      "X]\n"
	      "         [--seed N], and the parameters of the NAT:\n        ",
	      to);
	for (size_t i = 0; nat_parameter(i); i++)
		fprintf(to, " --%s", nat_parameter(i));
	fputs("\n", to);
}

/* Options with the names of the NAT's parameters and of the line's qualities follow here. */
static void name_options(struct option out[static OPTIONS_MAX])
{
	static const struct option own[] = {
		{"inside", 1, NULL, 'i'}, {"outside", 1, NULL, 'o'},   {"wall6", 1, NULL, 'w'},
		{"seed", 1, NULL, 's'},   {"delay", 1, NULL, 'q'},     {"jitter", 1, NULL, 'q'},
		{"loss", 1, NULL, 'q'},   {"duplicate", 1, NULL, 'q'}, {"reorder", 1, NULL, 'q'},
		{"help", 0, NULL, 'h'},
	};
	size_t n = 0;
	for (; n < ARRAY_LEN(own); n++)
		out[n] = own[n];
	for (size_t i = 0; nat_parameter(i) && n < OPTIONS_MAX - 1; i++)
		out[n++] = (struct option){nat_parameter(i), 1, NULL, 'n'};
	out[n] = (struct option){0};
}

static void take_option(struct box *b, struct seeded *seed, int o, const char *name)
{
	bool good = true;
	if (o == 'i')
		good = device_parse(&b->inside, optarg);
	else if (o == 'o')
		good = device_parse(&b->outside, optarg);
	else if (o == 'w')
		good = b->has_wall6 = nat_set_all(&b->wall6, optarg);
	else if (o == 's')
		seeded_init(seed, strtoull(optarg, NULL, 10));
	else if (o == 'q')
		good = cable_set_by_name(b->cable, name, optarg);
	else if (o == 'n')
		good = nat_set(&b->nat, name, optarg);
	if (!good)
		wrong(name, optarg);
}

static void parse_options(struct box *b, struct seeded *seed, int argc, char **argv)
{
	struct option options[OPTIONS_MAX];
	int which = 0;
	name_options(options);
	for (int o; (o = getopt_long(argc, argv, "", options, &which)) != -1;) {
		if (o == 'h' || o == '?') {
			print_usage(o == 'h' ? stdout : stderr);
			exit(o == 'h' ? 0 : 2);
		}
		take_option(b, seed, o, options[which].name);
	}
	if (optind < argc)
		wrong("what is this?", argv[optind]);
	if (!b->inside.where || !b->outside.where ||
	    (!b->nat.firewall && !b->nat.external.family)) {
		print_usage(stderr);
		exit(2);
	}
}

static void watch(struct box *b, int fd)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
	if (epoll_ctl(b->loop, EPOLL_CTL_ADD, fd, &e) < 0)
		die("epoll_ctl");
}

static void open_all(struct box *b)
{
	sigset_t usr1;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	if (!device_open(&b->inside, DEVICE_TUN))
		die(b->inside.name);
	if (!device_open(&b->outside, DEVICE_TUN))
		die(b->outside.name);
	b->loop = epoll_create1(EPOLL_CLOEXEC);
	b->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	b->signals = signalfd(-1, &usr1, SFD_NONBLOCK | SFD_CLOEXEC);
	if (b->loop < 0 || b->timer < 0 || b->signals < 0)
		die("epoll");
	watch(b, b->inside.fd);
	watch(b, b->outside.fd);
	watch(b, b->timer);
	watch(b, b->signals);
	watch(b, STDIN_FILENO);
}

static void turn(struct box *b)
{
	struct epoll_event events[5];
	int n = epoll_wait(b->loop, events, 5, -1);
	if (n < 0 && errno != EINTR)
		die("epoll_wait");
	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;
		if (fd == b->inside.fd)
			read_inside(b);
		else if (fd == b->outside.fd)
			read_outside(b);
		else if (fd == b->signals)
			read_signal(b);
		else if (fd == STDIN_FILENO)
			read_orders(b);
	}
	write_due(b);
	/* Setting the timer also clears its pending expiry. */
	arm(b);
}

int main(int argc, char **argv)
{
	struct seeded seed;
	static struct box b;
	seeded_init(&seed, 1);
	b.rng = seeded_rng(&seed);
	b.cable = cable_new(&b.rng);
	if (!b.cable)
		die("memory");
	parse_options(&b, &seed, argc, argv);
	make_tables(&b);
	/* A late wake-up is extra jitter: keep the kernel from batching our wake-ups. */
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	open_all(&b);
	puts("up");
	fflush(stdout);
	for (;;)
		turn(&b);
}
