/* mount_options.h - the options of a mount in config.json, sorted by what they change
 *
 * The names are the runtime specification's ("Linux mount options", config.md).  A name that is
 * not in the table is file system data and goes to the file system as it stands. */
#ifndef LINUX_MOUNT_OPTIONS_H
#define LINUX_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libocispec/types.h"

/* What is not a flag of the kernel's. */
#define MOUNT_TMPCOPYUP (1u << 0)     /* fill a tmpfs with what it covers */
#define MOUNT_COPY_SYMLINK (1u << 1)  /* a source that is a link: make the same link */
#define MOUNT_SRC_NOFOLLOW (1u << 2)  /* bind a link itself, not what it names */
#define MOUNT_DEST_NOFOLLOW (1u << 3) /* mount on a link itself */
#define MOUNT_IDMAP (1u << 4)	      /* owners as mount_idmap.h says */
#define MOUNT_RIDMAP (1u << 5)	      /* of the mounts below, too */

struct mount_options {
	uint64_t attr_set; /* MOUNT_ATTR_* of this mount, as mount_setattr(2) takes them */
	uint64_t attr_clear;
	uint64_t rec_attr_set; /* of it and of all below it ("rro") */
	uint64_t rec_attr_clear;
	unsigned long sb_set; /* MS_* of the superblock: ro sync dirsync lazytime mand iversion */
	unsigned long sb_clear;
	unsigned int flags; /* MOUNT_TMPCOPYUP ... */
	const char *atime;  /* the last option that is about access times, or NULL */
	const char *idmap;  /* the text behind "idmap=" or "ridmap=", or NULL */
	bool is_bind;
	bool is_recursive; /* rbind */
	bool is_remount;
	bool is_joined; /* data with a comma or a quote in it, which mount(2) takes apart */
	size_t n_propagation;
	uint32_t *propagation; /* MS_SHARED, ..., with MS_REC for the r-forms: one after the other */
	size_t n_data;	       /* "key" and "key=value" for the file system, in order; they */
	const char **data;     /* point into the options that were parsed */
};

#define auto_mount_options __attribute__((cleanup(mount_options_release))) struct mount_options

/* Sorts `options`; later ones win, but for propagation, where each goes on from what the one before
 * has made ("slave", "shared").  *ret must be released and must not outlive the options. */
void mount_options_parse(const struct oci_strings *options, struct mount_options *ret);

/* The MOUNT_ATTR_* of a new mount, which has nothing below it: where both kinds speak, that of this
 * mount counts, as with a bind. */
uint64_t mount_options_attributes(const struct mount_options *options);

void mount_options_release(struct mount_options *options);

/* All names of the table, sorted; ends with NULL. */
const char *const *mount_option_names(void);

#endif
