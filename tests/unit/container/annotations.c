/* annotations.c - what is said by annotations: values, and which are refused */
#include "container/annotations.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/unit/container/suites.h"

static struct oci_pair pairs[] = { { "a", "1" }, { "b", "0" }, { "c", "" }, { "a", "later" } };
static const struct oci_string_map map = { ARRAY_SIZE(pairs), pairs };
static const struct oci_string_map none = { 0, NULL };

START_TEST(values_are_found)
{
	ck_assert_str_eq(annotation_get(&map, "a"), "1");
	ck_assert_str_eq(annotation_get(&map, "c"), "");
	ck_assert_ptr_null(annotation_get(&map, "d"));
	ck_assert_ptr_null(annotation_get(&none, "a"));
	ck_assert(annotation_is_on(&map, "a"));
	ck_assert(!annotation_is_on(&map, "b"));
	ck_assert(annotation_is_on(&map, "c"));
	ck_assert(!annotation_is_on(&map, "d"));
	ck_assert_str_eq(annotation_context_type(&none), "context");
}
END_TEST

static const struct {
	char *name, *value;
	int code; /* 0: good */
	const char *where, *text;
} rows[] = {
	{ "org.example", "1", 0, NULL, NULL },
	{ "run.oci.unknown", "1", 0, NULL, NULL },
	{ "run.oci.timens_offset", "monotonic 1", 0, NULL, NULL },
	{ "run.oci.systemd.force_cgroup_v1", "/sys/fs/cgroup/systemd", 0, NULL, NULL },
	{ "run.oci.mount_context_type", "context", 0, NULL, NULL },
	{ "run.oci.mount_context_type", "fscontext", 0, NULL, NULL },
	{ "run.oci.mount_context_type", "defcontext", 0, NULL, NULL },
	{ "run.oci.mount_context_type", "rootcontext", 0, NULL, NULL },
	{ "run.oci.mount_context_type", "Context", EINVAL,
	  "annotations[\"run.oci.mount_context_type\"]", "'Context' is neither context, fscontext" },
	{ "run.oci.mount_context_type", "", EINVAL, "annotations[\"run.oci.mount_context_type\"]",
	  "'' is neither" },
	{ "run.oci.mount_context_type", "context=x,user", EINVAL,
	  "annotations[\"run.oci.mount_context_type\"]", "'context=x,user' is neither" },
	{ "run.oci.handler", "krun", ENOTSUP, "annotations[\"run.oci.handler\"]", "no handlers" },
	{ "run.oci.seccomp.plugins", "/p.so", ENOTSUP, "annotations[\"run.oci.seccomp.plugins\"]",
	  "linux.seccomp.listenerPath" },
};

START_TEST(annotations_are_checked)
{
	struct oci_pair pair = { rows[_i].name, rows[_i].value };
	const struct oci_string_map one = { 1, &pair };
	struct error err;

	ck_assert_int_eq(annotations_check(&one, &err), -rows[_i].code);
	if (rows[_i].code == 0)
		return;
	ck_assert_str_eq(err.where, rows[_i].where);
	ck_assert_msg(strstr(err.text, rows[_i].text) != NULL, "%s", err.text);
}
END_TEST

#define ALLOW "BgAAAAAA/38="  /* return SECCOMP_RET_ALLOW, on a little-endian machine */
#define NOTIFY "BgAAAAAAwH8=" /* return SECCOMP_RET_USER_NOTIF */

static const struct {
	char *value;
	char *listener; /* linux.seccomp.listenerPath */
	int code;
	unsigned short n;
	const char *text;
} filters[] = {
	{ NULL, NULL, 0, 0, NULL },
	{ ALLOW, NULL, 0, 1, NULL },
	{ "BgAAAAAA/38GAAAAAAD/fw==", NULL, 0, 2, NULL },
	{ NOTIFY, "/agent", 0, 1, NULL },
	{ NOTIFY, NULL, EINVAL, 0, "linux.seccomp.listenerPath does not say whom" },
	{ "", NULL, EINVAL, 0, "0 bytes" },
	{ "AAAA", NULL, EINVAL, 0, "3 bytes are no instructions, which have 8 each" },
	{ "A", NULL, EINVAL, 0, "is not base64" },
};

START_TEST(filter)
{
	struct oci_pair pair = { "run.oci.seccomp_bpf_data", filters[_i].value };
	const struct oci_string_map one = { filters[_i].value ? 1 : 0, &pair };
	const struct oci_seccomp section = { .listener_path = filters[_i].listener };
	struct seccomp_program program;
	struct error err;

	ck_assert_int_eq(annotation_filter(&one, filters[_i].listener ? &section : NULL, &program,
					   &err),
			 -filters[_i].code);
	ck_assert_uint_eq(program.n, filters[_i].n);
	ck_assert(!program.filter == !filters[_i].n);
	seccomp_program_release(&program);
	if (filters[_i].code == 0)
		return;
	ck_assert_str_eq(err.where, "annotations[\"run.oci.seccomp_bpf_data\"]");
	ck_assert_msg(strstr(err.text, filters[_i].text) != NULL, "%s", err.text);
}
END_TEST

Suite *container_annotations_suite(void)
{
	Suite *suite = suite_create("container/annotations");
	TCase *tcase = tcase_create("annotations");

	tcase_add_test(tcase, values_are_found);
	tcase_add_loop_test(tcase, annotations_are_checked, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(tcase, filter, 0, ARRAY_SIZE(filters));
	suite_add_tcase(suite, tcase);
	return suite;
}
