/* overlay_view.c - tests of image/overlay_view.h */
#include "image/overlay_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/overlay_marks.h"
#include "tests/unit/image/root.h"
#include "tests/unit/image/suites.h"

/* The layers, "0" the one that is being made: what is where. */
static const struct {
	const char *path;
	const char *what; /* "-> TARGET", "whiteout", "opaque" (a directory); else a file's content */
} layers[] = {
	/* clang-format off */
	{ "2/usr/lib/x", "2" },
	{ "2/lib", "-> usr/lib" },
	{ "2/abs", "-> /usr/lib" },
	{ "2/deep/a/b/c", "2" },
	{ "2/gone/x", "2" },
	{ "2/hidden/x", "2" },
	{ "2/covered/x", "2" },
	{ "2/file", "2" },
	{ "2/dangling", "-> none/below" },
	{ "2/circle", "-> circle" },
	{ "2/up", "-> deep/a/.." },
	{ "2/out", "-> ../../../.." },
	{ "2/replaced/x", "2" },
	{ "1/gone", "whiteout" },
	{ "1/hidden", "opaque" },
	{ "1/hidden/y", "1" },
	{ "1/covered", "1" },
	{ "1/usr/lib/y", "1" },
	{ "1/usr/lib/x", "whiteout" },
	{ "1/back", "-> lib/y" },
	{ "1/replaced", "1" },
	{ "0/usr/lib/z", "0" },
	{ "0/covered/y", "0" },
	{ "0/deep/a/b", "opaque" },
	{ "0/file", "whiteout" },
	{ "0/here", "-> lib" },
	/* clang-format on */
};

static const struct {
	const char *path;
	bool is_followed;
	int result;
	const char *found; /* "LAYER PATH", or "- PATH" when there is nothing */
} rows[] = {
	/* clang-format off */
	{ "", true, 0, "0 " },
	{ "usr/lib/z", true, 0, "0 usr/lib/z" },
	{ "usr/lib/y", true, 0, "1 usr/lib/y" },
	{ "usr/lib/x", true, 0, "- usr/lib/x" },
	{ "usr", true, 0, "0 usr" },
	{ "lib/y", true, 0, "1 usr/lib/y" },
	{ "lib/z", true, 0, "0 usr/lib/z" },
	{ "lib/none/new", true, 0, "- usr/lib/none/new" },
	{ "lib", true, 0, "0 usr/lib" },
	{ "lib", false, 0, "2 lib" },
	{ "abs/y", true, 0, "1 usr/lib/y" },
	{ "here/y", true, 0, "1 usr/lib/y" },
	{ "back", true, 0, "1 usr/lib/y" },
	{ "back", false, 0, "1 back" },
	{ "back/x", true, -ENOTDIR, "" },
	{ "gone", true, 0, "- gone" },
	{ "gone/x", true, 0, "- gone/x" },
	{ "hidden/y", true, 0, "1 hidden/y" },
	{ "hidden/x", true, 0, "- hidden/x" },
	{ "covered/y", true, 0, "0 covered/y" },
	{ "covered/x", true, 0, "- covered/x" },
	{ "replaced", true, 0, "1 replaced" },
	{ "replaced/x", true, -ENOTDIR, "" },
	{ "deep/a", true, 0, "0 deep/a" },
	{ "deep/a/b/c", true, 0, "- deep/a/b/c" },
	{ "up/a", true, 0, "0 deep/a" },
	{ "up", true, 0, "0 deep" },
	{ "out/usr/lib/y", true, 0, "1 usr/lib/y" },
	{ "out", true, 0, "0 " },
	{ "file", true, 0, "- file" },
	{ "dangling", true, -EEXIST, "" },
	{ "dangling", false, 0, "2 dangling" },
	{ "dangling/x", true, -EEXIST, "" },
	{ "circle", true, -ELOOP, "" },
	{ "none/at/all", true, 0, "- none/at/all" },
	/* clang-format on */
};

static void make(const char *path, const char *what)
{
	auto_free char *beside = xasprintf("%.*s/.keep", (int) (strrchr(path, '/') - path), path);

	root_write(beside, "");
	if (str_after(what, "-> ")) {
		ck_assert_int_eq(symlinkat(what + 3, root_fd, path), 0);
	} else if (strcmp(what, "whiteout") == 0) {
		ck_assert_int_eq(mknodat(root_fd, path, S_IFCHR, makedev(0, 0)), 0);
	} else if (strcmp(what, "opaque") == 0) {
		auto_free char *inside = xasprintf("%s/.keep", path);
		auto_fd fd = -1;

		root_write(inside, "");
		fd = openat(root_fd, path, O_PATH | O_DIRECTORY);
		ck_assert_int_eq(overlay_make_opaque(fd), 0);
	} else {
		root_write(path, what);
	}
}

START_TEST(find)
{
	int fds[3] = { -1, -1, -1 };
	auto_overlay_found found = OVERLAY_FOUND_NONE;
	auto_free char *got = NULL;
	auto_tree tree = TREE_NONE;
	struct stat here, st;
	int r;

	if (geteuid() != 0)
		unit_skip("needs root, whose the marks are");
	for (size_t i = 0; i < ARRAY_SIZE(layers); i++)
		make(layers[i].path, layers[i].what);
	for (int i = 0; i < 3; i++)
		fds[i] = openat(root_fd, (const char[]){ (char) ('0' + i), '\0' },
				O_PATH | O_DIRECTORY);
	tree_init(&tree, fds[0]);
	tree.is_overlay = true;
	tree.lowers = fds + 1;
	tree.n_lowers = 2;
	r = overlay_find(&tree, rows[_i].path, rows[_i].is_followed, &found);
	ck_assert_msg(r == rows[_i].result, "'%s': %d", rows[_i].path, r);
	if (r < 0)
		return;
	got = xstrdup("-");
	for (int i = 0; i < 3 && found.fd >= 0; i++) {
		ck_assert_int_eq(fstat(found.fd, &st), 0);
		/* clang-format off */
		if (fstatat(fds[i], *found.path ? found.path : ".", &here, AT_SYMLINK_NOFOLLOW) < 0 ||
		    here.st_ino != st.st_ino)
			/* clang-format on */
			continue;
		*got = (char) ('0' + i);
		ck_assert_int_eq(found.is_here, i == 0);
	}
	{
		auto_free char *text = xasprintf("%s %s", got, found.path);

		ck_assert_str_eq(text, rows[_i].found);
	}
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}
END_TEST

Suite *image_overlay_view_suite(void)
{
	Suite *suite = suite_create("image/overlay_view");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, root_enter, root_leave);
	tcase_add_loop_test(cases, find, 0, ARRAY_SIZE(rows));
	suite_add_tcase(suite, cases);
	return suite;
}
