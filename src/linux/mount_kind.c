/* mount_kind.c - see mount_kind.h */
#include "linux/mount_kind.h"

#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "linux/inroot.h"

bool mount_has_type(const struct oci_mount *mount, const char *type)
{
	return str_equal(mount->type, type);
}

enum mount_kind mount_kind_of(const struct oci_mount *mount, const struct mount_options *options)
{
	if (options->is_remount)
		return MOUNT_KIND_REMOUNT;
	if (options->is_bind)
		return MOUNT_KIND_BIND;
	if (mount_has_type(mount, "cgroup") || mount_has_type(mount, "cgroup2"))
		return MOUNT_KIND_CGROUP;
	return MOUNT_KIND_FS;
}

enum mount_kind mount_kind_parse(const struct oci_mount *mount, struct mount_options *ret)
{
	mount_options_parse(&mount->options, ret);
	ret->is_bind |= mount_has_type(mount, "bind") || mount_has_type(mount, "rbind");
	ret->is_recursive |= mount_has_type(mount, "rbind");
	return mount_kind_of(mount, ret);
}

bool mount_sees_network(const struct oci_mount *mount)
{
	auto_mount_options options = { 0 };

	if (mount_kind_parse(mount, &options) != MOUNT_KIND_FS || options.flags & MOUNT_TMPCOPYUP)
		return true;
	return !mount_has_type(mount, "proc") && !mount_has_type(mount, "tmpfs") &&
	       !mount_has_type(mount, "devpts") && !mount_has_type(mount, "mqueue");
}

bool mount_binds(const struct oci_mount *mount, const char *path)
{
	auto_mount_options options = { 0 };
	char clean[PATH_MAX];

	if (!mount->destination || inroot_clean(mount->destination, clean) < 0 ||
	    strcmp(clean, path) != 0)
		return false;
	return mount_kind_parse(mount, &options) == MOUNT_KIND_BIND;
}

struct mount_target mount_kind_target(const struct oci_mount *mount,
				      const struct mount_options *options, const char *path)
{
	const enum mount_kind kind = mount_kind_of(mount, options);
	const bool is_procfs = kind == MOUNT_KIND_FS && mount_has_type(mount, "proc");

	return (struct mount_target){
		.path = path,
		.is_bind = kind == MOUNT_KIND_BIND,
		.is_procfs = is_procfs,
		.is_exact = is_procfs || (kind == MOUNT_KIND_FS && mount_has_type(mount, "sysfs")),
		.is_nofollow = options->flags & MOUNT_DEST_NOFOLLOW,
		.fd = -1,
	};
}
