/* unpack.c - see unpack.h */
#include "image/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "image/bundle_files.h"
#include "image/bundle_record.h"
#include "image/convert.h"
#include "image/layer_cache.h"
#include "image/lists.h"
#include "image/root_mount.h"
#include "image/staging.h"
#include "image/store.h"
#include "image/tree.h"
#include "image/tree_cache.h"
#include "libocispec/document.h"

/* The path that the bundle will have. */
static int final_path(const struct staging *staging, char **ret, struct error *err)
{
	char parent[PATH_MAX];

	if (path_of_fd(staging->parent, parent, err) < 0)
		return -err->code;
	*ret = xasprintf("%s/%s", strcmp(parent, "/") == 0 ? "" : parent, staging->name);
	return 0;
}

static int add_poststop(const char *program, const struct staging *staging,
			struct oci_config *config, struct error *err)
{
	char *bundle = NULL;
	struct oci_hook *hook;

	if (final_path(staging, &bundle, err) < 0)
		return -err->code;
	hook = xcalloc(1, sizeof(*hook));
	hook->path = xstrdup(program);
	strings_add(&hook->args, xstrdup("coracle-unpack"));
	strings_add(&hook->args, xstrdup("umount"));
	strings_add(&hook->args, bundle);
	config->hooks = xcalloc(1, sizeof(*config->hooks));
	config->hooks->poststop.items = hook;
	config->hooks->poststop.n = 1;
	return 0;
}

static int write_config(const struct unpack_request *request, const struct staging *staging,
			int root_fd, struct error *err)
{
	struct oci_config config = { 0 };
	auto_free char *json = NULL;
	size_t len;
	int r;

	if (convert_image(&request->source->image->config, root_fd, staging->name,
			  &request->settings, &config, err) < 0)
		return -err->code;
	r = request->poststop ? add_poststop(request->poststop, staging, &config, err) : 0;
	if (r == 0)
		r = bundle_files_write(staging->fd, &config, err);
	if (r == 0) {
		r = oci_print(&oci_config_desc, &config, OCI_PRINT_PRETTY, &json, &len);
		if (r < 0)
			fail(err, -r, "print config.json: %s", strerror(-r));
	}
	oci_release(&oci_config_desc, &config);
	if (r < 0)
		return -err->code;
	return file_replace(staging->fd, "config.json", json, len, 0644, err);
}

static int open_root(const struct staging *staging, int *ret_fd, struct error *err)
{
	*ret_fd = openat(staging->fd, "rootfs", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? fail_errno(err, "open the bundle's rootfs") : 0;
}

static int make_root(const struct unpack_request *request, const struct staging *staging,
		     struct progress *progress, int *ret_fd, struct error *err)
{
	if (mkdirat(staging->fd, "rootfs", 0755) < 0)
		return fail_errno(err, "make the bundle's rootfs");
	if (request->has_reflinks && tree_cache_clone(request->store, request->source, staging->fd,
						      "rootfs", progress, err) < 0)
		return -err->code;
	if (open_root(staging, ret_fd, err) < 0 || request->has_reflinks)
		return *ret_fd < 0 ? -err->code : 0;
	return layers_apply(request->source, *ret_fd, progress, err);
}

/* The store notes where the bundle will be, before it is there. */
static int record_bundle(const struct root_mount *mount, const struct staging *staging,
			 struct error *err)
{
	auto_free char *bundle = NULL;

	if (final_path(staging, &bundle, err) < 0)
		return -err->code;
	return bundle_record_add(mount->store, bundle, staging->fd, mount, err);
}

/* The root is a mount of what the cache has then. */
static int mount_root(const struct unpack_request *request, const struct staging *staging,
		      struct progress *progress, int *ret_fd, struct error *err)
{
	auto_root_mount mount = { .is_temporary = request->is_temporary };
	struct erofs_request erofs = {
		.source = request->source,
		.per_layer = request->per_layer,
		.has_verity = request->has_verity,
	};
	bool is_erofs = request->driver == DRIVER_EROFS;

	if (!request->source->image->manifest.layers.n)
		return fail_as(err, ERROR_IMAGE, EINVAL,
			       "the image has no layer to mount: use --driver dir");
	if (geteuid() != 0)
		return fail_as(err, ERROR_USAGE, EPERM,
			       "--driver %s needs root, who may mount: use --driver dir",
			       is_erofs ? "erofs" : "overlay");
	mount.driver = xstrdup(is_erofs ? "erofs" : "overlay");
	mount.store = realpath(request->store, NULL);
	if (!mount.store)
		return fail_errno(err, "find the store '%s'", request->store);
	erofs.store = mount.store;
	if ((is_erofs ? erofs_cache_fill(&erofs, progress, &mount.images, &mount.verity, err)
		      : layer_cache_fill(mount.store, request->source, progress, &mount.layers,
					 err)) < 0 ||
	    root_mount_write(staging->fd, &mount, err) < 0 ||
	    record_bundle(&mount, staging, err) < 0 ||
	    root_mount_attach(staging->fd, true, err) < 0)
		return -err->code;
	return open_root(staging, ret_fd, err);
}

static int fill_bundle(const struct unpack_request *request, const struct staging *staging,
		       struct progress *progress, struct error *err)
{
	auto_fd root_fd = -1;

	if ((request->driver == DRIVER_DIR ? make_root : mount_root)(request, staging, progress,
								     &root_fd, err) < 0 ||
	    write_config(request, staging, root_fd, err) < 0)
		return -err->code;
	return request->confirm ? request->confirm(request->context, err) : 0;
}

static int make_bundle(const struct unpack_request *request, struct progress *progress,
		       struct error *err)
{
	auto_staging staging = STAGING_NONE;
	auto_store store = STORE_NONE;
	struct error ignored;

	/* Until the bundle is there the store's lock keeps gc from its layers. */
	if ((request->driver != DRIVER_DIR || request->has_reflinks) &&
	    store_open(request->store, STORE_SHARED, &store, err) < 0)
		return -err->code;
	if (staging_open(request->bundle, &staging, err) < 0)
		return -err->code;
	if (fill_bundle(request, &staging, progress, err) == 0 && staging_commit(&staging, err) == 0)
		return 0;
	root_mount_detach(staging.fd, &ignored);
	return -err->code;
}

static void tell_losses(const struct losses *losses)
{
	const struct {
		uint64_t n;
		const char *what;
	} notes[] = {
		{ losses->owners,
		  "files belong to you, not to their owners: only root can give them away" },
		{ losses->devices, "device nodes were left out: only root can make them" },
		{ losses->xattrs, "extended attributes were left out: not permitted, not "
				  "supported, or not for an image to set" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
		if (notes[i].n)
			log_warning("%ju %s", (uintmax_t) notes[i].n, notes[i].what);
}

int unpack_image(const struct unpack_request *request, struct progress *ret, struct error *err)
{
	struct progress progress = { .stop = request->stop, .limits = &request->limits };

	if (make_bundle(request, &progress, err) < 0)
		return -err->code;
	tell_losses(&progress.losses);
	progress.layers = request->source->image->manifest.layers.n;
	*ret = progress;
	return 0;
}

int bundle_delete(int dir, const char *name, struct error *err)
{
	auto_fd fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_root_mount mount = { 0 };
	char bundle[PATH_MAX];
	struct error ignored;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return fail_errno(err, "open the bundle '%s'", name);
	if (path_of_fd(fd, bundle, err) < 0 || root_mount_detach(fd, err) < 0)
		return -err->code;
	if (root_mount_read(fd, &mount, &ignored) < 0)
		mount.store = NULL;
	if (tree_delete(dir, name, err) < 0)
		return -err->code;
	if (mount.store)
		bundle_record_drop(mount.store, bundle);
	return 0;
}
