/* copy.c - tests of libocispec/copy.c: that nothing is shared and nothing is lost */
#include <stdlib.h>
#include <string.h>

#include "libocispec/runtime.h"
#include "tests/unit/libocispec/documents.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

static void require_apart(const struct oci_desc *desc, const char *a, const char *b);

static void require_pointers_apart(const struct oci_member *row, const char *a, const char *b)
{
	const void *p = ((const struct oci_any_pointer *) a)->p;
	const void *q = ((const struct oci_any_pointer *) b)->p;

	ck_assert((p == NULL) == (q == NULL));
	ck_assert_msg(p == NULL || p != q, "%s is shared", row->name);
	if (row->kind == OCI_KIND_OBJECT && p != NULL)
		require_apart(row->object, p, q);
}

static void require_lists_apart(const struct oci_member *row, const char *a, const char *b)
{
	const struct oci_any_list *x = (const struct oci_any_list *) a;
	const struct oci_any_list *y = (const struct oci_any_list *) b;

	ck_assert_uint_eq(x->n, y->n);
	ck_assert_msg(x->n == 0 || x->items != y->items, "%s is shared", row->name);
	for (size_t i = 0; i < x->n; i++) {
		const char *m = (const char *) x->items + i * oci_item_size(row);
		const char *n = (const char *) y->items + i * oci_item_size(row);

		if (row->kind == OCI_KIND_OBJECTS || row->kind == OCI_KIND_OBJECT_MAP)
			require_apart(row->object, m, n);
		else if (row->kind != OCI_KIND_U32S)
			ck_assert_ptr_ne(*(char *const *) m, *(char *const *) n);
		if (row->kind == OCI_KIND_OBJECT_MAP)
			ck_assert_ptr_ne(x->keys[i], y->keys[i]);
		if (row->kind == OCI_KIND_STRING_MAP)
			ck_assert_ptr_ne(((const struct oci_pair *) m)->value,
					 ((const struct oci_pair *) n)->value);
	}
}

/* Walking two objects at once, no pointer of one may be in the other. */
static void require_apart(const struct oci_desc *desc, const char *a, const char *b)
{
	for (size_t i = 0; i < desc->n; i++) {
		const struct oci_member *row = &desc->members[i];
		const char *x = a + row->offset, *y = b + row->offset;

		if (row->kind == OCI_KIND_STRING || row->kind == OCI_KIND_OBJECT)
			require_pointers_apart(row, x, y);
		else if (row->kind >= OCI_KIND_STRINGS)
			require_lists_apart(row, x, y);
		else
			ck_assert_int_eq(memcmp(x, y, oci_kind_size(row->kind)), 0);
	}
}

START_TEST(nothing_is_shared)
{
	char *text = unit_read("tests/data/libocispec/good/config-every-member.json", NULL);
	struct oci_config *config = document_new(&oci_config_desc, text), copy;
	char *before, *after;

	memset(&copy, 0xaa, sizeof(copy));
	ck_assert_int_eq(oci_copy(&oci_config_desc, &copy, config), 0);
	require_apart(&oci_config_desc, (char *) config, (char *) &copy);
	ck_assert_ptr_null(copy.process->args.items[copy.process->args.n]);
	before = document_print(&oci_config_desc, config);
	document_free(&oci_config_desc, config);
	after = document_print(&oci_config_desc, &copy);
	ck_assert_str_eq(before, after);
	oci_release(&oci_config_desc, &copy);
	free(after);
	free(before);
	free(text);
}
END_TEST

START_TEST(empty_stays_empty)
{
	const struct oci_config none = { 0 };
	struct oci_config copy;

	memset(&copy, 0xaa, sizeof(copy));
	ck_assert_int_eq(oci_copy(&oci_config_desc, &copy, &none), 0);
	ck_assert_int_eq(memcmp(&copy, &none, sizeof(copy)), 0);
}
END_TEST

Suite *libocispec_copy_suite(void)
{
	Suite *suite = suite_create("libocispec/copy");
	TCase *tcase = tcase_create("copy");

	tcase_add_test(tcase, nothing_is_shared);
	tcase_add_test(tcase, empty_stays_empty);
	suite_add_tcase(suite, tcase);
	return suite;
}
