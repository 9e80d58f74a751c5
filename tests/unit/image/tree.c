/* tree.c - tests of image/tree.h */
#include "image/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "image/member_path.h"
#include "tests/unit/image/root.h"
#include "tests/unit/image/suites.h"

static const struct {
	const char *path;
	enum tree_missing missing;
	int result;
	const char *kind; /* what path is afterwards */
} entries[] = {
	{ "", TREE_FAIL, 0, "-" },
	{ "dir", TREE_FAIL, 0, "d" },
	{ "dir/none", TREE_FAIL, -ENOENT, "-" },
	{ "dir/none/below", TREE_MAKE, 0, "d" },
	{ "file", TREE_MAKE, -ENOTDIR, "f" },
	{ "file/x", TREE_MAKE, -ENOTDIR, "-" },
	{ "link", TREE_MAKE, 0, "l" },
	{ "link/new", TREE_MAKE, 0, "d" },
	{ "up", TREE_FAIL, 0, "l" },
	{ "dangling", TREE_MAKE, -EEXIST, "l" },
	{ "dangling/x", TREE_MAKE, -EEXIST, "-" },
	{ "circle", TREE_MAKE, -ELOOP, "l" },
};

START_TEST(enter)
{
	auto_tree tree = TREE_NONE;
	struct error err;
	int r;

	root_write("dir/f", "");
	root_write("file", "");
	ck_assert_int_eq(symlinkat("dir", root_fd, "link"), 0);
	ck_assert_int_eq(symlinkat("../../../../../../..", root_fd, "up"), 0);
	ck_assert_int_eq(symlinkat("/tmp/nowhere", root_fd, "dangling"), 0);
	ck_assert_int_eq(symlinkat("circle", root_fd, "circle"), 0);
	tree_init(&tree, root_fd);
	r = tree_enter(&tree, entries[_i].path, entries[_i].missing, &err);
	ck_assert_msg(r == entries[_i].result, "%d: %s", r, r < 0 ? err.text : "");
	if (*entries[_i].path)
		ck_assert_str_eq(root_kind(entries[_i].path), entries[_i].kind);
	if (r == 0)
		ck_assert_str_eq(tree.dir_path, entries[_i].path);
}
END_TEST

START_TEST(link_to_above_the_root_is_the_root)
{
	auto_tree tree = TREE_NONE;
	struct stat root, entered;
	struct error err;

	ck_assert_int_eq(symlinkat("../../../../../../..", root_fd, "up"), 0);
	tree_init(&tree, root_fd);
	ck_assert_int_eq(tree_enter(&tree, "up", TREE_FAIL, &err), 0);
	ck_assert_int_eq(fstat(root_fd, &root), 0);
	ck_assert_int_eq(fstat(tree.dir, &entered), 0);
	ck_assert_uint_eq(root.st_ino, entered.st_ino);
}
END_TEST

/* Whatever is made or removed in it, and below it on the way. */
START_TEST(directory_keeps_its_time)
{
	struct timespec times[2] = { { 1, 0 }, { 1234567890, 123456789 } };
	auto_tree tree = TREE_NONE;
	struct error err;
	struct stat st;

	root_write("dir/f", "");
	ck_assert_int_eq(utimensat(root_fd, "dir", times, 0), 0);
	tree_init(&tree, root_fd);
	ck_assert_int_eq(tree_enter(&tree, "dir", TREE_FAIL, &err), 0);
	ck_assert_int_eq(tree_remove(&tree, "f", &err), 0);
	ck_assert_int_eq(tree_remove(&tree, "none", &err), 0);
	ck_assert_int_eq(tree_enter(&tree, "dir/a/b", TREE_MAKE, &err), 0);
	ck_assert_int_eq(tree_leave(&tree, &err), 0);
	ck_assert_int_eq(tree_leave(&tree, &err), 0);
	st = root_stat("dir");
	ck_assert_int_eq(st.st_mtim.tv_sec, times[1].tv_sec);
	ck_assert_int_eq(st.st_mtim.tv_nsec, times[1].tv_nsec);
	ck_assert_str_eq(root_kind("dir/f"), "-");
}
END_TEST

START_TEST(depth_by_links_is_bounded)
{
	char deep[DEPTH_MAX + 1] = "";
	auto_tree tree = TREE_NONE;
	struct error err;
	char *path;

	for (size_t i = 0; i < DEPTH_MAX / 2; i++)
		memcpy(deep + 2 * i, "d/", 3);
	deep[DEPTH_MAX - 1] = '\0';
	tree_init(&tree, root_fd);
	ck_assert_int_eq(tree_enter(&tree, deep, TREE_MAKE, &err), 0);
	ck_assert_int_eq(tree_leave(&tree, &err), 0);
	ck_assert_int_eq(symlinkat(deep, root_fd, "link"), 0);
	path = xasprintf("link/%s", deep);
	ck_assert_int_eq(tree_enter(&tree, path, TREE_MAKE, &err), 0);
	free(path);
	path = xasprintf("link/%s/d", deep);
	ck_assert_int_eq(tree_enter(&tree, path, TREE_MAKE, &err), -EINVAL);
	free(path);
}
END_TEST

START_TEST(delete_takes_all)
{
	struct error err;

	root_write("a/b/c/f", "");
	ck_assert_int_eq(symlinkat("/tmp", root_fd, "a/link"), 0);
	ck_assert_int_eq(fchmodat(root_fd, "a/b/c", 0, 0), 0);
	ck_assert_int_eq(fchmodat(root_fd, "a/b", 0, 0), 0);
	ck_assert_int_eq(tree_delete(root_fd, "a", &err), 0);
	ck_assert_str_eq(root_kind("a"), "-");
	ck_assert_int_eq(tree_delete(root_fd, "a", &err), 0);
}
END_TEST

Suite *image_tree_suite(void)
{
	Suite *suite = suite_create("image/tree");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, root_enter, root_leave);
	tcase_add_loop_test(cases, enter, 0, ARRAY_SIZE(entries));
	tcase_add_test(cases, link_to_above_the_root_is_the_root);
	tcase_add_test(cases, directory_keeps_its_time);
	tcase_add_test(cases, depth_by_links_is_bounded);
	tcase_add_test(cases, delete_takes_all);
	suite_add_tcase(suite, cases);
	return suite;
}
