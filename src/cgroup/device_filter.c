/* device_filter.c - see device_filter.h */
#include "cgroup/device_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cgroup/device_program.h"
#include "cgroup/device_rules.h"
#include "cgroup/privilege.h"

#define PROGRAMS_MAX 64 /* the kernel's own limit for one cgroup */

static long bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* bpf(2) refuses what it does not know unless it is zero, so padding must be too. */
static union bpf_attr no_attr(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	return attr;
}

static int load(const struct device_rules *rules)
{
	size_t n;
	auto_free struct bpf_insn *insns = device_program_compile(rules, &n);
	union bpf_attr attr = no_attr();

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = (uintptr_t) insns;
	attr.insn_cnt = (uint32_t) n;
	attr.license = (uintptr_t) "Apache-2.0";
	memcpy(attr.prog_name, "coracle_dev", sizeof("coracle_dev"));
	return (int) bpf(BPF_PROG_LOAD, &attr);
}

/* With former >= 0 in place of that program, in one step. */
static int attach(int cgroup_fd, int program, int former)
{
	union bpf_attr attr = no_attr();

	attr.target_fd = (uint32_t) cgroup_fd;
	attr.attach_bpf_fd = (uint32_t) program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	/* Allows programs below, for containers in the container, and beside, as systemd's. */
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (former >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t) former;
	}
	return (int) bpf(BPF_PROG_ATTACH, &attr);
}

/* The ids of the programs that are attached to this cgroup itself. */
static int query(int cgroup_fd, uint32_t ids[PROGRAMS_MAX], uint32_t *ret_n)
{
	union bpf_attr attr = no_attr();

	attr.query.target_fd = (uint32_t) cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t) ids;
	attr.query.prog_cnt = PROGRAMS_MAX;
	if (bpf(BPF_PROG_QUERY, &attr) < 0)
		return -1;
	*ret_n = attr.query.prog_cnt;
	return 0;
}

static int open_program(uint32_t id)
{
	union bpf_attr attr = no_attr();

	attr.prog_id = id;
	return (int) bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

static int detach(int cgroup_fd, uint32_t id)
{
	union bpf_attr attr = no_attr();
	auto_fd program = open_program(id);

	if (program < 0)
		return -1;
	attr.target_fd = (uint32_t) cgroup_fd;
	attr.attach_bpf_fd = (uint32_t) program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return (int) bpf(BPF_PROG_DETACH, &attr);
}

/* One program for one, so that at no time both decide, and never none.  Not so where the former one
 * was attached in another way than ours (by another program, without BPF_F_ALLOW_MULTI). */
static bool swap(int cgroup_fd, int program, uint32_t former_id)
{
	auto_fd former = open_program(former_id);

	return program >= 0 && former >= 0 && attach(cgroup_fd, program, former) == 0;
}

/* Else the new program is attached before the old ones go: at no time does nothing decide. */
static int replace(int cgroup_fd, bool is_new, int program, struct error *err)
{
	uint32_t old[PROGRAMS_MAX], n = 0;

	if (!is_new && query(cgroup_fd, old, &n) < 0)
		return fail_errno(err, "list the device programs of the cgroup");
	if (n == 1 && swap(cgroup_fd, program, old[0]))
		return 0;
	if (program >= 0 && attach(cgroup_fd, program, -1) < 0)
		return fail_errno(err, "attach the device program to the cgroup");
	for (uint32_t i = 0; i < n; i++)
		if (detach(cgroup_fd, old[i]) < 0 && errno != ENOENT)
			return fail_errno(err, "detach the cgroup's former device program %u",
					  old[i]);
	return 0;
}

static int give_up(size_t n, int rc, struct error *err)
{
	if ((rc != -EPERM && rc != -EACCES) || !is_unprivileged()) {
		fail_in(err, "linux.resources.devices");
		return fail_class(err, ERROR_CGROUP, "linux.resources.devices");
	}
	if (n > 0)
		log_warning("linux.resources.devices: not applied without privilege: %s",
			    err->text);
	return 0;
}

int device_filter_apply(int cgroup_fd, bool is_new, const struct oci_device_rule *rules, size_t n,
			struct error *err)
{
	__attribute__((cleanup(device_rules_release))) struct device_rules plan = { 0 };
	auto_fd program = -1;
	int rc;

	device_rules_plan(rules, n, &plan);
	if (plan.n > 0 || !plan.allow_rest) {
		program = load(&plan);
		if (program < 0)
			return give_up(n, fail_errno(err, "load the device program"), err);
	}
	if (program < 0 && is_new)
		return 0;
	rc = replace(cgroup_fd, is_new, program, err);
	return rc < 0 ? give_up(n, rc, err) : 0;
}
