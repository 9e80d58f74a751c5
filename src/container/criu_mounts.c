/* criu_mounts.c - the mounts that lead out of a container; see criu_container.h */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "container/criu_container.h"
#include "container/criu_request.h"
#include "linux/inroot.h"

#define MOUNTINFO_MAX (16 * 1024 * 1024)
#define ANSWER_LIMIT_MS 10000

/* One line of mountinfo, cut into its first fields. */
struct line {
	unsigned int id;
	unsigned int major, minor;
	const char *root;
	char *point;
};

static bool is_bind(const struct oci_mount *mount)
{
	bool is = str_equal(mount->type, "bind");

	for (size_t i = 0; !is && i < mount->options.n; i++)
		is = str_equal(mount->options.items[i], "bind") ||
		     str_equal(mount->options.items[i], "rbind");
	return is && mount->source;
}

/* The kernel writes space, tab, newline and backslash as \040 and the like. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (s[0] == '\\' && isdigit((unsigned char) s[1]) &&
		    isdigit((unsigned char) s[2]) && isdigit((unsigned char) s[3])) {
			*to++ = (char) ((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	*to = '\0';
}

/* "ID PARENT MAJ:MIN ROOT POINT ..." */
static bool parse_line(char *text, struct line *ret)
{
	char *fields[5];

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strsep(&text, " ");
		if (!fields[i])
			return false;
	}
	ret->id = (unsigned int) strtoul(fields[0], NULL, 10);
	if (sscanf(fields[2], "%u:%u", &ret->major, &ret->minor) != 2)
		return false;
	unescape(fields[3]);
	unescape(fields[4]);
	ret->root = fields[3];
	ret->point = fields[4];
	return true;
}

/* The mount that fd is on. */
static unsigned int mount_id(int fd)
{
	char name[64], text[512];
	const char *line;

	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	if (file_peek(AT_FDCWD, name, text, sizeof(text)) < 0)
		return 0;
	line = strstr(text, "mnt_id:");
	return line ? (unsigned int) strtoul(line + strlen("mnt_id:"), NULL, 10) : 0;
}

static char *source_of(const struct oci_mount *mount, const char *bundle)
{
	return mount->source[0] == '/' ? xstrdup(mount->source)
				       : xasprintf("%s/%s", bundle, mount->source);
}

/* What the binds have as their sources; zeros for other rows. */
static struct stat *look_at_sources(const struct oci_config *config, const char *bundle)
{
	struct stat *sources = xcalloc(config->mounts.n + 1, sizeof(*sources));

	for (size_t i = 0; i < config->mounts.n; i++) {
		auto_free char *path = NULL;

		if (!is_bind(&config->mounts.items[i]))
			continue;
		path = source_of(&config->mounts.items[i], bundle);
		if (stat(path, &sources[i]) < 0)
			sources[i] = (struct stat){ 0 };
	}
	return sources;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino && file_is_same(a, b);
}

/* The mount at row i's destination; 0: it is another's.  The container may have renamed what leads there, or put
 * links in its place, and would be restored with the source of one mount where another is, which may be writable.
 * A source that was replaced on the host since is nobody's by now; then the path has to be the row's own. */
static unsigned int find_id(int root, const struct oci_config *config, const struct stat *sources,
			    size_t i)
{
	const char *destination = config->mounts.items[i].destination;
	auto_fd fd = inroot_open(root, destination, O_PATH);
	auto_fd exact = -1;
	struct stat here;

	if (fd < 0 || fstat(fd, &here) < 0)
		return 0;
	if (is_same(&sources[i], &here))
		return mount_id(fd);
	for (size_t j = 0; j < config->mounts.n; j++)
		if (is_same(&sources[j], &here))
			return 0;
	exact = inroot_open_exact(root, destination, O_PATH);
	return exact < 0 ? 0 : mount_id(exact);
}

/* Says the ids of the mounts on the destinations, one after the other, as the container sees them: its
 * links are followed. */
static _Noreturn void find_ids(int root, const struct oci_config *config, const char *bundle,
			       int out)
{
	const struct stat *sources = look_at_sources(config, bundle);

	for (size_t i = 0; i < config->mounts.n; i++) {
		unsigned int id = 0;

		if (is_bind(&config->mounts.items[i]))
			id = find_id(root, config, sources, i);
		if (write(out, &id, sizeof(id)) != sizeof(id))
			_exit(1);
	}
	_exit(0);
}

static int hear_ids(int in, const struct oci_config *config, unsigned int *ids, struct error *err)
{
	for (size_t i = 0; i < config->mounts.n; i++) {
		const char *destination = config->mounts.items[i].destination;
		int r = wait_for(in, ANSWER_LIMIT_MS);

		if (r == 0)
			return fail(err, ETIMEDOUT,
				    "mounts[%zu] '%s': a file system of the container did not answer "
				    "within %d seconds",
				    i, destination, ANSWER_LIMIT_MS / 1000);
		if (r < 0 || read(in, &ids[i], sizeof(ids[i])) != sizeof(ids[i]))
			return fail(err, EPIPE, "mounts[%zu] '%s': find what is mounted there", i,
				    destination);
	}
	return 0;
}

/* A path may lead into a file system that a process serves, and that process may be stopped, or the
 * container's own: so a child goes there. */
static int ask_for_ids(int root, const struct oci_config *config, const char *bundle,
		       unsigned int *ids, struct error *err)
{
	auto_child child = CHILD_NONE;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_errno(err, "make a pipe");
	auto_fd in = ends[0];

	child.pid = fork();
	if (child.pid == 0)
		find_ids(root, config, bundle, ends[1]);
	close(ends[1]);
	if (child.pid < 0)
		return fail_errno(err, "fork");
	return hear_ids(in, config, ids, err);
}

static void put_mount(CriuOpts *opts, const char *point, const char *key)
{
	auto_free char *external = xasprintf("mnt[%s]:%s", point, key);

	criu_opts_add_external(opts, external);
}

static void put_line(CriuOpts *opts, const struct line *line, const struct oci_config *config,
		     const unsigned int *ids, dev_t dev)
{
	for (size_t i = 0; i < config->mounts.n; i++)
		if (ids[i] == line->id) {
			put_mount(opts, line->point, config->mounts.items[i].destination);
			return;
		}
	if (line->major == major(dev) && line->minor == minor(dev)) {
		auto_free char *key = xasprintf("/dev%s", line->root);

		put_mount(opts, line->point, key);
	}
}

int criu_put_mounts(CriuOpts *opts, pid_t pid, const struct oci_config *config, const char *bundle,
		    struct error *err)
{
	auto_free unsigned int *ids = xcalloc(config->mounts.n + 1, sizeof(*ids));
	auto_free char *root_path = xasprintf("/proc/%d/root", (int) pid);
	auto_free char *info_path = xasprintf("/proc/%d/mountinfo", (int) pid);
	auto_free char *text = NULL;
	auto_fd root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd info = open(info_path, O_RDONLY | O_CLOEXEC);
	struct stat dev;
	char *rest;
	int r;

	if (root < 0 || info < 0)
		return fail_errno(err, "look into the container's mounts");
	if (stat("/dev", &dev) < 0)
		return fail_errno(err, "look at '/dev'");
	r = file_read_fd(info, info_path, MOUNTINFO_MAX, &text, NULL, err);
	if (r < 0)
		return r;
	r = ask_for_ids(root, config, bundle, ids, err);
	if (r < 0)
		return r;
	rest = text;
	for (char *one; (one = strsep(&rest, "\n"));) {
		struct line line;

		if (parse_line(one, &line))
			put_line(opts, &line, config, ids, dev.st_dev);
	}
	return 0;
}

void criu_put_mount_sources(CriuOpts *opts, const struct oci_config *config, const char *bundle)
{
	static const char *const devices[] = { "/dev/null",   "/dev/zero", "/dev/full",
					       "/dev/random", "/dev/tty",  "/dev/urandom" };

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = &config->mounts.items[i];
		auto_free char *source = NULL;

		if (!is_bind(mount))
			continue;
		source = source_of(mount, bundle);
		put_mount(opts, mount->destination, source);
	}
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		put_mount(opts, devices[i], devices[i]);
	for (size_t i = 0; config->linux && i < config->linux->devices.n; i++)
		put_mount(opts, config->linux->devices.items[i].path,
			  config->linux->devices.items[i].path);
}
