/* print.c - tests of libocispec/print.c */
#include <stdlib.h>
#include <string.h>

#include "libocispec/runtime.h"
#include "libocispec/state.h"
#include "tests/unit/libocispec/documents.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

START_TEST(compact_has_no_spaces)
{
	struct oci_pair pairs[] = { { (char *) "a/b", (char *) "\"\\\n\x01\xc3\xa4" } };
	struct oci_state state = {
		.oci_version = (char *) "1.3.0",
		.id = (char *) "",
		.status = (char *) "running",
		.pid = { true, 0 },
		.bundle = (char *) "/b",
		.annotations = { .n = 1, .items = pairs },
	};
	char *text = document_print(&oci_state_desc, &state);

	ck_assert_str_eq(text, "{\"ociVersion\":\"1.3.0\",\"id\":\"\",\"status\":\"running\","
			       "\"pid\":0,\"bundle\":\"/b\","
			       "\"annotations\":{\"a/b\":\"\\\"\\\\\\n\\u0001\xc3\xa4\"}}");
	free(text);
}
END_TEST

START_TEST(pretty_has_four_spaces_and_a_newline)
{
	char *args[] = { (char *) "sh", NULL };
	struct oci_process process = { .cwd = (char *) "/", .args = { 1, args } };
	struct oci_capabilities none = { 0 };
	char *text;
	size_t len;

	process.capabilities = &none;
	ck_assert_int_eq(oci_print(&oci_process_desc, &process, OCI_PRINT_PRETTY, &text, &len), 0);
	ck_assert_str_eq(text, "{\n"
			       "    \"args\": [\n"
			       "        \"sh\"\n"
			       "    ],\n"
			       "    \"cwd\": \"/\",\n"
			       "    \"capabilities\": {}\n"
			       "}\n");
	ck_assert_uint_eq(len, strlen(text));
	free(text);
}
END_TEST

/* What is at its default is left out; what is required or says who runs is not. */
START_TEST(defaults_are_left_out)
{
	struct oci_user user = { 0 };
	struct oci_process process = { .user = &user };
	struct oci_root root = { .path = (char *) "r" };
	struct oci_config config = { .process = &process, .root = &root };
	struct oci_seccomp_syscall syscall = { 0 };
	struct oci_seccomp seccomp = { .syscalls = { 1, &syscall } };
	char *text = document_print(&oci_config_desc, &config);

	ck_assert_str_eq(text,
			 "{\"process\":{\"user\":{\"uid\":0,\"gid\":0}},\"root\":{\"path\":\"r\"}}");
	free(text);
	text = document_print(&oci_seccomp_desc, &seccomp);
	ck_assert_str_eq(text, "{\"syscalls\":[{\"names\":[]}]}");
	free(text);
}
END_TEST

START_TEST(numbers_print_in_full)
{
	struct oci_rlimit limit = { (char *) "RLIMIT_CPU", 0, UINT64_MAX };
	struct oci_process process = {
		.oom_score_adj = { true, INT32_MIN },
		.rlimits = { 1, &limit },
	};
	char *text = document_print(&oci_process_desc, &process);

	ck_assert_str_eq(text,
			 "{\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"hard\":18446744073709551615,"
			 "\"soft\":0}],\"oomScoreAdj\":-2147483648}");
	free(text);
}
END_TEST

Suite *libocispec_print_suite(void)
{
	Suite *suite = suite_create("libocispec/print");
	TCase *tcase = tcase_create("print");

	tcase_add_test(tcase, compact_has_no_spaces);
	tcase_add_test(tcase, pretty_has_four_spaces_and_a_newline);
	tcase_add_test(tcase, defaults_are_left_out);
	tcase_add_test(tcase, numbers_print_in_full);
	suite_add_tcase(suite, tcase);
	return suite;
}
