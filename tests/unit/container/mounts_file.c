/* mounts_file.c - the file of "mounts add": its two forms, and what is wrong with others */
#include "container/mounts_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "tests/unit/container/suites.h"

#define MOUNT "{\"destination\": \"/mnt\", \"type\": \"tmpfs\", \"options\": [\"ro\"]}"

static const struct {
	const char *text;
	const char *where; /* NULL: good, with one mount */
} rows[] = {
	{ "[" MOUNT "]", NULL },
	{ " \n\t[" MOUNT "]\n", NULL },
	{ "{\"mounts\": [" MOUNT "]}", NULL },
	{ "{\"ociVersion\": \"1.0.0\", \"mounts\": [" MOUNT "]}", NULL },
	{ "[]", "mounts" },
	{ "{\"mounts\": []}", "mounts" },
	{ "{}", "mounts" },
	{ "[{}]", "mounts[0].destination" },
	{ "[" MOUNT ", 7]", "mounts[1]" },
	{ "{\"mounts\": " MOUNT "}", "mounts" },
};

START_TEST(files)
{
	char path[] = "/tmp/coracle-mounts-XXXXXX";
	int fd = mkstemp(path);
	auto_mounts_file file = { 0 };
	struct error err = { 0 };
	int r;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(file_write_fd(fd, rows[_i].text, strlen(rows[_i].text)), 0);
	close(fd);
	r = mounts_file_read(path, &file, &err);
	unlink(path);
	ck_assert_msg((r == 0) == !rows[_i].where, "%s", err.text);
	if (rows[_i].where) {
		ck_assert_str_eq(err.where, rows[_i].where);
		ck_assert_ptr_nonnull(strstr(err.text, path));
		ck_assert_int_eq(err.class, ERROR_CONFIG);
	} else {
		ck_assert_uint_eq(file.mounts.n, 1);
		ck_assert_str_eq(file.mounts.items[0].destination, "/mnt");
	}
}
END_TEST

START_TEST(a_missing_file_is_named)
{
	auto_mounts_file file = { 0 };
	struct error err = { 0 };

	ck_assert_int_lt(mounts_file_read("/no/such/file", &file, &err), 0);
	ck_assert_str_eq(err.where, "/no/such/file");
}
END_TEST

Suite *container_mounts_file_suite(void)
{
	Suite *suite = suite_create("container/mounts_file");
	TCase *tcase = tcase_create("mounts_file");

	tcase_add_loop_test(tcase, files, 0, (int) ARRAY_SIZE(rows));
	tcase_add_test(tcase, a_missing_file_is_named);
	suite_add_tcase(suite, tcase);
	return suite;
}
