/* platform.c - tests of image/platform.h */
#include "image/platform.h"

#include <errno.h>
#include <limits.h>

#include "base/text.h"
#include "tests/unit/image/suites.h"

static const struct {
	const char *text;
	const char *os; /* NULL: refused */
	const char *architecture;
	const char *variant;
} texts[] = {
	{ "linux/amd64", "linux", "amd64", "" },
	{ "linux/arm/v7", "linux", "arm", "v7" },
	{ "", NULL, NULL, NULL },
	{ "linux", NULL, NULL, NULL },
	{ "linux/", NULL, NULL, NULL },
	{ "/amd64", NULL, NULL, NULL },
	{ "linux/arm/", NULL, NULL, NULL },
	{ "linux//v7", NULL, NULL, NULL },
	{ "linux/arm/v7/", NULL, NULL, NULL },
	{ "linux/arm/v7/x", NULL, NULL, NULL },
	{ "linux/0123456789012345678901234567890", "linux", "0123456789012345678901234567890", "" },
	{ "linux/01234567890123456789012345678901", NULL, NULL, NULL },
};

START_TEST(parse)
{
	struct platform platform;
	struct error err = { 0 };
	int r = platform_parse(texts[_i].text, &platform, &err);

	ck_assert_int_eq(r, texts[_i].os ? 0 : -EINVAL);
	if (r < 0)
		return;
	ck_assert_str_eq(platform.os, texts[_i].os);
	ck_assert_str_eq(platform.architecture, texts[_i].architecture);
	ck_assert_str_eq(platform.variant, texts[_i].variant);
}
END_TEST

/* Offers, best first; those behind the first n_fit do not fit. */
static const struct {
	const char *wanted;
	const char *offers[6];
	size_t n_fit;
} preferences[] = {
	{ "linux/amd64", { "linux/amd64", "linux/amd64/v2", "linux/386", "windows/amd64" }, 1 },
	{ "linux/amd64/v3",
	  { "linux/amd64/v3", "linux/amd64/v2", "linux/amd64", "linux/amd64/v4" },
	  3 },
	{ "linux/arm",
	  { "linux/arm/v7", "linux/arm/v6", "linux/arm/v5", "linux/arm/v8", "linux/arm64" },
	  3 },
	{ "linux/arm/v6", { "linux/arm/v6", "linux/arm/v5", "linux/arm", "linux/arm/v7" }, 2 },
	{ "linux/arm64", { "linux/arm64", "linux/arm/v7" }, 1 },
	{ "linux/arm64/v8", { "linux/arm64", "linux/arm64/v9" }, 1 },
	{ "linux/arm/odd", { "linux/arm/odd", "linux/arm/v7", "linux/arm" }, 1 },
	{ "linux/riscv64", { "linux/riscv64", "linux/riscv64/rva22" }, 1 },
};

START_TEST(prefer)
{
	unsigned int last = UINT_MAX;
	struct platform wanted, offer;
	struct error err;

	ck_assert_int_eq(platform_parse(preferences[_i].wanted, &wanted, &err), 0);
	for (size_t i = 0; preferences[_i].offers[i]; i++) {
		unsigned int fits;

		ck_assert_int_eq(platform_parse(preferences[_i].offers[i], &offer, &err), 0);
		fits = platform_fits(&wanted, offer.os, offer.architecture, offer.variant);
		if (i < preferences[_i].n_fit)
			ck_assert_msg(fits > 0 && fits < last, "%s", preferences[_i].offers[i]);
		else
			ck_assert_msg(fits == 0, "%s", preferences[_i].offers[i]);
		last = fits;
	}
}
END_TEST

START_TEST(absent_members_fit_nothing)
{
	struct platform host;

	platform_host(&host);
	ck_assert_str_eq(host.os, "linux");
	ck_assert_uint_gt(platform_fits(&host, "linux", host.architecture, NULL), 0);
	ck_assert_uint_eq(platform_fits(&host, NULL, host.architecture, NULL), 0);
	ck_assert_uint_eq(platform_fits(&host, "linux", NULL, NULL), 0);
}
END_TEST

Suite *image_platform_suite(void)
{
	Suite *suite = suite_create("image/platform");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, parse, 0, ARRAY_SIZE(texts));
	tcase_add_loop_test(cases, prefer, 0, ARRAY_SIZE(preferences));
	tcase_add_test(cases, absent_members_fit_nothing);
	suite_add_tcase(suite, cases);
	return suite;
}
