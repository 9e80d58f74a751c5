/* idmap.c - id maps: what is refused, what is written, what an id becomes */
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "linux/idmap.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

static const struct {
	struct oci_id_mapping maps[2];
	const char *text; /* NULL: good */
} lists[] = {
	{ { { 0, 1000, 1 }, { 1, 100000, 65535 } }, NULL },
	{ { { 0, 0, UINT32_MAX }, { 0 } }, "linux.uidMappings[1]: its size is 0" },
	{ { { 0, 1000, 10 }, { 9, 5000, 1 } },
	  "linux.uidMappings[1]: its ids in the container overlap those of [0]" },
	{ { { 0, 1000, 10 }, { 10, 1009, 1 } },
	  "linux.uidMappings[1]: its ids on the host overlap those of [0]" },
	{ { { 0, 4294967295, 1 }, { 1, 0, 1 } },
	  "linux.uidMappings[0]: hostID 4294967295 and size 1 reach beyond the last id" },
	{ { { 0, 0, 1 }, { 4294967290, 1, 6 } },
	  "linux.uidMappings[1]: containerID 4294967290 and size 6 reach beyond the last id" },
	{ { { 0, 0, 1 }, { 4294967290, 1, 5 } }, NULL },
};

START_TEST(lists_are_checked)
{
	struct error err = { 0 };
	int r = idmap_check(lists[_i].maps, 2, "linux.uidMappings", &err);

	if (lists[_i].text) {
		ck_assert_int_eq(r, -EINVAL);
		ck_assert_str_eq(err.text, lists[_i].text);
	} else {
		ck_assert_msg(r == 0, "%s", err.text);
	}
}
END_TEST

START_TEST(lists_have_an_end)
{
	struct oci_id_mapping maps[IDMAP_MAX + 1];
	struct error err;

	for (uint32_t i = 0; i < ARRAY_SIZE(maps); i++)
		maps[i] = (struct oci_id_mapping){ i, i, 1 };
	ck_assert_int_eq(idmap_check(maps, IDMAP_MAX, "x", &err), 0);
	ck_assert_int_eq(idmap_check(maps, IDMAP_MAX + 1, "x", &err), -E2BIG);
	ck_assert_int_eq(idmap_check(NULL, 0, "x", &err), 0);
	for (uint32_t i = 0; i < ARRAY_SIZE(maps); i++)
		maps[i] = (struct oci_id_mapping){ i, 4000000000 + i, 1 };
	ck_assert_int_eq(idmap_check(maps, 200, "x", &err), 0);
	ck_assert_int_eq(idmap_check(maps, IDMAP_MAX, "x", &err), -E2BIG);
	ck_assert_str_eq(err.where, "x");
}
END_TEST

START_TEST(ids_are_translated)
{
	const struct oci_id_mapping maps[] = { { 0, 1000, 1 }, { 1, 100000, 5 } };
	uint32_t id;

	ck_assert(idmap_to_host(maps, 2, 0, &id) && id == 1000);
	ck_assert(idmap_to_host(maps, 2, 5, &id) && id == 100004);
	ck_assert(!idmap_to_host(maps, 2, 6, &id));
	ck_assert(idmap_to_host(NULL, 0, 77, &id) && id == 77);
}
END_TEST

/* A child in a new user namespace, until killed; 0, having said so, where there can be none (in a chroot). */
static pid_t make_user_namespace(const char *test)
{
	int ready[2];
	char byte = 1;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		byte = unshare(CLONE_NEWUSER) == 0;
		if (write(ready[1], &byte, 1) == 1 && byte)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	if (byte)
		return pid;
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	unit_say_skipped(test, "no user namespace of its own");
	return 0;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void assert_map(pid_t pid, const char *file, unsigned int id, unsigned int host,
		       unsigned int size)
{
	char path[64];
	unsigned int got[3];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	ck_assert_int_eq(sscanf(first_line(path), "%u %u %u", &got[0], &got[1], &got[2]), 3);
	ck_assert_uint_eq(got[0], id);
	ck_assert_uint_eq(got[1], host);
	ck_assert_uint_eq(got[2], size);
}

START_TEST(root_writes_any_range)
{
	const struct oci_id_mapping uids[] = { { 0, 100000, 1000 }, { 1000, 0, 1 } };
	const struct oci_id_mapping gids[] = { { 5, 200000, 7 } };
	bool can_setgroups = false;
	struct error err;
	pid_t pid;

	if (geteuid() != 0)
		unit_skip("needs root");
	pid = make_user_namespace(__func__);
	if (pid == 0)
		return;
	ck_assert_msg(idmap_write(pid, uids, 2, gids, 1, &can_setgroups, &err) == 0, "%s",
		      err.text);
	assert_map(pid, "uid_map", 0, 100000, 1000);
	assert_map(pid, "gid_map", 5, 200000, 7);
	ck_assert(can_setgroups);
	/* once only */
	ck_assert_int_eq(idmap_write(pid, uids, 2, gids, 1, NULL, &err), -EPERM);
	end(pid);
}
END_TEST

/* Its map takes the kernel more than one page to tell. */
START_TEST(users_of_many_ranges_are_found)
{
	enum { RANGES = 200 };
	struct oci_id_mapping maps[RANGES];
	struct error err;
	uid_t uid;
	pid_t pid;

	if (geteuid() != 0)
		unit_skip("needs root");
	pid = make_user_namespace(__func__);
	if (pid == 0)
		return;
	for (uint32_t i = 0; i < RANGES; i++)
		maps[i] = (struct oci_id_mapping){ 10 * i, 100000 + 20 * i, 5 };
	ck_assert_msg(idmap_write(pid, maps, RANGES, maps, 1, NULL, &err) == 0, "%s", err.text);
	for (uint32_t i = 0; i < RANGES; i++) {
		ck_assert_msg(idmap_user_on_host(pid, 10 * i + 4, &uid), "range %u", i);
		ck_assert_uint_eq(uid, 100000 + 20 * i + 4);
		ck_assert(!idmap_user_on_host(pid, 10 * i + 5, &uid));
	}
	end(pid);
}
END_TEST

static void become_user(void)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setresgid(1234, 1234, 1234), 0);
	ck_assert_int_eq(setresuid(1234, 1234, 1234), 0);
	/* or the files of /proc/PID would be root's */
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0);
}

START_TEST(user_maps_himself_without_setgroups)
{
	bool can_setgroups = true;
	struct error err;
	pid_t pid;

	become_user();
	const struct oci_id_mapping uid = { 0, geteuid(), 1 }, gid = { 0, getegid(), 1 };
	pid = make_user_namespace(__func__);
	if (pid == 0)
		return;
	ck_assert_msg(idmap_write(pid, &uid, 1, &gid, 1, &can_setgroups, &err) == 0, "%s",
		      err.text);
	assert_map(pid, "uid_map", 0, geteuid(), 1);
	assert_map(pid, "gid_map", 0, getegid(), 1);
	ck_assert(!can_setgroups);
	end(pid);
}
END_TEST

/* Root of the host is in nobody's /etc/subuid, whether the helper is installed or not. */
START_TEST(user_cannot_map_root)
{
	const struct oci_id_mapping map = { 0, 0, 1 };
	struct error err;
	pid_t pid;

	become_user();
	pid = make_user_namespace(__func__);
	if (pid == 0)
		return;
	ck_assert_int_lt(idmap_write(pid, &map, 1, &map, 1, NULL, &err), 0);
	ck_assert_msg(str_after(err.text, "map the user ids by 'newuidmap'") != NULL, "%s",
		      err.text);
	end(pid);
}
END_TEST

Suite *linux_idmap_suite(void)
{
	Suite *suite = suite_create("linux/idmap");
	TCase *tests = tcase_create("idmap");

	tcase_add_loop_test(tests, lists_are_checked, 0, ARRAY_SIZE(lists));
	tcase_add_test(tests, lists_have_an_end);
	tcase_add_test(tests, ids_are_translated);
	tcase_add_test(tests, root_writes_any_range);
	tcase_add_test(tests, users_of_many_ranges_are_found);
	tcase_add_test(tests, user_maps_himself_without_setgroups);
	tcase_add_test(tests, user_cannot_map_root);
	suite_add_tcase(suite, tests);
	return suite;
}
