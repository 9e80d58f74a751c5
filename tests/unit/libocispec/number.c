/* number.c - tests of libocispec/number.c */
#include <inttypes.h>
#include <string.h>

#include "libocispec/number.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

struct numbers {
	int32_t i32;
	int64_t i64;
	uint32_t u32;
	uint64_t u64;
	struct oci_u16 opt_u16;
	struct oci_i32 opt_i32;
	struct oci_u32 opt_u32;
	struct oci_i64 opt_i64;
	struct oci_u64 opt_u64;
};

/* text reads as a number of the kind and prints as written, or is refused with the reason. */
static const struct {
	enum oci_kind kind;
	const char *text;
	const char *reason;
} rows[] = {
	{ OCI_KIND_I32, "0", NULL },
	{ OCI_KIND_I32, "2147483647", NULL },
	{ OCI_KIND_I32, "-2147483648", NULL },
	{ OCI_KIND_I32, "2147483648", "out of range (-2147483648 to 2147483647)" },
	{ OCI_KIND_I32, "-2147483649", "out of range (-2147483648 to 2147483647)" },
	{ OCI_KIND_I64, "9223372036854775807", NULL },
	{ OCI_KIND_I64, "-9223372036854775808", NULL },
	{ OCI_KIND_I64, "9223372036854775808",
	  "out of range (-9223372036854775808 to 9223372036854775807)" },
	{ OCI_KIND_I64, "-9223372036854775809",
	  "out of range (-9223372036854775808 to 9223372036854775807)" },
	{ OCI_KIND_U32, "4294967295", NULL },
	{ OCI_KIND_U32, "4294967296", "out of range (0 to 4294967295)" },
	{ OCI_KIND_U32, "-1", "out of range (0 to 4294967295)" },
	{ OCI_KIND_U64, "9223372036854775808", NULL },
	{ OCI_KIND_U64, "18446744073709551615", NULL },
	{ OCI_KIND_U64, "18446744073709551616", "out of range (0 to 18446744073709551615)" },
	{ OCI_KIND_U64, "99999999999999999999999999", "out of range (0 to 18446744073709551615)" },
	{ OCI_KIND_OPT_U16, "0", NULL },
	{ OCI_KIND_OPT_U16, "65535", NULL },
	{ OCI_KIND_OPT_U16, "65536", "out of range (0 to 65535)" },
	{ OCI_KIND_OPT_I32, "-7", NULL },
	{ OCI_KIND_OPT_U32, "7", NULL },
	{ OCI_KIND_OPT_I64, "-1", NULL },
	{ OCI_KIND_OPT_U64, "18446744073709551615", NULL },
	{ OCI_KIND_I64, "-0", "not an integer" },
	{ OCI_KIND_I64, "-", "not an integer" },
	{ OCI_KIND_I64, "", "not an integer" },
	{ OCI_KIND_I64, "1.0", "not an integer" },
	{ OCI_KIND_U64, "1e3", "not an integer" },
	{ OCI_KIND_U64, "99999999999999999999999999.5", "not an integer" },
};

static const struct oci_member plain;

START_TEST(reads_and_writes)
{
	struct oci_u64 place = { 0 };
	char reason[80], text[OCI_NUMBER_SIZE];
	bool ok = oci_number_read(&plain, rows[_i].kind, &place, rows[_i].text,
				  strlen(rows[_i].text), reason, sizeof(reason));

	if (rows[_i].reason != NULL) {
		ck_assert(!ok);
		ck_assert_str_eq(reason, rows[_i].reason);
		return;
	}
	ck_assert_msg(ok, "%s: %s", rows[_i].text, reason);
	ck_assert_uint_eq(oci_number_write(rows[_i].kind, &place, text), strlen(rows[_i].text));
	ck_assert_str_eq(text, rows[_i].text);
}
END_TEST

/* A number fills its own bytes and no others. */
START_TEST(stays_in_its_place)
{
	struct numbers numbers;
	char reason[80];

	memset(&numbers, 0x55, sizeof(numbers));
	ck_assert(oci_number_read(&plain, OCI_KIND_U32, &numbers.u32, "7", 1, reason,
				  sizeof(reason)));
	ck_assert(oci_number_read(&plain, OCI_KIND_OPT_U16, &numbers.opt_u16, "8", 1, reason,
				  sizeof(reason)));
	ck_assert_uint_eq(numbers.u32, 7);
	ck_assert(numbers.opt_u16.is_set);
	ck_assert_uint_eq(numbers.opt_u16.value, 8);
	ck_assert_uint_eq(numbers.u64, UINT64_C(0x5555555555555555));
	ck_assert_int_eq(numbers.i64, INT64_C(0x5555555555555555));
	ck_assert_int_eq(numbers.opt_i32.value, 0x55555555);
}
END_TEST

START_TEST(obeys_checks)
{
	static const struct oci_member at_least = { AT_LEAST(1) }, exactly = { EXACTLY(2) };
	char reason[80];
	int64_t i64;
	uint64_t u64;

	ck_assert(oci_number_read(&at_least, OCI_KIND_I64, &i64, "1", 1, reason, sizeof(reason)));
	ck_assert(oci_number_read(&at_least, OCI_KIND_U64, &u64, "18446744073709551615", 20, reason,
				  sizeof(reason)));
	ck_assert(!oci_number_read(&at_least, OCI_KIND_I64, &i64, "0", 1, reason, sizeof(reason)));
	ck_assert_str_eq(reason, "must be at least 1");
	ck_assert(!oci_number_read(&at_least, OCI_KIND_I64, &i64, "-9", 2, reason, sizeof(reason)));
	ck_assert(oci_number_read(&exactly, OCI_KIND_I64, &i64, "2", 1, reason, sizeof(reason)));
	ck_assert(!oci_number_read(&exactly, OCI_KIND_I64, &i64, "3", 1, reason, sizeof(reason)));
	ck_assert_str_eq(reason, "must be 2");
	ck_assert(!oci_number_read(&exactly, OCI_KIND_I64, &i64, "-2", 2, reason, sizeof(reason)));
}
END_TEST

START_TEST(knows_defaults)
{
	const struct numbers zero = { 0 };
	const struct numbers set = { .i64 = -1, .u32 = 1, .opt_u64 = { .is_set = true } };

	ck_assert(oci_number_is_default(OCI_KIND_I64, &zero.i64));
	ck_assert(!oci_number_is_default(OCI_KIND_I64, &set.i64));
	ck_assert(!oci_number_is_default(OCI_KIND_U32, &set.u32));
	ck_assert(oci_number_is_default(OCI_KIND_OPT_U64, &zero.opt_u64));
	ck_assert(!oci_number_is_default(OCI_KIND_OPT_U64, &set.opt_u64));
}
END_TEST

Suite *libocispec_number_suite(void)
{
	Suite *suite = suite_create("libocispec/number");
	TCase *tcase = tcase_create("number");

	tcase_add_loop_test(tcase, reads_and_writes, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, stays_in_its_place);
	tcase_add_test(tcase, obeys_checks);
	tcase_add_test(tcase, knows_defaults);
	suite_add_tcase(suite, tcase);
	return suite;
}
