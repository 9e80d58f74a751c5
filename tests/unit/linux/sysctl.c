/* sysctl.c - which kernel parameters a container may set, and that they are set */
#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "linux/procfs.h"
#include "linux/sysctl.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

#define ALL (CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWUSER)
#define NO_NAMESPACE(type) \
	"would change the host: the container has no " type " namespace of its own"

static const struct {
	const char *key;
	uint64_t own;
	const char *text; /* what follows the key; NULL: good */
} keys[] = {
	{ "net.ipv4.ip_forward", CLONE_NEWNET, NULL },
	{ "net/ipv4/ip_forward", CLONE_NEWNET, NULL },
	{ "net.ipv4.ip_forward", ALL & ~CLONE_NEWNET, NO_NAMESPACE("network") },
	{ "kernel.shmmax", CLONE_NEWIPC, NULL },
	{ "kernel.sem", CLONE_NEWIPC, NULL },
	{ "kernel.msgmax", ALL & ~CLONE_NEWIPC, NO_NAMESPACE("ipc") },
	{ "fs.mqueue.msg_max", CLONE_NEWIPC, NULL },
	{ "fs.mqueue.msg_max", 0, NO_NAMESPACE("ipc") },
	{ "kernel.domainname", CLONE_NEWUTS, NULL },
	{ "kernel.hostname", 0, NO_NAMESPACE("uts") },
	{ "user.max_net_namespaces", CLONE_NEWUSER, NULL },
	{ "user.max_net_namespaces", ALL & ~CLONE_NEWUSER, NO_NAMESPACE("user") },
	{ "kernel.core_pattern", ALL, "belongs to no namespace: it would change the host" },
	{ "kernel.shmmaxi", ALL, "belongs to no namespace: it would change the host" },
	{ "kernel.shmmax.x", ALL, "belongs to no namespace: it would change the host" },
	{ "netfilter.x", ALL, "belongs to no namespace: it would change the host" },
	{ "fs.file-max", ALL, "belongs to no namespace: it would change the host" },
	{ "net/../kernel/core_pattern", ALL, "is no parameter's name" },
	{ "net.//.kernel.core_pattern", ALL, "is no parameter's name" },
	{ "net/./x", ALL, "is no parameter's name" },
	{ "net//x", ALL, "is no parameter's name" },
	{ "net.", ALL, "is no parameter's name" },
	{ "/net/x", ALL, "is no parameter's name" },
	{ "", ALL, "is no parameter's name" },
};

START_TEST(keys_are_checked)
{
	struct oci_pair pair = { (char *) keys[_i].key, "1" };
	struct oci_string_map map = { 1, &pair };
	struct error err = { 0 };
	int r = sysctl_check(&map, keys[_i].own, false, false, &err);

	if (keys[_i].text) {
		auto_free char *text =
			xasprintf("linux.sysctl: '%s' %s", keys[_i].key, keys[_i].text);

		ck_assert_int_eq(r, -EINVAL);
		ck_assert_str_eq(err.text, text);
		ck_assert_str_eq(err.where, "linux.sysctl");
	} else {
		ck_assert_msg(r == 0, "%s", err.text);
	}
}
END_TEST

START_TEST(names_are_set_in_one_place)
{
	struct oci_pair host = { "kernel.hostname", "a" }, domain = { "kernel/domainname", "b" };
	struct oci_string_map map = { 1, &host };
	struct error err;

	ck_assert_int_eq(sysctl_check(&map, ALL, false, true, &err), 0);
	ck_assert_int_eq(sysctl_check(&map, ALL, true, false, &err), -EINVAL);
	ck_assert_str_eq(err.text, "linux.sysctl: 'kernel.hostname' is set by 'hostname' already");
	map.items = &domain;
	ck_assert_int_eq(sysctl_check(&map, ALL, true, false, &err), 0);
	ck_assert_int_eq(sysctl_check(&map, ALL, false, true, &err), -EINVAL);
	ck_assert_str_eq(err.text,
			 "linux.sysctl: 'kernel/domainname' is set by 'domainname' already");
}
END_TEST

START_TEST(values_are_set)
{
	struct oci_pair pairs[] = {
		{ "net.ipv4.ip_forward", "1" },
		{ "net/ipv4/conf/lo/forwarding", "0" },
		{ "kernel.msgmax", "4321" },
		{ "kernel.domainname", "example.org" },
	};
	struct oci_string_map map = { ARRAY_SIZE(pairs), pairs };
	struct error err;
	bool is_root = geteuid() == 0;

	throwaway_enter_or_skip(CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS);
	if (!is_root)
		map.n--; /* the file of the last one is the host's root's */
	auto_fd procfs = -1;
	ck_assert_int_eq(procfs_open(&procfs, &err), 0);
	ck_assert_msg(sysctl_apply(procfs, &map, &err) == 0, "%s", err.text);
	ck_assert_str_eq(first_line("/proc/sys/net/ipv4/ip_forward"), "1");
	ck_assert_str_eq(first_line("/proc/sys/net/ipv4/conf/lo/forwarding"), "0");
	ck_assert_str_eq(first_line("/proc/sys/kernel/msgmax"), "4321");
	if (is_root)
		ck_assert_str_eq(first_line("/proc/sys/kernel/domainname"), "example.org");
}
END_TEST

START_TEST(failure_names_the_key)
{
	struct oci_pair pair = { "net.ipv4.nothing", "1" };
	struct oci_string_map map = { 1, &pair };
	struct error err;

	throwaway_enter_or_skip(CLONE_NEWNET);
	auto_fd procfs = -1;
	ck_assert_int_eq(procfs_open(&procfs, &err), 0);
	ck_assert_int_eq(sysctl_apply(procfs, &map, &err), -ENOENT);
	ck_assert_str_eq(err.text,
			 "set the kernel parameter 'net.ipv4.nothing': open "
			 "'sys/net/ipv4/nothing' of procfs for writing: No such file or directory");
}
END_TEST

Suite *linux_sysctl_suite(void)
{
	Suite *suite = suite_create("linux/sysctl");
	TCase *tests = tcase_create("sysctl");

	tcase_add_loop_test(tests, keys_are_checked, 0, ARRAY_SIZE(keys));
	tcase_add_test(tests, names_are_set_in_one_place);
	tcase_add_test(tests, values_are_set);
	tcase_add_test(tests, failure_names_the_key);
	suite_add_tcase(suite, tests);
	return suite;
}
