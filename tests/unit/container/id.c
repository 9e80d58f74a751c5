/* id.c - which ids are taken, and what is said of the others */
#include "container/id.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/container/suites.h"

static const char *const good[] = { "a", "web-1", "A_b+c.d", "...", ".hidden", "0123456789abcdef" };

static const struct {
	const char *id;
	const char *text;
} bad[] = {
	{ "", "is empty" },
	{ "a/b", "the character '/' is not allowed" },
	{ "..", "not a name" },
	{ ".", "not a name" },
	{ "../x", "the character '/' is not allowed" },
	{ "a b", "the character ' ' is not allowed" },
	{ "a\n", "is not allowed" },
	{ "caf\xc3\xa9", "is not allowed" },
};

START_TEST(good_ids)
{
	struct error err;

	ck_assert_int_eq(container_id_check(good[_i], &err), 0);
}
END_TEST

START_TEST(bad_ids)
{
	struct error err;

	ck_assert_int_eq(container_id_check(bad[_i].id, &err), -EINVAL);
	ck_assert_msg(strstr(err.text, bad[_i].text), "'%s' does not hold '%s'", err.text,
		      bad[_i].text);
	ck_assert_int_eq(err.class, ERROR_USAGE);
}
END_TEST

START_TEST(length)
{
	char id[258];
	struct error err;

	memset(id, 'a', sizeof(id));
	id[255] = '\0';
	ck_assert_int_eq(container_id_check(id, &err), 0);
	id[255] = 'a';
	id[256] = '\0';
	ck_assert_int_eq(container_id_check(id, &err), -ENAMETOOLONG);
}
END_TEST

Suite *container_id_suite(void)
{
	Suite *suite = suite_create("container/id");
	TCase *tcase = tcase_create("id");

	tcase_add_loop_test(tcase, good_ids, 0, (int) (sizeof(good) / sizeof(good[0])));
	tcase_add_loop_test(tcase, bad_ids, 0, (int) (sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tcase, length);
	suite_add_tcase(suite, tcase);
	return suite;
}
