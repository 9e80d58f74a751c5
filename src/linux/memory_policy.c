/* memory_policy.c - see memory_policy.h */
#include "linux/memory_policy.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bit_list.h"
#include "base/text.h"

#define NODES_MAX 1024	      /* the kernel's largest MAX_NUMNODES */
#define WEIGHTED_INTERLEAVE 6 /* in headers since Linux 6.9 */

/* By row: the name, and what set_mempolicy(2) calls it. */
/* clang-format off */
static const char *const mode_names[] = {
	"MPOL_BIND", "MPOL_DEFAULT", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED",
	"MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE", NULL
};
static const int mode_numbers[] = {
	MPOL_BIND, MPOL_DEFAULT, MPOL_INTERLEAVE, MPOL_LOCAL, MPOL_PREFERRED,
	MPOL_PREFERRED_MANY, WEIGHTED_INTERLEAVE,
};
static const char *const flag_names[] = {
	"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES", NULL
};
static const int flag_numbers[] = {
	MPOL_F_NUMA_BALANCING, MPOL_F_RELATIVE_NODES, MPOL_F_STATIC_NODES,
};
/* clang-format on */

_Static_assert(ARRAY_SIZE(mode_names) == ARRAY_SIZE(mode_numbers) + 1, "one number a name");
_Static_assert(ARRAY_SIZE(flag_names) == ARRAY_SIZE(flag_numbers) + 1, "one number a name");

/* What the kernel answers with a bare EINVAL: which modes are about nodes. */
static int check_nodes(int mode, const struct oci_memory_policy *config, struct error *err)
{
	bool has_nodes = config->nodes && *config->nodes;

	if (has_nodes && (mode == MPOL_DEFAULT || mode == MPOL_LOCAL))
		return fail_at(err, EINVAL, "linux.memoryPolicy.nodes", "'%s' takes no nodes",
			       config->mode);
	/* preferred without nodes is the node where the process runs */
	if (!has_nodes && mode != MPOL_DEFAULT && mode != MPOL_LOCAL && mode != MPOL_PREFERRED)
		return fail_at(err, EINVAL, "linux.memoryPolicy.nodes", "'%s' needs nodes",
			       config->mode);
	return 0;
}

/* The same: which modes a flag is for.  MPOL_DEFAULT ignores those about nodes. */
static int check_flags(int mode, int flags, bool has_nodes, const char *name, struct error *err)
{
	const bool is_local = mode == MPOL_LOCAL || (mode == MPOL_PREFERRED && !has_nodes);

	if (flags & MPOL_F_STATIC_NODES && flags & MPOL_F_RELATIVE_NODES)
		return fail_at(err, EINVAL, "linux.memoryPolicy.flags",
			       "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
	/* of the second only since Linux 6.10 */
	if (flags & MPOL_F_NUMA_BALANCING && mode != MPOL_BIND && mode != MPOL_PREFERRED_MANY)
		return fail_at(err, EINVAL, "linux.memoryPolicy.flags",
			       "MPOL_F_NUMA_BALANCING is for MPOL_BIND and MPOL_PREFERRED_MANY, not '%s'",
			       name);
	if (is_local && flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES))
		return fail_at(err, EINVAL, "linux.memoryPolicy.flags",
			       "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES mean nothing for '%s' without "
			       "nodes",
			       name);
	return 0;
}

/* What the three members come to. */
struct policy {
	int mode; /* with its flags */
	bool has_nodes;
	unsigned long nodes[NODES_MAX / BIT_LIST_WORD];
};

static int find(const char *const *names, const int *numbers, const char *name)
{
	for (size_t i = 0; names[i]; i++)
		if (str_equal(names[i], name))
			return numbers[i];
	return -1;
}

static int parse(const struct oci_memory_policy *config, struct policy *ret, struct error *err)
{
	int mode = find(mode_names, mode_numbers, config->mode);

	*ret = (struct policy){ .mode = mode };
	if (mode < 0)
		return fail_at(err, EINVAL, "linux.memoryPolicy.mode", "unknown mode '%s'",
			       config->mode ? config->mode : "");
	for (size_t i = 0; i < config->flags.n; i++) {
		int flag = find(flag_names, flag_numbers, config->flags.items[i]);

		if (flag < 0) {
			char where[64];

			snprintf(where, sizeof(where), "linux.memoryPolicy.flags[%zu]", i);
			return fail_at(err, EINVAL, where, "unknown flag '%s'",
				       config->flags.items[i]);
		}
		ret->mode |= flag;
	}
	ret->has_nodes = config->nodes && *config->nodes;
	if (check_nodes(mode, config, err) < 0 ||
	    check_flags(mode, ret->mode, ret->has_nodes, config->mode, err) < 0)
		return -err->code;
	if (ret->has_nodes && bit_list_parse(config->nodes, ret->nodes, NODES_MAX) < 0)
		return fail_at(err, EINVAL, "linux.memoryPolicy.nodes",
			       "malformed list of nodes '%s'", config->nodes);
	return 0;
}

int memory_policy_check(const struct oci_memory_policy *config, struct error *err)
{
	struct policy policy;

	return config ? parse(config, &policy, err) : 0;
}

int memory_policy_apply(const struct oci_memory_policy *config, struct error *err)
{
	struct policy policy;
	int r;

	if (!config)
		return 0;
	r = parse(config, &policy, err);
	if (r < 0)
		return r;
	/* The kernel reads one bit less than it is told. */
	if (syscall(SYS_set_mempolicy, policy.mode, policy.has_nodes ? policy.nodes : NULL,
		    policy.has_nodes ? NODES_MAX + 1 : 0) == 0)
		return 0;
	if (errno == EINVAL)
		return fail(err, EINVAL,
			    "set the memory policy '%s' for the nodes '%s': none of them is there, or in the "
			    "cgroup's cpuset.mems, or the kernel has not this mode with its flags",
			    config->mode, policy.has_nodes ? config->nodes : "");
	return fail_errno(err, "set the memory policy '%s' for the nodes '%s'", config->mode,
			  policy.has_nodes ? config->nodes : "");
}

const char *const *memory_policy_mode_names(void)
{
	return mode_names;
}

const char *const *memory_policy_flag_names(void)
{
	return flag_names;
}
