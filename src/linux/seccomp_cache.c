/* seccomp_cache.c - compiled filters, kept by content
 *
 * libseccomp takes some ten milliseconds for the profile that engines use by default, as long as all
 * the rest of a run, and hosts run thousands of containers with the same profile.  So what it made
 * is kept, one file a profile, below the state root.
 *
 * A file holds the whole source next to the filter that was made of it: the section as text, this
 * program's version and the kernel's.  It is taken only when all of that is equal, byte by byte:
 * the hash in its name only finds it, and need not be a strong one, for which a library would have
 * to be loaded.  libseccomp's own file must be the same, too (not by loading it: by its path, inode
 * and time).
 *
 * The text is the section as it stands in config.json, so that it need not be parsed to be found;
 * it was parsed, and was right, when it was kept.  One with a listener is for one container mostly:
 * its text is printed anew without the listener, and it is parsed each time.
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
#include "base/configured.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "libocispec/document.h"
#include "linux/seccomp.h"
#include "linux/seccomp_library.h"

#define MAGIC UINT64_C(0x32636573636f7263)
#define FILES_MAX 64 /* one is mostly below 20 KiB */
#define NAME_SIZE 17
#define CHUNK 4096

struct library_identity {
	char path[256]; /* "": linked in */
	uint64_t dev, ino;
	int64_t sec, nsec;
};

/* A file: this, the filter, what the filter depends on besides the section, the section. */
struct head {
	uint64_t magic;
	uint64_t checksum; /* of all that follows but the section, whose bytes are compared */
	struct library_identity library;
	uint64_t flags;
	uint64_t n; /* instructions */
};

/* All that the filter depends on, but libseccomp. */
struct source {
	char about[512]; /* us, the kernel, what the text is */
	size_t about_len;
	struct oci_text section;
};

#define UNCHECKED offsetof(struct head, library)

static uint64_t mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return sum ^ sum >> 32;
}

static uint64_t hash(uint64_t sum, const void *data, size_t len)
{
	uint64_t word;
	const char *bytes = data;

	sum ^= len;
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

	*ret = (struct library_identity){ 0 };
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

static void describe(struct oci_text section, bool is_printed, bool refuses_unknown,
		     struct source *ret)
{
	struct utsname uts;

	uname(&uts);
	snprintf(ret->about, sizeof(ret->about),
		 "%s %s, libseccomp %d.%d.%d, %s %s %s, unknown calls are %s, %s\n",
		 PACKAGE_VERSION, COMMIT, SCMP_VER_MAJOR, SCMP_VER_MINOR, SCMP_VER_MICRO,
		 uts.release, uts.version, uts.machine, refuses_unknown ? "refused" : "skipped",
		 is_printed ? "without its listener" : "as written");
	ret->about_len = strlen(ret->about);
	ret->section = section;
}

static bool is_safe(int fd, mode_t type, struct stat *ret)
{
	return fstat(fd, ret) == 0 && (ret->st_mode & S_IFMT) == type && ret->st_uid == geteuid() &&
	       !(ret->st_mode & 022);
}

static int open_cache(int dirfd)
{
	struct stat st;
	auto_fd fd = openat(dirfd, SECCOMP_CACHE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && is_safe(fd, S_IFDIR, &st) ? TAKE_FD(fd) : -1;
}

/* Whether the file goes on with this.  By a buffer that is written to again and again: what is only
 * compared needs no memory of its own. */
static bool continues_with(int fd, struct oci_text text)
{
	char chunk[CHUNK];

	while (text.len > 0) {
		size_t n = text.len < sizeof(chunk) ? text.len : sizeof(chunk);

		if (read(fd, chunk, n) != (ssize_t) n || memcmp(chunk, text.text, n) != 0)
			return false;
		text.text += n;
		text.len -= n;
	}
	return true;
}

/* len bytes of the file stand before the section. */
static bool fits(const struct head *head, size_t len, const struct source *source)
{
	struct library_identity library;
	size_t filter_size = head->n * sizeof(struct sock_filter);

	return head->magic == MAGIC && head->n > 0 && head->n <= BPF_MAXINSNS &&
	       len == sizeof(*head) + filter_size + source->about_len &&
	       memcmp((char *) (head + 1) + filter_size, source->about, source->about_len) == 0 &&
	       hash(0, &head->library, len - UNCHECKED) == head->checksum &&
	       memchr(head->library.path, '\0', sizeof(head->library.path)) &&
	       identify(head->library.path, &library) == 0 &&
	       memcmp(&library, &head->library, sizeof(library)) == 0;
}

static bool read_entry(int fd, const struct source *source, struct seccomp_program *ret)
{
	struct stat st;
	struct head *head;
	size_t len;

	if (!is_safe(fd, S_IFREG, &st) ||
	    (uint64_t) st.st_size < sizeof(*head) + source->section.len)
		return false;
	len = (size_t) st.st_size - source->section.len;
	if (len > sizeof(*head) + BPF_MAXINSNS * sizeof(struct sock_filter) + source->about_len)
		return false;
	head = malloc(len);
	if (!head || read(fd, head, len) != (ssize_t) len || !fits(head, len, source) ||
	    !continues_with(fd, source->section)) {
		free(head);
		return false;
	}
	*ret = (struct seccomp_program){
		.memory = head,
		.filter = (struct sock_filter *) (head + 1),
		.n = (unsigned short) head->n,
		.flags = (unsigned int) head->flags,
	};
	return true;
}

static void name_of(const struct source *source, char ret[NAME_SIZE])
{
	uint64_t sum = hash(0, source->about, source->about_len);

	snprintf(ret, NAME_SIZE, "%016" PRIx64,
		 hash(sum, source->section.text, source->section.len));
}

static bool load(int cache, const struct source *source, struct seccomp_program *ret)
{
	char name[NAME_SIZE];
	auto_fd fd = -1;

	if (cache < 0)
		return false;
	name_of(source, name);
	fd = openat(cache, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read_entry(fd, source, ret))
		return true;
	log_debug("seccomp: '%s/%s' is not what it should be", SECCOMP_CACHE, name);
	return false;
}

/* Makes room for one more: the oldest go, and temporary files of who was killed with them. */
static void make_room(int cache)
{
	for (;;) {
		auto_dir *dir = fdopendir(openat(cache, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		struct timespec oldest = { 0 };
		char name[NAME_MAX + 1] = "";
		struct dirent *entry;
		struct stat st;
		size_t n = 0;

		while (dir && (entry = readdir(dir))) {
			if (entry->d_name[0] == '.' ||
			    fstatat(cache, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
				continue;
			if (n++ > 0 && (st.st_mtim.tv_sec > oldest.tv_sec ||
					(st.st_mtim.tv_sec == oldest.tv_sec &&
					 st.st_mtim.tv_nsec >= oldest.tv_nsec)))
				continue;
			oldest = st.st_mtim;
			strcpy(name, entry->d_name);
		}
		if (n < FILES_MAX || unlinkat(cache, name, 0) < 0)
			return;
	}
}

static int store(int cache, const struct source *source, const char *library,
		 const struct seccomp_program *program, struct error *err)
{
	struct head head = { .magic = MAGIC, .flags = program->flags, .n = program->n };
	char name[NAME_SIZE];
	auto_str file = { 0 };
	int r = identify(library, &head.library);

	if (r < 0)
		return fail(err, -r, "identify '%s': %s", library, strerror(-r));
	make_room(cache);
	str_append(&file, &head, sizeof(head));
	str_append(&file, program->filter, program->n * sizeof(*program->filter));
	str_append(&file, source->about, source->about_len);
	head.checksum = hash(0, file.data + UNCHECKED, file.len - UNCHECKED);
	memcpy(file.data, &head, sizeof(head));
	str_append(&file, source->section.text, source->section.len);
	name_of(source, name);
	return file_replace(cache, name, file.data, file.len, 0600, err);
}

static void keep(int dirfd, int cache, const struct source *source,
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
		 store(cache, source, lib->path, program, &err) < 0)
		log_debug("seccomp: the filter is not kept: %s", err.text);
}

bool seccomp_find_kept(int dirfd, struct oci_text text, bool refuses_unknown,
		       struct seccomp_program *ret)
{
	auto_fd cache = open_cache(dirfd);
	struct source source;

	describe(text, false, refuses_unknown, &source);
	return load(cache, &source, ret);
}

static int print_without_listener(const struct oci_seccomp *config, char **ret, size_t *ret_len,
				  struct error *err)
{
	struct oci_seccomp section = *config;
	int r;

	section.listener_path = NULL;
	section.listener_metadata = NULL;
	r = oci_print(&oci_seccomp_desc, &section, OCI_PRINT_COMPACT, ret, ret_len);
	return r < 0 ? fail(err, -r, "print linux.seccomp: %s", strerror(-r)) : 0;
}

int seccomp_compile_cached(int dirfd, const struct oci_seccomp *config, struct oci_text text,
			   bool refuses_unknown, struct seccomp_program *ret, struct error *err)
{
	bool is_printed = !text.text || config->listener_path || config->listener_metadata;
	auto_free char *printed = NULL;
	auto_fd cache = open_cache(dirfd);
	struct source source;
	int r = 0;

	*ret = (struct seccomp_program){ 0 };
	if (is_printed) {
		r = print_without_listener(config, &printed, &text.len, err);
		text.text = printed;
	}
	if (r < 0)
		return r;
	describe(text, is_printed, refuses_unknown, &source);
	if (load(cache, &source, ret))
		return 0;
	r = seccomp_compile(config, refuses_unknown, ret, err);
	if (r == 0)
		keep(dirfd, cache, &source, ret);
	return r;
}
