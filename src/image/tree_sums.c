/* tree_sums.c - see tree_sums.h */
#include "image/tree_sums.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/digest.h"
#include "linux/inroot.h"

#define BUFFER_SIZE ((size_t) 256 << 10)
#define LINES_MAX ((size_t) 64 << 10)
#define HEX_LEN 64
#define TRAILER "# %ju files\n"

/* How many bad files of one directory are told by their names. */
#define TOLD_MAX 10

static int open_regular(int root, const char *path, struct stat *ret_st)
{
	auto_fd fd = inroot_open_exact(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return fd;
	if (fstat(fd, ret_st) < 0)
		return -errno;
	return S_ISREG(ret_st->st_mode) ? TAKE_FD(fd) : -ENXIO;
}

static int hash_file(int fd, char *buffer, const volatile sig_atomic_t *stop, uint64_t *bytes,
		     char ret[DIGEST_HEX_MAX + 1], struct error *err)
{
	struct digest digest;
	auto_hash hash = { 0 };
	ssize_t n;

	if (digest_parse(SHA256_OF_NOTHING, &digest, err) < 0 || hash_init(&hash, &digest, err) < 0)
		return -err->code;
	while ((n = read(fd, buffer, BUFFER_SIZE)) > 0) {
		if (stop && *stop)
			return fail(err, EINTR, "interrupted");
		hash_update(&hash, buffer, (size_t) n);
		*bytes += (uint64_t) n;
	}
	if (n < 0)
		return fail_errno(err, "read it");
	hash_hex(&hash, ret);
	return 0;
}

/* Making the list: the walk. */
struct listing {
	int out;
	struct str path;
	struct str lines;
	uint64_t n;
	char *buffer;
	const volatile sig_atomic_t *stop;
};

static int flush(struct listing *listing)
{
	int r = file_write_fd(listing->out, listing->lines.data, listing->lines.len);

	listing->lines.len = 0;
	return r;
}

/* As sha256sum(1) does: a line whose name has such characters begins with a backslash. */
static void add_line(struct listing *listing, const char *hex)
{
	const char *path = listing->path.data;
	bool is_escaped = strpbrk(path, "\\\n");

	str_printf(&listing->lines, "%s%s  ", is_escaped ? "\\" : "", hex);
	for (const char *c = path; *c; c++)
		if (*c == '\n')
			str_append(&listing->lines, "\\n", 2);
		else
			str_append(&listing->lines, *c == '\\' ? "\\\\" : c, *c == '\\' ? 2 : 1);
	str_append(&listing->lines, "\n", 1);
	listing->n++;
}

static int list_file(struct listing *listing, int dir, const char *name, struct error *err)
{
	char hex[DIGEST_HEX_MAX + 1];
	uint64_t bytes = 0;
	struct stat st;
	auto_fd fd = open_regular(dir, name, &st);

	if ((fd == -EACCES && geteuid() != 0) || listing->path.len >= PATH_MAX)
		return 0;
	if (fd < 0)
		return fail(err, -fd, "open '%s': %s", listing->path.data, strerror(-fd));
	if (hash_file(fd, listing->buffer, listing->stop, &bytes, hex, err) < 0)
		return fail_in(err, "%s", listing->path.data);
	add_line(listing, hex);
	if (listing->lines.len < LINES_MAX)
		return 0;
	return flush(listing) < 0 ? fail_errno(err, "write the list of digests") : 0;
}

static int list_directory(struct listing *listing, int fd, struct error *err);

static int list_entry(struct listing *listing, int dir, const struct dirent *entry,
		      struct error *err)
{
	size_t len = listing->path.len;
	unsigned char type = entry->d_type;
	struct stat st;
	int r = 0;

	if (type == DT_UNKNOWN && fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		type = S_ISREG(st.st_mode) ? DT_REG : S_ISDIR(st.st_mode) ? DT_DIR : DT_UNKNOWN;
	str_printf(&listing->path, "/%s", entry->d_name);
	if (type == DT_REG)
		r = list_file(listing, dir, entry->d_name, err);
	else if (type == DT_DIR)
		r = list_directory(listing,
				   openat(dir, entry->d_name,
					  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
				   err);
	listing->path.len = len;
	listing->path.data[len] = '\0';
	return r;
}

/* fd is given away. */
static int list_directory(struct listing *listing, int fd, struct error *err)
{
	auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (fd < 0 && errno == EACCES && geteuid() != 0)
		return 0;
	if (!dir) {
		fail_errno(err, "open '%s'", listing->path.data);
		cleanup_fd(&fd);
		return -err->code;
	}
	while (r == 0 && (errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = list_entry(listing, dirfd(dir), entry, err);
	if (r == 0 && errno)
		return fail_errno(err, "read '%s'", listing->path.data);
	return r;
}

int tree_sums_write(int dir, const char *name, const volatile sig_atomic_t *stop, struct error *err)
{
	auto_free char *list = xasprintf("%s.sha256", name);
	auto_free char *buffer = xcalloc(1, BUFFER_SIZE);
	auto_fd out = openat(dir, list, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	struct listing listing = { .out = out, .buffer = buffer, .stop = stop };
	int r;

	if (out < 0)
		return fail_errno(err, "create '%s' in the store", list);
	str_printf(&listing.path, "%s", name);
	r = list_directory(&listing,
			   openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err);
	if (r == 0) {
		str_printf(&listing.lines, TRAILER, (uintmax_t) listing.n);
		r = flush(&listing);
		if (r < 0)
			fail(err, -r, "write '%s' in the store: %s", list, strerror(-r));
	}
	str_release(&listing.path);
	str_release(&listing.lines);
	return r;
}

/* Comparing. */
struct comparing {
	int root;
	const char *name; /* the root's, with which every path begins */
	char *buffer;
	const volatile sig_atomic_t *stop;
	void (*tell)(void *context, const struct error *err);
	void *context;
	struct sums_result *result;
};

/* Takes the escapes out of `name`, in place. */
static void unescape(char *name)
{
	char *to = name;

	for (const char *c = name; *c; c++) {
		if (*c == '\\' && c[1])
			*to++ = *++c == 'n' ? '\n' : *c;
		else
			*to++ = *c;
	}
	*to = '\0';
}

/* Whether the file has this digest. */
static int compare_content(const struct comparing *comparing, const char *path, const char *hex,
			   struct error *err)
{
	char found[DIGEST_HEX_MAX + 1];
	struct stat st;
	const char *below = str_after(path, comparing->name);
	auto_fd fd = below ? open_regular(comparing->root, below, &st) : -ENOENT;

	if (fd < 0)
		return fail(err, -fd, "open it: %s", strerror(-fd));
	if (hash_file(fd, comparing->buffer, comparing->stop, &comparing->result->bytes, found,
		      err) < 0)
		return -err->code;
	if (memcmp(found, hex, HEX_LEN) == 0)
		return 0;
	return fail_as(err, ERROR_IMAGE, EBADMSG,
		       "its digest is not what it was when it was unpacked");
}

/* Returns 0 also when the file is bad, -EBADMSG when the line is none. */
static int compare_line(const struct comparing *comparing, char *line, struct error *err)
{
	bool is_escaped = *line == '\\';
	char *hex = line + is_escaped, *path = hex + HEX_LEN + 2;
	int r;

	if (strlen(hex) <= HEX_LEN + 2 || strncmp(hex + HEX_LEN, "  ", 2) != 0)
		return fail(err, EBADMSG, "no line of a digest and a name");
	if (is_escaped)
		unescape(path);
	r = compare_content(comparing, path, hex, err);
	if (r == 0 || r == -EINTR || (r == -EACCES && geteuid() != 0))
		return r == -EINTR ? r : 0;
	fail_in(err, "%s", path);
	comparing->result->bad++;
	if (comparing->tell && comparing->result->bad <= TOLD_MAX)
		comparing->tell(comparing->context, err);
	return 0;
}

static int compare_lines(const struct comparing *comparing, FILE *list, struct error *err)
{
	auto_free char *line = NULL;
	size_t size = 0;
	uintmax_t n = 0;
	ssize_t len;

	while ((len = getline(&line, &size, list)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (*line == '#') {
			auto_free char *trailer = xasprintf(TRAILER, n);

			trailer[strlen(trailer) - 1] = '\0';
			if (strcmp(line, trailer) == 0)
				return 0;
			break;
		}
		if (compare_line(comparing, line, err) < 0)
			return -err->code;
		n++;
	}
	return fail(err, EBADMSG, "it does not end as it should");
}

int tree_sums_verify(int dir, const char *name, const volatile sig_atomic_t *stop,
		     void (*tell)(void *context, const struct error *err), void *context,
		     struct sums_result *ret, struct error *err)
{
	auto_free char *path = xasprintf("%s.sha256", name);
	auto_free char *buffer = xcalloc(1, BUFFER_SIZE);
	auto_fd root = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct comparing comparing = { root, name, buffer, stop, tell, context, ret };
	struct stat st;
	auto_fd fd = open_regular(dir, path, &st);
	FILE *list = fd < 0 ? NULL : fdopen(fd, "r");
	int r;

	*ret = (struct sums_result){ 0 };
	if (!list)
		return fail_as(err, ERROR_IMAGE, EBADMSG, "there is no list of digests '%s'", path);
	TAKE_FD(fd);
	r = compare_lines(&comparing, list, err);
	fclose(list);
	if (r == 0 || r == -EINTR)
		return r;
	fail_in(err, "the list of digests '%s'", path);
	err->code = EBADMSG;
	return fail_class(err, ERROR_IMAGE, NULL);
}
