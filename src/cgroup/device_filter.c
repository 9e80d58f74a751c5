/* device_filter.c - see device_filter.h */
#include "cgroup/device_filter.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/privilege.h"
#include "base/raw_syscall.h"
#include "base/text.h"
#include "cgroup/device_program.h"
#include "cgroup/device_rules.h"

#define PROGRAMS_MAX 64 /* the kernel's own limit for one cgroup */
#define LOADS_MAX 10

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int) raw_syscall(SYS_bpf, command, RAW(attr), sizeof(*attr), 0, 0, 0);
}

/* bpf(2) refuses what it does not know unless it is zero, so padding must be too. */
static union bpf_attr no_attr(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	return attr;
}

static int load(const struct device_filter *filter)
{
	union bpf_attr attr = no_attr();
	int r = -EAGAIN;

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = (uintptr_t) filter->insns;
	attr.insn_cnt = (uint32_t) filter->n;
	attr.license = (uintptr_t) "Apache-2.0";
	memcpy(attr.prog_name, "coracle_dev", sizeof("coracle_dev"));
	/* The verifier gives up with EAGAIN while a signal waits that cannot be blocked, or a freezer: on the way
	 * back from the call that has its turn. */
	for (int i = 0; i < LOADS_MAX && r == -EAGAIN; i++)
		r = bpf(BPF_PROG_LOAD, &attr);
	return r;
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
	return bpf(BPF_PROG_ATTACH, &attr);
}

/* The ids of the programs that are attached to this cgroup itself. */
static int query(int cgroup_fd, uint32_t ids[PROGRAMS_MAX], uint32_t *ret_n)
{
	union bpf_attr attr = no_attr();
	int r;

	attr.query.target_fd = (uint32_t) cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t) ids;
	attr.query.prog_cnt = PROGRAMS_MAX;
	r = bpf(BPF_PROG_QUERY, &attr);
	*ret_n = r < 0 ? 0 : attr.query.prog_cnt;
	return r;
}

static int open_program(uint32_t id)
{
	union bpf_attr attr = no_attr();

	attr.prog_id = id;
	return bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

static int detach(int cgroup_fd, uint32_t id)
{
	union bpf_attr attr = no_attr();
	auto_fd program = open_program(id);

	if (program < 0)
		return program;
	attr.target_fd = (uint32_t) cgroup_fd;
	attr.attach_bpf_fd = (uint32_t) program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return bpf(BPF_PROG_DETACH, &attr);
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
	int r = 0;

	if (!is_new)
		r = query(cgroup_fd, old, &n);
	if (r < 0)
		return fail(err, -r, "list the device programs of the cgroup: %s", strerror(-r));
	if (n == 1 && swap(cgroup_fd, program, old[0]))
		return 0;
	if (program >= 0)
		r = attach(cgroup_fd, program, -1);
	if (r < 0)
		return fail(err, -r, "attach the device program to the cgroup: %s", strerror(-r));
	for (uint32_t i = 0; i < n; i++) {
		r = detach(cgroup_fd, old[i]);
		if (r < 0 && r != -ENOENT)
			return fail(err, -r, "detach the cgroup's former device program %u: %s",
				    old[i], strerror(-r));
	}
	return 0;
}

static int give_up(bool is_asked_for, int rc, struct error *err)
{
	if ((rc != -EPERM && rc != -EACCES) || !is_unprivileged()) {
		fail_in(err, "linux.resources.devices");
		return fail_class(err, ERROR_CGROUP, "linux.resources.devices");
	}
	if (is_asked_for)
		log_warning("linux.resources.devices: not applied without privilege: %s",
			    err->text);
	return 0;
}

void device_filter_prepare(const struct oci_device_rule *rules, size_t n, struct device_filter *ret)
{
	__attribute__((cleanup(device_rules_release))) struct device_rules plan = { 0 };

	*ret = (struct device_filter){ .is_asked_for = n > 0 };
	device_rules_plan(rules, n, &plan);
	if (plan.n > 0 || !plan.allow_rest)
		ret->insns = device_program_compile(&plan, &ret->n);
}

void device_filter_release(struct device_filter *filter)
{
	free(filter->insns);
	*filter = (struct device_filter){ 0 };
}

int device_filter_load(const struct device_filter *filter, int cgroup_fd)
{
	int program, r;

	if (!filter->insns)
		return 0;
	program = load(filter);
	if (program < 0)
		return program;
	r = attach(cgroup_fd, program, -1);
	raw_syscall(SYS_close, program, 0, 0, 0, 0, 0);
	return r;
}

int device_filter_failed(const struct device_filter *filter, int code, struct error *err)
{
	fail(err, -code, "load the device program, and attach it to the cgroup: %s",
	     strerror(-code));
	return give_up(filter->is_asked_for, code, err);
}

int device_filter_apply(int cgroup_fd, bool is_new, const struct oci_device_rule *rules, size_t n,
			struct error *err)
{
	__attribute__((cleanup(device_filter_release))) struct device_filter filter;
	auto_fd program = -1;
	int rc;

	device_filter_prepare(rules, n, &filter);
	if (filter.insns) {
		program = load(&filter);
		if (program < 0) {
			fail(err, -program, "load the device program: %s", strerror(-program));
			return give_up(filter.is_asked_for, program, err);
		}
	}
	if (program < 0 && is_new)
		return 0;
	rc = replace(cgroup_fd, is_new, program, err);
	return rc < 0 ? give_up(filter.is_asked_for, rc, err) : 0;
}

int device_programs_note(int cgroup_fd, struct device_programs *ret, struct error *err)
{
	uint32_t ids[PROGRAMS_MAX], n;
	int r = query(cgroup_fd, ids, &n);

	*ret = (struct device_programs){ 0 };
	if (r < 0) {
		fail(err, -r, "list the device programs of the cgroup: %s", strerror(-r));
		return give_up(false, r, err);
	}
	if (n == 0)
		return 0;
	ret->ids = xcalloc(n, sizeof(*ret->ids));
	ret->fds = xcalloc(n, sizeof(*ret->fds));
	for (; ret->n < n; ret->n++) {
		ret->ids[ret->n] = ids[ret->n];
		ret->fds[ret->n] = open_program(ids[ret->n]);
	}
	return 0;
}

static bool has_id(const uint32_t *ids, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* What decides now goes when all that did before is back: rather too strict than with no rules at all. */
void device_programs_put_back(const struct device_programs *noted, int cgroup_fd)
{
	uint32_t now[PROGRAMS_MAX], n;
	bool is_back = true;

	if (query(cgroup_fd, now, &n) < 0)
		return;
	if (n == 1 && noted->n == 1 &&
	    (now[0] == noted->ids[0] || swap(cgroup_fd, noted->fds[0], now[0])))
		return;
	for (size_t i = 0; i < noted->n; i++)
		if (!has_id(now, n, noted->ids[i]) &&
		    (noted->fds[i] < 0 || attach(cgroup_fd, noted->fds[i], -1) < 0)) {
			log_warning("a former device program of the cgroup could not be put back");
			is_back = false;
		}
	for (uint32_t i = 0; is_back && i < n; i++)
		if (!has_id(noted->ids, noted->n, now[i]))
			detach(cgroup_fd, now[i]);
}

void device_programs_release(struct device_programs *noted)
{
	for (size_t i = 0; i < noted->n; i++)
		cleanup_fd(&noted->fds[i]);
	free(noted->ids);
	free(noted->fds);
	*noted = (struct device_programs){ 0 };
}
