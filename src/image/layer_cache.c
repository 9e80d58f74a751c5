/* layer_cache.c - see layer_cache.h; block images are in erofs_cache.c */
#include "image/layer_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/archive_file.h"
#include "image/cache_save.h"
#include "image/lists.h"
#include "image/overlay_marks.h"
#include "image/staging.h"
#include "libocispec/document.h"

const char *const layer_caches[] = { "layers", "erofs", "erofs-layers", "trees", NULL };

/* From layer i's ChainID, whose hex digits are in chain, to the next one's. */
static int next_chain(const struct oci_strings *diff_ids, size_t i, char chain[CHAIN_ID_MAX],
		      struct error *err)
{
	auto_free char *below =
		i == 0 ? xstrdup(diff_ids->items[0]) : xasprintf("sha256:%s", chain);
	auto_free char *pair = xasprintf("%s %s", below, diff_ids->items[i + 1]);

	return sha256_hex(pair, strlen(pair), chain, err);
}

/* The lowest layer's is its diff_id, of whatever algorithm. */
static int first_chain(const struct oci_strings *diff_ids, char ret[CHAIN_ID_MAX],
		       struct error *err)
{
	return sha256_hex(diff_ids->items[0], strlen(diff_ids->items[0]), ret, err);
}

int chain_id(const struct oci_image *config, size_t i, char ret[CHAIN_ID_MAX], struct error *err)
{
	const struct oci_strings *diff_ids = &config->rootfs->diff_ids;
	int r = first_chain(diff_ids, ret, err);

	for (size_t j = 0; r == 0 && j < i; j++)
		r = next_chain(diff_ids, j, ret, err);
	return r;
}

void chains_of_manifest(const struct layout *layout, const struct oci_manifest *manifest,
			struct oci_strings *chains)
{
	const struct oci_strings *diff_ids;
	struct oci_image config = { 0 };
	char chain[CHAIN_ID_MAX];
	struct error ignored;

	if (document_kind(manifest->config->media_type) != DOCUMENT_IMAGE ||
	    layout_read(layout, manifest->config, DOCUMENT_IMAGE, &config, &ignored) < 0)
		return;
	diff_ids = config.rootfs ? &config.rootfs->diff_ids : NULL;
	/* one of another number of layers than the manifest's was never unpacked */
	if (diff_ids && diff_ids->n && diff_ids->n == manifest->layers.n) {
		int r = first_chain(diff_ids, chain, &ignored);

		for (size_t i = 0; r == 0 && i < diff_ids->n; i++) {
			if (!strings_have(chains, chain))
				strings_add(chains, xstrdup(chain));
			if (i + 1 < diff_ids->n)
				r = next_chain(diff_ids, i, chain, &ignored);
		}
	}
	oci_release(&oci_image_desc, &config);
}

static int open_diff(int dir, const char *path)
{
	return openat(dir, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Enough that 100 layers cost two syncs, and few enough to be open at the same time. */
#define UNSAVED_MAX 64

/* The layers of an image, lowest first, as they are found or made. */
struct filling {
	const char *store;
	const struct layer_source *source;
	struct progress *progress;
	size_t n;   /* there are */
	size_t i;   /* is the next */
	int *roots; /* of those that there are, at the array's end: the nearest first */
	struct oci_strings dirs;
	struct staging unsaved[UNSAVED_MAX];
	size_t n_unsaved;
};

static int *roots_below(const struct filling *filling)
{
	return filling->roots + filling->n - filling->i;
}

static void filling_release(struct filling *filling)
{
	int *roots = roots_below(filling);

	for (size_t i = 0; i < filling->i; i++)
		cleanup_fd(&roots[i]);
	for (size_t i = 0; i < filling->n_unsaved; i++)
		staging_release(&filling->unsaved[i]);
	free(filling->roots);
	strings_release(&filling->dirs);
}
#define auto_filling __attribute__((cleanup(filling_release))) struct filling

/* Unpacks the next layer to the directory `diff` of dir. */
static int unpack_layer(void *context, int dir, struct error *err)
{
	struct filling *filling = context;
	auto_tree tree = TREE_NONE;
	auto_fd root = -1;

	if (mkdirat(dir, "diff", 0755) < 0)
		return fail_errno(err, "make the directory of a layer");
	root = open_diff(dir, "diff");
	if (root < 0)
		return fail_errno(err, "open the directory of a layer");
	tree_init(&tree, root);
	tree.is_overlay = true;
	tree.place = dir;
	tree.lowers = roots_below(filling);
	tree.n_lowers = filling->i;
	filling->progress->layers = filling->i;
	if (tree_copy_looks(&tree, err) < 0 ||
	    layers_apply_one(filling->source, filling->i, &tree, filling->progress, err) < 0)
		return -err->code;
	return 0;
}

static int save(struct filling *filling, struct error *err)
{
	int r = cache_save(filling->unsaved, filling->n_unsaved, "diff", filling->progress->stop,
			   err);

	for (size_t i = 0; i < filling->n_unsaved; i++)
		staging_release(&filling->unsaved[i]);
	filling->n_unsaved = 0;
	return r;
}

static int next_layer(struct filling *filling, struct error *err)
{
	struct staging *made = &filling->unsaved[filling->n_unsaved];
	char chain[CHAIN_ID_MAX];
	auto_free char *dir = NULL;
	auto_free char *diff = NULL;
	int r, fd;

	if (chain_id(&filling->source->image->config, filling->i, chain, err) < 0)
		return -err->code;
	dir = xasprintf("%s/layers/%s", filling->store, chain);
	diff = xasprintf("%s/diff", dir);
	r = staging_ensure(dir, "diff", filling->progress->stop, unpack_layer, filling, made, err);
	if (r < 0)
		return r;
	filling->n_unsaved += (size_t) r;
	fd = r ? open_diff(made->fd, "diff") : open_diff(AT_FDCWD, diff);
	if (fd < 0)
		return fail_errno(err, "open the layer '%s'", diff);
	filling->i++;
	*roots_below(filling) = fd;
	filling->progress->layers = filling->i;
	strings_add(&filling->dirs, TAKE_PTR(diff));
	return filling->n_unsaved == UNSAVED_MAX ? save(filling, err) : 0;
}

/* Turns the directories topmost first, and drops those below an opaque root: overlayfs does not
 * look at a root's mark. */
static void turn(const struct filling *filling, struct oci_strings *ret)
{
	for (size_t i = filling->n; i-- > 0;) {
		strings_add(ret, xstrdup(filling->dirs.items[i]));
		if (overlay_is_opaque(filling->roots[filling->n - 1 - i]))
			return;
	}
}

int layer_cache_fill(const char *store, const struct layer_source *source,
		     struct progress *progress, struct oci_strings *ret, struct error *err)
{
	auto_free char *top = xasprintf("%s/layers", store);
	auto_filling filling = {
		.store = store,
		.source = source,
		.progress = progress,
		.n = source->image->manifest.layers.n,
	};
	struct error ignored;
	int r = dir_make(top, 0700, err);

	filling.roots = xcalloc(filling.n + 1, sizeof(*filling.roots));
	while (r == 0 && filling.i < filling.n)
		r = next_layer(&filling, err);
	if (r == 0)
		r = save(&filling, err);
	else
		save(&filling, &ignored); /* the good ones need not be unpacked again */
	if (r == 0)
		turn(&filling, ret);
	return r;
}
