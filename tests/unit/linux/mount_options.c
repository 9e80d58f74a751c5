/* mount_options.c - tests of src/linux/mount_options.c */
#include "linux/mount_options.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "tests/unit/linux/suites.h"

#define ATIME MOUNT_ATTR__ATIME

/* clang-format off */
#define PROPAGATION(n, ...) { .n_propagation = (n), .propagation = (uint32_t[]) { __VA_ARGS__ } }

static const struct {
	char *options[4];
	struct mount_options expected;	/* data: only its number */
} rows[] = {
	{ { NULL },                         { 0 } },
	{ { "defaults" },                   { 0 } },
	{ { "ro" },                         { .attr_set = MOUNT_ATTR_RDONLY, .sb_set = MS_RDONLY } },
	{ { "rw" },                         { .attr_clear = MOUNT_ATTR_RDONLY, .sb_clear = MS_RDONLY } },
	{ { "ro", "rw" },                   { .attr_clear = MOUNT_ATTR_RDONLY, .sb_clear = MS_RDONLY } },
	{ { "rw", "ro" },                   { .attr_set = MOUNT_ATTR_RDONLY, .sb_set = MS_RDONLY } },
	{ { "nosuid", "nodev", "noexec" },  { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC } },
	{ { "suid", "dev", "exec" },        { .attr_clear = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC } },
	{ { "nosymfollow" },                { .attr_set = MOUNT_ATTR_NOSYMFOLLOW } },
	{ { "symfollow" },                  { .attr_clear = MOUNT_ATTR_NOSYMFOLLOW } },
	{ { "nodiratime" },                 { .attr_set = MOUNT_ATTR_NODIRATIME } },
	{ { "diratime" },                   { .attr_clear = MOUNT_ATTR_NODIRATIME } },
	{ { "noatime" },                    { .attr_set = MOUNT_ATTR_NOATIME, .attr_clear = ATIME } },
	{ { "atime" },                      { .attr_clear = ATIME } },
	{ { "relatime" },                   { .attr_clear = ATIME } },
	{ { "strictatime" },                { .attr_set = MOUNT_ATTR_STRICTATIME, .attr_clear = ATIME } },
	{ { "norelatime" },                 { .attr_set = MOUNT_ATTR_STRICTATIME, .attr_clear = ATIME } },
	{ { "nostrictatime" },              { .attr_clear = ATIME } },
	{ { "noatime", "strictatime" },     { .attr_set = MOUNT_ATTR_STRICTATIME, .attr_clear = ATIME } },
	{ { "noatime", "atime" },           { .attr_clear = ATIME } },
	{ { "rro", "rnosuid", "rnodev" },   { .rec_attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV } },
	{ { "rrw", "rsuid", "rdev" },       { .rec_attr_clear = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV } },
	{ { "rnoexec", "rnosymfollow" },    { .rec_attr_set = MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW } },
	{ { "rexec", "rsymfollow" },        { .rec_attr_clear = MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW } },
	{ { "rnodiratime" },                { .rec_attr_set = MOUNT_ATTR_NODIRATIME } },
	{ { "rdiratime" },                  { .rec_attr_clear = MOUNT_ATTR_NODIRATIME } },
	{ { "rnoatime" },                   { .rec_attr_set = MOUNT_ATTR_NOATIME, .rec_attr_clear = ATIME } },
	{ { "rstrictatime" },               { .rec_attr_set = MOUNT_ATTR_STRICTATIME, .rec_attr_clear = ATIME } },
	{ { "rnorelatime" },                { .rec_attr_set = MOUNT_ATTR_STRICTATIME, .rec_attr_clear = ATIME } },
	{ { "ratime" },                     { .rec_attr_clear = ATIME } },
	{ { "rrelatime" },                  { .rec_attr_clear = ATIME } },
	{ { "rnostrictatime" },             { .rec_attr_clear = ATIME } },
	{ { "sync", "dirsync", "lazytime" }, { .sb_set = MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME } },
	{ { "async", "nolazytime" },        { .sb_clear = MS_SYNCHRONOUS | MS_LAZYTIME } },
	{ { "mand", "iversion" },           { .sb_set = MS_MANDLOCK | MS_I_VERSION } },
	{ { "nomand", "noiversion" },       { .sb_clear = MS_MANDLOCK | MS_I_VERSION } },
	{ { "loud", "silent" },             { 0 } },
	{ { "shared" },                     PROPAGATION(1, MS_SHARED) },
	{ { "slave" },                      PROPAGATION(1, MS_SLAVE) },
	{ { "private" },                    PROPAGATION(1, MS_PRIVATE) },
	{ { "unbindable" },                 PROPAGATION(1, MS_UNBINDABLE) },
	{ { "rshared" },                    PROPAGATION(1, MS_SHARED | MS_REC) },
	{ { "rslave" },                     PROPAGATION(1, MS_SLAVE | MS_REC) },
	{ { "rprivate" },                   PROPAGATION(1, MS_PRIVATE | MS_REC) },
	{ { "runbindable" },                PROPAGATION(1, MS_UNBINDABLE | MS_REC) },
	{ { "rslave", "defaults", "shared" }, PROPAGATION(2, MS_SLAVE | MS_REC, MS_SHARED) },
	{ { "bind" },                       { .is_bind = true } },
	{ { "rbind" },                      { .is_bind = true, .is_recursive = true } },
	{ { "remount", "bind" },            { .is_remount = true, .is_bind = true } },
	{ { "idmap" },                      { .flags = MOUNT_IDMAP } },
	{ { "ridmap" },                     { .flags = MOUNT_RIDMAP } },
	{ { "tmpcopyup" },                  { .flags = MOUNT_TMPCOPYUP } },
	{ { "copy-symlink" },               { .flags = MOUNT_COPY_SYMLINK } },
	{ { "src-nofollow", "dest-nofollow" }, { .flags = MOUNT_SRC_NOFOLLOW | MOUNT_DEST_NOFOLLOW } },
	{ { "mode=755", "size=1k", "nosuid" }, { .attr_set = MOUNT_ATTR_NOSUID, .n_data = 2 } },
	{ { "mode=755,size=1k" },           { .n_data = 1, .is_joined = true } },
	{ { "context=\"a:b\"" },            { .n_data = 1, .is_joined = true } },
	{ { "" },                           { 0 } },
	{ { "RO" },                         { .n_data = 1 } },
	{ { "ro=1" },                       { .n_data = 1 } },
};
/* clang-format on */

static struct oci_strings strings(char *const *options)
{
	struct oci_strings s = { .items = (char **) options };

	while (s.n < 4 && options[s.n])
		s.n++;
	return s;
}

START_TEST(options_are_sorted_by_effect)
{
	const struct mount_options *expected = &rows[_i].expected;
	struct oci_strings given = strings(rows[_i].options);
	auto_mount_options got = { 0 };

	mount_options_parse(&given, &got);
	ck_assert_uint_eq(got.attr_set, expected->attr_set);
	ck_assert_uint_eq(got.attr_clear, expected->attr_clear);
	ck_assert_uint_eq(got.rec_attr_set, expected->rec_attr_set);
	ck_assert_uint_eq(got.rec_attr_clear, expected->rec_attr_clear);
	ck_assert_uint_eq(got.n_propagation, expected->n_propagation);
	for (size_t i = 0; i < got.n_propagation; i++)
		ck_assert_uint_eq(got.propagation[i], expected->propagation[i]);
	ck_assert_uint_eq(got.sb_set, expected->sb_set);
	ck_assert_uint_eq(got.sb_clear, expected->sb_clear);
	ck_assert_uint_eq(got.flags, expected->flags);
	ck_assert_int_eq(got.is_bind, expected->is_bind);
	ck_assert_int_eq(got.is_recursive, expected->is_recursive);
	ck_assert_int_eq(got.is_remount, expected->is_remount);
	ck_assert_int_eq(got.is_joined, expected->is_joined);
	ck_assert_uint_eq(got.n_data, expected->n_data);
}
END_TEST

START_TEST(data_keeps_its_order)
{
	char *options[] = { "size=1k", "nosuid", "inode64", NULL };
	struct oci_strings given = strings(options);
	auto_mount_options got = { 0 };

	mount_options_parse(&given, &got);
	ck_assert_uint_eq(got.n_data, 2);
	ck_assert_str_eq(got.data[0], "size=1k");
	ck_assert_str_eq(got.data[1], "inode64");
}
END_TEST

START_TEST(idmap_values)
{
	char *options[] = { "ridmap=uids=0-1-2;gids=3-4-5", "idmap=x", NULL };
	struct oci_strings given = strings(options);
	auto_mount_options got = { 0 };

	given.n = 1;
	mount_options_parse(&given, &got);
	ck_assert_str_eq(got.idmap, "uids=0-1-2;gids=3-4-5");
	ck_assert_uint_eq(got.flags, MOUNT_RIDMAP);
	ck_assert_uint_eq(got.n_data, 0);
	given.n = 2;
	mount_options_parse(&given, &got);
	ck_assert_str_eq(got.idmap, "x");
}
END_TEST

/* The last option about access times, for a warning. */
START_TEST(atime_is_noted)
{
	static const struct {
		char *options[3];
		const char *atime;
	} noted[] = {
		{ { "noatime", "nodev" }, "noatime" },
		{ { "noatime", "rrelatime" }, "rrelatime" },
		{ { "nodiratime" }, "nodiratime" },
		{ { "rdiratime", "ro" }, "rdiratime" },
		{ { "atime" }, "atime" },
		{ { "lazytime", "nosuid" }, NULL },
	};

	for (size_t i = 0; i < sizeof(noted) / sizeof(*noted); i++) {
		struct oci_strings given = strings(noted[i].options);
		auto_mount_options got = { 0 };

		mount_options_parse(&given, &got);
		ck_assert_pstr_eq(got.atime, noted[i].atime);
	}
}
END_TEST

/* bsearch() finds every name only in a sorted table: each must be an option and not data. */
START_TEST(every_name_is_found)
{
	const char *const *list = mount_option_names();
	size_t n;

	for (n = 0; list[n]; n++) {
		char *options[] = { (char *) list[n], NULL };
		struct oci_strings given = strings(options);
		auto_mount_options got = { 0 };

		mount_options_parse(&given, &got);
		ck_assert_msg(got.n_data == 0, "'%s' is not found", list[n]);
		if (n > 0)
			ck_assert_str_lt(list[n - 1], list[n]);
	}
	ck_assert_uint_gt(n, 60);
}
END_TEST

Suite *linux_mount_options_suite(void)
{
	Suite *suite = suite_create("linux/mount_options");
	TCase *tc = tcase_create("mount_options");

	tcase_add_loop_test(tc, options_are_sorted_by_effect, 0,
			    (int) (sizeof(rows) / sizeof(*rows)));
	tcase_add_test(tc, data_keeps_its_order);
	tcase_add_test(tc, idmap_values);
	tcase_add_test(tc, atime_is_noted);
	tcase_add_test(tc, every_name_is_found);
	suite_add_tcase(suite, tc);
	return suite;
}
