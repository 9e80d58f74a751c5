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

static const struct oci_descriptor *descriptor_of(const struct layer_source *source, size_t i)
{
	return &source->image->manifest.layers.items[i];
}

static int open_blob(const struct layer_source *source, size_t i, struct blob_source *blob,
		     struct error *err)
{
	const struct oci_descriptor *descriptor = descriptor_of(source, i);
	auto_fd fd = -1;

	*blob = (struct blob_source){ .fd = -1, .size = descriptor->size };
	if (layer_compression(descriptor->media_type, &blob->compression, err) < 0 ||
	    digest_parse(source->image->config.rootfs->diff_ids.items[i], &blob->diff_id, err) < 0)
		return -err->code;
	if (source->coming) {
		blob->growing = source->coming(source->context, i);
		return 0;
	}
	if (layout_open_blob(source->layout, descriptor, &blob->digest, &fd, err) < 0 ||
	    layer_check_magic(fd, blob->compression, descriptor->media_type, err) < 0)
		return -err->code;
	blob->fd = TAKE_FD(fd);
	return 0;
}

static int in_layer(const struct layer_source *source, size_t i, struct error *err)
{
	return fail_in(err, "layer %zu (%.19s)", i + 1, descriptor_of(source, i)->digest);
}

/* Behind the last layer nothing is opened. */
static int open_layer(const struct layer_source *source, size_t i, struct coming *coming,
		      struct error *err)
{
	if (i >= source->image->manifest.layers.n)
		return 0;
	if (open_blob(source, i, &coming->source, err) < 0)
		return in_layer(source, i, err);
	if (stream_new(&coming->source, &coming->stream, err) < 0) {
		cleanup_fd(&coming->source.fd);
		return in_layer(source, i, err);
	}
	return 0;
}

static int apply(const struct layer_source *source, size_t i, struct coming *coming,
		 struct tree *tree, struct progress *progress, struct error *err)
{
	if (layer_apply(coming->stream, tree, progress, err) < 0)
		return in_layer(source, i, err);
	coming_release(coming);
	log_debug("layer %zu (%.19s) applied", i + 1, descriptor_of(source, i)->digest);
	return 0;
}

/* coming[i % 2] is layer i; the one behind it is opened before it is applied. */
static int apply_all(const struct layer_source *source, struct tree *tree, struct coming coming[2],
		     struct progress *progress, struct error *err)
{
	if (open_layer(source, 0, &coming[0], err) < 0)
		return -err->code;
	for (size_t i = 0; i < source->image->manifest.layers.n; i++)
		if (open_layer(source, i + 1, &coming[(i + 1) % 2], err) < 0 ||
		    apply(source, i, &coming[i % 2], tree, progress, err) < 0)
			return -err->code;
	return 0;
}

int layers_apply(const struct layer_source *source, int root_fd, struct progress *progress,
		 struct error *err)
{
	struct coming coming[2] = { 0 };
	auto_tree tree = TREE_NONE;
	int r;

	tree_init(&tree, root_fd);
	r = apply_all(source, &tree, coming, progress, err);
	coming_release(&coming[0]);
	coming_release(&coming[1]);
	return r;
}

int layers_apply_one(const struct layer_source *source, size_t i, struct tree *tree,
		     struct progress *progress, struct error *err)
{
	struct coming coming = { 0 };
	int r = open_layer(source, i, &coming, err);

	if (r == 0)
		r = apply(source, i, &coming, tree, progress, err);
	coming_release(&coming);
	return r;
}
