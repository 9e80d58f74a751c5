/* stream.c - tests of image/stream.h: with threads and without, to the end and given up */
#include "image/stream.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/unit/image/suites.h"

/* More than all buffers together, of which hardly anything can be compressed. */
#define LEN ((size_t) 6 << 20)

static unsigned char *plain;
static unsigned char *packed;
static size_t packed_len;

static void digest_of(const void *data, size_t len, struct digest *ret)
{
	unsigned char bytes[32];
	char text[80] = "sha256:";
	struct error err;

	ck_assert_int_eq(EVP_Digest(data, len, bytes, NULL, EVP_sha256(), NULL), 1);
	for (int i = 0; i < 32; i++)
		snprintf(text + 7 + 2 * i, 3, "%02x", bytes[i]);
	ck_assert_int_eq(digest_parse(text, ret, &err), 0);
}

static void make_data(size_t len)
{
	z_stream z = { 0 };
	uint64_t x = 88172645463325252u;

	plain = malloc(len);
	packed = malloc(len + len / 8 + 1024);
	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		plain[i] = (unsigned char) x;
	}
	ck_assert_int_eq(deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, 0), Z_OK);
	z.next_in = plain;
	z.avail_in = (unsigned int) len;
	z.next_out = packed;
	z.avail_out = (unsigned int) (len + len / 8 + 1024);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed_len = z.total_out;
	deflateEnd(&z);
}

static void free_data(void)
{
	free(plain);
	free(packed);
}

/* A stream of the packed data, which tests may have damaged since its digest was taken. */
static struct stream *open_stream(struct blob_source *source)
{
	struct stream *stream;
	struct error err;

	source->compression = COMPRESSION_GZIP;
	source->size = (int64_t) packed_len;
	source->fd = memfd_create("blob", MFD_CLOEXEC);
	ck_assert_int_eq(write(source->fd, packed, packed_len), (int) packed_len);
	ck_assert_int_eq(lseek(source->fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(stream_new(source, &stream, &err), 0);
	return stream;
}

/* Reads to the end, comparing; returns what the last read said. */
static ssize_t read_all(struct stream *stream, struct error *err)
{
	const void *data;
	size_t at = 0;
	ssize_t n;

	while ((n = stream_read(stream, &data, err)) > 0) {
		ck_assert_mem_eq(data, plain + at, (size_t) n);
		at += (size_t) n;
		ck_assert_uint_eq(stream_position(stream), at);
	}
	return n;
}

static const size_t lengths[] = { 1, 100000, (size_t) 256 << 10, LEN };

START_TEST(gives_all)
{
	struct blob_source source = { 0 };
	struct error err;
	const void *data;

	make_data(lengths[_i]);
	digest_of(packed, packed_len, &source.digest);
	digest_of(plain, lengths[_i], &source.diff_id);
	{
		auto_stream *stream = open_stream(&source);

		ck_assert_msg(read_all(stream, &err) == 0, "%s", err.text);
		ck_assert_uint_eq(stream_position(stream), lengths[_i]);
		ck_assert_int_eq(stream_read(stream, &data, &err), 0);
	}
	close(source.fd);
	free_data();
}
END_TEST

enum damage { DIFF_ID, DIGEST, CONTENT, CUT, DAMAGES };

START_TEST(refuses_and_stays_so)
{
	static const char *const messages[] = {
		[DIFF_ID] = "diff_id",
		[DIGEST] = "the blob has the digest",
		[CONTENT] = "the blob has the digest",
		[CUT] = "the blob has",
	};
	size_t len = _i / DAMAGES ? LEN : 1000;
	struct blob_source source = { 0 };
	enum damage damage = (enum damage)(_i % DAMAGES);
	struct error err, again;
	const void *data;

	make_data(len);
	digest_of(damage == DIGEST ? "" : (char *) packed, damage == DIGEST ? 0 : packed_len,
		  &source.digest);
	digest_of(plain, damage == DIFF_ID ? len - 1 : len, &source.diff_id);
	if (damage == CONTENT)
		packed[packed_len - 6] ^= 1;
	{
		auto_stream *stream = open_stream(&source);

		/* The file has become shorter since it was looked at. */
		if (damage == CUT)
			ck_assert_int_eq(ftruncate(source.fd, 10), 0);
		ck_assert_int_lt(read_all(stream, &err), 0);
		ck_assert_int_eq(err.class, ERROR_IMAGE);
		ck_assert_msg(strstr(err.text, messages[damage]) != NULL, "%s", err.text);
		ck_assert_int_eq(stream_read(stream, &data, &again), -err.code);
		ck_assert_str_eq(again.text, err.text);
	}
	close(source.fd);
	free_data();
}
END_TEST

/* Whoever gives up does not wait for the threads to be done, nor leaves them. */
START_TEST(can_be_given_up)
{
	struct blob_source source = { 0 };
	struct error err;
	const void *data;

	make_data(LEN);
	digest_of(packed, packed_len, &source.digest);
	digest_of(plain, LEN, &source.diff_id);
	for (int reads = 0; reads < 3; reads++) {
		auto_stream *stream = open_stream(&source);

		for (int i = 0; i < reads; i++)
			ck_assert_int_gt(stream_read(stream, &data, &err), 0);
	}
	free_data();
}
END_TEST

START_TEST(holds_the_limits)
{
	struct blob_source source = { 0 };
	struct error err;

	make_data(1000);
	digest_of(packed, packed_len, &source.digest);
	digest_of(plain, 1000, &source.diff_id);
	{
		auto_stream *stream = open_stream(&source);

		stream_set_limits(stream, 1000 - (uint64_t) _i, 0);
		ck_assert_int_eq(read_all(stream, &err), _i ? -EFBIG : 0);
	}
	close(source.fd);
	free_data();
}
END_TEST

Suite *image_stream_suite(void)
{
	Suite *suite = suite_create("image/stream");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, gives_all, 0, ARRAY_SIZE(lengths));
	tcase_add_loop_test(cases, refuses_and_stays_so, 0, 2 * DAMAGES);
	tcase_add_test(cases, can_be_given_up);
	tcase_add_loop_test(cases, holds_the_limits, 0, 2);
	suite_add_tcase(suite, cases);
	return suite;
}
