/* convert.c - tests of src/cgroup/convert.c */
#include "cgroup/convert.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "tests/unit/cgroup/suites.h"

static const struct {
	uint64_t shares;
	uint64_t weight;
} known_shares[] = {
	{ 0, 1 },      { 1, 1 },      { 2, 1 },		 { 3, 2 },	    { 512, 59 },
	{ 1024, 100 }, { 2048, 174 }, { 262143, 10000 }, { 262144, 10000 }, { UINT64_MAX, 10000 },
};

START_TEST(cpu_shares)
{
	ck_assert_uint_eq(convert_cpu_shares(known_shares[_i].shares), known_shares[_i].weight);
}
END_TEST

/* The engines' formula, with the C library's functions, for every value there is. */
START_TEST(cpu_shares_as_engines)
{
	uint64_t last = 0;

	for (uint64_t shares = 2; shares <= 262144; shares++) {
		double l = log2((double) shares);
		double expected = ceil(pow(10, (l * l + 125 * l) / 612 - 7.0 / 34.0));
		uint64_t weight = convert_cpu_shares(shares);

		/* libcheck notes down each assertion, so not one for each value */
		if (weight != (uint64_t) expected || weight < last)
			ck_abort_msg("%" PRIu64 ": %" PRIu64 ", not %f", shares, weight, expected);
		last = weight;
	}
}
END_TEST

START_TEST(io_weight)
{
	ck_assert_uint_eq(convert_io_weight(0), 1);
	ck_assert_uint_eq(convert_io_weight(10), 1);
	ck_assert_uint_eq(convert_io_weight(11), 11);
	ck_assert_uint_eq(convert_io_weight(500), 4950);
	ck_assert_uint_eq(convert_io_weight(1000), 10000);
	ck_assert_uint_eq(convert_io_weight(65535), 10000);
}
END_TEST

static const struct swap_row {
	int64_t limit;
	int64_t swap;
	int64_t expected;
	const char *message; /* NULL: accepted */
} swap_rows[] = {
	{ 0, 0, SWAP_UNSET, NULL },
	{ 100, 0, SWAP_UNSET, NULL },
	{ 100, 100, 0, NULL },
	{ 100, 150, 50, NULL },
	{ 100, -1, SWAP_UNLIMITED, NULL },
	{ 0, -1, SWAP_UNLIMITED, NULL },
	{ -1, -1, SWAP_UNLIMITED, NULL },
	{ -1, 0, SWAP_UNLIMITED, NULL },
	{ 0, 100, 0, "needs a memory.limit" },
	{ -1, 100, 0, "needs a memory.limit" },
	{ 100, 99, 0, "99 is less than memory.limit, 100" },
	{ 100, -2, 0, "-2 is neither a size nor -1" },
};

START_TEST(swap_is_counted_alone)
{
	const struct swap_row *r = &swap_rows[_i];
	struct error err = { 0 };
	int64_t got = -77;
	int rc = convert_swap(r->limit, r->swap, &got, &err);

	if (!r->message) {
		ck_assert_int_eq(rc, 0);
		ck_assert_int_eq(got, r->expected);
		return;
	}
	ck_assert_int_eq(rc, -EINVAL);
	ck_assert_str_eq(err.where, "linux.resources.memory.swap");
	ck_assert_msg(strstr(err.text, r->message) != NULL, "%s", err.text);
}
END_TEST

Suite *cgroup_convert_suite(void)
{
	Suite *s = suite_create("cgroup/convert");
	TCase *t = tcase_create("convert");

	tcase_add_loop_test(t, cpu_shares, 0, ARRAY_SIZE(known_shares));
	tcase_add_test(t, cpu_shares_as_engines);
	tcase_add_test(t, io_weight);
	tcase_add_loop_test(t, swap_is_counted_alone, 0, ARRAY_SIZE(swap_rows));
	suite_add_tcase(s, t);
	return s;
}
