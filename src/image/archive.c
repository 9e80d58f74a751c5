/* archive.c - see archive.h; docker's archives are in archive_docker.c */
#include "image/archive.h"

#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "image/archive_docker.h"
#include "image/archive_file.h"
#include "image/digest.h"

/* Whether it is "blobs/ALGORITHM/HEX". */
static bool is_blob(const char *name)
{
	const char *rest = str_after(name, "blobs/");
	auto_free char *text = rest ? xstrdup(rest) : NULL;
	char *slash = text ? strchr(text, '/') : NULL;
	struct digest digest;
	struct error ignored;

	if (!slash)
		return false;
	*slash = ':';
	return digest_parse(text, &digest, &ignored) == 0;
}

/* Of a layout nothing else counts. */
static int take_layout_file(void *context, struct archive *archive, struct archive_entry *entry,
			    const char *name, struct error *err)
{
	const int *dir = context;

	if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return 0;
	if (strcmp(name, "oci-layout") != 0 && strcmp(name, "index.json") != 0 && !is_blob(name))
		return 0;
	if (archive_take_file(archive, *dir, name, err) < 0)
		return err->code == EEXIST ? fail_as(err, ERROR_IMAGE, EEXIST, "it is there twice")
					   : -err->code;
	return 0;
}

static int make_directories(int dir, struct error *err)
{
	static const char *const names[] = { "blobs", "blobs/sha256", "blobs/sha512" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (mkdirat(dir, names[i], 0700) < 0)
			return fail_errno(err, "make the directory '%s'", names[i]);
	return 0;
}

static int fill(const struct reference *reference, int dir, struct error *err)
{
	if (make_directories(dir, err) < 0)
		return -err->code;
	if (reference->transport == TRANSPORT_DOCKER_ARCHIVE)
		return archive_docker_take(reference->path, reference->tag, dir, err);
	return archive_each(reference->path, take_layout_file, &dir, err);
}

int archive_open(const struct reference *reference, struct archive_place *ret, struct error *err)
{
	auto_archive_place place = ARCHIVE_PLACE_NONE;

	if (archive_place_make(&place, err) < 0 || fill(reference, place.fd, err) < 0)
		return -err->code;
	*ret = place;
	place = ARCHIVE_PLACE_NONE;
	return 0;
}
