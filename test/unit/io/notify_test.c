#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(tells_systemd),
	cmocka_unit_test(without_a_socket_nothing_happens),
};
RUN_TESTS(tests)
