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
	ck_assert_str_eq(err.text, "set the memory policy 'MPOL_BIND' for the nodes '1023': "
				   "Invalid argument");
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
	tcase_add_test(tests, names_are_listed);
	suite_add_tcase(suite, tests);
	return suite;
}
