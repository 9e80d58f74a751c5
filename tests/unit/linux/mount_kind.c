/* mount_kind.c - tests of src/linux/mount_kind.c */
#include "linux/mount_kind.h"

#include "tests/unit/linux/rootbox.h"
#include "tests/unit/linux/suites.h"

#define OPTIONS_MAX 3

static const struct {
	const char *type;
	const char *options[OPTIONS_MAX];
	bool sees;
} rows[] = {
	{ "proc", { "nosuid" }, false },
	{ "tmpfs", { "size=1k", "ro" }, false },
	{ "devpts", { "newinstance", "gid=5" }, false },
	{ "mqueue", { NULL }, false },
	{ "sysfs", { "ro" }, true },
	{ "nfs", { NULL }, true },
	{ "9p", { NULL }, true },
	{ "cgroup2", { NULL }, true },
	{ NULL, { NULL }, true },
	{ "bind", { NULL }, true },
	{ "rbind", { NULL }, true },
	{ "tmpfs", { "bind" }, true },
	{ "proc", { "ro", "nosuid", "rbind" }, true },
	{ "tmpfs", { "remount", "ro" }, true },
	{ "tmpfs", { "mode=755", "tmpcopyup" }, true },
};

START_TEST(may_see_a_network)
{
	struct oci_mount mount = { .type = (char *) rows[_i].type,
				   .options = { .items = (char **) rows[_i].options } };

	while (mount.options.n < OPTIONS_MAX && rows[_i].options[mount.options.n])
		mount.options.n++;
	ck_assert_int_eq(mount_sees_network(&mount), rows[_i].sees);
}
END_TEST

START_TEST(a_bind_has_its_destination)
{
	char *rbind[] = { "rbind", NULL };
	struct oci_mount bind = rootbox_mount("/dev/", "none", "/dev", rbind);
	struct oci_mount tmpfs = rootbox_mount("/dev", "tmpfs", NULL, NULL);
	struct oci_mount below = rootbox_mount("/dev/shm", "bind", "/dev/shm", NULL);

	ck_assert(mount_binds(&bind, "/dev"));
	ck_assert(!mount_binds(&tmpfs, "/dev"));
	ck_assert(!mount_binds(&below, "/dev"));
}
END_TEST

Suite *linux_mount_kind_suite(void)
{
	Suite *suite = suite_create("linux/mount_kind");
	TCase *tc = tcase_create("mount_kind");

	tcase_add_loop_test(tc, may_see_a_network, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tc, a_bind_has_its_destination);
	suite_add_tcase(suite, tc);
	return suite;
}
