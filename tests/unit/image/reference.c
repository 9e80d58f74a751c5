/* reference.c - tests of image/reference.h */
#include "image/reference.h"

#include <errno.h>

#include "base/text.h"
#include "tests/unit/image/suites.h"

static const struct {
	const char *text;
	const char *dir; /* NULL: refused */
	const char *tag;
} rows[] = {
	{ "oci:images", "images", NULL },
	{ "oci:/srv/images:latest", "/srv/images", "latest" },
	{ "oci:a/b:docker.io/library/x:1.2", "a/b", "docker.io/library/x:1.2" },
	{ "oci:.", ".", NULL },
	{ "oci: a", " a", NULL },
	{ "", NULL, NULL },
	{ "images", NULL, NULL },
	{ "oci", NULL, NULL },
	{ "oci:", NULL, NULL },
	{ "oci::tag", NULL, NULL },
	{ "oci:dir:", NULL, NULL },
	{ "OCI:dir", NULL, NULL },
	{ "docker://busybox", NULL, NULL },
};

START_TEST(parse)
{
	auto_reference reference = { 0 };
	struct error err = { 0 };
	int r = reference_parse(rows[_i].text, &reference, &err);

	ck_assert_int_eq(r, rows[_i].dir ? 0 : -EINVAL);
	ck_assert(str_equal(reference.dir, rows[_i].dir));
	ck_assert(str_equal(reference.tag, rows[_i].tag));
	if (r < 0)
		ck_assert_int_eq(err.class, ERROR_USAGE);
}
END_TEST

Suite *image_reference_suite(void)
{
	Suite *suite = suite_create("reference");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, parse, 0, ARRAY_SIZE(rows));
	suite_add_tcase(suite, cases);
	return suite;
}
