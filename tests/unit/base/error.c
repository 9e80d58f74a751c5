/* error.c - tests of base/error.h: codes, classes, contexts, and what is too long */
#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/base/suites.h"

START_TEST(plain)
{
	struct error err;

	ck_assert_int_eq(fail(&err, EBUSY, "make '%s'", "x"), -EBUSY);
	ck_assert_int_eq(err.code, EBUSY);
	ck_assert_int_eq(err.class, ERROR_KERNEL);
	ck_assert_str_eq(err.text, "make 'x'");
	ck_assert_str_eq(err.where, "");
}
END_TEST

START_TEST(with_errno)
{
	struct error err;

	errno = ENOENT;
	ck_assert_int_eq(fail_errno(&err, "open '%s'", "x"), -ENOENT);
	ck_assert_str_eq(err.text, "open 'x': No such file or directory");
}
END_TEST

START_TEST(at_a_place)
{
	struct error err;

	ck_assert_int_eq(fail_at(&err, EINVAL, "mounts[2].type", "unknown type '%s'", "x"),
			 -EINVAL);
	ck_assert_str_eq(err.text, "mounts[2].type: unknown type 'x'");
	ck_assert_str_eq(err.where, "mounts[2].type");
	ck_assert_int_eq(err.class, ERROR_CONFIG);
}
END_TEST

START_TEST(the_nearest_place_stays)
{
	struct error err;

	fail(&err, EPERM, "the kernel refused");
	ck_assert_int_eq(fail_place(&err, "mounts[%d]", 3), -EPERM);
	ck_assert_int_eq(fail_place(&err, "mounts"), -EPERM);
	ck_assert_str_eq(err.where, "mounts[3]");
	ck_assert_str_eq(err.text, "the kernel refused");
	ck_assert_int_eq(err.class, ERROR_KERNEL);
}
END_TEST

START_TEST(contexts_go_in_front)
{
	struct error err;

	fail_as(&err, ERROR_HOOK, ETIMEDOUT, "it took too long");
	ck_assert_int_eq(fail_in(&err, "hook '%s'", "/bin/h"), -ETIMEDOUT);
	ck_assert_int_eq(fail_in(&err, "container init"), -ETIMEDOUT);
	ck_assert_str_eq(err.text, "container init: hook '/bin/h': it took too long");
	ck_assert_int_eq(err.class, ERROR_HOOK);
	ck_assert_int_eq(err.code, ETIMEDOUT);
}
END_TEST

START_TEST(percent_signs_stay)
{
	struct error err;

	fail(&err, EINVAL, "%s", "100%s%n");
	fail_in(&err, "%s", "50%d");
	ck_assert_str_eq(err.text, "50%d: 100%s%n");
}
END_TEST

START_TEST(class_and_place_given_later)
{
	struct error err;

	fail(&err, EIO, "read it");
	ck_assert_int_eq(fail_class(&err, ERROR_BUNDLE, "config.json"), -EIO);
	ck_assert_int_eq(err.class, ERROR_BUNDLE);
	ck_assert_str_eq(err.where, "config.json");
	ck_assert_int_eq(fail_class(&err, ERROR_STATE, NULL), -EIO);
	ck_assert_str_eq(err.where, "config.json");
	ck_assert_str_eq(err.text, "read it");
}
END_TEST

static bool ends_with(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

/* In the middle: the beginning says where, the end why. */
START_TEST(too_long_is_cut)
{
	char long_name[3000], umlauts[3000];
	struct error err;

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	errno = EPERM;
	fail_errno(&err, "open '%s'", long_name);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	fail_in(&err, "context");
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	ck_assert_int_eq(strncmp(err.text, "context: open 'xxx", 18), 0);
	ck_assert(ends_with(err.text, "xxx': Operation not permitted"));
	ck_assert_ptr_nonnull(strstr(err.text, "xxx...xxx"));
	fail(&err, ENOENT, "mount '%s' on '%s': it is not there", "a", long_name);
	ck_assert(ends_with(err.text, "xxx': it is not there"));
	fail_at(&err, EINVAL, long_name, "%s", long_name);
	ck_assert_uint_eq(strlen(err.where), sizeof(err.where) - 1);
	fail_in(&err, "%s", long_name);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	fail_at(&err, EINVAL, long_name, "is wrong");
	ck_assert(ends_with(err.text, "xxx: is wrong"));
	/* not within a character */
	for (size_t i = 0; i < sizeof(umlauts) - 2; i += 2)
		memcpy(umlauts + i, "\xc3\xbc", 2);
	umlauts[sizeof(umlauts) - 2] = '\0';
	for (int shift = 0; shift < 2; shift++) {
		fail(&err, EIO, "%s%s%s", shift ? "x" : "", umlauts, shift ? "x" : "");
		ck_assert_ptr_nonnull(strstr(err.text, "\xc3\xbc...\xc3\xbc"));
	}
}
END_TEST

START_TEST(class_names)
{
	static const char *const names[] = { "kernel", "usage", "config", "bundle",
					     "cgroup", "hook",	"state",  "image" };

	/* clang-format off */
	for (int class = ERROR_KERNEL; class <= ERROR_IMAGE; class++)
		/* clang-format on */
		ck_assert_str_eq(error_class_name((enum error_class) class), names[class]);
}
END_TEST

Suite *base_error_suite(void)
{
	Suite *suite = suite_create("base/error");
	TCase *tcase = tcase_create("error");

	tcase_add_test(tcase, plain);
	tcase_add_test(tcase, with_errno);
	tcase_add_test(tcase, at_a_place);
	tcase_add_test(tcase, the_nearest_place_stays);
	tcase_add_test(tcase, contexts_go_in_front);
	tcase_add_test(tcase, percent_signs_stay);
	tcase_add_test(tcase, class_and_place_given_later);
	tcase_add_test(tcase, too_long_is_cut);
	tcase_add_test(tcase, class_names);
	suite_add_tcase(suite, tcase);
	return suite;
}
