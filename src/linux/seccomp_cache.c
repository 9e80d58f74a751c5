/* seccomp_cache.c - compiled filters, kept by content
 *
 * libseccomp takes some ten milliseconds for the profile that engines use by default, as long as all
 * the rest of a run, and hosts run thousands of containers with the same profile.  So what it made
 * is kept, one file a profile, below the state root.
 *
 * A file holds the whole source next to the filter that was made of it: the configuration as text,
 * this program's version and the kernel's.  It is taken only when all of that is equal, byte by
 * byte: the hash in its name only finds it, and need not be a strong one, for which a library would
 * have to be loaded.  libseccomp's own file must be the same, too (not by loading it: by its path,
 * inode and time).
 *
 * What is not ours, can be written by others, has another length than it says or another checksum is
 * as good as not there: it is made anew. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "libocispec/document.h"
#include "linux/seccomp.h"
#include "linux/seccomp_library.h"
#include "linux/seccomp_names.h"

#define MAGIC UINT64_C(0x31636573636f7263)
#define FILES_MAX 64 /* one is mostly below 20 KiB */
#define NAME_SIZE 17
#define FILE_MAX (OCI_DOCUMENT_MAX + (1 << 20))

struct library_identity {
	char path[256];		/* "": linked in */
	uint64_t dev, ino;
	int64_t sec, nsec;
};

/* A file: this, the filter, the source. */
struct head {
	uint64_t magic;
	uint64_t checksum;	/* of all that follows */
	struct library_identity library;
	uint64_t source_len;
	uint64_t n;		/* instructions */
};

#define UNCHECKED offsetof(struct head, library)

static uint64_t mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return sum ^ sum >> 32;
}

static uint64_t hash(const void *data, size_t len)
{
	uint64_t sum = len, word;
	const char *bytes = data;

	for (; len >= sizeof(word); bytes += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		sum = mix(sum, word);
	}
	word = 0;
	memcpy(&word, bytes, len);
	return mix(sum, word);
}

static int identify(const char *path, struct library_identity *ret)
{
	struct stat st = { 0 };

	*ret = (struct library_identity) { 0 };
	if (strlen(path) >= sizeof(ret->path))
		return -ENAMETOOLONG;
	if (*path && stat(path, &st) < 0)
		return -errno;
	strcpy(ret->path, path);
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	ret->sec = st.st_mtim.tv_sec;
	ret->nsec = st.st_mtim.tv_nsec;
	return 0;
}

/* All that the filter depends on, but libseccomp.  Who listens is not part of it. */
static int describe(const struct oci_seccomp *config, bool refuses_unknown, struct str *ret)
{
	struct oci_seccomp section = *config;
	auto_free char *json = NULL;
	struct utsname uts;
	size_t len;
	int r;

	section.listener_path = NULL;
	section.listener_metadata = NULL;
	r = oci_print(&oci_seccomp_desc, &section, OCI_PRINT_COMPACT, &json, &len);
	if (r < 0)
		return r;
	uname(&uts);
	str_printf(ret, "%s %s, libseccomp %d.%d.%d, %s %s %s, unknown calls are %s\n",
		   PACKAGE_VERSION, COMMIT, SCMP_VER_MAJOR, SCMP_VER_MINOR, SCMP_VER_MICRO,
		   uts.release, uts.version, uts.machine, refuses_unknown ? "refused" : "skipped");
	str_append(ret, json, len);
	return 0;
}

static bool is_safe(int fd, mode_t type, struct stat *ret)
{
	return fstat(fd, ret) == 0 && (ret->st_mode & S_IFMT) == type &&
	       ret->st_uid == geteuid() && !(ret->st_mode & 022);
}

static int open_cache(int dirfd)
{
	struct stat st;
	auto_fd fd = openat(dirfd, SECCOMP_CACHE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && is_safe(fd, S_IFDIR, &st) ? TAKE_FD(fd) : -1;
}

/* The file's content, NULL when there is none that may be trusted. */
static char *read_entry(int cache, const char *name, size_t *ret_len)
{
	struct stat st;
	auto_free char *data = NULL;
	auto_fd fd = openat(cache, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || !is_safe(fd, S_IFREG, &st) || st.st_size > (off_t) FILE_MAX ||
	    st.st_size < (off_t) sizeof(struct head))
		return NULL;
	*ret_len = (size_t) st.st_size;
	data = malloc(*ret_len);
	if (!data || read(fd, data, *ret_len) != st.st_size)
		return NULL;
	return TAKE_PTR(data);
}

static bool fits(const struct head *head, size_t len, const struct str *source)
{
	struct library_identity library;
	size_t filter_size = head->n * sizeof(struct sock_filter);

	return head->magic == MAGIC && head->n > 0 && head->n <= BPF_MAXINSNS &&
	       head->source_len == source->len &&
	       len == sizeof(*head) + filter_size + source->len &&
	       memcmp((char *) (head + 1) + filter_size, source->data, source->len) == 0 &&
	       hash(&head->library, len - UNCHECKED) == head->checksum &&
	       memchr(head->library.path, '\0', sizeof(head->library.path)) &&
	       identify(head->library.path, &library) == 0 &&
	       memcmp(&library, &head->library, sizeof(library)) == 0;
}

static bool load(int cache, const char *name, const struct str *source, struct seccomp_program *ret)
{
	size_t len = 0;
	auto_free char *data = read_entry(cache, name, &len);
	const struct head *head = (const void *) data;

	if (!data)
		return false;
	if (!fits(head, len, source)) {
		log_debug("seccomp: '%s/%s' is not what it should be", SECCOMP_CACHE, name);
		return false;
	}
	ret->n = (unsigned short) head->n;
	ret->filter = (void *) (data + sizeof(*head));
	ret->memory = TAKE_PTR(data);
	return true;
}

/* Makes room for one more: the oldest go, and temporary files of who was killed with them. */
static void make_room(int cache)
{
	for (;;) {
		auto_dir *dir = fdopendir(openat(cache, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		struct timespec oldest = { .tv_sec = INT64_MAX };
		char name[NAME_MAX + 1] = "";
		struct dirent *entry;
		struct stat st;
		size_t n = 0;

		while (dir && (entry = readdir(dir))) {
			if (entry->d_name[0] == '.' ||
			    fstatat(cache, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
				continue;
			n++;
			if (st.st_mtim.tv_sec > oldest.tv_sec ||
			    (st.st_mtim.tv_sec == oldest.tv_sec &&
			     st.st_mtim.tv_nsec >= oldest.tv_nsec))
				continue;
			oldest = st.st_mtim;
			strcpy(name, entry->d_name);
		}
		if (n < FILES_MAX || unlinkat(cache, name, 0) < 0)
			return;
	}
}

static int store(int cache, const char *name, const struct str *source, const char *library,
		 const struct seccomp_program *program, struct error *err)
{
	struct head head = { .magic = MAGIC, .source_len = source->len, .n = program->n };
	auto_str file = { 0 };
	int r = identify(library, &head.library);

	if (r < 0)
		return fail(err, -r, "identify '%s': %s", library, strerror(-r));
	make_room(cache);
	str_append(&file, &head, sizeof(head));
	str_append(&file, program->filter, program->n * sizeof(*program->filter));
	str_append(&file, source->data, source->len);
	head.checksum = hash(file.data + UNCHECKED, file.len - UNCHECKED);
	memcpy(file.data, &head, sizeof(head));
	return file_replace(cache, name, file.data, file.len, 0600, err);
}

static void keep(int dirfd, int cache, const char *name, const struct str *source,
		 const struct seccomp_program *program)
{
	const struct seccomp_library *lib;
	auto_fd made = -1;
	struct error err;

	if (cache < 0 && (mkdirat(dirfd, SECCOMP_CACHE, 0700) == 0 || errno == EEXIST))
		cache = made = open_cache(dirfd);
	if (cache < 0)
		log_debug("seccomp: no '%s' of our own to keep the filter in", SECCOMP_CACHE);
	else if (seccomp_library_open(&lib, &err) < 0 ||
		 store(cache, name, source, lib->path, program, &err) < 0)
		log_debug("seccomp: the filter is not kept: %s", err.text);
}

int seccomp_compile_cached(int dirfd, const struct oci_seccomp *config, bool refuses_unknown,
			   struct seccomp_program *ret, struct error *err)
{
	auto_fd cache = open_cache(dirfd);
	auto_str source = { 0 };
	char name[NAME_SIZE];
	int r;

	*ret = (struct seccomp_program) { 0 };
	r = describe(config, refuses_unknown, &source);
	if (r < 0)
		return fail(err, -r, "print linux.seccomp: %s", strerror(-r));
	snprintf(name, sizeof(name), "%016" PRIx64, hash(source.data, source.len));
	if (cache >= 0 && load(cache, name, &source, ret)) {
		ret->flags = seccomp_flags_of(&config->flags);
		return 0;
	}
	r = seccomp_compile(config, refuses_unknown, ret, err);
	if (r == 0)
		keep(dirfd, cache, name, &source, ret);
	return r;
}
