/* memory_policy.c - NUMA policies */
#include <errno.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "linux/memory_policy.h"
#include "tests/unit/linux/suites.h"

static char *static_nodes[] = { "MPOL_F_STATIC_NODES", NULL };
static char *both_flags[] = { "MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES", NULL };
static char *relative_nodes[] = { "MPOL_F_RELATIVE_NODES", NULL };
static char *balancing[] = { "MPOL_F_NUMA_BALANCING", NULL };
static char *unknown_flag[] = { "MPOL_F_STATIC_NODES", "MPOL_F_X", NULL };

static const struct {
	struct oci_memory_policy config;
	const char *text; /* NULL: good */
} rows[] = {
	{ { .mode = "MPOL_BIND", .nodes = "0-1023", .flags = { 1, static_nodes } }, NULL },
	{ { .mode = "MPOL_DEFAULT" }, NULL },
	{ { .mode = "MPOL_LOCAL" }, NULL },
	{ { .mode = "MPOL_PREFERRED" }, NULL },
	{ { .mode = "MPOL_PREFERRED", .nodes = "1" }, NULL },
	{ { .mode = "MPOL_PREFERRED_MANY", .nodes = "0,2" }, NULL },
	{ { .mode = "MPOL_INTERLEAVE", .nodes = "0-3" }, NULL },
	{ { .mode = "MPOL_WEIGHTED_INTERLEAVE", .nodes = "0-3" }, NULL },
	{ { .mode = "MPOL_DEFAULT", .nodes = "0" },
	  "linux.memoryPolicy.nodes: 'MPOL_DEFAULT' takes no nodes" },
	{ { .mode = "MPOL_LOCAL", .nodes = "0" },
	  "linux.memoryPolicy.nodes: 'MPOL_LOCAL' takes no nodes" },
	{ { .mode = "MPOL_BIND" }, "linux.memoryPolicy.nodes: 'MPOL_BIND' needs nodes" },
	{ { .mode = "MPOL_INTERLEAVE", .nodes = "" },
	  "linux.memoryPolicy.nodes: 'MPOL_INTERLEAVE' needs nodes" },
	{ { .mode = "MPOL_BIND", .nodes = "0", .flags = { 2, both_flags } },
	  "linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each "
	  "other" },
	{ { .mode = "MPOL_BIND", .nodes = "0", .flags = { 1, balancing } }, NULL },
	{ { .mode = "MPOL_PREFERRED_MANY", .nodes = "0", .flags = { 1, balancing } }, NULL },
	{ { .mode = "MPOL_PREFERRED", .nodes = "0", .flags = { 1, relative_nodes } }, NULL },
	{ { .mode = "MPOL_DEFAULT", .flags = { 1, static_nodes } }, NULL },
	{ { .mode = "MPOL_INTERLEAVE", .nodes = "0", .flags = { 1, balancing } },
	  "linux.memoryPolicy.flags: MPOL_F_NUMA_BALANCING is for MPOL_BIND and MPOL_PREFERRED_MANY, "
	  "not 'MPOL_INTERLEAVE'" },
	{ { .mode = "MPOL_DEFAULT", .flags = { 1, balancing } },
	  "linux.memoryPolicy.flags: MPOL_F_NUMA_BALANCING is for MPOL_BIND and MPOL_PREFERRED_MANY, "
	  "not 'MPOL_DEFAULT'" },
	{ { .mode = "MPOL_LOCAL", .flags = { 1, static_nodes } },
	  "linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES mean nothing for "
	  "'MPOL_LOCAL' without nodes" },
	{ { .mode = "MPOL_PREFERRED", .flags = { 1, relative_nodes } },
	  "linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES mean nothing for "
	  "'MPOL_PREFERRED' without nodes" },
	{ { .mode = "MPOL_BEST" }, "linux.memoryPolicy.mode: unknown mode 'MPOL_BEST'" },
	{ { .mode = "MPOL_BIND", .nodes = "0-1024" },
	  "linux.memoryPolicy.nodes: malformed list of nodes '0-1024'" },
	{ { .mode = "MPOL_BIND", .nodes = "x" },
	  "linux.memoryPolicy.nodes: malformed list of nodes 'x'" },
	{ { .mode = "MPOL_BIND", .nodes = "0", .flags = { 2, unknown_flag } },
	  "linux.memoryPolicy.flags[1]: unknown flag 'MPOL_F_X'" },
};

START_TEST(policies_are_checked)
{
	struct error err = { 0 };
	int r = memory_policy_check(&rows[_i].config, &err);

	ck_assert_str_eq(err.text, rows[_i].text ? rows[_i].text : "");
	ck_assert_int_eq(r, rows[_i].text ? -EINVAL : 0);
}
END_TEST

static int current_mode(unsigned long *ret_nodes)
{
	unsigned long nodes[16] = { 0 };
	int mode = -1;

	ck_assert_int_eq(syscall(SYS_get_mempolicy, &mode, nodes, 1024, NULL, 0), 0);
	*ret_nodes = nodes[0];
	return mode;
}

START_TEST(policy_is_set)
{
	const struct oci_memory_policy bind = { .mode = "MPOL_BIND",
						.nodes = "0",
						.flags = { 1, static_nodes } };
	const struct oci_memory_policy normal = { .mode = "MPOL_DEFAULT" };
	const struct oci_memory_policy nowhere = { .mode = "MPOL_BIND", .nodes = "1023" };
	unsigned long nodes;
	struct error err;

	if (memory_policy_apply(&bind, &err) == -ENOSYS)
		unit_skip("the kernel has no NUMA");
	ck_assert_int_eq(current_mode(&nodes), MPOL_BIND | MPOL_F_STATIC_NODES);
	ck_assert_uint_eq(nodes, 1);
	ck_assert_msg(memory_policy_apply(&normal, &err) == 0, "%s", err.text);
	ck_assert_int_eq(current_mode(&nodes), MPOL_DEFAULT);
	ck_assert_int_eq(memory_policy_apply(NULL, &err), 0);
	ck_assert_int_eq(memory_policy_apply(&nowhere, &err), -EINVAL);
	ck_assert_str_eq(err.text,
			 "set the memory policy 'MPOL_BIND' for the nodes '1023': "
			 "none of them is there, or in the cgroup's cpuset.mems, or the kernel has not this "
			 "mode with its flags");
}
END_TEST

/* The checks of flags are the kernel's own. */
START_TEST(kernel_agrees)
{
	static const struct {
		int mode;
		bool has_nodes;
		int code;
	} rules[] = {
		{ MPOL_BIND | MPOL_F_NUMA_BALANCING, true, 0 },
		{ MPOL_INTERLEAVE | MPOL_F_NUMA_BALANCING, true, EINVAL },
		{ MPOL_DEFAULT | MPOL_F_NUMA_BALANCING, false, EINVAL },
		{ MPOL_DEFAULT | MPOL_F_STATIC_NODES, false, 0 },
		{ MPOL_LOCAL | MPOL_F_STATIC_NODES, false, EINVAL },
		{ MPOL_PREFERRED | MPOL_F_RELATIVE_NODES, false, EINVAL },
		{ MPOL_PREFERRED | MPOL_F_RELATIVE_NODES, true, 0 },
	};
	unsigned long nodes = 1;

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		bool has_nodes = rules[i].has_nodes;
		long r = syscall(SYS_set_mempolicy, rules[i].mode, has_nodes ? &nodes : NULL,
				 has_nodes ? sizeof(nodes) * 8 : 0);

		if (r < 0 && errno == ENOSYS)
			unit_skip("the kernel has no NUMA");
		ck_assert_msg((r < 0 ? errno : 0) == rules[i].code, "rule %zu: %m", i);
	}
}
END_TEST

START_TEST(names_are_listed)
{
	ck_assert_str_eq(memory_policy_mode_names()[0], "MPOL_BIND");
	ck_assert_str_eq(memory_policy_flag_names()[0], "MPOL_F_NUMA_BALANCING");
}
END_TEST

Suite *linux_memory_policy_suite(void)
{
	Suite *suite = suite_create("linux/memory_policy");
	TCase *tests = tcase_create("memory_policy");

	tcase_add_loop_test(tests, policies_are_checked, 0, ARRAY_SIZE(rows));
	tcase_add_test(tests, policy_is_set);
	tcase_add_test(tests, kernel_agrees);
	tcase_add_test(tests, names_are_listed);
	suite_add_tcase(suite, tests);
	return suite;
}
