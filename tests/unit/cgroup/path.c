/* path.c - tests of src/cgroup/path.c */
#include "cgroup/path.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/unit/cgroup/suites.h"

/* clang-format off */
static const struct row {
	const char *given;
	const char *own;
	const char *path;	/* NULL: refused */
	const char *message;	/* a part of it */
} rows[] = {
	{ "/a",        NULL,             "/a",                NULL },
	{ "/a/b.c/d",  NULL,             "/a/b.c/d",          NULL },
	{ "/..a/b..",  NULL,             "/..a/b..",          NULL },
	{ "/a:b:c",    NULL,             "/a:b:c",            NULL },
	{ "a",         "/",              "/a",                NULL },
	{ "a/b",       "/user/session",  "/user/a/b",         NULL },
	{ "a:b",       "/x",             "/a:b",              NULL },
	{ "s:p:n",     "/x/y",           "/x/s:p:n",          NULL },
	{ ":p:n",      "/",              "/:p:n",             NULL },
	{ NULL,        "/",              "/c1",               NULL },
	{ NULL,        "/user",          "/c1",               NULL },
	{ NULL,        "/u/s/scope",     "/u/s/c1",           NULL },
	{ NULL,        "/../x",          NULL,                "outside of its cgroup namespace" },
	{ NULL,        "/..",            NULL,                "outside of its cgroup namespace" },
	{ "",          "/x",             NULL,                "linux.cgroupsPath: must not be empty" },
	{ "/",         NULL,             NULL,                "the root of all cgroups" },
	{ ".",         "/x",             NULL,                "linux.cgroupsPath: must not be empty" },
	{ "//",        NULL,             NULL,                "'//' is the root of all cgroups" },
	{ "/./",       NULL,             NULL,                "'/./' is the root of all cgroups" },
	{ "/a/",       NULL,             "/a",                NULL },
	{ "//a///b/.", NULL,             "/a/b",              NULL },
	{ "a//b",      "/x",             "/a/b",              NULL },
	{ "./a",       "/x/y",           "/x/a",              NULL },
	{ "/.a/b./.",  NULL,             "/.a/b.",            NULL },
	{ "/a/../b",   NULL,             NULL,                "'/a/../b' has a '..' component" },
	{ "..",        "/x/y",           NULL,                "a '..' component" },
	{ "/a/..",     NULL,             NULL,                "a '..' component" },
	{ "/a/.../b",  NULL,             "/a/.../b",          NULL },
};
/* clang-format on */

START_TEST(paths_are_planned)
{
	const struct row *r = &rows[_i];
	struct error err = { 0 };
	char *path = NULL;
	int rc = cgroup_path_plan(r->given, "c1", r->own, &path, &err);

	if (r->path) {
		ck_assert_msg(rc == 0, "%s", err.text);
		ck_assert_str_eq(path, r->path);
	} else {
		ck_assert_int_eq(rc, -EINVAL);
		ck_assert_msg(strstr(err.text, r->message) != NULL, "%s", err.text);
	}
	free(path);
}
END_TEST

START_TEST(own)
{
	struct error err = { 0 };
	char *path = NULL;
	int rc = cgroup_path_own(&path, &err);

	if (rc == -ENOENT)
		unit_skip("no cgroup v2 hierarchy here");
	ck_assert_msg(rc == 0, "%s", err.text);
	ck_assert_int_eq(path[0], '/');
	ck_assert_ptr_null(strchr(path, '\n'));
	free(path);
}
END_TEST

Suite *cgroup_path_suite(void)
{
	Suite *s = suite_create("cgroup/path");
	TCase *t = tcase_create("path");

	tcase_add_loop_test(t, paths_are_planned, 0, ARRAY_SIZE(rows));
	tcase_add_test(t, own);
	suite_add_tcase(s, t);
	return s;
}
