/* scratch.h - directories that play cgroups, and real cgroups that go away after the test */
#ifndef TESTS_UNIT_CGROUP_SCRATCH_H
#define TESTS_UNIT_CGROUP_SCRATCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup/cgroup.h"

/* Fixture for tests with files: an empty directory of the test's own, removed with all in it. */
extern char scratch_dir[];
void scratch_setup(void);
void scratch_teardown(void);

/* A file below scratch_dir, with its directories. */
void scratch_write(const char *path, const char *text);

void scratch_remove(const char *path);

/* The file's content, without a newline at its end; "(absent)" when it is not there.  The answer
 * is overwritten by the next call. */
const char *scratch_read(const char *path);

/* A struct cgroup for scratch_dir itself, as though it were mounted there. */
struct cgroup scratch_cgroup(void);

/* Unchecked fixture for tests with real cgroups, all below real_path (from the mount): ends and
 * removes what a test left, and restores the root's cgroup.subtree_control. */
extern char real_path[];
extern const char *real_mount;
void real_setup(void);
void real_teardown(void);

/* NULL where real cgroups can be made; else why not. */
const char *real_problem(void);

/* Makes real_path + sub ("" or "/a/b"), or fails the test. */
void real_make(const char *sub, struct cgroup *ret);

/* A child that moves itself into the cgroup before it returns, and then runs body(arg), or waits
 * for ever when body is NULL. */
pid_t real_child(const struct cgroup *cgroup, int (*body)(void *), void *arg);

/* Waits for the child; returns waitpid(2)'s status. */
int real_reap(pid_t pid);

#endif
