/* mount_check.c - the rules for a row of "mounts" that the configuration alone can break: see
 * mounts.h */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/log.h"
#include "linux/inroot.h"
#include "linux/mount_fs.h"
#include "linux/mount_idmap.h"
#include "linux/mount_kind.h"
#include "linux/mounts.h"

#define PLACE_MAX 64

/* Where a row's member is, for a message: made only when there is one. */
static const char *place(char buf[PLACE_MAX], size_t row, const char *member)
{
	snprintf(buf, PLACE_MAX, "mounts[%zu].%s", row, member);
	return buf;
}

static int check_type(const struct oci_mount *mount, size_t row, enum mount_kind kind,
		      struct error *err)
{
	char at[PLACE_MAX];

	if (kind == MOUNT_KIND_BIND && (!mount->source || !*mount->source))
		return fail_at(err, EINVAL, place(at, row, "source"), "a bind needs a source");
	if (kind == MOUNT_KIND_FS &&
	    (!mount->type || !*mount->type || mount_has_type(mount, "none")))
		return fail_at(err, EINVAL, place(at, row, "type"),
			       "a type is needed without the options bind, rbind or remount");
	return 0;
}

static int check_destination(const struct oci_mount *mount, size_t row,
			     const struct mount_options *options, struct error *err)
{
	const char *refused = NULL;
	struct mount_target target;
	char at[PLACE_MAX], path[PATH_MAX];

	if (!mount->destination || !*mount->destination)
		return fail_at(err, EINVAL, place(at, row, "destination"),
			       "a destination is needed");
	if (inroot_clean(mount->destination, path) < 0)
		return fail_at(err, ENAMETOOLONG, place(at, row, "destination"),
			       "the path is too long");
	if (mount->destination[0] != '/')
		log_warning("%s: '%s' is not absolute and is taken from '/'",
			    place(at, row, "destination"), mount->destination);
	target = mount_kind_target(mount, options, path);
	if (!options->is_remount)
		refused = mount_target_refuse(&target);
	return refused ? fail_at(err, EINVAL, place(at, row, "destination"), "'%s': %s", path,
				 refused)
		       : 0;
}

/* Only what is made detached can be filled before it is seen. */
static int check_copyup(const struct oci_mount *mount, size_t row,
			const struct mount_options *options, struct error *err)
{
	char at[PLACE_MAX];

	if (!mount_has_type(mount, "tmpfs") || !(options->flags & MOUNT_TMPCOPYUP) ||
	    !mount_fs_needs_legacy(mount->source, options))
		return 0;
	return fail_at(err, EINVAL, place(at, row, "options"),
		       "'tmpcopyup' cannot stand beside 'iversion', options in one string, or a source or "
		       "value of more than 255 bytes");
}

/* Only what is made detached can be given maps, and cgroup2 takes none. */
static int check_idmap(const struct oci_mount *mount, size_t row,
		       const struct mount_options *options, const struct oci_linux *section,
		       struct error *err)
{
	const enum mount_kind kind = mount_kind_of(mount, options);
	char at[PLACE_MAX];

	if (!mount_idmap_is_wanted(mount, options, false))
		return 0;
	if (kind == MOUNT_KIND_REMOUNT || kind == MOUNT_KIND_CGROUP)
		return fail_at(err, EINVAL, place(at, row, "options"),
			       "a %s cannot be given an id mapping",
			       kind == MOUNT_KIND_REMOUNT ? "remount" : "cgroup mount");
	snprintf(at, sizeof(at), "mounts[%zu]", row);
	return mount_idmap_check(mount, options, section, at, err);
}

int mount_check(const struct oci_mount *mount, size_t row, const struct oci_linux *section,
		struct error *err)
{
	auto_mount_options options = { 0 };
	enum mount_kind kind = mount_kind_parse(mount, &options);

	if (options.flags & MOUNT_TMPCOPYUP &&
	    !(kind == MOUNT_KIND_FS && mount_has_type(mount, "tmpfs")))
		log_warning("mounts[%zu].options: 'tmpcopyup' means nothing but for a new tmpfs",
			    row);
	if (kind == MOUNT_KIND_BIND && options.n_data)
		log_warning("mounts[%zu].options: '%s' means nothing for a bind", row,
			    options.data[0]);
	if (check_type(mount, row, kind, err) < 0 || check_copyup(mount, row, &options, err) < 0 ||
	    check_idmap(mount, row, &options, section, err) < 0)
		return -err->code;
	return check_destination(mount, row, &options, err);
}

int mount_check_live(const struct oci_mount *mount, size_t row, struct error *err)
{
	auto_mount_options options = { 0 };
	enum mount_kind kind = mount_kind_parse(mount, &options);
	char at[PLACE_MAX];

	if (kind == MOUNT_KIND_FS && mount_fs_needs_legacy(mount->source, &options))
		return fail_at(err, ENOTSUP,
			       place(at, row,
				     mount_fs_needs_legacy(NULL, &options) ? "options" : "source"),
			       "'iversion', options in one string, and sources and values of more than 255 "
			       "bytes, cannot be given to a running container");
	if (options.flags & MOUNT_COPY_SYMLINK)
		return fail_at(err, ENOTSUP, place(at, row, "options"),
			       "'copy-symlink' mounts nothing, so a running container cannot have it");
	return 0;
}
