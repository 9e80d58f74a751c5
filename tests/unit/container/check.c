/* check.c - configurations that must not come to life, and what is said of each */
#include "container/check.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "libocispec/document.h"
#include "tests/unit/container/suites.h"

#define BASE "\"ociVersion\": \"1.2.0\", \"root\": {\"path\": \"rootfs\"}"
#define PROCESS "\"process\": {\"cwd\": \"/\", \"args\": [\"sh\"]}"
#define NAME_64 "a-name-of-64-bytes-as-long-as-the-kernel-has-room-for-in-uname-2"
#define MOUNT_NS "\"namespaces\": [{\"type\": \"mount\"}]"

static const struct {
	const char *json;
	const char *where; /* NULL: good */
	const char *text;
} rows[] = {
	{ "{" BASE "," PROCESS ", \"linux\": {" MOUNT_NS "}}", NULL, NULL },
	{ "{\"ociVersion\": \"2.0.0\", \"root\": {\"path\": \"r\"}}", "ociVersion",
	  "version '2.0.0' is not supported" },
	{ "{\"ociVersion\": \"1.0.0\"}", "root", "is required" },
	{ "{" BASE "}", "process", "is required" },
	{ "{" BASE "," PROCESS "}", "linux", "is required" },
	{ "{" BASE ", \"process\": {\"cwd\": \"/\"}, \"linux\": {}}", "process.args",
	  "names no program" },
	{ "{" BASE ", \"process\": {\"cwd\": \"/\", \"args\": [\"\"]}, \"linux\": {}}",
	  "process.args", "names no program" },
	{ "{" BASE ", \"process\": {\"cwd\": \"x/y\", \"args\": [\"a\"]}, \"linux\": {}}",
	  "process.cwd", "'x/y' is not an absolute path" },
	{ "{" BASE ", \"process\": {\"cwd\": \"/\", \"args\": [\"a\"], \"user\": "
	  "{\"uid\": 4294967295, \"gid\": 0}}, \"linux\": {}}",
	  "process.user.uid", "4294967295 is no user" },
	{ "{" BASE ", \"process\": {\"cwd\": \"/\", \"args\": [\"a\"], \"user\": "
	  "{\"uid\": 0, \"gid\": 0, \"additionalGids\": [1, 4294967295]}}, \"linux\": {}}",
	  "process.user.additionalGids[1]", "4294967295 is no group" },
	{ "{" BASE ", \"process\": {\"cwd\": \"/\", \"args\": [\"a\"], \"user\": "
	  "{\"uid\": 0, \"gid\": 0, \"umask\": 512}}, \"linux\": {}}",
	  "process.user.umask", "01000 is above 0777" },
	{ "{" BASE "," PROCESS ", \"hostname\": \"" NAME_64 "\", \"linux\": {" MOUNT_NS "}}", NULL,
	  NULL },
	{ "{" BASE "," PROCESS ", \"hostname\": \"" NAME_64 "x\", \"linux\": {}}", "hostname",
	  "is longer than the kernel's 64 bytes" },
	{ "{" BASE "," PROCESS ", \"linux\": {}, \"annotations\": {\"run.oci.handler\": \"krun\"}}",
	  "annotations[\"run.oci.handler\"]", "is not supported" },
	{ "{" BASE "," PROCESS ", \"linux\": {\"devices\": [{\"type\": \"p\", \"path\": \"/p\", "
	  "\"gid\": 4294967295}]}}",
	  "linux.devices[0].gid", "4294967295 is no id" },
	{ "{" BASE "," PROCESS ", \"linux\": {\"maskedPaths\": [\"/a\", \"b\"]}}",
	  "linux.maskedPaths[1]", "'b' is not an absolute path" },
	{ "{" BASE "," PROCESS ", \"linux\": {\"readonlyPaths\": [\"b\"]}}",
	  "linux.readonlyPaths[0]", "'b' is not an absolute path" },
	{ "{" BASE "," PROCESS ", \"linux\": {\"intelRdt\": {\"closID\": \"..\"}}}",
	  "linux.intelRdt.closID", "no name of a class of service" },
	{ "{" BASE "," PROCESS ", \"linux\": {}, \"hooks\": {\"poststop\": [{\"path\": \"a\"}]}}",
	  "hooks.poststop[0].path", "'a' is not an absolute path" },
};

static const struct {
	const char *json;
	const char *where;
	const char *text;
} plan_rows[] = {
	{ "{" BASE "," PROCESS ", \"linux\": {" MOUNT_NS "}}", NULL, NULL },
	{ "{" BASE "," PROCESS ", \"linux\": {}}", "linux.namespaces", "needs a mount namespace" },
	{ "{" BASE "," PROCESS ", \"hostname\": \"h\", \"linux\": {" MOUNT_NS "}}", "hostname",
	  "no uts namespace" },
	{ "{" BASE "," PROCESS ", \"domainname\": \"h\", \"linux\": {" MOUNT_NS "}}", "domainname",
	  "no uts namespace" },
	{ "{" BASE "," PROCESS
	  ", \"linux\": {\"namespaces\": [{\"type\": \"mount\"}, {\"type\": \"user\"}]}}",
	  "linux.uidMappings", "a new user namespace needs them" },
	{ "{" BASE "," PROCESS ", \"linux\": {" MOUNT_NS
	  ", \"gidMappings\": [{\"containerID\": 0, \"hostID\": 1, \"size\": 1}]}}",
	  "linux.gidMappings", "there is no user namespace" },
	{ "{" BASE "," PROCESS ", \"linux\": {" MOUNT_NS
	  ", \"sysctl\": {\"net.ipv4.ip_forward\": \"1\"}}}",
	  "linux.sysctl", "net.ipv4.ip_forward" },
	{ "{" BASE "," PROCESS ", \"linux\": {" MOUNT_NS ", \"netDevices\": {\"eth0\": {}}}}",
	  "linux.netDevices", "there is no network namespace" },
};

static void parse(const char *json, struct oci_config *ret)
{
	struct oci_error reason;

	ck_assert_msg(oci_parse(&oci_config_desc, ret, json, strlen(json), &reason) == 0, "%s: %s",
		      reason.path, reason.text);
}

static void expect(int r, const struct error *err, const char *where, const char *text)
{
	if (!where) {
		ck_assert_int_eq(r, 0);
		return;
	}
	ck_assert_int_lt(r, 0);
	ck_assert_str_eq(err->where, where);
	ck_assert_msg(strstr(err->text, text), "'%s' does not hold '%s'", err->text, text);
}

START_TEST(configurations)
{
	struct oci_config config = { 0 };
	struct error err;

	parse(rows[_i].json, &config);
	expect(config_check(&config, CGROUP_MANAGER_CGROUPFS, &err), &err, rows[_i].where,
	       rows[_i].text);
	oci_release(&oci_config_desc, &config);
}
END_TEST

START_TEST(against_the_plan)
{
	struct namespace_request requests[NAMESPACES_MAX];
	struct oci_config config = { 0 };
	struct launch_plan plan;
	struct error err;
	size_t n;

	parse(plan_rows[_i].json, &config);
	ck_assert_int_eq(namespace_requests_open(config.linux->namespaces.items,
						 config.linux->namespaces.n, requests, &n, &err),
			 0);
	ck_assert_int_eq(launch_plan(requests, n, false, &plan, &err), 0);
	expect(plan_check(&config, &plan, &err), &err, plan_rows[_i].where, plan_rows[_i].text);
	oci_release(&oci_config_desc, &config);
}
END_TEST

START_TEST(who_gets_the_terminal)
{
	struct oci_process process = { .terminal = true };
	struct oci_config config = { .process = &process };
	struct create_options options = { 0 };
	struct error err;

	ck_assert_int_eq(options_check(&config, &options, true, 0, &err), 0);
	ck_assert_int_eq(options_check(&config, &options, false, 0, &err), -EINVAL);
	options.console_socket = "s";
	ck_assert_int_eq(options_check(&config, &options, false, 0, &err), 0);
	process.terminal = false;
	ck_assert_int_eq(options_check(&config, &options, false, 0, &err), -EINVAL);
	options.console_socket = NULL;
	ck_assert_int_eq(options_check(&config, &options, false, 1000, &err), -EBADF);
	ck_assert_int_eq(err.class, ERROR_USAGE);
}
END_TEST

Suite *container_check_suite(void)
{
	Suite *suite = suite_create("container/check");
	TCase *tcase = tcase_create("check");

	tcase_add_loop_test(tcase, configurations, 0, (int) ARRAY_SIZE(rows));
	tcase_add_loop_test(tcase, against_the_plan, 0, (int) ARRAY_SIZE(plan_rows));
	tcase_add_test(tcase, who_gets_the_terminal);
	suite_add_tcase(suite, tcase);
	return suite;
}
