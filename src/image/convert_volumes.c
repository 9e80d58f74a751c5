/* convert_volumes.c - the image's volumes become tmpfs mounts; see convert.h */
#include "image/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/lists.h"
#include "image/member_path.h"
#include "linux/inroot.h"

/* Where an image must not put its own file system (CVE-2022-23648's kind). */
static const char *const forbidden[] = { "/dev", "/proc", "/sys" };

/* Writes the volume's place in its shortest form; a relative one is from the root, as a WorkingDir is. */
static int clean(const char *volume, char **ret, struct error *err)
{
	struct member_path path;

	if (member_path_parse(volume, &path, err) < 0)
		return -err->code;
	if (!*path.name)
		return fail_as(err, ERROR_IMAGE, EINVAL, "it is not a path below the root");
	*ret = xasprintf("%s%s/%s", *path.parent ? "/" : "", path.parent, path.name);
	return 0;
}

static int check_place(const char *path, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++) {
		const char *rest = str_after(path, forbidden[i]);

		if (rest && (!*rest || *rest == '/'))
			return fail_as(err, ERROR_IMAGE, EPERM, "an image may not mount over %s",
				       forbidden[i]);
	}
	return 0;
}

/* The empty tmpfs looks as the directory does that it hides, so that the image's user can write.  Where he is
 * the only user that there is, it is his. */
static void add_looks(const char *path, int root_fd, bool has_owners, struct oci_strings *options)
{
	struct stat st;
	auto_fd fd = inroot_open(root_fd, path, O_PATH | O_DIRECTORY);

	if (fd < 0 || fstat(fd, &st) < 0) {
		strings_add(options, xstrdup("mode=755"));
		return;
	}
	strings_add(options, xasprintf("mode=%o", st.st_mode & 07777));
	if (has_owners && st.st_uid)
		strings_add(options, xasprintf("uid=%u", st.st_uid));
	if (has_owners && st.st_gid)
		strings_add(options, xasprintf("gid=%u", st.st_gid));
}

static bool is_mounted(const struct oci_config *config, const char *path)
{
	for (size_t i = 0; i < config->mounts.n; i++)
		if (strcmp(config->mounts.items[i].destination, path) == 0)
			return true;
	return false;
}

static void add_volume(const char *path, int root_fd, struct oci_config *config)
{
	static const char *const options[] = { "rw", "nosuid", "nodev", "noexec", "relatime" };
	struct oci_mount mount = {
		.destination = xstrdup(path),
		.type = xstrdup("tmpfs"),
		.source = xstrdup("tmpfs"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		strings_add(&mount.options, xstrdup(options[i]));
	add_looks(path, root_fd, !config->linux->uid_mappings.n, &mount.options);
	config->mounts.items = list_grow(config->mounts.items, config->mounts.n, sizeof(mount));
	config->mounts.items[config->mounts.n++] = mount;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* In the order in which they can be mounted: what lies in another volume comes after it. */
static int find_places(const struct oci_image_run *run, const struct oci_config *config,
		       struct oci_strings *ret, struct error *err)
{
	for (size_t i = 0; i < run->volumes.n; i++) {
		const char *volume = run->volumes.keys[i];
		auto_free char *path = NULL;

		if (clean(volume, &path, err) < 0)
			return fail_in(err, "volume '%.200s'", volume);
		if (is_mounted(config, path) || strings_have(ret, path))
			continue;
		if (check_place(path, err) < 0)
			return fail_in(err, "volume '%.200s'", volume);
		strings_add(ret, TAKE_PTR(path));
	}
	if (ret->n)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_name);
	return 0;
}

int convert_volumes(const struct oci_image_run *run, int root_fd, struct oci_config *config,
		    struct error *err)
{
	auto_strings places = { 0 };

	if (find_places(run, config, &places, err) < 0)
		return -err->code;
	for (size_t i = 0; i < places.n; i++)
		add_volume(places.items[i], root_fd, config);
	return 0;
}
