/* scratch.c - see scratch.h */
#include "tests/unit/cgroup/scratch.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/controllers.h"

char scratch_dir[64];
char real_path[64];
const char *real_mount;

static unsigned int root_enabled;

void scratch_setup(void)
{
	strcpy(scratch_dir, "/tmp/coracle-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scratch_dir));
}

void scratch_teardown(void)
{
	struct error err;

	ck_assert_int_eq(dir_remove(AT_FDCWD, scratch_dir, &err), 0);
}

void scratch_write(const char *path, const char *text)
{
	auto_free char *file = xasprintf("%s/%s", scratch_dir, path);
	auto_free char *dir = xstrdup(file);
	struct error err;
	auto_fd fd = -1;

	*strrchr(dir, '/') = '\0';
	ck_assert_int_eq(dir_make(dir, 0755, &err), 0);
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t) strlen(text));
}

void scratch_remove(const char *path)
{
	auto_free char *file = xasprintf("%s/%s", scratch_dir, path);

	ck_assert_int_eq(unlink(file), 0);
}

const char *scratch_read(const char *path)
{
	static char text[512];
	auto_free char *file = xasprintf("%s/%s", scratch_dir, path);

	return file_peek(AT_FDCWD, file, text, sizeof(text)) < 0 ? "(absent)" : text;
}

struct cgroup scratch_cgroup(void)
{
	struct cgroup cgroup = {
		.mount = xstrdup(scratch_dir),
		.path = xstrdup("/"),
		.made_from = xstrdup("/"),
		.fd = open(scratch_dir, O_PATH | O_DIRECTORY | O_CLOEXEC),
	};

	ck_assert_int_ge(cgroup.fd, 0);
	return cgroup;
}

void real_setup(void)
{
	struct error err;
	auto_fd root = -1;

	snprintf(real_path, sizeof(real_path), "/coracle-unit-%d", (int) getpid());
	if (cgroup_find_mount(&real_mount, &err) < 0) {
		real_mount = NULL;
		return;
	}
	root = open(real_mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	controllers_read(root, "cgroup.subtree_control", &root_enabled);
}

void real_teardown(void)
{
	struct error err;
	unsigned int now = 0;
	auto_fd root = -1;

	if (!real_mount)
		return;
	if (cgroup_delete(real_mount, real_path, &err) < 0)
		fprintf(stderr, "%s\n", err.text);
	root = open(real_mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	controllers_read(root, "cgroup.subtree_control", &now);
	for (enum controller c = 0; c < CONTROLLER_COUNT; c++) {
		char command[32];

		if (!(now & ~root_enabled & CONTROLLER_BIT(c)))
			continue;
		snprintf(command, sizeof(command), "-%s", controller_name(c));
		if (file_put(root, "cgroup.subtree_control", command) < 0)
			fprintf(stderr, "'%s' stays enabled\n", controller_name(c));
	}
}

const char *real_problem(void)
{
	auto_free char *dir = NULL;

	if (!real_mount)
		return "no cgroup v2 hierarchy here";
	dir = xasprintf("%s%s-probe", real_mount, real_path);
	if (mkdir(dir, 0755) < 0)
		return "cgroups cannot be made here";
	rmdir(dir);
	return NULL;
}

void real_make(const char *sub, struct cgroup *ret)
{
	struct error err = { 0 };

	*ret = (struct cgroup){
		.mount = xstrdup(real_mount),
		.path = xasprintf("%s%s", real_path, sub),
		.fd = -1,
	};
	ck_assert_msg(cgroup_create(ret, NULL, &err) == 0, "%s", err.text);
}

pid_t real_child(const struct cgroup *cgroup, int (*body)(void *), void *arg)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		signal(SIGTERM, SIG_DFL); /* libcheck's handler ends the whole process group */
		if (file_put(cgroup->fd, "cgroup.procs", "0") < 0)
			_exit(99);
		if (write(ready[1], "x", 1) != 1)
			_exit(99);
		while (!body)
			pause();
		_exit(body(arg));
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

int real_reap(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}
