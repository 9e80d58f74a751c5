/* timestamp.c - tests of base/timestamp.h, against the C library's calendar */
#include "base/timestamp.h"

#include <stdint.h>
#include <stdio.h>

#include "base/text.h"
#include "tests/unit/base/suites.h"

static const struct {
	int64_t seconds;
	long nanoseconds;
	const char *text;
} rows[] = {
	{ 0, 0, "1970-01-01T00:00:00.000000000Z" },
	{ 0, 999999999, "1970-01-01T00:00:00.999999999Z" },
	{ -1, 5, "1969-12-31T23:59:59.000000005Z" },
	{ 951782399, 0, "2000-02-28T23:59:59.000000000Z" },
	{ 951782400, 0, "2000-02-29T00:00:00.000000000Z" },
	{ 951868800, 0, "2000-03-01T00:00:00.000000000Z" },
	{ 4107542400, 0, "2100-03-01T00:00:00.000000000Z" },
};

START_TEST(known_moments)
{
	struct timespec when = { (time_t) rows[_i].seconds, rows[_i].nanoseconds };
	char text[TIMESTAMP_SIZE];

	if (when.tv_sec != rows[_i].seconds)
		return; /* of 32 bits */
	timestamp_format(&when, text);
	ck_assert_str_eq(text, rows[_i].text);
}
END_TEST

START_TEST(same_as_gmtime)
{
	for (int64_t moment = -5000000000; moment < 20000000000; moment += 86399 * 5) {
		char expected[TIMESTAMP_SIZE], text[TIMESTAMP_SIZE];
		time_t seconds = (time_t) moment;
		struct timespec when = { seconds, 0 };
		struct tm tm;

		if (seconds != moment)
			continue; /* of 32 bits */
		gmtime_r(&seconds, &tm);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.000000000Z", &tm);
		timestamp_format(&when, text);
		ck_assert_str_eq(text, expected);
	}
}
END_TEST

START_TEST(now_is_now)
{
	char before[TIMESTAMP_SIZE], text[TIMESTAMP_SIZE], after[TIMESTAMP_SIZE];
	struct timespec when;

	clock_gettime(CLOCK_REALTIME, &when);
	timestamp_format(&when, before);
	timestamp_now(text);
	clock_gettime(CLOCK_REALTIME, &when);
	timestamp_format(&when, after);
	ck_assert_str_le(before, text);
	ck_assert_str_le(text, after);
}
END_TEST

Suite *base_timestamp_suite(void)
{
	Suite *suite = suite_create("base/timestamp");
	TCase *tcase = tcase_create("timestamp");

	tcase_add_loop_test(tcase, known_moments, 0, ARRAY_SIZE(rows));
	tcase_add_test(tcase, same_as_gmtime);
	tcase_add_test(tcase, now_is_now);
	suite_add_tcase(suite, tcase);
	return suite;
}
