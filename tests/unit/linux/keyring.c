/* keyring.c - a session keyring that is new each time */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/keyring.h"
#include "tests/unit/linux/suites.h"

static long session_keyring(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0);
}

/* "keyring;UID;GID;PERMISSIONS;NAME" */
static void describe(char *buf, size_t size)
{
	ck_assert_int_gt(syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, buf, size),
			 0);
}

START_TEST(keyring_is_new_and_private)
{
	char first[256], second[256];
	struct error err;
	long old = session_keyring();
	long one, two;

	if (old < 0)
		unit_skip("the kernel has no keyrings: %s", strerror(errno));
	ck_assert_msg(keyring_apply("id", &err) == 0, "%s", err.text);
	one = session_keyring();
	describe(first, sizeof(first));
	ck_assert_msg(keyring_apply("id", &err) == 0, "%s", err.text);
	two = session_keyring();
	describe(second, sizeof(second));

	ck_assert_int_ne(one, old);
	ck_assert_int_ne(two, one);
	ck_assert_str_ne(first, second);
	ck_assert_msg(strstr(first, ";3f010000;") != NULL, "%s", first);
	ck_assert_str_eq(first + strlen(first) - 3, "-id");
}
END_TEST

Suite *linux_keyring_suite(void)
{
	Suite *suite = suite_create("linux/keyring");
	TCase *tests = tcase_create("keyring");

	tcase_add_test(tests, keyring_is_new_and_private);
	suite_add_tcase(suite, tests);
	return suite;
}
