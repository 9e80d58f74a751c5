/* state_dir.c - taking an id, locking a container, leaving nothing */
#include "container/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/unit/container/suites.h"

static char base[] = "/tmp/coracle-state-XXXXXX";
static char *root;

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(base));
	root = xasprintf("%s/run", base);
}

static void teardown(void)
{
	struct error err;

	ck_assert_int_eq(dir_remove(AT_FDCWD, base, &err), 0);
	free(root);
}

static bool is_there(const char *id)
{
	auto_free char *path = xasprintf("%s/%s", root, id);

	return access(path, F_OK) == 0;
}

START_TEST(an_id_is_taken_once)
{
	auto_state_dir first = STATE_DIR_NONE;
	auto_state_dir second = STATE_DIR_NONE;
	struct error err;

	ck_assert_int_eq(state_dir_create(root, "a", &first, &err), 0);
	ck_assert_int_eq(state_dir_create(root, "a", &second, &err), -EEXIST);
	ck_assert_int_eq(err.class, ERROR_STATE);
	ck_assert_ptr_nonnull(strstr(err.text, "'a' already exists"));
	ck_assert_int_eq(second.fd, -1);
	state_dir_release(&second);
	ck_assert(is_there("a"));
}
END_TEST

START_TEST(the_guard_removes_what_is_ours_only)
{
	struct state_dir dir = STATE_DIR_NONE;
	struct error err;

	ck_assert_int_eq(state_dir_create(root, "a", &dir, &err), 0);
	dir.is_ours = false;
	state_dir_release(&dir);
	ck_assert(is_there("a"));
	ck_assert_int_eq(state_dir_open(root, "a", &dir, &err), 0);
	state_dir_release(&dir);
	ck_assert(is_there("a"));
	ck_assert_int_eq(state_dir_create(root, "b", &dir, &err), 0);
	ck_assert_int_eq(mkdirat(dir.fd, "strange", 0700), 0);
	state_dir_release(&dir);
	ck_assert(!is_there("b"));
}
END_TEST

START_TEST(a_missing_container_is_named)
{
	struct state_dir dir = STATE_DIR_NONE;
	struct error err;

	ck_assert_int_eq(state_dir_open(root, "nobody", &dir, &err), -ENOENT);
	ck_assert_int_eq(err.class, ERROR_STATE);
	ck_assert_ptr_nonnull(strstr(err.text, "'nobody' does not exist"));
	ck_assert_int_eq(state_dir_open(root, "../x", &dir, &err), -EINVAL);
}
END_TEST

START_TEST(a_link_in_the_root_is_not_followed)
{
	struct state_dir dir = STATE_DIR_NONE;
	auto_free char *link = xasprintf("%s/link", root);
	struct error err;

	ck_assert_int_eq(mkdir(root, 0700), 0);
	ck_assert_int_eq(symlink("/", link), 0);
	ck_assert_int_lt(state_dir_open(root, "link", &dir, &err), 0);
}
END_TEST

START_TEST(others_see_the_lock)
{
	struct state_dir creator = STATE_DIR_NONE, other = STATE_DIR_NONE;
	struct error err;

	ck_assert_int_eq(state_dir_create(root, "a", &creator, &err), 0);
	ck_assert_int_eq(state_dir_open(root, "a", &other, &err), 0);
	ck_assert(state_dir_is_taken(&other));
	ck_assert(!state_dir_is_taken(&creator));
	creator.is_ours = false;
	state_dir_release(&creator);
	ck_assert(!state_dir_is_taken(&other));
	ck_assert_int_eq(state_dir_lock(&other, &err), 0);
	ck_assert_int_eq(state_dir_remove(&other, &err), 0);
	state_dir_release(&other);
	ck_assert(!is_there("a"));
}
END_TEST

START_TEST(a_name_that_is_anothers_by_now_stays)
{
	struct state_dir mine = STATE_DIR_NONE, other = STATE_DIR_NONE, waits = STATE_DIR_NONE;
	struct error err;

	ck_assert_int_eq(state_dir_create(root, "a", &mine, &err), 0);
	ck_assert_int_eq(state_dir_open(root, "a", &waits, &err), 0);
	ck_assert_int_eq(state_dir_remove(&mine, &err), 0);
	state_dir_release(&mine);
	ck_assert_int_eq(state_dir_create(root, "a", &other, &err), 0);
	ck_assert_int_eq(state_dir_lock(&waits, &err), -ENOENT);
	ck_assert_int_eq(err.class, ERROR_STATE);
	ck_assert_int_eq(state_dir_remove(&waits, &err), 0);
	state_dir_release(&waits);
	ck_assert(is_there("a"));
	state_dir_release(&other);
	ck_assert(!is_there("a"));
}
END_TEST

Suite *container_state_dir_suite(void)
{
	Suite *suite = suite_create("container/state_dir");
	TCase *tcase = tcase_create("state_dir");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_id_is_taken_once);
	tcase_add_test(tcase, the_guard_removes_what_is_ours_only);
	tcase_add_test(tcase, a_missing_container_is_named);
	tcase_add_test(tcase, a_link_in_the_root_is_not_followed);
	tcase_add_test(tcase, others_see_the_lock);
	tcase_add_test(tcase, a_name_that_is_anothers_by_now_stays);
	suite_add_tcase(suite, tcase);
	return suite;
}
