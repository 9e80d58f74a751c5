/* layer.c - see layer.h */
#include "image/layer.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "image/entry.h"
#include "image/member_path.h"
#include "image/name_set.h"
#include "image/overlay_links.h"
#include "image/overlay_marks.h"
#include "image/tar.h"
#include "image/whiteout.h"

struct applying {
	struct tree *tree;
	struct stream *stream;
	struct tar *tar;
	uint64_t bytes_max; /* that the layer may bring, and copy from below, together */
	struct name_set made;
	bool is_lowest; /* there is nothing below it to hide */
	struct losses *losses;
	struct limits limits;
};

static int check_depth(const struct member_path *path, unsigned int max, struct error *err)
{
	unsigned int depth = 1;

	for (const char *p = path->parent; *p; p++)
		depth += *p == '/';
	if (*path->parent && depth > max)
		return fail_as(err, ERROR_IMAGE, ENAMETOOLONG,
			       "it lies more than %u directories deep (--max-depth)", max);
	return 0;
}

static int check_xattrs(struct archive_entry *entry, uint64_t max, struct error *err)
{
	uint64_t total = 0;
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
		total += strlen(name) + size;
	if (total > max)
		return fail_as(err, ERROR_IMAGE, E2BIG,
			       "it has %ju bytes of extended attributes, more than %ju "
			       "(--max-xattr-bytes)",
			       (uintmax_t) total, (uintmax_t) max);
	return 0;
}

static int check_limits(const struct limits *limits, const struct member_path *path,
			struct archive_entry *entry, struct error *err)
{
	int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : 0;

	if (check_depth(path, limits->depth, err) < 0 ||
	    check_xattrs(entry, limits->xattr_bytes, err) < 0)
		return -err->code;
	if (size < 0 || (uint64_t) size > limits->file_bytes)
		return fail_as(err, ERROR_IMAGE, EFBIG,
			       "a file of %jd bytes: at most %ju (--max-file-bytes)",
			       (intmax_t) size, (uintmax_t) limits->file_bytes);
	return 0;
}

/* A layer has a name once (layer.md): of a file that is there twice, two programs may see two.  A
 * directory that comes again changes attributes only, and a link to itself nothing. */
static bool may_come_again(const struct applying *applying, const struct member_path *path,
			   const char *as_directory, struct archive_entry *entry)
{
	const char *target = archive_entry_hardlink(entry);
	struct member_path link;
	struct error ignored;

	if (archive_entry_filetype(entry) == AE_IFDIR && !target)
		return name_set_has(&applying->made, applying->tree->dir_was.st_ino, as_directory);
	return target && member_path_parse(target, &link, &ignored) == 0 &&
	       strcmp(link.parent, path->parent) == 0 && strcmp(link.name, path->name) == 0;
}

/* Remembers what the layer has made; of directories, under their name with a '/' also that. */
static int note_name(struct applying *applying, const struct member_path *path,
		     struct archive_entry *entry, struct error *err)
{
	ino_t dir = applying->tree->dir_was.st_ino;
	char as_directory[sizeof(path->name) + 1];

	snprintf(as_directory, sizeof(as_directory), "%s/", path->name);
	if (name_set_has(&applying->made, dir, path->name)) {
		if (may_come_again(applying, path, as_directory, entry))
			return 0;
		return fail_as(err, ERROR_IMAGE, EINVAL, "the layer has it twice");
	}
	if (name_set_add(&applying->made, dir, path->name, err) < 0)
		return -err->code;
	if (archive_entry_filetype(entry) != AE_IFDIR || archive_entry_hardlink(entry))
		return 0;
	return name_set_add(&applying->made, dir, as_directory, err);
}

static int apply_entry(struct applying *applying, struct archive_entry *entry, struct error *err)
{
	const char *name = archive_entry_pathname(entry);
	struct tree *tree = applying->tree;
	struct member_path path;
	enum whiteout kind;
	int r;

	if (!name)
		return fail_as(err, ERROR_IMAGE, EINVAL, "an entry has no name");
	if (member_path_parse(name, &path, err) < 0 || whiteout_classify(&path, &kind, err) < 0)
		return -err->code;
	if (kind == WHITEOUT_IGNORED || (kind != WHITEOUT_NONE && applying->is_lowest))
		return 0;
	if (kind != WHITEOUT_NONE && tree->is_overlay)
		return overlay_hide(tree, &path, kind, &applying->made, err);
	if (kind != WHITEOUT_NONE)
		return whiteout_apply(tree, &path, kind, &applying->made, err);
	if (check_limits(&applying->limits, &path, entry, err) < 0)
		return -err->code;
	r = entry_make(tree, &path, applying->tar, entry, applying->losses, err);
	return r != 0 || tree->dir < 0 ? r : note_name(applying, &path, entry, err);
}

/* An entry may copy what the stream has left of the layer's bytes, and the stream bring what the
 * copies have left. */
static int apply_within_limit(struct applying *applying, struct archive_entry *entry,
			      struct error *err)
{
	uint64_t position = stream_position(applying->stream);
	int r;

	applying->tree->copy_max =
		applying->bytes_max > position ? applying->bytes_max - position : 0;
	r = apply_entry(applying, entry, err);
	stream_set_limits(applying->stream, applying->bytes_max - applying->tree->copied,
			  applying->limits.ratio);
	return r;
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
		if (++progress->entries > applying->limits.entries)
			return fail_as(err, ERROR_IMAGE, E2BIG,
				       "the image has more than %ju entries (--max-entries)",
				       (uintmax_t) applying->limits.entries);
		if (apply_within_limit(applying, entry, err) < 0)
			return blame(applying, archive_entry_pathname(entry), err);
	}
	return r < 0 ? r : tree_leave(applying->tree, err);
}

int layer_apply(struct stream *stream, struct tree *tree, struct progress *progress,
		struct error *err)
{
	struct applying applying = {
		.tree = tree,
		.stream = stream,
		.is_lowest = progress->layers == 0,
		.losses = &progress->losses,
		.limits = progress->limits ? *progress->limits : LIMITS_DEFAULT,
	};
	uint64_t bytes = applying.limits.bytes;
	auto_tar *tar = NULL;
	int r;

	applying.bytes_max = bytes > progress->bytes ? bytes - progress->bytes : 0;
	stream_set_limits(stream, applying.bytes_max, applying.limits.ratio);
	if (tar_new(stream, progress->stop, &tar, err) < 0)
		return -err->code;
	applying.tar = tar;
	tree->copied = 0;
	tree->has_copied_links = false;
	name_set_init(&applying.made);
	r = apply_all(&applying, progress, err);
	if (r == 0 && tree->is_overlay)
		r = overlay_links_finish(tree, err);
	name_set_release(&applying.made);
	progress->bytes += stream_position(stream) + tree->copied;
	progress->layers++;
	return r;
}
