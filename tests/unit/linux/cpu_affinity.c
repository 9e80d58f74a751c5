/* cpu_affinity.c - lists of CPUs checked and applied */
#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "linux/cpu_affinity.h"
#include "tests/unit/linux/suites.h"

START_TEST(lists_are_checked)
{
	struct oci_exec_cpu_affinity config = { .initial = "0-3,7", .final = "8191" };
	struct error err;

	ck_assert_int_eq(cpu_affinity_check(NULL, &err), 0);
	ck_assert_int_eq(cpu_affinity_check(&config, &err), 0);
	config.final = "8192";
	ck_assert_int_eq(cpu_affinity_check(&config, &err), -EINVAL);
	ck_assert_str_eq(err.text, "process.execCPUAffinity.final: malformed list of CPUs '8192'");
	config.initial = "0,";
	ck_assert_int_eq(cpu_affinity_check(&config, &err), -EINVAL);
	ck_assert_str_eq(err.where, "process.execCPUAffinity.initial");
}
END_TEST

START_TEST(list_is_applied)
{
	cpu_set_t allowed, now;
	char text[16];
	struct error err;
	int cpu = 0;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	while (!CPU_ISSET(cpu, &allowed))
		cpu++;
	snprintf(text, sizeof(text), "%d", cpu);
	ck_assert_int_eq(cpu_affinity_apply(NULL, &err), 0);
	ck_assert_msg(cpu_affinity_apply(text, &err) == 0, "%s", err.text);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(now), &now), 0);
	ck_assert_int_eq(CPU_COUNT(&now), 1);
	ck_assert(CPU_ISSET(cpu, &now));
	ck_assert_int_eq(cpu_affinity_apply("8191", &err), -EINVAL);
	ck_assert_str_eq(err.text, "bind the process to the CPUs '8191': Invalid argument");
}
END_TEST

Suite *linux_cpu_affinity_suite(void)
{
	Suite *suite = suite_create("linux/cpu_affinity");
	TCase *tests = tcase_create("cpu_affinity");

	tcase_add_test(tests, lists_are_checked);
	tcase_add_test(tests, list_is_applied);
	suite_add_tcase(suite, tests);
	return suite;
}
