/* cgroup.c - plan, open, ask and let go of a cgroup; see cgroup.h */
#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cgroup/device_rules.h"
#include "cgroup/make.h"
#include "cgroup/path.h"
#include "cgroup/settings.h"

void cgroup_release(struct cgroup *cgroup)
{
	free(cgroup->mount);
	free(cgroup->path);
	free(cgroup->made_from);
	free(cgroup->why_none);
	scope_free(cgroup->scope);
	cleanup_fd(&cgroup->fd);
	*cgroup = CGROUP_NONE;
}

static void undo_scope(struct cgroup *cgroup)
{
	const struct scope *scope = cgroup->scope;
	struct error err;

	if (scope->may_be_there &&
	    cgroup_delete_unit(cgroup->mount, cgroup->path, scope->unit, scope->is_user, &err) < 0)
		log_error(&err);
	cgroup_release(cgroup);
}

void cgroup_undo(struct cgroup *cgroup)
{
	struct error err;

	if (cgroup->scope) {
		undo_scope(cgroup);
		return;
	}
	if (!cgroup->made_from || cgroup_delete(cgroup->mount, cgroup->path, &err) < 0) {
		if (cgroup->made_from)
			log_error(&err);
		cgroup_release(cgroup);
		return;
	}
	/* The parents that we made may be another container's by now: rmdir tells.  Those that we did not come
	 * to are not there, or are another cgroup's file. */
	while (strlen(cgroup->path) > strlen(cgroup->made_from)) {
		auto_free char *dir = NULL;

		*strrchr(cgroup->path, '/') = '\0';
		dir = xasprintf("%s%s", cgroup->mount, cgroup->path);
		if (rmdir(dir) < 0 && errno != ENOENT && errno != ENOTDIR)
			break;
	}
	cgroup_release(cgroup);
}

int cgroup_find_mount(const char **ret_mount, struct error *err)
{
	static const char *const mounts[] = { CGROUP_MOUNT, CGROUP_MOUNT_HYBRID };

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		struct statfs fs;

		if (statfs(mounts[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC) {
			*ret_mount = mounts[i];
			return 0;
		}
	}
	return fail_as(err, ERROR_CGROUP, ENOENT,
		       "no cgroup v2 hierarchy is mounted on '%s' or '%s'", CGROUP_MOUNT,
		       CGROUP_MOUNT_HYBRID);
}

static int refuse_limit(const struct setting *s, void *arg, struct error *err)
{
	const enum cgroup_manager *manager = arg;

	if (!s->is_limit || *manager != CGROUP_MANAGER_DISABLED)
		return 0;
	return fail_at(err, ENOTSUP, s->where,
		       "needs a cgroup, and the cgroup manager is disabled");
}

int cgroup_resources_check(enum cgroup_manager manager, const struct oci_resources *resources,
			   struct error *err)
{
	int rc = settings_walk(resources, refuse_limit, &manager, err);

	if (rc == 0 && resources)
		rc = device_rules_check(resources->devices.items, resources->devices.n, err);
	if (rc < 0)
		return rc;
	if (manager == CGROUP_MANAGER_DISABLED)
		log_debug("no cgroup: linux.resources is not applied");
	else
		settings_warn_v1(resources);
	return 0;
}

static int find_place(const char *cgroups_path, const char *id, const char **ret_mount,
		      char **ret_path, struct error *err)
{
	auto_free char *own = NULL;
	int rc = cgroup_find_mount(ret_mount, err);

	if (rc == 0 && (!cgroups_path || cgroups_path[0] != '/'))
		rc = cgroup_path_own(&own, err);
	return rc < 0 ? rc : cgroup_path_plan(cgroups_path, id, own, ret_path, err);
}

/* Where the system's manager will put it is known; where a user's does, only that manager knows. */
static int plan_scope(const char *cgroups_path, const char *id,
		      const struct oci_string_map *annotations, struct cgroup *ret,
		      struct error *err)
{
	struct scope *scope;
	const char *mount;
	int rc = cgroup_find_mount(&mount, err);

	if (rc == 0)
		rc = scope_plan(cgroups_path, id, annotations, &scope, err);
	if (rc < 0)
		return rc;
	*ret = (struct cgroup){
		.mount = xstrdup(mount),
		.path = scope->is_user ? NULL : xstrdup(scope->path),
		.fd = -1,
		.is_asked_for = true,
		.scope = scope,
	};
	return 0;
}

/* What is there already must be unused. */
static int check_place(const char *mount, const char *path, struct error *err)
{
	auto_free char *dir = xasprintf("%s%s", mount, path);
	auto_cgroup found = CGROUP_NONE;
	int rc;

	if (faccessat(AT_FDCWD, dir, F_OK, 0) < 0 && errno == ENOENT)
		return 0;
	rc = cgroup_open(mount, path, &found, err);
	return rc < 0 ? rc : cgroup_check_unused(&found, err);
}

int cgroup_plan(enum cgroup_manager manager, const char *cgroups_path, const char *id,
		const struct oci_string_map *annotations, struct cgroup *ret, struct error *err)
{
	auto_free char *path = NULL;
	const char *mount;
	int rc;

	*ret = CGROUP_NONE;
	if (manager == CGROUP_MANAGER_DISABLED)
		return 0;
	if (manager == CGROUP_MANAGER_SYSTEMD)
		return plan_scope(cgroups_path, id, annotations, ret, err);
	rc = find_place(cgroups_path, id, &mount, &path, err);
	if (rc < 0)
		return rc;
	rc = check_place(mount, path, err);
	if (rc < 0)
		return rc;
	*ret = (struct cgroup){
		.mount = xstrdup(mount),
		.path = TAKE_PTR(path),
		.fd = -1,
		.is_asked_for = cgroups_path != NULL,
	};
	return 0;
}

/* Without the right to make a cgroup a container can do without, if nothing asks for one. */
static bool can_do_without(const struct cgroup *cgroup, int code,
			   const struct oci_resources *resources)
{
	enum cgroup_manager disabled = CGROUP_MANAGER_DISABLED;
	struct error ignored;

	return (code == EACCES || code == EPERM || code == EROFS) && !cgroup->is_asked_for &&
	       settings_walk(resources, refuse_limit, &disabled, &ignored) == 0;
}

int cgroup_create(struct cgroup *cgroup, const struct oci_resources *resources, struct error *err)
{
	int rc;

	if (!cgroup->path || cgroup->scope)
		return 0;
	rc = cgroup_make(cgroup, resources, err);
	if (rc < 0 && can_do_without(cgroup, -rc, resources)) {
		cgroup_undo(cgroup);
		cgroup->why_none = xstrdup(err->text);
		return 0;
	}
	return rc;
}

void cgroup_warn_of_none(const struct cgroup *cgroup)
{
	if (cgroup->why_none)
		log_warning("the container gets no cgroup: %s", cgroup->why_none);
}

int cgroup_open(const char *mount, const char *path, struct cgroup *ret, struct error *err)
{
	auto_free char *dir = xasprintf("%s%s", mount, path);
	auto_fd fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	*ret = CGROUP_NONE;
	if (fd < 0) {
		fail_errno(err, "open the cgroup '%s'", dir);
		return fail_class(err, ERROR_CGROUP, NULL);
	}
	*ret = (struct cgroup){
		.mount = xstrdup(mount),
		.path = xstrdup(path),
		.fd = TAKE_FD(fd),
	};
	return 0;
}

/* cgroup.events is lines of "key 0" or "key 1". */
static bool has_event(const struct cgroup *cgroup, const char *line)
{
	char events[128];

	if (file_peek(cgroup->fd, "cgroup.events", events, sizeof(events)) < 0)
		return false;
	return strstr(events, line) != NULL;
}

bool cgroup_is_empty(const struct cgroup *cgroup)
{
	return !has_event(cgroup, "populated 1");
}

bool cgroup_is_frozen(const struct cgroup *cgroup)
{
	return has_event(cgroup, "frozen 1");
}

bool cgroup_is_told_to_freeze(const struct cgroup *cgroup)
{
	char text[8];

	return file_peek(cgroup->fd, "cgroup.freeze", text, sizeof(text)) > 0 &&
	       str_equal(text, "1");
}
