/* list.c - tests of libocispec/list.c */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libocispec/list.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

struct item {
	char bytes[24];
};
static const struct oci_desc item_desc = { .size = sizeof(struct item) };

START_TEST(strings_end_with_null)
{
	static const struct oci_member row = { .kind = OCI_KIND_STRINGS };
	struct oci_strings strings = { 0 };

	for (size_t i = 0; i < 1000; i++) {
		ck_assert(oci_list_append((struct oci_any_list *) &strings, &row, NULL));
		ck_assert_uint_eq(strings.n, i + 1);
		ck_assert_ptr_null(strings.items[i]);
		strings.items[i] = (char *) "x";
		ck_assert_ptr_null(strings.items[i + 1]);
	}
	free(strings.items);
}
END_TEST

START_TEST(items_are_zeroed)
{
	static const struct oci_member row = { .kind = OCI_KIND_OBJECTS, .object = &item_desc };
	OCI_LIST(struct item) list = { 0 };
	const struct item zero = { 0 };

	for (size_t i = 0; i < 100; i++) {
		ck_assert(oci_list_append((struct oci_any_list *) &list, &row, NULL));
		ck_assert_int_eq(memcmp(&list.items[i], &zero, sizeof(zero)), 0);
		memset(&list.items[i], 0xff, sizeof(list.items[i]));
	}
	free(list.items);
}
END_TEST

START_TEST(maps_keep_names)
{
	static const struct oci_member objects = { .kind = OCI_KIND_OBJECT_MAP,
						   .object = &item_desc };
	static const struct oci_member strings = { .kind = OCI_KIND_STRING_MAP };
	static char names[50][8];
	OCI_MAP(struct item) map = { 0 };
	struct oci_string_map pairs = { 0 };
	const char *twice;

	for (size_t i = 0; i < 50; i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		ck_assert(oci_list_append((struct oci_any_list *) &map, &objects, names[i]));
		ck_assert(oci_list_append((struct oci_any_list *) &pairs, &strings, names[i]));
	}
	for (size_t i = 0; i < 50; i++) {
		ck_assert_ptr_eq(map.keys[i], names[i]);
		ck_assert_ptr_eq(pairs.items[i].name, names[i]);
		ck_assert_ptr_null(pairs.items[i].value);
	}
	ck_assert(oci_map_is_unique((struct oci_any_list *) &map, &objects, &twice));
	ck_assert_ptr_null(twice);
	map.keys[49] = names[7];
	ck_assert(oci_map_is_unique((struct oci_any_list *) &map, &objects, &twice));
	ck_assert_str_eq(twice, "n7");
	free(map.items);
	free(map.keys);
	free(pairs.items);
}
END_TEST

Suite *libocispec_list_suite(void)
{
	Suite *suite = suite_create("libocispec/list");
	TCase *tcase = tcase_create("list");

	tcase_add_test(tcase, strings_end_with_null);
	tcase_add_test(tcase, items_are_zeroed);
	tcase_add_test(tcase, maps_keep_names);
	suite_add_tcase(suite, tcase);
	return suite;
}
