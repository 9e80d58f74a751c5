/* mount_check.c - tests of src/linux/mount_check.c: what a row of "mounts" may not say */
#include <stddef.h>
#include <string.h>

#include "linux/mounts.h"
#include "tests/unit/linux/rootbox.h"
#include "tests/unit/linux/suites.h"

/* clang-format off */
static const struct {
	const char *destination, *type, *source;
	char *options[3];
	const char *where;	/* NULL: accepted */
} check_rows[] = {
	{ "/proc", "proc", "proc",       { NULL },                NULL },
	{ "proc/", "proc", "proc",       { NULL },                NULL },
	{ "/data", "bind", "/srv",       { "rbind", "ro" },       NULL },
	{ "/data", "none", "/srv",       { "bind" },              NULL },
	{ "/data", NULL,   "/srv",       { "rbind" },             NULL },
	{ "/data", "bind", "/srv",       { NULL },                NULL },
	{ "/data", "tmpfs", NULL,        { "mode=700" },          NULL },
	{ "/proc/cpuinfo", "bind", "/x", { "bind" },              NULL },
	{ "/proc/sys/../stat", "bind", "/x", { "bind" },          NULL },
	{ "/proc", "bind", "/proc",      { "rbind" },             NULL },
	{ "/",     "none", NULL,         { "remount", "ro" },     NULL },
	{ NULL,    "tmpfs", NULL,        { NULL },                "mounts[7].destination" },
	{ "",      "tmpfs", NULL,        { NULL },                "mounts[7].destination" },
	{ "/",     "tmpfs", NULL,        { NULL },                "mounts[7].destination" },
	{ "/..",   "bind", "/srv",       { NULL },                "mounts[7].destination" },
	{ "/proc", "tmpfs", NULL,        { NULL },                "mounts[7].destination" },
	{ "/x/../proc/", "tmpfs", NULL,  { NULL },                "mounts[7].destination" },
	{ "/proc/self", "bind", "/x",    { NULL },                "mounts[7].destination" },
	{ "/proc/sys/kernel/core_pattern", "bind", "/x", { NULL }, "mounts[7].destination" },
	{ "/proc/cpuinfo", "tmpfs", NULL, { NULL },               "mounts[7].destination" },
	{ "/data", "bind", NULL,         { NULL },                "mounts[7].source" },
	{ "/data", "none", "",           { "rbind" },             "mounts[7].source" },
	{ "/data", NULL,   "/srv",       { NULL },                "mounts[7].type" },
	{ "/data", "none", "/srv",       { "ro" },                "mounts[7].type" },
	{ "/data", "bind", "/srv",       { "rbind", "idmap" },    "mounts[7].options" },
	{ "/data", "bind", "/srv",       { "idmap=uids=0-1-1;gids=0-1-1" }, NULL },
	{ "/data", "bind", "/srv",       { "idmap=uids=0-1-1" },  "mounts[7].options" },
	{ "/data", "none", NULL,         { "remount", "idmap=uids=0-1-1;gids=0-1-1" }, "mounts[7].options" },
	{ "/data", "tmpfs", NULL,        { "tmpcopyup", "iversion" }, "mounts[7].options" },
	{ "/data", "xfs", "/x",          { "tmpcopyup", "iversion" }, NULL },
	{ "/data", "cgroup", NULL,       { "ridmap=uids=0-1-1;gids=0-1-1" }, "mounts[7].options" },
};
/* clang-format on */

START_TEST(rows_are_checked)
{
	char *options[] = { check_rows[_i].options[0], check_rows[_i].options[1], NULL };
	struct oci_mount mount = rootbox_mount(check_rows[_i].destination, check_rows[_i].type,
					       check_rows[_i].source, options);
	struct oci_linux section = { 0 };
	struct error err = { 0 };
	int r = mount_check(&mount, 7, &section, &err);

	if (check_rows[_i].where) {
		ck_assert_int_lt(r, 0);
		ck_assert_int_eq(err.class, ERROR_CONFIG);
		ck_assert_str_eq(err.where, check_rows[_i].where);
	} else {
		ck_assert_msg(r == 0, "%s", err.text);
	}
}
END_TEST

/* Without a user namespace in linux.namespaces: only maps of the row's own. */
START_TEST(id_mappings)
{
	struct oci_id_mapping good = { 0, 1000, 1 }, empty = { 0, 1000, 0 };
	struct oci_linux section = { 0 };
	struct {
		struct oci_id_mapping *uids, *gids;
		const char *where;
	} rows[] = {
		{ &good, &good, NULL },
		{ &good, NULL, "mounts[0].gidMappings" },
		{ NULL, &good, "mounts[0].uidMappings" },
		{ &empty, &good, "mounts[0].uidMappings[0]" },
		{ &good, &empty, "mounts[0].gidMappings[0]" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct oci_mount mount = rootbox_mount("/data", "bind", "/srv", NULL);
		struct error err = { 0 };
		int r;

		mount.uid_mappings.n = rows[i].uids != NULL;
		mount.uid_mappings.items = rows[i].uids;
		mount.gid_mappings.n = rows[i].gids != NULL;
		mount.gid_mappings.items = rows[i].gids;
		r = mount_check(&mount, 0, &section, &err);
		ck_assert_msg((r == 0) == !rows[i].where, "%zu: %s", i, err.text);
		if (rows[i].where)
			ck_assert_str_eq(err.where, rows[i].where);
	}
}
END_TEST

/* Of what create takes, a container that runs cannot have these. */
START_TEST(live)
{
	static char long_value[300], long_source[300];
	struct {
		const char *type, *source;
		char *options[2];
		const char *where;
	} rows[] = {
		{ "tmpfs", "/srv", { "size=1k" }, NULL },
		{ "bind", "/srv", { "ro" }, NULL },
		{ "none", "/srv", { "remount" }, NULL },
		{ "proc", "/srv", { NULL }, NULL },
		{ "tmpfs", "/srv", { "iversion" }, "mounts[3].options" },
		{ "overlay", "/srv", { long_value }, "mounts[3].options" },
		{ "bind", "/srv", { "copy-symlink" }, "mounts[3].options" },
		{ "nfs", long_source, { NULL }, "mounts[3].source" },
		{ "bind", long_source, { NULL }, NULL },
	};

	memset(long_value, 'x', sizeof(long_value) - 1);
	memcpy(long_value, "lowerdir=", 9);
	memset(long_source, '/', sizeof(long_source) - 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct oci_mount mount =
			rootbox_mount("/data", rows[i].type, rows[i].source, rows[i].options);
		struct error err = { 0 };
		int r = mount_check_live(&mount, 3, &err);

		ck_assert_msg((r == 0) == !rows[i].where, "%zu: %s", i, err.text);
		if (rows[i].where)
			ck_assert_str_eq(err.where, rows[i].where);
	}
}
END_TEST

Suite *linux_mount_check_suite(void)
{
	Suite *suite = suite_create("linux/mount_check");
	TCase *tc = tcase_create("mount_check");

	tcase_add_loop_test(tc, rows_are_checked, 0,
			    (int) (sizeof(check_rows) / sizeof(*check_rows)));
	tcase_add_test(tc, id_mappings);
	tcase_add_test(tc, live);
	suite_add_tcase(suite, tc);
	return suite;
}
