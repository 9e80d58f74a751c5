/* decoder.c - tests of image/decoder.h */
#include "image/decoder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/text.h"
#include "tests/unit/image/suites.h"

#define PLAIN_LEN 100000

static unsigned char plain[PLAIN_LEN];

static size_t gzip_part(const unsigned char *from, size_t len, unsigned char *to, size_t size)
{
	z_stream z = { 0 };

	ck_assert_int_eq(deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, 0), Z_OK);
	z.next_in = (unsigned char *) from;
	z.avail_in = (unsigned int) len;
	z.next_out = to;
	z.avail_out = (unsigned int) size;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

static size_t zstd_part(const unsigned char *from, size_t len, unsigned char *to, size_t size)
{
	size_t n = ZSTD_compress(to, size, from, len, 1);

	ck_assert(!ZSTD_isError(n));
	return n;
}

static size_t plain_part(const unsigned char *from, size_t len, unsigned char *to, size_t size)
{
	ck_assert_uint_le(len, size);
	memcpy(to, from, len);
	return len;
}

static size_t (*const compressors[])(const unsigned char *, size_t, unsigned char *, size_t) = {
	[COMPRESSION_NONE] = plain_part,
	[COMPRESSION_GZIP] = gzip_part,
	[COMPRESSION_ZSTD] = zstd_part,
};

/* The plain data in two parts, each compressed by itself. */
static size_t compress_all(enum compression compression, unsigned char *to, size_t size)
{
	size_t half = PLAIN_LEN / 2, n;

	for (size_t i = 0; i < PLAIN_LEN; i++)
		plain[i] = (unsigned char) (i * i >> 7);
	n = compressors[compression](plain, half, to, size);
	return n + compressors[compression](plain + half, PLAIN_LEN - half, to + n, size - n);
}

/* Decodes with input and output in pieces of these sizes; returns the length, or -errno. */
static int decode(enum compression compression, const unsigned char *data, size_t len,
		  size_t in_size, size_t out_size, unsigned char *result)
{
	auto_decoder decoder = { 0 };
	struct error err;
	size_t done = 0, total = 0, room;

	ck_assert_int_eq(decoder_init(&decoder, compression, &err), 0);
	do {
		size_t n = len - done < in_size ? len - done : in_size;
		struct span in = { (unsigned char *) data + done, n };
		struct span out;

		room = PLAIN_LEN - total < out_size ? PLAIN_LEN - total : out_size;
		out = (struct span){ result + total, room };
		if (len == done && decoder.complete)
			break;
		if (decoder_step(&decoder, &in, &out, &err) < 0)
			return -err.code;
		done += n - in.len;
		total += room - out.len;
		room -= out.len;
	} while (done < len || room > 0);
	if (decoder_finish(&decoder, &err) < 0)
		return -err.code;
	return (int) total;
}

static const struct {
	size_t in, out;
} sizes[] = { { PLAIN_LEN * 2, PLAIN_LEN }, { 1, 1000 }, { 1000, 1 }, { 777, 333 } };

START_TEST(whole)
{
	enum compression compression = (enum compression)(_i % 3);
	unsigned char *data = xcalloc(2, PLAIN_LEN), *result = xcalloc(1, PLAIN_LEN);
	size_t len = compress_all(compression, data, 2 * PLAIN_LEN);

	ck_assert_int_eq(decode(compression, data, len, sizes[_i / 3].in, sizes[_i / 3].out, result),
			 PLAIN_LEN);
	ck_assert_mem_eq(result, plain, PLAIN_LEN);
	free(data);
	free(result);
}
END_TEST

START_TEST(cut_short)
{
	enum compression compression = _i ? COMPRESSION_GZIP : COMPRESSION_ZSTD;
	unsigned char *data = xcalloc(2, PLAIN_LEN), *result = xcalloc(1, PLAIN_LEN);
	size_t len = compress_all(compression, data, 2 * PLAIN_LEN);

	for (size_t cut = 1; cut < 20; cut++)
		ck_assert_int_eq(decode(compression, data, len - cut, 4096, 4096, result),
				 -EBADMSG);
	ck_assert_int_eq(decode(compression, data, 0, 4096, 4096, result), -EBADMSG);
	free(data);
	free(result);
}
END_TEST

START_TEST(followed_by_something_else)
{
	enum compression compression = _i ? COMPRESSION_GZIP : COMPRESSION_ZSTD;
	unsigned char *data = xcalloc(2, PLAIN_LEN), *result = xcalloc(1, PLAIN_LEN);
	size_t len = compress_all(compression, data, 2 * PLAIN_LEN);

	memcpy(data + len, "something else", 15);
	ck_assert_int_eq(decode(compression, data, len + 14, 4096, 4096, result), -EBADMSG);
	free(data);
	free(result);
}
END_TEST

Suite *image_decoder_suite(void)
{
	Suite *suite = suite_create("image/decoder");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, whole, 0, 3 * ARRAY_SIZE(sizes));
	tcase_add_loop_test(cases, cut_short, 0, 2);
	tcase_add_loop_test(cases, followed_by_something_else, 0, 2);
	suite_add_tcase(suite, cases);
	return suite;
}
