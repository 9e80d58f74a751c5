/* path.c - tests of libocispec/path.c */
#include <string.h>

#include "libocispec/path.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

static const struct oci_member linux_row = { .name = "linux" };
static const struct oci_member dotted_row = { .name = "os.version" };
static const struct oci_member long_row = { .name = "aMemberWhoseNameIsVeryLong" };

static struct oci_frame object_frame(const struct oci_member *row)
{
	return (struct oci_frame){ .kind = OCI_KIND_OBJECT, .member = row };
}

static struct oci_frame list_frame(enum oci_kind kind, void *list)
{
	return (struct oci_frame){ .kind = kind, .value = list };
}

static const char *path_of(const struct oci_reader *reader)
{
	static char path[64];

	oci_path_write(reader, path, sizeof(path));
	return path;
}

START_TEST(names_each_frame)
{
	struct oci_strings strings = { .n = 3 }, none = { 0 };
	struct oci_pair pairs[] = { { .name = (char *) "plain" }, { .name = (char *) "a.b" } };
	struct oci_string_map map = { .n = 2, .items = pairs };
	char *keys[] = { (char *) "eth0" };
	OCI_MAP(void) objects = { .n = 1, .keys = keys };
	static struct oci_reader reader;

	ck_assert_str_eq(path_of(&reader), "");
	reader.frames[0] = object_frame(NULL);
	reader.depth = 1;
	ck_assert_str_eq(path_of(&reader), "");
	reader.frames[0] = object_frame(&linux_row);
	ck_assert_str_eq(path_of(&reader), "linux");
	reader.depth = 2;
	reader.frames[1] = list_frame(OCI_KIND_STRINGS, &none);
	ck_assert_str_eq(path_of(&reader), "linux");
	reader.frames[1] = list_frame(OCI_KIND_STRINGS, &strings);
	ck_assert_str_eq(path_of(&reader), "linux[2]");
	reader.frames[1] = list_frame(OCI_KIND_STRING_MAP, &map);
	ck_assert_str_eq(path_of(&reader), "linux[\"a.b\"]");
	map.n = 1;
	ck_assert_str_eq(path_of(&reader), "linux.plain");
	reader.frames[1] = list_frame(OCI_KIND_OBJECT_MAP, &objects);
	reader.frames[2] = object_frame(&dotted_row);
	reader.depth = 3;
	ck_assert_str_eq(path_of(&reader), "linux.eth0[\"os.version\"]");
}
END_TEST

START_TEST(cuts_what_is_too_long)
{
	static struct oci_reader reader;

	for (size_t i = 0; i < OCI_DEPTH_MAX; i++)
		reader.frames[i] = object_frame(&long_row);
	reader.depth = OCI_DEPTH_MAX;
	ck_assert_str_eq(path_of(&reader),
			 "aMemberWhoseNameIsVeryLong.aMemberWhoseNameIsVeryLong.aMembe...");
}
END_TEST

Suite *libocispec_path_suite(void)
{
	Suite *suite = suite_create("libocispec/path");
	TCase *tcase = tcase_create("path");

	tcase_add_test(tcase, names_each_frame);
	tcase_add_test(tcase, cuts_what_is_too_long);
	suite_add_tcase(suite, tcase);
	return suite;
}
