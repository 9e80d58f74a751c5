/* attributes.c - see attributes.h */
#include "image/attributes.h"

#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "image/xattrs.h"

/* The last number is no id: to chown(2) it means "leave as it is". */
#define ID_MAX (UINT32_MAX - 1)

static int check_id(int64_t id, const char *what, struct error *err)
{
	if (id >= 0 && id <= (int64_t) ID_MAX)
		return 0;
	return fail_as(err, ERROR_IMAGE, ERANGE, "the %s %" PRId64 " is not in 0..%" PRIu32, what,
		       id, ID_MAX);
}

int attributes_read(struct archive_entry *entry, struct attributes *ret, struct error *err)
{
	int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);

	if (check_id(uid, "user id", err) < 0 || check_id(gid, "group id", err) < 0)
		return -err->code;
	*ret = (struct attributes){
		.uid = (uid_t) uid,
		.gid = (gid_t) gid,
		.mode = archive_entry_perm(entry) & 07777,
		.mtime = { archive_entry_mtime(entry), archive_entry_mtime_nsec(entry) },
	};
	return 0;
}

static int look_at(const struct file_at *file, struct stat *ret)
{
	return file->fd >= 0 ? fstat(file->fd, ret)
			     : fstatat(file->dir, file->name, ret, AT_SYMLINK_NOFOLLOW);
}

/* Returns 1 when it could only be noted. */
static int apply_owner(const struct file_at *file, const struct attributes *attributes,
		       struct losses *losses, struct error *err)
{
	int r = file->fd >= 0 ? fchown(file->fd, attributes->uid, attributes->gid)
			      : fchownat(file->dir, file->name, attributes->uid, attributes->gid,
					 AT_SYMLINK_NOFOLLOW);

	if (r == 0)
		return 0;
	if ((errno != EPERM && errno != EINVAL) || (errno == EPERM && geteuid() == 0))
		return fail_errno(err, "set the owner %u:%u", attributes->uid, attributes->gid);
	losses->owners++;
	xattrs_record_owner(file, attributes->uid, attributes->gid);
	return 1;
}

static int apply_mode(const struct file_at *file, mode_t mode, struct error *err)
{
	int r = file->fd >= 0 ? fchmod(file->fd, mode)
			      : fchmodat(file->dir, file->name, mode, AT_SYMLINK_NOFOLLOW);

	return r < 0 ? fail_errno(err, "set the mode %04o", mode) : 0;
}

static int apply_time(const struct file_at *file, struct timespec mtime, struct error *err)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, mtime };
	int r = file->fd >= 0 ? futimens(file->fd, times)
			      : utimensat(file->dir, file->name, times, AT_SYMLINK_NOFOLLOW);

	return r < 0 ? fail_errno(err, "set the modification time") : 0;
}

int attributes_apply(const struct file_at *file, const struct attributes *attributes,
		     struct archive_entry *entry, struct losses *losses, struct error *err)
{
	struct stat st;
	bool is_wrong;
	int r = 0;

	if (look_at(file, &st) < 0)
		return fail_errno(err, "look at what was made");
	is_wrong = (st.st_mode & 07777) != attributes->mode;
	if (st.st_uid != attributes->uid || st.st_gid != attributes->gid) {
		r = apply_owner(file, attributes, losses, err);
		if (r < 0)
			return r;
		/* chown(2) may have cleared set-id bits */
		is_wrong = is_wrong || (attributes->mode & (S_ISUID | S_ISGID));
	}
	if (r == 0 && file->was_there)
		xattrs_forget_owner(file);
	/* before the mode, which may keep its owner from writing it: without privilege these need that */
	if (xattrs_apply(file, entry, losses, err) < 0)
		return -err->code;
	/* Links have no mode (CVE-2021-32760). */
	if (is_wrong && !S_ISLNK(st.st_mode) && apply_mode(file, attributes->mode, err) < 0)
		return -err->code;
	return apply_time(file, attributes->mtime, err);
}
