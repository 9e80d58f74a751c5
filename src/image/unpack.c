/* unpack.c - see unpack.h */
#include "image/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "image/convert.h"
#include "image/layers.h"
#include "image/layout.h"
#include "image/platform.h"
#include "image/reference.h"
#include "image/resolve.h"
#include "image/staging.h"
#include "libocispec/document.h"

static int write_config(const struct image *image, const struct staging *staging, int root_fd,
			struct error *err)
{
	struct oci_config config = { 0 };
	auto_free char *json = NULL;
	size_t len;
	int r;

	if (convert_image(&image->config, root_fd, staging->name, &config, err) < 0)
		return -err->code;
	r = oci_print(&oci_config_desc, &config, OCI_PRINT_PRETTY, &json, &len);
	oci_release(&oci_config_desc, &config);
	if (r < 0)
		return fail(err, -r, "print config.json: %s", strerror(-r));
	return file_replace(staging->fd, "config.json", json, len, 0644, err);
}

static int make_root(const struct staging *staging, int *ret_fd, struct error *err)
{
	if (mkdirat(staging->fd, "rootfs", 0755) < 0)
		return fail_errno(err, "make the bundle's rootfs");
	*ret_fd = openat(staging->fd, "rootfs", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? fail_errno(err, "open the bundle's rootfs") : 0;
}

static int fill_bundle(const struct layout *layout, const struct image *image,
		       const struct unpack_request *request, struct progress *progress,
		       struct error *err)
{
	auto_staging staging = STAGING_NONE;
	auto_fd root_fd = -1;

	if (staging_open(request->bundle, &staging, err) < 0 ||
	    make_root(&staging, &root_fd, err) < 0 ||
	    layers_apply(layout, image, root_fd, progress, err) < 0 ||
	    write_config(image, &staging, root_fd, err) < 0)
		return -err->code;
	return staging_commit(&staging, err);
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

static int open_layout(const struct reference *reference, const char *text, struct layout *ret,
		       struct error *err)
{
	if (reference->transport != TRANSPORT_LAYOUT)
		return fail_as(err, ERROR_USAGE, ENOTSUP,
			       "image '%s': only oci:DIR[:TAG] can be unpacked", text);
	return layout_open(reference->path, ret, err);
}

int unpack_image(const struct unpack_request *request, struct progress *ret, struct error *err)
{
	struct progress progress = { .stop = request->stop };
	auto_reference reference = { 0 };
	auto_layout layout = LAYOUT_NONE;
	auto_image image = { 0 };
	struct platform platform;

	platform_host(&platform);
	if (reference_parse(request->image, &reference, err) < 0 ||
	    (request->platform && platform_parse(request->platform, &platform, err) < 0) ||
	    open_layout(&reference, request->image, &layout, err) < 0)
		return -err->code;
	if (image_resolve(&layout, reference.tag, &platform, &image, err) < 0)
		return fail_in(err, "image '%s'", request->image);
	if (fill_bundle(&layout, &image, request, &progress, err) < 0)
		return -err->code;
	tell_losses(&progress.losses);
	*ret = progress;
	return 0;
}
