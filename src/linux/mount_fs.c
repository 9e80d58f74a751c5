/* mount_fs.c - see mount_fs.h */
#include "linux/mount_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/libc.h"
#include "base/text.h"

/* fsconfig(2) takes strings up to this long, the NUL included. */
#define FSCONFIG_VALUE_MAX 256

/* clang-format off */

/* The superblock flags that fsconfig(2) knows by name. */
static const struct {
	unsigned long flag;
	char set[9], clear[11];
} sb_flags[] = {
	{ MS_RDONLY, "ro", "rw" },
	{ MS_SYNCHRONOUS, "sync", "async" },
	{ MS_DIRSYNC, "dirsync", "" },
	{ MS_LAZYTIME, "lazytime", "nolazytime" },
	{ MS_MANDLOCK, "mand", "nomand" },
};

/* Attributes of a mount as mount(2) spells them. */
static const struct {
	uint64_t attr;
	unsigned long flag;
} legacy_flags[] = {
	{ MOUNT_ATTR_RDONLY, MS_RDONLY },
	{ MOUNT_ATTR_NOSUID, MS_NOSUID },
	{ MOUNT_ATTR_NODEV, MS_NODEV },
	{ MOUNT_ATTR_NOEXEC, MS_NOEXEC },
	{ MOUNT_ATTR_NOATIME, MS_NOATIME },
	{ MOUNT_ATTR_STRICTATIME, MS_STRICTATIME },
	{ MOUNT_ATTR_NODIRATIME, MS_NODIRATIME },
	{ MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW },
};

/* File systems that show a namespace: the kernel makes one only for who owns that namespace. */
static const struct {
	const char *type, *namespace;
} shown[] = {
	{ "proc", "PID" },
	{ "sysfs", "network" },
	{ "mqueue", "IPC" },
	{ "cgroup2", "cgroup" },
};

/* clang-format on */

/* errno, and what the file system said about it: the context's log, one line a read, each with
 * a letter for its level in front.  Else, of options that were looked at together, which these are. */
static int fail_context(int fs_fd, const char *what, const char *name,
			const struct mount_options *options, struct error *err)
{
	int code = errno;
	char line[256];
	ssize_t n = read(fs_fd, line, sizeof(line) - 1);
	auto_str data = { 0 };

	if (n > 2) {
		line[n] = '\0';
		line[strcspn(line, "\n")] = '\0';
		return fail(err, code, "%s '%s': %s (%s)", what, name, strerror(code), line + 2);
	}
	for (size_t i = 0; options && i < options->n_data; i++)
		str_printf(&data, "%s%s", i ? "," : "", options->data[i]);
	if (data.len)
		return fail(err, code,
			    "%s '%s': %s (with the options '%.256s'; the kernel's log may say more)",
			    what, name, strerror(code), data.data);
	return fail(err, code, "%s '%s': %s", what, name, strerror(code));
}

static int set_string(int fs_fd, const char *key, const char *value, struct error *err)
{
	if (!value || fsconfig(fs_fd, FSCONFIG_SET_STRING, key, value, 0) == 0)
		return 0;
	return fail_context(fs_fd, "set the mount option", key, NULL, err);
}

static int set_flag(int fs_fd, const char *key, struct error *err)
{
	if (!*key || fsconfig(fs_fd, FSCONFIG_SET_FLAG, key, NULL, 0) == 0)
		return 0;
	return fail_context(fs_fd, "set the mount option", key, NULL, err);
}

/* One option of the file system's own: "key" or "key=value". */
static int set_data(int fs_fd, const char *option, struct error *err)
{
	const char *equals = strchr(option, '=');
	char key[FSCONFIG_VALUE_MAX];
	size_t len = equals ? (size_t) (equals - option) : 0;

	if (!equals)
		return set_flag(fs_fd, option, err);
	if (len >= sizeof(key))
		return fail(err, EINVAL, "the mount option '%.64s...' is too long", option);
	memcpy(key, option, len);
	key[len] = '\0';
	return set_string(fs_fd, key, equals + 1, err);
}

/* The options that the file system is told; `ignored`: superblock flags (MS_*) that it is not. */
static int set_options(int fs_fd, const struct mount_options *options, unsigned long ignored,
		       struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(sb_flags); i++) {
		unsigned long flag = sb_flags[i].flag & ~ignored;

		if ((options->sb_set & flag) && set_flag(fs_fd, sb_flags[i].set, err) < 0)
			return -err->code;
		if ((options->sb_clear & flag) && set_flag(fs_fd, sb_flags[i].clear, err) < 0)
			return -err->code;
	}
	for (size_t i = 0; i < options->n_data; i++)
		if (set_data(fs_fd, options->data[i], err) < 0)
			return -err->code;
	return 0;
}

/* Says what the kernel's EPERM for a new file system of this type means in a user namespace. */
static int explain_owner(const char *type, struct error *err)
{
	for (size_t i = 0; err->code == EPERM && i < ARRAY_SIZE(shown); i++)
		if (strcmp(type, shown[i].type) == 0)
			return fail_in(err,
				       "a new %s needs a %s namespace of the container's own, "
				       "else a bind mount",
				       type, shown[i].namespace);
	return -err->code;
}

/* The same for a mount of it: a user may see no more of a proc or sysfs than he saw before. */
static int explain_hidden(const char *type, struct error *err)
{
	if (err->code != EPERM || (strcmp(type, "proc") != 0 && strcmp(type, "sysfs") != 0))
		return -err->code;
	return fail_in(err, "a new %s would show what the caller's own hides from him", type);
}

static bool is_path(const char *source)
{
	return source && *source == '/';
}

static int set_pid_ns(int fs_fd, const int *pid_ns, struct error *err)
{
	if (!pid_ns || fsconfig(fs_fd, FSCONFIG_SET_FD, "pidns", NULL, *pid_ns) == 0)
		return 0;
	if (errno == EINVAL)
		return fail(err, ENOTSUP,
			    "the kernel makes no procfs for a pid namespace that one is not "
			    "in (Linux 6.17 does)");
	return fail_errno(err, "make the procfs that of the container's pid namespace");
}

int mount_fs_open(const struct mount_fs *fs, const struct mount_options *options, int *ret_fd,
		  struct error *err)
{
	auto_fd fs_fd = fsopen(fs->type, FSOPEN_CLOEXEC);
	int fd;

	if (fs_fd < 0 && errno == ENODEV)
		return fail(err, ENODEV, "the kernel has no file system '%s'", fs->type);
	if (fs_fd < 0) {
		fail_errno(err, "prepare the file system '%s'", fs->type);
		return explain_owner(fs->type, err);
	}
	if (set_string(fs_fd, "source", fs->source, err) < 0 ||
	    set_string(fs_fd, "mode", fs->mode, err) < 0 ||
	    set_string(fs_fd, fs->label_option, fs->label, err) < 0 ||
	    set_pid_ns(fs_fd, fs->pid_ns, err) < 0 ||
	    set_options(fs_fd, options, is_path(fs->source) ? 0 : MS_RDONLY, err) < 0)
		return -err->code;
	if (fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
		fail_context(fs_fd, "make the file system", fs->type, options, err);
		return explain_owner(fs->type, err);
	}
	fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, (unsigned int) mount_options_attributes(options));
	if (fd < 0) {
		fail_context(fs_fd, "make a mount of the file system", fs->type, NULL, err);
		return explain_hidden(fs->type, err);
	}
	*ret_fd = fd;
	return 0;
}

bool mount_fs_needs_legacy(const char *source, const struct mount_options *options)
{
	if (options->is_joined || (source && strlen(source) >= FSCONFIG_VALUE_MAX))
		return true;
	for (size_t i = 0; i < options->n_data; i++) {
		const char *equals = strchr(options->data[i], '=');

		if (equals && strlen(equals + 1) >= FSCONFIG_VALUE_MAX)
			return true;
	}
	return options->sb_set & MS_I_VERSION;
}

int mount_fs_legacy(const struct mount_fs *fs, const struct mount_options *options, int target_fd,
		    struct error *err)
{
	const uint64_t attributes = mount_options_attributes(options);
	unsigned long flags = options->sb_set;
	char target[32];
	auto_str data = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(legacy_flags); i++)
		if (attributes & legacy_flags[i].attr)
			flags |= legacy_flags[i].flag;
	if (fs->mode)
		str_printf(&data, ",mode=%s", fs->mode);
	if (fs->label)
		str_printf(&data, ",%s=\"%s\"", fs->label_option, fs->label);
	for (size_t i = 0; i < options->n_data; i++)
		str_printf(&data, ",%s", options->data[i]);
	/* the comma in front is not passed, and the kernel cuts off what is beyond its page in silence */
	if (data.len > (size_t) sysconf(_SC_PAGESIZE))
		return fail(err, E2BIG,
			    "the options of the file system '%s' are %zu bytes together, and "
			    "mount(2) takes %ld",
			    fs->type, data.len - 1, sysconf(_SC_PAGESIZE) - 1);
	snprintf(target, sizeof(target), "/proc/self/fd/%d", target_fd);
	/* which of them it was mount(2) does not say */
	if (mount(fs->source ? fs->source : "none", target, fs->type, flags,
		  data.data ? data.data + 1 : NULL) == 0)
		return 0;
	if (data.len < 2)
		return fail_errno(err, "make a mount of the file system '%s'", fs->type);
	return fail_errno(err, "make a mount of the file system '%s' with the options '%.256s'",
			  fs->type, data.data + 1);
}

int mount_fs_reconfigure(int fd, const struct mount_options *options, struct error *err)
{
	auto_fd fs_fd = fspick(fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);

	if (fs_fd < 0)
		return fail_errno(err, "reach the mounted file system");
	if (set_options(fs_fd, options, 0, err) < 0)
		return -err->code;
	if (fsconfig(fs_fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		return fail_context(fs_fd, "change the options of", "the file system", options,
				    err);
	return 0;
}

int mount_fs_empty(const char *label, int *ret_fd, struct error *err)
{
	static const struct mount_options options = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			    MOUNT_ATTR_NOEXEC,
	};
	struct mount_fs fs = {
		.type = "tmpfs",
		.source = "tmpfs",
		.label = label,
		.label_option = "context",
		.mode = "0555",
	};

	return mount_fs_open(&fs, &options, ret_fd, err);
}
