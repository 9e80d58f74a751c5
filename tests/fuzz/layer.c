/* layer.c - fuzz harness: any bytes as the layers of an image, applied to a scratch root; nothing
 * outside it may change, and removing it must leave nothing
 *
 * The input is one tar, or two with eight bytes 0xff between: the second is applied over the first.
 * Headers get the checksum that they should have, or hardly a change would be looked at. */
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "image/layer.h"
#include "tests/fuzz/fuzz.h"

/* Hostile layers in the corpus aim at "../outside" from the root in it. */
static char scratch[] = "/tmp/coracle-fuzz-XXXXXX";
static struct stat outside_was[3];

static void require(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static int open_at(const char *name)
{
	int dir = open(scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	close(dir);
	return fd;
}

static void look_outside(struct stat ret[3])
{
	static const char *const names[] = { ".", "outside", "outside/file" };

	for (int i = 0; i < 3; i++) {
		auto_fd fd = open_at(names[i]);

		require(fd >= 0 && fstat(fd, &ret[i]) == 0, names[i]);
	}
}

static void remove_scratch(void)
{
	struct error err;

	require(tree_delete(AT_FDCWD, scratch, &err) == 0, "remove the scratch directory");
}

static void make_scratch(void)
{
	auto_fd dir = -1;
	auto_fd file = -1;

	require(mkdtemp(scratch) != NULL, "make the scratch directory");
	atexit(remove_scratch);
	dir = open(scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
	require(mkdirat(dir, "outside", 0755) == 0, "make the directory outside");
	file = openat(dir, "outside/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	require(file >= 0 && write(file, "outside", 7) == 7, "make the file outside");
	look_outside(outside_was);
}

static void require_same_outside(void)
{
	struct stat now[3];

	look_outside(now);
	for (int i = 1; i < 3; i++)
		require(now[i].st_mode == outside_was[i].st_mode &&
				now[i].st_uid == outside_was[i].st_uid &&
				now[i].st_nlink == outside_was[i].st_nlink &&
				now[i].st_size == outside_was[i].st_size &&
				now[i].st_ctim.tv_sec == outside_was[i].st_ctim.tv_sec &&
				now[i].st_ctim.tv_nsec == outside_was[i].st_ctim.tv_nsec,
			"what is outside has changed");
	/* The root was there while it was used, and is gone. */
	require(now[0].st_nlink == outside_was[0].st_nlink, "something else is outside");
}

static void digest_of(const uint8_t *data, size_t size, struct digest *ret)
{
	unsigned char bytes[32];
	char text[80] = "sha256:";
	struct error err;

	require(EVP_Digest(data, size, bytes, NULL, EVP_sha256(), NULL) == 1, "hash");
	for (int i = 0; i < 32; i++)
		snprintf(text + 7 + 2 * i, 3, "%02x", bytes[i]);
	require(digest_parse(text, ret, &err) == 0, "read the digest");
}

#define BLOCK 512
#define CHECKSUM_AT 148
#define MAGIC_AT 257

static void correct_checksums(uint8_t *tar, size_t size)
{
	for (; size >= BLOCK; tar += BLOCK, size -= BLOCK) {
		unsigned int sum = 0;
		char text[8];

		if (memcmp(tar + MAGIC_AT, "ustar", 5) != 0)
			continue;
		memset(tar + CHECKSUM_AT, ' ', 8);
		for (size_t i = 0; i < BLOCK; i++)
			sum += tar[i];
		snprintf(text, sizeof(text), "%06o", sum & 0777777);
		memcpy(tar + CHECKSUM_AT, text, 7);
	}
}

static int apply(const uint8_t *input, size_t size, struct tree *tree, struct progress *progress)
{
	auto_free uint8_t *data = malloc(size + 1);
	struct blob_source source = { .size = (int64_t) size, .compression = COMPRESSION_NONE };
	auto_fd fd = memfd_create("layer", MFD_CLOEXEC);
	auto_stream *stream = NULL;
	struct error err = { 0 };
	int r;

	memcpy(data, input, size);
	correct_checksums(data, size);
	require(fd >= 0 && write(fd, data, size) == (ssize_t) size, "write the layer");
	require(lseek(fd, 0, SEEK_SET) == 0, "rewind the layer");
	source.fd = fd;
	digest_of(data, size, &source.digest);
	source.diff_id = source.digest;
	require(stream_new(&source, &stream, &err) == 0, "make the stream");
	r = layer_apply(stream, tree, progress, &err);
	require(r == 0 || (r == -err.code && err.text[0]), "an error without text");
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t divider[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	const uint8_t *second = size ? memmem(data, size, divider, sizeof(divider)) : NULL;
	size_t first_size = second ? (size_t) (second - data) : size;
	struct progress progress = { 0 };
	struct error err;

	if (!outside_was[0].st_ino)
		make_scratch();
	{
		auto_tree tree = TREE_NONE;
		auto_fd dir = open(scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
		auto_fd root = -1;

		require(mkdirat(dir, "root", 0755) == 0, "make the root");
		root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
		tree_init(&tree, root);
		if (apply(data, first_size, &tree, &progress) == 0 && second)
			apply(second + sizeof(divider), size - first_size - sizeof(divider), &tree,
			      &progress);
		require(tree_delete(dir, "root", &err) == 0, "remove the root");
	}
	require_same_outside();
	return 0;
}
