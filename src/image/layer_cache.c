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
#include "image/lists.h"
#include "image/overlay_marks.h"
#include "image/staging.h"
#include "libocispec/document.h"

const char *const layer_caches[] = { "layers", "erofs", "erofs-layers", "trees", NULL };

/* From layer i's ChainID, whose hex digits are in chain, to the next one's. */
static int next_chain(const struct oci_strings *diff_ids, size_t i, char chain[CHAIN_ID_MAX],
		      struct error *err)
{
	auto_free char *below = i == 0 ? xstrdup(diff_ids->items[0]) : xasprintf("sha256:%s", chain);
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

static int open_diff(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The roots of layers i - 1 ... 0. */
struct lowers {
	int *fds;
	size_t n;
};

static void lowers_release(struct lowers *lowers)
{
	for (size_t i = 0; i < lowers->n; i++)
		cleanup_fd(&lowers->fds[i]);
	free(lowers->fds);
}
#define auto_lowers __attribute__((cleanup(lowers_release))) struct lowers

static int open_lowers(const struct oci_strings *dirs, struct lowers *ret, struct error *err)
{
	ret->fds = xcalloc(dirs->n + 1, sizeof(*ret->fds));
	for (size_t i = dirs->n; i-- > 0;) {
		int fd = open_diff(dirs->items[i]);

		if (fd < 0)
			return fail_errno(err, "open the layer '%s'", dirs->items[i]);
		ret->fds[ret->n++] = fd;
	}
	return 0;
}

/* Unpacks layer i to `dir`; below: the directories of those under it, lowest first. */
static int unpack_layer(const struct layer_source *source, size_t i, const char *dir,
			const struct oci_strings *below, struct progress *progress,
			struct error *err)
{
	auto_staging staging = STAGING_NONE;
	auto_lowers lowers = { 0 };
	auto_tree tree = TREE_NONE;
	auto_fd root = -1;

	if (staging_open(dir, &staging, err) < 0 || open_lowers(below, &lowers, err) < 0)
		return -err->code;
	if (mkdirat(staging.fd, "diff", 0755) < 0)
		return fail_errno(err, "make the directory of a layer");
	root = openat(staging.fd, "diff", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail_errno(err, "open the directory of a layer");
	tree_init(&tree, root);
	tree.is_overlay = true;
	tree.place = staging.fd;
	tree.lowers = lowers.fds;
	tree.n_lowers = lowers.n;
	progress->layers = i;
	if (tree_copy_looks(&tree, err) < 0 ||
	    layers_apply_one(source, i, &tree, progress, err) < 0)
		return -err->code;
	return staging_commit(&staging, err);
}

static int ensure_layer(const char *store, const struct layer_source *source, size_t i,
			struct oci_strings *dirs, struct progress *progress, struct error *err)
{
	char chain[CHAIN_ID_MAX];
	auto_free char *dir = NULL;
	auto_free char *diff = NULL;
	int r;

	if (chain_id(&source->image->config, i, chain, err) < 0)
		return -err->code;
	dir = xasprintf("%s/layers/%s", store, chain);
	diff = xasprintf("%s/diff", dir);
	for (int step = 0; access(diff, F_OK) < 0; step++) {
		r = unpack_layer(source, i, dir, dirs, progress, err);
		if (r < 0 && !staging_wait(r, step, progress->stop))
			return r;
	}
	progress->layers = i + 1;
	strings_add(dirs, TAKE_PTR(diff));
	return 0;
}

/* Turns the directories topmost first, and drops those below an opaque root: overlayfs does not
 * look at a root's mark. */
static void turn(const struct oci_strings *dirs, struct oci_strings *ret)
{
	for (size_t i = dirs->n; i-- > 0;) {
		auto_fd fd = open_diff(dirs->items[i]);

		strings_add(ret, xstrdup(dirs->items[i]));
		if (overlay_is_opaque(fd))
			return;
	}
}

int layer_cache_fill(const char *store, const struct layer_source *source,
		     struct progress *progress, struct oci_strings *ret, struct error *err)
{
	auto_free char *top = xasprintf("%s/layers", store);
	auto_strings dirs = { 0 };
	int r = dir_make(top, 0700, err);

	for (size_t i = 0; r == 0 && i < source->image->manifest.layers.n; i++)
		r = ensure_layer(store, source, i, &dirs, progress, err);
	if (r == 0)
		turn(&dirs, ret);
	return r;
}
