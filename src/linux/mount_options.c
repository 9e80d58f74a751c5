/* mount_options.c - see mount_options.h */
#include "linux/mount_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/text.h"

enum effect {
	NOTHING,	/* a default, or of no meaning with fsopen(2) */
	ATTR_SET,	/* value: MOUNT_ATTR_* */
	ATTR_CLEAR,
	ATIME,		/* value: one of the exclusive MOUNT_ATTR_*ATIME */
	REC_SET,
	REC_CLEAR,
	REC_ATIME,
	SB_SET,		/* value: MS_* */
	SB_CLEAR,
	READ_ONLY,	/* both of the mount and of the superblock */
	READ_WRITE,
	PROPAGATION,	/* value: MS_* */
	BIND,		/* value: MS_REC or 0 */
	REMOUNT,
	FLAG,		/* value: MOUNT_* of the header */
};

/* The name is held in the row, so that the table needs no relocation at program start. */
struct row {
	char name[16];
	uint32_t value;
	uint8_t effect;
	bool is_refused;
};

/* clang-format off */
static const struct row rows[] = {
	{ "async",          MS_SYNCHRONOUS,          SB_CLEAR,    false },
	{ "atime",          MOUNT_ATTR_NOATIME,      ATTR_CLEAR,  false },
	{ "bind",           0,                       BIND,        false },
	{ "copy-symlink",   MOUNT_COPY_SYMLINK,      FLAG,        false },
	{ "defaults",       0,                       NOTHING,     false },
	{ "dest-nofollow",  MOUNT_DEST_NOFOLLOW,     FLAG,        false },
	{ "dev",            MOUNT_ATTR_NODEV,        ATTR_CLEAR,  false },
	{ "diratime",       MOUNT_ATTR_NODIRATIME,   ATTR_CLEAR,  false },
	{ "dirsync",        MS_DIRSYNC,              SB_SET,      false },
	{ "exec",           MOUNT_ATTR_NOEXEC,       ATTR_CLEAR,  false },
	{ "idmap",          MOUNT_IDMAP,             FLAG,        true  },
	{ "iversion",       MS_I_VERSION,            SB_SET,      false },
	{ "lazytime",       MS_LAZYTIME,             SB_SET,      false },
	{ "loud",           0,                       NOTHING,     false },
	{ "mand",           MS_MANDLOCK,             SB_SET,      false },
	{ "noatime",        MOUNT_ATTR_NOATIME,      ATIME,       false },
	{ "nodev",          MOUNT_ATTR_NODEV,        ATTR_SET,    false },
	{ "nodiratime",     MOUNT_ATTR_NODIRATIME,   ATTR_SET,    false },
	{ "noexec",         MOUNT_ATTR_NOEXEC,       ATTR_SET,    false },
	{ "noiversion",     MS_I_VERSION,            SB_CLEAR,    false },
	{ "nolazytime",     MS_LAZYTIME,             SB_CLEAR,    false },
	{ "nomand",         MS_MANDLOCK,             SB_CLEAR,    false },
	{ "norelatime",     MOUNT_ATTR_STRICTATIME,  ATIME,       false },
	{ "nostrictatime",  MOUNT_ATTR_RELATIME,     ATIME,       false },
	{ "nosuid",         MOUNT_ATTR_NOSUID,       ATTR_SET,    false },
	{ "nosymfollow",    MOUNT_ATTR_NOSYMFOLLOW,  ATTR_SET,    false },
	{ "private",        MS_PRIVATE,              PROPAGATION, false },
	{ "ratime",         MOUNT_ATTR_NOATIME,      REC_CLEAR,   false },
	{ "rbind",          MS_REC,                  BIND,        false },
	{ "rdev",           MOUNT_ATTR_NODEV,        REC_CLEAR,   false },
	{ "rdiratime",      MOUNT_ATTR_NODIRATIME,   REC_CLEAR,   false },
	{ "relatime",       MOUNT_ATTR_RELATIME,     ATIME,       false },
	{ "remount",        0,                       REMOUNT,     false },
	{ "rexec",          MOUNT_ATTR_NOEXEC,       REC_CLEAR,   false },
	{ "ridmap",         MOUNT_RIDMAP,            FLAG,        true  },
	{ "rnoatime",       MOUNT_ATTR_NOATIME,      REC_ATIME,   false },
	{ "rnodev",         MOUNT_ATTR_NODEV,        REC_SET,     false },
	{ "rnodiratime",    MOUNT_ATTR_NODIRATIME,   REC_SET,     false },
	{ "rnoexec",        MOUNT_ATTR_NOEXEC,       REC_SET,     false },
	{ "rnorelatime",    MOUNT_ATTR_STRICTATIME,  REC_ATIME,   false },
	{ "rnostrictatime", MOUNT_ATTR_RELATIME,     REC_ATIME,   false },
	{ "rnosuid",        MOUNT_ATTR_NOSUID,       REC_SET,     false },
	{ "rnosymfollow",   MOUNT_ATTR_NOSYMFOLLOW,  REC_SET,     false },
	{ "ro",             0,                       READ_ONLY,   false },
	{ "rprivate",       MS_PRIVATE | MS_REC,     PROPAGATION, false },
	{ "rrelatime",      MOUNT_ATTR_RELATIME,     REC_ATIME,   false },
	{ "rro",            MOUNT_ATTR_RDONLY,       REC_SET,     false },
	{ "rrw",            MOUNT_ATTR_RDONLY,       REC_CLEAR,   false },
	{ "rshared",        MS_SHARED | MS_REC,      PROPAGATION, false },
	{ "rslave",         MS_SLAVE | MS_REC,       PROPAGATION, false },
	{ "rstrictatime",   MOUNT_ATTR_STRICTATIME,  REC_ATIME,   false },
	{ "rsuid",          MOUNT_ATTR_NOSUID,       REC_CLEAR,   false },
	{ "rsymfollow",     MOUNT_ATTR_NOSYMFOLLOW,  REC_CLEAR,   false },
	{ "runbindable",    MS_UNBINDABLE | MS_REC,  PROPAGATION, false },
	{ "rw",             0,                       READ_WRITE,  false },
	{ "shared",         MS_SHARED,               PROPAGATION, false },
	{ "silent",         0,                       NOTHING,     false },
	{ "slave",          MS_SLAVE,                PROPAGATION, false },
	{ "src-nofollow",   MOUNT_SRC_NOFOLLOW,      FLAG,        false },
	{ "strictatime",    MOUNT_ATTR_STRICTATIME,  ATIME,       false },
	{ "suid",           MOUNT_ATTR_NOSUID,       ATTR_CLEAR,  false },
	{ "symfollow",      MOUNT_ATTR_NOSYMFOLLOW,  ATTR_CLEAR,  false },
	{ "sync",           MS_SYNCHRONOUS,          SB_SET,      false },
	{ "tmpcopyup",      MOUNT_TMPCOPYUP,         FLAG,        false },
	{ "unbindable",     MS_UNBINDABLE,           PROPAGATION, false },
};
/* clang-format on */

static int compare(const void *name, const void *row)
{
	return strcmp(name, ((const struct row *) row)->name);
}

static void set(uint64_t *on, uint64_t *off, uint64_t value)
{
	*on |= value;
	*off &= ~value;
}

/* The four access time modes are one field, which mount_setattr(2) wants cleared as a whole
 * before a value is put there; relatime is 0. */
static void set_atime(uint64_t *on, uint64_t *off, uint64_t value)
{
	*on = (*on & ~(uint64_t) MOUNT_ATTR__ATIME) | value;
	*off |= MOUNT_ATTR__ATIME;
}

/* "atime" undoes "noatime" and nothing else: the kernel's default is relatime. */
static void clear(uint64_t *on, uint64_t *off, uint64_t value)
{
	if (value == MOUNT_ATTR_NOATIME)
		set_atime(on, off, MOUNT_ATTR_RELATIME);
	else
		set(off, on, value);
}

static void set_sb(struct mount_options *o, unsigned long on, unsigned long off)
{
	o->sb_set = (o->sb_set & ~off) | on;
	o->sb_clear = (o->sb_clear & ~on) | off;
}

static void apply_row(struct mount_options *o, const struct row *row)
{
	switch ((enum effect) row->effect) {
	case NOTHING:
		break;
	case ATTR_SET:
		set(&o->attr_set, &o->attr_clear, row->value);
		break;
	case ATTR_CLEAR:
		clear(&o->attr_set, &o->attr_clear, row->value);
		break;
	case ATIME:
		set_atime(&o->attr_set, &o->attr_clear, row->value);
		break;
	case REC_SET:
		set(&o->rec_attr_set, &o->rec_attr_clear, row->value);
		break;
	case REC_CLEAR:
		clear(&o->rec_attr_set, &o->rec_attr_clear, row->value);
		break;
	case REC_ATIME:
		set_atime(&o->rec_attr_set, &o->rec_attr_clear, row->value);
		break;
	case SB_SET:
		set_sb(o, row->value, 0);
		break;
	case SB_CLEAR:
		set_sb(o, 0, row->value);
		break;
	case READ_ONLY:
		set(&o->attr_set, &o->attr_clear, MOUNT_ATTR_RDONLY);
		set_sb(o, MS_RDONLY, 0);
		break;
	case READ_WRITE:
		set(&o->attr_clear, &o->attr_set, MOUNT_ATTR_RDONLY);
		set_sb(o, 0, MS_RDONLY);
		break;
	case PROPAGATION:
		o->propagation = row->value;
		break;
	case BIND:
		o->is_bind = true;
		o->is_recursive |= row->value != 0;
		break;
	case REMOUNT:
		o->is_remount = true;
		break;
	case FLAG:
		o->flags |= row->value;
		break;
	}
}

static void add_data(struct mount_options *o, const char *option, size_t max)
{
	if (!o->data)
		o->data = xcalloc(max, sizeof(*o->data));
	o->data[o->n_data++] = option;
}

int mount_options_parse(const struct oci_strings *options, const char *where,
			struct mount_options *ret, struct error *err)
{
	*ret = (struct mount_options) { 0 };
	for (size_t i = 0; i < options->n; i++) {
		const char *option = options->items[i];
		const struct row *row =
			bsearch(option, rows, ARRAY_SIZE(rows), sizeof(*rows), compare);

		if (row && row->is_refused) {
			char path[128];

			mount_options_release(ret);
			snprintf(path, sizeof(path), "%s[%zu]", where, i);
			return fail_at(err, ENOTSUP, path, "'%s' is not supported by this version",
				       option);
		}
		if (row)
			apply_row(ret, row);
		else if (*option)
			add_data(ret, option, options->n);
	}
	return 0;
}

void mount_options_release(struct mount_options *options)
{
	free(options->data);
	*options = (struct mount_options) { 0 };
}

const char *const *mount_option_names(void)
{
	static const char *names[ARRAY_SIZE(rows) + 1];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!rows[i].is_refused)
			names[n++] = rows[i].name;
	return names;
}
