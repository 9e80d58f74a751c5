/* intel_rdt.c - see intel_rdt.h */
#include "linux/intel_rdt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "linux/rdt_schemata.h"

#define MOUNTINFO_MAX (16 << 20)
#define LOCK_LIMIT_MS 10000
#define TASKS_MAX (64 << 20) /* of the 4 194 304 threads that there can be */

/* Whatever was forked meanwhile may have the descriptor, too. */
static void unlock(struct intel_rdt *rdt)
{
	if (rdt->lock >= 0)
		flock(rdt->lock, LOCK_UN);
	cleanup_fd(&rdt->lock);
}

void intel_rdt_release(struct intel_rdt *rdt)
{
	free(rdt->root);
	free(rdt->group);
	free(rdt->monitor);
	unlock(rdt);
	*rdt = INTEL_RDT_NONE;
}

static bool has_schemata(const struct oci_intel_rdt *config)
{
	return config->l3_cache_schema || config->mem_bw_schema || config->schemata.n;
}

/* "/" is the class that all are in that are in no other. */
static int check_name(const char *name, const char *where, struct error *err)
{
	/* resctrl's own directories */
	static const char *const taken[] = { ".", "..", "info", "mon_groups", "mon_data" };
	bool is_bad = !*name || strlen(name) > NAME_MAX || name[strcspn(name, "/\n")];

	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		is_bad |= str_equal(name, taken[i]);
	return is_bad ? fail_at(err, EINVAL, where, "'%.64s' is no name of a class of service",
				name)
		      : 0;
}

int intel_rdt_check(const struct oci_intel_rdt *config, struct error *err)
{
	char where[64];

	if (config->clos_id && !str_equal(config->clos_id, "/") &&
	    check_name(config->clos_id, "linux.intelRdt.closID", err) < 0)
		return -err->code;
	if (config->mem_bw_schema && strchr(config->mem_bw_schema, '\n'))
		return fail_at(err, EINVAL, "linux.intelRdt.memBwSchema", "is more than one line");
	for (size_t i = 0; i < config->schemata.n; i++) {
		snprintf(where, sizeof(where), "linux.intelRdt.schemata[%zu]", i);
		if (strchr(config->schemata.items[i], '\n'))
			return fail_at(err, EINVAL, where, "is more than one line");
	}
	return 0;
}

/* The mount point in a line of mountinfo that tells of a resctrl, and not of a class bound elsewhere; or NULL. */
static char *mount_point_of(char *line)
{
	char *save, *fields[5] = { NULL };

	if (!strstr(line, " - resctrl "))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		fields[i] = strtok_r(i ? NULL : line, " ", &save);
	return str_equal(fields[3], "/") ? fields[4] : NULL;
}

int intel_rdt_find(char **ret_root, struct error *err)
{
	auto_fd fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	auto_free char *text = NULL;
	char *save, *line;

	if (fd < 0)
		return fail_errno(err, "open '/proc/self/mountinfo'");
	if (file_read_fd(fd, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, NULL, err) < 0)
		return -err->code;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *point = mount_point_of(line);

		if (point) {
			*ret_root = xstrdup(point);
			return 0;
		}
	}
	return fail_at(err, ENOENT, "linux.intelRdt",
		       "no resctrl file system is mounted (the processor or the kernel may lack it)");
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Others live in this class, so it must be what the configuration says. */
static int compare(const struct oci_intel_rdt *config, const struct intel_rdt *rdt,
		   struct error *err)
{
	auto_free char *path = xasprintf("%s/info/MB/bandwidth_gran", rdt->root);
	uint64_t bandwidth_step = 0;
	char step[16];
	auto_free char *text = NULL;
	auto_str wanted = { 0 };

	rdt_schemata_join(config->l3_cache_schema, config->mem_bw_schema, &wanted);
	rdt_schemata_list(&config->schemata, &wanted);
	if (!wanted.len)
		return 0;
	if (rdt_schemata_read(rdt->group, &text, err) < 0)
		return -err->code;
	if (file_peek(AT_FDCWD, path, step, sizeof(step)) > 0)
		parse_u64(step, UINT32_MAX, &bandwidth_step);
	if (!rdt_schemata_match(text, wanted.data, bandwidth_step))
		return fail_at(err, EEXIST, "linux.intelRdt",
			       "the class of service '%s' is there, with other schemata",
			       rdt->group);
	return 0;
}

static int lock(struct intel_rdt *rdt, struct error *err)
{
	int r;

	rdt->lock = open(rdt->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = rdt->lock < 0 ? -errno : wait_for_lock(rdt->lock, LOCK_LIMIT_MS);
	if (r == -EWOULDBLOCK)
		return fail_at(err, EBUSY, "linux.intelRdt",
			       "'%s' has been locked by another process for %d seconds", rdt->root,
			       LOCK_LIMIT_MS / 1000);
	return r < 0 ? fail(err, -r, "lock '%s': %s", rdt->root, strerror(-r)) : 0;
}

static void name_directories(const struct oci_intel_rdt *config, const char *root, const char *id,
			     struct intel_rdt *ret)
{
	const char *name = config->clos_id ? config->clos_id : id;

	*ret = INTEL_RDT_NONE;
	ret->root = xstrdup(root);
	ret->group = str_equal(name, "/") ? xstrdup(root) : xasprintf("%s/%s", root, name);
	if (config->enable_monitoring.value)
		ret->monitor = xasprintf("%s/mon_groups/%s", ret->group, id);
}

static int decide(const struct oci_intel_rdt *config, struct intel_rdt *rdt, struct error *err)
{
	rdt->makes_group = !is_directory(rdt->group);
	rdt->keeps_group = config->clos_id;
	if (rdt->makes_group && config->clos_id && !has_schemata(config))
		return fail_at(err, ENOENT, "linux.intelRdt.closID",
			       "there is no class of service '%s', and no schemata to make it with",
			       config->clos_id);
	if (!rdt->makes_group && config->clos_id)
		return compare(config, rdt, err);
	if (!rdt->makes_group)
		return fail_at(err, EEXIST, "linux.intelRdt",
			       "the class of service '%s' of the container's name is there already",
			       rdt->group);
	return 0;
}

int intel_rdt_plan(const struct oci_intel_rdt *config, const char *root, const char *id,
		   struct intel_rdt *ret, struct error *err)
{
	struct intel_rdt rdt;
	int r;

	name_directories(config, root, id, &rdt);
	r = lock(&rdt, err);
	if (r == 0)
		r = decide(config, &rdt, err);
	unlock(&rdt);
	if (r < 0)
		intel_rdt_release(&rdt);
	else
		*ret = rdt;
	return r;
}

/* Errno's text, and behind it what resctrl says of the last thing that failed. */
static void explain(const char *root, int code, char *ret, size_t size)
{
	auto_free char *path = xasprintf("%s/info/last_cmd_status", root);
	char words[128] = "";

	if (file_peek(AT_FDCWD, path, words, sizeof(words)) <= 0 || str_equal(words, "ok"))
		snprintf(ret, size, "%s", strerror(code));
	else
		snprintf(ret, size, "%s (%s)", strerror(code), words);
}

/* Without a number for it left, for the class or for what watches it, the kernel makes no directory. */
static int make_directory(const char *root, const char *what, const char *path, struct error *err)
{
	char words[256];
	int code;

	if (mkdir(path, 0755) == 0)
		return 0;
	code = errno;
	explain(root, code, words, sizeof(words));
	return fail_at(err, code, "linux.intelRdt", "make the %s '%s': %s", what, path, words);
}

int intel_rdt_create(const struct oci_intel_rdt *config, struct intel_rdt *rdt, struct error *err)
{
	int r;

	if (!rdt->makes_group)
		return 0;
	r = lock(rdt, err);
	if (r == 0)
		r = make_directory(rdt->root, "class of service", rdt->group, err);
	rdt->is_made = r == 0;
	return r == -EEXIST && rdt->keeps_group ? compare(config, rdt, err) : r;
}

static int write_schemata(const char *root, const char *group, const struct str *lines,
			  struct error *err)
{
	auto_free char *path = xasprintf("%s/schemata", group);
	int r = lines->len ? file_put(AT_FDCWD, path, lines->data) : 0;
	char words[256];

	if (r == 0)
		return 0;
	explain(root, -r, words, sizeof(words));
	return fail_at(err, -r, "linux.intelRdt", "write '%.*s' to '%s': %s",
		       (int) strcspn(lines->data, "\n"), lines->data, path, words);
}

int intel_rdt_fill(const struct oci_intel_rdt *config, struct intel_rdt *rdt, struct error *err)
{
	auto_str joined = { 0 }, list = { 0 };

	rdt_schemata_join(config->l3_cache_schema, config->mem_bw_schema, &joined);
	rdt_schemata_list(&config->schemata, &list);
	if (rdt->is_made && (write_schemata(rdt->root, rdt->group, &joined, err) < 0 ||
			     write_schemata(rdt->root, rdt->group, &list, err) < 0))
		return -err->code;
	unlock(rdt);
	return 0;
}

static int write_tasks(const char *group, pid_t pid, struct error *err)
{
	auto_free char *path = xasprintf("%s/tasks", group);
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%d", pid);
	r = file_put(AT_FDCWD, path, text);
	if (r == -ENODEV) /* it has gone since it was opened */
		r = -ENOENT;
	return r < 0 ? fail(err, -r, "put process %d into '%s': %s", pid, path, strerror(-r)) : 0;
}

static int make_again(const struct oci_intel_rdt *config, struct intel_rdt *rdt, struct error *err)
{
	int r;

	rdt->makes_group = true;
	r = intel_rdt_create(config, rdt, err);
	return r < 0 ? r : intel_rdt_fill(config, rdt, err);
}

int intel_rdt_write(pid_t pid, const struct oci_intel_rdt *config, struct intel_rdt *rdt,
		    struct error *err)
{
	int r;

	if (!rdt->group || rdt->is_written)
		return 0;
	r = write_tasks(rdt->group, pid, err);
	if (r == -ENOENT && rdt->keeps_group && has_schemata(config)) {
		r = make_again(config, rdt, err);
		if (r == 0)
			r = write_tasks(rdt->group, pid, err);
	}
	rdt->is_written = r == 0;
	if (r < 0 || !rdt->monitor)
		return r;
	r = make_directory(rdt->root, "monitoring group", rdt->monitor, err);
	return r < 0 && r != -EEXIST ? r : write_tasks(rdt->monitor, pid, err);
}

int intel_rdt_place(const struct oci_intel_rdt *config, const char *id, struct intel_rdt *ret,
		    struct error *err)
{
	auto_free char *root = NULL;
	int r = config ? intel_rdt_find(&root, err) : 0;

	*ret = INTEL_RDT_NONE;
	if (root)
		name_directories(config, root, id, ret);
	return r == -ENOENT ? 0 : r;
}

/* What is not there any more cannot be entered; whoever took it away has said where its processes belong. */
int intel_rdt_enter(pid_t pid, const struct oci_intel_rdt *config, const char *id,
		    struct error *err)
{
	struct intel_rdt rdt;
	int r = intel_rdt_place(config, id, &rdt, err);

	if (r == 0 && rdt.group)
		r = write_tasks(rdt.group, pid, err);
	if (r == 0 && rdt.monitor)
		r = write_tasks(rdt.monitor, pid, err);
	intel_rdt_release(&rdt);
	return r == -ENOENT ? 0 : r;
}

int intel_rdt_update(const struct oci_intel_rdt *config, const char *id,
		     const char *l3_cache_schema, const char *mem_bw_schema, struct error *err)
{
	auto_free char *root = NULL;
	auto_free char *group = NULL;
	auto_str lines = { 0 };

	if (!config)
		return fail_at(err, EINVAL, "linux.intelRdt",
			       "the container was made without it, so its schemata cannot change");
	if (str_equal(config->clos_id, "/"))
		return fail_at(err, EINVAL, "linux.intelRdt.closID",
			       "the schemata of '/' are those of the whole machine");
	if (intel_rdt_find(&root, err) < 0)
		return -err->code;
	group = xasprintf("%s/%s", root, config->clos_id ? config->clos_id : id);
	rdt_schemata_join(l3_cache_schema, mem_bw_schema, &lines);
	return write_schemata(root, group, &lines, err);
}

/* A thread that has ended stays in its class until its parent has waited for it. */
static bool goes_on(const char *tid)
{
	struct process_info info;
	uint64_t number;
	int r = parse_u64(tid, INT_MAX, &number);

	if (r == 0)
		r = process_read((pid_t) number, &info);
	return r == 0 ? !info.is_ending : r != -ESRCH;
}

static bool is_used(const char *group)
{
	auto_free char *path = xasprintf("%s/tasks", group);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	auto_free char *tasks = NULL;
	char *save, *tid;
	struct error ignored;

	if (fd < 0)
		return errno != ENOENT;
	if (file_read_fd(fd, path, TASKS_MAX, &tasks, NULL, &ignored) < 0)
		return true;
	for (tid = strtok_r(tasks, "\n", &save); tid; tid = strtok_r(NULL, "\n", &save))
		if (goes_on(tid))
			return true;
	return false;
}

static int remove_group(const char *path, struct error *err)
{
	if (path && rmdir(path) < 0 && errno != ENOENT)
		return fail_errno(err, "remove '%s'", path);
	return 0;
}

int intel_rdt_delete(const char *group, const char *monitor, struct error *err)
{
	int r = remove_group(monitor, err);

	return r == 0 && group && !is_used(group) ? remove_group(group, err) : r;
}
