/* log.c - tests of base/log.h: the lines that people, engines and tools read */
#include "base/log.h"

#include <errno.h>
#include <regex.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/unit/base/suites.h"

#define TIME "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{9}Z"

static char content[8192];
static int file;

static void open_log(void)
{
	file = memfd_create("log", MFD_CLOEXEC);
	ck_assert_int_ge(file, 0);
}

static const char *logged(void)
{
	ssize_t n = pread(file, content, sizeof(content) - 1, 0);

	ck_assert_int_ge(n, 0);
	content[n] = '\0';
	return content;
}

static void assert_matches(const char *text, const char *pattern)
{
	regex_t regex;

	ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	ck_assert_msg(regexec(&regex, text, 0, NULL, 0) == 0, "'%s' is not like '%s'", text,
		      pattern);
	regfree(&regex);
}

START_TEST(levels)
{
	static const char *const patterns[] = {
		[LOG_LEVEL_ERROR] = "^[^\n]*level=error .*\n$",
		[LOG_LEVEL_WARNING] = "^[^\n]*level=warning [^\n]*\n[^\n]*level=error .*\n$",
		[LOG_LEVEL_DEBUG] =
			"^[^\n]*=debug [^\n]*\n[^\n]*=warning [^\n]*\n[^\n]*=error .*\n$",
	};
	struct error err;

	log_init(file, LOG_TEXT, (enum log_level) _i);
	ck_assert_int_eq(log_fd(), file);
	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
		ck_assert_int_eq(log_enabled((enum log_level) level), level <= _i);
	fail(&err, EIO, "three");
	log_debug("%s", "one");
	log_warning("%s", "two");
	log_error(&err);
	assert_matches(logged(), patterns[_i]);
}
END_TEST

START_TEST(text_lines)
{
	log_init(file, LOG_TEXT, LOG_LEVEL_DEBUG);
	log_warning("a \"b\"\n\\c %d%%", 5);
	log_debug("init: set up root filesystem");
	assert_matches(logged(),
		       "^time=\"" TIME "\" level=warning msg=\"a \\\\\"b\\\\\"\\\\n\\\\\\\\c 5%\"\n"
		       "time=\"" TIME "\" level=debug msg=\"init: set up root filesystem\" "
		       "us=[0-9]{1,7}\n$");
}
END_TEST

START_TEST(the_count_goes_on)
{
	long long us;

	log_init(file, LOG_TEXT, LOG_LEVEL_WARNING);
	log_elapsed_from(5000000);
	ck_assert_int_eq(log_elapsed_us(), 0);
	log_init(file, LOG_TEXT, LOG_LEVEL_DEBUG);
	log_elapsed_from(5000000000);
	us = log_elapsed_us();
	ck_assert_int_ge(us, 5000000000);
	log_elapsed_from(us - 2500000001);
	ck_assert_int_ge(log_elapsed_us(), us - 2500000001);
	ck_assert_int_lt(log_elapsed_us(), us);
}
END_TEST

START_TEST(json_lines)
{
	struct error err;

	log_init(file, LOG_JSON, LOG_LEVEL_DEBUG);
	log_warning("w");
	log_debug("d");
	fail_at(&err, EINVAL, "mounts[1].type", "unknown type 'x'");
	log_error(&err);
	assert_matches(logged(),
		       "^\\{\"level\":\"warning\",\"msg\":\"w\",\"time\":\"" TIME "\"\\}\n"
		       "\\{\"level\":\"debug\",\"msg\":\"d\",\"time\":\"" TIME
		       "\",\"us\":[0-9]{1,7}\\}\n"
		       "\\{\"level\":\"error\",\"msg\":\"mounts\\[1\\]\\.type: unknown type 'x'\","
		       "\"time\":\"" TIME "\",\"class\":\"config\",\"errno\":22,"
		       "\"path\":\"mounts\\[1\\]\\.type\"\\}\n$");
}
END_TEST

/* clang-format off */
static const struct {
	const char *message, *quoted;
} strings[] = {
	{ "", "" },
	{ "\"\\/", "\\\"\\\\/" },
	{ "\n\t\r\x01\x1f\x7f", "\\n\\u0009\\u000d\\u0001\\u001f\\u007f" },
	{ "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9b\xb6", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9b\xb6" },
	{ "\x80", "\\ufffd" },				/* no first byte */
	{ "\xff", "\\ufffd" },
	{ "\xc3", "\\ufffd" },				/* cut off */
	{ "\xe2\x82", "\\ufffd\\ufffd" },
	{ "\xf0\x9f\x9b", "\\ufffd\\ufffd\\ufffd" },
	{ "\xc3x", "\\ufffdx" },
	{ "\xe2\x82\"", "\\ufffd\\ufffd\\\"" },
	{ "\xc0\xaf", "\\ufffd\\ufffd" },		/* longer than it need be */
	{ "\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd" },
	{ "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" },	/* half of a surrogate pair */
	{ "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" },	/* beyond U+10FFFF */
};
/* clang-format on */

START_TEST(json_strings)
{
	auto_str expected = { 0 };

	log_init(file, LOG_JSON, LOG_LEVEL_WARNING);
	log_warning("%s", strings[_i].message);
	str_printf(&expected, "\"msg\":\"%s\",\"time\":", strings[_i].quoted);
	ck_assert_msg(strstr(logged(), expected.data) != NULL, "%s is not in %s", expected.data,
		      content);
}
END_TEST

START_TEST(lines_for_people)
{
	struct error err;

	ck_assert_int_eq(dup2(file, STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(log_fd(), STDERR_FILENO);
	log_debug("unseen");
	log_warning("it is %s", "late");
	fail(&err, EIO, "read 'x'");
	log_error(&err);
	log_init(STDERR_FILENO, LOG_TEXT, LOG_LEVEL_DEBUG);
	log_debug("seen");
	assert_matches(logged(), "^[^: ]+: warning: it is late\n"
				 "[^: ]+: error: read 'x'\n"
				 "[^: ]+: debug: seen us=[0-9]{1,7}\n$");
}
END_TEST

START_TEST(a_terminal_gets_no_orders)
{
	struct error err;

	ck_assert_int_eq(dup2(file, STDERR_FILENO), STDERR_FILENO);
	log_warning("\033[2J a\tb\r\n\x7f \xc2\x9b"
		    "1m \xff ü \xe2\x82\xac \\");
	assert_matches(logged(), "^[^: ]+: warning: \\\\x1b\\[2J a\\\\x09b\\\\x0d\\\\x0a\\\\x7f "
				 "\\\\xc2\\\\x9b1m \\\\xff ü € \\\\\n$");
	fail(&err, EIO, "read 'a\033b'");
	log_show(&err);
	assert_matches(logged(), "\n[^: ]+: error: read 'a\\\\x1bb'\n$");
}
END_TEST

START_TEST(errno_is_kept)
{
	log_init(1000000, LOG_TEXT, LOG_LEVEL_WARNING);
	errno = EXDEV;
	log_warning("nobody hears it");
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

Suite *base_log_suite(void)
{
	Suite *suite = suite_create("base/log");
	TCase *tcase = tcase_create("log");

	tcase_add_checked_fixture(tcase, open_log, NULL);
	tcase_add_loop_test(tcase, levels, LOG_LEVEL_ERROR, LOG_LEVEL_DEBUG + 1);
	tcase_add_test(tcase, text_lines);
	tcase_add_test(tcase, the_count_goes_on);
	tcase_add_test(tcase, json_lines);
	tcase_add_loop_test(tcase, json_strings, 0, ARRAY_SIZE(strings));
	tcase_add_test(tcase, lines_for_people);
	tcase_add_test(tcase, a_terminal_gets_no_orders);
	tcase_add_test(tcase, errno_is_kept);
	suite_add_tcase(suite, tcase);
	return suite;
}
