/* scope_name.c - tests of src/cgroup/scope_name.c */
#include "cgroup/scope_name.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/unit/cgroup/suites.h"

#define LONG_200                                                                                               \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* clang-format off */
static const struct row {
	const char *given;
	const char *id;
	bool is_user;
	const char *slice;	/* NULL: refused */
	const char *scope;	/* or a part of the message */
} rows[] = {
	{ NULL,                      "c1",   false, "system.slice",     "coracle-c1.scope" },
	{ NULL,                      "c1",   true,  "user.slice",       "coracle-c1.scope" },
	{ NULL,                      "a+b",  false, "system.slice",     "coracle-a\\x2bb.scope" },
	{ "system.slice:docker:c2",  "c1",   false, "system.slice",     "docker-c2.scope" },
	{ "machine.slice:libpod:0f", "c1",   true,  "machine.slice",    "libpod-0f.scope" },
	{ ":engine:c2",              "c1",   false, "system.slice",     "engine-c2.scope" },
	{ ":engine:c2",              "c1",   true,  "user.slice",       "engine-c2.scope" },
	{ "-:engine:c2",             "c1",   false, "-.slice",          "engine-c2.scope" },
	{ "a.slice::c2",             "c1",   false, "a.slice",          "c2.scope" },
	{ "a-b-c.slice:p:n",         "c1",   false, "a-b-c.slice",      "p-n.scope" },
	{ "a.slice:p:x@y/z",         "c1",   false, "a.slice",          "p-x\\x40y\\x2fz.scope" },
	{ "a_b.1.slice:p:n",         "c1",   false, "a_b.1.slice",      "p-n.scope" },
	{ "/a/b",                    "c1",   false, NULL, "linux.cgroupsPath: '/a/b' is not of the form slice:prefix:name" },
	{ "",                        "c1",   false, NULL, "'' is not of the form" },
	{ "a.slice:p",               "c1",   false, NULL, "is not of the form" },
	{ "a.slice:p:n:m",           "c1",   false, NULL, "is not of the form" },
	{ "a.slice:p:",              "c1",   false, NULL, "gives the scope no name" },
	{ "a.slice:p:b.slice",       "c1",   false, NULL, "names a slice, where a container's processes cannot be" },
	{ "a:p:n",                   "c1",   false, NULL, "'a' is not the name of a slice" },
	{ ".slice:p:n",              "c1",   false, NULL, "'.slice' is not the name of a slice" },
	{ "-a.slice:p:n",            "c1",   false, NULL, "'-a.slice' is not the name of a slice" },
	{ "a-.slice:p:n",            "c1",   false, NULL, "'a-.slice' is not the name of a slice" },
	{ "a--b.slice:p:n",          "c1",   false, NULL, "'a--b.slice' is not the name of a slice" },
	{ "a/b.slice:p:n",           "c1",   false, NULL, "'a/b.slice' is not the name of a slice" },
	{ "a.slice:" LONG_200 ":" LONG_200, "c1", false, NULL, "is longer than 255 bytes" },
};

static const struct {
	const char *slice;
	const char *scope;
	const char *path;
} paths[] = {
	{ "system.slice",  "p-n.scope",    "/system.slice/p-n.scope" },
	{ "a-b-c.slice",   "p-n.scope",    "/a.slice/a-b.slice/a-b-c.slice/p-n.scope" },
	{ "-.slice",       "p-n.scope",    "/p-n.scope" },
	{ "cpu-b.slice",   "memory.scope", "/_cpu.slice/cpu-b.slice/_memory.scope" },
	{ "tasks.slice",   "_a.scope",     "/tasks.slice/__a.scope" },
	{ "cgroup.slice",  "a.scope",      "/_cgroup.slice/a.scope" },
};
/* clang-format on */

START_TEST(names_are_planned)
{
	const struct row *r = &rows[_i];
	struct error err = { 0 };
	char *slice = NULL, *scope = NULL;
	int rc = scope_name_plan(r->given, r->id, r->is_user, &slice, &scope, &err);

	if (r->slice) {
		ck_assert_msg(rc == 0, "%s", err.text);
		ck_assert_str_eq(slice, r->slice);
		ck_assert_str_eq(scope, r->scope);
	} else {
		ck_assert_int_lt(rc, 0);
		ck_assert_str_eq(err.where, "linux.cgroupsPath");
		ck_assert_msg(strstr(err.text, r->scope) != NULL, "%s", err.text);
		ck_assert_ptr_null(slice);
	}
	free(slice);
	free(scope);
}
END_TEST

START_TEST(path)
{
	char *found = scope_name_path(paths[_i].slice, paths[_i].scope);

	ck_assert_str_eq(found, paths[_i].path);
	free(found);
}
END_TEST

Suite *cgroup_scope_name_suite(void)
{
	Suite *s = suite_create("cgroup/scope_name");
	TCase *t = tcase_create("scope_name");

	tcase_add_loop_test(t, names_are_planned, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(t, path, 0, ARRAY_SIZE(paths));
	suite_add_tcase(s, t);
	return s;
}
