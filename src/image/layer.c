/* layer.c - see layer.h */
#include "image/layer.h"

#include <archive_entry.h>
#include <errno.h>

#include "image/entry.h"
#include "image/member_path.h"
#include "image/name_set.h"
#include "image/tar.h"
#include "image/whiteout.h"

struct applying {
	struct tree *tree;
	struct tar *tar;
	struct name_set made;
	bool is_lowest; /* there is nothing below it to hide */
	struct losses *losses;
};

static int apply_entry(struct applying *applying, struct archive_entry *entry, struct error *err)
{
	const char *name = archive_entry_pathname(entry);
	struct tree *tree = applying->tree;
	struct member_path path;
	enum whiteout kind;

	if (!name)
		return fail_as(err, ERROR_IMAGE, EINVAL, "an entry has no name");
	if (member_path_parse(name, &path, err) < 0 || whiteout_classify(&path, &kind, err) < 0)
		return -err->code;
	if (kind == WHITEOUT_IGNORED || (kind != WHITEOUT_NONE && applying->is_lowest))
		return 0;
	if (kind != WHITEOUT_NONE)
		return whiteout_apply(tree, &path, kind, &applying->made, err);
	if (entry_make(tree, &path, applying->tar, entry, applying->losses, err) < 0)
		return -err->code;
	if (applying->is_lowest || tree->dir < 0)
		return 0;
	return name_set_add(&applying->made, tree->dir_was.st_ino, path.name, err);
}

static int blame(const struct applying *applying, const char *name, struct error *err)
{
	if (!name || tar_is_broken(applying->tar))
		return -err->code;
	fail_in(err, "'%.300s'", name);
	return fail_class(err, ERROR_IMAGE, name);
}

static int apply_all(struct applying *applying, struct progress *progress, struct error *err)
{
	struct archive_entry *entry;
	int r;

	while ((r = tar_next(applying->tar, &entry, err)) > 0) {
		if (++progress->entries > ENTRIES_MAX)
			return fail_as(err, ERROR_IMAGE, E2BIG,
				       "the image has more than %ju entries",
				       (uintmax_t) ENTRIES_MAX);
		if (apply_entry(applying, entry, err) < 0)
			return blame(applying, archive_entry_pathname(entry), err);
	}
	return r < 0 ? r : tree_leave(applying->tree, err);
}

int layer_apply(struct stream *stream, struct tree *tree, struct progress *progress,
		struct error *err)
{
	struct applying applying = {
		.tree = tree,
		.is_lowest = progress->layers == 0,
		.losses = &progress->losses,
	};
	auto_tar *tar = NULL;
	int r;

	if (tar_new(stream, progress->stop, &tar, err) < 0)
		return -err->code;
	applying.tar = tar;
	name_set_init(&applying.made);
	r = apply_all(&applying, progress, err);
	name_set_release(&applying.made);
	progress->bytes += stream_position(stream);
	progress->layers++;
	return r;
}
