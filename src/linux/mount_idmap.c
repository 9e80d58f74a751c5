/* mount_idmap.c - see mount_idmap.h */
#include "linux/mount_idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/libc.h"
#include "base/text.h"
#include "linux/idmap.h"
#include "linux/idmap_namespace.h"

struct map {
	struct oci_id_mapping *items;
	size_t n;
};

/* The maps of one mount. */
struct maps {
	struct map uids, gids;
	bool is_ours; /* to be freed; else the row's */
};

#define auto_maps __attribute__((cleanup(maps_release))) struct maps

static void maps_release(struct maps *maps)
{
	if (maps->is_ours) {
		free(maps->uids.items);
		free(maps->gids.items);
	}
	*maps = (struct maps){ 0 };
}

static bool has_user_ns(const struct oci_linux *section)
{
	for (size_t i = 0; i < section->namespaces.n; i++)
		if (str_equal(section->namespaces.items[i].type, "user"))
			return true;
	return false;
}

/* Reads a number that ends with `end` or the end of the text; NULL: there is none. */
static const char *parse_number(const char *text, char end, uint32_t *ret)
{
	size_t len = strcspn(text, "-#;");
	char digits[16];
	uint64_t value;

	if (len >= sizeof(digits) || (text[len] != end && !(end == '#' && text[len] != '-')))
		return NULL;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (parse_u64(digits, UINT32_MAX, &value) < 0)
		return NULL;
	*ret = (uint32_t) value;
	return text + len;
}

/* An id of the container becomes the host's; the whole range must lie in one of its maps. */
static bool make_absolute(struct oci_id_mapping *range, const struct oci_id_mapping *maps, size_t n)
{
	uint32_t first, last;

	if (n == 0 || range->size == 0 || UINT32_MAX - range->size < range->host_id)
		return false;
	if (!idmap_to_host(maps, n, range->host_id, &first) ||
	    !idmap_to_host(maps, n, range->host_id + range->size - 1, &last) ||
	    last - first != range->size - 1)
		return false;
	range->host_id = first;
	return true;
}

/* One "0-1000-10" or "@0-0-10"; returns what follows, or NULL. */
static const char *parse_range(const char *text, const struct oci_id_mapping *container, size_t n,
			       struct oci_id_mapping *ret)
{
	bool is_relative = *text == '@';

	text = parse_number(text + is_relative, '-', &ret->container_id);
	if (text)
		text = parse_number(text + 1, '-', &ret->host_id);
	if (text)
		text = parse_number(text + 1, '#', &ret->size);
	return text && is_relative && !make_absolute(ret, container, n) ? NULL : text;
}

/* The ranges behind "uids=" or "gids=", up to ';' or the end; returns what follows, or NULL. */
static const char *parse_map(const char *text, const struct oci_id_mapping *container, size_t n,
			     struct map *ret)
{
	free(ret->items);
	*ret = (struct map){ .items = xcalloc(IDMAP_MAX, sizeof(*ret->items)) };
	do {
		if (ret->n == IDMAP_MAX)
			return NULL;
		text = parse_range(text, container, n, &ret->items[ret->n++]);
	} while (text && *text++ == '#');
	return text ? text - 1 : NULL;
}

static int parse_option(const char *option, const struct oci_linux *section, const char *where,
			struct maps *ret, struct error *err)
{
	const char *text = option, *ids;

	ret->is_ours = true;
	while (text && *text) {
		if ((ids = str_after(text, "uids=")))
			text = parse_map(ids, section->uid_mappings.items, section->uid_mappings.n,
					 &ret->uids);
		else if ((ids = str_after(text, "gids=")))
			text = parse_map(ids, section->gid_mappings.items, section->gid_mappings.n,
					 &ret->gids);
		else
			text = NULL;
		if (text && *text == ';')
			text++;
	}
	if (!text || !ret->uids.n || !ret->gids.n)
		return fail_at(err, EINVAL, where,
			       "malformed id mapping '%s' (it is like "
			       "'uids=0-100000-65536;gids=0-100000-65536')",
			       option);
	return 0;
}

/* The row's maps.  None in *ret: those of the container's user namespace. */
static int resolve(const struct oci_mount *mount, const struct mount_options *options,
		   const struct oci_linux *section, const char *where, struct maps *ret,
		   struct error *err)
{
	if (mount->uid_mappings.n || mount->gid_mappings.n) {
		if (options->idmap)
			return fail_at(err, EINVAL, where,
				       "'%s' and uidMappings exclude each other", options->idmap);
		ret->uids = (struct map){ mount->uid_mappings.items, mount->uid_mappings.n };
		ret->gids = (struct map){ mount->gid_mappings.items, mount->gid_mappings.n };
		return 0;
	}
	if (options->idmap)
		return parse_option(options->idmap, section, where, ret, err);
	if (!has_user_ns(section))
		return fail_at(err, EINVAL, where,
			       "an id mapping needs uidMappings and gidMappings of the mount, or a "
			       "user namespace in linux.namespaces");
	return 0;
}

static int check_maps(const struct oci_mount *mount, const struct maps *maps, const char *where,
		      struct error *err)
{
	char at[96];
	int r;

	if (maps->is_ours) {
		snprintf(at, sizeof(at), "%s.options", where);
		r = idmap_check(maps->uids.items, maps->uids.n, at, err);
		return r < 0 ? r : idmap_check(maps->gids.items, maps->gids.n, at, err);
	}
	snprintf(at, sizeof(at), "%s.uidMappings", where);
	if (mount->gid_mappings.n && !mount->uid_mappings.n)
		return fail_at(err, EINVAL, at, "are needed beside gidMappings");
	r = idmap_check(maps->uids.items, maps->uids.n, at, err);
	if (r < 0)
		return r;
	snprintf(at, sizeof(at), "%s.gidMappings", where);
	if (mount->uid_mappings.n && !mount->gid_mappings.n)
		return fail_at(err, EINVAL, at, "are needed beside uidMappings");
	return idmap_check(maps->gids.items, maps->gids.n, at, err);
}

bool mount_idmap_is_wanted(const struct oci_mount *mount, const struct mount_options *options,
			   bool is_made_inside)
{
	if (mount->uid_mappings.n || mount->gid_mappings.n || options->idmap)
		return true;
	return !is_made_inside && options->flags & (MOUNT_IDMAP | MOUNT_RIDMAP);
}

int mount_idmap_check(const struct oci_mount *mount, const struct mount_options *options,
		      const struct oci_linux *section, const char *where, struct error *err)
{
	auto_maps maps = { 0 };
	char at[96];

	if (!mount_idmap_is_wanted(mount, options, false))
		return 0;
	snprintf(at, sizeof(at), "%s.options", where);
	if (resolve(mount, options, section, at, &maps, err) < 0)
		return -err->code;
	return check_maps(mount, &maps, where, err);
}

static int open_namespace(pid_t pid, const struct maps *maps, int *ret_fd, struct error *err)
{
	char path[64];

	if (maps->uids.n)
		return idmap_namespace_open(maps->uids.items, maps->uids.n, maps->gids.items,
					    maps->gids.n, ret_fd, err);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? fail_errno(err, "open the container's user namespace") : 0;
}

/* What EINVAL and EPERM mean here, where the kernel has many reasons and no words. */
static int fail_map(int code, bool is_recursive, struct error *err)
{
	if (code == EINVAL)
		return fail(err, code,
			    "map the ids of the mount%s: %s (a file system there does not "
			    "support it)",
			    is_recursive ? " and of those below it" : "", strerror(code));
	return fail(err, code, "map the ids of the mount: %s", strerror(code));
}

int mount_idmap_write(pid_t pid, int mount_fd, const struct oci_mount *mount,
		      const struct oci_linux *section, struct error *err)
{
	auto_mount_options options = { 0 };
	auto_maps maps = { 0 };
	auto_fd ns_fd = -1;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	bool is_recursive;

	mount_options_parse(&mount->options, &options);
	if (resolve(mount, &options, section, "options", &maps, err) < 0 ||
	    open_namespace(pid, &maps, &ns_fd, err) < 0)
		return -err->code;
	attr.userns_fd = (uint64_t) ns_fd;
	is_recursive = options.flags & MOUNT_RIDMAP;
	if (mount_setattr(mount_fd, "", AT_EMPTY_PATH | (is_recursive ? AT_RECURSIVE : 0), &attr,
			  sizeof(attr)) < 0)
		return fail_map(errno, is_recursive, err);
	return 0;
}
