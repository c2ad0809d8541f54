#include <signal.h>
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
	static const struct {
		const char *name;
		enum log_level level;
	} good[] = {{"error", LOG_AT_ERROR},
		    {"warning", LOG_AT_WARNING},
		    {"notice", LOG_AT_NOTICE},
		    {"info", LOG_AT_INFO},
		    {"debug", LOG_AT_DEBUG}};
	static const char *const bad[] = {"loud", "", "warn", "Error", "error ", "errors", "6"};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		enum log_level level = good[(i + 1) % ARRAY_LEN(good)].level;
		assert_true(log_level_parse(&level, good[i].name));
		assert_int_equal(level, good[i].level);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum log_level level = LOG_AT_NOTICE;
		assert_false(log_level_parse(&level, bad[i]));
		assert_int_equal(level, LOG_AT_NOTICE); /* as it was */
	}
}

/* Of each two levels: which is said, and what stands before it. */
static void each_level_lets_through_itself_and_what_is_worse(void **state)
{
	static const char *const front[2][8] = {
		{[LOG_AT_ERROR] = "error: ",
		 [LOG_AT_WARNING] = "warning: ",
		 [LOG_AT_NOTICE] = "",
		 [LOG_AT_INFO] = "",
		 [LOG_AT_DEBUG] = ""},
		{[LOG_AT_ERROR] = "<3>",
		 [LOG_AT_WARNING] = "<4>",
		 [LOG_AT_NOTICE] = "<5>",
		 [LOG_AT_INFO] = "<6>",
		 [LOG_AT_DEBUG] = "<7>"},
	};
	for (int journal = 0; journal < 2; journal++) {
		int p[2];
		struct log l;
		char want[32];
		open_pipe(p);
		log_init(&l, p[1], LOG_AT_ERROR);
		l.journal = journal;
		for (int most = LOG_AT_ERROR; most <= LOG_AT_DEBUG; most++)
			for (int level = LOG_AT_ERROR; level <= LOG_AT_DEBUG; level++) {
				l.level = (enum log_level)most; /* changed at any time */
				log_say(&l, (enum log_level)level, "x");
				snprintf(want, sizeof(want), "%sx\n", front[journal][level]);
				assert_string_equal(said(p[0]), level <= most ? want : "");
			}
		close_pipe(p);
	}
}

static void what_names_another_file_is_no_journal(void **state)
{
	int p[2];
	struct log l;
	struct stat st;
	char other_device[64], other_file[64];
	open_pipe(p);
	assert_int_equal(fstat(p[1], &st), 0);
	unsigned long long device = st.st_dev, inode = st.st_ino;
	snprintf(other_device, sizeof(other_device), "%llu:%llu", device + 1, inode);
	snprintf(other_file, sizeof(other_file), "%llu:%llu", device, inode + 1);
	const char *const texts[] = {other_device, other_file, "",
				     "1",          ":",        "1:",
				     ":1",         "a:b",      "99999999999999999999:1"};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		setenv("JOURNAL_STREAM", texts[i], 1);
		log_init(&l, p[1], LOG_AT_INFO);
		assert_false(l.journal);
	}
	snprintf(other_file, sizeof(other_file), "%llu:%llu", device, inode);
	setenv("JOURNAL_STREAM", other_file, 1);
	log_init(&l, -1, LOG_AT_INFO); /* a file that is not open is nobody's */
	assert_false(l.journal);
	unsetenv("JOURNAL_STREAM");
	close_pipe(p);
}

/* Of a line too long the rest is left out: half a letter is no letter, and half a key no secret. */
static void the_cut_is_clean(void **state)
{
	static const char secret[] = "privkey:0123456789abcdef";
	int p[2];
	struct log l;
	char much[2 * LOG_LINE_MAX];
	open_pipe(p);
	log_init(&l, p[1], LOG_AT_INFO);
	memset(much, 'x', sizeof(much));
	memcpy(much + LOG_LINE_MAX - 3, "\xe2\x82\xac and more",
	       13); /* the euro sign, cut after two */
	much[LOG_LINE_MAX + 8] = 0;
	log_say(&l, LOG_AT_INFO, "%s", much);
	const char *line = said(p[0]);
	assert_int_equal(strlen(line), LOG_LINE_MAX);
	assert_string_equal(line + LOG_LINE_MAX - 4, "x??\n");
	memset(much, 'x', sizeof(much));
	memcpy(much + LOG_LINE_MAX - 13, secret, sizeof(secret));
	log_say(&l, LOG_AT_INFO, "%s", much);
	assert_string_equal(said(p[0]) + LOG_LINE_MAX - 14, "xprivkey:****\n");
	log_say(&l, LOG_AT_INFO, "a%cb", 0); /* a NUL does not end it */
	assert_string_equal(said(p[0]), "a b\n");
	close_pipe(p);
}

static void a_cut_line_still_says_how_many_were_kept_back(void **state)
{
	int p[2];
	struct log l;
	char much[2 * LOG_LINE_MAX];
	open_pipe(p);
	log_init(&l, p[1], LOG_AT_INFO);
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = 0;
	for (int i = 0; i < 4; i++)
		log_seldom(&l, LOG_AT_WARNING, "a", SECOND, "first");
	(void)said(p[0]);
	log_seldom(&l, LOG_AT_WARNING, "a", 20 * SECOND, "%s", much);
	const char *line = said(p[0]);
	assert_memory_equal(line, "warning: xxx", 12);
	assert_string_equal(strchr(line, '('), "(and 3 more like it)\n");
	close_pipe(p);
}

static void seldom_is_as_long_as_it_says(void **state)
{
	int p[2];
	struct log l;
	open_pipe(p);
	log_init(&l, p[1], LOG_AT_INFO);
	log_seldom(&l, LOG_AT_INFO, "", 0, "at once"); /* also at time 0, and with an empty key */
	log_seldom(&l, LOG_AT_INFO, "", LOG_SELDOM - 1, "too soon");
	log_seldom(&l, LOG_AT_INFO, "", LOG_SELDOM, "in time");
	log_seldom(&l, LOG_AT_INFO, "", 1, "earlier than before");
	log_seldom(&l, LOG_AT_DEBUG, "", 1, "not counted");
	log_seldom(&l, LOG_AT_INFO, "", 3 * LOG_SELDOM, "later");
	assert_string_equal(said(p[0]), "at once\nin time (and 1 more like it)\n"
					"later (and 1 more like it)\n");
	close_pipe(p);
}

/* The reader is slow or gone: the lines are lost, and nothing else is. */
static void nobody_reads_and_nothing_else_happens(void **state)
{
	int p[2];
	struct log l;
	open_pipe(p);
	signal(SIGPIPE, SIG_IGN);
	log_init(&l, p[1], LOG_AT_INFO);
	for (int i = 0; i < 2000; i++) /* more than a pipe holds, and it does not block */
		log_say(&l, LOG_AT_INFO, "%0100d", i);
	while (read(p[0], &(char[4096]){0}, 4096) > 0)
		;
	log_say(&l, LOG_AT_INFO, "there again");
	assert_string_equal(said(p[0]), "there again\n");
	close(p[0]);
	log_say(&l, LOG_AT_INFO, "into the void");
	close(p[1]);
	log_seldom(&l, LOG_AT_INFO, "a", SECOND, "to a file that is closed");
	signal(SIGPIPE, SIG_DFL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(says_what_the_level_allows),
	cmocka_unit_test(under_the_journal_lines_carry_their_level),
	cmocka_unit_test(a_line_stays_one_line_and_is_cut),
	cmocka_unit_test(the_same_thing_is_said_seldom),
	cmocka_unit_test(the_key_longest_quiet_is_forgotten),
	cmocka_unit_test(levels_have_names),
	cmocka_unit_test(each_level_lets_through_itself_and_what_is_worse),
	cmocka_unit_test(what_names_another_file_is_no_journal),
	cmocka_unit_test(the_cut_is_clean),
	cmocka_unit_test(a_cut_line_still_says_how_many_were_kept_back),
	cmocka_unit_test(seldom_is_as_long_as_it_says),
	cmocka_unit_test(nobody_reads_and_nothing_else_happens),
};
RUN_TESTS(tests)
