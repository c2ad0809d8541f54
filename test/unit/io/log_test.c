#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/log.h"
#include "unit/unit.h"

/* What was written to the pipe so far. */
static const char *said(int fd)
{
	static char out[8192];
	ssize_t n = read(fd, out, sizeof(out) - 1);
	out[n > 0 ? n : 0] = 0;
	return out;
}

static void open_pipe(int p[2])
{
	assert_int_equal(pipe2(p, 04000 /* O_NONBLOCK */), 0);
}

static void close_pipe(int p[2])
{
	close(p[0]);
	close(p[1]);
}

static void says_what_the_level_allows(void **state)
{
	int p[2];
	struct log l;
	open_pipe(p);
	unsetenv("JOURNAL_STREAM");
	log_init(&l, p[1], LOG_AT_INFO);
	log_say(&l, LOG_AT_DEBUG, "too much");
	log_say(&l, LOG_AT_INFO, "peer %d is there", 7);
	log_say(&l, LOG_AT_WARNING, "odd");
	log_say(&l, LOG_AT_ERROR, "bad");
	assert_string_equal(said(p[0]), "peer 7 is there\nwarning: odd\nerror: bad\n");
	close_pipe(p);
}

static void under_the_journal_lines_carry_their_level(void **state)
{
	int p[2];
	struct log l;
	struct stat st;
	char text[64];
	open_pipe(p);
	assert_int_equal(fstat(p[1], &st), 0);
	snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", text, 1);
	log_init(&l, p[1], LOG_AT_INFO);
	log_say(&l, LOG_AT_INFO, "up");
	assert_string_equal(said(p[0]), "<6>up\n");
	setenv("JOURNAL_STREAM", "1:1", 1); /* redirected since */
	log_init(&l, p[1], LOG_AT_INFO);
	log_say(&l, LOG_AT_INFO, "up");
	assert_string_equal(said(p[0]), "up\n");
	setenv("JOURNAL_STREAM", "nonsense", 1);
	log_init(&l, p[1], LOG_AT_INFO);
	assert_false(l.journal);
	unsetenv("JOURNAL_STREAM");
	close_pipe(p);
}

static void a_line_stays_one_line_and_is_cut(void **state)
{
	int p[2];
	struct log l;
	char much[3 * LOG_LINE_MAX];
	open_pipe(p);
	log_init(&l, p[1], LOG_AT_INFO);
	log_say(&l, LOG_AT_INFO, "server says: %s", "a\nfake line\x1b[1m");
	assert_string_equal(said(p[0]), "server says: a fake line [1m\n");
	log_say(&l, LOG_AT_INFO, "%s", "\xff\xc2\x9b caf\xc3\xa9");
	assert_string_equal(said(p[0]), "??? caf\xc3\xa9\n");
	log_say(&l, LOG_AT_INFO, "found \"privkey:0123\"");
	assert_string_equal(said(p[0]), "found \"privkey:****\"\n");
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = 0;
	log_say(&l, LOG_AT_INFO, "%s", much);
	assert_int_equal(strlen(said(p[0])), LOG_LINE_MAX);
	close_pipe(p);
}

static void the_same_thing_is_said_seldom(void **state)
{
	int p[2];
	struct log l;
	open_pipe(p);
	log_init(&l, p[1], LOG_AT_INFO);
	log_seldom(&l, LOG_AT_INFO, "a", 5 * SECOND, "first");
	for (int i = 0; i < 100; i++)
		log_seldom(&l, LOG_AT_INFO, "a", 6 * SECOND, "again");
	log_seldom(&l, LOG_AT_INFO, "b", 6 * SECOND, "other");
	log_seldom(&l, LOG_AT_INFO, "a", 15 * SECOND, "later");
	log_seldom(&l, LOG_AT_INFO, "a", 25 * SECOND, "and later");
	log_seldom(&l, LOG_AT_DEBUG, "a", 99 * SECOND, "too much");
	assert_string_equal(said(p[0]), "first\nother\nlater (and 100 more like it)\nand later\n");
	close_pipe(p);
}

static void the_key_longest_quiet_is_forgotten(void **state)
{
	int p[2];
	struct log l;
	char key[16];
	open_pipe(p);
	log_init(&l, p[1], LOG_AT_INFO);
	for (int i = 0; i <= LOG_SITES_MAX; i++) {
		snprintf(key, sizeof(key), "site %d", i);
		log_seldom(&l, LOG_AT_INFO, key, SECOND + (mono_ns)i, "x");
	}
	assert_true(strlen(said(p[0])) > LOG_SITES_MAX);
	log_seldom(&l, LOG_AT_INFO, "site 0", 2 * SECOND, "forgotten");
	log_seldom(&l, LOG_AT_INFO, "site 9", 2 * SECOND, "remembered");
	assert_string_equal(said(p[0]), "forgotten\n");
	close_pipe(p);
}

static void levels_have_names(void **state)
{
	enum log_level level = LOG_AT_INFO;
	assert_true(log_level_parse(&level, "debug"));
	assert_int_equal(level, LOG_AT_DEBUG);
	assert_true(log_level_parse(&level, "error"));
	assert_int_equal(level, LOG_AT_ERROR);
	assert_false(log_level_parse(&level, "loud"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(says_what_the_level_allows),
	cmocka_unit_test(under_the_journal_lines_carry_their_level),
	cmocka_unit_test(a_line_stays_one_line_and_is_cut),
	cmocka_unit_test(the_same_thing_is_said_seldom),
	cmocka_unit_test(the_key_longest_quiet_is_forgotten),
	cmocka_unit_test(levels_have_names),
};
RUN_TESTS(tests)
