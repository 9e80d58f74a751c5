/* device_rules.c - tests of src/cgroup/device_rules.c */
#include "cgroup/device_rules.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/text.h"
#include "tests/unit/cgroup/suites.h"

/* clang-format off */
#define ALLOW(t, maj, min, acc) { true, (char *) t, { true, maj }, { true, min }, (char *) acc }
#define DENY(t, maj, min, acc) { false, (char *) t, { true, maj }, { true, min }, (char *) acc }
#define ALLOW_ALL { .allow = true, .access = (char *) "rwm" }
#define DENY_ALL { .allow = false, .access = (char *) "rwm" }
/* clang-format on */

#define RULES_MAX 8

/* What every container gets, as describe() shows it. */
#define DEFAULTS \
	"+c1:3rwm +c1:5rwm +c1:7rwm +c1:8rwm +c1:9rwm +c5:0rwm +c5:1rwm +c5:2rwm +c136:*rwm"
#define MKNOD "+a*:*m"

static void describe_number(struct str *out, uint32_t n)
{
	if (n == DEVICE_ANY)
		str_printf(out, "*");
	else
		str_printf(out, "%u", n);
}

/* "deny|" or "allow|" for the rest, then the rules. */
static void describe(const struct device_rules *rules, struct str *out)
{
	str_printf(out, "%s|", rules->allow_rest ? "allow" : "deny");
	for (size_t i = 0; i < rules->n; i++) {
		const struct device_rule *r = &rules->items[i];

		str_printf(out, "%s%c%c", i ? " " : "", r->allow ? '+' : '-',
			   r->type == DEVICE_ANY ? 'a' : "?bc"[r->type]);
		describe_number(out, r->major);
		str_printf(out, ":");
		describe_number(out, r->minor);
		str_printf(out, "%s%s%s", r->access & BPF_DEVCG_ACC_READ ? "r" : "",
			   r->access & BPF_DEVCG_ACC_WRITE ? "w" : "",
			   r->access & BPF_DEVCG_ACC_MKNOD ? "m" : "");
	}
}

/* clang-format off */
static const struct row {
	size_t n;
	struct oci_device_rule rules[RULES_MAX];
	const char *plan;
} rows[] = {
	{ 0, { { 0 } },                        "deny|" MKNOD " " DEFAULTS },
	{ 1, { DENY_ALL },                     "deny|" MKNOD " " DEFAULTS },
	{ 1, { { .allow = false } },           "deny|" MKNOD " " DEFAULTS },
	{ 1, { ALLOW_ALL },                    "allow|" },
	{ 1, { { .allow = true } },            "allow|" },
	{ 1, { ALLOW("a", -1, -1, "mwr") },    "allow|" },
	{ 2, { ALLOW_ALL, DENY_ALL },          "deny|" MKNOD " " DEFAULTS },
	{ 2, { DENY("c", 10, 229, "rwm"), ALLOW_ALL }, "allow|" },
	{ 2, { DENY_ALL, ALLOW("b", 8, -1, "r") },
	  "deny|+b8:*r " MKNOD " " DEFAULTS },
	/* Docker denies fuse behind its deny-all: nothing new, and the defaults twice. */
	{ 4, { DENY_ALL, DENY("c", 10, 229, "rwm"), ALLOW("c", 1, 5, "rwm"), ALLOW("c", 1, 3, "rwm") },
	  "deny|" MKNOD " " DEFAULTS },
	{ 2, { ALLOW_ALL, DENY("c", 10, 229, "rw") },
	  "allow|-c10:229rw " MKNOD " " DEFAULTS },
	/* A rule that a later one covers goes, whatever it says. */
	{ 3, { DENY_ALL, DENY("b", 8, 1, "w"), ALLOW("b", 8, -1, "rw") },
	  "deny|+b8:*rw " MKNOD " " DEFAULTS },
	{ 3, { DENY_ALL, ALLOW("b", 8, -1, "rw"), DENY("b", 8, 1, "w") },
	  "deny|+b8:*rw -b8:1w " MKNOD " " DEFAULTS },
	/* "All types" with a number is no reset. */
	{ 2, { ALLOW_ALL, DENY("a", 8, -1, "rwm") },
	  "allow|-a8:*rwm " MKNOD " " DEFAULTS },
	/* Neighbours that are alike: sorted, "any" first, and what one covers goes. */
	{ 5, { DENY_ALL, ALLOW("c", 9, 9, "r"), ALLOW("c", 9, -1, "r"), ALLOW("b", 7, 1, "r"),
	       ALLOW("b", 7, 0, "r") },
	  "deny|+b7:0r +b7:1r +c9:*r " MKNOD " " DEFAULTS },
	/* What one of the default rules denies, they allow again. */
	{ 1, { DENY("c", 1, 3, "rwm") },       "deny|" MKNOD " " DEFAULTS },
};

static const struct bad_row {
	struct oci_device_rule rule;
	const char *member;
	const char *message;
} bad_rows[] = {
	{ DENY("p", 1, 1, "r"), "type", "type 'p' is not one of a, b, c" },
	{ DENY("cc", 1, 1, "r"), "type", "type 'cc' is not one of a, b, c" },
	{ DENY("", 1, 1, "r"), "type", "type '' is not one of a, b, c" },
	{ DENY("c", -2, 1, "r"), "major", "no device has the major number -2" },
	{ DENY("c", 1, INT64_C(1) << 32, "r"), "minor", "no device has the minor number 4294967296" },
	{ DENY("c", 1, 1, "rx"), "access", "access 'rx' has other letters than r, w, m" },
};
/* clang-format on */

START_TEST(rules_are_shortened)
{
	struct device_rules rules;
	struct error err = { 0 };
	struct str out = { 0 };

	ck_assert_int_eq(device_rules_check(rows[_i].rules, rows[_i].n, &err), 0);
	device_rules_plan(rows[_i].rules, rows[_i].n, &rules);
	describe(&rules, &out);
	ck_assert_str_eq(out.data, rows[_i].plan);
	str_release(&out);
	device_rules_release(&rules);
}
END_TEST

START_TEST(bad_rules_are_refused)
{
	struct oci_device_rule rules[] = { DENY_ALL, bad_rows[_i].rule };
	struct error err = { 0 };

	ck_assert_int_eq(device_rules_check(rules, 2, &err), -EINVAL);
	ck_assert_ptr_nonnull(str_after(err.where, "linux.resources.devices[1]."));
	ck_assert_str_eq(strrchr(err.where, '.') + 1, bad_rows[_i].member);
	ck_assert_msg(strstr(err.text, bad_rows[_i].message) != NULL, "%s", err.text);
}
END_TEST

Suite *cgroup_device_rules_suite(void)
{
	Suite *s = suite_create("cgroup/device_rules");
	TCase *t = tcase_create("device_rules");

	tcase_add_loop_test(t, rules_are_shortened, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(t, bad_rules_are_refused, 0, ARRAY_SIZE(bad_rows));
	suite_add_tcase(s, t);
	return s;
}
