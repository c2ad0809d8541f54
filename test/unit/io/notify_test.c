#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "io/notify.h"
#include "unit/unit.h"

static const char *heard(int fd)
{
	static char in[512];
	ssize_t n = recv(fd, in, sizeof(in) - 1, MSG_DONTWAIT);
	in[n > 0 ? n : 0] = 0;
	return in;
}

static int listen_at(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	memcpy(sa.sun_path, path, strlen(path));
	if (path[0] == '@')
		sa.sun_path[0] = 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))),
			 0);
	setenv("NOTIFY_SOCKET", path, 1);
	return fd;
}

static void tells_systemd(void **state)
{
	char paths[2][64];
	snprintf(paths[0], sizeof(paths[0]), "@warren-test-%d", getpid());
	snprintf(paths[1], sizeof(paths[1]), "/tmp/warren-test-%d", getpid());
	for (int i = 0; i < 2; i++) {
		struct notify n;
		int fd = listen_at(paths[i]);
		notify_init(&n);
		assert_true(n.fd >= 0);
		notify_ready(&n);
		assert_string_equal(heard(fd), "READY=1");
		notify_reloading(&n);
		unsigned long long at = 0;
		assert_int_equal(sscanf(heard(fd), "RELOADING=1\nMONOTONIC_USEC=%llu", &at), 1);
		assert_true(at > 0);
		notify_stopping(&n);
		assert_string_equal(heard(fd), "STOPPING=1");
		close(fd);
		notify_ready(&n); /* nobody there any more */
		notify_fini(&n);
	}
	unlink(paths[1]);
}

static void without_a_socket_nothing_happens(void **state)
{
	static const char *const table[] = {"", "x", "relative/path", "/tmp/warren-none/there"};
	struct notify n;
	unsetenv("NOTIFY_SOCKET");
	notify_init(&n);
	assert_int_equal(n.fd, -1);
	notify_ready(&n);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		setenv("NOTIFY_SOCKET", table[i], 1);
		notify_init(&n);
		assert_int_equal(n.fd, -1);
	}
	notify_fini(&n);
}

/* sun_path has 108 bytes, and systemd's own may be that long but for the end of the text. */
static void a_path_may_be_as_long_as_an_address_has_room(void **state)
{
	char path[110];
	struct notify n;
	snprintf(path, sizeof(path), "@warren-test-%d-", getpid());
	memset(path + strlen(path), 'x', sizeof(path) - strlen(path));
	path[107] = 0;
	int fd = listen_at(path);
	notify_init(&n);
	assert_true(n.fd >= 0);
	notify_ready(&n);
	assert_string_equal(heard(fd), "READY=1");
	notify_fini(&n);
	assert_int_equal(n.fd, -1);
	notify_fini(&n); /* once more is nothing */
	path[107] = 'x';
	path[108] = 0;
	setenv("NOTIFY_SOCKET", path, 1);
	notify_init(&n);
	assert_int_equal(n.fd, -1);
	close(fd);
	unsetenv("NOTIFY_SOCKET");
}

/* systemd compares the time with CLOCK_MONOTONIC: it must lie between before and after. */
static void the_time_of_a_reload_is_that_of_the_monotonic_clock(void **state)
{
	char path[64];
	struct notify n;
	struct timespec before, after;
	unsigned long long at = 0;
	snprintf(path, sizeof(path), "@warren-test-clock-%d", getpid());
	int fd = listen_at(path);
	notify_init(&n);
	clock_gettime(CLOCK_MONOTONIC, &before);
	notify_reloading(&n);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_int_equal(sscanf(heard(fd), "RELOADING=1\nMONOTONIC_USEC=%llu", &at), 1);
	assert_in_range(at,
			(unsigned long long)before.tv_sec * 1000000 +
				(unsigned long long)before.tv_nsec / 1000,
			(unsigned long long)after.tv_sec * 1000000 +
				(unsigned long long)after.tv_nsec / 1000);
	notify_fini(&n);
	close(fd);
	unsetenv("NOTIFY_SOCKET");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_path_may_be_as_long_as_an_address_has_room),
	cmocka_unit_test(the_time_of_a_reload_is_that_of_the_monotonic_clock),
	cmocka_unit_test(tells_systemd),
	cmocka_unit_test(without_a_socket_nothing_happens),
};
RUN_TESTS(tests)
