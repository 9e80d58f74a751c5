/* kill.c - tests of src/cgroup/kill.c, with real cgroups and processes */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/cgroup.h"
#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

static void check_ended_by(pid_t child, int signal)
{
	int status = real_reap(child);

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), signal);
}

static const int signals[] = { SIGKILL, SIGTERM };

/* More processes than one batch, in a cgroup and one below; a bystander is left alone. */
START_TEST(whole_tree)
{
	struct error err = { 0 };
	struct cgroup top, below, beside;
	pid_t children[70], child_below, bystander;

	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("/k", &top);
	real_make("/k/x/y", &below);
	real_make("/beside", &beside);
	for (size_t i = 0; i < ARRAY_SIZE(children); i++)
		children[i] = real_child(&top, NULL, NULL);
	child_below = real_child(&below, NULL, NULL);
	bystander = real_child(&beside, NULL, NULL);
	ck_assert_msg(cgroup_kill_all(&top, signals[_i], &err) == 0, "%s", err.text);
	for (size_t i = 0; i < ARRAY_SIZE(children); i++)
		check_ended_by(children[i], signals[_i]);
	check_ended_by(child_below, signals[_i]);
	ck_assert_int_eq(kill(bystander, SIGUSR1), 0);
	check_ended_by(bystander, SIGUSR1);
	cgroup_release(&below);
	cgroup_undo(&beside);
	cgroup_undo(&top); /* with the parent, which it made */
}
END_TEST

START_TEST(frozen_ones_too)
{
	struct error err = { 0 };
	struct cgroup cgroup;
	pid_t child;

	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("", &cgroup);
	child = real_child(&cgroup, NULL, NULL);
	ck_assert_int_eq(file_put(cgroup.fd, "cgroup.freeze", "1"), 0);
	ck_assert_int_eq(cgroup_kill_all(&cgroup, SIGKILL, &err), 0);
	check_ended_by(child, SIGKILL);
	cgroup_undo(&cgroup);
}
END_TEST

START_TEST(gone_or_none)
{
	struct cgroup none = CGROUP_NONE, cgroup;
	struct error err = { 0 };

	ck_assert_int_eq(cgroup_kill_all(&none, SIGTERM, &err), 0);
	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("", &cgroup);
	ck_assert_int_eq(cgroup_delete(cgroup.mount, cgroup.path, &err), 0);
	ck_assert_int_eq(cgroup_kill_all(&cgroup, SIGTERM, &err), 0);
	ck_assert_int_eq(cgroup_kill_all(&cgroup, SIGKILL, &err), 0);
	ck_assert(cgroup_is_empty(&cgroup));
	cgroup_release(&cgroup);
}
END_TEST

START_TEST(bad_signal)
{
	struct error err = { 0 };
	struct cgroup cgroup;
	pid_t child;

	if (real_problem())
		unit_skip("%s", real_problem());
	real_make("", &cgroup);
	child = real_child(&cgroup, NULL, NULL);
	ck_assert_int_eq(cgroup_kill_all(&cgroup, 4711, &err), -EINVAL);
	ck_assert_int_eq(err.class, ERROR_CGROUP);
	cgroup_undo(&cgroup);
	check_ended_by(child, SIGKILL);
}
END_TEST

Suite *cgroup_kill_suite(void)
{
	Suite *s = suite_create("cgroup/kill");
	TCase *t = tcase_create("kill");

	tcase_set_timeout(t, 20);
	tcase_add_unchecked_fixture(t, real_setup, real_teardown);
	tcase_add_loop_test(t, whole_tree, 0, ARRAY_SIZE(signals));
	tcase_add_test(t, frozen_ones_too);
	tcase_add_test(t, gone_or_none);
	tcase_add_test(t, bad_signal);
	suite_add_tcase(s, t);
	return s;
}
