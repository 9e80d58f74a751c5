/* verity.h - fs-verity: the kernel compares what it reads of a file with a hash tree, block by block
 *
 * A file that has it can no more be written, by anybody, and a byte that has changed on the disk below
 * is an I/O error where it is read.  ext4 (with the feature "verity"), btrfs and f2fs can do it. */
#ifndef LINUX_VERITY_H
#define LINUX_VERITY_H

#define VERITY_DIGEST_MAX 160

/* Makes fd's file (open for reading; nobody may have it open for writing) one.  Returns 0, -EEXIST
 * when it is one already, -ENOTTY or -EOPNOTSUPP when the file system cannot, or another -errno. */
int verity_enable(int fd);

/* "sha256:HEX", the digest of the file's hash tree and size; -ENODATA when it has none, or as above.
 * It is not the digest of the content alone. */
int verity_measure(int fd, char ret[VERITY_DIGEST_MAX]);

#endif
