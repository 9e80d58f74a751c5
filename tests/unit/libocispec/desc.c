/* desc.c - tests of libocispec/desc.h: what rows become, and that all tables are well made */
#include <string.h>

#include "libocispec/desc.h"
#include "tests/unit/libocispec/documents.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

struct inner {
	char *text;
};
static OCI_DESC(inner, OCI_F(inner, text, "text"));

struct outer {
	char *string;
	bool boolean;
	int32_t i32;
	int64_t i64;
	uint32_t u32;
	uint64_t u64;
	struct oci_bool opt_bool;
	struct oci_u16 opt_u16;
	struct oci_i32 opt_i32;
	struct oci_u32 opt_u32;
	struct oci_i64 opt_i64;
	struct oci_u64 opt_u64;
	struct oci_strings strings;
	struct oci_u32s u32s;
	struct oci_string_map string_map;
	struct inner *object;
	OCI_LIST(struct inner) objects;
	OCI_MAP(struct inner) object_map;
};

/* One row of each kind, in the order of enum oci_kind. */
/* clang-format off */
static OCI_DESC(outer,
	OCI_F(outer, string,     "string", REQUIRED),
	OCI_F(outer, boolean,    "boolean", PRINTED),
	OCI_F(outer, i32,        "i32", AT_LEAST(-3)),
	OCI_F(outer, i64,        "i64", EXACTLY(4)),
	OCI_F(outer, u32,        "u32"),
	OCI_F(outer, u64,        "u64"),
	OCI_F(outer, opt_bool,   "optBool"),
	OCI_F(outer, opt_u16,    "optU16"),
	OCI_F(outer, opt_i32,    "optI32"),
	OCI_F(outer, opt_u32,    "optU32"),
	OCI_F(outer, opt_i64,    "optI64"),
	OCI_F(outer, opt_u64,    "optU64"),
	OCI_F(outer, strings,    "strings", FILLED, ONE_OF("a b")),
	OCI_F(outer, u32s,       "u32s"),
	OCI_F(outer, string_map, "stringMap"),
	OCI_O(outer, object,     "object",    inner),
	OCI_L(outer, objects,    "objects",   inner),
	OCI_M(outer, object_map, "objectMap", inner));
/* clang-format on */

START_TEST(infers_kinds)
{
	const struct oci_member *rows = outer_desc.members;

	ck_assert_uint_eq(outer_desc.n, OCI_KINDS);
	ck_assert_uint_eq(outer_desc.size, sizeof(struct outer));
	for (size_t i = 0; i < outer_desc.n; i++) {
		size_t end = i + 1 < outer_desc.n ? rows[i + 1].offset : sizeof(struct outer);

		ck_assert_uint_eq(rows[i].kind, i);
		ck_assert_uint_eq(rows[i].name_length, strlen(rows[i].name));
		/* The kind's size is the member's, up to padding: what is aligned most has 64 bits. */
		ck_assert_uint_le(rows[i].offset + oci_kind_size(i), end);
		ck_assert_uint_gt(rows[i].offset + oci_kind_size(i) + sizeof(uint64_t), end);
	}
}
END_TEST

START_TEST(keeps_what_rows_say)
{
	const struct oci_member *rows = outer_desc.members;

	ck_assert(rows[OCI_KIND_STRING].required);
	ck_assert(!rows[OCI_KIND_BOOL].required);
	ck_assert(rows[OCI_KIND_BOOL].printed);
	ck_assert_int_eq(rows[OCI_KIND_I32].check, OCI_CHECK_AT_LEAST);
	ck_assert_int_eq(rows[OCI_KIND_I32].number, -3);
	ck_assert_int_eq(rows[OCI_KIND_I64].check, OCI_CHECK_EXACTLY);
	ck_assert_int_eq(rows[OCI_KIND_I64].number, 4);
	ck_assert(rows[OCI_KIND_STRINGS].filled);
	ck_assert_int_eq(rows[OCI_KIND_STRINGS].check, OCI_CHECK_ONE_OF);
	ck_assert_str_eq(rows[OCI_KIND_STRINGS].one_of, "a b");
	ck_assert_ptr_eq(rows[OCI_KIND_OBJECT].object, &inner_desc);
	ck_assert_ptr_eq(rows[OCI_KIND_OBJECT_MAP].object, &inner_desc);
	ck_assert_uint_eq(oci_item_size(&rows[OCI_KIND_STRINGS]), sizeof(char *));
	ck_assert_uint_eq(oci_item_size(&rows[OCI_KIND_U32S]), sizeof(uint32_t));
	ck_assert_uint_eq(oci_item_size(&rows[OCI_KIND_STRING_MAP]), sizeof(struct oci_pair));
	ck_assert_uint_eq(oci_item_size(&rows[OCI_KIND_OBJECTS]), sizeof(struct inner));
}
END_TEST

static bool takes_check(const struct oci_member *row)
{
	switch (row->check) {
	case OCI_CHECK_OK:
		return row->kind == OCI_KIND_STRING || row->kind == OCI_KIND_STRINGS ||
		       row->kind == OCI_KIND_STRING_MAP;
	case OCI_CHECK_ONE_OF:
		return row->kind == OCI_KIND_STRING || row->kind == OCI_KIND_STRINGS;
	case OCI_CHECK_AT_LEAST:
	case OCI_CHECK_EXACTLY:
		return row->kind == OCI_KIND_I64 || row->kind == OCI_KIND_OPT_I64;
	default:
		return true;
	}
}

/* What the compiler cannot see in a table. */
static void examine(const struct oci_desc *desc, unsigned int depth)
{
	ck_assert_uint_lt(depth, 10);
	for (size_t i = 0; i < desc->n; i++) {
		const struct oci_member *row = &desc->members[i];

		ck_assert_uint_le(row->offset + oci_kind_size(row->kind), desc->size);
		ck_assert_msg(takes_check(row), "%s: the check is not for this kind", row->name);
		for (size_t j = 0; j < i; j++) {
			ck_assert_str_ne(row->name, desc->members[j].name);
			ck_assert_msg(row->offset != desc->members[j].offset,
				      "%s and %s fill the same member", row->name,
				      desc->members[j].name);
		}
		if (row->kind == OCI_KIND_OBJECT || row->kind == OCI_KIND_OBJECTS ||
		    row->kind == OCI_KIND_OBJECT_MAP)
			examine(row->object, depth + 1);
	}
}

START_TEST(tables_are_well_made)
{
	for (const struct document *d = documents; d->name != NULL; d++)
		examine(d->desc, 0);
}
END_TEST

Suite *libocispec_desc_suite(void)
{
	Suite *suite = suite_create("libocispec/desc");
	TCase *tcase = tcase_create("desc");

	tcase_add_test(tcase, infers_kinds);
	tcase_add_test(tcase, keeps_what_rows_say);
	tcase_add_test(tcase, tables_are_well_made);
	suite_add_tcase(suite, tcase);
	return suite;
}
