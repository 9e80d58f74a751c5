/* capabilities.c - capability names, and the sets that a process ends with */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <unistd.h>

#include "base/text.h"
#include "linux/capabilities.h"
#include "linux/user.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

#define BIT(capability) (UINT64_C(1) << (capability))

static struct oci_strings strings(char **items)
{
	size_t n = 0;

	while (items && items[n])
		n++;
	return (struct oci_strings){ .n = n, .items = items };
}

#define LIST(...) strings((char *[]){ __VA_ARGS__, NULL })

/* libcap is the authority on names; this kernel may know later ones than both. */
START_TEST(names_are_those_of_libcap)
{
	const char *const *names = capability_names();
	cap_value_t value;
	int n = 0;

	for (; names[n]; n++) {
		ck_assert_msg(cap_from_name(names[n], &value) == 0, "%s", names[n]);
		ck_assert_int_eq(value, n);
	}
	ck_assert_int_gt(n, CAP_AUDIT_READ);
	ck_assert_int_eq(n, cap_max_bits());
}
END_TEST

static char *chown_only[] = { "CAP_CHOWN", NULL };
static char *unknown[] = { "CAP_CHOWN", "CAP_KILL", "CAP_FLY", NULL };
static char *lower_case[] = { "cap_chown", NULL };
static char *kill_only[] = { "CAP_KILL", NULL };

static const struct {
	char **bounding, **effective, **inheritable, **permitted, **ambient;
	const char *text;
} refused[] = {
	{ .bounding = unknown,
	  .text = "process.capabilities.bounding[2]: unknown capability 'CAP_FLY'" },
	{ .ambient = lower_case,
	  .text = "process.capabilities.ambient[0]: unknown capability 'cap_chown'" },
	{ .permitted = chown_only,
	  .effective = kill_only,
	  .text = "process.capabilities.effective: CAP_KILL is not in the permitted set" },
	{ .bounding = chown_only,
	  .inheritable = kill_only,
	  .text = "process.capabilities.inheritable: CAP_KILL is not in the bounding set" },
};

START_TEST(impossible_sets_are_refused)
{
	struct oci_capabilities caps = {
		.bounding = strings(refused[_i].bounding),
		.effective = strings(refused[_i].effective),
		.inheritable = strings(refused[_i].inheritable),
		.permitted = strings(refused[_i].permitted),
		.ambient = strings(refused[_i].ambient),
	};
	struct capability_sets sets;
	struct error err;

	ck_assert_int_eq(capabilities_plan(&caps, &sets, &err), -EINVAL);
	ck_assert_str_eq(err.text, refused[_i].text);
	ck_assert_int_eq(err.class, ERROR_CONFIG);
}
END_TEST

/* CVE-2022-29162 and its siblings: nothing is inheritable unless it was asked for. */
START_TEST(inheritable_is_as_configured)
{
	struct oci_capabilities caps = {
		.bounding = LIST("CAP_CHOWN", "CAP_CHECKPOINT_RESTORE"),
		.effective = LIST("CAP_CHOWN"),
		.permitted = LIST("CAP_CHOWN"),
	};
	struct capability_sets sets;
	struct error err;

	ck_assert_msg(capabilities_plan(&caps, &sets, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(sets.inheritable, 0);
	ck_assert_uint_eq(sets.permitted, BIT(CAP_CHOWN));
	ck_assert_uint_eq(sets.bounding, BIT(CAP_CHOWN) | BIT(CAP_CHECKPOINT_RESTORE));

	ck_assert_int_eq(capabilities_plan(NULL, &sets, &err), 0);
	ck_assert_uint_eq(sets.bounding, 0);
}
END_TEST

static void assert_set(const char *line, uint64_t expected)
{
	ck_assert_uint_eq(strtoull(status_line(line), NULL, 16), expected);
}

static void apply(const struct capability_sets *sets, uid_t uid)
{
	struct oci_user user = { .uid = uid };
	struct error err;

	ck_assert_msg(capabilities_bound_apply(sets, &err) == 0, "%s", err.text);
	ck_assert_msg(user_apply(&user, geteuid() == 0 && uid != 0, &err) == 0, "%s", err.text);
	ck_assert_msg(capabilities_apply(sets, &err) == 0, "%s", err.text);
}

START_TEST(root_gets_the_sets)
{
	const struct capability_sets sets = {
		.bounding = BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_NET_RAW),
		.permitted = BIT(CAP_CHOWN) | BIT(CAP_KILL),
		.effective = BIT(CAP_CHOWN),
		.inheritable = BIT(CAP_KILL),
	};

	throwaway_enter_or_skip(CLONE_NEWUTS);
	apply(&sets, 0);
	assert_set("CapBnd", sets.bounding);
	assert_set("CapPrm", sets.permitted);
	assert_set("CapEff", sets.effective);
	assert_set("CapInh", sets.inheritable);
	assert_set("CapAmb", 0);
}
END_TEST

START_TEST(user_keeps_what_he_is_given)
{
	const struct capability_sets sets = {
		.bounding = BIT(CAP_CHOWN) | BIT(CAP_KILL),
		.permitted = BIT(CAP_CHOWN) | BIT(CAP_KILL),
		.effective = BIT(CAP_CHOWN) | BIT(CAP_KILL),
		.inheritable = BIT(CAP_KILL),
		.ambient = BIT(CAP_KILL) | BIT(CAP_CHOWN), /* CHOWN is not inheritable */
	};

	if (geteuid() != 0)
		unit_skip("needs root");
	apply(&sets, 1234);
	ck_assert_uint_eq(geteuid(), 1234);
	assert_set("CapBnd", sets.bounding);
	assert_set("CapPrm", sets.permitted);
	assert_set("CapEff", sets.effective);
	assert_set("CapInh", sets.inheritable);
	assert_set("CapAmb", BIT(CAP_KILL));
}
END_TEST

START_TEST(what_the_runtime_lacks_is_left_out)
{
	const struct capability_sets few = {
		.bounding = BIT(CAP_CHOWN) | BIT(CAP_SETPCAP),
		.permitted = BIT(CAP_CHOWN) | BIT(CAP_SETPCAP),
		.effective = BIT(CAP_CHOWN) | BIT(CAP_SETPCAP),
	};
	const struct capability_sets more = {
		.bounding = BIT(CAP_CHOWN) | BIT(CAP_KILL),
		.permitted = BIT(CAP_CHOWN) | BIT(CAP_KILL),
		.effective = BIT(CAP_CHOWN) | BIT(CAP_KILL),
	};
	struct error err;

	throwaway_enter_or_skip(CLONE_NEWUTS);
	apply(&few, 0);
	ck_assert_msg(capabilities_bound_apply(&more, &err) == 0, "%s", err.text);
	ck_assert_msg(capabilities_apply(&more, &err) == 0, "%s", err.text);
	assert_set("CapBnd", BIT(CAP_CHOWN));
	assert_set("CapPrm", BIT(CAP_CHOWN));
	assert_set("CapEff", BIT(CAP_CHOWN));
}
END_TEST

Suite *linux_capabilities_suite(void)
{
	Suite *suite = suite_create("linux/capabilities");
	TCase *tests = tcase_create("capabilities");

	tcase_add_test(tests, names_are_those_of_libcap);
	tcase_add_loop_test(tests, impossible_sets_are_refused, 0, ARRAY_SIZE(refused));
	tcase_add_test(tests, inheritable_is_as_configured);
	tcase_add_test(tests, root_gets_the_sets);
	tcase_add_test(tests, user_keeps_what_he_is_given);
	tcase_add_test(tests, what_the_runtime_lacks_is_left_out);
	suite_add_tcase(suite, tests);
	return suite;
}
