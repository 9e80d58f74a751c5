/* archive.c - see archive.h; docker's archives are in archive_docker.c */
#include "image/archive.h"

#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
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

/* How often we look whether to stop while nothing comes. */
#define LOOK_MS 200

static int keep_stream(int from, int to, const volatile sig_atomic_t *stop, struct error *err)
{
	char buf[64 << 10];
	struct pollfd more = { .fd = from, .events = POLLIN };
	ssize_t n;

	for (;;) {
		int r = 0;

		if (stop && *stop)
			return fail(err, EINTR, "stopped by a signal");
		if (poll(&more, 1, LOOK_MS) <= 0)
			continue;
		n = read(from, buf, sizeof(buf));
		if (n == 0)
			return 0;
		if (n > 0)
			r = file_write_fd(to, buf, (size_t) n);
		else if (errno != EAGAIN && errno != EINTR)
			return fail_errno(err, "read");
		if (r < 0)
			return fail(err, -r, "write: %s", strerror(-r));
	}
}

/* What can be read only once, as a pipe, becomes a file without a name, for docker's archives are read twice;
 * *ret is -1 for what is a file. */
static int open_stream(const char *path, const volatile sig_atomic_t *stop, int dir, int *ret,
		       struct error *err)
{
	auto_fd from = -1;
	auto_fd to = -1;
	struct stat st;

	if (stat(path, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return 0;
	from = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (from < 0)
		return fail_errno(err, "open it");
	to = openat(dir, "stream", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0 || unlinkat(dir, "stream", 0) < 0)
		return fail_errno(err, "make a file for it");
	if (keep_stream(from, to, stop, err) < 0)
		return -err->code;
	*ret = TAKE_FD(to);
	return 0;
}

static int fill_from(const char *path, const struct reference *reference, int dir,
		     struct error *err)
{
	if (reference->transport == TRANSPORT_DOCKER_ARCHIVE)
		return archive_docker_take(path, reference->tag, dir, err);
	return archive_each(path, take_layout_file, &dir, err);
}

static int fill(const struct reference *reference, const volatile sig_atomic_t *stop, int dir,
		struct error *err)
{
	char stream_path[FD_PATH_MAX];
	auto_fd stream = -1;

	if (make_directories(dir, err) < 0)
		return -err->code;
	if (open_stream(reference->path, stop, dir, &stream, err) < 0)
		return fail_in(err, "archive '%s'", reference->path);
	if (stream < 0)
		return fill_from(reference->path, reference, dir, err);
	fd_path(stream, stream_path);
	return fill_from(stream_path, reference, dir, err) < 0
		       ? fail_in(err, "archive '%s'", reference->path)
		       : 0;
}

int archive_open(const struct reference *reference, const volatile sig_atomic_t *stop,
		 struct archive_place *ret, struct error *err)
{
	auto_archive_place place = ARCHIVE_PLACE_NONE;

	if (archive_place_make(&place, err) < 0 || fill(reference, stop, place.fd, err) < 0)
		return -err->code;
	*ret = place;
	place = ARCHIVE_PLACE_NONE;
	return 0;
}
