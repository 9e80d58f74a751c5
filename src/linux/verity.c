/* verity.c - see verity.h */
#include "linux/verity.h"

#include <errno.h>
#include <linux/fsverity.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define BLOCK_SIZE 4096
#define DIGEST_SIZE_MAX 64

int verity_enable(int fd)
{
	struct fsverity_enable_arg how = {
		.version = 1,
		.hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
		.block_size = BLOCK_SIZE,
	};

	return ioctl(fd, FS_IOC_ENABLE_VERITY, &how) < 0 ? -errno : 0;
}

int verity_measure(int fd, char ret[VERITY_DIGEST_MAX])
{
	union {
		struct fsverity_digest digest;
		unsigned char room[sizeof(struct fsverity_digest) + DIGEST_SIZE_MAX];
	} found = { .digest = { .digest_size = DIGEST_SIZE_MAX } };
	const unsigned char *bytes = found.room + offsetof(struct fsverity_digest, digest);
	size_t len;

	if (ioctl(fd, FS_IOC_MEASURE_VERITY, &found) < 0)
		return -errno;
	len = (size_t) snprintf(ret, VERITY_DIGEST_MAX, "%s:",
				found.digest.digest_algorithm == FS_VERITY_HASH_ALG_SHA256
					? "sha256"
					: "sha512");
	for (size_t i = 0; i < found.digest.digest_size; i++, len += 2)
		snprintf(ret + len, VERITY_DIGEST_MAX - len, "%02x", bytes[i]);
	return 0;
}
