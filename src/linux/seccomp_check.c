/* seccomp_check.c - whether linux.seccomp says what a filter can be made of */
#include <errno.h>
#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>

#include "base/text.h"
#include "linux/seccomp.h"
#include "linux/seccomp_names.h"

#define ARGUMENTS_MAX 6
#define ERRNO_MAX 4094 /* libseccomp takes none above; the kernel would return 4095 for them all */
#define TRACE_MAX UINT16_MAX

static int check_action(const char *name, const struct oci_u32 *number, const char *where,
			const char *number_where, struct error *err)
{
	uint32_t action, max;

	if (!seccomp_action_find(name, &action))
		return fail_at(err, EINVAL, where, "unknown action '%s'", name);
	if (!number->is_set)
		return 0;
	if (!seccomp_action_has_errno(action))
		return fail_at(err, EINVAL, number_where, "'%s' returns no error number", name);
	max = action == SCMP_ACT_ERRNO(0) ? ERRNO_MAX : TRACE_MAX;
	if (number->value > max)
		return fail_at(err, ERANGE, number_where, "%" PRIu32 " is above %" PRIu32,
			       number->value, max);
	return 0;
}

static int check_names(const struct oci_strings *names, const char *list, const char *what,
		       bool (*find)(const char *, uint32_t *), struct error *err)
{
	uint32_t number;

	for (size_t i = 0; i < names->n; i++) {
		char where[64];

		if (find(names->items[i], &number))
			continue;
		snprintf(where, sizeof(where), "linux.seccomp.%s[%zu]", list, i);
		return fail_at(err, EINVAL, where, "unknown %s '%s'", what, names->items[i]);
	}
	return 0;
}

static int check_arg(const struct oci_seccomp_arg *arg, const char *rule, size_t i,
		     struct error *err)
{
	uint32_t number;
	char where[128];

	if (arg->index >= ARGUMENTS_MAX) {
		snprintf(where, sizeof(where), "%s.args[%zu].index", rule, i);
		return fail_at(err, ERANGE, where, "a system call has no argument %" PRIu32,
			       arg->index);
	}
	if (!seccomp_operator_find(arg->op, &number)) {
		snprintf(where, sizeof(where), "%s.args[%zu].op", rule, i);
		return fail_at(err, EINVAL, where, "unknown operator '%s'", arg->op);
	}
	return 0;
}

static int check_syscall(const struct oci_seccomp_syscall *syscall, size_t i, struct error *err)
{
	char rule[64], where[96], number_where[96];
	int r;

	snprintf(rule, sizeof(rule), "linux.seccomp.syscalls[%zu]", i);
	snprintf(where, sizeof(where), "%s.action", rule);
	snprintf(number_where, sizeof(number_where), "%s.errnoRet", rule);
	r = check_action(syscall->action, &syscall->errno_ret, where, number_where, err);
	for (size_t j = 0; j < syscall->names.n && r == 0; j++) {
		if (*syscall->names.items[j])
			continue;
		snprintf(where, sizeof(where), "%s.names[%zu]", rule, j);
		r = fail_at(err, EINVAL, where, "'' is no system call's name");
	}
	for (size_t j = 0; j < syscall->args.n && r == 0; j++)
		r = check_arg(&syscall->args.items[j], rule, j, err);
	return r;
}

bool seccomp_has_notify(const struct oci_seccomp *config)
{
	if (str_equal(config->default_action, "SCMP_ACT_NOTIFY"))
		return true;
	for (size_t i = 0; i < config->syscalls.n; i++)
		if (str_equal(config->syscalls.items[i].action, "SCMP_ACT_NOTIFY"))
			return true;
	return false;
}

static int check_listener(const struct oci_seccomp *config, struct error *err)
{
	const char *path = config->listener_path;

	if (config->listener_metadata && !path)
		return fail_at(err, EINVAL, "linux.seccomp.listenerMetadata",
			       "is nothing without linux.seccomp.listenerPath");
	if (!seccomp_has_notify(config))
		return 0;
	if (!path)
		return fail_at(err, EINVAL, "linux.seccomp.listenerPath",
			       "is required: SCMP_ACT_NOTIFY needs somebody who is told");
	if (path[0] != '/' && path[0] != '@')
		return fail_at(err, EINVAL, "linux.seccomp.listenerPath",
			       "'%s' is not an absolute path", path);
	return 0;
}

int seccomp_check(const struct oci_seccomp *config, struct error *err)
{
	int r;

	if (!config)
		return 0;
	r = check_action(config->default_action, &config->default_errno_ret,
			 "linux.seccomp.defaultAction", "linux.seccomp.defaultErrnoRet", err);
	if (r == 0)
		r = check_names(&config->architectures, "architectures", "architecture",
				seccomp_arch_find, err);
	if (r == 0)
		r = check_names(&config->flags, "flags", "flag", seccomp_flag_find, err);
	for (size_t i = 0; i < config->syscalls.n && r == 0; i++)
		r = check_syscall(&config->syscalls.items[i], i, err);
	return r < 0 ? r : check_listener(config, err);
}
