/* seccomp_compile.c - linux.seccomp to a BPF program, by libseccomp */
#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "linux/bpf_shrink.h"
#include "linux/seccomp.h"
#include "linux/seccomp_library.h"
#include "linux/seccomp_names.h"
#include "linux/seccomp_newest.h"

/* From so many names on, a search tree is shorter to walk than a list. */
#define TREE_FROM 32
#define OPTIMIZE_TREE 2
#define ARGUMENTS_MAX 6

/* A filter while it is made. */
struct compiler {
	const struct seccomp_library *lib;
	scmp_filter_ctx filter;
	uint32_t default_action;
	bool refuses_unknown;
};

static void compiler_release(struct compiler *c)
{
	if (c->filter)
		c->lib->release(c->filter);
}

/* The name is known: seccomp_check() said so. */
static uint32_t action_of(const char *name, const struct oci_u32 *number)
{
	uint32_t action = SCMP_ACT_KILL_PROCESS;

	seccomp_action_find(name, &action);
	if (seccomp_action_has_errno(action))
		action |= number->is_set ? number->value : EPERM;
	return action;
}

static int add_architectures(struct compiler *c, const struct oci_strings *names, struct error *err)
{
	for (size_t i = 0; i < names->n; i++) {
		uint32_t arch = 0;
		int r;

		seccomp_arch_find(names->items[i], &arch);
		r = c->lib->arch_add(c->filter, arch);
		if (r == -EDOM) /* of the other byte order: it cannot run here */
			log_debug("seccomp: skip '%s'", names->items[i]);
		else if (r < 0 && r != -EEXIST)
			return fail(err, -r, "add '%s' to the seccomp filter: %s", names->items[i],
				    strerror(-r));
	}
	return 0;
}

static struct scmp_arg_cmp condition_of(const struct oci_seccomp_arg *arg)
{
	uint32_t op = SCMP_CMP_EQ;

	seccomp_operator_find(arg->op, &op);
	return (struct scmp_arg_cmp){
		.arg = arg->index,
		.op = (enum scmp_compare) op,
		.datum_a = arg->value, /* for SCMP_CMP_MASKED_EQ the mask */
		.datum_b = arg->value_two,
	};
}

static bool has_repeated_argument(const struct oci_seccomp_syscall *rule)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < rule->args.n; i++) {
		unsigned int bit = 1u << rule->args.items[i].index;

		if (seen & bit)
			return true;
		seen |= bit;
	}
	return false;
}

static int add_rule(struct compiler *c, int number, uint32_t action,
		    const struct oci_seccomp_syscall *rule)
{
	struct scmp_arg_cmp conditions[ARGUMENTS_MAX];

	if (has_repeated_argument(rule)) {
		for (size_t i = 0; i < rule->args.n; i++) {
			struct scmp_arg_cmp one = condition_of(&rule->args.items[i]);
			int r = c->lib->rule_add_array(c->filter, action, number, 1, &one);

			if (r < 0)
				return r;
		}
		return 0;
	}
	for (size_t i = 0; i < rule->args.n; i++)
		conditions[i] = condition_of(&rule->args.items[i]);
	return c->lib->rule_add_array(c->filter, action, number, (unsigned int) rule->args.n,
				      conditions);
}

static int refuse_unknown(size_t rule, size_t i, const char *name, struct error *err)
{
	char where[80];

	snprintf(where, sizeof(where), "linux.seccomp.syscalls[%zu].names[%zu]", rule, i);
	return fail_at(err, EINVAL, where, "unknown system call '%s'", name);
}

static int add_names(struct compiler *c, size_t index, const struct oci_seccomp_syscall *rule,
		     struct error *err)
{
	uint32_t action = action_of(rule->action, &rule->errno_ret);

	/* libseccomp refuses a rule that says what happens anyway. */
	if (action == c->default_action)
		return 0;
	for (size_t i = 0; i < rule->names.n; i++) {
		const char *name = rule->names.items[i];
		int number = c->lib->syscall_resolve_name(name);
		int r;

		if (number == __NR_SCMP_ERROR && c->refuses_unknown)
			return refuse_unknown(index, i, name, err);
		if (number == __NR_SCMP_ERROR) {
			log_debug("seccomp: skip the unknown system call '%s'", name);
			continue;
		}
		r = add_rule(c, number, action, rule);
		if (r < 0) {
			char where[64];

			snprintf(where, sizeof(where), "linux.seccomp.syscalls[%zu]", index);
			return fail_at(err, -r, where, "add the rule for '%s': %s", name,
				       strerror(-r));
		}
	}
	return 0;
}

static size_t count_names(const struct oci_seccomp *config)
{
	size_t n = 0;

	for (size_t i = 0; i < config->syscalls.n; i++)
		n += config->syscalls.items[i].names.n;
	return n;
}

static int build(struct compiler *c, const struct oci_seccomp *config, struct error *err)
{
	int r;

	c->default_action = action_of(config->default_action, &config->default_errno_ret);
	c->filter = c->lib->init(c->default_action);
	if (!c->filter)
		return fail(err, ENOMEM, "make a seccomp filter");
	r = add_architectures(c, &config->architectures, err);
	for (size_t i = 0; i < config->syscalls.n && r == 0; i++)
		r = add_names(c, i, &config->syscalls.items[i], err);
	if (r == 0 && count_names(config) >= TREE_FROM)
		r = c->lib->attr_set(c->filter, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_TREE);
	return r;
}

/* By way of a file in memory: the function that exports to memory came with libseccomp 2.6. */
static int export_file(struct compiler *c, int *ret_file, size_t *ret_n, struct error *err)
{
	struct stat st;
	int r;

	auto_fd file = memfd_create("seccomp", MFD_CLOEXEC);
	if (file < 0)
		return fail_errno(err, "make a file in memory for the seccomp filter");
	r = c->lib->export_bpf(c->filter, file);
	if (r < 0)
		return fail(err, -r, "compile the seccomp filter: %s", strerror(-r));
	if (fstat(file, &st) < 0)
		return fail_errno(err, "examine the compiled seccomp filter");
	*ret_n = (size_t) st.st_size / sizeof(struct sock_filter);
	*ret_file = TAKE_FD(file);
	return 0;
}

static int export(struct compiler *c, const struct oci_seccomp *config, struct seccomp_program *ret,
		  struct error *err)
{
	struct sock_filter newest[SECCOMP_NEWEST_MAX];
	size_t n_newest = seccomp_newest(c->lib, config, c->default_action, newest);
	auto_fd file = -1;
	size_t n, size;
	int r;

	r = export_file(c, &file, &n, err);
	if (r < 0)
		return r;
	size = n * sizeof(struct sock_filter);
	ret->filter = xcalloc(n_newest + n, sizeof(*ret->filter));
	ret->memory = ret->filter;
	memcpy(ret->filter, newest, n_newest * sizeof(*newest));
	if (pread(file, ret->filter + n_newest, size, 0) != (ssize_t) size)
		return fail(err, EIO, "read the compiled seccomp filter");
	n += n_newest;
	bpf_shrink(ret->filter, &n);
	if (n > BPF_MAXINSNS)
		return fail_at(err, E2BIG, "linux.seccomp",
			       "the filter has more than the kernel's %d instructions",
			       BPF_MAXINSNS);
	ret->n = (unsigned short) n;
	return 0;
}

int seccomp_compile(const struct oci_seccomp *config, bool refuses_unknown,
		    struct seccomp_program *ret, struct error *err)
{
	/* clang-format off */
	__attribute__((cleanup(compiler_release)))
	struct compiler c = { .refuses_unknown = refuses_unknown };
	/* clang-format on */
	int r;

	*ret = (struct seccomp_program){ 0 };
	r = seccomp_library_open(&c.lib, err);
	if (r == 0)
		r = build(&c, config, err);
	if (r == 0)
		r = export(&c, config, ret, err);
	if (r < 0) {
		seccomp_program_release(ret);
		return r;
	}
	ret->flags = seccomp_flags_of(&config->flags);
	return 0;
}
