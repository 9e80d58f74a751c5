/* mount_idmap.c - idmapped mounts: how maps are spelled, and whose files they show */
#include "linux/mount_idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/tree.h"
#include "tests/unit/linux/rootbox.h"
#include "tests/unit/linux/suites.h"

static struct oci_namespace user_ns = { .type = "user" };
static struct oci_id_mapping container_maps[] = { { 0, 100000, 10 }, { 10, 200000, 10 } };

static struct oci_linux section_with_user(void)
{
	struct oci_linux section = { 0 };

	section.namespaces.n = 1;
	section.namespaces.items = &user_ns;
	section.uid_mappings.n = section.gid_mappings.n = 2;
	section.uid_mappings.items = section.gid_mappings.items = container_maps;
	return section;
}

/* clang-format off */
static const struct {
	const char *option;
	bool is_good;
} spellings[] = {
	{ "idmap", true },
	{ "ridmap", true },
	{ "idmap=uids=0-100000-10;gids=0-100000-10", true },
	{ "idmap=gids=0-100000-10;uids=0-100000-10", true },
	{ "idmap=uids=0-1-10#10-11-10;gids=0-100-10", true },
	{ "idmap=uids=@0-0-10#@20-15-5;gids=@0-0-10", true },
	{ "ridmap=uids=0-4294967290-1;gids=4294967290-0-1;", true },
	{ "idmap=", false },
	{ "idmap=uids=0-1-10", false },
	{ "idmap=gids=0-1-10", false },
	{ "idmap=uids=;gids=", false },
	{ "idmap=uids=0-1;gids=0-1-1", false },
	{ "idmap=uids=0-1-1-1;gids=0-1-1", false },
	{ "idmap=uids=0-1-1#;gids=0-1-1", false },
	{ "idmap=uids=0-1-1x;gids=0-1-1", false },
	{ "idmap=uids= 0-1-1;gids=0-1-1", false },
	{ "idmap=uids=-1-1-1;gids=0-1-1", false },
	{ "idmap=uids=0-1-0;gids=0-1-1", false },
	{ "idmap=uids=0-1-4294967296;gids=0-1-1", false },
	{ "idmap=uids=0-4294967295-2;gids=0-1-1", false },
	{ "idmap=uids=0-1-5#3-100-5;gids=0-1-1", false },
	{ "idmap=uids=0-1-1;gids=0-1-1;pids=0-1-1", false },
	/* behind '@': ids that the container does not have, or in two of its ranges */
	{ "idmap=uids=@0-20-1;gids=@0-0-1", false },
	{ "idmap=uids=@0-5-10;gids=@0-0-1", false },
	{ "idmap=uids=@0-0-4294967295;gids=@0-0-1", false },
};
/* clang-format on */

START_TEST(spellings_are_checked)
{
	char *option[] = { (char *) spellings[_i].option, NULL };
	struct oci_mount mount = rootbox_mount("/data", "bind", "/srv", option);
	struct oci_linux section = section_with_user();
	auto_mount_options options = { 0 };
	struct error err = { 0 };
	int r;

	mount_options_parse(&mount.options, &options);
	ck_assert(mount_idmap_is_wanted(&mount, &options, false));
	r = mount_idmap_check(&mount, &options, &section, "mounts[2]", &err);
	ck_assert_msg((r == 0) == spellings[_i].is_good, "'%s': %s", option[0], err.text);
	if (r < 0)
		ck_assert_msg(strncmp(err.where, "mounts[2].options", 17) == 0, "%s", err.where);
}
END_TEST

START_TEST(mapped_only_where_asked)
{
	char *alone[] = { "idmap", NULL }, *maps[] = { "idmap=uids=0-1-1", NULL };
	struct oci_mount plain = rootbox_mount("/data", "tmpfs", NULL, NULL);
	struct oci_mount idmap = rootbox_mount("/data", "tmpfs", NULL, alone);
	struct oci_mount mapped = rootbox_mount("/data", "tmpfs", NULL, maps);
	const struct oci_mount *const mounts[] = { &plain, &idmap, &mapped };
	static const bool expected[][2] = { { false, false }, { true, false }, { true, true } };

	for (size_t i = 0; i < 3; i++)
		for (int inside = 0; inside < 2; inside++) {
			auto_mount_options options = { 0 };

			mount_options_parse(&mounts[i]->options, &options);
			ck_assert_int_eq(mount_idmap_is_wanted(mounts[i], &options, inside),
					 expected[i][inside]);
		}
}
END_TEST

/* A detached clone of the box's outside, mapped as the option says; its path, or NULL. */
static int map_outside(const char *option, struct oci_linux *section, unsigned int clone_flags,
		       struct error *err)
{
	char *options[] = { (char *) option, NULL };
	struct oci_mount mount = rootbox_mount("/data", "bind", BOX_OUTSIDE, options);
	auto_fd fd = tree_clone(AT_FDCWD, BOX_OUTSIDE, clone_flags);
	auto_fd target = -1;
	int r;

	ck_assert_int_ge(fd, 0);
	r = mount_idmap_write(getpid(), fd, &mount, section, err);
	if (r < 0)
		return r;
	mkdir("/tmp/mapped", 0755);
	target = open("/tmp/mapped", O_PATH | O_CLOEXEC);
	ck_assert_int_eq(tree_attach(fd, target), 0);
	return 0;
}

static uid_t owner_of(const char *path)
{
	struct stat st;

	ck_assert_msg(stat(path, &st) == 0, "look at '%s'", path);
	ck_assert_uint_eq(st.st_uid, st.st_gid - 1);
	return st.st_uid;
}

START_TEST(owners)
{
	struct oci_linux section = section_with_user();
	struct error err = { 0 };

	rootbox_enter_or_skip();
	if (geteuid() != 0)
		unit_skip("not root");
	ck_assert_int_eq(chown(BOX_OUTSIDE "/keep", 3, 4), 0);
	ck_assert_msg(map_outside("idmap=uids=0-5000-10;gids=0-5000-10", &section, 0, &err) == 0,
		      "%s", err.text);
	ck_assert_uint_eq(owner_of("/tmp/mapped/keep"), 5003);
	ck_assert_uint_eq(owner_of(BOX_OUTSIDE "/keep"), 3);
	ck_assert_int_eq(umount2("/tmp/mapped", MNT_DETACH), 0);
	ck_assert_msg(map_outside("idmap=uids=@0-10-10;gids=@0-10-10", &section, 0, &err) == 0,
		      "%s", err.text);
	ck_assert_uint_eq(owner_of("/tmp/mapped/keep"), 200003);
}
END_TEST

/* "ridmap" reaches the mounts below, and is refused as a whole when one of them cannot. */
START_TEST(recursive)
{
	struct oci_linux section = section_with_user();
	struct error err = { 0 };
	const char *option = "ridmap=uids=0-5000-10;gids=0-5000-10";

	rootbox_enter_or_skip();
	if (geteuid() != 0)
		unit_skip("not root");
	rootbox_dir(BOX_OUTSIDE "/below");
	ck_assert_int_eq(mount("below", BOX_OUTSIDE "/below", "tmpfs", 0, NULL), 0);
	rootbox_file(BOX_OUTSIDE "/below/file", "");
	ck_assert_int_eq(chown(BOX_OUTSIDE "/below/file", 3, 4), 0);
	ck_assert_msg(map_outside(option, &section, AT_RECURSIVE, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(owner_of("/tmp/mapped/below/file"), 5003);
	ck_assert_int_eq(umount2("/tmp/mapped", MNT_DETACH), 0);
	ck_assert_msg(map_outside(option + 1, &section, AT_RECURSIVE, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(owner_of("/tmp/mapped/below/file"), 3);
	ck_assert_int_eq(umount2("/tmp/mapped", MNT_DETACH), 0);
	ck_assert_int_eq(mount("below", BOX_OUTSIDE "/below", "proc", 0, NULL), 0);
	ck_assert_int_eq(map_outside(option, &section, AT_RECURSIVE, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "does not support it"));
}
END_TEST

/* No maps: those of the process that is the container. */
START_TEST(of_the_container)
{
	struct oci_linux section = section_with_user();
	struct error err = { 0 };

	rootbox_enter_or_skip();
	/* our own user namespace is the host's, which the kernel takes for "no map" */
	ck_assert_int_eq(map_outside("idmap", &section, 0, &err), -EPERM);
	section.namespaces.n = 0;
	ck_assert_int_eq(map_outside("idmap", &section, 0, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "linux.namespaces"));
}
END_TEST

Suite *linux_mount_idmap_suite(void)
{
	Suite *suite = suite_create("linux/mount_idmap");
	TCase *tc = tcase_create("mount_idmap");

	tcase_add_loop_test(tc, spellings_are_checked, 0,
			    (int) (sizeof(spellings) / sizeof(*spellings)));
	tcase_add_test(tc, mapped_only_where_asked);
	tcase_add_test(tc, owners);
	tcase_add_test(tc, recursive);
	tcase_add_test(tc, of_the_container);
	suite_add_tcase(suite, tc);
	return suite;
}
