/* freeze.c - tests of src/cgroup/freeze.c, with real cgroups and processes */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cgroup/cgroup.h"
#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

/* The number of bytes that come through fd within 50 ms. */
static ssize_t heard(int fd)
{
	struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	char buf[4096];
	ssize_t n;

	nanosleep(&pause, NULL);
	n = read(fd, buf, sizeof(buf));
	return n < 0 && errno == EAGAIN ? 0 : n;
}

/* Whether something comes: a busy machine may take its time. */
static bool goes_on(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 10000) == 1;
}

static int tick(void *arg)
{
	struct timespec pause = { .tv_nsec = 1000 * 1000 };
	int fd = *(int *) arg;

	while (write(fd, "x", 1) == 1)
		nanosleep(&pause, NULL);
	return 1;
}

START_TEST(stops_and_goes_on)
{
	struct error err = { 0 };
	struct cgroup top, below;
	int pipe_fds[2];
	pid_t child;

	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("/f", &top);
	real_make("/f/x/y", &below);
	ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	child = real_child(&below, tick, &pipe_fds[1]);
	ck_assert(goes_on(pipe_fds[0]));

	ck_assert_msg(cgroup_freeze(&top, true, 5000, &err) == 0, "%s", err.text);
	ck_assert(cgroup_is_frozen(&top) && cgroup_is_frozen(&below));
	heard(pipe_fds[0]);
	ck_assert_int_eq(heard(pipe_fds[0]), 0);

	ck_assert_msg(cgroup_freeze(&top, false, 5000, &err) == 0, "%s", err.text);
	ck_assert(!cgroup_is_frozen(&top) && !cgroup_is_frozen(&below));
	ck_assert(goes_on(pipe_fds[0]));

	kill(child, SIGKILL);
	real_reap(child);
	cgroup_release(&below);
	cgroup_undo(&top);
}
END_TEST

START_TEST(an_ancestor_keeps_it_frozen)
{
	struct error err = { 0 };
	struct cgroup top, below;

	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("/f", &top);
	real_make("/f/x", &below);
	ck_assert_int_eq(cgroup_freeze(&top, true, 5000, &err), 0);
	ck_assert_int_eq(cgroup_freeze(&below, false, 20, &err), -ETIMEDOUT);
	ck_assert_int_eq(err.class, ERROR_CGROUP);
	ck_assert_msg(strstr(err.text, "waited 20 ms for 'frozen 0' in its 'cgroup.events'"), "%s",
		      err.text);
	ck_assert_int_eq(cgroup_freeze(&top, false, 5000, &err), 0);
	cgroup_release(&below);
	cgroup_undo(&top);
}
END_TEST

/* A directory without the kernel behind it: the event never comes, and the freezing is undone. */
START_TEST(what_does_not_freeze_runs_on)
{
	struct cgroup cgroup = scratch_cgroup();
	struct error err = { 0 };

	scratch_write("cgroup.events", "populated 1\nfrozen 0\n");
	scratch_write("cgroup.freeze", "0");
	scratch_write("cgroup.procs", "1\n");
	ck_assert_int_eq(cgroup_freeze(&cgroup, true, 10, &err), -ETIMEDOUT);
	ck_assert_msg(strstr(err.text, "waited 10 ms for 'frozen 1'"), "%s", err.text);
	ck_assert_str_eq(scratch_read("cgroup.freeze"), "0");
	cgroup_release(&cgroup);
}
END_TEST

START_TEST(one_that_has_gone)
{
	struct cgroup cgroup = scratch_cgroup();
	struct error err = { 0 };

	ck_assert_int_eq(cgroup_freeze(&cgroup, true, 10, &err), -ENOENT);
	ck_assert_int_eq(err.class, ERROR_CGROUP);
	cgroup_release(&cgroup);
}
END_TEST

Suite *cgroup_freeze_suite(void)
{
	Suite *s = suite_create("cgroup/freeze");
	TCase *real = tcase_create("real"), *files = tcase_create("files");

	tcase_add_unchecked_fixture(real, real_setup, real_teardown);
	tcase_add_test(real, stops_and_goes_on);
	tcase_add_test(real, an_ancestor_keeps_it_frozen);
	suite_add_tcase(s, real);
	tcase_add_checked_fixture(files, scratch_setup, scratch_teardown);
	tcase_add_test(files, what_does_not_freeze_runs_on);
	tcase_add_test(files, one_that_has_gone);
	suite_add_tcase(s, files);
	return s;
}
