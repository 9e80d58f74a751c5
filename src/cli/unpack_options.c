/* unpack_options.c - see unpack_options.h */
#include "cli/unpack_options.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/interrupt.h"
#include "cli/unpack_fetch.h"
#include "image/platform.h"
#include "image/source.h"

const char *const driver_names[] = { "auto", "dir", "overlay", "erofs", NULL };
const char *const network_names[] = { "none", "host", NULL };
const char *const seccomp_names[] = { "default", "none", NULL };

static int size_of(const char *option, const char *text, uint64_t *ret, struct error *err)
{
	if (!text || settings_size(text, ret) == 0)
		return 0;
	return fail_as(err, ERROR_USAGE, EINVAL,
		       "option --%s: '%.100s' is no number of bytes: write 512M or 2G", option,
		       text);
}

static int set_limits(const struct unpack_options *options, struct limits *limits,
		      struct error *err)
{
	*limits = LIMITS_DEFAULT;
	if (options->max_entries)
		limits->entries = options->max_entries;
	if (options->max_ratio)
		limits->ratio = options->max_ratio;
	if (options->max_depth)
		limits->depth = options->max_depth;
	if (size_of("max-bytes", options->max_bytes, &limits->bytes, err) < 0 ||
	    size_of("max-file-bytes", options->max_file_bytes, &limits->file_bytes, err) < 0 ||
	    size_of("max-xattr-bytes", options->max_xattr_bytes, &limits->xattr_bytes, err) < 0)
		return -err->code;
	return 0;
}

/* Settings and limits; the request borrows the options' strings. */
static int fill_request(const struct unpack_options *options, struct unpack_request *request,
			struct error *err)
{
	request->settings = (struct settings){
		.env = options->env.items,
		.n_env = options->env.n,
		.user = options->user,
		.workdir = options->workdir,
		.entrypoint = options->entrypoint,
		.args = request->settings.args,
		.hostname = options->hostname,
		.mounts = options->mounts.items,
		.n_mounts = options->mounts.n,
		.memory = options->memory,
		.cpus = options->cpus,
		.pids = options->pids,
		.network = options->network,
		.seccomp = options->seccomp,
		.read_only = options->read_only,
		.tty = options->tty,
		.rootless = options->rootless || geteuid() != 0,
	};
	if (options->driver)
		request->driver = options->driver - 1;
	request->has_reflinks = options->reflink;
	request->per_layer = options->per_layer;
	request->has_verity = options->verity;
	if ((options->per_layer || options->verity) && request->driver != DRIVER_EROFS)
		return fail_as(err, ERROR_USAGE, EINVAL, "--%s is for --driver erofs",
			       options->verity ? "verity" : "per-layer");
	if (options->reflink && request->driver != DRIVER_DIR)
		return fail_as(err, ERROR_USAGE, EINVAL, "--reflink is for --driver dir");
	return set_limits(options, &request->limits, err);
}

/* Makes the bundle of an image whose layers the layout has. */
static int make_of(const struct image_source *from, const struct image *image,
		   struct unpack_request *request, struct progress *ret, struct error *err)
{
	const struct layer_source source = { .layout = &from->layout, .image = image };

	request->source = &source;
	return unpack_image(request, ret, err);
}

/* Finds the image in the layout; 1 when it has to be fetched first. */
static int find(const struct image_source *source, const struct unpack_options *options,
		struct image *ret, struct error *err)
{
	bool is_remote = source->store.layout.fd >= 0;
	struct platform platform;
	int r;

	platform_host(&platform);
	if (options->platform && platform_parse(options->platform, &platform, err) < 0)
		return -err->code;
	if (source->is_missing)
		return 1;
	r = image_resolve(&source->layout, source->tag, &platform, ret, err);
	return r == -ENOENT && is_remote ? 1 : r;
}

static int make(const struct invocation *invocation, struct unpack_request *request,
		struct progress *ret, struct error *err)
{
	const struct unpack_options *options = invocation->options;
	const char *name = invocation->arguments[0];
	auto_image_source source = IMAGE_SOURCE_NONE;
	auto_image image = { 0 };
	int r;

	request->store = invocation->global->root;
	request->stop = &interrupt_signal;
	if (fill_request(options, request, err) < 0)
		return -err->code;
	interrupt_catch();
	if (image_source_open(name, request->store, request->stop, &source, err) < 0)
		return -err->code;
	r = find(&source, options, &image, err);
	if (r < 0)
		return fail_in(err, "image '%s'", name);
	return r > 0 ? unpack_fetch(name, options, &source.store, request, ret, err)
		     : make_of(&source, &image, request, ret, err);
}

/* Files have the modes that the image gives them; what is started afterwards has the caller's mask. */
int unpack_options_make(const struct invocation *invocation, struct unpack_request *request,
			struct progress *ret, struct error *err)
{
	mode_t mask = umask(0);
	int r = make(invocation, request, ret, err);

	umask(mask);
	return r;
}
