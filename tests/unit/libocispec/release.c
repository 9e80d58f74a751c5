/* release.c - tests of libocispec/release.c */
#include <stdlib.h>
#include <string.h>

#include "libocispec/runtime.h"
#include "tests/unit/libocispec/documents.h"
#include "tests/unit/libocispec/memory.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

START_TEST(frees_everything_and_zeroes)
{
	const struct oci_config none = { 0 };
	char *text = unit_read("tests/data/libocispec/good/config-every-member.json", NULL);
	size_t before = memory_live();
	struct oci_config config = { 0 };
	struct oci_error err;

	ck_assert_int_eq(oci_parse(&oci_config_desc, &config, text, strlen(text), &err), 0);
	ck_assert_uint_gt(memory_live(), before + 200);
	oci_release(&oci_config_desc, &config);
	ck_assert_int_eq(memcmp(&config, &none, sizeof(config)), 0);
	ck_assert_uint_eq(memory_live(), before);
	free(text);
}
END_TEST

START_TEST(accepts_what_is_empty)
{
	struct oci_config config = { 0 };

	oci_release(&oci_config_desc, &config);
	oci_release(&oci_config_desc, &config);
}
END_TEST

/* A failed parse is released half-way, wherever the text is cut. */
START_TEST(frees_half_made_objects)
{
	char *text = unit_read("tests/data/libocispec/good/config-every-member.json", NULL);
	size_t len = strlen(text), before = memory_live();
	struct oci_config config = { 0 };
	struct oci_error err;

	for (size_t cut = 0; cut < len - 2; cut += 7) {
		ck_assert_int_lt(oci_parse(&oci_config_desc, &config, text, cut, &err), 0);
		ck_assert_uint_eq(memory_live(), before);
	}
	free(text);
}
END_TEST

Suite *libocispec_release_suite(void)
{
	Suite *suite = suite_create("libocispec/release");
	TCase *tcase = tcase_create("release");

	tcase_add_test(tcase, frees_everything_and_zeroes);
	tcase_add_test(tcase, accepts_what_is_empty);
	tcase_add_test(tcase, frees_half_made_objects);
	suite_add_tcase(suite, tcase);
	return suite;
}
