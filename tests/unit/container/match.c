/* match.c - which ids a regular expression finds */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "container/operations.h"
#include "tests/unit/container/suites.h"

static const char *const ids[] = { "web-1", "db", "web-2", "a+b" };

static const struct {
	const char *pattern;
	const char *found; /* NULL: malformed, or empty */
} rows[] = {
	{ "web", "web-1 web-2 " },
	{ "^web-[2-9]$", "web-2 " },
	{ "^(db|web-1)$", "db web-1 " },
	{ "b", "a+b db web-1 web-2 " },
	{ "^b", "" },
	{ "a\\+b", "a+b " },
	{ ".", "a+b db web-1 web-2 " },
	{ "", NULL },
	{ "(", NULL },
	{ "[", NULL },
};

START_TEST(the_ids_are_found)
{
	char dir[] = "/tmp/coracle-match-XXXXXX", path[64];
	struct container_ids found;
	struct error err = { 0 };
	auto_str text = { 0 };
	int r;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, ids[i]);
		ck_assert_int_eq(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/web-file", dir);
	ck_assert_int_eq(mknod(path, S_IFREG | 0600, 0), 0);
	r = container_match(dir, rows[_i].pattern, &found, &err);
	ck_assert_int_eq(r, rows[_i].found ? 0 : -EINVAL);
	for (size_t i = 0; i < found.n; i++)
		str_printf(&text, "%s ", found.items[i]);
	if (rows[_i].found)
		ck_assert_str_eq(text.data ? text.data : "", rows[_i].found);
	else
		ck_assert_int_eq(err.class, ERROR_USAGE);
	container_ids_release(&found);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, ids[i]);
		rmdir(path);
	}
	snprintf(path, sizeof(path), "%s/web-file", dir);
	unlink(path);
	rmdir(dir);
}
END_TEST

START_TEST(no_state_root_has_none)
{
	struct container_ids found;
	struct error err;

	ck_assert_int_eq(container_match("/nowhere", ".", &found, &err), 0);
	ck_assert_uint_eq(found.n, 0);
}
END_TEST

Suite *container_match_suite(void)
{
	Suite *suite = suite_create("container/match");
	TCase *tcase = tcase_create("match");

	tcase_add_loop_test(tcase, the_ids_are_found, 0, ARRAY_SIZE(rows));
	tcase_add_test(tcase, no_state_root_has_none);
	suite_add_tcase(suite, tcase);
	return suite;
}
