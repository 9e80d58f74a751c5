/* bit_list.c - lists of CPUs and nodes */
#include <errno.h>
#include <stdint.h>

#include "base/bit_list.h"
#include "base/text.h"
#include "tests/unit/base/suites.h"

static const struct {
	const char *text;
	int result;
	uint64_t bits[2];
} rows[] = {
	{ "0", 0, { 1 } },
	{ "0-3,7", 0, { 0x8f } },
	{ "7,0-3", 0, { 0x8f } },
	{ "1-1", 0, { 2 } },
	{ "63-64", 0, { 1ull << 63, 1 } },
	{ "127", 0, { 0, 1ull << 63 } },
	{ "0-3, 7", 0, { 0x8f } },
	{ " 1 , 2 ", 0, { 6 } },
	{ "128", -ERANGE, { 0 } },
	{ "0-128", -ERANGE, { 0 } },
	{ "99999999999999999999", -ERANGE, { 0 } },
	{ "", -EINVAL, { 0 } },
	{ "3-1", -EINVAL, { 0 } },
	{ "1-", -EINVAL, { 0 } },
	{ "-1", -EINVAL, { 0 } },
	{ "1,", -EINVAL, { 2 } },
	{ ",1", -EINVAL, { 0 } },
	{ "1--2", -EINVAL, { 0 } },
	{ "1-2-3", -EINVAL, { 0 } },
	{ "0 1", -EINVAL, { 1 } },
	{ "1 - 2", -EINVAL, { 2 } },
	{ " ", -EINVAL, { 0 } },
	{ "1, ", -EINVAL, { 2 } },
	{ "0,a", -EINVAL, { 1 } },
	{ "000000000000000000000000001", -EINVAL, { 0 } },
};

#define LONG_BITS (8 * sizeof(unsigned long))

/* The 64 bits from the nth 64 on, however long a long is. */
static uint64_t bits_at(const unsigned long *bits, size_t n)
{
	uint64_t ret = 0;

	for (size_t i = 0; i < 64; i += LONG_BITS)
		ret |= (uint64_t) bits[(64 * n + i) / LONG_BITS] << i;
	return ret;
}

START_TEST(lists_are_read)
{
	unsigned long bits[128 / LONG_BITS] = { 0 };

	ck_assert_int_eq(bit_list_parse(rows[_i].text, bits, 128), rows[_i].result);
	ck_assert_uint_eq(bits_at(bits, 0), rows[_i].bits[0]);
	ck_assert_uint_eq(bits_at(bits, 1), rows[_i].bits[1]);
}
END_TEST

Suite *base_bit_list_suite(void)
{
	Suite *suite = suite_create("base/bit_list");
	TCase *tests = tcase_create("bit_list");

	tcase_add_loop_test(tests, lists_are_read, 0, ARRAY_SIZE(rows));
	suite_add_tcase(suite, tests);
	return suite;
}
