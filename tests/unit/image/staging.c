/* staging.c - tests of image/staging.h */
#include "image/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/unit/image/root.h"
#include "tests/unit/image/suites.h"

#define TEMPORARY ".b.coracle-unpack"

static int open_staging(const char *name, struct staging *ret, struct error *err)
{
	auto_free char *path = xasprintf("%s/%s", root_path, name);

	return staging_open(path, ret, err);
}

START_TEST(committed)
{
	auto_staging staging = STAGING_NONE;
	struct error err;

	ck_assert_int_eq(open_staging("b//", &staging, &err), 0);
	ck_assert_int_eq(mkdirat(staging.fd, "x", 0755), 0);
	ck_assert_str_eq(root_kind(TEMPORARY), "d");
	ck_assert_uint_eq(root_stat(TEMPORARY).st_mode & 07777, 0700);
	ck_assert_str_eq(root_kind("b"), "-");
	ck_assert_int_eq(staging_commit(&staging, &err), 0);
	staging_release(&staging);
	ck_assert_str_eq(root_kind("b/x"), "d");
	ck_assert_str_eq(root_kind(TEMPORARY), "-");
}
END_TEST

START_TEST(not_committed)
{
	struct error err;

	{
		auto_staging staging = STAGING_NONE;

		ck_assert_int_eq(open_staging("b", &staging, &err), 0);
		ck_assert_int_eq(mkdirat(staging.fd, "x", 0755), 0);
	}
	ck_assert_str_eq(root_kind(TEMPORARY), "-");
	ck_assert_str_eq(root_kind("b"), "-");
}
END_TEST

START_TEST(left_by_a_killed_process)
{
	auto_staging staging = STAGING_NONE;
	struct error err;

	root_write(TEMPORARY "/rootfs/x", "old");
	ck_assert_int_eq(open_staging("b", &staging, &err), 0);
	ck_assert_str_eq(root_kind(TEMPORARY), "d");
	ck_assert_str_eq(root_kind(TEMPORARY "/rootfs"), "-");
}
END_TEST

START_TEST(held_by_a_living_process)
{
	auto_staging first = STAGING_NONE, second = STAGING_NONE;
	struct error err;

	ck_assert_int_eq(open_staging("b", &first, &err), 0);
	ck_assert_int_eq(open_staging("b", &second, &err), -EBUSY);
	ck_assert_str_eq(root_kind(TEMPORARY), "d");
	ck_assert_int_eq(staging_commit(&first, &err), 0);
}
END_TEST

START_TEST(in_the_way)
{
	auto_staging staging = STAGING_NONE;
	struct error err;

	ck_assert_int_eq(mkdirat(root_fd, "empty", 0755), 0);
	root_write("full/x", "");
	root_write("file", "");
	ck_assert_int_eq(symlinkat("empty", root_fd, "link"), 0);
	ck_assert_int_eq(open_staging("full", &staging, &err), -ENOTEMPTY);
	ck_assert_int_eq(err.class, ERROR_BUNDLE);
	ck_assert_int_eq(open_staging("file", &staging, &err), -EEXIST);
	ck_assert_int_eq(open_staging("link", &staging, &err), -EEXIST);
	ck_assert_int_eq(open_staging("none/b", &staging, &err), -ENOENT);
	ck_assert_int_eq(open_staging("empty", &staging, &err), 0);
	ck_assert_int_eq(staging_commit(&staging, &err), 0);
}
END_TEST

/* Somebody puts something there while we work: it stays, and ours goes. */
START_TEST(in_the_way_at_the_end)
{
	auto_staging staging = STAGING_NONE;
	struct error err;

	ck_assert_int_eq(open_staging("b", &staging, &err), 0);
	root_write("b/theirs", "");
	ck_assert_int_lt(staging_commit(&staging, &err), 0);
	staging_release(&staging);
	ck_assert_str_eq(root_kind("b/theirs"), "f");
	ck_assert_str_eq(root_kind(TEMPORARY), "-");
}
END_TEST

static int clean_staging(const char *name, struct error *err)
{
	auto_fd dir = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return staging_clean(dir, name, err);
}

START_TEST(cleaned)
{
	auto_staging staging = STAGING_NONE;
	struct error err;

	ck_assert_int_eq(clean_staging("nowhere", &err), 0);
	ck_assert_int_eq(clean_staging("new", &err), 0);
	ck_assert_int_eq(open_staging("new", &staging, &err), 0);
	ck_assert_int_eq(clean_staging("new", &err), 0);
	ck_assert_str_eq(root_kind(".new.coracle-unpack"), "d");
	staging_release(&staging);
	root_write(".new.coracle-unpack/left/file", "");
	ck_assert_int_eq(clean_staging("new", &err), 1);
	ck_assert_str_eq(root_kind(".new.coracle-unpack"), "-");
}
END_TEST

static const char *const bad_names[] = { "", "/", ".", "..", "a/.", "a/..", "./", "//" };

START_TEST(no_name)
{
	auto_staging staging = STAGING_NONE;
	struct error err;

	ck_assert_int_eq(staging_open(bad_names[_i], &staging, &err), -EINVAL);
	ck_assert_int_eq(err.class, ERROR_USAGE);
}
END_TEST

Suite *image_staging_suite(void)
{
	Suite *suite = suite_create("image/staging");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, root_enter, root_leave);
	tcase_add_test(cases, committed);
	tcase_add_test(cases, not_committed);
	tcase_add_test(cases, left_by_a_killed_process);
	tcase_add_test(cases, held_by_a_living_process);
	tcase_add_test(cases, cleaned);
	tcase_add_test(cases, in_the_way);
	tcase_add_test(cases, in_the_way_at_the_end);
	tcase_add_loop_test(cases, no_name, 0, ARRAY_SIZE(bad_names));
	suite_add_tcase(suite, cases);
	return suite;
}
