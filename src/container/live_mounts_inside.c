/* live_mounts_inside.c - mounts add and mounts remove, in the container: see live_mounts.h */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "container/annotations.h"
#include "container/init.h"
#include "container/live_mounts.h"
#include "container/sync.h"
#include "linux/mount_remove.h"
#include "linux/mounts.h"
#include "linux/namespaces.h"
#include "linux/selinux.h"

/* What the callbacks need to know which row it is. */
struct row {
	const struct live_mounts *change;
	size_t index;
};

static int ask_to_map(void *data, int mount_fd, struct error *err)
{
	const struct row *row = data;
	int r;

	r = sync_say(row->change->sock, SYNC_MAP_MOUNT, (int) row->index, mount_fd, err);
	return r < 0 ? r : sync_expect(row->change->sock, SYNC_GO, err);
}

/* To take it away again: what is at its destination then is the container's choice. */
static void keep(void *data, int mount_fd)
{
	const struct row *row = data;

	row->change->trees[row->index] = fcntl(mount_fd, F_DUPFD_CLOEXEC, 0);
}

/* All or nothing: what was mounted before a failure goes again. */
static int add_all(struct live_mounts *change, int root_fd, struct error *err)
{
	struct row row = { .change = change };
	const struct mount_context context = {
		.root_fd = root_fd,
		.in_user_ns = change->joins & CLONE_NEWUSER,
		.has_cgroup_ns = change->joins & CLONE_NEWCGROUP,
		.pid_ns = change->pid_ns >= 0 ? &change->pid_ns : NULL,
		.cgroup_source_fd = -1,
		.label = selinux_label(change->bundle.config.linux->mount_label),
		.label_option = annotation_context_type(&change->bundle.config.annotations),
		.map_ids = ask_to_map,
		.map_ids_data = &row,
		.attached = keep,
		.attached_data = &row,
	};

	for (size_t i = 0; i < change->file.mounts.n; i++) {
		const struct oci_mount *mount = &change->file.mounts.items[i];

		row.index = i;
		if ((change->trees[i] >= 0 ? mount_attach(&context, mount, &change->trees[i], err)
					   : mount_apply(&context, mount, -1, err)) == 0)
			continue;
		fail_in(err, "mounts[%zu] '%s'", i, mount->destination);
		fail_place(err, "mounts[%zu]", i);
		do
			if (change->trees[i] >= 0)
				mount_detach(change->trees[i], change->procfs);
		while (i-- > 0);
		return -err->code;
	}
	return 0;
}

/* From the last to the first, so that one file serves to add and to remove. */
static int remove_all(const struct live_mounts *change, int root_fd, struct error *err)
{
	for (size_t i = change->file.mounts.n; i-- > 0;) {
		const struct oci_mount *mount = &change->file.mounts.items[i];

		if (mount_remove(root_fd, mount, change->procfs, err) < 0) {
			fail_in(err, "mounts[%zu] '%s'", i, mount->destination);
			return fail_place(err, "mounts[%zu]", i);
		}
	}
	return 0;
}

static int enter(const struct live_mounts *change, struct error *err)
{
	if (namespace_join(change->pidfd, change->joins, err) < 0)
		return -err->code;
	if (!(change->joins & CLONE_NEWUSER))
		return 0;
	/* an id that is not mapped, or groups that may not be dropped, stay: the mounts will tell */
	setgroups(0, NULL);
	if ((setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) && errno != EINVAL)
		return fail_errno(err, "become root of the user namespace");
	return 0;
}

static int change_inside(struct live_mounts *change, struct error *err)
{
	auto_fd root_fd = -1;

	if (init_tie_to_host(err) < 0)
		return -err->code;
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return fail_errno(err, "forbid other processes to look into this one");
	/* a change of user namespace, and of user, forgets it */
	if (enter(change, err) < 0 || init_tie_to_host(err) < 0)
		return -err->code;
	root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return fail_errno(err, "open the container's root");
	return change->is_add ? add_all(change, root_fd, err) : remove_all(change, root_fd, err);
}

void live_mounts_main(struct live_mounts *change)
{
	struct error err;

	if (change_inside(change, &err) < 0 || sync_say(change->sock, SYNC_READY, 0, -1, &err) < 0)
		sync_say_error(change->sock, &err);
	_exit(0);
}
