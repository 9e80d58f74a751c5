/* plan.c - namespace lists and the system calls they become, case by case */
#include "container/plan.h"

#include <errno.h>
#include <linux/sched.h>
#include <string.h>

#include "tests/unit/container/suites.h"

/* clang-format off */
#define NEW(flag) { CLONE_NEW##flag, -1, false }
#define JOIN_OURS(flag, fd) { CLONE_NEW##flag, fd, true }	/* its owner is our user namespace */
#define JOIN_OTHER(flag, fd) { CLONE_NEW##flag, fd, false }
/* clang-format on */

static const struct {
	const char *name;
	struct namespace_request requests[NAMESPACES_MAX];
	size_t n;
	bool has_time_offsets;
	struct {
		uint64_t clone_flags, stage_clone_flags, late_unshare;
		bool has_stage, makes_user, makes_time, host_makes_network;
		int before[4], after[4]; /* fds, 0 ends */
	} expected;
} rows[] = {
	/* clang-format off */
	{ "nothing", { { 0, -1, false } }, 0, false, { 0 } },
	{ "the default specification",
	  { NEW(PID), NEW(NET), NEW(IPC), NEW(UTS), NEW(NS), NEW(CGROUP) }, 6, false,
	  { .clone_flags = CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS,
	    .host_makes_network = true,
	    .late_unshare = CLONE_NEWCGROUP } },
	{ "a new user namespace comes with the clone, ipc follows",
	  { NEW(USER), NEW(NS), NEW(IPC), NEW(PID) }, 4, false,
	  { .clone_flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID,
	    .late_unshare = CLONE_NEWIPC } },
	{ "a new network that a new user namespace is to own", { NEW(USER), NEW(NET) }, 2, false,
	  { .clone_flags = CLONE_NEWUSER | CLONE_NEWNET } },
	{ "a new network beside a pid namespace to join: the stage's child gets it",
	  { JOIN_OURS(PID, 7), NEW(NET) }, 2, false,
	  { .has_stage = true, .stage_clone_flags = CLONE_NEWNET, .after = { 7 } } },
	{ "a network namespace to join: init does it",
	  { NEW(NS), JOIN_OURS(NET, 7), NEW(PID) }, 3, false,
	  { .clone_flags = CLONE_NEWNS | CLONE_NEWPID, .after = { 7 } } },
	{ "a pid namespace to join: its child is in it",
	  { NEW(NS), JOIN_OURS(PID, 7), NEW(UTS) }, 3, false,
	  { .has_stage = true, .stage_clone_flags = CLONE_NEWNS | CLONE_NEWUTS, .after = { 7 } } },
	{ "a new user namespace beside the host's network",
	  { NEW(NS), NEW(USER), JOIN_OURS(NET, 7) }, 3, false,
	  { .has_stage = true, .makes_user = true, .stage_clone_flags = CLONE_NEWNS,
	    .before = { 7 } } },
	{ "a new user namespace beside a network of a third: inside, if at all",
	  { NEW(NS), NEW(USER), JOIN_OTHER(NET, 7) }, 3, false,
	  { .clone_flags = CLONE_NEWNS | CLONE_NEWUSER, .after = { 7 } } },
	{ "a user namespace to join, with what belongs to it",
	  { JOIN_OTHER(NET, 8), NEW(NS), JOIN_OTHER(USER, 7) }, 3, false,
	  { .has_stage = true, .stage_clone_flags = CLONE_NEWNS, .after = { 7, 8 } } },
	{ "a user namespace to join, with what belongs to the host",
	  { JOIN_OURS(NET, 8), NEW(NS), JOIN_OTHER(USER, 7), NEW(IPC) }, 4, false,
	  { .has_stage = true, .stage_clone_flags = CLONE_NEWNS, .before = { 8 }, .after = { 7 },
	    .late_unshare = CLONE_NEWIPC } },
	{ "user and pid namespaces to join",
	  { JOIN_OTHER(PID, 8), NEW(NS), JOIN_OTHER(USER, 7) }, 3, false,
	  { .has_stage = true, .stage_clone_flags = CLONE_NEWNS, .after = { 7, 8 } } },
	{ "a new time namespace without offsets", { NEW(TIME), NEW(NS) }, 2, false,
	  { .clone_flags = CLONE_NEWTIME | CLONE_NEWNS } },
	{ "a new time namespace with offsets", { NEW(TIME), NEW(NS), NEW(PID) }, 3, true,
	  { .has_stage = true, .makes_time = true,
	    .stage_clone_flags = CLONE_NEWNS | CLONE_NEWPID } },
	{ "a time namespace to join", { JOIN_OURS(TIME, 7), NEW(NS) }, 2, false,
	  { .clone_flags = CLONE_NEWNS, .after = { 7 } } },
	{ "the mount namespace is joined last",
	  { JOIN_OURS(NS, 7), JOIN_OURS(CGROUP, 8), JOIN_OURS(UTS, 9) }, 3, false,
	  { .after = { 9, 8, 7 } } },
	/* clang-format on */
};

static void check_joins(const char *name, const struct join_list *list, const int expected[4])
{
	size_t n = 0;

	while (n < 4 && expected[n])
		n++;
	ck_assert_msg(list->n == n, "%s: %zu joins, not %zu", name, list->n, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(list->items[i].fd == expected[i], "%s: join %zu is %d, not %d", name,
			      i, list->items[i].fd, expected[i]);
}

START_TEST(plans)
{
	struct launch_plan plan;
	struct error err;

	ck_assert_int_eq(launch_plan(rows[_i].requests, rows[_i].n, rows[_i].has_time_offsets,
				     &plan, &err),
			 0);
	ck_assert_uint_eq(plan.clone_flags, rows[_i].expected.clone_flags);
	ck_assert_uint_eq(plan.stage_clone_flags, rows[_i].expected.stage_clone_flags);
	ck_assert_uint_eq(plan.late_unshare, rows[_i].expected.late_unshare);
	ck_assert_int_eq(plan.has_stage, rows[_i].expected.has_stage);
	ck_assert_int_eq(plan.makes_user, rows[_i].expected.makes_user);
	ck_assert_int_eq(plan.makes_time, rows[_i].expected.makes_time);
	ck_assert_int_eq(plan.host_makes_network, rows[_i].expected.host_makes_network);
	check_joins(rows[_i].name, &plan.joins_before, rows[_i].expected.before);
	check_joins(rows[_i].name, &plan.joins, rows[_i].expected.after);
}
END_TEST

START_TEST(a_host_that_cannot_come_back)
{
	static const struct namespace_request fresh[] = { NEW(NET), NEW(NS) };
	struct launch_plan plan;
	struct error err;

	ck_assert_int_eq(launch_plan(fresh, 2, false, &plan, &err), 0);
	launch_plan_clone_network(&plan);
	ck_assert(!plan.host_makes_network);
	ck_assert_uint_eq(plan.clone_flags, CLONE_NEWNET | CLONE_NEWNS);
	ck_assert_int_eq(launch_plan(&fresh[1], 1, false, &plan, &err), 0);
	launch_plan_clone_network(&plan);
	ck_assert_uint_eq(plan.clone_flags, CLONE_NEWNS);
}
END_TEST

START_TEST(offsets_need_a_new_namespace)
{
	static const struct namespace_request joined[] = { JOIN_OURS(TIME, 7), NEW(NS) };
	struct launch_plan plan;
	struct error err;

	ck_assert_int_eq(launch_plan(joined, 2, true, &plan, &err), -EINVAL);
	ck_assert_str_eq(err.where, "linux.timeOffsets");
}
END_TEST

START_TEST(unknown_and_repeated_types)
{
	struct oci_namespace list[] = { { .type = "mount" }, { .type = "mount" } };
	struct namespace_request requests[NAMESPACES_MAX];
	struct error err;
	size_t n;

	ck_assert_int_eq(namespace_requests_open(list, 2, requests, &n, &err), -EINVAL);
	ck_assert_str_eq(err.where, "linux.namespaces[1].type");
	ck_assert_ptr_nonnull(strstr(err.text, "'mount' is there twice"));
	list[1].type = "moon";
	ck_assert_int_eq(namespace_requests_open(list, 2, requests, &n, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "unknown namespace 'moon'"));
}
END_TEST

/* A path to the host's own namespace is the host's: hostname and net sysctls must stay refused. */
START_TEST(own_namespaces_are_no_request)
{
	struct oci_namespace list[] = {
		{ .type = "network", .path = "/proc/self/ns/net" },
		{ .type = "mount" },
		{ .type = "user", .path = "/proc/self/ns/user" },
	};
	struct namespace_request requests[NAMESPACES_MAX];
	struct launch_plan plan;
	struct error err;
	size_t n;

	ck_assert_int_eq(namespace_requests_open(list, 3, requests, &n, &err), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(launch_plan(requests, n, false, &plan, &err), 0);
	ck_assert_uint_eq(plan.own, CLONE_NEWNS);
}
END_TEST

Suite *container_plan_suite(void)
{
	Suite *suite = suite_create("container/plan");
	TCase *tcase = tcase_create("plan");

	tcase_add_loop_test(tcase, plans, 0, (int) (sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tcase, a_host_that_cannot_come_back);
	tcase_add_test(tcase, offsets_need_a_new_namespace);
	tcase_add_test(tcase, own_namespaces_are_no_request);
	tcase_add_test(tcase, unknown_and_repeated_types);
	suite_add_tcase(suite, tcase);
	return suite;
}
