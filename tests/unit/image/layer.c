/* layer.c - tests of image/layer.h: layers made here, and what the tree becomes */
#include "image/layer.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/unit/image/root.h"
#include "tests/unit/image/suites.h"

#define ENTRIES 8

/* Entries as words: "d a" a directory, "f a" a file that holds the layer's number, "l a b" a link
 * to b, "h a b" a hard link to b, "p a" a fifo; a whiteout is a file. */
struct layer_row {
	const char *lower[ENTRIES];
	const char *upper[ENTRIES];
	const char *expected; /* "a=f b=d ..."; "" when the upper layer must be refused */
};

static const struct layer_row rows[] = {
	/* clang-format off */
	/* whiteouts */
	{ { "f a", "f b" }, { "f .wh.a" }, "a=- b=f .wh.a=-" },
	{ { "d a", "f a/b", "d a/c", "f a/c/d" }, { "f .wh.a" }, "a=-" },
	{ { "f a" }, { "f .wh.b", "f c/.wh.d" }, "a=f b=- c=-" },
	{ { "f a" }, { "f a", "f .wh.a" }, "a=f" },
	{ { "f a" }, { "f .wh.a", "f a" }, "a=f" },
	{ { "d a", "f a/b" }, { "d a", "f .wh.a" }, "a=d a/b=-" },
	{ { "d a", "f a/b" }, { "f .wh.a", "d a" }, "a=d a/b=-" },
	{ { "d a", "f a/b", "f a/c" }, { "f a/d", "f .wh.a" }, "a=d a/b=- a/c=- a/d=f" },
	{ { "d a", "f a/b", "l c a" }, { "f c/.wh.b" }, "a=d a/b=- c=l" },
	/* opaque directories */
	{ { "d a", "f a/b", "d a/c", "f a/c/d" }, { "f a/.wh..wh..opq" }, "a=d a/b=- a/c=-" },
	{ { "d a", "d a/c", "f a/c/d" }, { "f a/c/e", "f a/.wh..wh..opq" },
	  "a/c=d a/c/d=- a/c/e=f" },
	{ { "d a", "d a/c", "f a/c/d" }, { "f a/.wh..wh..opq", "f a/c/e" },
	  "a/c=d a/c/d=- a/c/e=f" },
	{ { "f a", "d b" }, { "f .wh..wh..opq", "f c" }, "a=- b=- c=f" },
	{ { "f a" }, { "f a/.wh..wh..opq" }, "a=f" },
	/* replacement */
	{ { "f a" }, { "d a", "f a/b" }, "a=d a/b=f" },
	{ { "d a", "f a/b" }, { "f a" }, "a=f" },
	{ { "d a", "f a/b" }, { "d a" }, "a=d a/b=f" },
	{ { "d a", "f a/b" }, { "l a c" }, "a=l" },
	{ { "d a", "l b a" }, { "d b", "f b/c" }, "a=d a/c=- b=d b/c=f" },
	{ { "d a", "l b a" }, { "f b/c" }, "a/c=f b=l" },
	{ { "f a" }, { "p a" }, "a=p" },
	{ { "f a", "f b" }, { "h a b" }, "a=f b=f" },
	/* AUFS's own */
	{ { "f plnk" }, { "f .wh..wh.plnk", "f .wh..wh.x/y" },
	  "plnk=f .wh..wh.plnk=- .wh..wh.x=-" },
	/* refused */
	{ { "f a" }, { "f .wh." }, "" },
	{ { "f a" }, { "f .wh.." }, "" },
	{ { "d a" }, { "f a/.wh..." }, "" },
	{ { "f a" }, { "f ../b" }, "" },
	{ { "f a" }, { "l / b" }, "" },
	{ { "f a" }, { "f a/b" }, "" },
	{ { "l a nowhere" }, { "f a/b" }, "" },
	{ { "f a" }, { "h b c" }, "" },
	{ { "d a" }, { "h b a" }, "" },
	{ { "l a b", "l b a" }, { "f a/c" }, "" },
	/* clang-format on */
};

static void write_entry(struct archive *archive, const char *text, const char *content)
{
	struct archive_entry *entry = archive_entry_new();
	char name[64] = "", target[64] = "", kind;
	size_t len = 0;

	ck_assert_int_ge(sscanf(text, "%c %63s %63s", &kind, name, target), 2);
	archive_entry_set_pathname(entry, name);
	archive_entry_set_perm(entry, 0755);
	archive_entry_set_mtime(entry, 1000, 0);
	archive_entry_set_uid(entry, geteuid());
	archive_entry_set_gid(entry, getegid());
	archive_entry_set_filetype(entry, kind == 'd'	? AE_IFDIR
					  : kind == 'l' ? AE_IFLNK
					  : kind == 'p' ? AE_IFIFO
							: AE_IFREG);
	if (kind == 'l')
		archive_entry_set_symlink(entry, target);
	else if (kind == 'h')
		archive_entry_set_hardlink(entry, target);
	else if (kind == 'f')
		len = strlen(content);
	archive_entry_set_size(entry, (la_int64_t) len);
	ck_assert_int_eq(archive_write_header(archive, entry), ARCHIVE_OK);
	if (len)
		ck_assert_int_eq(archive_write_data(archive, content, len), (int) len);
	archive_entry_free(entry);
}

/* A tar of the entries; returns its length. */
static size_t make_tar(const char *const entries[], const char *content, char *tar, size_t size)
{
	struct archive *archive = archive_write_new();
	size_t len;

	archive_write_set_format_pax_restricted(archive);
	archive_write_open_memory(archive, tar, size, &len);
	for (size_t i = 0; i < ENTRIES && entries[i]; i++)
		write_entry(archive, entries[i], content);
	ck_assert_int_eq(archive_write_close(archive), ARCHIVE_OK);
	archive_write_free(archive);
	return len;
}

static void digest_of(const char *data, size_t len, struct digest *ret)
{
	unsigned char bytes[32];
	char text[80] = "sha256:";
	struct error err;

	ck_assert_int_eq(EVP_Digest(data, len, bytes, NULL, EVP_sha256(), NULL), 1);
	for (int i = 0; i < 32; i++)
		snprintf(text + 7 + 2 * i, 3, "%02x", bytes[i]);
	ck_assert_int_eq(digest_parse(text, ret, &err), 0);
}

static int apply(const char *const entries[], const char *content, struct tree *tree,
		 struct progress *progress, struct error *err)
{
	static char tar[64 << 10];
	struct blob_source source = { .compression = COMPRESSION_NONE };
	auto_fd fd = memfd_create("layer", MFD_CLOEXEC);
	size_t len = make_tar(entries, content, tar, sizeof(tar));
	auto_stream *stream = NULL;

	ck_assert_int_eq(write(fd, tar, len), (int) len);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	source.fd = fd;
	source.size = (int64_t) len;
	digest_of(tar, len, &source.digest);
	source.diff_id = source.digest;
	ck_assert_int_eq(stream_new(&source, &stream, err), 0);
	return layer_apply(stream, tree, progress, err);
}

START_TEST(upper_over_lower)
{
	struct progress progress = { 0 };
	auto_tree tree = TREE_NONE;
	struct error err;
	char *expected = strdup(rows[_i].expected), *save = NULL;
	int r;

	tree_init(&tree, root_fd);
	ck_assert_msg(apply(rows[_i].lower, "1", &tree, &progress, &err) == 0, "%s", err.text);
	r = apply(rows[_i].upper, "2", &tree, &progress, &err);
	ck_assert_msg((r < 0) == !*expected, "%s", r < 0 ? err.text : "not refused");
	if (r < 0)
		ck_assert_int_eq(err.class, ERROR_IMAGE);
	for (char *word = strtok_r(expected, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *equals = strchr(word, '=');

		*equals = '\0';
		ck_assert_msg(strcmp(root_kind(word), equals + 1) == 0, "'%s' is %s", word,
			      root_kind(word));
	}
	free(expected);
}
END_TEST

/* The three sorts of order that layer.md names give one tree, with the upper layer's content. */
START_TEST(own_names_keep_their_content)
{
	static const char *const lower[ENTRIES] = { "d a", "f a/b", "f c" };
	static const char *const uppers[][ENTRIES] = {
		{ "d a", "f a/b", "f c", "f .wh.c", "f a/.wh..wh..opq" },
		{ "f .wh.c", "f a/.wh..wh..opq", "d a", "f a/b", "f c" },
		{ "f a/b", "f .wh.a", "f c", "f .wh..wh..opq" },
	};
	struct progress progress = { 0 };
	auto_tree tree = TREE_NONE;
	struct error err;

	tree_init(&tree, root_fd);
	ck_assert_int_eq(apply(lower, "1", &tree, &progress, &err), 0);
	ck_assert_msg(apply(uppers[_i], "2", &tree, &progress, &err) == 0, "%s", err.text);
	ck_assert_str_eq(root_read("a/b"), "2");
	ck_assert_str_eq(root_read("c"), "2");
	ck_assert_uint_eq(progress.layers, 2);
}
END_TEST

START_TEST(whiteouts_of_the_lowest_layer_do_nothing)
{
	static const char *const only[ENTRIES] = { "f a", "f .wh.a", "f .wh..wh..opq", "f .wh.b" };
	struct progress progress = { 0 };
	auto_tree tree = TREE_NONE;
	struct error err;

	root_write("b", "was there");
	tree_init(&tree, root_fd);
	ck_assert_int_eq(apply(only, "1", &tree, &progress, &err), 0);
	ck_assert_str_eq(root_kind("a"), "f");
	ck_assert_str_eq(root_kind("b"), "f");
}
END_TEST

START_TEST(error_names_the_entry)
{
	static const char *const bad[ENTRIES] = { "f a", "f b/../c" };
	struct progress progress = { 0 };
	auto_tree tree = TREE_NONE;
	struct error err;

	tree_init(&tree, root_fd);
	ck_assert_int_eq(apply(bad, "1", &tree, &progress, &err), -EINVAL);
	ck_assert_str_eq(err.text, "'b/../c': the path has a '..' component");
	ck_assert_str_eq(err.where, "b/../c");
}
END_TEST

START_TEST(stops_when_asked)
{
	static const char *const lower[ENTRIES] = { "f a" };
	volatile sig_atomic_t stop = 1;
	struct progress progress = { .stop = &stop };
	auto_tree tree = TREE_NONE;
	struct error err;

	tree_init(&tree, root_fd);
	ck_assert_int_eq(apply(lower, "1", &tree, &progress, &err), -EINTR);
	ck_assert_str_eq(root_kind("a"), "-");
}
END_TEST

Suite *image_layer_suite(void)
{
	Suite *suite = suite_create("image/layer");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, root_enter, root_leave);
	tcase_add_loop_test(cases, upper_over_lower, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(cases, own_names_keep_their_content, 0, 3);
	tcase_add_test(cases, whiteouts_of_the_lowest_layer_do_nothing);
	tcase_add_test(cases, error_names_the_entry);
	tcase_add_test(cases, stops_when_asked);
	suite_add_tcase(suite, cases);
	return suite;
}
