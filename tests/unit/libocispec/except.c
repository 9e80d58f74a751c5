/* except.c - tests of oci_parse_except(): the object is found where the parser has it, and nothing
 * else is read differently */
#include <stdlib.h>
#include <string.h>

#include "libocispec/runtime.h"
#include "tests/unit/libocispec/documents.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

#define BEGIN "{\"ociVersion\":\"1\","
#define END ",\"hostname\":\"h\"}"
#define RIGHT "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}"

/* What was set aside; NULL: the section was read, or there is none. */
static const struct {
	const char *text, *section;
} rows[] = {
	{ BEGIN "\"linux\":{\"seccomp\":" RIGHT "}" END, RIGHT },
	{ BEGIN "\"linux\":{\"seccomp\":{}}" END, "{}" },
	{ BEGIN "\"linux\":{\"seccomp\":{\"defaultAction\":7,\"x\":[]}}" END,
	  "{\"defaultAction\":7,\"x\":[]}" },
	{ BEGIN "\"linux\" : {\n\"seccomp\"\t:\r\n {\"}\":\"\\\"}\"} , \"sysctl\":{} }" END,
	  "{\"}\":\"\\\"}\"}" },
	{ BEGIN "\"linux\":{\"seccomp\":{\"seccomp\":{}}}" END, "{\"seccomp\":{}}" },
	{ BEGIN "\"annotations\":{\"seccomp\":\"{}\",\"linux\":\"{\\\"seccomp\\\":{}}\"},"
		"\"linux\":{\"seccomp\":{\"a\":1}}" END,
	  "{\"a\":1}" },
	{ BEGIN "\"linux\":{\"seccomp\":{\"a\":1}},\"annotations\":{\"linux.seccomp\":\"\","
		"\"seccomp\":\"\"}" END,
	  "{\"a\":1}" },
	{ BEGIN "\"linux\":{\"cgroupsPath\":\"seccomp\",\"sysctl\":{\"seccomp\":\"seccomp\"},"
		"\"maskedPaths\":[\"seccomp\"],\"seccomp\":{\"a\":1}}" END,
	  "{\"a\":1}" },
	{ BEGIN "\"linux\":{\"x\":{\"seccomp\":{}},\"resources\":{\"seccomp\":{}},\"y\":[{"
		"\"seccomp\":{}}],"
		"\"z\":\"seccomp\",\"seccomp\":{\"a\":1}}" END,
	  "{\"a\":1}" },
	{ BEGIN "\"seccomp\":{},\"Linux\":{\"seccomp\":{}},\"linux.seccomp\":{},"
		"\"x\":{\"linux\":{\"seccomp\":{}}},\"linux\":{\"seccomp\":{\"a\":1}}" END,
	  "{\"a\":1}" },
	{ BEGIN "\"seccomp\":{}" END, NULL },
	{ BEGIN "\"annotations\":{\"seccomp\":\"{}\"}" END, NULL },
	{ BEGIN "\"linux\":{\"seccomp\":null}" END, NULL },
	{ BEGIN "\"linux\":{\"Seccomp\":{}}" END, NULL },
	{ BEGIN "\"linux\":{\"\\u0073eccomp\":" RIGHT "}" END, NULL },
};

START_TEST(is_found_where_the_parser_has_it)
{
	struct oci_config config = { 0 };
	struct oci_text section;
	struct oci_error err;
	int r = oci_parse_except(&oci_config_desc, &config, rows[_i].text, strlen(rows[_i].text),
				 "linux.seccomp", &section, &err);

	ck_assert_msg(r == 0, "%s: %s", err.path, err.text);
	ck_assert_str_eq(config.hostname, "h");
	if (rows[_i].section == NULL) {
		ck_assert_ptr_null(section.text);
	} else {
		ck_assert_ptr_nonnull(section.text);
		ck_assert(section.text > rows[_i].text);
		ck_assert_uint_eq(section.len, strlen(rows[_i].section));
		ck_assert_int_eq(memcmp(section.text, rows[_i].section, section.len), 0);
		ck_assert_ptr_null(config.linux->seccomp);
	}
	oci_release(&oci_config_desc, &config);
}
END_TEST

/* Where it is not set aside it is there. */
START_TEST(with_escapes_it_is_read)
{
	struct oci_config *config = calloc(1, sizeof(*config));
	const char *text = rows[sizeof(rows) / sizeof(rows[0]) - 1].text;
	struct oci_text section;
	struct oci_error err;

	ck_assert_int_eq(oci_parse_except(&oci_config_desc, config, text, strlen(text),
					  "linux.seccomp", &section, &err),
			 0);
	ck_assert_ptr_null(section.text);
	ck_assert_str_eq(config->linux->seccomp->default_action, "SCMP_ACT_ALLOW");
	document_free(&oci_config_desc, config);
}
END_TEST

/* Right of themselves, these sections would be set aside. */
static const char *const bad[] = {
	BEGIN "\"linux\":{\"seccomp\":" RIGHT ",\"seccomp\":" RIGHT "}" END,
	BEGIN "\"linux\":{\"seccomp\":" RIGHT ",\"seccomp\":null}" END,
	BEGIN "\"linux\":{\"seccomp\":null,\"seccomp\":" RIGHT "}" END,
	BEGIN "\"linux\":{\"seccomp\":" RIGHT ",\"secc\\u006fmp\":" RIGHT "}" END,
	BEGIN "\"linux\":{\"secc\\u006fmp\":" RIGHT ",\"seccomp\":" RIGHT "}" END,
	BEGIN "\"linux\":{\"seccomp\":" RIGHT "},\"linux\":{\"seccomp\":" RIGHT "}" END,
	BEGIN "\"linux\":{\"seccomp\":" RIGHT ",\"cgroupsPath\":7}" END,
	BEGIN "\"linux\":{\"cgroupsPath\":7,\"seccomp\":" RIGHT "}" END,
	BEGIN "\"linux\":{\"seccomp\":" RIGHT "}}" END,
	BEGIN "\"linux\":{\"seccomp\":" RIGHT "}" END ",",
	BEGIN "\"linux\":{\"seccomp\":" RIGHT RIGHT "}" END,
	BEGIN "\"linux\":{\"seccomp\":" RIGHT "null}" END,
	BEGIN "\"linux\":{\"seccomp\":" RIGHT "\"x\"}" END,
	BEGIN "\"linux\":{\"seccomp\"" RIGHT "}" END,
	BEGIN "\"linux\":{\"seccomp\"::" RIGHT "}" END,
	BEGIN "\"linux\":{\"x\":\"y\"seccomp\":" RIGHT "}" END,
	BEGIN "\"linux\":{\"seccomp\":\"seccomp\"}" END,
	BEGIN "\"linux\":{\"seccomp\":[" RIGHT "]}" END,
	BEGIN "\"linux\":{\"seccomp\":{\"defaultAction\":}" END,
	BEGIN "\"linux\":{\"seccomp\":{\"a\":\"b}" END,
	BEGIN "\"linux\":{\"seccomp\":{",
	BEGIN "\"linux\":{\"seccomp\"",
	BEGIN "\"linux\":{\"seccomp\":" RIGHT ",\"x\":\"\\u0000\"}" END,
	BEGIN "\"linux\":{\"seccomp\":{\"x\":\"\xff\"}}" END,
	"[\"seccomp\"]",
	"\"seccomp\"",
	"{\"linux\":{\"seccomp\":" RIGHT "}}",
	"",
};

START_TEST(what_is_wrong_is_told_as_ever)
{
	struct oci_config config = { 0 }, none = { 0 };
	size_t len = strlen(bad[_i]);
	struct oci_text section;
	struct oci_error err, usual;

	ck_assert_int_lt(oci_parse(&oci_config_desc, &config, bad[_i], len, &usual), 0);
	ck_assert_int_eq(oci_parse_except(&oci_config_desc, &config, bad[_i], len, "linux.seccomp",
					  &section, &err),
			 -usual.code);
	ck_assert_str_eq(err.path, usual.path);
	ck_assert_str_eq(err.text, usual.text);
	ck_assert_ptr_null(section.text);
	ck_assert_int_eq(memcmp(&config, &none, sizeof(config)), 0);
}
END_TEST

/* A megabyte of opening brackets costs no stack and no time, nor does the name a hundred thousand
 * times. */
START_TEST(hostile_ones_are_passed_over)
{
	static const char begin[] = BEGIN "\"linux\":{\"seccomp\":{\"x\":", end[] = "}}" END;
	size_t n = (size_t) 1 << 20, len = strlen(begin) + 2 * n + strlen(end);
	char *text = malloc(len + 1), *at = stpcpy(text, begin);
	struct oci_config config = { 0 };
	struct oci_text section;
	struct oci_error err;

	memset(at, '[', n);
	memset(at + n, ']', n);
	strcpy(at + 2 * n, end);
	ck_assert_int_eq(oci_parse_except(&oci_config_desc, &config, text, len, "linux.seccomp",
					  &section, &err),
			 0);
	ck_assert_uint_eq(section.len, 2 * n + strlen("{\"x\":}"));
	oci_release(&oci_config_desc, &config);

	at = stpcpy(text, BEGIN "\"linux\":{\"maskedPaths\":[\"\"");
	for (unsigned int i = 0; i < 100000; i++)
		at = stpcpy(at, ",\"seccomp\"");
	strcpy(at, "],\"seccomp\":{\"a\":1}}" END);
	ck_assert_int_eq(oci_parse_except(&oci_config_desc, &config, text, strlen(text),
					  "linux.seccomp", &section, &err),
			 0);
	ck_assert_uint_eq(section.len, strlen("{\"a\":1}"));
	ck_assert_uint_eq(config.linux->masked_paths.n, 100001);
	oci_release(&oci_config_desc, &config);
	free(text);
}
END_TEST

Suite *libocispec_except_suite(void)
{
	Suite *suite = suite_create("libocispec/except");
	TCase *tcase = tcase_create("except");

	tcase_add_loop_test(tcase, is_found_where_the_parser_has_it, 0,
			    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, with_escapes_it_is_read);
	tcase_add_loop_test(tcase, what_is_wrong_is_told_as_ever, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tcase, hostile_ones_are_passed_over);
	suite_add_tcase(suite, tcase);
	return suite;
}
