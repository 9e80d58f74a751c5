/* passwd.c - users out of the text of an /etc/passwd that an image may have made odd */
#include "container/passwd.h"

#include "base/cleanup.h"
#include "tests/unit/container/suites.h"

static const char text[] = "root:x:0:0:root:/root:/bin/sh\n"
			   "broken line\n"
			   "short:x:7\n"
			   "nan:x:1x:1::/lax:/bin/sh\n"
			   "app:x:1000:1000::/home/app:/bin/sh\n"
			   "twin:x:1000:1000::/home/twin:/bin/sh\n"
			   "last:x:2000:2000::/home/last";

static const struct {
	uint32_t uid;
	enum passwd_field field;
	const char *expected;
} rows[] = {
	{ 0, PASSWD_HOME, "/root" },	    { 0, PASSWD_NAME, "root" },
	{ 1000, PASSWD_HOME, "/home/app" }, { 2000, PASSWD_HOME, "/home/last" },
	{ 7, PASSWD_NAME, "short" },	    { 7, PASSWD_HOME, NULL },
	{ 1, PASSWD_HOME, NULL },	    { 4294967295U, PASSWD_NAME, NULL },
};

START_TEST(fields_are_found)
{
	auto_free char *found = passwd_find(text, rows[_i].uid, rows[_i].field);

	if (rows[_i].expected)
		ck_assert_pstr_eq(found, rows[_i].expected);
	else
		ck_assert_ptr_null(found);
}
END_TEST

Suite *container_passwd_suite(void)
{
	Suite *suite = suite_create("container/passwd");
	TCase *tcase = tcase_create("passwd");

	tcase_add_loop_test(tcase, fields_are_found, 0, (int) (sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(suite, tcase);
	return suite;
}
