/* store.c - tests of image/store.h, image/blob_writer.h and image/store_gc.h */
#include "image/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/blob_writer.h"
#include "image/layer_cache.h"
#include "image/store_gc.h"
#include "libocispec/document.h"
#include "tests/unit/image/root.h"
#include "tests/unit/image/suites.h"

#define ABC_HEX "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC "sha256:" ABC_HEX
#define ABC_BLOB "blobs/sha256/" ABC_HEX
#define ABC_PARTIAL "partial/sha256-" ABC_HEX

static struct store store;
static struct digest abc;

static void enter(void)
{
	struct error err;

	root_enter();
	ck_assert_int_eq(store_open(root_path, STORE_SHARED, &store, &err), 0);
	ck_assert_int_eq(digest_parse(ABC, &abc, &err), 0);
}

static void leave(void)
{
	store_release(&store);
	root_leave();
}

static int open_writer(struct blob_writer *ret)
{
	struct error err;

	return blob_writer_open(&store, &abc, 3, NULL, ret, &err);
}

START_TEST(made)
{
	ck_assert_str_eq(root_read("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
	ck_assert_str_eq(root_kind("blobs/sha256"), "d");
	ck_assert_ptr_nonnull(strstr(root_read("index.json"), "\"manifests\":[]"));
}
END_TEST

START_TEST(not_over_something_else)
{
	struct store other;
	struct error err;
	auto_free char *path = xasprintf("%s/other", root_path);

	root_write("other/file", "x");
	ck_assert_int_eq(store_open(path, STORE_SHARED, &other, &err), -ENOTEMPTY);
	ck_assert_str_eq(root_kind("other/oci-layout"), "-");
}
END_TEST

/* Without its oci-layout it is made again, whatever a store may have in it. */
START_TEST(over_what_a_store_has)
{
	static const char *const more[] = { "bundles", "partial" };
	struct error err;

	for (size_t i = 0; layer_caches[i]; i++)
		ck_assert_int_eq(mkdirat(root_fd, layer_caches[i], 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		ck_assert_int_eq(mkdirat(root_fd, more[i], 0700), 0);
	ck_assert_int_eq(unlinkat(root_fd, "oci-layout", 0), 0);
	store_release(&store);
	ck_assert_msg(store_open(root_path, STORE_SHARED, &store, &err) == 0, "%s", err.text);
	ck_assert_str_eq(root_kind("oci-layout"), "f");
}
END_TEST

START_TEST(blob)
{
	struct error err;

	ck_assert(!store_has_blob(&store, &abc, 3));
	ck_assert_int_eq(store_add_blob(&store, &abc, "abc", 3, &err), 0);
	ck_assert(store_has_blob(&store, &abc, 3));
	ck_assert(!store_has_blob(&store, &abc, 4));
	ck_assert_str_eq(root_read(ABC_BLOB), "abc");
	ck_assert_str_eq(root_kind(ABC_PARTIAL), "-");
	ck_assert_int_eq(store_add_blob(&store, &abc, "abc", 3, &err), 0);
}
END_TEST

START_TEST(wrong_blob)
{
	struct error err;

	ck_assert_int_eq(store_add_blob(&store, &abc, "abd", 3, &err), -EBADMSG);
	ck_assert_str_eq(root_kind(ABC_BLOB), "-");
	ck_assert_str_eq(root_kind(ABC_PARTIAL), "-");
}
END_TEST

START_TEST(goes_on)
{
	struct error err;

	{
		auto_blob_writer writer = BLOB_WRITER_NONE;

		ck_assert_int_eq(open_writer(&writer), 0);
		ck_assert_int_eq(blob_writer_write(&writer, "ab", 2, &err), 0);
		ck_assert_int_eq(blob_writer_verify(&writer, &err), -EBADMSG);
	}
	ck_assert_str_eq(root_read(ABC_PARTIAL), "ab");
	{
		auto_blob_writer writer = BLOB_WRITER_NONE;

		ck_assert_int_eq(open_writer(&writer), 0);
		ck_assert_int_eq(writer.position, 2);
		ck_assert_int_eq(blob_writer_write(&writer, "cd", 2, &err), -EFBIG);
		ck_assert_int_eq(blob_writer_write(&writer, "c", 1, &err), 0);
		ck_assert_int_eq(blob_writer_verify(&writer, &err), 0);
		ck_assert_int_eq(blob_writer_publish(&writer, &err), 0);
	}
	ck_assert_str_eq(root_read(ABC_BLOB), "abc");
	ck_assert_str_eq(root_kind(ABC_PARTIAL), "-");
}
END_TEST

static const char *const damaged[] = { "xb", "xyz", "abcd", "" };

START_TEST(damaged_part)
{
	struct error err;
	auto_blob_writer writer = BLOB_WRITER_NONE;
	int64_t begin;

	root_write(ABC_PARTIAL, damaged[_i]);
	ck_assert_int_eq(open_writer(&writer), 0);
	begin = writer.position;
	ck_assert_int_eq(blob_writer_write(&writer, &"abc"[begin], (size_t) (3 - begin), &err), 0);
	if (begin) {
		ck_assert_int_eq(blob_writer_verify(&writer, &err), -EBADMSG);
		ck_assert_int_eq(writer.position, 0);
		ck_assert_int_eq(blob_writer_write(&writer, "abc", 3, &err), 0);
	}
	ck_assert_int_eq(blob_writer_verify(&writer, &err), 0);
}
END_TEST

START_TEST(one_writer_at_a_time)
{
	auto_blob_writer first = BLOB_WRITER_NONE, second = BLOB_WRITER_NONE;
	struct error err;

	ck_assert_int_eq(open_writer(&first), 0);
	ck_assert_int_eq(open_writer(&second), -EBUSY);
	ck_assert_int_eq(blob_writer_write(&first, "abc", 3, &err), 0);
	ck_assert_int_eq(blob_writer_verify(&first, &err), 0);
	ck_assert_int_eq(blob_writer_publish(&first, &err), 0);
	ck_assert_int_eq(open_writer(&second), 1);
	ck_assert_str_eq(root_kind(ABC_PARTIAL), "-");
}
END_TEST

/* A killed holder's lock does not stay. */
START_TEST(dead_writer)
{
	auto_blob_writer writer = BLOB_WRITER_NONE;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct blob_writer theirs;
		struct error err;

		if (open_writer(&theirs) == 0 && blob_writer_write(&theirs, "ab", 2, &err) == 0)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(open_writer(&writer), 0);
	ck_assert_int_eq(writer.position, 2);
}
END_TEST

static void *read_along(void *argument)
{
	struct growing *growing = argument;
	char *text = xcalloc(1, 16);
	struct error err;
	int64_t at = 0;
	ssize_t n;

	while ((n = growing_read(growing, at, text + at, 1, &err)) > 0)
		at += n;
	if (n < 0)
		text[at] = '!';
	return text;
}

/* 0: a good end; 1: a bad one */
START_TEST(read_while_written)
{
	auto_blob_writer writer = BLOB_WRITER_NONE;
	struct growing growing;
	struct error err;
	pthread_t reader;
	void *text;

	growing_init(&growing);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_along, &growing), 0);
	ck_assert_int_eq(blob_writer_open(&store, &abc, 3, &growing, &writer, &err), 0);
	ck_assert_int_eq(blob_writer_write(&writer, "a", 1, &err), 0);
	usleep(10000);
	ck_assert_int_eq(blob_writer_write(&writer, "bc", 2, &err), 0);
	fail(&err, EIO, "the line was cut");
	if (_i)
		growing_fail(&growing, &err);
	else
		growing_end(&growing);
	ck_assert_int_eq(pthread_join(reader, &text), 0);
	ck_assert_str_eq(text, _i ? "abc!" : "abc");
	free(text);
	growing_release(&growing);
}
END_TEST

/* The reader, which may be in the middle of it, keeps its descriptor. */
START_TEST(opened_twice)
{
	struct growing growing;
	struct error err;
	auto_fd first = -1, second = -1;
	char byte = '\0';
	int fd;

	root_write("first", "1");
	root_write("second", "2");
	first = openat(root_fd, "first", O_RDONLY | O_CLOEXEC);
	second = openat(root_fd, "second", O_RDONLY | O_CLOEXEC);
	growing_init(&growing);
	ck_assert_int_eq(growing_open(&growing, first, &err), 0);
	fd = growing.fd;
	ck_assert_int_eq(growing_open(&growing, second, &err), 0);
	ck_assert_int_eq(growing.fd, fd);
	growing_advance(&growing, 1);
	ck_assert_int_eq(growing_read(&growing, 0, &byte, 1, &err), 1);
	ck_assert_int_eq(byte, '1');
	growing_release(&growing);
}
END_TEST

static struct oci_descriptor descriptor(struct oci_platform *platform)
{
	return (struct oci_descriptor){
		.media_type = (char *) "application/vnd.oci.image.layer.v1.tar",
		.digest = (char *) ABC,
		.size = 3,
		.platform = platform,
	};
}

static size_t count_names(void)
{
	struct oci_index index = { 0 };
	struct error err;
	size_t n;

	ck_assert_int_eq(layout_read_index(&store.layout, &index, &err), 0);
	n = index.manifests.n;
	oci_release(&oci_index_desc, &index);
	return n;
}

START_TEST(names)
{
	struct oci_platform amd64 = { .os = (char *) "linux", .architecture = (char *) "amd64" };
	struct oci_platform arm64 = { .os = (char *) "linux", .architecture = (char *) "arm64" };
	struct oci_descriptor a = descriptor(&amd64), b = descriptor(&arm64);
	struct error err;
	size_t n;

	ck_assert_int_eq(store_add_name(&store, "x:1", &a, NULL, &err), 0);
	ck_assert_int_eq(store_add_name(&store, "x:1", &a, NULL, &err), 0);
	ck_assert_uint_eq(count_names(), 1);
	ck_assert_int_eq(store_add_name(&store, "x:1", &b, ABC, &err), 0);
	ck_assert_int_eq(store_add_name(&store, "x:2", &a, NULL, &err), 0);
	ck_assert_uint_eq(count_names(), 3);
	ck_assert_int_eq(store_remove_name(&store, "x", &n, &err), 0);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(store_remove_name(&store, "x:1", &n, &err), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(store_remove_name(&store, ABC, &n, &err), 0);
	ck_assert_uint_eq(n, 1);
}
END_TEST

static void collect(bool is_dry, struct gc_result *ret)
{
	struct store alone;
	struct error err;

	store_release(&store);
	ck_assert_int_eq(store_open(root_path, STORE_EXCLUSIVE, &alone, &err), 0);
	ck_assert_int_eq(store_gc(&alone, &(struct gc_request){ .is_dry = is_dry }, ret, &err), 0);
	store_release(&alone);
	ck_assert_int_eq(store_open(root_path, STORE_SHARED, &store, &err), 0);
}

START_TEST(gc)
{
	struct oci_descriptor a = descriptor(NULL);
	struct gc_result result;
	struct error err;
	size_t n;

	ck_assert_int_eq(store_add_blob(&store, &abc, "abc", 3, &err), 0);
	ck_assert_int_eq(store_add_name(&store, "x:1", &a, NULL, &err), 0);
	root_write("blobs/sha512/orphan", "12345");
	root_write("partial/sha256-x", "123");
	collect(true, &result);
	ck_assert_str_eq(root_kind("blobs/sha512/orphan"), "f");
	collect(false, &result);
	ck_assert_uint_eq(result.blobs, 1);
	ck_assert_uint_eq(result.partial, 1);
	ck_assert_uint_eq(result.bytes, 8);
	ck_assert_uint_eq(result.kept, 1);
	ck_assert_str_eq(root_kind("blobs/sha512/orphan"), "-");
	ck_assert_str_eq(root_kind("partial/sha256-x"), "-");
	ck_assert_int_eq(store_remove_name(&store, "x:1", &n, &err), 0);
	collect(false, &result);
	ck_assert_str_eq(root_kind(ABC_BLOB), "-");
}
END_TEST

START_TEST(gc_in_doubt)
{
	struct oci_descriptor a = descriptor(NULL);
	struct gc_result result;
	struct error err;

	a.media_type = (char *) "application/vnd.oci.image.manifest.v1+json";
	ck_assert_int_eq(store_add_blob(&store, &abc, "abc", 3, &err), 0);
	ck_assert_int_eq(store_add_name(&store, "x:1", &a, NULL, &err), 0);
	root_write("blobs/sha256/orphan", "12345");
	ck_assert_int_lt(store_gc(&store, &(struct gc_request){ 0 }, &result, &err), 0);
	ck_assert_str_eq(root_kind("blobs/sha256/orphan"), "f");
}
END_TEST

START_TEST(gc_while_in_use)
{
	struct store alone;
	struct error err;

	/* Three seconds of patience. */
	ck_assert_int_eq(store_open(root_path, STORE_EXCLUSIVE, &alone, &err), -EBUSY);
	ck_assert_int_eq(err.class, ERROR_STATE);
}
END_TEST

Suite *image_store_suite(void)
{
	Suite *suite = suite_create("image/store");
	TCase *cases = tcase_create("all");

	tcase_set_timeout(cases, 30);
	tcase_add_checked_fixture(cases, enter, leave);
	tcase_add_test(cases, made);
	tcase_add_test(cases, not_over_something_else);
	tcase_add_test(cases, over_what_a_store_has);
	tcase_add_test(cases, blob);
	tcase_add_test(cases, wrong_blob);
	tcase_add_test(cases, goes_on);
	tcase_add_loop_test(cases, damaged_part, 0, ARRAY_SIZE(damaged));
	tcase_add_test(cases, one_writer_at_a_time);
	tcase_add_test(cases, dead_writer);
	tcase_add_loop_test(cases, read_while_written, 0, 2);
	tcase_add_test(cases, opened_twice);
	tcase_add_test(cases, names);
	tcase_add_test(cases, gc);
	tcase_add_test(cases, gc_in_doubt);
	tcase_add_test(cases, gc_while_in_use);
	suite_add_tcase(suite, cases);
	return suite;
}
