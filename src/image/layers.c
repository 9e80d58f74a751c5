/* layers.c - see layers.h */
#include "image/layers.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "image/media.h"
#include "image/stream.h"
#include "image/tree.h"

/* A layer whose bytes are on their way. */
struct coming {
	struct blob_source source;
	struct stream *stream;
};

static void coming_release(struct coming *coming)
{
	stream_free(coming->stream);
	if (coming->stream)
		cleanup_fd(&coming->source.fd);
	*coming = (struct coming){ 0 };
}

static int open_blob(const struct layout *layout, const struct oci_descriptor *descriptor,
		     const char *diff_id, struct coming *coming, struct error *err)
{
	struct blob_source *source = &coming->source;
	auto_fd fd = -1;

	*source = (struct blob_source){ .size = descriptor->size };
	if (layer_compression(descriptor->media_type, &source->compression, err) < 0 ||
	    digest_parse(diff_id, &source->diff_id, err) < 0 ||
	    layout_open_blob(layout, descriptor, &source->digest, &fd, err) < 0 ||
	    layer_check_magic(fd, source->compression, descriptor->media_type, err) < 0)
		return -err->code;
	source->fd = fd;
	if (stream_new(source, &coming->stream, err) < 0)
		return -err->code;
	TAKE_FD(fd);
	return 0;
}

static int in_layer(const struct image *image, size_t i, struct error *err)
{
	return fail_in(err, "layer %zu (%.19s)", i + 1, image->manifest.layers.items[i].digest);
}

static int open_layer(const struct layout *layout, const struct image *image, size_t i,
		      struct coming *coming, struct error *err)
{
	if (i >= image->manifest.layers.n)
		return 0;
	if (open_blob(layout, &image->manifest.layers.items[i],
		      image->config.rootfs->diff_ids.items[i], coming, err) < 0)
		return in_layer(image, i, err);
	return 0;
}

/* coming[i % 2] is layer i; the one behind it is opened before it is applied. */
static int apply_all(const struct layout *layout, const struct image *image, struct tree *tree,
		     struct coming coming[2], struct progress *progress, struct error *err)
{
	if (open_layer(layout, image, 0, &coming[0], err) < 0)
		return -err->code;
	for (size_t i = 0; i < image->manifest.layers.n; i++) {
		if (open_layer(layout, image, i + 1, &coming[(i + 1) % 2], err) < 0)
			return -err->code;
		if (layer_apply(coming[i % 2].stream, tree, progress, err) < 0)
			return in_layer(image, i, err);
		coming_release(&coming[i % 2]);
		log_debug("layer %zu (%.19s) applied", i + 1,
			  image->manifest.layers.items[i].digest);
	}
	return 0;
}

int layers_apply(const struct layout *layout, const struct image *image, int root_fd,
		 struct progress *progress, struct error *err)
{
	struct coming coming[2] = { 0 };
	auto_tree tree = TREE_NONE;
	int r;

	tree_init(&tree, root_fd);
	r = apply_all(layout, image, &tree, coming, progress, err);
	coming_release(&coming[0]);
	coming_release(&coming[1]);
	return r;
}
