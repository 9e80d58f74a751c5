/* seccomp.c - profiles as rows: what is refused, and what a filter answers to a system call */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/configured.h"
#include "base/text.h"
#include "linux/seccomp.h"
#include "linux/user.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

#if HAVE_SECCOMP

/* A call that the kernel answers with ENOSYS for most and that nobody needs, with free choice of
 * its arguments. */
#define CALL "lookup_dcookie"
#define CALL_NUMBER SYS_lookup_dcookie

static char *call_names[] = { CALL, NULL };

static struct oci_strings strings(char **items)
{
	size_t n = 0;

	while (items && items[n])
		n++;
	return (struct oci_strings){ .n = n, .items = items };
}

START_TEST(actions_and_numbers_are_checked)
{
	const struct {
		struct oci_seccomp_syscall rule;
		const char *text; /* NULL: good */
	} rows[] = {
		{ { .action = "SCMP_ACT_ERRNO" }, NULL },
		{ { .action = "SCMP_ACT_ERRNO", .errno_ret = { true, 4094 } }, NULL },
		{ { .action = "SCMP_ACT_ERRNO", .errno_ret = { true, 4095 } },
		  "linux.seccomp.syscalls[0].errnoRet: 4095 is above 4094" },
		{ { .action = "SCMP_ACT_TRACE", .errno_ret = { true, 65535 } }, NULL },
		{ { .action = "SCMP_ACT_TRACE", .errno_ret = { true, 65536 } },
		  "linux.seccomp.syscalls[0].errnoRet: 65536 is above 65535" },
		{ { .action = "SCMP_ACT_ALLOW", .errno_ret = { true, 1 } },
		  "linux.seccomp.syscalls[0].errnoRet: 'SCMP_ACT_ALLOW' returns no error number" },
		{ { .action = "SCMP_ACT_DENY" },
		  "linux.seccomp.syscalls[0].action: unknown action 'SCMP_ACT_DENY'" },
		{ { .action = "SCMP_ACT_NOTIFY" },
		  "linux.seccomp.listenerPath: is required: SCMP_ACT_NOTIFY needs somebody who is "
		  "told" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_seccomp_syscall rule = rows[i].rule;
		struct oci_seccomp config = {
			.default_action = "SCMP_ACT_ALLOW",
			.syscalls = { 1, &rule },
		};
		struct error err = { 0 };
		int r = seccomp_check(&config, &err);

		ck_assert_str_eq(err.text, rows[i].text ? rows[i].text : "");
		ck_assert_int_eq(r < 0, rows[i].text != NULL);
	}
}
END_TEST

START_TEST(words_are_checked)
{
	struct oci_seccomp_arg arg = { .index = 1, .op = "SCMP_CMP_EQ" };
	struct oci_seccomp_syscall rule = { .action = "SCMP_ACT_ERRNO", .args = { 1, &arg } };
	struct oci_seccomp config = {
		.default_action = "SCMP_ACT_ALLOW",
		.architectures = strings((char *[]){ "SCMP_ARCH_X86_64", "SCMP_ARCH_VAX", NULL }),
		.syscalls = { 1, &rule },
	};
	struct error err;

	ck_assert_int_eq(seccomp_check(NULL, &err), 0);
	ck_assert_int_eq(seccomp_check(&config, &err), -EINVAL);
	ck_assert_str_eq(err.text, "linux.seccomp.architectures[1]: unknown architecture "
				   "'SCMP_ARCH_VAX'");
	config.architectures.n = 1;
	config.flags = strings((char *[]){ "SECCOMP_FILTER_FLAG_NEW_LISTENER", NULL });
	ck_assert_int_eq(seccomp_check(&config, &err), -EINVAL);
	ck_assert_str_eq(err.text, "linux.seccomp.flags[0]: unknown flag "
				   "'SECCOMP_FILTER_FLAG_NEW_LISTENER'");
	config.flags.n = 0;
	ck_assert_int_eq(seccomp_check(&config, &err), 0);
	arg.index = 6;
	ck_assert_int_eq(seccomp_check(&config, &err), -ERANGE);
	ck_assert_str_eq(err.text, "linux.seccomp.syscalls[0].args[0].index: a system call has no "
				   "argument 6");
	arg = (struct oci_seccomp_arg){ .index = 5, .op = "==" };
	ck_assert_int_eq(seccomp_check(&config, &err), -EINVAL);
	ck_assert_str_eq(err.text, "linux.seccomp.syscalls[0].args[0].op: unknown operator '=='");
	config.default_action = "SCMP_ACT_TRAP";
	config.default_errno_ret = (struct oci_u32){ true, 1 };
	ck_assert_int_eq(seccomp_check(&config, &err), -EINVAL);
	ck_assert_str_eq(err.text,
			 "linux.seccomp.defaultErrnoRet: 'SCMP_ACT_TRAP' returns no error "
			 "number");
}
END_TEST

static const struct oci_seccomp *current;
static uint64_t arguments[3];

/* Loads the filter and makes the call; the answer is its errno. */
static int load_and_call(void)
{
	struct seccomp_program program;
	struct error err;

	if (no_new_privs_apply(&err) < 0 || seccomp_compile(current, false, &program, &err) < 0 ||
	    seccomp_apply(&program, &err) < 0) {
		printf("%s\n", err.text);
		return 255;
	}
	seccomp_program_release(&program);
	errno = 0;
	syscall(CALL_NUMBER, arguments[0], arguments[1], arguments[2]);
	return errno;
}

static int answer(const struct oci_seccomp *config)
{
	current = config;
	return in_child(load_and_call);
}

/* One condition on one argument. */
static const struct {
	const char *op;
	uint64_t value, value_two, argument;
	bool holds;
} conditions[] = {
	{ "SCMP_CMP_EQ", 5, 0, 5, true },
	{ "SCMP_CMP_EQ", 5, 0, 6, false },
	{ "SCMP_CMP_EQ", 0x100000005, 0, 5, false },
	{ "SCMP_CMP_NE", 5, 0, 6, true },
	{ "SCMP_CMP_NE", 5, 0, 5, false },
	{ "SCMP_CMP_LT", 5, 0, 4, true },
	{ "SCMP_CMP_LT", 5, 0, 5, false },
	{ "SCMP_CMP_LE", 5, 0, 5, true },
	{ "SCMP_CMP_LE", 5, 0, 6, false },
	{ "SCMP_CMP_GT", 5, 0, 6, true },
	{ "SCMP_CMP_GT", 5, 0, 5, false },
	{ "SCMP_CMP_GE", 5, 0, 5, true },
	{ "SCMP_CMP_GE", 5, 0, 4, false },
	{ "SCMP_CMP_GE", UINT64_MAX, 0, UINT64_MAX, true },
	{ "SCMP_CMP_MASKED_EQ", 0xf0, 0x20, 0x12f, true },
	{ "SCMP_CMP_MASKED_EQ", 0xf0, 0x20, 0x13f, false },
};

START_TEST(conditions_decide)
{
	struct oci_seccomp_arg arg = {
		.index = 1,
		.op = (char *) conditions[_i].op,
		.value = conditions[_i].value,
		.value_two = conditions[_i].value_two,
	};
	struct oci_seccomp_syscall rule = {
		.names = strings(call_names),
		.action = "SCMP_ACT_ERRNO",
		.errno_ret = { true, EDOM },
		.args = { 1, &arg },
	};
	struct oci_seccomp config = {
		.default_action = "SCMP_ACT_ALLOW",
		.syscalls = { 1, &rule },
	};

	arguments[1] = conditions[_i].argument;
	ck_assert_int_eq(answer(&config) == EDOM, conditions[_i].holds);
}
END_TEST

/* Conditions on different arguments must all hold; two on the same are alternatives. */
START_TEST(conditions_combine)
{
	struct oci_seccomp_arg args[] = {
		{ .index = 0, .op = "SCMP_CMP_EQ", .value = 1 },
		{ .index = 1, .op = "SCMP_CMP_EQ", .value = 2 },
	};
	struct oci_seccomp_syscall rule = {
		.names = strings(call_names),
		.action = "SCMP_ACT_ERRNO",
		.errno_ret = { true, EDOM },
		.args = { 2, args },
	};
	struct oci_seccomp config = {
		.default_action = "SCMP_ACT_ALLOW",
		.syscalls = { 1, &rule },
	};

	arguments[0] = 1;
	arguments[1] = 3;
	ck_assert_int_ne(answer(&config), EDOM);
	arguments[1] = 2;
	ck_assert_int_eq(answer(&config), EDOM);

	args[1].index = 0;
	arguments[0] = 1;
	ck_assert_int_eq(answer(&config), EDOM);
	arguments[0] = 2;
	ck_assert_int_eq(answer(&config), EDOM);
	arguments[0] = 3;
	ck_assert_int_ne(answer(&config), EDOM);
}
END_TEST

static const struct {
	const char *action;
	struct oci_u32 number;
	int answer; /* an errno, or 128 + a signal */
} actions[] = {
	{ "SCMP_ACT_ERRNO", { false, 0 }, EPERM },
	{ "SCMP_ACT_ERRNO", { true, ENOSPC }, ENOSPC },
	{ "SCMP_ACT_ERRNO", { true, 0 }, 0 },
	{ "SCMP_ACT_TRACE", { false, 0 }, ENOSYS }, /* nobody traces */
	{ "SCMP_ACT_TRAP", { false, 0 }, 128 + SIGSYS },
	{ "SCMP_ACT_KILL", { false, 0 }, 128 + SIGSYS },
	{ "SCMP_ACT_KILL_THREAD", { false, 0 }, 128 + SIGSYS },
	{ "SCMP_ACT_KILL_PROCESS", { false, 0 }, 128 + SIGSYS },
};

START_TEST(actions_act)
{
	struct oci_seccomp_syscall rule = {
		.names = strings(call_names),
		.action = (char *) actions[_i].action,
		.errno_ret = actions[_i].number,
	};
	struct oci_seccomp config = {
		.default_action = "SCMP_ACT_ALLOW",
		.syscalls = { 1, &rule },
	};

	ck_assert_int_eq(answer(&config), actions[_i].answer);
}
END_TEST

START_TEST(default_is_for_the_rest)
{
	/* the last ones are the sanitizers' */
	char *needed[] = { "exit_group", "no_such_call", "write", "sigaltstack", "munmap", NULL };
	struct oci_seccomp_syscall rules[] = {
		{ .names = strings(needed), .action = "SCMP_ACT_ALLOW" },
		/* what happens anyway */
		{ .names = strings(call_names),
		  .action = "SCMP_ACT_ERRNO",
		  .errno_ret = { true, ENOLINK } },
	};
	struct oci_seccomp config = {
		.default_action = "SCMP_ACT_ERRNO",
		.default_errno_ret = { true, ENOLINK },
		.architectures = strings((char *[]){ "SCMP_ARCH_X86", "SCMP_ARCH_X86_64",
						     "SCMP_ARCH_X32", "SCMP_ARCH_S390X", NULL }),
		.flags = strings((char *[]){ "SECCOMP_FILTER_FLAG_LOG",
					     "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
					     "SECCOMP_FILTER_FLAG_TSYNC",
					     "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL }),
		.syscalls = { ARRAY_SIZE(rules), rules },
	};

	ck_assert_int_eq(answer(&config), ENOLINK);
}
END_TEST

/* Above the length from which libseccomp makes a search tree. */
START_TEST(long_list_is_a_tree)
{
	char *many[] = { "accept",	"access",      "bind",	    "capget",	 "chdir",
			 "chmod",	"chown",       "connect",   "dup",	 "dup2",
			 "fchdir",	"fchmod",      "flock",	    "fsync",	 "getcwd",
			 "getdents",	"getegid",     "geteuid",   "getgid",	 "getgroups",
			 "getitimer",	"getpeername", "getpgid",   "getpgrp",	 "getppid",
			 "getpriority", "getresgid",   "getresuid", "getrlimit", "getsid",
			 "getsockname", "getsockopt",  "gettid",    "getuid",	 "getxattr",
			 "ioctl",	CALL,	       NULL };
	struct oci_seccomp_syscall rule = {
		.names = strings(many),
		.action = "SCMP_ACT_ERRNO",
		.errno_ret = { true, EXDEV },
	};
	struct oci_seccomp config = {
		.default_action = "SCMP_ACT_ALLOW",
		.syscalls = { 1, &rule },
	};

	ck_assert_int_eq(answer(&config), EXDEV);
	many[ARRAY_SIZE(many) - 2] = "listen";
	ck_assert_int_ne(answer(&config), EXDEV);
}
END_TEST

/* Profiles of engines name some calls twice. */
START_TEST(first_rule_for_a_call_stands)
{
	struct oci_seccomp_syscall rules[] = {
		{ .names = strings(call_names), .action = "SCMP_ACT_ERRNO" },
		{ .names = strings(call_names), .action = "SCMP_ACT_ERRNO" },
		{ .names = strings(call_names), .action = "SCMP_ACT_KILL" },
	};
	struct oci_seccomp config = {
		.default_action = "SCMP_ACT_ALLOW",
		.syscalls = { 3, rules },
	};

	ck_assert_int_eq(answer(&config), EPERM);
}
END_TEST

START_TEST(program_is_released)
{
	struct oci_seccomp config = { .default_action = "SCMP_ACT_ALLOW" };
	struct seccomp_program program;
	struct error err = { 0 };

	ck_assert_msg(seccomp_compile(&config, false, &program, &err) == 0, "%s", err.text);
	ck_assert_uint_gt(program.n, 0);
	seccomp_program_release(&program);
	ck_assert_ptr_null(program.filter);
	ck_assert_int_eq(seccomp_apply(&program, &err), 0);
}
END_TEST

START_TEST(loading_needs_a_privilege)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct seccomp_program program = { .filter = &allow, .n = 1 };
	struct error err;

	if (geteuid() == 0)
		ck_assert_int_eq(setresuid(1234, 1234, 1234), 0);
	ck_assert_int_eq(seccomp_apply(&program, &err), -EACCES);
	ck_assert_str_eq(err.text, "load the seccomp filter, which needs noNewPrivileges or "
				   "CAP_SYS_ADMIN: Permission denied");
	ck_assert_int_eq(no_new_privs_apply(&err), 0);
	ck_assert_int_eq(seccomp_apply(&program, &err), 0);
	ck_assert_str_eq(status_line("Seccomp"), "2");
}
END_TEST

START_TEST(listener_is_checked)
{
	const struct {
		const char *action, *path, *metadata;
		const char *text; /* NULL: good */
	} rows[] = {
		{ "SCMP_ACT_NOTIFY", "/run/agent", NULL, NULL },
		{ "SCMP_ACT_NOTIFY", "/run/agent", "for=it", NULL },
		{ "SCMP_ACT_ALLOW", "run/agent", NULL, NULL }, /* ignored */
		{ "SCMP_ACT_NOTIFY", "run/agent", NULL,
		  "linux.seccomp.listenerPath: 'run/agent' is not an absolute path" },
		{ "SCMP_ACT_ALLOW", NULL, "for=it",
		  "linux.seccomp.listenerMetadata: is nothing without linux.seccomp.listenerPath" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_seccomp config = {
			.default_action = (char *) rows[i].action,
			.listener_path = (char *) rows[i].path,
			.listener_metadata = (char *) rows[i].metadata,
		};
		struct error err = { 0 };

		ck_assert_int_eq(seccomp_check(&config, &err), rows[i].text ? -EINVAL : 0);
		ck_assert_str_eq(err.text, rows[i].text ? rows[i].text : "");
	}
}
END_TEST

START_TEST(unknown_names_are_skipped_or_refused)
{
	char *names[] = { CALL, "no_such_call", NULL };
	struct oci_seccomp_syscall rule = { .names = strings(names), .action = "SCMP_ACT_ERRNO" };
	struct oci_seccomp config = {
		.default_action = "SCMP_ACT_ALLOW",
		.syscalls = { 1, &rule },
	};
	struct seccomp_program program;
	struct error err;

	ck_assert_int_eq(seccomp_compile(&config, true, &program, &err), -EINVAL);
	ck_assert_str_eq(err.text, "linux.seccomp.syscalls[0].names[1]: unknown system call "
				   "'no_such_call'");
	ck_assert_ptr_null(program.memory);
	ck_assert_int_eq(seccomp_compile(&config, false, &program, &err), 0);
	seccomp_program_release(&program);
}
END_TEST

/* A call beyond all that the profile knows is no forbidden one. */
static int call_a_future_one(void)
{
	struct seccomp_program program;
	struct error err;

	if (no_new_privs_apply(&err) < 0 || seccomp_compile(current, false, &program, &err) < 0 ||
	    seccomp_apply(&program, &err) < 0)
		return 255;
	errno = 0;
	syscall(1999);
	return errno;
}

START_TEST(newer_calls_are_unknown)
{
	char *needed[] = { "exit_group", "write", "sigaltstack", "munmap", "statx", NULL };
	struct oci_seccomp_syscall rule = { .names = strings(needed), .action = "SCMP_ACT_ALLOW" };
	const struct {
		const char *action;
		struct oci_u32 number;
		int answer;
	} rows[] = {
		{ "SCMP_ACT_ERRNO", { true, EXDEV }, ENOSYS },
		{ "SCMP_ACT_KILL_PROCESS", { false, 0 }, ENOSYS },
		{ "SCMP_ACT_ERRNO", { true, ENOSYS }, ENOSYS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_seccomp config = {
			.default_action = (char *) rows[i].action,
			.default_errno_ret = rows[i].number,
			.syscalls = { 1, &rule },
		};

		current = &config;
		ck_assert_int_eq(in_child(call_a_future_one), rows[i].answer);
	}
}
END_TEST

static bool is_always_allowed(const struct oci_seccomp *config, int number)
{
	struct seccomp_program program;
	struct error err;
	bool is_allowed;

	ck_assert_msg(seccomp_compile(config, false, &program, &err) == 0, "%s", err.text);
	is_allowed = seccomp_always_allows(&program, number);
	seccomp_program_release(&program);
	return is_allowed;
}

/* What the kernel then answers other tests of this file see. */
START_TEST(calls_are_known_to_be_allowed)
{
	struct oci_seccomp_arg arg = { .index = 1, .op = "SCMP_CMP_EQ", .value = 1 };
	struct oci_seccomp_syscall rule = { .names = strings((char *[]){ "read", CALL, NULL }) };
	static const struct {
		const char *by_default, *action;
		bool has_condition;
		bool first, last, other; /* of the rule, and one that it has not */
	} rows[] = {
		{ "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", false, false, false, true },
		{ "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", true, false, false, true },
		{ "SCMP_ACT_ALLOW", "SCMP_ACT_LOG", false, false, false, true },
		{ "SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", false, true, true, false },
		{ "SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", true, false, false, false },
		{ "SCMP_ACT_LOG", "SCMP_ACT_KILL_PROCESS", false, false, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_seccomp config = {
			.default_action = (char *) rows[i].by_default,
			.architectures = strings((char *[]){ "SCMP_ARCH_X86", "SCMP_ARCH_X86_64",
							     "SCMP_ARCH_AARCH64", NULL }),
			.syscalls = { 1, &rule },
		};

		rule.action = (char *) rows[i].action;
		rule.args.items = &arg;
		rule.args.n = rows[i].has_condition;
		ck_assert_int_eq(is_always_allowed(&config, SYS_read), rows[i].first);
		ck_assert_int_eq(is_always_allowed(&config, CALL_NUMBER), rows[i].last);
		ck_assert_int_eq(is_always_allowed(&config, SYS_write), rows[i].other);
	}
}
END_TEST

START_TEST(filters_that_are_not_understood_allow_nothing)
{
	struct sock_filter load_length[] = { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
					     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_filter returns_a[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_filter jumps_to_itself[] = { BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX),
						 BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_filter jumps_out[] = { BPF_STMT(BPF_JMP | BPF_JA, 1),
					   BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	const struct seccomp_program programs[] = { { .filter = load_length, .n = 2 },
						    { .filter = returns_a, .n = 2 },
						    { .filter = jumps_to_itself, .n = 2 },
						    { .filter = jumps_out, .n = 2 },
						    { 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		ck_assert(!seccomp_always_allows(&programs[i], SYS_read));
}
END_TEST

START_TEST(flags_are_asked_of_the_kernel)
{
	ck_assert(seccomp_flag_is_supported("SECCOMP_FILTER_FLAG_LOG"));
	ck_assert(seccomp_flag_is_supported("SECCOMP_FILTER_FLAG_TSYNC"));
	ck_assert(!seccomp_flag_is_supported("SECCOMP_FILTER_FLAG_NEW_LISTENER"));
	ck_assert(!seccomp_flag_is_supported("none"));
}
END_TEST

static const char *find(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return *names;
	return NULL;
}

START_TEST(names_are_listed)
{
	ck_assert_ptr_nonnull(find(seccomp_action_names(), "SCMP_ACT_LOG"));
	ck_assert_ptr_nonnull(find(seccomp_action_names(), "SCMP_ACT_NOTIFY"));
	ck_assert_ptr_nonnull(find(seccomp_operator_names(), "SCMP_CMP_MASKED_EQ"));
	ck_assert_ptr_nonnull(find(seccomp_arch_names(), "SCMP_ARCH_RISCV64"));
	ck_assert_ptr_nonnull(find(seccomp_flag_names(), "SECCOMP_FILTER_FLAG_LOG"));
}
END_TEST

Suite *linux_seccomp_suite(void)
{
	Suite *suite = suite_create("linux/seccomp");
	TCase *tests = tcase_create("seccomp");

	tcase_add_test(tests, actions_and_numbers_are_checked);
	tcase_add_test(tests, words_are_checked);
	tcase_add_loop_test(tests, conditions_decide, 0, ARRAY_SIZE(conditions));
	tcase_add_test(tests, conditions_combine);
	tcase_add_loop_test(tests, actions_act, 0, ARRAY_SIZE(actions));
	tcase_add_test(tests, default_is_for_the_rest);
	tcase_add_test(tests, long_list_is_a_tree);
	tcase_add_test(tests, first_rule_for_a_call_stands);
	tcase_add_test(tests, program_is_released);
	tcase_add_test(tests, loading_needs_a_privilege);
	tcase_add_test(tests, listener_is_checked);
	tcase_add_test(tests, unknown_names_are_skipped_or_refused);
	tcase_add_test(tests, newer_calls_are_unknown);
	tcase_add_test(tests, calls_are_known_to_be_allowed);
	tcase_add_test(tests, filters_that_are_not_understood_allow_nothing);
	tcase_add_test(tests, flags_are_asked_of_the_kernel);
	tcase_add_test(tests, names_are_listed);
	suite_add_tcase(suite, tests);
	return suite;
}

#else

START_TEST(profile_is_refused)
{
	struct oci_seccomp config = { .default_action = "SCMP_ACT_ALLOW" };
	struct seccomp_program program;
	struct error err;

	ck_assert_int_eq(seccomp_check(NULL, &err), 0);
	ck_assert_int_eq(seccomp_compile(&config, false, &program, &err), -ENOTSUP);
	ck_assert_str_eq(err.text, "linux.seccomp: built without libseccomp");
	ck_assert_ptr_null(seccomp_action_names()[0]);
}
END_TEST

Suite *linux_seccomp_suite(void)
{
	Suite *suite = suite_create("linux/seccomp");
	TCase *tests = tcase_create("seccomp");

	tcase_add_test(tests, profile_is_refused);
	suite_add_tcase(suite, tests);
	return suite;
}

#endif
