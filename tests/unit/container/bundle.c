/* bundle.c - config.json is read, and its linux.seccomp only where the filter is not kept */
#include "container/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/configured.h"
#include "base/file.h"
#include "base/text.h"
#include "container/annotations.h"
#include "tests/unit/container/suites.h"

#if HAVE_SECCOMP

static char base[] = "/tmp/coracle-bundle-XXXXXX";
static int dirfd_ = -1;
static struct seccomp_program filter;

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(base));
	dirfd_ = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void teardown(void)
{
	struct error err;

	seccomp_program_release(&filter);
	close(dirfd_);
	ck_assert_int_eq(dir_remove(AT_FDCWD, base, &err), 0);
	strcpy(base + strlen(base) - 6, "XXXXXX");
}

#define ERRNO(number)                                                                                   \
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"                \
	"\"syscalls\":[{\"names\":[\"getpriority\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":" number \
	"}]"
#define PLAIN ERRNO("40") "}"
#define LISTENED ERRNO("40") ",\"listenerPath\":\"/run/agent\"}"

static void write_config(const char *section, const char *annotation)
{
	auto_free char *json =
		xasprintf("{\"ociVersion\":\"1.0.0\",\"annotations\":{\"seccomp\":\"%s\","
			  "\"%s\":\"1\"},\"linux\":{\"seccomp\":%s,\"cgroupsPath\":\"/c\"}}",
			  "\\\"seccomp\\\"", annotation, section);
	struct error err;

	ck_assert_int_eq(file_replace(dirfd_, "config.json", json, strlen(json), 0600, &err), 0);
}

/* Whether the section was parsed; -errno as the answer of bundle_read(). */
static int reads(const char *section, const char *annotation)
{
	auto_bundle bundle = BUNDLE_NONE;
	struct error err;
	bool is_parsed;
	int r;

	write_config(section, annotation);
	seccomp_program_release(&filter);
	r = bundle_read(dirfd_, "config.json", base, &bundle, &filter, &err);
	if (r < 0)
		return r;
	ck_assert_str_eq(bundle.config.linux->cgroups_path, "/c");
	is_parsed = bundle.config.linux->seccomp;
	ck_assert_int_eq(is_parsed, !filter.filter);
	if (is_parsed)
		return true;
	ck_assert_uint_gt(filter.n, 0);
	ck_assert_uint_ne(filter.flags, 0);
	return false;
}

/* As container_compile() does. */
static void keep(const char *section)
{
	auto_bundle bundle = BUNDLE_NONE;
	struct seccomp_program program;
	struct error err;

	write_config(section, "none");
	ck_assert_msg(bundle_read(dirfd_, "config.json", "/dev/null", &bundle, &program, &err) == 0,
		      "%s", err.text);
	ck_assert_int_eq(seccomp_compile_cached(dirfd_, bundle.config.linux->seccomp,
						bundle.seccomp, false, &program, &err),
			 0);
	seccomp_program_release(&program);
}

START_TEST(parsed_until_it_is_kept)
{
	ck_assert_int_eq(reads(PLAIN, "none"), true);
	keep(PLAIN);
	ck_assert_int_eq(reads(PLAIN, "none"), false);
	ck_assert_int_eq(reads(PLAIN " ", "none"), false);
	ck_assert_int_eq(reads(ERRNO("41") "}", "none"), true);
	ck_assert_int_eq(reads(ERRNO("40") " }", "none"), true);
	ck_assert_int_eq(reads(PLAIN, "none"), false);
}
END_TEST

START_TEST(annotations_count)
{
	keep(PLAIN);
	ck_assert_int_eq(reads(PLAIN, ANNOTATION_SECCOMP_BPF), true);
	ck_assert_int_eq(reads(PLAIN, ANNOTATION_SECCOMP_UNKNOWN), true);
	ck_assert_int_eq(reads(PLAIN, ANNOTATION_SECCOMP_RECEIVER), false);
}
END_TEST

START_TEST(one_with_a_listener_is_parsed)
{
	keep(LISTENED);
	ck_assert_int_eq(reads(LISTENED, "none"), true);
	ck_assert_int_eq(reads(PLAIN, "none"), true);
}
END_TEST

START_TEST(wrong_ones_are_refused_as_ever)
{
	auto_bundle bundle = BUNDLE_NONE;
	struct error err;

	keep(PLAIN);
	ck_assert_int_eq(reads(PLAIN ",\"seccomp\":" PLAIN, "none"), -EINVAL);
	write_config("{\"defaultAction\":\"SCMP_ACT_DANCE\"}", "none");
	ck_assert_int_eq(bundle_read(dirfd_, "config.json", base, &bundle, &filter, &err), -EINVAL);
	ck_assert_str_eq(err.where, "linux.seccomp.defaultAction");
	ck_assert_ptr_null(filter.filter);
}
END_TEST

Suite *container_bundle_suite(void)
{
	Suite *suite = suite_create("container/bundle");
	TCase *tests = tcase_create("bundle");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, parsed_until_it_is_kept);
	tcase_add_test(tests, annotations_count);
	tcase_add_test(tests, one_with_a_listener_is_parsed);
	tcase_add_test(tests, wrong_ones_are_refused_as_ever);
	suite_add_tcase(suite, tests);
	return suite;
}

#else

Suite *container_bundle_suite(void)
{
	return suite_create("container/bundle");
}

#endif
