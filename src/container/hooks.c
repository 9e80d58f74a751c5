/* hooks.c - see hooks.h */
#include "container/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/children.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/libc.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "base/wait.h"
#include "container/annotations.h"
#include "libocispec/document.h"

#define DEFAULT_LIMIT_SECONDS 600
#define LONGEST_LIMIT_SECONDS (INT_MAX / 1000) /* as poll(2) counts: 24 days */

static int list_check(const struct oci_hook_list *hooks, const char *kind, struct error *err)
{
	char where[64];

	for (size_t i = 0; i < hooks->n; i++) {
		const struct oci_hook *hook = &hooks->items[i];

		snprintf(where, sizeof(where), "hooks.%s[%zu].path", kind, i);
		if (hook->path[0] != '/')
			return fail_at(err, EINVAL, where, "'%s' is not an absolute path",
				       hook->path);
	}
	return 0;
}

int hooks_check(const struct oci_hooks *hooks, struct error *err)
{
	const struct {
		const struct oci_hook_list *list;
		const char *kind;
	} all[] = {
		{ &hooks->prestart, "prestart" },
		{ &hooks->create_runtime, "createRuntime" },
		{ &hooks->create_container, "createContainer" },
		{ &hooks->start_container, "startContainer" },
		{ &hooks->poststart, "poststart" },
		{ &hooks->poststop, "poststop" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		int r = list_check(all[i].list, all[i].kind, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The state in an anonymous file: a hook that reads late or never cannot block us.  Each hook has one of its own:
 * what one writes there, or has a daemon read, does not come to the next. */
static int state_file(const struct oci_state *state, int *ret_fd, struct error *err)
{
	auto_free char *json = NULL;
	auto_fd fd = -1;
	size_t len;
	int r;

	r = oci_print(&oci_state_desc, state, OCI_PRINT_COMPACT, &json, &len);
	if (r < 0)
		return fail(err, -r, "print the state: %s", strerror(-r));
	fd = memfd_create("state", MFD_CLOEXEC);
	r = fd < 0 ? -errno : file_write_fd(fd, json, len);
	if (r < 0)
		return fail(err, -r, "write the state into a memory file: %s", strerror(-r));
	lseek(fd, 0, SEEK_SET);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int open_output(const struct oci_string_map *annotations, const char *name, int *ret_fd,
		       struct error *err)
{
	const char *path = annotation_get(annotations, name);
	char where[64];

	*ret_fd = -1;
	if (!path)
		return 0;
	snprintf(where, sizeof(where), "annotations[\"%s\"]", name);
	if (path[0] != '/')
		return fail_at(err, EINVAL, where, "'%s' is not an absolute path", path);
	*ret_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
	if (*ret_fd < 0)
		return fail_at(err, errno, where, "open '%s': %s", path, strerror(errno));
	return 0;
}

int hook_output_open(const struct oci_string_map *annotations, int *ret_out, int *ret_err,
		     struct error *err)
{
	int r;

	r = open_output(annotations, ANNOTATION_HOOKS_STDOUT, ret_out, err);
	return r < 0 ? r : open_output(annotations, ANNOTATION_HOOKS_STDERR, ret_err, err);
}

static bool redirect(int fd, int to)
{
	return fd < 0 || dup2(fd, to) >= 0;
}

/* An empty array is none; the member that is not there leaves it to us. */
static char *const *environment_of(const struct oci_hook *hook, const struct hook_context *context)
{
	if (hook->env.items)
		return hook->env.items;
	return context->env ? context->env : environ;
}

static _Noreturn void become_hook(const struct oci_hook *hook, int state_fd,
				  const struct hook_context *context, bool in_group, int report)
{
	char *own_args[] = { hook->path, NULL };
	sigset_t none;
	int code;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (in_group)
		setpgid(0, 0);
	if (redirect(state_fd, 0) && redirect(context->out, 1) && redirect(context->err, 2) &&
	    (!context->cwd || chdir(context->cwd) == 0)) {
		close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
		execve(hook->path, hook->args.n ? hook->args.items : own_args,
		       environment_of(hook, context));
	}
	code = errno;
	if (write(report, &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

static void kill_group(struct child *child)
{
	kill(-child->pid, SIGKILL);
}

static int fail_late(const struct oci_hook *hook, struct error *err)
{
	if (hook->timeout.is_set)
		return fail(err, ETIMEDOUT, "did not end within its timeout of %lld seconds",
			    (long long) hook->timeout.value);
	return fail(err, ETIMEDOUT,
		    "did not end within %d seconds, the limit of a hook without a timeout",
		    DEFAULT_LIMIT_SECONDS);
}

static unsigned int limit_of(const struct oci_hook *hook)
{
	int64_t seconds = hook->timeout.is_set ? hook->timeout.value : DEFAULT_LIMIT_SECONDS;

	return (unsigned int) (seconds < LONGEST_LIMIT_SECONDS ? seconds : LONGEST_LIMIT_SECONDS);
}

unsigned int hooks_limit(const struct oci_hook_list *hooks)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < hooks->n && sum < LONGEST_LIMIT_SECONDS; i++)
		sum += limit_of(&hooks->items[i]);
	return sum;
}

static int wait_hook(struct child *child, struct error *err)
{
	int status, r;

	r = child_wait(child, &status);
	if (r < 0)
		return fail(err, -r, "wait for it: %s", strerror(-r));
	if (WIFSIGNALED(status))
		return fail(err, ECANCELED, "was killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status))
		return fail(err, ECANCELED, "ended with exit status %d", WEXITSTATUS(status));
	return 0;
}

static int start_and_wait(const struct oci_hook *hook, int state_fd,
			  const struct hook_context *context, bool in_group, struct error *err)
{
	int64_t deadline = monotonic_ms() + (int64_t) limit_of(hook) * 1000;
	auto_child child = CHILD_NONE;
	int report[2], code;
	ssize_t n = 0;
	bool is_late;

	if (pipe2(report, O_CLOEXEC) < 0)
		return fail_errno(err, "make a pipe");
	child.pid = fork();
	if (child.pid == 0)
		become_hook(hook, state_fd, context, in_group, report[1]);
	close(report[1]);
	/* its program's file system may be one that does not answer */
	is_late = child.pid > 0 && wait_until(report[0], deadline) <= 0;
	if (child.pid > 0 && !is_late)
		n = read(report[0], &code, sizeof(code));
	close(report[0]);
	if (child.pid < 0)
		return fail_errno(err, "fork");
	if (n == (ssize_t) sizeof(code))
		return fail(err, code, "execute it: %s", strerror(code));
	if (in_group)
		setpgid(child.pid, child.pid);
	child.pidfd = (int) syscall(SYS_pidfd_open, child.pid, 0);
	if (child.pidfd < 0)
		return fail_errno(err, "open a pidfd of it");
	if (is_late || wait_until(child.pidfd, deadline) <= 0) {
		kill_group(&child);
		return fail_late(hook, err);
	}
	return wait_hook(&child, err);
}

/* While it runs, whoever it leaves behind becomes our child: so all that a hook started can be found
 * when it has to be killed.  Where that cannot be seen it gets a process group, and only there: a terminal
 * stops what is not in its foreground. */
static int run_hook(const struct oci_hook *hook, int state_fd, const struct hook_context *context,
		    struct error *err)
{
	struct children before;
	bool is_ours = children_list(&before);
	int was_subreaper = 0, r;

	prctl(PR_GET_CHILD_SUBREAPER, &was_subreaper);
	if (is_ours && !was_subreaper)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	r = start_and_wait(hook, state_fd, context, !is_ours, err);
	if (r == -ETIMEDOUT && is_ours)
		children_kill(&before);
	if (is_ours && !was_subreaper)
		prctl(PR_SET_CHILD_SUBREAPER, 0);
	return r;
}

static int run_at(const struct oci_hook_list *hooks, size_t i, const char *kind,
		  const struct hook_context *context, struct error *err)
{
	const struct oci_hook *hook = &hooks->items[i];
	auto_fd state_fd = -1;
	char where[64];
	int r;

	log_debug("run hooks.%s[%zu] '%s'", kind, i, hook->path);
	r = state_file(context->state, &state_fd, err);
	if (r == 0)
		r = run_hook(hook, state_fd, context, err);
	if (r == 0)
		return 0;
	snprintf(where, sizeof(where), "hooks.%s[%zu]", kind, i);
	fail_in(err, "%s '%s'", where, hook->path);
	return fail_class(err, ERROR_HOOK, where);
}

int hooks_run(const struct oci_hook_list *hooks, const char *kind,
	      const struct hook_context *context, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < hooks->n; i++)
		r = run_at(hooks, i, kind, context, err);
	return r;
}

void hooks_run_all(const struct oci_hook_list *hooks, const char *kind,
		   const struct hook_context *context)
{
	struct error err;

	for (size_t i = 0; i < hooks->n; i++)
		if (run_at(hooks, i, kind, context, &err) < 0)
			log_warning("%s", err.text);
}
