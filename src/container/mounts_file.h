/* mounts_file.h - the file that "mounts add" and "mounts remove" are given */
#ifndef CONTAINER_MOUNTS_FILE_H
#define CONTAINER_MOUNTS_FILE_H

#include "base/error.h"
#include "libocispec/mount.h"

/* A list of mounts as in config.json: the list alone, or as the member "mounts" of an object. */
struct mounts_file {
	OCI_LIST(struct oci_mount) mounts;
};

#define auto_mounts_file __attribute__((cleanup(mounts_file_release))) struct mounts_file

/* Errors name the file, and the place in it. */
int mounts_file_read(const char *path, struct mounts_file *ret, struct error *err);
void mounts_file_release(struct mounts_file *file);

#endif
