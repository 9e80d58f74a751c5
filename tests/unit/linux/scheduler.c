/* scheduler.c - scheduling policies */
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#include "base/text.h"
#include "linux/scheduler.h"
#include "tests/unit/linux/suites.h"

static char *reset[] = { "SCHED_FLAG_RESET_ON_FORK", NULL };
static char *keep[] = { "SCHED_FLAG_KEEP_POLICY", NULL };
static char *unknown_flag[] = { "SCHED_FLAG_FAST", NULL };

#define DEADLINE                                                                                   \
	"process.scheduler: SCHED_DEADLINE needs a runtime, which is not above the deadline, nor " \
	"that above the period: "

static const struct {
	struct oci_scheduler config;
	const char *text; /* NULL: good */
} rows[] = {
	{ { .policy = "SCHED_OTHER", .nice = { true, -20 } }, NULL },
	{ { .policy = "SCHED_BATCH", .nice = { true, 19 }, .flags = { 1, reset } }, NULL },
	{ { .policy = "SCHED_FIFO", .priority = { true, 99 } }, NULL },
	{ { .policy = "SCHED_DEADLINE",
	    .runtime = { true, 1 },
	    .deadline = { true, 2 },
	    .period = { true, 2 } },
	  NULL },
	{ { .policy = "SCHED_DEADLINE", .runtime = { true, 2 }, .deadline = { true, 2 } }, NULL },
	{ { .policy = "SCHED_DEADLINE", .flags = { 1, keep } }, NULL },
	{ { .policy = "SCHED_DEADLINE" }, DEADLINE "0, 0, 0 ns" },
	{ { .policy = "SCHED_DEADLINE", .runtime = { true, 3 }, .deadline = { true, 2 } },
	  DEADLINE "3, 2, 2 ns" },
	{ { .policy = "SCHED_DEADLINE",
	    .runtime = { true, 1 },
	    .deadline = { true, 3 },
	    .period = { true, 2 } },
	  DEADLINE "1, 3, 2 ns" },
	{ { .policy = "SCHED_FAST" }, "process.scheduler.policy: unknown policy 'SCHED_FAST'" },
	{ { .policy = "SCHED_OTHER", .nice = { true, 20 } },
	  "process.scheduler.nice: 20 is not between -20 and 19" },
	{ { .policy = "SCHED_OTHER", .priority = { true, 1 } },
	  "process.scheduler.priority: 1 is not between 0 and 0 for SCHED_OTHER" },
	{ { .policy = "SCHED_RR" },
	  "process.scheduler.priority: 0 is not between 1 and 99 for SCHED_RR" },
	{ { .policy = "SCHED_OTHER", .period = { true, 5 } },
	  "process.scheduler: runtime, deadline and period are SCHED_DEADLINE's, not "
	  "SCHED_OTHER's" },
	{ { .policy = "SCHED_OTHER", .flags = { 1, unknown_flag } },
	  "process.scheduler.flags[0]: unknown flag 'SCHED_FLAG_FAST'" },
};

START_TEST(policies_are_checked)
{
	struct error err = { 0 };
	int r = scheduler_check(&rows[_i].config, &err);

	ck_assert_str_eq(err.text, rows[_i].text ? rows[_i].text : "");
	ck_assert_int_eq(r < 0, rows[_i].text != NULL);
}
END_TEST

START_TEST(policy_is_set)
{
	const struct oci_scheduler batch = { .policy = "SCHED_BATCH",
					     .nice = { true, 7 },
					     .flags = { 1, reset } };
	struct error err;

	ck_assert_int_eq(scheduler_check(NULL, &err), 0);
	ck_assert_int_eq(scheduler_apply(NULL, &err), 0);
	ck_assert_msg(scheduler_apply(&batch, &err) == 0, "%s", err.text);
	ck_assert_int_eq(sched_getscheduler(0), SCHED_BATCH | SCHED_RESET_ON_FORK);
	ck_assert_int_eq(getpriority(PRIO_PROCESS, 0), 7);
}
END_TEST

Suite *linux_scheduler_suite(void)
{
	Suite *suite = suite_create("linux/scheduler");
	TCase *tests = tcase_create("scheduler");

	tcase_add_loop_test(tests, policies_are_checked, 0, ARRAY_SIZE(rows));
	tcase_add_test(tests, policy_is_set);
	suite_add_tcase(suite, tests);
	return suite;
}
