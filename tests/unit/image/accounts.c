/* accounts.c - tests of image/accounts.h */
#include "image/accounts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/unit/image/root.h"
#include "tests/unit/image/suites.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "\n"
			     "short:x:5\n"
			     "#gone:x:1000:5::/gone:\n"
			     "four:x:9:10\n"
			     " \tindented:x:11:12::/in\n"
			     "app:x:1000:1001:App:/home/app:/bin/sh\n"
			     "minus:x:-1:0::/:/bin/sh\n"
			     "nohome:x:7:8::relative:/bin/sh";
static const char group[] =
	"root:x:0:\n#gone:x:66:app\n thin:x:51:\nstaff:x:50:app,root\nthin:x:53\nlast:x:52:x,app";

static const struct {
	const char *text; /* NULL: the image says nothing */
	int result;
	uint32_t uid, gid;
	size_t n_groups;
	const char *home;
} rows[] = {
	{ NULL, 0, 0, 0, 0, "/root" },
	{ "", 0, 0, 0, 0, "/root" },
	{ "root", 0, 0, 0, 1, "/root" },
	{ "app", 0, 1000, 1001, 2, "/home/app" },
	{ "app:thin", 0, 1000, 51, 0, "/home/app" },
	{ "1000", 0, 1000, 1001, 0, "/home/app" },
	{ "77:88", 0, 77, 88, 0, NULL },
	{ "four", 0, 9, 10, 0, NULL },
	{ "9", 0, 9, 10, 0, NULL },
	{ "indented", 0, 11, 12, 0, "/in" },
	{ "#gone", -EINVAL, 0, 0, 0, NULL },
	{ "app:#gone", -EINVAL, 0, 0, 0, NULL },
	{ "nohome", 0, 7, 8, 0, NULL },
	{ "4294967294", 0, 4294967294, 0, 0, NULL },
	{ "4294967295", -ERANGE, 0, 0, 0, NULL },
	{ "4294967296", -ERANGE, 0, 0, 0, NULL },
	{ "0:4294967296", -ERANGE, 0, 0, 0, NULL },
	{ "short", -EINVAL, 0, 0, 0, NULL },
	{ "minus", -EINVAL, 0, 0, 0, NULL },
	{ "nobody", -EINVAL, 0, 0, 0, NULL },
	{ "app:nogroup", -EINVAL, 0, 0, 0, NULL },
	{ "-1", -EINVAL, 0, 0, 0, NULL },
	{ "app:x:y", -EINVAL, 0, 0, 0, NULL },
};

START_TEST(find)
{
	auto_account account = { 0 };
	struct error err = { 0 };
	int r;

	root_write("etc/passwd", passwd);
	root_write("etc/group", group);
	r = account_find(root_fd, rows[_i].text, &account, &err);
	ck_assert_msg(r == rows[_i].result, "%s: %d %s", rows[_i].text, r, err.text);
	if (r < 0)
		ck_assert_int_eq(err.class, ERROR_IMAGE);
	ck_assert_uint_eq(account.uid, rows[_i].uid);
	ck_assert_uint_eq(account.gid, rows[_i].gid);
	ck_assert_uint_eq(account.additional_gids.n, rows[_i].n_groups);
	ck_assert(str_equal(account.home, rows[_i].home));
}
END_TEST

START_TEST(without_files)
{
	auto_account account = { 0 };
	struct error err;

	ck_assert_int_eq(account_find(root_fd, "5:6", &account, &err), 0);
	ck_assert_int_eq(account_find(root_fd, "", &account, &err), 0);
	ck_assert_int_eq(account_find(root_fd, "root", &account, &err), -EINVAL);
}
END_TEST

START_TEST(more_groups_than_taken)
{
	auto_account account = { 0 };
	struct str many = { 0 };
	struct error err;

	for (int i = 0; i < 2000; i++)
		str_printf(&many, "g%d:x:%d:root\n", i, 5 + i);
	root_write("etc/passwd", passwd);
	root_write("etc/group", many.data);
	str_release(&many);
	ck_assert_int_eq(account_find(root_fd, "root", &account, &err), -E2BIG);
}
END_TEST

Suite *image_accounts_suite(void)
{
	Suite *suite = suite_create("image/accounts");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, root_enter, root_leave);
	tcase_add_loop_test(cases, find, 0, ARRAY_SIZE(rows));
	tcase_add_test(cases, without_files);
	tcase_add_test(cases, more_groups_than_taken);
	suite_add_tcase(suite, cases);
	return suite;
}
