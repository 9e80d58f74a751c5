/* intel_rdt.c - classes of service: which directory, what is written, what stays; in a directory
 * that looks like resctrl */
#include "linux/intel_rdt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "linux/rdt_schemata.h"
#include "tests/unit/linux/rdtbox.h"
#include "tests/unit/linux/suites.h"

static const char *const root = rdtbox;

static void put(const char *group, const char *name, const char *text)
{
	auto_free char *path = xasprintf("%s/%s", group, name);

	rdtbox_put(path, text);
}

static const char *get(const char *group, const char *name)
{
	static char text[256];
	auto_free char *path = xasprintf("%s/%s/%s", root, group, name);

	ck_assert_int_ge(file_peek(AT_FDCWD, path, text, sizeof(text)), 0);
	return text;
}

/* A class as the kernel makes it: with its files. */
static void fill(const char *group)
{
	auto_free char *path = xasprintf("%s/%s", root, group);
	auto_free char *monitors = xasprintf("%s/mon_groups", path);

	mkdir(path, 0755);
	mkdir(monitors, 0755);
	put(group, "schemata", "    MB:0=100;1=100\n    L3:0=7ff;1=01f\n");
	put(group, "tasks", "");
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static char *one_line[] = { "L3:0=f", NULL }, *two_lines[] = { "L2:0=3", "L3:0=f\nMB:0=1", NULL };

/* clang-format off */
static const struct {
	struct oci_intel_rdt config;
	const char *where;	/* NULL: good */
} checks[] = {
	{ { 0 }, NULL },
	{ { .clos_id = "gold" }, NULL },
	{ { .clos_id = "/" }, NULL },
	{ { .clos_id = "/", .l3_cache_schema = "L3:0=f" }, NULL },
	{ { .schemata = { 1, one_line } }, NULL },
	{ { .l3_cache_schema = "L3:0=f\nL3:1=f" }, NULL },
	{ { .clos_id = "" }, "linux.intelRdt.closID" },
	{ { .clos_id = "." }, "linux.intelRdt.closID" },
	{ { .clos_id = ".." }, "linux.intelRdt.closID" },
	{ { .clos_id = "a/b" }, "linux.intelRdt.closID" },
	{ { .clos_id = "../x" }, "linux.intelRdt.closID" },
	{ { .clos_id = "info" }, "linux.intelRdt.closID" },
	{ { .clos_id = "mon_groups" }, "linux.intelRdt.closID" },
	{ { .clos_id = "a\nb" }, "linux.intelRdt.closID" },
	{ { .mem_bw_schema = "MB:0=1\nL3:0=f" }, "linux.intelRdt.memBwSchema" },
	{ { .schemata = { 2, two_lines } }, "linux.intelRdt.schemata[1]" },
};

static const struct {
	const char *wanted;
	bool is_match;
} matches[] = {
	{ "", true },
	{ "L3:0=7ff;1=1f\n", true },
	{ "L3:1=01F", true },
	{ "MB:0=100\nL3:0=7ff", true },
	{ " L3: 0=7ff ; 1=1f ;", true },
	{ "L3:0=0x7ff;01=1F", true },
	{ "L3:0=1;1=1f\nL3:0=7ff", true },
	{ "L3:0=7ff\nL3:0=1", false },
	{ "L3:0=1\nMB:0=100\nL3:1=1f", false },
	{ "L3:0=7fe", false },
	{ "L3:0=0x", false },
	{ "L3:2=1f", false },
	{ "L2:0=f", false },
	{ "MB:0=10", false },
	{ "L3:0", false },
	{ "nonsense", false },
};
/* clang-format on */

START_TEST(values_are_checked)
{
	struct error err = { 0 };
	int r = intel_rdt_check(&checks[_i].config, &err);

	ck_assert_msg((r == 0) == !checks[_i].where, "%s", err.text);
	if (checks[_i].where)
		ck_assert_str_eq(err.where, checks[_i].where);
}
END_TEST

START_TEST(match)
{
	ck_assert_int_eq(rdt_schemata_match("    MB:0=100;1=100\n    L3:0=7ff;1=01f\n",
					    matches[_i].wanted, 0),
			 matches[_i].is_match);
}
END_TEST

START_TEST(join)
{
	auto_str text = { 0 }, alone = { 0 };

	rdt_schemata_join("L3:0=f\nMB:0=5\n L3:1=f ", "MB:0=70", &text);
	ck_assert_str_eq(text.data, "L3:0=f\nL3:1=f\nMB:0=70\n");
	rdt_schemata_join("L3:0=f\nMB:0=5", NULL, &alone);
	ck_assert_str_eq(alone.data, "L3:0=f\nMB:0=5\n");
}
END_TEST

/* As the kernel's bw_validate() rounds. */
START_TEST(bandwidth_is_compared_as_rounded)
{
	static const char file[] = "MB:0=20;1=100;2=1010;3=1015\nL3:0=20\n";

	ck_assert(rdt_schemata_match(file, "MB:0=20", 10));
	ck_assert(rdt_schemata_match(file, "MB:0=15;1=91", 10));
	ck_assert(rdt_schemata_match(file, "MB:0=11", 10));
	ck_assert(!rdt_schemata_match(file, "MB:0=11", 0));
	ck_assert(!rdt_schemata_match(file, "MB:0=10", 10));
	ck_assert(!rdt_schemata_match(file, "MB:0=21", 10));
	ck_assert(!rdt_schemata_match(file, "MB:0=x", 10));
	/* MiB/s, which newer kernels do not round */
	ck_assert(rdt_schemata_match(file, "MB:2=1006", 10));
	ck_assert(rdt_schemata_match(file, "MB:3=1015", 10));
	ck_assert(!rdt_schemata_match(file, "MB:3=1006", 10));
	ck_assert(!rdt_schemata_match(file, "MB:2=99999999999999999999", 10));
	ck_assert(!rdt_schemata_match(file, "L3:0=15", 10));
}
END_TEST

START_TEST(of_its_own)
{
	const struct oci_intel_rdt config = { .l3_cache_schema = "L3:0=f",
					      .mem_bw_schema = "MB:0=20" };
	struct intel_rdt rdt;
	struct error err = { 0 };

	ck_assert_msg(intel_rdt_plan(&config, root, "box", &rdt, &err) == 0, "%s", err.text);
	ck_assert(rdt.makes_group && !rdt.monitor);
	ck_assert_int_eq(intel_rdt_create(&config, &rdt, &err), 0);
	fill("box");
	ck_assert_msg(intel_rdt_fill(&config, &rdt, &err) == 0, "%s", err.text);
	ck_assert_int_lt(rdt.lock, 0);
	ck_assert_msg(intel_rdt_write(77, &config, &rdt, &err) == 0, "%s", err.text);
	ck_assert_ptr_nonnull(strstr(get("box", "schemata"), "L3:0=f\nMB:0=20\n"));
	ck_assert_str_eq(get("box", "tasks"), "77");
	/* a class of that name cannot be made twice */
	intel_rdt_release(&rdt);
	ck_assert_int_eq(intel_rdt_plan(&config, root, "box", &rdt, &err), -EEXIST);
	ck_assert_str_eq(err.where, "linux.intelRdt");
}
END_TEST

/* Another container was faster: the class is its own, and stays; it is joined if it is the same. */
START_TEST(made_meanwhile)
{
	const struct oci_intel_rdt config = { .clos_id = "gold", .l3_cache_schema = "L3:0=f" };
	const struct oci_intel_rdt other = { .clos_id = "gold", .l3_cache_schema = "L3:0=1" };
	struct intel_rdt first, second, third;
	struct error err = { 0 };

	ck_assert_int_eq(intel_rdt_plan(&config, root, "one", &first, &err), 0);
	ck_assert_int_eq(intel_rdt_plan(&config, root, "two", &second, &err), 0);
	ck_assert_int_eq(intel_rdt_plan(&other, root, "three", &third, &err), 0);
	ck_assert_int_eq(intel_rdt_create(&config, &first, &err), 0);
	fill("gold");
	ck_assert_int_eq(intel_rdt_fill(&config, &first, &err), 0);
	ck_assert_int_eq(intel_rdt_create(&config, &second, &err), 0);
	ck_assert_int_eq(intel_rdt_fill(&config, &second, &err), 0);
	ck_assert_int_eq(intel_rdt_write(78, &config, &second, &err), 0);
	ck_assert_int_eq(intel_rdt_create(&other, &third, &err), -EEXIST);
	ck_assert(first.is_made && !second.is_made && !third.is_made);
	intel_rdt_release(&first);
	intel_rdt_release(&second);
	intel_rdt_release(&third);
}
END_TEST

/* Another container that had made it has failed, and taken it away; this one is not put in yet. */
START_TEST(gone_meanwhile)
{
	struct oci_intel_rdt config = { .clos_id = "gold", .l3_cache_schema = "L3:0=7ff" };
	struct intel_rdt first, second;
	struct error err = { 0 };

	fill("gold");
	ck_assert_int_eq(intel_rdt_plan(&config, root, "one", &first, &err), 0);
	config.l3_cache_schema = NULL;
	ck_assert_int_eq(intel_rdt_plan(&config, root, "two", &second, &err), 0);
	ck_assert_int_eq(dir_remove(AT_FDCWD, first.group, &err), 0);
	ck_assert_int_eq(intel_rdt_write(78, &config, &second, &err), -ENOENT);
	ck_assert(!is_there(first.group));
	/* it is made again, but nobody puts its files there */
	config.l3_cache_schema = "L3:0=7ff";
	ck_assert_int_eq(intel_rdt_write(77, &config, &first, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "write 'L3:0=7ff'"));
	ck_assert(first.is_made && is_there(first.group));
	intel_rdt_release(&first);
	intel_rdt_release(&second);
}
END_TEST

START_TEST(a_class_with_a_name_is_shared)
{
	struct oci_intel_rdt config = { .clos_id = "gold" };
	struct intel_rdt rdt;
	struct error err = { 0 };

	ck_assert_int_eq(intel_rdt_plan(&config, root, "box", &rdt, &err), -ENOENT);
	ck_assert_str_eq(err.where, "linux.intelRdt.closID");
	fill("gold");
	ck_assert_int_eq(intel_rdt_plan(&config, root, "box", &rdt, &err), 0);
	ck_assert(!rdt.makes_group);
	ck_assert_int_eq(intel_rdt_create(&config, &rdt, &err), 0);
	ck_assert_int_eq(intel_rdt_write(77, &config, &rdt, &err), 0);
	ck_assert_str_eq(get("gold", "tasks"), "77");
	intel_rdt_release(&rdt);
	config.l3_cache_schema = "L3:0=7ff";
	ck_assert_int_eq(intel_rdt_plan(&config, root, "box", &rdt, &err), 0);
	ck_assert_int_eq(intel_rdt_write(78, &config, &rdt, &err), 0);
	ck_assert_str_eq(get("gold", "schemata"), "    MB:0=100;1=100\n    L3:0=7ff;1=01f");
	intel_rdt_release(&rdt);
	config.l3_cache_schema = "L3:0=1";
	ck_assert_int_eq(intel_rdt_plan(&config, root, "box", &rdt, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, "other schemata"));
}
END_TEST

START_TEST(monitored)
{
	const struct oci_intel_rdt config = { .clos_id = "gold",
					      .enable_monitoring = { true, true } };
	auto_free char *path = xasprintf("%s/gold/mon_groups/box", root);
	struct intel_rdt rdt;
	struct error err = { 0 };

	fill("gold");
	ck_assert_int_eq(intel_rdt_plan(&config, root, "box", &rdt, &err), 0);
	ck_assert_str_eq(rdt.monitor, path);
	mkdir(path, 0755);
	put("gold/mon_groups/box", "tasks", "");
	ck_assert_msg(intel_rdt_write(77, &config, &rdt, &err) == 0, "%s", err.text);
	ck_assert_str_eq(get("gold/mon_groups/box", "tasks"), "77");
	ck_assert_str_eq(get("gold", "tasks"), "77");
	intel_rdt_release(&rdt);
}
END_TEST

START_TEST(whole_machine)
{
	const struct oci_intel_rdt config = { .clos_id = "/" };
	struct intel_rdt rdt;
	struct error err = { 0 };

	put(".", "tasks", "");
	ck_assert_int_eq(intel_rdt_plan(&config, root, "box", &rdt, &err), 0);
	ck_assert_str_eq(rdt.group, root);
	ck_assert(!rdt.makes_group);
	intel_rdt_release(&rdt);
}
END_TEST

START_TEST(deleted)
{
	auto_free char *group = xasprintf("%s/box", root);
	auto_free char *monitor = xasprintf("%s/watch", root);
	auto_free char *tasks = xasprintf("%s/tasks", group);
	struct error err = { 0 };
	siginfo_t info;
	char pid[16];
	pid_t ended;

	ck_assert_int_eq(intel_rdt_delete(NULL, NULL, &err), 0);
	ck_assert_int_eq(intel_rdt_delete(group, monitor, &err), 0);
	mkdir(group, 0755);
	mkdir(monitor, 0755);
	snprintf(pid, sizeof(pid), "%d\n", getpid());
	put("box", "tasks", pid);
	ck_assert_int_eq(intel_rdt_delete(group, monitor, &err), 0);
	ck_assert(is_there(group) && !is_there(monitor));
	/* its directory is tried: here a file is in the way */
	ended = fork();
	if (ended == 0)
		_exit(0);
	waitid(P_PID, (id_t) ended, &info, WEXITED | WNOWAIT);
	snprintf(pid, sizeof(pid), "%d\n", ended);
	put("box", "tasks", pid);
	ck_assert_int_eq(intel_rdt_delete(group, NULL, &err), -ENOTEMPTY);
	waitpid(ended, NULL, 0);
	ck_assert_int_eq(intel_rdt_delete(group, NULL, &err), -ENOTEMPTY);
	unlink(tasks);
	ck_assert_int_eq(intel_rdt_delete(group, NULL, &err), 0);
	ck_assert(!is_there(group));
}
END_TEST

START_TEST(cannot_write)
{
	const struct oci_intel_rdt config = { .l3_cache_schema = "L3:0=0" };
	struct intel_rdt rdt;
	struct error err = { 0 };

	ck_assert_int_eq(intel_rdt_plan(&config, root, "box", &rdt, &err), 0);
	ck_assert_int_eq(intel_rdt_create(&config, &rdt, &err), 0);
	mkdir(strcat(strcpy((char[128]){ 0 }, root), "/info"), 0755);
	put("info", "last_cmd_status", "Mask out of range\n");
	ck_assert_int_lt(intel_rdt_fill(&config, &rdt, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "write 'L3:0=0'"));
	ck_assert_ptr_nonnull(strstr(err.text, "Mask out of range"));
	ck_assert_int_eq(intel_rdt_delete(rdt.group, rdt.monitor, &err), 0);
	ck_assert(!is_there(rdt.group));
	intel_rdt_release(&rdt);
}
END_TEST

START_TEST(not_mounted)
{
	char *found = NULL;
	struct error err = { 0 };

	if (access("/sys/fs/resctrl/schemata", F_OK) == 0)
		unit_skip("resctrl is mounted");
	ck_assert_int_eq(intel_rdt_find(&found, &err), -ENOENT);
	ck_assert_str_eq(err.where, "linux.intelRdt");
	ck_assert_int_eq(intel_rdt_update(NULL, "box", "L3:0=f", NULL, &err), -EINVAL);
}
END_TEST

Suite *linux_intel_rdt_suite(void)
{
	Suite *suite = suite_create("linux/intel_rdt");
	TCase *tc = tcase_create("intel_rdt");

	tcase_add_checked_fixture(tc, rdtbox_make, rdtbox_remove);
	tcase_add_loop_test(tc, values_are_checked, 0, (int) ARRAY_SIZE(checks));
	tcase_add_test(tc, bandwidth_is_compared_as_rounded);
	tcase_add_loop_test(tc, match, 0, (int) ARRAY_SIZE(matches));
	tcase_add_test(tc, join);
	tcase_add_test(tc, of_its_own);
	tcase_add_test(tc, made_meanwhile);
	tcase_add_test(tc, gone_meanwhile);
	tcase_add_test(tc, a_class_with_a_name_is_shared);
	tcase_add_test(tc, monitored);
	tcase_add_test(tc, whole_machine);
	tcase_add_test(tc, deleted);
	tcase_add_test(tc, cannot_write);
	tcase_add_test(tc, not_mounted);
	suite_add_tcase(suite, tc);
	return suite;
}
