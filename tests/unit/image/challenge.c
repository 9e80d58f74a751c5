/* challenge.c - tests of image/challenge.h */
#include "image/challenge.h"

#include "base/text.h"
#include "tests/unit/image/suites.h"

static const struct {
	const char *header;
	enum auth_scheme scheme;
	const char *realm, *service, *scope;
} rows[] = {
	{ "Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a/b:pull\"", AUTH_BEARER,
	  "https://a/t", "s", "repository:a/b:pull" },
	{ "bearer Realm = \"https://a/t\" , Service = s", AUTH_BEARER, "https://a/t", "s", NULL },
	{ "Bearer realm=https://a/t", AUTH_BEARER, "https://a/t", NULL, NULL },
	{ "Bearer realm=\"a\\\"b\"", AUTH_BEARER, "a\"b", NULL, NULL },
	{ "Basic realm=\"x\"", AUTH_BASIC, "x", NULL, NULL },
	{ "Basic", AUTH_BASIC, NULL, NULL, NULL },
	{ "Basic realm=\"x\", Bearer realm=\"https://a/t\"", AUTH_BEARER, "https://a/t", NULL,
	  NULL },
	{ "Bearer realm=\"https://a/t\", Basic realm=\"x\"", AUTH_BEARER, "https://a/t", NULL,
	  NULL },
	{ "Negotiate abc==, Basic realm=\"x\"", AUTH_BASIC, "x", NULL, NULL },
	{ "Digest realm=\"x\", nonce=\"y\", Basic realm=\"z\"", AUTH_BASIC, "z", NULL, NULL },
	{ ", Basic realm=\"x\"", AUTH_BASIC, "x", NULL, NULL },
	{ "Bearer realm=\"a\", realm=\"b\"", AUTH_BEARER, "a", NULL, NULL },
	{ "Bearer service=\"s\"", AUTH_NONE, NULL, NULL, NULL },
	{ "Bearer realm=\"https://a", AUTH_NONE, NULL, NULL, NULL },
	{ "Bearer realm=\"a\r\nX: y\"", AUTH_NONE, NULL, NULL, NULL },
	{ "", AUTH_NONE, NULL, NULL, NULL },
	{ ",,, ,", AUTH_NONE, NULL, NULL, NULL },
	{ "=", AUTH_NONE, NULL, NULL, NULL },
	{ "\"Basic\"", AUTH_NONE, NULL, NULL, NULL },
};

START_TEST(parse)
{
	auto_challenge challenge = { 0 };

	challenge_parse(rows[_i].header, &challenge);
	ck_assert_int_eq(challenge.scheme, rows[_i].scheme);
	ck_assert(str_equal(challenge.realm, rows[_i].realm));
	ck_assert(str_equal(challenge.service, rows[_i].service));
	ck_assert(str_equal(challenge.scope, rows[_i].scope));
}
END_TEST

/* Several headers: the best of all. */
START_TEST(several)
{
	auto_challenge challenge = { 0 };

	challenge_parse("Basic realm=\"x\"", &challenge);
	challenge_parse("Bearer realm=\"y\"", &challenge);
	challenge_parse("Basic realm=\"z\"", &challenge);
	ck_assert_int_eq(challenge.scheme, AUTH_BEARER);
	ck_assert_str_eq(challenge.realm, "y");
}
END_TEST

Suite *image_challenge_suite(void)
{
	Suite *suite = suite_create("image/challenge");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, parse, 0, ARRAY_SIZE(rows));
	tcase_add_test(cases, several);
	suite_add_tcase(suite, cases);
	return suite;
}
