/* mount_options.c - see mount_options.h */
#include "linux/mount_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/libc.h"
#include "base/text.h"

enum effect {
	NOTHING,  /* a default, or of no meaning with fsopen(2) */
	ATTR_SET, /* value: MOUNT_ATTR_* */
	ATTR_CLEAR,
	ATIME, /* value: one of the exclusive MOUNT_ATTR_*ATIME */
	REC_SET,
	REC_CLEAR,
	REC_ATIME,
	SB_SET, /* value: MS_* */
	SB_CLEAR,
	READ_ONLY, /* both of the mount and of the superblock */
	READ_WRITE,
	PROPAGATION, /* value: MS_* */
	BIND,	     /* value: MS_REC or 0 */
	REMOUNT,
	FLAG, /* value: MOUNT_* of the header */
};

/* The name is held in the row, so that the table needs no relocation at program start. */
struct row {
	char name[16];
	uint32_t value;
	uint8_t effect;
};

/* clang-format off */
static const struct row rows[] = {
	{ "async",          MS_SYNCHRONOUS,          SB_CLEAR },
	{ "atime",          MOUNT_ATTR_NOATIME,      ATTR_CLEAR },
	{ "bind",           0,                       BIND },
	{ "copy-symlink",   MOUNT_COPY_SYMLINK,      FLAG },
	{ "defaults",       0,                       NOTHING },
	{ "dest-nofollow",  MOUNT_DEST_NOFOLLOW,     FLAG },
	{ "dev",            MOUNT_ATTR_NODEV,        ATTR_CLEAR },
	{ "diratime",       MOUNT_ATTR_NODIRATIME,   ATTR_CLEAR },
	{ "dirsync",        MS_DIRSYNC,              SB_SET },
	{ "exec",           MOUNT_ATTR_NOEXEC,       ATTR_CLEAR },
	{ "idmap",          MOUNT_IDMAP,             FLAG },
	{ "iversion",       MS_I_VERSION,            SB_SET },
	{ "lazytime",       MS_LAZYTIME,             SB_SET },
	{ "loud",           0,                       NOTHING },
	{ "mand",           MS_MANDLOCK,             SB_SET },
	{ "noatime",        MOUNT_ATTR_NOATIME,      ATIME },
	{ "nodev",          MOUNT_ATTR_NODEV,        ATTR_SET },
	{ "nodiratime",     MOUNT_ATTR_NODIRATIME,   ATTR_SET },
	{ "noexec",         MOUNT_ATTR_NOEXEC,       ATTR_SET },
	{ "noiversion",     MS_I_VERSION,            SB_CLEAR },
	{ "nolazytime",     MS_LAZYTIME,             SB_CLEAR },
	{ "nomand",         MS_MANDLOCK,             SB_CLEAR },
	{ "norelatime",     MOUNT_ATTR_STRICTATIME,  ATIME },
	{ "nostrictatime",  MOUNT_ATTR_RELATIME,     ATIME },
	{ "nosuid",         MOUNT_ATTR_NOSUID,       ATTR_SET },
	{ "nosymfollow",    MOUNT_ATTR_NOSYMFOLLOW,  ATTR_SET },
	{ "private",        MS_PRIVATE,              PROPAGATION },
	{ "ratime",         MOUNT_ATTR_NOATIME,      REC_CLEAR },
	{ "rbind",          MS_REC,                  BIND },
	{ "rdev",           MOUNT_ATTR_NODEV,        REC_CLEAR },
	{ "rdiratime",      MOUNT_ATTR_NODIRATIME,   REC_CLEAR },
	{ "relatime",       MOUNT_ATTR_RELATIME,     ATIME },
	{ "remount",        0,                       REMOUNT },
	{ "rexec",          MOUNT_ATTR_NOEXEC,       REC_CLEAR },
	{ "ridmap",         MOUNT_RIDMAP,            FLAG },
	{ "rnoatime",       MOUNT_ATTR_NOATIME,      REC_ATIME },
	{ "rnodev",         MOUNT_ATTR_NODEV,        REC_SET },
	{ "rnodiratime",    MOUNT_ATTR_NODIRATIME,   REC_SET },
	{ "rnoexec",        MOUNT_ATTR_NOEXEC,       REC_SET },
	{ "rnorelatime",    MOUNT_ATTR_STRICTATIME,  REC_ATIME },
	{ "rnostrictatime", MOUNT_ATTR_RELATIME,     REC_ATIME },
	{ "rnosuid",        MOUNT_ATTR_NOSUID,       REC_SET },
	{ "rnosymfollow",   MOUNT_ATTR_NOSYMFOLLOW,  REC_SET },
	{ "ro",             0,                       READ_ONLY },
	{ "rprivate",       MS_PRIVATE | MS_REC,     PROPAGATION },
	{ "rrelatime",      MOUNT_ATTR_RELATIME,     REC_ATIME },
	{ "rro",            MOUNT_ATTR_RDONLY,       REC_SET },
	{ "rrw",            MOUNT_ATTR_RDONLY,       REC_CLEAR },
	{ "rshared",        MS_SHARED | MS_REC,      PROPAGATION },
	{ "rslave",         MS_SLAVE | MS_REC,       PROPAGATION },
	{ "rstrictatime",   MOUNT_ATTR_STRICTATIME,  REC_ATIME },
	{ "rsuid",          MOUNT_ATTR_NOSUID,       REC_CLEAR },
	{ "rsymfollow",     MOUNT_ATTR_NOSYMFOLLOW,  REC_CLEAR },
	{ "runbindable",    MS_UNBINDABLE | MS_REC,  PROPAGATION },
	{ "rw",             0,                       READ_WRITE },
	{ "shared",         MS_SHARED,               PROPAGATION },
	{ "silent",         0,                       NOTHING },
	{ "slave",          MS_SLAVE,                PROPAGATION },
	{ "src-nofollow",   MOUNT_SRC_NOFOLLOW,      FLAG },
	{ "strictatime",    MOUNT_ATTR_STRICTATIME,  ATIME },
	{ "suid",           MOUNT_ATTR_NOSUID,       ATTR_CLEAR },
	{ "symfollow",      MOUNT_ATTR_NOSYMFOLLOW,  ATTR_CLEAR },
	{ "sync",           MS_SYNCHRONOUS,          SB_SET },
	{ "tmpcopyup",      MOUNT_TMPCOPYUP,         FLAG },
	{ "unbindable",     MS_UNBINDABLE,           PROPAGATION },
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

static bool is_about_atime(const struct row *row)
{
	const uint32_t times = MOUNT_ATTR_NOATIME | MOUNT_ATTR_NODIRATIME;
	bool is_attr = row->effect == ATTR_SET || row->effect == ATTR_CLEAR ||
		       row->effect == REC_SET || row->effect == REC_CLEAR;

	return row->effect == ATIME || row->effect == REC_ATIME || (is_attr && row->value & times);
}

static void add_propagation(struct mount_options *o, uint32_t value, size_t max)
{
	if (!o->propagation)
		o->propagation = xcalloc(max, sizeof(*o->propagation));
	o->propagation[o->n_propagation++] = value;
}

/* max: how many options there are */
static void apply_row(struct mount_options *o, const struct row *row, size_t max)
{
	if (is_about_atime(row))
		o->atime = row->name;
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
		add_propagation(o, row->value, max);
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
	o->is_joined |= strchr(option, ',') || strchr(option, '"');
}

/* "idmap=MAPS" and "ridmap=MAPS" are options with a value that is not the file system's. */
static bool add_idmap(struct mount_options *o, const char *option)
{
	const char *maps = str_after(option, "idmap="), *below = str_after(option, "ridmap=");

	if (!maps && !below)
		return false;
	o->idmap = maps ? maps : below;
	o->flags |= maps ? MOUNT_IDMAP : MOUNT_RIDMAP;
	return true;
}

void mount_options_parse(const struct oci_strings *options, struct mount_options *ret)
{
	*ret = (struct mount_options){ 0 };
	for (size_t i = 0; i < options->n; i++) {
		const char *option = options->items[i];
		const struct row *row =
			bsearch(option, rows, ARRAY_SIZE(rows), sizeof(*rows), compare);

		if (row)
			apply_row(ret, row, options->n);
		else if (!add_idmap(ret, option) && *option)
			add_data(ret, option, options->n);
	}
}

uint64_t mount_options_attributes(const struct mount_options *options)
{
	return (options->rec_attr_set & ~options->attr_clear) | options->attr_set;
}

void mount_options_release(struct mount_options *options)
{
	free(options->data);
	free(options->propagation);
	*options = (struct mount_options){ 0 };
}

const char *const *mount_option_names(void)
{
	static const char *names[ARRAY_SIZE(rows) + 1];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		names[n++] = rows[i].name;
	return names;
}
