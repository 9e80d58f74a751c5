/* auth_helper.c - see auth_helper.h */
#include "image/auth_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "base/wait.h"
#include "image/auth_document.h"
#include "libocispec/document.h"

#define ANSWER_MAX ((size_t) 1 << 20)
#define ANSWER_LIMIT_MS 30000

static bool is_helper_name(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789._-") == strlen(name);
}

static void run_child(const char *program, int in, int out)
{
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execlp(program, program, "get", NULL);
	_exit(127);
}

/* A pipe that already holds all of text. */
static int make_input(const char *text, int *ret_fd, struct error *err)
{
	auto_fd reader = -1;
	auto_fd writer = -1;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return fail_errno(err, "make a pipe");
	reader = fds[0];
	writer = fds[1];
	if (file_write_fd(writer, text, strlen(text)) < 0)
		return fail_errno(err, "write to a pipe");
	*ret_fd = TAKE_FD(reader);
	return 0;
}

static int too_late(const char *program, const char *what, struct error *err)
{
	return fail(err, ETIMEDOUT, "'%s' has not %s within %d seconds", program, what,
		    ANSWER_LIMIT_MS / 1000);
}

static int read_answer(int fd, const char *program, int64_t deadline, struct str *ret,
		       struct error *err)
{
	char buffer[4096];

	for (;;) {
		ssize_t n;

		if (wait_until(fd, deadline) == 0)
			return too_late(program, "answered", err);
		n = read(fd, buffer, sizeof(buffer));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(err, "read the answer of '%s'", program);
		if (n == 0)
			return 0;
		str_append(ret, buffer, (size_t) n);
		if (ret->len > ANSWER_MAX)
			return fail(err, EFBIG, "the answer of '%s' has more than %zu bytes",
				    program, ANSWER_MAX);
	}
}

/* It has closed its output, but need not have ended. */
static int wait_for_end(struct child *child, const char *program, int64_t deadline, int *ret_status,
			struct error *err)
{
	child->pidfd = (int) syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pidfd < 0)
		return fail_errno(err, "watch '%s'", program);
	if (wait_until(child->pidfd, deadline) == 0)
		return too_late(program, "ended", err);
	return child_wait(child, ret_status) < 0 ? fail_errno(err, "wait for '%s'", program) : 0;
}

static int ask(const char *program, const char *server, struct str *ret, int *ret_status,
	       struct error *err)
{
	auto_child child = CHILD_NONE;
	auto_fd in = -1;
	auto_fd reader = -1;
	auto_fd writer = -1;
	int64_t deadline = monotonic_ms() + ANSWER_LIMIT_MS;
	int fds[2];

	if (make_input(server, &in, err) < 0)
		return -err->code;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return fail_errno(err, "make a pipe");
	reader = fds[0];
	writer = fds[1];
	child.pid = fork();
	if (child.pid == 0)
		run_child(program, in, writer);
	if (child.pid < 0)
		return fail_errno(err, "start '%s'", program);
	cleanup_fd(&writer);
	if (read_answer(reader, program, deadline, ret, err) < 0)
		return -err->code;
	return wait_for_end(&child, program, deadline, ret_status, err);
}

static int parse_answer(const char *program, const struct str *text, struct credentials *ret,
			struct error *err)
{
	struct helper_answer answer = { 0 };
	struct oci_error why;
	int r = oci_parse(&helper_answer_desc, &answer, text->data ? text->data : "", text->len,
			  &why);

	if (r < 0)
		return fail(err, -r, "the answer of '%s': %s: %s", program, why.path, why.text);
	if (answer.username && strcmp(answer.username, "<token>") == 0)
		ret->identity_token = TAKE_PTR(answer.secret);
	else if (answer.username && answer.secret) {
		ret->user = TAKE_PTR(answer.username);
		ret->password = TAKE_PTR(answer.secret);
	}
	oci_release(&helper_answer_desc, &answer);
	return 0;
}

int helper_get(const char *name, const char *server, struct credentials *ret, struct error *err)
{
	auto_free char *program = xasprintf("docker-credential-%s", name);
	auto_str answer = { 0 };
	int status;

	if (!is_helper_name(name))
		return fail_as(err, ERROR_CONFIG, EINVAL, "'%.100s' is no credential helper's name",
			       name);
	if (ask(program, server, &answer, &status, err) < 0)
		return -err->code;
	if (exit_code(status) == 127)
		return fail(err, ENOENT, "there is no program '%s' in $PATH", program);
	if (status != 0 && answer.data && strstr(answer.data, "credentials not found"))
		return 0;
	if (status != 0)
		return fail(err, EIO, "'%s get' failed for '%s' (exit status %d): %.200s", program,
			    server, exit_code(status), answer.data ? answer.data : "");
	return parse_answer(program, &answer, ret, err);
}
