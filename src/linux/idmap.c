/* idmap.c - see idmap.h */
#include "linux/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"

#define HELPER_LIMIT_MS 10000

/* Of a map, as the kernel shows it: IDMAP_MAX lines of three numbers, each padded to ten characters. */
#define MAP_TEXT_MAX 16384

extern char **environ;

/* One of the two maps of a user namespace. */
struct map {
	const char *what;   /* for messages */
	const char *file;   /* in /proc/PID */
	const char *helper; /* writes it for a user, by /etc/subuid or /etc/subgid */
	const char *rights; /* that it takes to write it directly; for messages */
	const struct oci_id_mapping *items;
	size_t n;
};

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return (uint64_t) a < (uint64_t) b + b_size && (uint64_t) b < (uint64_t) a + a_size;
}

static int check_one(const struct oci_id_mapping *maps, size_t i, const char *list,
		     struct error *err)
{
	const struct oci_id_mapping *map = &maps[i];
	char where[128];

	snprintf(where, sizeof(where), "%s[%zu]", list, i);
	if (map->size == 0)
		return fail_at(err, EINVAL, where, "its size is 0");
	/* 4294967295 is (uid_t) -1, which is no id */
	if ((uint64_t) map->container_id + map->size > UINT32_MAX)
		return fail_at(err, EINVAL, where,
			       "containerID %" PRIu32 " and size %" PRIu32
			       " reach beyond the last id",
			       map->container_id, map->size);
	if ((uint64_t) map->host_id + map->size > UINT32_MAX)
		return fail_at(err, EINVAL, where,
			       "hostID %" PRIu32 " and size %" PRIu32 " reach beyond the last id",
			       map->host_id, map->size);
	for (size_t j = 0; j < i; j++) {
		if (overlap(map->container_id, map->size, maps[j].container_id, maps[j].size))
			return fail_at(err, EINVAL, where,
				       "its ids in the container overlap those of [%zu]", j);
		if (overlap(map->host_id, map->size, maps[j].host_id, maps[j].size))
			return fail_at(err, EINVAL, where,
				       "its ids on the host overlap those of [%zu]", j);
	}
	return 0;
}

static void print_map(const struct oci_id_mapping *maps, size_t n, struct str *ret)
{
	for (size_t i = 0; i < n; i++)
		str_printf(ret, "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", maps[i].container_id,
			   maps[i].host_id, maps[i].size);
}

/* The kernel takes it in one write, below a page. */
static int check_size(const struct oci_id_mapping *maps, size_t n, const char *where,
		      struct error *err)
{
	const long page = sysconf(_SC_PAGESIZE);
	auto_str text = { 0 };

	print_map(maps, n, &text);
	if (text.len < (size_t) page)
		return 0;
	return fail_at(err, E2BIG, where,
		       "the kernel reads the ranges as text of less than %ld bytes, and these %zu are %zu",
		       page, n, text.len);
}

int idmap_check(const struct oci_id_mapping *maps, size_t n, const char *where, struct error *err)
{
	if (n > IDMAP_MAX)
		return fail_at(err, E2BIG, where, "%zu ranges are more than the kernel's %d", n,
			       IDMAP_MAX);
	for (size_t i = 0; i < n; i++) {
		int r = check_one(maps, i, where, err);

		if (r < 0)
			return r;
	}
	return check_size(maps, n, where, err);
}

static int write_directly(pid_t pid, const struct map *map)
{
	auto_str text = { 0 };
	char path[64];

	print_map(map->items, map->n, &text);
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, map->file);
	return file_put(AT_FDCWD, path, text.data);
}

/* PID, then three numbers a range; NULL-terminated, each string the caller's. */
static char **helper_arguments(pid_t pid, const struct map *map)
{
	char **argv = xcalloc(2 + 3 * map->n + 1, sizeof(*argv));
	size_t n = 0;

	argv[n++] = xstrdup(map->helper);
	argv[n++] = xasprintf("%d", pid);
	for (size_t i = 0; i < map->n; i++) {
		argv[n++] = xasprintf("%" PRIu32, map->items[i].container_id);
		argv[n++] = xasprintf("%" PRIu32, map->items[i].host_id);
		argv[n++] = xasprintf("%" PRIu32, map->items[i].size);
	}
	return argv;
}

static void free_arguments(char **argv)
{
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	free(argv);
}

/* Returns 0 or -errno; the helper's standard error is the descriptor. */
static int spawn_helper(char **argv, int stderr_fd, pid_t *ret_pid)
{
	static const char *const directories[] = { "/usr/bin", "/usr/local/bin", "/bin",
						   "/run/wrappers/bin" };
	posix_spawn_file_actions_t actions;
	int r = ENOENT;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, stderr_fd, STDERR_FILENO);
	for (size_t i = 0; i < ARRAY_SIZE(directories) && r == ENOENT; i++) {
		auto_free char *path = xasprintf("%s/%s", directories[i], argv[0]);

		r = posix_spawn(ret_pid, path, &actions, NULL, argv, environ);
	}
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* The caller kills one that is late.  A user may do that, although it runs as root by then, for it was he who
 * started it. */
static int wait_for_exit(struct child *helper, int *ret_status)
{
	helper->pidfd = (int) syscall(SYS_pidfd_open, helper->pid, 0);
	if (helper->pidfd < 0)
		return -errno;
	return wait_for(helper->pidfd, HELPER_LIMIT_MS) == 0 ? -ETIMEDOUT
							     : child_wait(helper, ret_status);
}

/* The first line that the helper said, for the message; when it said nothing, how it ended. */
static void read_complaint(int fd, int status, char *ret, size_t size)
{
	ssize_t n = read(fd, ret, size - 1);
	int code = exit_code(status);

	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	if (!*ret)
		snprintf(ret, size, "%s %d", code > 128 ? "killed by signal" : "exit status",
			 code > 128 ? code - 128 : code);
}

static int write_by_helper(pid_t pid, const struct map *map, struct error *err)
{
	char complaint[256];
	auto_child helper = CHILD_NONE;
	int pipe_fds[2], status, r;
	char **argv;

	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail_errno(err, "make a pipe for '%s'", map->helper);
	auto_fd reader = pipe_fds[0];
	auto_fd writer = pipe_fds[1];

	argv = helper_arguments(pid, map);
	r = spawn_helper(argv, writer, &helper.pid);
	free_arguments(argv);
	if (r < 0)
		helper.pid = 0;
	else
		r = wait_for_exit(&helper, &status);
	if (r == -ETIMEDOUT)
		return fail(err, ETIMEDOUT, "map the %ss by '%s': it did not end within %d seconds",
			    map->what, map->helper, HELPER_LIMIT_MS / 1000);
	if (r < 0)
		return fail(err, -r,
			    "map the %ss by '%s', as the kernel lets only privileged users "
			    "map them: %s",
			    map->what, map->helper, strerror(-r));
	if (status == 0)
		return 0;
	read_complaint(reader, status, complaint, sizeof(complaint));
	return fail(err, EPERM, "map the %ss by '%s': %s", map->what, map->helper, complaint);
}

/* The kernel lets everybody map the one group that he has, once setgroups(2) is forbidden: else
 * a user could leave a group that is there to shut him out. */
static bool maps_only_own_group(const struct map *map)
{
	return strcmp(map->file, "gid_map") == 0 && map->n == 1 && map->items[0].size == 1 &&
	       map->items[0].host_id == getegid();
}

static int deny_setgroups(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	return file_put(AT_FDCWD, path, "deny");
}

static int write_map(pid_t pid, const struct map *map, struct error *err)
{
	int r;

	if (map->n == 0)
		return 0;
	r = write_directly(pid, map);
	if (r == -EPERM && maps_only_own_group(map)) {
		r = deny_setgroups(pid);
		if (r == 0)
			r = write_directly(pid, map);
	}
	if (r == -EPERM && geteuid() != 0)
		return write_by_helper(pid, map, err);
	if (r == -EPERM)
		return fail(err, EPERM,
			    "map the %ss of the user namespace of process %d, which takes ids that "
			    "we have, and %s: %s",
			    map->what, pid, map->rights, strerror(EPERM));
	if (r < 0)
		return fail(err, -r, "map the %ss of the user namespace of process %d: %s",
			    map->what, pid, strerror(-r));
	return 0;
}

bool idmap_denies_setgroups(pid_t pid)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	return file_peek(AT_FDCWD, path, text, sizeof(text)) > 0 && strcmp(text, "deny") == 0;
}

int idmap_write(pid_t pid, const struct oci_id_mapping *uids, size_t n_uids,
		const struct oci_id_mapping *gids, size_t n_gids, bool *ret_can_setgroups,
		struct error *err)
{
	const struct map users = {
		.what = "user id",
		.file = "uid_map",
		.helper = "newuidmap",
		.rights = "CAP_SETUID, and CAP_SETFCAP for the id 0",
		.items = uids,
		.n = n_uids,
	};
	const struct map groups = {
		.what = "group id",
		.file = "gid_map",
		.helper = "newgidmap",
		.rights = "CAP_SETGID",
		.items = gids,
		.n = n_gids,
	};
	int r;

	r = write_map(pid, &users, err);
	if (r < 0)
		return r;
	r = write_map(pid, &groups, err);
	if (r < 0)
		return r;
	if (ret_can_setgroups)
		*ret_can_setgroups = !idmap_denies_setgroups(pid);
	return 0;
}

bool idmap_to_host(const struct oci_id_mapping *maps, size_t n, uint32_t id, uint32_t *ret)
{
	if (n == 0) {
		*ret = id;
		return true;
	}
	for (size_t i = 0; i < n; i++) {
		if (id < maps[i].container_id || id - maps[i].container_id >= maps[i].size)
			continue;
		*ret = maps[i].host_id + (id - maps[i].container_id);
		return true;
	}
	return false;
}

/* Each of the lines is a range: its first id inside, its first on the host, and how many they are. */
static bool find_user(const char *lines, uint32_t uid, uid_t *ret)
{
	unsigned int inside, outside, count;

	for (const char *line = lines; line; line = strchr(line + 1, '\n')) {
		if (sscanf(line, "%u %u %u", &inside, &outside, &count) != 3 || uid < inside ||
		    uid - inside >= count)
			continue;
		*ret = outside + (uid - inside);
		return true;
	}
	return false;
}

/* The kernel gives as many whole lines at a time as a page holds: those of most maps at once. */
bool idmap_user_on_host(pid_t pid, uint32_t uid, uid_t *ret)
{
	char path[32], lines[MAP_TEXT_MAX];
	auto_fd fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (n = read(fd, lines, sizeof(lines) - 1)) > 0) {
		lines[n] = '\0';
		if (find_user(lines, uid, ret))
			return true;
	}
	return false;
}
