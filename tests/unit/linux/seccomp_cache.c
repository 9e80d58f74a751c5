/* seccomp_cache.c - a filter is compiled once; a kept one that is not exactly right is not taken */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/configured.h"
#include "base/file.h"
#include "base/text.h"
#include "linux/seccomp.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

#if HAVE_SECCOMP
#include <seccomp.h>

static char directory[] = "/tmp/coracle-unit-XXXXXX";
static int dirfd_ = -1;

static char *names[] = { "lookup_dcookie", "getpriority", NULL };
static struct oci_seccomp_syscall rule = { .names = { 2, names }, .action = "SCMP_ACT_ERRNO" };
static struct oci_text text; /* none: it is kept by what is printed */
static struct oci_seccomp config = { .default_action = "SCMP_ACT_ALLOW", .syscalls = { 1, &rule } };

static void make_directory(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	dirfd_ = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dirfd_, 0);
}

static void remove_directory(void)
{
	struct error err;

	close(dirfd_);
	ck_assert_int_eq(dir_remove(AT_FDCWD, directory, &err), 0);
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
}

#if STATIC_RUNTIME
static bool has_exported;

int __wrap_seccomp_export_bpf(scmp_filter_ctx context, int fd);
int __real_seccomp_export_bpf(scmp_filter_ctx context, int fd);

int __wrap_seccomp_export_bpf(scmp_filter_ctx context, int fd)
{
	has_exported = true;
	return __real_seccomp_export_bpf(context, fd);
}

static bool libseccomp_was_used(void)
{
	return has_exported;
}
#else
/* It is opened when it is to be used. */
static bool libseccomp_was_used(void)
{
	auto_free char *maps = NULL;
	struct error err;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	int r = file_read_fd(fd, "maps", 1 << 20, &maps, NULL, &err);

	close(fd);
	return r == 0 && strstr(maps, "libseccomp");
}
#endif

/* In a process that has not used libseccomp: 0: it did not need to; 1: it has. */
static int compile(void)
{
	struct seccomp_program program, fresh;
	struct error err;
	bool is_compiled;

	if (seccomp_compile_cached(dirfd_, &config, text, false, &program, &err) < 0)
		return 255;
	is_compiled = libseccomp_was_used();
	if (seccomp_compile(&config, false, &fresh, &err) < 0 || fresh.n != program.n ||
	    fresh.flags != program.flags ||
	    memcmp(fresh.filter, program.filter, program.n * sizeof(*program.filter)) != 0)
		return 254;
	seccomp_program_release(&program);
	seccomp_program_release(&fresh);
	return is_compiled;
}

#define COMPILES() ck_assert_int_eq(in_child(compile), 1)
#define IS_KEPT() ck_assert_int_eq(in_child(compile), 0)

/* The names of what is kept; returns how many. */
static size_t list_kept(char ret[][512], size_t max)
{
	auto_free char *path = xasprintf("%s/" SECCOMP_CACHE, directory);
	auto_dir *dir = opendir(path);
	struct dirent *entry;
	size_t n = 0;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && n < max)
			snprintf(ret[n++], 512, "%s/%s", path, entry->d_name);
	return n;
}

static const char *kept(void)
{
	static char all[2][512];

	ck_assert_uint_eq(list_kept(all, 2), 1);
	return all[0];
}

START_TEST(compiled_once)
{
	struct stat st;

	COMPILES();
	IS_KEPT();
	IS_KEPT();
	ck_assert_int_eq(stat(kept(), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(each_part_of_the_section_counts)
{
	struct oci_seccomp_arg arg = { .index = 1, .op = "SCMP_CMP_EQ", .value = 1 };

	COMPILES();
	rule.errno_ret = (struct oci_u32){ true, EXDEV };
	COMPILES();
	rule.errno_ret.value = ENOSYS;
	COMPILES();
	rule.args.n = 1;
	rule.args.items = &arg;
	COMPILES();
	arg.value_two = 2;
	COMPILES();
	rule.names.n = 1;
	COMPILES();
	config.flags = (struct oci_strings){ 1, (char *[]){ "SECCOMP_FILTER_FLAG_LOG" } };
	COMPILES();
	config.default_action = "SCMP_ACT_LOG";
	COMPILES();
	IS_KEPT();
	/* but not who listens */
	config.listener_path = "/run/agent";
	config.listener_metadata = "for=it";
	IS_KEPT();
}
END_TEST

static bool finds(struct oci_text section, bool refuses_unknown)
{
	struct seccomp_program program = { 0 };
	bool is_found = seccomp_find_kept(dirfd_, section, refuses_unknown, &program);

	ck_assert_int_eq(is_found, program.filter && program.n);
	if (is_found)
		ck_assert_uint_eq(program.flags, seccomp_flags_of(&config.flags));
	seccomp_program_release(&program);
	return is_found;
}

/* Several reads long; what it says is nothing to the cache. */
START_TEST(found_by_its_text)
{
	char section[10000];
	struct oci_text same = { section, sizeof(section) };

	memset(section, 'x', sizeof(section));
	text = same;
	config.flags = (struct oci_strings){ 1, (char *[]){ "SECCOMP_FILTER_FLAG_LOG" } };
	ck_assert(!finds(same, false));
	COMPILES();
	IS_KEPT();
	ck_assert(finds(same, false));
	ck_assert(!finds(same, true));
	for (size_t at = 0; at < sizeof(section); at += 333) {
		section[at]++;
		ck_assert_msg(!finds(same, false), "byte %zu does not count", at);
		section[at]--;
	}
	ck_assert(!finds((struct oci_text){ section, sizeof(section) - 1 }, false));
	ck_assert(!finds((struct oci_text){ section, 0 }, false));
	text.len--;
	COMPILES();
	ck_assert(finds(text, false));
	ck_assert(finds(same, false));
}
END_TEST

/* By another text the same listener's rules would be taken for some that need none. */
START_TEST(with_a_listener_it_is_not_found_by_text)
{
	auto_free char *printed = NULL;
	size_t len;

	ck_assert_int_eq(oci_print(&oci_seccomp_desc, &config, OCI_PRINT_COMPACT, &printed, &len),
			 0);
	text = (struct oci_text){ printed, len };
	config.listener_path = "/run/agent";
	COMPILES();
	IS_KEPT();
	ck_assert(!finds(text, false));
	text.len--; /* who listens is not part of it */
	IS_KEPT();
	config.listener_path = NULL;
	config.listener_metadata = "for=it";
	IS_KEPT();
	ck_assert(!finds(text, false));
}
END_TEST

/* Several files that claim to be the one of a text: the name alone decides nothing. */
START_TEST(a_name_proves_nothing)
{
	auto_free char *other = NULL;
	struct error err;
	size_t len;

	text = (struct oci_text){ "one", 3 };
	COMPILES();
	ck_assert_int_eq(file_read(AT_FDCWD, kept(), 1 << 20, &other, &len, &err), 0);
	ck_assert_int_eq(unlink(kept()), 0);
	text.text = "two";
	COMPILES();
	ck_assert_int_eq(file_replace(AT_FDCWD, kept(), other, len, 0600, &err), 0);
	ck_assert(!finds(text, false));
	COMPILES();
	ck_assert(finds(text, false));
}
END_TEST

START_TEST(damage_is_found)
{
	if (_i > 1)
		text = (struct oci_text){ "{\"as\": \"written\"}", 17 };
	auto_free char *old = NULL;
	struct error err;
	size_t len;

	COMPILES();
	ck_assert_int_eq(file_read(AT_FDCWD, kept(), 1 << 20, &old, &len, &err), 0);
	for (size_t at = 0; at <= len; at += at < 400 ? 8 : 16) {
		size_t cut = _i % 2 ? len - 1 - at : len;

		if (at == len)
			break;
		old[at] ^= 0x10;
		ck_assert_int_eq(file_replace(AT_FDCWD, kept(), old, cut, 0600, &err), 0);
		old[at] ^= 0x10;
		ck_assert_msg(in_child(compile) == 1, "a changed byte %zu of %zu was not found", at,
			      cut);
	}
	IS_KEPT();
}
END_TEST

START_TEST(what_others_may_write_is_not_taken)
{
	auto_free char *path = NULL;

	COMPILES();
	path = xasprintf("%s/" SECCOMP_CACHE, directory);
	ck_assert_int_eq(chmod(kept(), 0620), 0);
	COMPILES();
	IS_KEPT();
	ck_assert_int_eq(chmod(path, 0770), 0);
	COMPILES();
	COMPILES();
	ck_assert_int_eq(chmod(path, 0700), 0);
	IS_KEPT();
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(kept(), 1234, 0), 0);
	COMPILES();
	IS_KEPT();
	ck_assert_int_eq(chown(path, 1234, 0), 0);
	COMPILES();
	COMPILES();
}
END_TEST

START_TEST(links_and_pipes_are_not_followed)
{
	auto_free char *elsewhere = xasprintf("%s/elsewhere", directory);
	char name[512];

	COMPILES();
	snprintf(name, sizeof(name), "%s", kept());
	ck_assert_int_eq(rename(name, elsewhere), 0);
	ck_assert_int_eq(symlink(elsewhere, name), 0);
	COMPILES();
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(mkfifo(name, 0600), 0);
	COMPILES();
	IS_KEPT();
}
END_TEST

START_TEST(number_is_bounded)
{
	static char all[200][512];

	for (unsigned int i = 0; i < 70; i++) {
		rule.errno_ret = (struct oci_u32){ true, i };
		COMPILES();
	}
	ck_assert_uint_eq(list_kept(all, 200), 64);
	IS_KEPT();
	rule.errno_ret.value = 0;
	COMPILES();
}
END_TEST

START_TEST(without_a_place_it_is_compiled)
{
	int old = dirfd_;

	dirfd_ = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	COMPILES();
	COMPILES();
	close(dirfd_);
	dirfd_ = old;
}
END_TEST

Suite *linux_seccomp_cache_suite(void)
{
	Suite *suite = suite_create("linux/seccomp_cache");
	TCase *tests = tcase_create("seccomp_cache");

	tcase_add_checked_fixture(tests, make_directory, remove_directory);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, compiled_once);
	tcase_add_test(tests, each_part_of_the_section_counts);
	tcase_add_test(tests, found_by_its_text);
	tcase_add_test(tests, with_a_listener_it_is_not_found_by_text);
	tcase_add_test(tests, a_name_proves_nothing);
	tcase_add_loop_test(tests, damage_is_found, 0, 4);
	tcase_add_test(tests, what_others_may_write_is_not_taken);
	tcase_add_test(tests, links_and_pipes_are_not_followed);
	tcase_add_test(tests, number_is_bounded);
	tcase_add_test(tests, without_a_place_it_is_compiled);
	suite_add_tcase(suite, tests);
	return suite;
}

#else

Suite *linux_seccomp_cache_suite(void)
{
	return suite_create("linux/seccomp_cache");
}

#endif
