/* criu.c - what criu is asked for, and what is read in its log */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cgroup/cgroup.h"
#include "container/criu_container.h"
#include "container/criu_library.h"
#include "container/criu_log.h"
#include "container/criu_options.h"
#include "container/criu_request.h"
#include "tests/unit/container/suites.h"

/* clang-format off */
static const struct {
	struct criu_options options;
	const char *message;	/* NULL: they are fine */
} checks[] = {
	{ { .page_server = "127.0.0.1:27" },      NULL },
	{ { .page_server = "fe80::1:65535" },     NULL },
	{ { .page_server = "host" },              "option '--page-server': 'host' is not ADDRESS:PORT" },
	{ { .page_server = ":27" },               "option '--page-server': ':27' is not ADDRESS:PORT" },
	{ { .page_server = "host:" },             "option '--page-server': 'host:' is not ADDRESS:PORT" },
	{ { .page_server = "host:0" },            "option '--page-server': 'host:0' is not ADDRESS:PORT" },
	{ { .page_server = "host:65536" },        "option '--page-server': 'host:65536' is not ADDRESS:PORT" },
	{ { .status_fd = "1" },                   NULL },
	{ { .status_fd = "x" },                   "option '--status-fd': 'x' is not a descriptor" },
	{ { .status_fd = "-1" },                  "option '--status-fd': '-1' is not a descriptor" },
	{ { .status_fd = "1000000" },             "option '--status-fd': 1000000 is not open" },
	{ { .lsm_profile = "selinux:a:b:c:s0" },  NULL },
	{ { .lsm_profile = "name" },
	  "option '--lsm-profile': 'name' is neither apparmor:NAME nor selinux:CONTEXT" },
	{ { .parent_path = "../first" },          NULL },
	{ { .parent_path = "/first" },            "option '--parent-path': '/first' must be relative to the image path" },
	{ { .empty_ns = "network" },              NULL },
	{ { .empty_ns = "ipc" },                  "option '--empty-ns': 'ipc' is not 'network'" },
};
/* clang-format on */

START_TEST(options_are_checked)
{
	struct error err = { 0 };
	int r = criu_options_check(&checks[_i].options, &err);

	ck_assert_int_eq(r < 0, checks[_i].message != NULL);
	if (r < 0) {
		ck_assert_str_eq(err.text, checks[_i].message);
		ck_assert_int_eq(err.class, ERROR_USAGE);
	}
}
END_TEST

/* The options through the wire: packed, and unpacked again. */
static CriuOpts *sent(const struct criu_options *options, const char *cgroup_mount)
{
	struct oci_process process = { .terminal = options->leave_running };
	auto_criu_opts *opts = criu_opts_new(10, 11, "dump.log");
	const struct criu_library *library;
	struct error err;
	uint8_t packet[1024];
	size_t len;

	criu_opts_set(opts, options);
	criu_opts_set_cgroups(opts, options, cgroup_mount, "/yard");
	criu_opts_set_terminal(opts, &process);
	criu_opts_add_external(opts, "mnt[/data]:/data");
	criu_opts_add_external(opts, "pid[4026531836]:pids");
	criu_opts_add_inherited(opts, "pipe:[7]", 1);
	criu_opts_set_cgroup_root(opts, "/c1");
	ck_assert_int_eq(criu_library_open(&library, &err), 0);
	len = library->pack(&opts->base, packet);
	ck_assert_uint_lt(len, sizeof(packet));
	return (CriuOpts *) library->unpack(&criu_opts__descriptor, NULL, len, packet);
}

START_TEST(options_are_handed_on)
{
	const struct criu_options options = {
		.parent_path = "../first",
		.page_server = "::1:99",
		.status_fd = "2",
		.lsm_profile = "apparmor:p",
		.lsm_mount_context = "a:b:c",
		.empty_ns = "network",
		.network_lock = CRIU_NETWORK_LOCK_SKIP,
		.leave_running = true,
		.tcp_established = true,
		.ext_unix_sk = true,
		.shell_job = true,
		.file_locks = true,
		.lazy_pages = true,
	};
	auto_criu_opts *opts = sent(&options, CGROUP_MOUNT);

	ck_assert_ptr_nonnull(opts);
	ck_assert_int_eq(opts->images_dir_fd, 10);
	ck_assert_int_eq(opts->work_dir_fd, 11);
	ck_assert_str_eq(opts->log_file, "dump.log");
	ck_assert_str_eq(opts->parent_img, "../first");
	ck_assert(opts->track_mem);
	ck_assert_str_eq(opts->page_server->address, "::1");
	ck_assert_int_eq(opts->page_server->port, 99);
	ck_assert_int_eq(opts->status_fd, 2);
	ck_assert_str_eq(opts->lsm_profile, "apparmor:p");
	ck_assert_str_eq(opts->lsm_mount_context, "a:b:c");
	ck_assert_uint_eq(opts->empty_ns, CLONE_NEWNET);
	ck_assert_int_eq(opts->network_lock, CRIU_LOCK__SKIP);
	ck_assert(opts->leave_running && opts->tcp_established && opts->ext_unix_sk);
	ck_assert(opts->shell_job && opts->file_locks && opts->lazy_pages);
	ck_assert(!opts->tcp_close && !opts->auto_dedup && !opts->link_remap);
	ck_assert(opts->orphan_pts_master);
	ck_assert_uint_eq(opts->n_external, 2);
	ck_assert_str_eq(opts->external[0], "mnt[/data]:/data");
	ck_assert_str_eq(opts->external[1], "pid[4026531836]:pids");
	ck_assert_uint_eq(opts->n_inherit_fd, 1);
	ck_assert_str_eq(opts->inherit_fd[0]->key, "pipe:[7]");
	ck_assert_int_eq(opts->inherit_fd[0]->fd, 1);
	ck_assert_uint_eq(opts->n_cgroup_root, 1);
	ck_assert_str_eq(opts->cgroup_root[0]->path, "/c1");
}
END_TEST

/* Which of criu's are on, as bits in the order of the rows. */
static unsigned int switches_on(const CriuOpts *o)
{
	const int on[] = { o->leave_running,	  o->tcp_established, o->tcp_close,
			   o->tcp_skip_in_flight, o->ext_unix_sk,     o->shell_job,
			   o->file_locks,	  o->lazy_pages,      o->auto_dedup,
			   o->link_remap };
	unsigned int bits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(on); i++)
		bits |= (on[i] ? 1u : 0u) << i;
	return bits;
}

static const struct criu_options switches[] = {
	{ .leave_running = true },	{ .tcp_established = true }, { .tcp_close = true },
	{ .tcp_skip_in_flight = true }, { .ext_unix_sk = true },     { .shell_job = true },
	{ .file_locks = true },		{ .lazy_pages = true },	     { .auto_dedup = true },
	{ .link_remap = true },
};

START_TEST(each_switch_is_one_of_criu)
{
	auto_criu_opts *opts = sent(&switches[_i], CGROUP_MOUNT);

	ck_assert_uint_eq(switches_on(opts), 1u << _i);
}
END_TEST

START_TEST(without_options_criu_chooses)
{
	const struct criu_options options = { 0 };
	auto_criu_opts *opts = sent(&options, CGROUP_MOUNT);

	ck_assert(!opts->leave_running && !opts->track_mem && !opts->tcp_established);
	ck_assert(!opts->orphan_pts_master);
	ck_assert(!opts->has_network_lock);
	ck_assert(!opts->has_empty_ns);
	ck_assert(!opts->has_status_fd);
	ck_assert_ptr_null(opts->page_server);
	ck_assert_ptr_null(opts->parent_img);
	ck_assert_ptr_null(opts->lsm_profile);
}
END_TEST

static const struct {
	enum criu_cgroups_mode mode;
	const char *mount;
	CriuCgroups wanted;
	bool has_yard;
} modes[] = {
	{ CRIU_CGROUPS_AUTO, CGROUP_MOUNT, CRIU_CGROUPS__SOFT, true },
	{ CRIU_CGROUPS_AUTO, CGROUP_MOUNT_HYBRID, CRIU_CGROUPS__IGNORE, false },
	{ CRIU_CGROUPS_AUTO, NULL, CRIU_CGROUPS__IGNORE, false },
	{ CRIU_CGROUPS_SOFT, CGROUP_MOUNT_HYBRID, CRIU_CGROUPS__SOFT, false },
	{ CRIU_CGROUPS_FULL, CGROUP_MOUNT, CRIU_CGROUPS__FULL, true },
	{ CRIU_CGROUPS_STRICT, CGROUP_MOUNT, CRIU_CGROUPS__STRICT, true },
	{ CRIU_CGROUPS_IGNORE, CGROUP_MOUNT, CRIU_CGROUPS__IGNORE, false },
	{ CRIU_CGROUPS_PROPS, CGROUP_MOUNT, CRIU_CGROUPS__PROPS, true },
	{ CRIU_CGROUPS_NONE, CGROUP_MOUNT, CRIU_CGROUPS__NONE, true },
};

START_TEST(cgroups_are_treated_as_asked)
{
	const struct criu_options options = { .manage_cgroups_mode = modes[_i].mode };
	auto_criu_opts *opts = sent(&options, modes[_i].mount);

	ck_assert_int_eq(opts->manage_cgroups_mode, modes[_i].wanted);
	ck_assert_int_eq(opts->cgroup_yard != NULL, modes[_i].has_yard);
	ck_assert_int_eq(criu_wants_yard(&options, modes[_i].mount), modes[_i].has_yard);
	if (opts->cgroup_yard)
		ck_assert_str_eq(opts->cgroup_yard, "/yard");
}
END_TEST

static bool has_external(const CriuOpts *opts, const char *what)
{
	for (size_t i = 0; i < opts->n_external; i++)
		if (str_equal(opts->external[i], what))
			return true;
	return false;
}

/* Binds are given again as the host has them, by the name that the dump gave them: the destination. */
START_TEST(sources_of_binds_are_named)
{
	char *rbind[] = { "rbind" };
	struct oci_mount mounts[] = {
		{ .destination = "/a", .type = "bind", .source = "/host/a" },
		{ .destination = "/b", .source = "b", .options = { 1, rbind } },
		{ .destination = "/tmp", .type = "tmpfs", .source = "tmpfs" },
	};
	struct oci_config config = { .mounts = { ARRAY_SIZE(mounts), mounts } };
	auto_criu_opts *opts = criu_opts_new(10, 11, "restore.log");

	criu_put_mount_sources(opts, &config, "/bundle");
	ck_assert(has_external(opts, "mnt[/a]:/host/a"));
	ck_assert(has_external(opts, "mnt[/b]:/bundle/b"));
	ck_assert(has_external(opts, "mnt[/dev/null]:/dev/null"));
	ck_assert(!has_external(opts, "mnt[/tmp]:tmpfs"));
}
END_TEST

/* clang-format off */
static const struct {
	const char *log;
	const char *reason;	/* NULL: there is none */
} logs[] = {
	{ "", NULL },
	{ "(00.000001) Version: 4.1\n(00.000002) Warn  (criu/x.c:1): odd\n", NULL },
	{ "(00.01) Error (criu/a.c:1): rlimit: cannot\n", NULL },
	{ "(00.01)      7: Error (criu/mount.c:12): mnt: no such mount\n", "mnt: no such mount" },
	{ "(00.01) Error (criu/a.c:1): first\n(00.02) Error (criu/b.c:2): second\n"
	  "(00.03) Error (criu/cr-dump.c:2053): Dumping FAILED.\n", "first" },
	{ "(00.01) Error (criu/a.c:1): first\n(00.02) Error (criu/cr-restore.c:14): 7 killed by signal 9: Killed\n"
	  "(00.03) Error (criu/cr-restore.c:2536): Restoring FAILED.\n", "first" },
	{ "Error (criu/util.c:627): execvp(\"nft\") failed\n(00.02) Error (criu/util.c:642): exited, status=1\n",
	  "execvp(\"nft\") failed" },
};
/* clang-format on */

/* The names that a child with `fd` as its standard input, which comes from outside of its mounts, has for
 * its descriptors; to be freed. */
static char *names_with_input(int fd)
{
	char directory[] = "/tmp/coracle-criu-XXXXXX";
	CriuOpts *opts = criu_opts_new(-1, -1, "log");
	struct error err;
	char *names = NULL;
	pid_t pid = fork();
	int images, r;

	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			_exit(1);
		dup2(fd, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, WUNTRACED), pid);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	images = open(directory, O_RDONLY | O_DIRECTORY);
	r = criu_put_descriptors(opts, pid, images, &err);
	ck_assert_msg(r == 0, "%s", err.text);
	ck_assert_int_eq(file_read(images, CRIU_DESCRIPTORS, 4096, &names, NULL, &err), 0);
	unlinkat(images, CRIU_DESCRIPTORS, 0);
	rmdir(directory);
	close(images);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	criu_opts_free(opts);
	return names;
}

/* A descriptor that was opened by O_PATH passes no device rules. */
START_TEST(what_a_container_has_open_is_not_opened)
{
	char path[] = "/dev/shm/coracle-criu-XXXXXX", events[256];
	int watch = inotify_init1(IN_NONBLOCK), fd = mkstemp(path);
	char *names;

	ck_assert_int_ge(fd, 0);
	close(fd);
	fd = open(path, O_PATH);
	ck_assert_int_ge(inotify_add_watch(watch, path, IN_OPEN), 0);
	names = names_with_input(fd);
	ck_assert_int_eq(read(watch, events, sizeof(events)), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_msg(strncmp(names, "file[", 5) == 0, "%s", names);
	free(names);
	close(fd);
	close(watch);
	unlink(path);
}
END_TEST

START_TEST(a_terminal_of_the_hosts_is_criu_s_to_find)
{
	int master = unit_terminal(), slave, null = open("/dev/null", O_RDONLY);
	char *names;

	if (master < 0)
		unit_skip("no terminals: %m");
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(slave, 0);
	names = names_with_input(slave);
	ck_assert_int_eq(names[0], '\n');
	free(names);
	names = names_with_input(null);
	ck_assert_msg(strncmp(names, "file[", 5) == 0, "%s", names);
	free(names);
	close(master);
	close(slave);
	close(null);
}
END_TEST

START_TEST(the_reason_is_in_the_log)
{
	char dir[] = "/tmp/coracle-criu-XXXXXX", path[64], reason[64] = "";
	FILE *file;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/dump.log", dir);
	file = fopen(path, "we");
	fputs(logs[_i].log, file);
	fclose(file);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(criu_log_reason(fd, "dump.log", reason, sizeof(reason)),
			 logs[_i].reason ? 0 : -ENOENT);
	ck_assert_str_eq(reason, logs[_i].reason ? logs[_i].reason : "");
	ck_assert_int_eq(criu_log_reason(fd, "other.log", reason, sizeof(reason)), -ENOENT);
	close(fd);
	unlink(path);
	rmdir(dir);
}
END_TEST

Suite *container_criu_suite(void)
{
	Suite *suite = suite_create("container/criu");
	TCase *tcase = tcase_create("criu");

	tcase_add_loop_test(tcase, options_are_checked, 0, ARRAY_SIZE(checks));
	tcase_add_test(tcase, options_are_handed_on);
	tcase_add_loop_test(tcase, each_switch_is_one_of_criu, 0, ARRAY_SIZE(switches));
	tcase_add_test(tcase, without_options_criu_chooses);
	tcase_add_loop_test(tcase, cgroups_are_treated_as_asked, 0, ARRAY_SIZE(modes));
	tcase_add_test(tcase, sources_of_binds_are_named);
	tcase_add_test(tcase, what_a_container_has_open_is_not_opened);
	tcase_add_test(tcase, a_terminal_of_the_hosts_is_criu_s_to_find);
	tcase_add_loop_test(tcase, the_reason_is_in_the_log, 0, ARRAY_SIZE(logs));
	suite_add_tcase(suite, tcase);
	return suite;
}
